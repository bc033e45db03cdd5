/*
 * What a whole record holds goes where it belongs: handshake bytes, alerts,
 * ChangeCipherSpec, encrypted data; see reader.h. Called by flight.c.
 */
#include "wire/reader.h"

#define EMPTIES_MAX	16	/* records with nothing in them borne in a flight */
#define CCS_MAX		4	/* ChangeCipherSpecs of a TLS 1.3 disguise (8446 D.4) */

#define LEVEL_WARNING	1
#define LEVEL_FATAL	2
#define CLOSE_NOTIFY	0
#define UNRECOGNIZED_NAME 112

/* A record may hold several alerts, each of two bytes (RFC 5246 7.2). */
static void
read_alerts(struct tw_flight *f, struct tw_bytes in)
{
	uint8_t level, code;

	while (f->turn == TW_FLIGHT_MORE && in.n > 0) {
		if (!tw_bytes_u8(&in, &level) || !tw_bytes_u8(&in, &code) ||
		    (level != LEVEL_WARNING && level != LEVEL_FATAL)) {
			tw_flight_fail(f, "an alert is malformed");
			return;
		}
		f->alerted = true;
		f->alert_level = level;
		f->alert = code;
		f->unrecognized_name |= code == UNRECOGNIZED_NAME;
		if (level == LEVEL_WARNING && code != CLOSE_NOTIFY)
			f->warnings++;
		if (level == LEVEL_FATAL || code == CLOSE_NOTIFY ||
		    f->warnings > TW_FLIGHT_ALERTS)
			tw_flight_end(f, TW_FLIGHT_ALERT);
	}
}

/*
 * Before a Finished only TLS 1.3 servers send it, to look like TLS 1.2: one
 * byte 1, to be dropped (RFC 8446 5). Before the ServerHello the version is
 * not known yet, so it is dropped there too.
 */
static void
read_ccs(struct tw_flight *f, struct tw_bytes body)
{
	if (f->hello && f->version < 0x0304)
		tw_flight_fail(f, "ChangeCipherSpec came where none may come");
	else if (body.n != 1 || body.p[0] != 1)
		tw_flight_fail(f, "a ChangeCipherSpec is malformed");
	else if (f->reader->handshake.n > 0)
		tw_flight_fail(f, "ChangeCipherSpec came inside a handshake message");
	else if (++f->reader->ccs > CCS_MAX)
		tw_flight_fail(f, "ChangeCipherSpec came again and again");
}

static void
read_content(struct tw_flight *f, uint8_t type, struct tw_bytes body)
{
	if (body.n == 0) {
		if (++f->reader->empties > EMPTIES_MAX)
			tw_flight_fail(f,
			    "records with nothing in them came again and again");
		return;
	}
	switch (type) {
	case TW_REC_HANDSHAKE:
		tw_handshake_put(f, body);
		break;
	case TW_REC_ALERT:
		read_alerts(f, body);
		break;
	case TW_REC_CCS:
		read_ccs(f, body);
		break;
	default:
		tw_flight_fail(f, "application data came before the handshake was done");
	}
}

/* A sealed record of TLS 1.3: after its ServerHello all but the disguise is sealed. */
static void
read_sealed(struct tw_flight *f, const uint8_t *head, struct tw_bytes body)
{
	struct tw_bytes plain;
	uint8_t type;

	f->encrypted = true;
	if (!f->opened) {
		tw_flight_end(f, TW_FLIGHT_DONE);	/* nothing more to learn */
		return;
	}
	if (!tw_tls13_open(f, head, body, &plain, &type))
		return;
	if (type == TW_REC_HANDSHAKE || type == TW_REC_ALERT)
		read_content(f, type, plain);
	else
		tw_flight_fail(f,
		    "an encrypted record is of a type that has no place there");
}

void
tw_record_read(struct tw_flight *f, const uint8_t *head, struct tw_bytes body)
{
	bool sealing = f->hello && f->version >= 0x0304;

	if (sealing && head[0] == TW_REC_DATA)
		read_sealed(f, head, body);
	else if (sealing && head[0] == TW_REC_HANDSHAKE)
		tw_flight_fail(f,
		    "handshake came in the clear after a TLS 1.3 ServerHello");
	else
		read_content(f, head[0], body);
}
