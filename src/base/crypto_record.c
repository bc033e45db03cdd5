/* AEAD contexts shared by many connections; see crypto_record.h. */
#include "base/crypto_record.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/crypto_must.h"

struct keyed {
	EVP_CIPHER_CTX *ctx;
	size_t key_n;
	uint8_t key[32];	/* which it holds now */
	bool has_key;
};

struct tw_aeads {
	struct keyed v[2][TW_CHACHA20_POLY1305 + 1];	/* open, seal */
};

static const char *const names[] = {
	[TW_AES_128_GCM] = "AES-128-GCM",
	[TW_AES_256_GCM] = "AES-256-GCM",
	[TW_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
};

struct tw_aeads *
tw_crypto_record_new(void)
{
	struct tw_aeads *s = calloc(1, sizeof(*s));

	tw_crypto_must(s != NULL);
	for (int seal = 0; seal < 2; seal++)
		for (unsigned a = 0; a < TW_COUNT(names); a++) {
			EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, names[a], NULL);
			struct keyed *k = &s->v[seal][a];

			k->ctx = EVP_CIPHER_CTX_new();
			tw_crypto_must(c != NULL && k->ctx != NULL &&
			    EVP_CipherInit_ex2(k->ctx, c, NULL, NULL, seal, NULL) == 1);
			k->key_n = tw_aead_key_size(a);
			EVP_CIPHER_free(c);
		}
	return s;
}

void
tw_crypto_record_free(struct tw_aeads *s)
{
	if (s == NULL)
		return;
	for (int seal = 0; seal < 2; seal++)
		for (unsigned a = 0; a < TW_COUNT(names); a++)
			EVP_CIPHER_CTX_free(s->v[seal][a].ctx);
	OPENSSL_cleanse(s, sizeof(*s));
	free(s);
}

/*
 * The key schedule is what costs: it is made only where the key is another than the last.
 * Keys are compared themselves, so that nothing has to be told when one ends.
 */
static bool
begin(struct keyed *k, const uint8_t *key, const uint8_t *nonce, struct tw_bytes aad)
{
	bool same = k->has_key && CRYPTO_memcmp(k->key, key, k->key_n) == 0;
	int n;

	k->has_key = EVP_CipherInit_ex2(k->ctx, NULL, same ? NULL : key, nonce, -1, NULL) == 1;
	if (!k->has_key)
		return false;
	if (!same)
		memcpy(k->key, key, k->key_n);
	return EVP_CipherUpdate(k->ctx, NULL, &n, aad.p, (int)aad.n) == 1;
}

bool
tw_crypto_record_seal(struct tw_aeads *s, enum tw_aead a, const uint8_t *key,
    const uint8_t nonce[static 12], struct tw_bytes aad, struct tw_bytes in, uint8_t *out)
{
	struct keyed *k = &s->v[1][a];
	int n = 0, last = 0;

	return begin(k, key, nonce, aad) &&
	    EVP_CipherUpdate(k->ctx, out, &n, in.p, (int)in.n) == 1 &&
	    EVP_CipherFinal_ex(k->ctx, out + n, &last) == 1 &&
	    EVP_CIPHER_CTX_ctrl(k->ctx, EVP_CTRL_AEAD_GET_TAG, TW_AEAD_TAG, out + in.n) == 1;
}

bool
tw_crypto_record_open(struct tw_aeads *s, enum tw_aead a, const uint8_t *key,
    const uint8_t nonce[static 12], struct tw_bytes aad, struct tw_bytes in, uint8_t *out)
{
	struct keyed *k = &s->v[0][a];
	uint8_t tag[TW_AEAD_TAG];
	int n = 0, last = 0;

	if (in.n < TW_AEAD_TAG)
		return false;
	in.n -= TW_AEAD_TAG;
	memcpy(tag, in.p + in.n, sizeof(tag));
	if (begin(k, key, nonce, aad) &&
	    EVP_CIPHER_CTX_ctrl(k->ctx, EVP_CTRL_AEAD_SET_TAG, TW_AEAD_TAG, tag) == 1 &&
	    EVP_CipherUpdate(k->ctx, out, &n, in.p, (int)in.n) == 1 &&
	    EVP_CipherFinal_ex(k->ctx, out + n, &last) == 1)
		return true;
	ERR_clear_error();	/* a stranger's bytes are no error of the next handshake */
	return false;
}

void
tw_crypto_record_forget(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}
