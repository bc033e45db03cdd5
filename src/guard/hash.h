/*
 * hash.h -- SipHash-1-3 of two words under a secret: strangers choose the addresses that
 * are hashed here, and must not be able to choose where they land.
 */
#ifndef TW_GUARD_HASH_H
#define TW_GUARD_HASH_H

#include <stddef.h>
#include <stdint.h>

struct tw_hash_secret {
	uint64_t k0, k1;
};

struct tw_hash_secret tw_hash_secret(const uint8_t seed[static 16]);
uint64_t tw_hash_pair(struct tw_hash_secret secret, uint64_t a, uint64_t b);
/* A hash as a place from 0 to n - 1. */
size_t tw_hash_place(uint64_t hash, size_t n);

#endif
