/*
 * XMPP streams before TLS; see xmpp.h. A reader of tags, not of XML: it knows
 * quotes, prefixes and empty elements, and refuses what RFC 6120 11.1 forbids
 * (comments, DTDs, CDATA). Nothing here nests, so nothing recurses.
 */
#include "service/xmpp.h"

#include "dialog/line.h"

#define NS_TLS "urn:ietf:params:xml:ns:xmpp-tls"

enum { SAW_STREAM = 1, ASKED = 2, IN_ERROR = 4, REQUIRED = 8, NO_PLAIN = 16 };

struct tag {
	struct tw_bytes text;		/* what stands before it */
	struct tw_bytes name;		/* without its prefix */
	struct tw_bytes attributes;
	bool closing, empty, declaration;	/* </a>, <a/>, <?xml ?> */
};

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Length of the tag at in's front; 0: not yet; -1: never. Quotes hide ">". */
static ptrdiff_t
tag_length(struct tw_bytes in)
{
	uint8_t quote = 0;

	if (in.n > 1 && (in.p[1] == '!' || is_space(in.p[1]) || in.p[1] == '>'))
		return -1;
	for (size_t i = 1; i < in.n; i++) {
		uint8_t c = in.p[i];

		if (quote != 0)
			quote = c == quote ? 0 : quote;
		else if (c == '\'' || c == '"')
			quote = c;
		else if (c == '>')
			return (ptrdiff_t)i + 1;
		else if (c == '<' || c == 0)
			return -1;
	}
	return 0;
}

/* The first tag of in, and its text; lengths as tag_length(). */
static ptrdiff_t
read_tag(struct tw_bytes in, struct tag *ret_t)
{
	struct tag t = { 0 };
	struct tw_bytes b;
	ptrdiff_t n;
	size_t i = 0;

	while (i < in.n && in.p[i] != '<')
		i++;
	t.text = (struct tw_bytes){ in.p, i };
	if (i == in.n)
		return 0;
	n = tag_length((struct tw_bytes){ in.p + i, in.n - i });
	if (n <= 0)
		return n;
	b = (struct tw_bytes){ in.p + i + 1, (size_t)n - 2 };	/* between < and > */
	if (b.n > 0 && (*b.p == '/' || *b.p == '?')) {
		t.closing = *b.p == '/';
		t.declaration = *b.p == '?';
		b.p++, b.n--;
	}
	if (b.n > 0 && b.p[b.n - 1] == '/') {
		t.empty = true;
		b.n--;
	}
	t.name = (struct tw_bytes){ b.p, 0 };
	while (t.name.n < b.n && !is_space(b.p[t.name.n]))
		t.name.n++;
	t.attributes = (struct tw_bytes){ b.p + t.name.n, b.n - t.name.n };
	for (size_t k = 0; k < t.name.n; k++)
		if (t.name.p[k] == ':') {
			t.name.p += k + 1;
			t.name.n -= k + 1;
			break;
		}
	*ret_t = t;
	return (ptrdiff_t)i + n;
}

static bool
is(const struct tag *t, const char *name)
{
	return tw_bytes_equal(t->name, tw_bytes_of(name));
}

/* The value of an attribute; false: the tag has none of that name. */
static bool
attribute(struct tw_bytes a, const char *name, struct tw_bytes *ret_v)
{
	while (a.n > 0) {
		struct tw_bytes key, v;
		uint8_t quote;

		while (a.n > 0 && is_space(*a.p))
			a.p++, a.n--;
		key = (struct tw_bytes){ a.p, 0 };
		while (a.n > 0 && *a.p != '=' && !is_space(*a.p))
			a.p++, a.n--, key.n++;
		while (a.n > 0 && (is_space(*a.p) || *a.p == '='))
			a.p++, a.n--;
		if (a.n == 0)
			return false;
		quote = *a.p;
		if (quote != '\'' && quote != '"')
			return false;
		a.p++, a.n--;
		v = (struct tw_bytes){ a.p, 0 };
		while (a.n > 0 && *a.p != quote)
			a.p++, a.n--, v.n++;
		if (a.n > 0)
			a.p++, a.n--;
		if (tw_bytes_equal(key, tw_bytes_of(name))) {
			*ret_v = v;
			return true;
		}
	}
	return false;
}

/* Where the element that t opens ends, t itself ending at at; lengths as tag_length(). */
static ptrdiff_t
element_end(struct tw_bytes in, size_t at, const struct tag *t)
{
	for (;;) {
		struct tag inner;
		ptrdiff_t n = read_tag((struct tw_bytes){ in.p + at, in.n - at }, &inner);

		if (n <= 0)
			return n;
		at += (size_t)n;
		if (inner.closing && tw_bytes_equal(inner.name, t->name))
			return (ptrdiff_t)at;
	}
}

ptrdiff_t
tw_xmpp_frame(const struct tw_dialog *d, struct tw_bytes in)
{
	static const uint8_t byte_order_mark[] = { 0xef, 0xbb, 0xbf };
	struct tag t;
	ptrdiff_t n;

	/* Before the first tag only blanks, and a byte order mark. */
	for (size_t i = 0; d->steps == 0 && i < in.n && in.p[i] != '<'; i++)
		if (!is_space(in.p[i]) && !(i < 3 && in.p[i] == byte_order_mark[i]))
			return -1;
	n = read_tag(in, &t);
	if (n > 0 && !t.closing && !t.empty && (is(&t, "starttls") || is(&t, "proceed")))
		return element_end(in, (size_t)n, &t);
	return n;
}

/* Text in an attribute's value. */
static void
say_escaped(struct tw_dialog *d, const char *s)
{
	for (; *s != '\0'; s++) {
		if ((uint8_t)*s < ' ')
			continue;
		switch (*s) {
		case '&':
			tw_dialog_say(d, "&amp;", 5);
			break;
		case '<':
			tw_dialog_say(d, "&lt;", 4);
			break;
		case '\'':
			tw_dialog_say(d, "&apos;", 6);
			break;
		default:
			tw_dialog_say(d, s, 1);
		}
	}
}

static void
say(struct tw_dialog *d, const char *s)
{
	tw_dialog_say(d, s, strlen(s));
}

enum tw_turn
tw_xmpp_open(struct tw_dialog *d)
{
	say(d, "<?xml version='1.0'?><stream:stream xmlns='");
	say(d, d->side->data);
	say(d, "' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='");
	say_escaped(d, d->host);
	say(d, "'>");
	return d->turn;
}

/* The peer's stream header. Without a version it is from before RFC 3920: no features. */
static enum tw_turn
hear_stream(struct tw_dialog *d, const struct tag *t, struct tw_bytes msg)
{
	struct tw_bytes version;

	if (t->closing || !is(t, "stream"))
		return tw_dialog_flawed(d, TW_FLAW_NOT_PROTOCOL, TW_BAD);
	d->flags |= SAW_STREAM;
	tw_dialog_note(d, &d->banner, msg);
	if (!attribute(t->attributes, "version", &version) ||
	    tw_bytes_begin_with(version, "0."))
		return TW_NOT_OFFERED;
	return TW_MORE;
}

/* The condition of a stream error is the first element in it (RFC 6120 4.9.3). */
static enum tw_turn
hear_error(struct tw_dialog *d, const struct tag *t)
{
	tw_dialog_note(d, &d->reply, t->name);
	return tw_dialog_flawed(d, is(t, "resource-constraint") || is(t, "reset") ||
	    is(t, "policy-violation") ? TW_FLAW_THROTTLED : TW_FLAW_NONE, TW_REFUSED);
}

static enum tw_turn
end_features(struct tw_dialog *d)
{
	if (strcmp(d->side->data, "jabber:client") == 0) {
		d->no_plain_auth = (d->flags & REQUIRED) != 0 || !d->plain_auth;
		d->plain_auth = !d->no_plain_auth;
	}
	if (!d->advertised)
		return TW_NOT_OFFERED;
	say(d, "<starttls xmlns='" NS_TLS "'/>");
	d->flags |= ASKED;
	return TW_MORE;
}

/* A tag among the features; d->state is how deep below them it stands. */
static enum tw_turn
hear_feature(struct tw_dialog *d, const struct tag *t, struct tw_bytes msg)
{
	bool element = is(t, "starttls");	/* framed whole */
	unsigned depth = d->state;

	if (is(t, "features"))
		return t->closing || t->empty ? end_features(d) : TW_MORE;
	if (t->closing)
		d->state -= d->state > 0;
	else if (!t->empty && !element)
		d->state++;
	if (element) {
		d->advertised = true;
		if (tw_bytes_contain(msg, "required"))
			d->flags |= REQUIRED;
		tw_dialog_capability(d, t->name);
	} else if (is(t, "mechanism") && t->closing) {
		d->plain_auth |= tw_line_is(t->text, "PLAIN");
		tw_dialog_capability(d, t->text);
	} else if (!t->closing && depth == 0 && !is(t, "mechanisms"))
		tw_dialog_capability(d, t->name);
	return TW_MORE;
}

enum tw_turn
tw_xmpp_follow(struct tw_dialog *d, struct tw_bytes msg)
{
	struct tag t;

	if (read_tag(msg, &t) <= 0)
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	if (t.declaration)
		return TW_MORE;
	if ((d->flags & SAW_STREAM) == 0)
		return hear_stream(d, &t, msg);
	if (d->flags & IN_ERROR)
		return hear_error(d, &t);
	if (is(&t, "error") && !t.closing) {
		d->flags |= IN_ERROR;
		return t.empty ? TW_REFUSED : TW_MORE;
	}
	if (t.closing && is(&t, "stream"))
		return TW_CLOSE;
	if ((d->flags & ASKED) == 0)
		return hear_feature(d, &t, msg);
	tw_dialog_note(d, &d->reply, msg);
	if (is(&t, "proceed"))
		return TW_TLS;
	if (is(&t, "failure"))
		return TW_REFUSED;
	return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
}

bool
tw_xmpp_answers(struct tw_bytes a)
{
	struct tag t;
	ptrdiff_t n = read_tag(a, &t);

	if (n > 0 && t.declaration && is(&t, "xml")) {
		a.p += n;
		a.n -= (size_t)n;
		n = read_tag(a, &t);
	}
	return n > 0 && is(&t, "stream");
}

static enum tw_turn
end_stream(struct tw_dialog *d, const char *condition)
{
	say(d, "<stream:error><");
	say(d, condition);
	say(d, " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
	say(d, "</stream:stream>");
	return TW_CLOSE;
}

/* A name that may be said as it came: no quote, nothing that XML gives a meaning. */
static bool
is_name(struct tw_bytes v)
{
	if (v.n == 0 || v.n > 1023)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] == 0x7f || strchr("<>&'\"", v.p[i]) != NULL)
			return false;
	return true;
}

/* The stream is from whom the client called (RFC 6120 4.7.1); one that named nobody: us. */
static void
answer_stream(struct tw_dialog *d, const struct tag *t)
{
	struct tw_bytes to;

	say(d, "<?xml version='1.0'?><stream:stream xmlns='");
	say(d, d->side->data);
	say(d, "' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' "
	    "id='before-tls' from='");
	if (attribute(t->attributes, "to", &to) && is_name(to))
		tw_dialog_say(d, to.p, to.n);
	else
		say_escaped(d, d->host);
	say(d, "'>");
}

/* The id is a word only: this stream carries nothing and ends with TLS. */
enum tw_turn
tw_xmpp_serve(struct tw_dialog *d, struct tw_bytes msg)
{
	struct tag t;

	if (read_tag(msg, &t) <= 0)
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	if (t.declaration)
		return TW_MORE;
	if ((d->flags & SAW_STREAM) == 0) {
		d->flags |= SAW_STREAM;
		answer_stream(d, &t);
		if (t.closing || !is(&t, "stream"))
			return end_stream(d, "bad-format");
		say(d, "<stream:features><starttls xmlns='" NS_TLS "'>"
		    "<required/></starttls></stream:features>");
		return TW_MORE;
	}
	if (is(&t, "starttls") && !t.closing) {
		say(d, "<proceed xmlns='" NS_TLS "'/>");
		return TW_TLS;
	}
	if (t.closing && is(&t, "stream")) {
		say(d, "</stream:stream>");
		return TW_CLOSE;
	}
	if (t.closing)			/* of what was refused */
		return TW_MORE;
	if (is(&t, "auth")) {
		say(d, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
		    "<encryption-required/></failure>");
		return TW_MORE;
	}
	return end_stream(d, "policy-violation");
}
