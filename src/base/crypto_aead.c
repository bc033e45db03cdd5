/* Opening of AEAD records (TLS 1.3's five ciphers) over libcrypto; see crypto.h. */
#include "base/crypto.h"

#include <openssl/evp.h>

#include "base/crypto_must.h"

#define NONCE_BYTES 12

static const struct cipher {
	const char *name;
	size_t key, tag;
	bool ccm;	/* the length is said first, the tag checked in the update */
} ciphers[] = {
	[TW_AES_128_GCM] = { "AES-128-GCM", 16, 16, false },
	[TW_AES_256_GCM] = { "AES-256-GCM", 32, 16, false },
	[TW_CHACHA20_POLY1305] = { "ChaCha20-Poly1305", 32, 16, false },
	[TW_AES_128_CCM] = { "AES-128-CCM", 16, 16, true },
	[TW_AES_128_CCM_8] = { "AES-128-CCM", 16, 8, true },
};

/* The fetched algorithm: a constant from its first use on. */
static const EVP_CIPHER *
algorithm(enum tw_aead a)
{
	static EVP_CIPHER *fetched[TW_COUNT(ciphers)];

	if (fetched[a] == NULL) {
		fetched[a] = EVP_CIPHER_fetch(NULL, ciphers[a].name, NULL);
		tw_crypto_must(fetched[a] != NULL);
	}
	return fetched[a];
}

size_t
tw_aead_key_size(enum tw_aead a)
{
	return ciphers[a].key;
}

/* Key, nonce and the tag that is to be met. */
static void
set_up(EVP_CIPHER_CTX *ctx, enum tw_aead a, const uint8_t *key, const uint8_t *nonce,
    const uint8_t *tag)
{
	const int tag_n = (int)ciphers[a].tag;
	uint8_t copy[16];

	memcpy(copy, tag, ciphers[a].tag);
	tw_crypto_must(
	    EVP_DecryptInit_ex2(ctx, algorithm(a), NULL, NULL, NULL) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, NONCE_BYTES, NULL) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, tag_n, copy) == 1 &&
	    EVP_DecryptInit_ex2(ctx, NULL, key, nonce, NULL) == 1);
}

bool
tw_aead_open(enum tw_aead a, const uint8_t *key, const uint8_t nonce[static 12],
    struct tw_bytes aad, struct tw_bytes in, uint8_t *out, size_t *ret_n)
{
	const struct cipher *c = &ciphers[a];
	EVP_CIPHER_CTX *ctx;
	bool ok = false;
	int n = 0, last = 0;

	/* No record of TLS 1.3 is empty inside: it holds at least its type. */
	if (in.n <= c->tag || in.n > UINT16_MAX || aad.n > UINT16_MAX)
		return false;
	in.n -= c->tag;
	ctx = EVP_CIPHER_CTX_new();
	tw_crypto_must(ctx != NULL);
	set_up(ctx, a, key, nonce, in.p + in.n);
	if (c->ccm && EVP_DecryptUpdate(ctx, NULL, &n, NULL, (int)in.n) != 1)
		goto out;
	if (aad.n > 0 && EVP_DecryptUpdate(ctx, NULL, &n, aad.p, (int)aad.n) != 1)
		goto out;
	if (EVP_DecryptUpdate(ctx, out, &n, in.p, (int)in.n) != 1)
		goto out;
	if (!c->ccm && EVP_DecryptFinal_ex(ctx, out + n, &last) != 1)
		goto out;
	*ret_n = (size_t)n + (size_t)last;
	ok = true;
out:
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}
