/* The interpreter of line dialogs; see line.h. */
#include "dialog/line.h"

#define MOST_ERRORS	10	/* unknown commands a client may send before TLS */
#define LONGEST_TAG	64

/* A name: nothing that could end the line it stands in. */
static void
say_name(struct tw_dialog *d, const char *s)
{
	for (; *s != '\0'; s++)
		if ((uint8_t)*s > ' ' && *s != 0x7f)
			tw_dialog_say(d, s, 1);
}

void
tw_line_say(struct tw_dialog *d, const char *t, struct tw_bytes tag)
{
	for (; *t != '\0'; t++) {
		if (t[0] == '%' && t[1] == 'h')
			say_name(d, d->host), t++;
		else if (t[0] == '%' && t[1] == 'm')
			say_name(d, d->me), t++;
		else if (t[0] == '%' && t[1] == 't')
			tw_dialog_say(d, tag.p, tag.n), t++;
		else
			tw_dialog_say(d, t, 1);
	}
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
tw_line_word(struct tw_bytes *b, struct tw_bytes *ret_word)
{
	struct tw_bytes w;

	while (b->n > 0 && is_blank(*b->p))
		b->p++, b->n--;
	w = (struct tw_bytes){ b->p, 0 };
	while (b->n > 0 && !is_blank(*b->p))
		b->p++, b->n--, w.n++;
	if (w.n == 0)
		return false;
	*ret_word = w;
	return true;
}

bool
tw_line_next(struct tw_bytes *b, struct tw_bytes *ret_line)
{
	const uint8_t *lf = b->n == 0 ? NULL : memchr(b->p, '\n', b->n);
	size_t n = lf == NULL ? b->n : (size_t)(lf - b->p) + 1;
	struct tw_bytes l = { b->p, n };

	if (n == 0)
		return false;
	b->p += n;
	b->n -= n;
	while (l.n > 0 && (l.p[l.n - 1] == '\n' || l.p[l.n - 1] == '\r'))
		l.n--;
	*ret_line = l;
	return true;
}

bool
tw_line_is(struct tw_bytes word, const char *s)
{
	return word.n == strlen(s) && tw_bytes_begin_with(word, s);
}

bool
tw_line_throttles(struct tw_bytes msg)
{
	static const char *const words[] = { "too many", "try again", "try later",
		"too fast", "too frequent", "rate limit", "throttl",
		"maximum number of connections", "connection limit", "max connections",
		"max number of", "connections exceeded" };

	for (size_t i = 0; i < TW_COUNT(words); i++)
		if (tw_bytes_contain(msg, words[i]))
			return true;
	return false;
}

bool
tw_line_wants_tls(struct tw_bytes msg)
{
	static const char *const words[] = { "TLS", "SSL", "encrypt", "secur", "privacy",
		"under a layer", "cleartext", "clear text", "clear-text", "plaintext", "plain text" };

	for (size_t i = 0; i < TW_COUNT(words); i++)
		if (tw_bytes_contain(msg, words[i]))
			return true;
	return false;
}

void
tw_line_hears_trial(struct tw_dialog *d, struct tw_bytes msg, bool taken)
{
	d->plain_auth = taken;
	d->no_plain_auth = !taken && tw_line_wants_tls(msg);
}

enum tw_turn
tw_line_open(struct tw_dialog *d)
{
	const struct tw_line *t = d->side->data;

	if (t->opens != NULL)
		tw_line_say(d, t->opens, (struct tw_bytes){ 0 });
	if (t->greeting != NULL)
		tw_line_say(d, t->greeting, (struct tw_bytes){ 0 });
	return d->turn;
}

/* The rule for the message, NULL where there is none. */
static const struct tw_line_rule *
rule_for(const struct tw_dialog *d, struct tw_bytes msg)
{
	const struct tw_line *t = d->side->data;

	for (size_t i = 0; i < t->rules_n; i++) {
		const struct tw_line_rule *r = &t->rules[i];

		if (r->state == d->state && tw_bytes_begin_with(msg, r->expect) &&
		    (r->when == TW_ALWAYS || (r->when == TW_IF_OFFERED) == d->advertised))
			return r;
	}
	return NULL;
}

enum tw_turn
tw_line_follow(struct tw_dialog *d, struct tw_bytes msg)
{
	const struct tw_line *t = d->side->data;
	const struct tw_line_rule *r;

	if (d->steps == 1 && d->banner.n == 0) /* the service may have noted better */
		tw_dialog_note(d, &d->banner, msg);
	tw_dialog_note(d, &d->reply, msg);
	if (t->hears != NULL)
		t->hears(d, msg);
	r = rule_for(d, msg);
	if (r == NULL)
		return tw_dialog_flawed(d,
		    d->steps == 1 ? TW_FLAW_NOT_PROTOCOL : TW_FLAW_MALFORMED, TW_BAD);
	if (r->say != NULL)
		tw_line_say(d, r->say, (struct tw_bytes){ 0 });
	d->state = r->turn == TW_MORE ? r->next : d->state;
	d->flaw = r->flaw;
	if (r->turn == TW_REFUSED &&
	    (r->flaw == TW_FLAW_NONE || r->flaw == TW_FLAW_HOST_REFUSED) &&
	    tw_line_throttles(msg))
		d->flaw = TW_FLAW_THROTTLED;
	return r->turn;
}

/* A tag as RFC 9051 has it, so that what is echoed cannot be anything else. */
static bool
is_tag(struct tw_bytes w)
{
	if (w.n > LONGEST_TAG)
		return false;
	for (size_t i = 0; i < w.n; i++)
		if (w.p[i] <= ' ' || w.p[i] >= 0x7f ||
		    strchr("(){%*\"\\]+", w.p[i]) != NULL)
			return false;
	return true;
}

/* A browser, or one who makes a browser talk to us (ALPACA): it gets no second word. */
static bool
speaks_http(struct tw_bytes line)
{
	static const char *const methods[] = { "GET ", "POST ", "PUT ", "HEAD ",
		"OPTIONS ", "CONNECT ", "DELETE ", "PATCH ", "TRACE " };

	for (size_t i = 0; i < TW_COUNT(methods); i++)
		if (tw_bytes_begin_with(line, methods[i]) &&
		    tw_bytes_contain(line, " HTTP/1."))
			return true;
	return false;
}

/* "{5+}" at the end of a command: what follows it is data, not commands (RFC 7888). */
static bool
ends_in_literal(struct tw_bytes line)
{
	return line.n >= 3 && line.p[line.n - 1] == '}' && line.p[line.n - 2] == '+';
}

static bool
argument_fits(const struct tw_line_command *c, struct tw_bytes rest)
{
	return c->argument == NULL || tw_line_is(rest, c->argument);
}

/* What stands behind the verb, without the blanks around it. */
static struct tw_bytes
argument_of(struct tw_bytes rest)
{
	while (rest.n > 0 && is_blank(*rest.p))
		rest.p++, rest.n--;
	while (rest.n > 0 && is_blank(rest.p[rest.n - 1]))
		rest.n--;
	return rest;
}

enum tw_turn
tw_line_obey(struct tw_dialog *d, struct tw_bytes msg)
{
	const struct tw_line *t = d->side->data;
	const struct tw_line_command *c = t->commands;
	struct tw_bytes line = { 0 }, tag = { 0 }, verb = { 0 };

	tw_line_next(&msg, &line);
	if (speaks_http(line))
		return TW_CLOSE;
	msg = line;
	if (t->tagged && (!tw_line_word(&msg, &tag) || !is_tag(tag))) {
		tw_line_say(d, "* BAD Invalid tag\r\n", tag);
		return ++d->flags > MOST_ERRORS ? TW_CLOSE : TW_MORE;
	}
	if (t->no_literals != NULL && ends_in_literal(line)) {
		tw_line_say(d, t->no_literals, tag);
		return TW_CLOSE;
	}
	tw_line_word(&msg, &verb);
	msg = argument_of(msg);
	while (c->word != NULL && !(tw_line_is(verb, c->word) && argument_fits(c, msg)))
		c++;
	tw_line_say(d, c->reply, tag);
	if (c->word == NULL && ++d->flags > MOST_ERRORS)
		return TW_CLOSE;
	return c->turn;
}
