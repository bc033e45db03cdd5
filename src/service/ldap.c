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

const struct tw_service tw_service_ldap = {
	.name = "ldap",
	.title = "Directory",
	.spec = "RFC 4511 4.14",
	.answers = answers,
	.client = { client_open, frame, client_step, NULL },
	.server = { NULL, frame, server_step, NULL },
};
