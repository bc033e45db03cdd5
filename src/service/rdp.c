/*
 * Remote desktop: X.224 connection request with a negotiation request in it, and
 * its confirm (MS-RDPBCGR 2.2.1.1, 2.2.1.2). CredSSP ("HYBRID") is asked for
 * too, since many servers take nothing less, and it begins with TLS as well.
 */
#include "service/service.h"

#define TPKT		3
#define CONFIRM		0xd0
#define RESPONSE	2
#define FAILURE		3

static enum tw_turn
client_open(struct tw_dialog *d)
{
	static const uint8_t ask[19] = {
		TPKT, 0, 0, sizeof(ask), 14, 0xe0, 0, 0, 0, 0, 0,
		1, 0, 8, 0, 0x03, 0, 0, 0	/* PROTOCOL_SSL, PROTOCOL_HYBRID */
	};

	tw_dialog_say(d, ask, sizeof(ask));
	return TW_MORE;
}

static ptrdiff_t
frame(const struct tw_dialog *d, struct tw_bytes in)
{
	size_t n;

	(void)d;
	if (in.n > 0 && in.p[0] != TPKT)
		return -1;
	if (in.n < 4)
		return 0;
	n = (size_t)in.p[2] << 8 | in.p[3];
	if (n < 7 || n > 1024)
		return -1;
	return in.n < n ? 0 : (ptrdiff_t)n;
}

static const char *const failures[] = { NULL, "SSL_REQUIRED_BY_SERVER",
	"SSL_NOT_ALLOWED_BY_SERVER", "SSL_CERT_NOT_ON_SERVER", "INCONSISTENT_FLAGS",
	"HYBRID_REQUIRED_BY_SERVER", "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER" };
#define NOT_ALLOWED 2

static enum tw_turn
hear_failure(struct tw_dialog *d, uint32_t code)
{
	if (code < TW_COUNT(failures) && failures[code] != NULL)
		tw_dialog_note(d, &d->reply, tw_bytes_of(failures[code]));
	else
		tw_dialog_note(d, &d->reply, TW_BYTES("unknown negotiation failure"));
	return code == NOT_ALLOWED ? TW_NOT_OFFERED : TW_REFUSED;
}

static const struct {
	uint32_t protocol;
	const char *name;
} protocols[] = {
	{ 1, "PROTOCOL_SSL" },
	{ 2, "PROTOCOL_HYBRID" },
};

static enum tw_turn
client_step(struct tw_dialog *d, struct tw_bytes msg)
{
	const uint8_t *p = msg.p + 11;
	uint32_t v;

	if (msg.p[5] != CONFIRM)
		return tw_dialog_flawed(d, TW_FLAW_NOT_PROTOCOL, TW_BAD);
	/* A server before RDP 5.2 confirms and says nothing of protocols. */
	if (msg.n < 19) {
		tw_dialog_note(d, &d->reply, TW_BYTES("no negotiation"));
		return TW_NOT_OFFERED;
	}
	v = p[4] | (uint32_t)p[5] << 8 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 24;
	if (p[0] == FAILURE)
		return hear_failure(d, v);
	if (p[0] != RESPONSE)
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	if (v == 0) {
		tw_dialog_note(d, &d->reply, TW_BYTES("PROTOCOL_RDP"));
		return TW_NOT_OFFERED;
	}
	for (size_t i = 0; i < TW_COUNT(protocols); i++)
		if (v == protocols[i].protocol) {
			d->advertised = true;
			tw_dialog_note(d, &d->reply, tw_bytes_of(protocols[i].name));
			return TW_TLS;
		}
	return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);	/* one we did not ask for */
}

static bool
answers(struct tw_bytes a)
{
	return a.n >= 7 && a.p[0] == TPKT && a.p[5] == CONFIRM;
}

const struct tw_service tw_service_rdp = {
	.name = "rdp",
	.title = "Remote desktop",
	.spec = "MS-RDPBCGR 2.2.1.1",
	.answers = answers,
	.client = { client_open, frame, client_step, NULL },
};
