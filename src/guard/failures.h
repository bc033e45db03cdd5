/*
 * failures.h -- how often a peer failed lately, by rule and kind, in a table of fixed
 * size. bans.c is its only caller, with its lock in hand.
 */
#ifndef TW_GUARD_FAILURES_H
#define TW_GUARD_FAILURES_H

#include "base/bytes.h"
#include "guard/hash.h"

#define TW_FAILURES_SLICES	8

struct tw_failure {
	uint64_t key;		/* of the address; 0: free */
	uint64_t last_ms;
	uint32_t rule, kind;
	uint16_t in[TW_FAILURES_SLICES];	/* each a slice of the time they are counted in */
};

#define TW_FAILURES_WAYS	8

struct tw_failures {
	struct tw_failure (*sets)[TW_FAILURES_WAYS];
	size_t n;
};

/* One more; returns how many there are within_ms back, a slice more or less. */
uint32_t tw_failures_add(struct tw_failures f, uint64_t hash, uint64_t key, uint32_t rule,
    uint32_t kind, uint64_t within_ms, uint64_t now_ms);
/* All of the address are forgotten. */
void tw_failures_forget(struct tw_failures f, uint64_t hash, uint64_t key);

#endif
