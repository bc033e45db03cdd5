/*
 * crypto_record.h -- AEAD for many connections of one thread: one context a cipher and
 * direction, keyed anew only when another key comes. Used by wire/records.c.
 */
#ifndef TW_BASE_CRYPTO_RECORD_H
#define TW_BASE_CRYPTO_RECORD_H

#include "base/crypto.h"

struct tw_aeads;

struct tw_aeads *tw_crypto_record_new(void);
void tw_crypto_record_free(struct tw_aeads *s);	/* forgets the keys; takes NULL */

#define TW_AEAD_TAG	16

/* Seals in to out (in.n + TW_AEAD_TAG bytes; may be in.p): GCM and ChaCha20 alone. */
bool tw_crypto_record_seal(struct tw_aeads *s, enum tw_aead a, const uint8_t *key,
    const uint8_t nonce[static 12], struct tw_bytes aad, struct tw_bytes in, uint8_t *out);
/*
 * Opens in (its tag behind it) to out (in.n - TW_AEAD_TAG bytes; may be in.p). False: not
 * authentic; out then holds nothing of worth.
 */
bool tw_crypto_record_open(struct tw_aeads *s, enum tw_aead a, const uint8_t *key,
    const uint8_t nonce[static 12], struct tw_bytes aad, struct tw_bytes in, uint8_t *out);
/* Overwrites n bytes so that no compiler leaves it out. */
void tw_crypto_record_forget(void *p, size_t n);

#endif
