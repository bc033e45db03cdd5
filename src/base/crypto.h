/*
 * crypto.h -- the maths a hello needs, behind one small wall: libcrypto is
 * used in base/crypto*.c and cert/ only, so another library can be tried.
 */
#ifndef TW_BASE_CRYPTO_H
#define TW_BASE_CRYPTO_H

#include "base/buf.h"

/* MD5 is here for JA3 alone, which is a name of a client and not a safeguard. */
enum tw_hash { TW_SHA1, TW_SHA256, TW_SHA384, TW_MD5 };
enum tw_aead { TW_AES_128_GCM, TW_AES_256_GCM, TW_CHACHA20_POLY1305, TW_AES_128_CCM,
	TW_AES_128_CCM_8 };

#define TW_HASH_BYTES	48	/* the longest digest */
#define TW_SHARE_BYTES	133	/* the longest public share: P-521, uncompressed */

size_t tw_hash_size(enum tw_hash h);
void tw_hash(enum tw_hash h, struct tw_bytes in, uint8_t *ret_digest);
void tw_hmac(enum tw_hash h, struct tw_bytes key, struct tw_bytes in, uint8_t *ret_mac);
/* HKDF-Extract (RFC 5869 2.2) and HKDF-Expand-Label (RFC 8446 7.1). */
void tw_hkdf_extract(enum tw_hash h, struct tw_bytes salt, struct tw_bytes ikm,
    uint8_t *ret_prk);
void tw_hkdf_expand_label(enum tw_hash h, struct tw_bytes secret, const char *label,
    struct tw_bytes context, uint8_t *ret, size_t n);

/* A digest of bytes that come in pieces, as a handshake transcript does. */
struct tw_hasher;
struct tw_hasher *tw_hasher_new(enum tw_hash h);
void tw_hasher_free(struct tw_hasher *s);	/* takes NULL */
void tw_hasher_put(struct tw_hasher *s, struct tw_bytes in);
/* The digest of all that was put so far; more may be put after it. */
void tw_hasher_peek(const struct tw_hasher *s, uint8_t *ret_digest);
void tw_hasher_end(struct tw_hasher *s, uint8_t *ret_digest);	/* the same, and s is freed */

/* Opens one AEAD record into out (room for in.n; may be in.p); false: not authentic. */
bool tw_aead_open(enum tw_aead a, const uint8_t *key, const uint8_t nonce[static 12],
    struct tw_bytes aad, struct tw_bytes in, uint8_t *out, size_t *ret_n);
size_t tw_aead_key_size(enum tw_aead a);

void tw_random(uint8_t *out, size_t n);

/* One ephemeral key for key_share: X25519 (29), P-256 (23), P-384 (24) or P-521 (25). */
struct tw_share;
struct tw_share *tw_share_new(uint16_t group);	/* NULL: group not known here */
/* The share of a known X25519 key, for test vectors; NULL: not one of 32 bytes. */
struct tw_share *tw_share_from_private(uint16_t group, struct tw_bytes key);
void tw_share_free(struct tw_share *s);		/* takes NULL */
struct tw_bytes tw_share_public(const struct tw_share *s);	/* borrowed from s */
/* The shared secret with the peer's share; false: the share is not a point. */
bool tw_share_derive(const struct tw_share *s, struct tw_bytes peer,
    uint8_t ret[static 66], size_t *ret_n);

#endif
