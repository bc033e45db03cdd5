/*
 * Digests, HMAC, HKDF and random bytes over libcrypto; see crypto.h. wire/ calls
 * these for each TLS 1.3 flight. Algorithms are fetched once: OpenSSL 3.0's
 * implicit fetch costs more than the digest of a short message.
 */
#include "base/crypto.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/crypto_must.h"

#define BLOCK_BYTES 128	/* the longest block of a digest */

struct tw_hasher {
	enum tw_hash hash;
	EVP_MD_CTX *ctx;
};

static const struct digest {
	const char *name;
	size_t size, block;
} digests[] = {
	[TW_SHA1] = { "SHA1", 20, 64 },
	[TW_SHA256] = { "SHA256", 32, 64 },
	[TW_SHA384] = { "SHA384", 48, 128 },
	[TW_MD5] = { "MD5", 16, 64 },
};

_Noreturn void
tw_crypto_fail(void)
{
	fputs("tlswright: libcrypto failed\n", stderr);
	abort();
}

/* The fetched algorithm: a constant from its first use on. */
static const EVP_MD *
algorithm(enum tw_hash h)
{
	static EVP_MD *fetched[TW_COUNT(digests)];

	if (fetched[h] == NULL) {
		fetched[h] = EVP_MD_fetch(NULL, digests[h].name, NULL);
		tw_crypto_must(fetched[h] != NULL);
	}
	return fetched[h];
}

static void
begin(EVP_MD_CTX *ctx, enum tw_hash h)
{
	tw_crypto_must(EVP_DigestInit_ex2(ctx, algorithm(h), NULL) == 1);
}

static void
put(EVP_MD_CTX *ctx, struct tw_bytes in)
{
	tw_crypto_must(in.n == 0 || EVP_DigestUpdate(ctx, in.p, in.n) == 1);
}

static void
end(EVP_MD_CTX *ctx, uint8_t *ret)
{
	tw_crypto_must(EVP_DigestFinal_ex(ctx, ret, NULL) == 1);
}

static EVP_MD_CTX *
context(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	tw_crypto_must(ctx != NULL);
	return ctx;
}

size_t
tw_hash_size(enum tw_hash h)
{
	return digests[h].size;
}

void
tw_hash(enum tw_hash h, struct tw_bytes in, uint8_t *ret_digest)
{
	EVP_MD_CTX *ctx = context();

	begin(ctx, h);
	put(ctx, in);
	end(ctx, ret_digest);
	EVP_MD_CTX_free(ctx);
}

/* HMAC (RFC 2104) of parts, one behind the other. */
static void
hmac(enum tw_hash h, struct tw_bytes key, const struct tw_bytes *parts, size_t n,
    uint8_t *ret_mac)
{
	EVP_MD_CTX *ctx = context();
	size_t block = digests[h].block;
	uint8_t k[BLOCK_BYTES] = { 0 }, pad[BLOCK_BYTES], inner[TW_HASH_BYTES];

	if (key.n > block)
		tw_hash(h, key, k);
	else if (key.n > 0)
		memcpy(k, key.p, key.n);
	for (size_t i = 0; i < block; i++)
		pad[i] = k[i] ^ 0x36;
	begin(ctx, h);
	put(ctx, (struct tw_bytes){ pad, block });
	for (size_t i = 0; i < n; i++)
		put(ctx, parts[i]);
	end(ctx, inner);
	for (size_t i = 0; i < block; i++)
		pad[i] = k[i] ^ 0x5c;
	begin(ctx, h);
	put(ctx, (struct tw_bytes){ pad, block });
	put(ctx, (struct tw_bytes){ inner, digests[h].size });
	end(ctx, ret_mac);
	EVP_MD_CTX_free(ctx);
}

void
tw_hmac(enum tw_hash h, struct tw_bytes key, struct tw_bytes in, uint8_t *ret_mac)
{
	hmac(h, key, &in, 1, ret_mac);
}

void
tw_hkdf_extract(enum tw_hash h, struct tw_bytes salt, struct tw_bytes ikm,
    uint8_t *ret_prk)
{
	hmac(h, salt, &ikm, 1, ret_prk);
}

void
tw_hkdf_expand_label(enum tw_hash h, struct tw_bytes secret, const char *label,
    struct tw_bytes context_bytes, uint8_t *ret, size_t n)
{
	static const uint8_t prefix[6] = { 't', 'l', 's', '1', '3', ' ' };
	const struct tw_bytes name = tw_bytes_of(label);
	size_t size = digests[h].size, info_n = 0;
	uint8_t info[2 + 1 + 255 + 1 + 255], t[TW_HASH_BYTES];
	struct tw_bytes parts[3] = { { NULL, 0 } };

	assert(name.n <= 249 && context_bytes.n <= 255 && n <= 255 * size);
	info[info_n++] = (uint8_t)(n >> 8);
	info[info_n++] = (uint8_t)n;
	info[info_n++] = (uint8_t)(sizeof(prefix) + name.n);
	memcpy(info + info_n, prefix, sizeof(prefix));
	memcpy(info + info_n + sizeof(prefix), name.p, name.n);
	info_n += sizeof(prefix) + name.n;
	info[info_n++] = (uint8_t)context_bytes.n;
	if (context_bytes.n > 0)
		memcpy(info + info_n, context_bytes.p, context_bytes.n);
	info_n += context_bytes.n;
	parts[1] = (struct tw_bytes){ info, info_n };
	for (uint8_t round = 1; n > 0; round++) {
		size_t take = n < size ? n : size;

		parts[2] = (struct tw_bytes){ &round, 1 };
		hmac(h, secret, parts, 3, t);
		parts[0] = (struct tw_bytes){ t, size };
		memcpy(ret, t, take);
		ret += take;
		n -= take;
	}
}

struct tw_hasher *
tw_hasher_new(enum tw_hash h)
{
	struct tw_hasher *s = malloc(sizeof(*s));

	tw_crypto_must(s != NULL);
	*s = (struct tw_hasher){ h, context() };
	begin(s->ctx, h);
	return s;
}

void
tw_hasher_free(struct tw_hasher *s)
{
	if (s == NULL)
		return;
	EVP_MD_CTX_free(s->ctx);
	free(s);
}

void
tw_hasher_put(struct tw_hasher *s, struct tw_bytes in)
{
	put(s->ctx, in);
}

void
tw_hasher_peek(const struct tw_hasher *s, uint8_t *ret_digest)
{
	EVP_MD_CTX *copy = context();

	tw_crypto_must(EVP_MD_CTX_copy_ex(copy, s->ctx) == 1);
	end(copy, ret_digest);
	EVP_MD_CTX_free(copy);
}

void
tw_hasher_end(struct tw_hasher *s, uint8_t *ret_digest)
{
	end(s->ctx, ret_digest);
	tw_hasher_free(s);
}

void
tw_random(uint8_t *out, size_t n)
{
	assert(n <= INT32_MAX);
	tw_crypto_must(n == 0 || RAND_bytes(out, (int)n) == 1);
}
