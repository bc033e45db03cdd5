/*
 * group.c -- the supported groups of IANA and the drafts seen in the field, and the primes
 * of Diffie-Hellman many servers share. Read by probe, judge, reports and explain.
 * Bits of a hybrid are those of its classical half; of ML-KEM alone, the parameter set's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/crypto.h"
#include "data/group.h"

#define TLS13	.tls13 = true
#define PQ	.post_quantum = true, .tls13 = true
#define FFDHE	.ffdhe = true, .tls13 = true

const struct tw_group tw_groups[] = {
	{ 0x0001, "sect163k1", "K-163", 163 },
	{ 0x0002, "sect163r1", NULL, 163 },
	{ 0x0003, "sect163r2", "B-163", 163 },
	{ 0x0004, "sect193r1", NULL, 193 },
	{ 0x0005, "sect193r2", NULL, 193 },
	{ 0x0006, "sect233k1", "K-233", 233 },
	{ 0x0007, "sect233r1", "B-233", 233 },
	{ 0x0008, "sect239k1", NULL, 239 },
	{ 0x0009, "sect283k1", "K-283", 283 },
	{ 0x000A, "sect283r1", "B-283", 283 },
	{ 0x000B, "sect409k1", "K-409", 409 },
	{ 0x000C, "sect409r1", "B-409", 409 },
	{ 0x000D, "sect571k1", "K-571", 571 },
	{ 0x000E, "sect571r1", "B-571", 571 },
	{ 0x000F, "secp160k1", NULL, 160 },
	{ 0x0010, "secp160r1", NULL, 160 },
	{ 0x0011, "secp160r2", NULL, 160 },
	{ 0x0012, "secp192k1", NULL, 192 },
	{ 0x0013, "secp192r1", "P-192", 192 },
	{ 0x0014, "secp224k1", NULL, 224 },
	{ 0x0015, "secp224r1", "P-224", 224 },
	{ 0x0016, "secp256k1", NULL, 256 },
	{ 0x0017, "secp256r1", "P-256", 256, TLS13 },
	{ 0x0018, "secp384r1", "P-384", 384, TLS13 },
	{ 0x0019, "secp521r1", "P-521", 521, TLS13 },
	{ 0x001A, "brainpoolP256r1", NULL, 256 },
	{ 0x001B, "brainpoolP384r1", NULL, 384 },
	{ 0x001C, "brainpoolP512r1", NULL, 512 },
	{ 0x001D, "x25519", "X25519", 253, TLS13 },
	{ 0x001E, "x448", "X448", 448, TLS13 },
	{ 0x001F, "brainpoolP256r1tls13", NULL, 256, TLS13 },
	{ 0x0020, "brainpoolP384r1tls13", NULL, 384, TLS13 },
	{ 0x0021, "brainpoolP512r1tls13", NULL, 512, TLS13 },
	{ 0x0022, "GC256A", NULL, 256, TLS13 },
	{ 0x0023, "GC256B", NULL, 256, TLS13 },
	{ 0x0024, "GC256C", NULL, 256, TLS13 },
	{ 0x0025, "GC256D", NULL, 256, TLS13 },
	{ 0x0026, "GC512A", NULL, 512, TLS13 },
	{ 0x0027, "GC512B", NULL, 512, TLS13 },
	{ 0x0028, "GC512C", NULL, 512, TLS13 },
	{ 0x0029, "curveSM2", "SM2", 256, TLS13 },
	{ 0x0100, "ffdhe2048", NULL, 2048, FFDHE },
	{ 0x0101, "ffdhe3072", NULL, 3072, FFDHE },
	{ 0x0102, "ffdhe4096", NULL, 4096, FFDHE },
	{ 0x0103, "ffdhe6144", NULL, 6144, FFDHE },
	{ 0x0104, "ffdhe8192", NULL, 8192, FFDHE },
	{ 0x0200, "MLKEM512", "ML-KEM-512", 512, PQ },
	{ 0x0201, "MLKEM768", "ML-KEM-768", 768, PQ },
	{ 0x0202, "MLKEM1024", "ML-KEM-1024", 1024, PQ },
	{ 0x11EB, "SecP256r1MLKEM768", NULL, 256, PQ },
	{ 0x11EC, "X25519MLKEM768", NULL, 253, PQ },
	{ 0x11ED, "SecP384r1MLKEM1024", NULL, 384, PQ },
	{ 0x11EE, "curveSM2MLKEM768", NULL, 256, PQ },
	{ 0x6399, "X25519Kyber768Draft00", NULL, 253, PQ },
	{ 0x639A, "SecP256r1Kyber768Draft00", NULL, 256, PQ },
	{ 0xFF01, "arbitrary_explicit_prime_curves", NULL, 0 },
	{ 0xFF02, "arbitrary_explicit_char2_curves", NULL, 0 },
};
const size_t tw_groups_n = TW_COUNT(tw_groups);

static const struct {
	const char *digest, *name;
} primes[] = {
#define P(digest, name) { digest, name },
#include "data/dh_primes.def"
#undef P
};

static int
compare(const void *key, const void *row)
{
	return *(const uint16_t *)key - ((const struct tw_group *)row)->code;
}

const struct tw_group *
tw_group_by_code(uint16_t code)
{
	return bsearch(&code, tw_groups, tw_groups_n, sizeof(tw_groups[0]), compare);
}

const struct tw_group *
tw_group_by_name(const char *name)
{
	for (size_t i = 0; i < tw_groups_n; i++)
		if (strcasecmp(tw_groups[i].name, name) == 0 ||
		    (tw_groups[i].other != NULL && strcasecmp(tw_groups[i].other, name) == 0))
			return &tw_groups[i];
	return NULL;
}

const char *
tw_dh_prime_name(const uint8_t *p, size_t n)
{
	uint8_t digest[TW_HASH_BYTES];
	char hex[65];

	while (n > 0 && *p == 0) {
		p++;
		n--;
	}
	tw_hash(TW_SHA256, (struct tw_bytes){ p, n }, digest);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	for (size_t i = 0; i < TW_COUNT(primes); i++)
		if (memcmp(primes[i].digest, hex, 64) == 0)
			return primes[i].name;
	return NULL;
}
