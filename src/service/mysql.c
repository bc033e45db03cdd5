/*
 * MySQL and MariaDB: the server's greeting, then SSLRequest with no answer. A
 * gateway must pass on the backend's own greeting, for it holds the scramble
 * the password is mixed with; inside TLS the client's packets are then one
 * ahead of what the backend counts.
 */
#include "dialog/line.h"
#include "service/service.h"
#include "service/software.h"

#define HEAD		4
#define CLIENT_SSL	0x0800
#define SSL_REQUEST	32	/* its length: a login's packet without the login */
#define PROTOCOL_10	10
#define ERROR		0xff

static size_t
le16(const uint8_t *p)
{
	return p[0] | (size_t)p[1] << 8;
}

static ptrdiff_t
frame(const struct tw_dialog *d, struct tw_bytes in)
{
	size_t n;

	(void)d;
	if (in.n < HEAD)
		return 0;
	n = HEAD + (le16(in.p) | (size_t)in.p[2] << 16);
	/* A greeting is short, and the first packet of a talk. */
	if (n < HEAD + 2 || n > 4096 || in.p[3] != 0)
		return -1;
	return in.n < n ? 0 : (ptrdiff_t)n;
}

/* Errors a server answers with instead of its greeting (MySQL manual, Server Error Messages). */
static const struct {
	size_t code;
	enum tw_dialog_flaw flaw;
} errors[] = {
	{ 1040, TW_FLAW_THROTTLED },	/* too many connections */
	{ 1203, TW_FLAW_THROTTLED },	/* user has too many */
	{ 1226, TW_FLAW_THROTTLED },	/* user exceeded a resource */
	{ 1129, TW_FLAW_HOST_REFUSED },	/* host is blocked because of many connection errors */
	{ 1130, TW_FLAW_HOST_REFUSED },	/* host is not allowed to connect */
	{ 1045, TW_FLAW_HOST_REFUSED },	/* access denied */
};

static enum tw_turn
hear_error(struct tw_dialog *d, struct tw_bytes body)
{
	size_t code;

	if (body.n < 3)
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	code = le16(body.p + 1);
	body.p += 3;
	body.n -= 3;
	if (body.n >= 6 && *body.p == '#')	/* a marker and five letters of SQLSTATE */
		body.p += 6, body.n -= 6;
	tw_dialog_note(d, &d->reply, body);
	for (size_t i = 0; i < TW_COUNT(errors); i++)
		if (code == errors[i].code)
			return tw_dialog_flawed(d, errors[i].flaw, TW_REFUSED);
	return TW_REFUSED;
}

/* Where the greeting's lower capabilities stand in the packet; 0: it is cut short. */
static size_t
capabilities_at(struct tw_bytes packet)
{
	const uint8_t *nul = memchr(packet.p + HEAD + 1, 0, packet.n - HEAD - 1);
	/* Behind the version: thread id 4, scramble 8, filler 1. */
	size_t at = nul == NULL ? 0 : (size_t)(nul - packet.p) + 1 + 13;

	return at + 2 > packet.n ? 0 : at;
}

static enum tw_turn
client_step(struct tw_dialog *d, struct tw_bytes msg)
{
	/* SSL, protocol 4.1, secure connection, plugin auth; 16 MiB; utf8mb4. */
	static const uint8_t request[HEAD + 32] = { 32, 0, 0, 1, 0x01, 0x8a, 0x08, 0, 0, 0, 0, 1,
		45 };
	struct tw_bytes body = { msg.p + HEAD, msg.n - HEAD }, version, rest;
	const uint8_t *nul;

	if (body.p[0] == ERROR)
		return hear_error(d, body);
	if (body.p[0] != PROTOCOL_10)		/* 9 is MySQL before 3.21: no TLS */
		return body.p[0] == 9 ? TW_NOT_OFFERED :
		    tw_dialog_flawed(d, TW_FLAW_NOT_PROTOCOL, TW_BAD);
	nul = memchr(body.p + 1, 0, body.n - 1);
	if (nul == NULL)
		return tw_dialog_flawed(d, TW_FLAW_NOT_PROTOCOL, TW_BAD);
	version = (struct tw_bytes){ body.p + 1, (size_t)(nul - body.p) - 1 };
	tw_dialog_note(d, &d->banner, version);
	/* Behind it: thread id 4, scramble 8, filler 1, then the lower capabilities. */
	rest = (struct tw_bytes){ nul + 1, body.n - version.n - 2 };
	if (rest.n < 15)
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	if ((le16(rest.p + 13) & CLIENT_SSL) == 0)
		return TW_NOT_OFFERED;
	d->advertised = true;
	tw_dialog_capability(d, TW_BYTES("SSL"));
	tw_dialog_say(d, request, sizeof(request));
	return TW_TLS;
}

static unsigned
greets(struct tw_bytes g)
{
	if (g.n < HEAD + 3 || g.p[3] != 0 || g.p[2] != 0)
		return 0;
	if (g.p[4] == PROTOCOL_10 && g.p[5] >= '0' && g.p[5] <= '9')
		return 2;
	/* An error has a code from 1000 on and a text. */
	return g.p[4] == ERROR && g.n > 9 && le16(g.p + 5) >= 1000 && le16(g.p + 5) < 5000 ? 2 : 0;
}

static bool
software(struct tw_bytes v, struct tw_bytes *ret_name, struct tw_bytes *ret_version)
{
	if (greets(v) > 0 && v.p[4] == PROTOCOL_10) {
		const uint8_t *nul = memchr(v.p + 5, 0, v.n - 5);

		v = (struct tw_bytes){ v.p + 5, nul == NULL ? v.n - 5 : (size_t)(nul - v.p) - 5 };
	}
	/* MariaDB puts "5.5.5-" before its version, for old replicas. */
	if (tw_bytes_begin_with(v, "5.5.5-") && tw_bytes_contain(v, "MariaDB"))
		v.p += 6, v.n -= 6;
	*ret_name = tw_bytes_of(tw_bytes_contain(v, "MariaDB") ? "MariaDB" :
	    tw_bytes_contain(v, "TiDB")			       ? "TiDB" :
								 "MySQL");
	*ret_version = tw_software_version(v);
	for (size_t i = 0; i < ret_version->n; i++)	/* "10.11.6-MariaDB-0+deb12u1" */
		if (ret_version->p[i] == '-')
			ret_version->n = i;
	return ret_version->n > 0;
}

/* What the backend says first is kept: .server says it to the client. */
static enum tw_turn
backend_step(struct tw_dialog *d, struct tw_bytes msg)
{
	struct tw_bytes body = { msg.p + HEAD, msg.n - HEAD };

	if (body.p[0] == ERROR) {
		(void)tw_dialog_keep(d, msg);		/* the client should read it */
		return hear_error(d, body);
	}
	if (body.p[0] != PROTOCOL_10 || capabilities_at(msg) == 0)
		return tw_dialog_flawed(d, TW_FLAW_NOT_PROTOCOL, TW_BAD);
	tw_dialog_note(d, &d->banner, (struct tw_bytes){ body.p + 1,
	    (size_t)((const uint8_t *)memchr(body.p + 1, 0, body.n - 1) - body.p) - 1 });
	if (!tw_dialog_keep(d, msg))
		return tw_dialog_flawed(d, TW_FLAW_TOO_LONG, TW_BAD);
	return TW_TLS;
}

/* The backend's greeting, with TLS in it. */
static enum tw_turn
server_open(struct tw_dialog *d)
{
	size_t at = d->given.n < HEAD + 2 ? 0 : capabilities_at(d->given);
	uint8_t flags;

	if (at == 0)
		return tw_dialog_flawed(d, TW_FLAW_NOT_PROTOCOL, TW_BAD);
	flags = d->given.p[at + 1] | CLIENT_SSL >> 8;
	tw_dialog_say(d, d->given.p, at + 1);
	tw_dialog_say(d, &flags, 1);
	tw_dialog_say(d, d->given.p + at + 2, d->given.n - at - 2);
	return TW_MORE;
}

static ptrdiff_t
server_frame(const struct tw_dialog *d, struct tw_bytes in)
{
	size_t n;

	(void)d;
	if (in.n < HEAD)
		return 0;
	n = HEAD + (le16(in.p) | (size_t)in.p[2] << 16);
	if (n < HEAD + 4 || in.p[3] != 1)
		return -1;
	if (n > TW_DIALOG_IN)
		return TW_DIALOG_IN + 1;
	return in.n < n ? 0 : (ptrdiff_t)n;
}

/* MySQL's ER_SECURE_TRANSPORT_REQUIRED, 3159. */
static enum tw_turn
server_step(struct tw_dialog *d, struct tw_bytes msg)
{
	static const char words[] = "\xff\x57\x0c#HY000Connections using insecure transport "
				    "are prohibited: TLS is required";
	static const uint8_t head[HEAD] = { sizeof(words) - 1, 0, 0, 2 };

	if ((le16(msg.p + HEAD) & CLIENT_SSL) != 0 && msg.n == HEAD + SSL_REQUEST)
		return TW_TLS;
	tw_dialog_say(d, head, sizeof(head));
	tw_dialog_say(d, words, sizeof(words) - 1);
	return TW_CLOSE;
}

/* Inside TLS, by packets: length 3, number 1. way->state: the first one has passed. */
static size_t
looked_at(const struct tw_watch_way *way, size_t first, size_t later)
{
	size_t n = HEAD + (le16(way->head) | (size_t)way->head[2] << 16);
	size_t most = HEAD + (way->state == 0 ? first : later);

	return n < most ? n : most;
}

/*
 * SSLRequest was number 1, so the client's login is number 2, where the backend, which
 * saw none, waits for 1; and CLIENT_SSL in the login would make it wait for TLS.
 */
static uint8_t
client_byte(struct tw_watch *w, struct tw_watch_way *way, uint8_t c)
{
	uint8_t shift = w->greeted;

	if (way->head_n == HEAD) {
		w->bad = c < 1 + shift;
		return (uint8_t)(c - shift);
	}
	return way->state == 0 && way->head_n == HEAD + 2 ? c & (uint8_t)~(CLIENT_SSL >> 8) : c;
}

/* ER_ACCESS_DENIED_ERROR, and the same where no password was given. */
static uint8_t
backend_byte(struct tw_watch *w, struct tw_watch_way *way, uint8_t c)
{
	size_t code = le16(way->head + HEAD + 1);

	if (way->head_n == HEAD)
		return (uint8_t)(c + w->greeted);
	if (way->head_n == HEAD + 1 && c == 0)
		tw_watch_accepted(w);
	if (way->head_n == HEAD + 3 && way->head[HEAD] == ERROR && (code == 1045 || code == 1698))
		tw_watch_failed(w);
	return c;
}

static void
watch(struct tw_watch *w, enum tw_watch_from from, struct tw_bytes in)
{
	struct tw_watch_way *way = &w->way[from];

	while (in.n > 0 && !w->ending && !w->bad) {
		size_t n = way->skip < in.n ? way->skip : in.n;
		uint8_t c = *in.p;

		way->skip -= (uint32_t)n;
		tw_watch_put(w, (struct tw_bytes){ in.p, n });
		if (n == 0) {
			way->head[way->head_n++] = c;
			c = from == TW_FROM_CLIENT ? client_byte(w, way, c)
			                           : backend_byte(w, way, c);
			tw_watch_put(w, (struct tw_bytes){ &c, 1 });
			n = 1;
		}
		in.p += n;
		in.n -= n;
		if (way->head_n < HEAD ||
		    way->head_n < looked_at(way, 3, from == TW_FROM_CLIENT ? 0 : 3))
			continue;
		way->skip = (uint32_t)(HEAD + (le16(way->head) | (size_t)way->head[2] << 16) -
		    way->head_n);
		way->head_n = 0;
		way->state = 1;
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

const struct tw_service tw_service_mysql = {
	.name = "mysql",
	.title = "MySQL and MariaDB",
	.spec = "MySQL internals, Protocol::SSLRequest",
	.server_first = true,
	.greets = greets,
	.software = software,
	.client = { NULL, frame, client_step, NULL },
	.server = { server_open, server_frame, server_step, NULL, .no_go_ahead = true },
	.backend = { NULL, frame, backend_step, NULL },
	.backend_first = true,
	.watch = &watched,
};
