/*
 * MySQL and MariaDB: the server's greeting, then SSLRequest with no answer.
 * Client side only: a gateway must pass on the backend's own greeting, for it
 * holds the scramble the password is mixed with.
 */
#include "dialog/line.h"
#include "service/service.h"
#include "service/software.h"

#define HEAD		4
#define CLIENT_SSL	0x0800
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

const struct tw_service tw_service_mysql = {
	.name = "mysql",
	.title = "MySQL and MariaDB",
	.spec = "MySQL internals, Protocol::SSLRequest",
	.server_first = true,
	.greets = greets,
	.software = software,
	.client = { NULL, frame, client_step, NULL },
};
