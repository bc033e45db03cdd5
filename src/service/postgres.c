/* PostgreSQL: SSLRequest, one byte back. Manual, chapter "Message Flow". */
#include "dialog/line.h"
#include "service/service.h"

#define SSL_REQUEST	80877103
#define GSS_REQUEST	80877104
#define CANCEL_REQUEST	80877102

static enum tw_turn
client_open(struct tw_dialog *d)
{
	tw_dialog_say(d, "\0\0\0\x08\x04\xd2\x16\x2f", 8);
	return TW_MORE;
}

/*
 * 'S' or 'N', or an error: 'E' with a length (protocol 3), or, from servers
 * before 7.4 that do not know the request, 'E' and a text that ends in NUL.
 */
static ptrdiff_t
client_frame(const struct tw_dialog *d, struct tw_bytes in)
{
	const uint8_t *nul;

	(void)d;
	if (in.n == 0)
		return 0;
	if (in.p[0] != 'E')
		return in.p[0] == 'S' || in.p[0] == 'N' ? 1 : -1;
	if (in.n < 5)
		return 0;
	if (in.p[1] == 0 && in.p[2] == 0) {
		size_t n = (size_t)in.p[3] << 8 | in.p[4];

		if (n < 4)
			return -1;
		if (n + 1 > TW_DIALOG_IN)
			return TW_DIALOG_IN + 1;
		return in.n < n + 1 ? 0 : (ptrdiff_t)n + 1;
	}
	nul = memchr(in.p, 0, in.n);
	return nul == NULL ? 0 : nul + 1 - in.p;
}

/* The field of an ErrorResponse that begins with the letter; empty when there is none. */
static struct tw_bytes
field(struct tw_bytes msg, uint8_t letter)
{
	struct tw_bytes v = { 0 };

	if (msg.n < 6 || msg.p[1] != 0)
		return v;
	msg.p += 5;
	msg.n -= 5;
	while (msg.n > 0 && *msg.p != 0) {
		const uint8_t *nul = memchr(msg.p, 0, msg.n);
		size_t n = nul == NULL ? msg.n : (size_t)(nul - msg.p);

		if (*msg.p == letter)
			return (struct tw_bytes){ msg.p + 1, n - 1 };
		if (nul == NULL)
			break;
		msg.p += n + 1;
		msg.n -= n + 1;
	}
	return v;
}

static enum tw_turn
hear_error(struct tw_dialog *d, struct tw_bytes msg)
{
	struct tw_bytes code = field(msg, 'C'), text = field(msg, 'M');

	if (msg.p[1] != 0)
		text = (struct tw_bytes){ msg.p + 1, msg.n - 2 };
	tw_dialog_note(d, &d->reply, text);
	/* Too many connections; starting up or shutting down. */
	if (tw_line_is(code, "53300") || tw_line_is(code, "57P03"))
		return tw_dialog_flawed(d, TW_FLAW_THROTTLED, TW_REFUSED);
	if (tw_line_is(code, "28000"))		/* no pg_hba.conf entry */
		return tw_dialog_flawed(d, TW_FLAW_HOST_REFUSED, TW_REFUSED);
	if (tw_line_throttles(text))
		return tw_dialog_flawed(d, TW_FLAW_THROTTLED, TW_REFUSED);
	return TW_NOT_OFFERED;
}

static enum tw_turn
client_step(struct tw_dialog *d, struct tw_bytes msg)
{
	if (*msg.p == 'E')
		return hear_error(d, msg);
	tw_dialog_note(d, &d->reply, msg);
	return *msg.p == 'S' ? TW_TLS : TW_NOT_OFFERED;
}

static bool
answers(struct tw_bytes a)
{
	if (a.n == 1)
		return *a.p == 'S' || *a.p == 'N';
	return a.n > 5 && a.p[0] == 'E' && a.p[1] == 0 && a.p[2] == 0;
}

static ptrdiff_t
server_frame(const struct tw_dialog *d, struct tw_bytes in)
{
	struct tw_bytes b = in;
	uint32_t n;

	(void)d;
	if (!tw_bytes_u32(&b, &n))
		return 0;
	if (n < 8)
		return -1;
	if (n > TW_DIALOG_IN)
		return TW_DIALOG_IN + 1;
	return in.n < n ? 0 : (ptrdiff_t)n;
}

static enum tw_turn
server_step(struct tw_dialog *d, struct tw_bytes msg)
{
	static const char no[] = "SFATAL\0VFATAL\0C28000\0MTLS is required\0";
	static const uint8_t head[5] = { 'E', 0, 0, 0, 4 + sizeof(no) };
	uint32_t n = 0, code = 0;

	tw_bytes_u32(&msg, &n);
	tw_bytes_u32(&msg, &code);
	if (code == SSL_REQUEST && msg.n == 0) {
		tw_dialog_say(d, "S", 1);
		return TW_TLS;
	}
	if (code == GSS_REQUEST && msg.n == 0) {
		tw_dialog_say(d, "N", 1);
		return TW_MORE;
	}
	if (code ==
	    CANCEL_REQUEST) /* is never answered, and not passed on in the clear */
		return TW_CLOSE;
	tw_dialog_say(d, head, sizeof(head));
	tw_dialog_say(d, no, sizeof(no));
	return TW_CLOSE;
}

/*
 * Inside TLS. The client's first message has no type. One that asks for TLS or GSS
 * once more is made a version of the protocol that no server speaks: it refuses.
 */
static void
watch_client(struct tw_watch *w, struct tw_bytes in)
{
	static const uint8_t ssl[] = { 0x04, 0xd2, 0x16, 0x2f },
			     gss[] = { 0x04, 0xd2, 0x16, 0x30 };
	struct tw_watch_way *way = &w->way[TW_FROM_CLIENT];

	for (; in.n > 0 && way->head_n < 8; in.p++, in.n--) {
		uint8_t c = *in.p;

		way->head[way->head_n++] = c;
		if (way->head_n == 8 && (memcmp(way->head + 4, ssl, sizeof(ssl)) == 0 ||
		    memcmp(way->head + 4, gss, sizeof(gss)) == 0))
			c = 0;
		tw_watch_put(w, (struct tw_bytes){ &c, 1 });
	}
	tw_watch_put(w, in);
}

/* The message at the front of m is whole, or as much of it as is looked at. */
static void
judge(struct tw_watch *w, struct tw_bytes m)
{
	struct tw_bytes code;

	if (m.n >= 9 && *m.p == 'R' && memcmp(m.p + 5, "\0\0\0\0", 4) == 0)
		tw_watch_accepted(w);		/* AuthenticationOk */
	if (*m.p != 'E')
		return;
	code = field(m, 'C');
	/* invalid_password; invalid_authorization_specification */
	if (tw_line_is(code, "28P01") || tw_line_is(code, "28000"))
		tw_watch_failed(w);
}

static void
watch_backend(struct tw_watch *w, struct tw_bytes in)
{
	struct tw_watch_way *way = &w->way[TW_FROM_BACKEND];

	while (in.n > 0 && !w->ending && !w->bad) {
		size_t n = way->skip < in.n ? way->skip : in.n;
		struct tw_bytes length = { way->head + 1, 4 };
		uint32_t whole = 0;

		if (n == 0) {
			way->head[way->head_n++] = *in.p;
			n = 1;
		} else
			way->skip -= (uint32_t)n;
		tw_watch_put(w, (struct tw_bytes){ in.p, n });
		in.p += n;
		in.n -= n;
		if (way->head_n < 5)
			continue;
		tw_bytes_u32(&length, &whole);
		w->bad = whole < 4 || whole > INT32_MAX;
		if (w->bad || (way->head_n < TW_WATCH_HEAD && way->head_n < whole + 1))
			continue;
		judge(w, (struct tw_bytes){ way->head, way->head_n });
		way->skip = whole + 1 - way->head_n;
		way->head_n = 0;
	}
	tw_watch_put(w, in);
}

static const struct tw_watch_kind watch = { { watch_client, watch_backend }, NULL };

const struct tw_service tw_service_postgres = {
	.name = "postgres",
	.title = "PostgreSQL",
	.spec = "PostgreSQL manual, SSL Session Encryption",
	.answers = answers,
	.client = { client_open, client_frame, client_step, NULL },
	.server = { NULL, server_frame, server_step, NULL },
	.watch = &watch,
};
