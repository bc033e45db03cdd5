/*
 * Microsoft SQL Server, TDS 7: PRELOGIN asks for encryption, then the TLS
 * handshake travels inside PRELOGIN packets (MS-TDS 2.2.6.5). TDS 8 is TLS from
 * the first byte and needs nothing of this.
 */
#include "service/service.h"
#include "service/software.h"

#define HEAD		8
#define PRELOGIN	0x12
#define RESPONSE	0x04
#define LAST		0x01	/* status: end of message */
#define MOST		4096	/* bytes of a packet before a size is negotiated */

/* Options of PRELOGIN, and the values of ENCRYPTION. */
enum { VERSION = 0, ENCRYPTION = 1, TERMINATOR = 0xff };
enum { OFF = 0, ON = 1, NOT_SUPPORTED = 2, REQUIRED = 3 };

static enum tw_turn
client_open(struct tw_dialog *d)
{
	static const uint8_t ask[47] = {
		PRELOGIN, LAST, 0, sizeof(ask), 0, 0, 0, 0,
		/* token, offset, length: VERSION, ENCRYPTION, INSTOPT, THREADID, MARS */
		0, 0, 26, 0, 6, 1, 0, 32, 0, 1, 2, 0, 33, 0, 1, 3, 0, 34, 0, 4, 4, 0, 38, 0, 1,
		TERMINATOR,
		16, 0, 0, 0, 0, 0, ON, 0, 0, 0, 0, 0, 0
	};

	tw_dialog_say(d, ask, sizeof(ask));
	return TW_MORE;
}

/* One packet; the length stands in it, its own head included. */
static ptrdiff_t
packet(struct tw_bytes in, size_t most)
{
	size_t n;

	if (in.n > 0 && in.p[0] != RESPONSE && in.p[0] != PRELOGIN)
		return -1;
	if (in.n < 4)
		return 0;
	n = (size_t)in.p[2] << 8 | in.p[3];
	if (n < HEAD || n > most)
		return -1;
	return in.n < n ? 0 : (ptrdiff_t)n;
}

static ptrdiff_t
frame(const struct tw_dialog *d, struct tw_bytes in)
{
	(void)d;
	return packet(in, TW_DIALOG_IN);
}

/* The option's value; false: the answer has none, or its offset lies. */
static bool
option(struct tw_bytes body, uint8_t token, struct tw_bytes *ret_v)
{
	struct tw_bytes list = body;
	uint16_t at, n;
	uint8_t t;

	while (tw_bytes_u8(&list, &t) && t != TERMINATOR) {
		if (!tw_bytes_u16(&list, &at) || !tw_bytes_u16(&list, &n))
			return false;
		if (t != token)
			continue;
		if (at > body.n || n > body.n - at)
			return false;
		*ret_v = (struct tw_bytes){ body.p + at, n };
		return true;
	}
	return false;
}

static void
note_version(struct tw_dialog *d, struct tw_bytes v)
{
	struct tw_buf b;

	if (v.n < 4 || v.p[0] == 0)
		return;
	tw_buf_init(&b, 64);
	tw_buf_fmt(&b, "Microsoft SQL Server %u.%u.%u", v.p[0], v.p[1],
	    (unsigned)(v.p[2] << 8 | v.p[3]));
	tw_dialog_note(d, &d->banner, tw_buf_view(&b));
	tw_buf_clear(&b);
}

static enum tw_turn
client_step(struct tw_dialog *d, struct tw_bytes msg)
{
	static const char *const words[] = { "ENCRYPT_OFF", "ENCRYPT_ON", "ENCRYPT_NOT_SUP",
		"ENCRYPT_REQ" };
	struct tw_bytes body = { msg.p + HEAD, msg.n - HEAD }, v;
	uint8_t encryption;

	if (option(body, VERSION, &v))
		note_version(d, v);
	if (!option(body, ENCRYPTION, &v) || v.n != 1)
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	encryption = *v.p & 0x0f;	/* the upper bits speak of client certificates */
	if (encryption >= TW_COUNT(words))
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	tw_dialog_note(d, &d->reply, tw_bytes_of(words[encryption]));
	if (encryption == NOT_SUPPORTED)
		return TW_NOT_OFFERED;
	d->advertised = true;
	return TW_TLS;
}

static bool
answers(struct tw_bytes a)
{
	return a.n > HEAD && a.p[0] == RESPONSE && a.p[HEAD] <= 8 && packet(a, TW_DIALOG_IN) >= 0;
}

static void
seal(struct tw_bytes in, struct tw_buf *out)
{
	for (uint8_t id = 1; in.n > 0; id++) {
		size_t n = in.n < MOST - HEAD ? in.n : MOST - HEAD;

		tw_buf_u8(out, PRELOGIN);
		tw_buf_u8(out, in.n == n ? LAST : 0);
		tw_buf_u16(out, (uint16_t)(n + HEAD));
		tw_buf_u16(out, 0);		/* SPID */
		tw_buf_u8(out, id);
		tw_buf_u8(out, 0);		/* window */
		tw_buf_put(out, in.p, n);
		in.p += n;
		in.n -= n;
	}
}

static ptrdiff_t
unseal(struct tw_bytes in, struct tw_bytes *ret_v)
{
	ptrdiff_t n = packet(in, 0xffff);

	if (n > 0)
		*ret_v = (struct tw_bytes){ in.p + HEAD, (size_t)n - HEAD };
	return n;
}

const struct tw_service tw_service_mssql = {
	.name = "mssql",
	.title = "Microsoft SQL Server, TDS 7",
	.spec = "MS-TDS 2.2.6.5",
	.answers = answers,
	.software = tw_software_find,
	.client = { client_open, frame, client_step, NULL },
	.seal = seal,
	.unseal = unseal,
};
