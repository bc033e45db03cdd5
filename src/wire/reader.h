/*
 * reader.h -- what the files of the flight reader share: the state between two
 * feeds, and who hands what to whom: flight.c cuts the stream into records,
 * record.c opens them, handshake.c puts messages together, tls12.c and tls13.c
 * read them, hello_reply.c the ServerHello, extension.c every extension.
 */
#ifndef TW_WIRE_READER_H
#define TW_WIRE_READER_H

#include "wire/flight.h"

#define TW_RECORD_HEAD	5u
#define TW_RECORD_MAX	(16384u + 2048u)	/* bytes of a body (RFC 5246 6.2.3) */

enum tw_record_type { TW_REC_CCS = 20, TW_REC_ALERT, TW_REC_HANDSHAKE, TW_REC_DATA };

/* Where an extension stands: the same type means another thing in another place. */
enum tw_place { TW_IN_HELLO = 1, TW_IN_HELLO13 = 2, TW_IN_RETRY = 4, TW_IN_ENCRYPTED = 8,
	TW_IN_LEAF = 16 };

struct tw_flight_reader {
	struct tw_bytes message;	/* the ClientHello */
	const struct tw_share *const *shares;
	const uint16_t *share_groups;
	size_t shares_n;
	struct tw_buf record;		/* a record that has not come whole */
	struct tw_buf handshake;	/* a message that has not come whole */
	struct tw_buf plain;		/* room for one opened record */
	size_t flight_bytes;
	unsigned messages, empties, ccs;
	uint8_t rank;			/* of the last message: they come in an order */
	bool tls;			/* the first record's head was one of TLS */
	uint8_t head[64];

	/* TLS 1.3, once its keys are known. */
	struct tw_hasher *transcript;
	enum tw_hash hash;
	enum tw_aead aead;
	uint8_t key[32], iv[12], finished_key[TW_HASH_BYTES];
	uint64_t sequence;
};

/* A message's reader: false when body is malformed, unless the flight has ended by it. */
typedef bool tw_message_fn(struct tw_flight *f, struct tw_bytes body);
struct tw_message_row {
	uint8_t type, rank;	/* a rank may not fall; rank 0: at any place */
	tw_message_fn *read;
};

/* Ends the flight: as what it is not, or as what it came to. */
void tw_flight_fail(struct tw_flight *f, const char *why);
void tw_flight_end(struct tw_flight *f, enum tw_flight_turn turn);

/* One whole record, head (of 5 bytes) and body apart. */
void tw_record_read(struct tw_flight *f, const uint8_t *head, struct tw_bytes body);
/* Bytes of handshake messages as records bring them, cut anywhere. */
void tw_handshake_put(struct tw_flight *f, struct tw_bytes in);
/* Body of a ServerHello or HelloRetryRequest (RFC 8446 4.1.3, RFC 5246 7.4.1.3). */
bool tw_hello_reply_read(struct tw_flight *f, struct tw_bytes body);
/* A block of extensions, its length of two bytes taken off. */
bool tw_extension_read(struct tw_flight *f, enum tw_place place, struct tw_bytes block);

/* The rows of messages up to TLS 1.2, and of TLS 1.3 behind its ServerHello. */
extern const struct tw_message_row tw_tls12_messages[], tw_tls13_messages[];
/* One DER certificate into the chain, or chain_cut where that is full. */
void tw_tls12_keep(struct tw_flight *f, struct tw_bytes der);
/* ServerKeyExchange (RFC 5246 7.4.3, RFC 8422 5.4). */
bool tw_ske_read(struct tw_flight *f, struct tw_bytes body);

/* Derives the keys from the ServerHello (whole message); opened tells of success. */
void tw_tls13_begin(struct tw_flight *f, struct tw_bytes server_hello);
/* The inner plaintext of one record and its type; false: the flight has ended. */
bool tw_tls13_open(struct tw_flight *f, const uint8_t *head, struct tw_bytes body,
    struct tw_bytes *ret_plain, uint8_t *ret_type);

#define TW_SSL2_ERROR	0
#define TW_SSL2_HELLO	4
/* The body of an SSL 2.0 record: SERVER-HELLO or ERROR (draft 2.5). */
void tw_ssl2_read(struct tw_flight *f, struct tw_bytes body);

#endif
