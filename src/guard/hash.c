/* SipHash-1-3 (Aumasson and Bernstein 2012) of exactly sixteen bytes; see hash.h. */
#include "guard/hash.h"

#include <string.h>

__extension__ typedef unsigned __int128 wide;

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
turn(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

static inline void
mix(struct state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = turn(s->v1, 13) ^ s->v0;
	s->v3 = turn(s->v3, 16) ^ s->v2;
	s->v0 = turn(s->v0, 32) + s->v3;
	s->v2 += s->v1;
	s->v3 = turn(s->v3, 21) ^ s->v0;
	s->v1 = turn(s->v1, 17) ^ s->v2;
	s->v2 = turn(s->v2, 32);
}

static inline void
take(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	mix(s);
	s->v0 ^= word;
}

struct tw_hash_secret
tw_hash_secret(const uint8_t seed[static 16])
{
	struct tw_hash_secret secret;

	memcpy(&secret.k0, seed, 8);
	memcpy(&secret.k1, seed + 8, 8);
	return secret;
}

uint64_t
tw_hash_pair(struct tw_hash_secret secret, uint64_t a, uint64_t b)
{
	struct state s = {
		secret.k0 ^ UINT64_C(0x736f6d6570736575), secret.k1 ^ UINT64_C(0x646f72616e646f6d),
		secret.k0 ^ UINT64_C(0x6c7967656e657261), secret.k1 ^ UINT64_C(0x7465646279746573),
	};

	take(&s, a);
	take(&s, b);
	take(&s, UINT64_C(16) << 56);	/* the length, as SipHash ends a message */
	s.v2 ^= 0xff;
	mix(&s);
	mix(&s);
	mix(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

size_t
tw_hash_place(uint64_t hash, size_t n)
{
	return (size_t)((wide)hash * n >> 64);
}
