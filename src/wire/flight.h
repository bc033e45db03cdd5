/*
 * flight.h -- reads everything a server answers to a ClientHello up to its
 * Finished: records, alerts, ServerHello or HelloRetryRequest, certificates,
 * key exchange, requests; TLS 1.3's encrypted flight is opened when the shares
 * of the hello are at hand; an SSL 2.0 SERVER-HELLO too.
 *
 * Bytes go in as they come; the answer does not depend on how they were cut.
 * A lying length costs no more than TW_FLIGHT_BYTES.
 */
#ifndef TW_WIRE_FLIGHT_H
#define TW_WIRE_FLIGHT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/crypto.h"

#define TW_FLIGHT_BYTES	(256u * 1024)	/* most bytes of one handshake flight */
#define TW_FLIGHT_ALERTS 4		/* warning alerts borne before "alert flood" */
#define TW_FLIGHT_CHAIN	16		/* certificates kept of a chain */

enum tw_flight_turn {
	TW_FLIGHT_MORE,		/* feed more */
	TW_FLIGHT_HELLO,	/* only while want is TW_WANT_HELLO: ServerHello (or HRR) is whole */
	TW_FLIGHT_DONE,		/* ServerHelloDone, HRR, server Finished, or SSL 2.0 hello */
	TW_FLIGHT_ALERT,	/* a fatal alert (or too many warnings) */
	TW_FLIGHT_BAD,		/* neither TLS nor SSL 2.0, or malformed: why says what */
};

enum tw_want {
	TW_WANT_HELLO,		/* stop at ServerHello or HelloRetryRequest */
	TW_WANT_FLIGHT,		/* on to ServerHelloDone or Finished */
};

struct tw_flight_ske {		/* ServerKeyExchange (RFC 5246 7.4.3, RFC 8422 5.4) */
	bool present;
	uint16_t group;		/* named curve, 0: none */
	bool explicit_curve;	/* explicit_prime or explicit_char2: no named curve */
	struct tw_bytes dh_p, dh_g, dh_y;	/* or rsa_export: modulus in dh_p */
	uint16_t scheme;	/* TLS 1.2: hash and signature as a scheme; 0: none */
	bool is_signed;
	struct tw_bytes public;	/* the server's ECDH point or DH value: reuse shows by it */
};

struct tw_flight {
	/* What was said; views live in the arena. */
	bool hello, retry, ssl2, done;	/* ServerHello, HelloRetryRequest, SERVER-HELLO seen */
	uint16_t record_version, version;	/* version: negotiated, supported_versions obeyed */
	uint32_t suite;
	uint8_t compression;
	uint8_t random[32];
	struct tw_bytes session_id;
	uint16_t group;			/* key_share group (also in HRR), or the ske's curve */
	struct tw_bytes share;		/* the server's key_share value */
	struct tw_bytes cookie;
	const uint32_t *ssl2_kinds;	/* SSL 2.0: the kinds the server lists */
	size_t ssl2_kinds_n;
	struct tw_bytes alpn;		/* chosen protocol, p NULL when none */
	bool ticket, ems, etm, renegotiation_info, heartbeat, status, sni_ack;
	uint8_t heartbeat_mode;
	uint16_t max_fragment, extensions[40];	/* every extension type met, in order */
	size_t extensions_n;
	struct tw_bytes chain[TW_FLIGHT_CHAIN];	/* DER, leaf first */
	size_t chain_n;
	bool chain_cut;			/* more certificates came than are kept */
	struct tw_bytes staple;		/* OCSPResponse DER, p NULL when none */
	struct tw_bytes scts;		/* SignedCertificateTimestampList by extension */
	struct tw_flight_ske ske;
	uint16_t verify_scheme;		/* CertificateVerify of TLS 1.3, 0: none */
	bool certificate_request;
	bool encrypted, opened;		/* a 1.3 flight came; it could be decrypted */
	bool finished_ok;		/* 1.3: server Finished seen */
	bool alerted;
	uint8_t alert_level, alert;	/* the fatal one, else the last warning */
	bool ssl2_refused;		/* an SSL 2.0 ERROR message came (ends as TW_FLIGHT_ALERT) */
	uint16_t ssl2_error;		/* what it says; 0 is OpenSSL's "undefined" */
	unsigned warnings;
	bool unrecognized_name;		/* a warning or fatal alert 112 came */
	const char *why;		/* TW_FLIGHT_BAD: one sentence, static */
	struct tw_bytes head;		/* the first bytes, at most 64, for "what is it then?" */

	/* The reader's own. */
	struct tw_arena *arena;
	enum tw_want want;
	enum tw_flight_turn turn;
	struct tw_flight_reader *reader;
};

/*
 * Starts reading the answer to a hello into arena's memory. message is the
 * ClientHello's handshake message (for the transcript) and shares its keys;
 * both may be empty: a 1.3 flight is then not opened. Borrowed until the end.
 */
void tw_flight_init(struct tw_flight *f, struct tw_arena *arena, enum tw_want want,
    struct tw_bytes message, const struct tw_share *const *shares,
    const uint16_t *share_groups, size_t shares_n);
void tw_flight_clear(struct tw_flight *f);	/* frees buffers; views in the arena stay */
enum tw_flight_turn tw_flight_feed(struct tw_flight *f, struct tw_bytes in);
/* Takes whole handshake messages in the clear instead, as a TLS library shows them. */
void tw_flight_take(struct tw_flight *f, struct tw_bytes messages);

#endif
