/* LDAP: RFC 4511, StartTLS in 4.14. A message is one BER value. */
#include "base/buf.h"
#include "service/service.h"

#define START_TLS	"1.3.6.1.4.1.1466.20037"
#define DISCONNECTION	"1.3.6.1.4.1.1466.20036"

#define SEQUENCE	0x30
#define INTEGER		0x02
#define OCTETS		0x04
#define ENUMERATED	0x0a
#define EXTENDED	0x77	/* [APPLICATION 23], the request */
#define EXTENDED_DONE	0x78	/* [APPLICATION 24], its response */
#define NAME		0x80	/* requestName */
#define DONE_NAME	0x8a	/* responseName */

/* Result codes, RFC 4511 appendix A. */
#define SUCCESS			0
#define PROTOCOL_ERROR		2
#define CONFIDENTIALITY_REQUIRED 13
#define BUSY			51

/*
 * The head of a BER value: its length in *ret_n, and how long the head is. 0:
 * not yet; -1: never. Long forms up to four bytes (Active Directory sends
 * those for every length); the indefinite form is not LDAP (RFC 4511 5.1).
 */
static ptrdiff_t
head(struct tw_bytes in, size_t *ret_n)
{
	size_t n, more;

	if (in.n < 2)
		return 0;
	if (in.p[1] < 0x80) {
		*ret_n = in.p[1];
		return 2;
	}
	more = in.p[1] & 0x7f;
	if (more == 0 || more > 4)
		return -1;
	if (in.n < 2 + more)
		return 0;
	n = 0;
	for (size_t i = 0; i < more; i++)
		n = n << 8 | in.p[2 + i];
	*ret_n = n;
	return (ptrdiff_t)(2 + more);
}

static ptrdiff_t
frame(const struct tw_dialog *d, struct tw_bytes in)
{
	ptrdiff_t h;
	size_t n;

	(void)d;
	if (in.n > 0 && in.p[0] != SEQUENCE)
		return -1;
	h = head(in, &n);
	if (h <= 0)
		return h;
	if (n > TW_DIALOG_IN)
		return TW_DIALOG_IN + 1;
	n += (size_t)h;
	return in.n < n && n <= TW_DIALOG_IN ? 0 : (ptrdiff_t)n;
}

/* The value of tag at *b, which moves past it. */
static bool
value(struct tw_bytes *b, uint8_t tag, struct tw_bytes *ret_v)
{
	struct tw_bytes at = *b;
	ptrdiff_t h;
	size_t n;

	if (b->n == 0 || b->p[0] != tag)
		return false;
	h = head(*b, &n);
	if (h <= 0)
		return false;
	at.p += h;
	at.n -= (size_t)h;
	if (!tw_bytes_take(&at, n, ret_v))
		return false;
	*b = at;
	return true;
}

/* A number that is not negative and fits 32 bits, however long it is written. */
static bool
number(struct tw_bytes v, uint32_t *ret_n)
{
	uint32_t n = 0;

	if (v.n == 0 || (v.p[0] & 0x80) != 0)
		return false;
	while (v.n > 4 && v.p[0] == 0)
		v.p++, v.n--;
	if (v.n > 4)
		return false;
	for (size_t i = 0; i < v.n; i++)
		n = n << 8 | v.p[i];
	*ret_n = n;
	return true;
}

static enum tw_turn
client_open(struct tw_dialog *d)
{
	static const uint8_t ask[] = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" START_TLS;

	tw_dialog_say(d, ask, sizeof(ask) - 1);
	return TW_MORE;
}

/* "resultCode 52: Error initializing SSL/TLS". */
static void
note_result(struct tw_dialog *d, uint32_t code, struct tw_bytes text)
{
	struct tw_buf b;

	tw_buf_init(&b, 512);
	tw_buf_fmt(&b, "resultCode %u", (unsigned)code);
	if (text.n > 0 && text.n < 400) {
		tw_buf_str(&b, ": ");
		tw_buf_bytes(&b, text);
	}
	tw_dialog_note(d, &d->reply, tw_buf_view(&b));
	tw_buf_clear(&b);
}

static enum tw_turn
client_step(struct tw_dialog *d, struct tw_bytes msg)
{
	struct tw_bytes top, body, v, text, name = { 0 };
	uint32_t id, code;

	if (!value(&msg, SEQUENCE, &top) || !value(&top, INTEGER, &v) || !number(v, &id))
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	if (!value(&top, EXTENDED_DONE, &body) || !value(&body, ENUMERATED, &v) ||
	    !number(v, &code) || !value(&body, OCTETS, &v) ||
	    !value(&body, OCTETS, &text))
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	while (body.n > 0 && !value(&body, DONE_NAME, &name))
		if (!value(&body, body.p[0], &v)) /* a referral, or what is to come */
			return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	note_result(d, code, text);
	/* A notice of disconnection has the id 0 (RFC 4511 4.4.1). */
	if (id == 0 || tw_bytes_equal(name, tw_bytes_of(DISCONNECTION)))
		return tw_dialog_flawed(
		    d, code == BUSY ? TW_FLAW_THROTTLED : TW_FLAW_NONE, TW_REFUSED);
	if (id != 1)
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	switch (code) {
	case SUCCESS:
		return TW_TLS;
	case PROTOCOL_ERROR:		/* it does not know StartTLS (RFC 4511 4.14.2) */
		return TW_NOT_OFFERED;
	case BUSY:
		return tw_dialog_flawed(d, TW_FLAW_THROTTLED, TW_REFUSED);
	default:
		return TW_REFUSED;
	}
}

static bool
answers(struct tw_bytes a)
{
	struct tw_bytes body, v;

	return value(&a, SEQUENCE, &body) && value(&body, INTEGER, &v) && body.n > 0 &&
	    body.p[0] == EXTENDED_DONE;
}

/* LDAPMessage { id as it came, [APPLICATION tag] { code, "", text } }, short lengths. */
static void
reply(
    struct tw_dialog *d, struct tw_bytes id, uint8_t tag, uint8_t code, const char *text)
{
	size_t text_n = strlen(text), body_n = 3 + 2 + 2 + text_n;
	uint8_t top[4] = { SEQUENCE, (uint8_t)(2 + id.n + 2 + body_n), INTEGER,
		(uint8_t)id.n };
	uint8_t body[9] = { tag, (uint8_t)body_n, ENUMERATED, 1, code, OCTETS, 0, OCTETS,
		(uint8_t)text_n };

	tw_dialog_say(d, top, sizeof(top));
	tw_dialog_say(d, id.p, id.n);
	tw_dialog_say(d, body, sizeof(body));
	tw_dialog_say(d, text, text_n);
}

static enum tw_turn
serve_extended(struct tw_dialog *d, struct tw_bytes id, struct tw_bytes request)
{
	struct tw_bytes name;

	if (!value(&request, NAME, &name))
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	if (!tw_bytes_equal(name, tw_bytes_of(START_TLS))) {
		reply(d, id, EXTENDED_DONE, CONFIDENTIALITY_REQUIRED, "StartTLS first");
		return TW_MORE;
	}
	if (request.n > 0) {		/* StartTLS has no value (RFC 4511 4.14.1) */
		reply(d, id, EXTENDED_DONE, PROTOCOL_ERROR, "StartTLS takes no value");
		return TW_MORE;
	}
	reply(d, id, EXTENDED_DONE, SUCCESS, "");
	return TW_TLS;
}

/* Requests that are answered, and by which response (RFC 4511 4.2 to 4.10). */
static const struct {
	uint8_t request, response;
} refused[] = {
	{ 0x60, 0x61 },	/* bind */
	{ 0x63, 0x65 },	/* search, searchResultDone */
	{ 0x66, 0x67 },	/* modify */
	{ 0x68, 0x69 },	/* add */
	{ 0x4a, 0x6b },	/* delete */
	{ 0x6c, 0x6d },	/* modify DN */
	{ 0x6e, 0x6f },	/* compare */
};

#define UNBIND	0x42
#define ABANDON	0x50

static enum tw_turn
server_step(struct tw_dialog *d, struct tw_bytes msg)
{
	struct tw_bytes body, id, v;
	uint32_t n;
	uint8_t tag;

	if (!value(&msg, SEQUENCE, &body) || !value(&body, INTEGER, &id) ||
	    !number(id, &n) || id.n > 8 || body.n == 0)
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	tag = body.p[0];
	if (!value(&body, tag, &v))
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	if (tag == EXTENDED)
		return serve_extended(d, id, v);
	if (tag == ABANDON)
		return TW_MORE;
	for (size_t i = 0; i < TW_COUNT(refused); i++)
		if (tag == refused[i].request) {
			reply(d, id, refused[i].response, CONFIDENTIALITY_REQUIRED,
			    "StartTLS first");
			return TW_MORE;
		}
	return tag == UNBIND ? TW_CLOSE : tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
}

#define BIND		0x60
#define BIND_DONE	0x61
#define SIMPLE		0x80
#define INVALID_CREDENTIALS 49

/* Behind the front of in: past the head of a value of that tag; false: it is not there. */
static bool
enter(struct tw_bytes *in, uint8_t tag, size_t *ret_n)
{
	ptrdiff_t h = in->n > 0 && in->p[0] == tag ? head(*in, ret_n) : 0;

	if (h <= 0)
		return false;
	in->p += h;
	in->n -= (size_t)h;
	return true;
}

/* The operation of a message whose end may be missing: its id, and what follows its tag. */
static bool
operation(struct tw_bytes m, uint8_t tag, uint32_t *ret_id, struct tw_bytes *ret_body)
{
	struct tw_bytes id;
	size_t n;

	if (!enter(&m, SEQUENCE, &n) || !value(&m, INTEGER, &id) || !number(id, ret_id) ||
	    !enter(&m, tag, &n))
		return false;
	*ret_body = m;
	return true;
}

/* Inside TLS: the message so far ends with the name of StartTLS. */
static bool
asks_tls(struct tw_bytes m)
{
	static const size_t name_n = sizeof(START_TLS) - 1;
	struct tw_bytes body;
	uint32_t id;
	size_t n;

	return operation(m, EXTENDED, &id, &body) && enter(&body, NAME, &n) && n == name_n &&
	    body.n == n && memcmp(body.p, START_TLS, n) == 0;
}

/* A bind without a name and a password is nobody's login (RFC 4513 5.1.1). */
static void
judge_request(struct tw_watch *w, struct tw_bytes m)
{
	struct tw_bytes body, version, name, password;
	uint32_t id;

	if (!operation(m, BIND, &id, &body))
		return;
	if (!value(&body, INTEGER, &version) || !value(&body, OCTETS, &name))
		name = TW_BYTES("long");
	tw_watch_asked(w, id << 1, name.n > 0 || !value(&body, SIMPLE, &password) ||
	    password.n > 0);
}

static void
judge_response(struct tw_watch *w, struct tw_bytes m)
{
	struct tw_bytes body, v;
	uint32_t id, code;

	if (!operation(m, BIND_DONE, &id, &body) || !value(&body, ENUMERATED, &v) ||
	    !number(v, &code))
		return;
	if (code == SUCCESS || code == INVALID_CREDENTIALS)
		tw_watch_answered(w, id << 1, code == SUCCESS);
	else
		tw_watch_dropped(w, id << 1);
}

/* Length of the whole message of which m is the beginning; 0: not known yet; -1: never. */
static int64_t
whole(struct tw_bytes m)
{
	ptrdiff_t h;
	size_t n = 0;

	if (m.p[0] != SEQUENCE)
		return -1;
	h = head(m, &n);
	return h <= 0 || n > INT32_MAX ? (h == 0 ? 0 : -1) : (int64_t)(n + (size_t)h);
}

/*
 * A client's StartTLS inside TLS: the last digit of its name is changed, so the backend
 * refuses it as it refuses what it does not know.
 */
static void
watch(struct tw_watch *w, enum tw_watch_from from, struct tw_bytes in)
{
	struct tw_watch_way *way = &w->way[from];
	struct tw_bytes m = { way->head, 0 };

	while (in.n > 0 && !w->ending && !w->bad) {
		size_t n = way->skip < in.n ? way->skip : in.n;
		uint8_t c = *in.p;
		int64_t length;

		way->skip -= (uint32_t)n;
		tw_watch_put(w, (struct tw_bytes){ in.p, n });
		in.p += n;
		in.n -= n;
		if (n > 0)
			continue;
		way->head[way->head_n++] = c;
		m.n = way->head_n;
		if (from == TW_FROM_CLIENT && c == '7' && asks_tls(m))
			c = '0';
		tw_watch_put(w, (struct tw_bytes){ &c, 1 });
		in.p++;
		in.n--;
		length = whole(m);
		w->bad = length < 0;
		if (length <= 0 || (m.n < TW_WATCH_HEAD && (int64_t)m.n < length))
			continue;
		(from == TW_FROM_CLIENT ? judge_request : judge_response)(w, m);
		way->skip = (uint32_t)(length - (int64_t)m.n);
		way->head_n = 0;
	}
	tw_watch_put(w, in);
}

static void
watch_client(struct tw_watch *w, struct tw_bytes in)
{
	watch(w, TW_FROM_CLIENT, in);
}

static void
watch_backend(struct tw_watch *w, struct tw_bytes in)
{
	watch(w, TW_FROM_BACKEND, in);
}

static const struct tw_watch_kind watched = { { watch_client, watch_backend }, NULL };

const struct tw_service tw_service_ldap = {
	.name = "ldap",
	.title = "Directory",
	.spec = "RFC 4511 4.14",
	.answers = answers,
	.client = { client_open, frame, client_step, NULL },
	.server = { NULL, frame, server_step, NULL },
	.watch = &watched,
};
