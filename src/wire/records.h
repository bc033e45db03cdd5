/*
 * records.h -- what a connection needs of TLS after its handshake: records opened and
 * sealed. Two implementations behind one seam: records of our own (raw keys, IVs and
 * counters, AEAD by libcrypto; RFC 8446 5, RFC 5246 6.2), and the library's SSL
 * (net/tls_records.c). Pure: bytes in, bytes out.
 */
#ifndef TW_WIRE_RECORDS_H
#define TW_WIRE_RECORDS_H

#include "base/bytes.h"

struct tw_records_scratch;	/* AEAD contexts of a worker, re-keyed on use */

struct tw_records_scratch *tw_records_scratch_new(void);
void tw_records_scratch_free(struct tw_records_scratch *s);	/* takes NULL */

enum tw_records_state {
	TW_RECORDS_GOING,
	TW_RECORDS_ENDED,	/* close_notify: nothing of the peer counts behind it */
	TW_RECORDS_FAILED,	/* the reply holds our alert; close */
};

#define TW_RECORDS_LAST		64	/* bytes of a sealed alert at most */
#define TW_RECORDS_REPLY	256	/* bytes of what must be sent at once at most */
#define TW_RECORDS_MOST		16384	/* plaintext of a record */
/* Bytes that n bytes of records open to at most: the library may hold a part of one. */
#define TW_RECORDS_ROOM(n)	((n) + TW_RECORDS_MOST + 512)
/* Bytes that n bytes of plaintext are at most when sealed. */
#define TW_RECORDS_SEALED(n)	((n) + ((n) / TW_RECORDS_MOST + 1) * 64)

struct tw_records_opened {
	enum tw_records_state state;
	size_t used;		/* bytes of in; the rest is no whole record yet */
	size_t plain_n;
	size_t reply_n;		/* to be sent before anything else: a KeyUpdate, an alert */
	const char *reason;	/* of FAILED: static text */
	uint8_t reply[TW_RECORDS_REPLY];
};

struct tw_records;

/* How records are made; [own] lies in wire/records.c, the library's in net/. */
struct tw_records_kind {
	void (*open)(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes in,
	    uint8_t *plain, struct tw_records_opened *ret);
	size_t (*seal)(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes plain,
	    uint8_t *out);
	size_t (*close)(struct tw_records *r, struct tw_records_scratch *s, uint8_t *out);
	void (*clear)(struct tw_records *r);
};

/* One direction of records of our own. */
struct tw_records_way {
	uint64_t sequence;
	uint8_t iv[12], key[32];
	uint8_t secret[48];	/* TLS 1.3: from which the next key comes */
};

struct tw_records {
	const struct tw_records_kind *kind;
	void *session;		/* the library's; owned */
	struct tw_records_way in, out;
	uint16_t version;	/* 0x0303, 0x0304 */
	uint8_t aead, hash;	/* enum tw_aead, enum tw_hash */
	uint64_t nonce;		/* the explicit one of TLS 1.2 that comes next */
	uint8_t updates, empty;	/* KeyUpdates and empty records in a row */
	bool refused;		/* a renegotiation, once */
	bool closed;		/* our last alert is sealed */
};

/*
 * Records of our own from TLS 1.3's traffic secrets; sealed: how many records were made
 * with the server's. False: the suite is not known here.
 */
bool tw_records_own13(struct tw_records *r, uint16_t suite, struct tw_bytes client_secret,
    struct tw_bytes server_secret, uint64_t sealed);
/*
 * The same from TLS 1.2's master secret and the randoms, the server's first; nonce: the
 * explicit one of AES-GCM that comes next.
 */
bool tw_records_own12(struct tw_records *r, uint16_t suite, const uint8_t master[static 48],
    const uint8_t randoms[static 64], uint64_t sealed, uint64_t nonce);

/*
 * Opens every whole record of in into plain, which has room for TW_RECORDS_ROOM(in.n)
 * bytes, in one piece. What is opened before a fault still counts. Where used says less
 * than all and there is a reply, call again once it is sent.
 */
void tw_records_open(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes in,
    uint8_t *plain, struct tw_records_opened *ret);
/*
 * Seals all of plain into records in out, which has room for TW_RECORDS_SEALED(plain.n);
 * the bytes made, 0: it cannot go on (keys used up, or a fault of the library).
 */
size_t tw_records_seal(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes plain,
    uint8_t *out);
/* close_notify into out (TW_RECORDS_LAST bytes); 0: said before. */
size_t tw_records_close(struct tw_records *r, struct tw_records_scratch *s, uint8_t *out);
/* Forgets the keys for good. */
void tw_records_clear(struct tw_records *r);

#endif
