/*
 * hello.h -- a ClientHello in any version and shape (RFC 8446 4.1.2, RFC 5246
 * 7.4.1.2, SSL 2.0 draft 2.5), from a description of it to bytes. Probes
 * describe, this writes; no TLS library would say half of it.
 */
#ifndef TW_WIRE_HELLO_H
#define TW_WIRE_HELLO_H

#include "base/buf.h"
#include "base/crypto.h"

#define TW_HELLO_MAX	66000	/* bytes of the longest hello, records included */
#define TW_HELLO_SHARES	3

struct tw_hello {
	bool ssl2;			/* an SSL 2.0 CLIENT-HELLO, suites from ssl2_kinds */
	const uint32_t *ssl2_kinds;	/* 24-bit kinds; with version > 2 and suites: a v2-format hello */
	size_t ssl2_kinds_n;
	uint16_t record_version;	/* of the record header; 0: 0x0301 */
	uint16_t version;		/* client_version / legacy_version */
	uint8_t random[32];
	struct tw_bytes session_id;	/* at most 32 bytes */
	struct tw_u16s suites;
	struct tw_bytes compression;	/* methods; none given: { 0 } */
	bool no_extensions;		/* SSL 3.0 style: the extension block is absent */
	const char *sni;		/* host_name; NULL: no extension. Never an IP address */
	struct tw_u16s versions;	/* supported_versions, or none */
	struct tw_u16s groups;		/* supported_groups, or none */
	struct tw_u16s schemes;		/* signature_algorithms, or none */
	bool key_share;			/* send key_share, of these shares (none: empty, asks for HRR) */
	const struct tw_share *shares[TW_HELLO_SHARES];
	uint16_t share_groups[TW_HELLO_SHARES];
	size_t shares_n;
	const char *const *alpn;	/* protocol names */
	size_t alpn_n;
	struct tw_bytes cookie;		/* of a HelloRetryRequest, or none */
	bool ticket, ems, etm, renegotiation_info, heartbeat, status_request, sct;
	bool psk_modes;			/* psk_key_exchange_modes: psk_dhe_ke */
	bool point_formats;		/* ec_point_formats: uncompressed */
	bool fallback_scsv, renegotiation_scsv;	/* appended to suites */
	bool grease;			/* RFC 8701 values in suites, groups, versions, extensions */
	unsigned extra_extensions;	/* so many unknown, empty extensions more */
	size_t pad_to;			/* padding (RFC 7685): at least so many bytes of handshake */
	size_t fragment;		/* cut into records of so many bytes; 0: as few as possible */
};

/* Appends the records of h to out; out->failed tells of one too large. */
void tw_hello_write(const struct tw_hello *h, struct tw_buf *out);
/* The handshake message of h alone (for the transcript hash), without record headers. */
void tw_hello_message(const struct tw_hello *h, struct tw_buf *out);
/* Appends that message in the records of h: tw_hello_write() in two steps, for who wants both. */
void tw_hello_wrap(const struct tw_hello *h, struct tw_bytes message, struct tw_buf *out);

#endif
