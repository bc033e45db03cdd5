/*
 * counters.h -- what happened at each listener, in memory that workers and the parent
 * share. A worker counts in a row of its own, by plain stores; its successor goes on in
 * the same row, so that nothing a dead one counted is lost, and nothing is counted twice.
 */
#ifndef TW_GATE_COUNTERS_H
#define TW_GATE_COUNTERS_H

#include <stdatomic.h>

#include "data/version.h"
#include "gate/inside.h"

/* Upper ends of the histogram of handshake times, in µs; one bucket more is beyond them. */
#define TW_COUNT_BOUNDS	14
extern const uint32_t tw_counters_bounds_us[TW_COUNT_BOUNDS];

struct tw_counts {		/* of a listener; all of it only grows */
	_Atomic uint64_t ends[TW_GATE_ENDS];
	/* By version (the last: none was agreed on), resumed, done. */
	_Atomic uint64_t handshakes[TW_VERSIONS + 1][2][2];
	_Atomic uint64_t seconds[TW_COUNT_BOUNDS + 1], seconds_us;	/* of those done */
	_Atomic uint64_t bytes_in, bytes_out;	/* inside TLS, of the client and to it */
	_Atomic uint64_t logins_failed;
};

struct tw_counters;

/* Bytes of zeroed, shared memory for it. */
size_t tw_counters_bytes(void);
/* Where this worker counts for this listener (its number of the configuration). */
struct tw_counts *tw_counters_row(struct tw_counters *c, unsigned worker, unsigned listener);
/* All workers together, dead ones included. */
void tw_counters_sum(struct tw_counters *c, unsigned listener, struct tw_counts *ret);
/* The parent, when no worker counts for it: the number is another listener's from now on. */
void tw_counters_clear(struct tw_counters *c, unsigned listener);

/* Only one process counts in a row, so no locked instruction is needed. */
static inline void
tw_count(_Atomic uint64_t *what, uint64_t n)
{
	atomic_store_explicit(what, atomic_load_explicit(what, memory_order_relaxed) + n,
	    memory_order_relaxed);
}

/* A handshake is over. version: as on the wire, 0: none; us: how long it took. */
void tw_counters_handshake(struct tw_counts *c, uint16_t version, bool resumed, bool done,
    uint32_t us);

#endif
