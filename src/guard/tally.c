/*
 * Who is connected how often; see tally.h. A set is two cache lines of tags; an entry is
 * two buckets and one count a worker. An entry that anybody counts in is never given to
 * another network: who finds one counts himself in first and then looks whether it is
 * still the same; who takes one away marks it first and then looks whether anybody counts.
 */
#include "guard/tally.h"

#include <assert.h>
#include <sched.h>

#include "guard/hash.h"

#define WAYS	15u
#define LEAVING	UINT64_C(1)	/* in a tag: it is being taken away, under the set's lock */
#define TRIES	8
#define SPINS	4096

struct set {
	_Atomic uint64_t lock;		/* 0, or its holder's number and one */
	_Atomic uint64_t tag[WAYS];	/* of listener and network; 0: free */
};

struct entry {
	tw_bucket buckets[TW_TALLY_WHATS];
	_Atomic uint16_t held[];	/* one a worker; only the worker itself writes it */
};

struct tw_tally {
	struct tw_hash_secret secret;
	size_t sets, entry_bytes, row_bytes;
	unsigned workers, listeners;
};

static size_t
round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static void
measure(struct tw_tally *t, size_t entries, unsigned workers, unsigned listeners)
{
	assert(workers >= 1 && workers <= TW_WORKERS_MOST && entries > 0);
	t->sets = (entries + WAYS - 1) / WAYS;
	assert(t->sets <= (UINT32_MAX - 1) / WAYS);
	t->entry_bytes = round_up(sizeof(struct entry) + workers * sizeof(uint16_t), 8);
	/* A worker's own lines: its listeners, and behind them its sum. */
	t->row_bytes = round_up((listeners + 1) * sizeof(uint32_t), 64);
	t->workers = workers;
	t->listeners = listeners;
}

static struct set *
set_at(const struct tw_tally *t, size_t i)
{
	return (struct set *)((uintptr_t)t + round_up(sizeof(*t), 64)) + i;
}

static _Atomic uint32_t *
row_of(const struct tw_tally *t, unsigned worker)
{
	return (_Atomic uint32_t *)((uintptr_t)set_at(t, t->sets) + worker * t->row_bytes);
}

static struct entry *
entry_at(const struct tw_tally *t, uint32_t i)
{
	return (struct entry *)((uintptr_t)row_of(t, t->workers) + i * t->entry_bytes);
}

size_t
tw_tally_bytes(size_t entries, unsigned workers, unsigned listeners)
{
	struct tw_tally t;

	measure(&t, entries, workers, listeners);
	return round_up(sizeof(t), 64) + t.sets * sizeof(struct set) +
	    workers * t.row_bytes + round_up(t.sets * WAYS * t.entry_bytes, 64);
}

struct tw_tally *
tw_tally_init(void *memory, size_t entries, unsigned workers, unsigned listeners,
    const uint8_t seed[static 16])
{
	struct tw_tally *t = memory;

	assert((uintptr_t)memory % 64 == 0);
	measure(t, entries, workers, listeners);
	t->secret = tw_hash_secret(seed);
	return t;
}

uint32_t
tw_tally_connected(const struct tw_tally *t, uint32_t entry)
{
	const struct entry *e;
	uint32_t sum = 0;

	if (entry == TW_TALLY_NONE)
		return 0;
	e = entry_at(t, entry);
	for (unsigned w = 0; w < t->workers; w++)
		sum += atomic_load(&e->held[w]);
	return sum;
}

static int
find(const struct set *s, uint64_t tag)
{
	for (unsigned way = 0; way < WAYS; way++)
		if (atomic_load_explicit(&s->tag[way], memory_order_acquire) == tag)
			return (int)way;
	return -1;
}

/* Counts the worker in; false: it counts as many there as can be counted. */
static bool
hold(struct entry *e, unsigned worker)
{
	if (atomic_fetch_add(&e->held[worker], 1) != UINT16_MAX)
		return true;
	atomic_fetch_sub(&e->held[worker], 1);
	return false;
}

static bool
lock(struct set *s, unsigned worker)
{
	for (int i = 0; i < SPINS; i++) {
		uint64_t free = 0;

		if (atomic_compare_exchange_weak(&s->lock, &free, worker + 1u))
			return true;
		/* Its holder is not running, or dead: let it, or the parent, run. */
		if (i % 64 == 63)
			sched_yield();
	}
	return false;
}

/* What a killed worker had marked and not yet taken away stays whose it was, or is free. */
static void
repair(struct tw_tally *t, struct set *s, uint32_t first)
{
	for (unsigned way = 0; way < WAYS; way++) {
		uint64_t tag = atomic_load(&s->tag[way]);

		if ((tag & LEAVING) != 0)
			atomic_store(&s->tag[way],
			    tw_tally_connected(t, first + way) > 0 ? tag & ~LEAVING : 0);
	}
}

static uint64_t
remembers_until(const struct entry *e)
{
	uint64_t until = 0;

	for (int i = 0; i < TW_TALLY_WHATS; i++) {
		uint64_t b = atomic_load_explicit(&e->buckets[i], memory_order_relaxed);

		until = b > until ? b : until;
	}
	return until;
}

/*
 * Takes away an entry in which nobody counts: a free one, or the one whose buckets are full
 * first (full already, it remembers nothing). -1: all are held.
 */
static int
clear_one(struct tw_tally *t, struct set *s, uint32_t first)
{
	unsigned passed = 0;	/* bits: somebody came back into it meanwhile */

	for (unsigned turn = 0; turn < WAYS; turn++) {
		uint64_t soonest = UINT64_MAX, tag;
		int best = -1;

		for (unsigned way = 0; way < WAYS; way++) {
			uint64_t until = remembers_until(entry_at(t, first + way));

			if (atomic_load(&s->tag[way]) == 0)
				return (int)way;
			if (until < soonest && (passed & 1u << way) == 0 &&
			    tw_tally_connected(t, first + way) == 0) {
				soonest = until;
				best = (int)way;
			}
		}
		if (best < 0)
			return -1;
		tag = atomic_load(&s->tag[best]);
		atomic_store(&s->tag[best], tag | LEAVING);
		if (tw_tally_connected(t, first + (uint32_t)best) == 0)
			return best;
		atomic_store(&s->tag[best], tag);
		passed |= 1u << best;
	}
	return -1;
}

/* An entry for a tag that has none, with the worker counted in; -1: none is to be had. */
static int
make(struct tw_tally *t, unsigned worker, struct set *s, uint32_t first, uint64_t tag)
{
	int way;

	if (!lock(s, worker))
		return -1;
	way = find(s, tag);	/* another worker may have been quicker */
	if (way >= 0) {
		if (!hold(entry_at(t, first + (uint32_t)way), worker))
			way = -1;
	} else if ((way = clear_one(t, s, first)) >= 0) {
		struct entry *e = entry_at(t, first + (uint32_t)way);

		for (int i = 0; i < TW_TALLY_WHATS; i++)
			atomic_store_explicit(&e->buckets[i], 0, memory_order_relaxed);
		hold(e, worker);
		atomic_store(&s->tag[way], tag);
	}
	atomic_store(&s->lock, 0);
	return way;
}

/* What tells networks apart: IPv6 ones are at most 64 bits long here. */
static uint64_t
hash(const struct tw_tally *t, unsigned listener, const struct tw_network *n)
{
	bool v4 = tw_address_is4(&n->address);
	uint64_t word;

	assert(v4 || n->bits <= 64);
	memcpy(&word, n->address.b + (v4 ? 8 : 0), 8);
	return tw_hash_pair(t->secret, word,
	    (uint64_t)listener << 32 | (v4 ? 256u : 0u) | n->bits);
}

uint32_t
tw_tally_enter(struct tw_tally *t, unsigned worker, unsigned listener,
    const struct tw_network *network)
{
	uint64_t h = hash(t, listener, network), tag = h & ~LEAVING;
	size_t i = tw_hash_place(h, t->sets);
	struct set *s = set_at(t, i);
	uint32_t first = (uint32_t)(i * WAYS);

	assert(worker < t->workers);
	tag = tag != 0 ? tag : 2;
	for (int try = 0; try < TRIES; try++) {
		int way = find(s, tag);
		struct entry *e;

		if (way < 0) {
			way = make(t, worker, s, first, tag);
			return way < 0 ? TW_TALLY_NONE : first + (uint32_t)way;
		}
		e = entry_at(t, first + (uint32_t)way);
		if (!hold(e, worker))
			return TW_TALLY_NONE;
		if (atomic_load(&s->tag[way]) == tag)
			return first + (uint32_t)way;
		atomic_fetch_sub(&e->held[worker], 1);
	}
	return TW_TALLY_NONE;
}

void
tw_tally_leave(struct tw_tally *t, unsigned worker, uint32_t entry)
{
	if (entry != TW_TALLY_NONE)
		atomic_fetch_sub(&entry_at(t, entry)->held[worker], 1);
}

bool
tw_tally_take(struct tw_tally *t, uint32_t entry, enum tw_tally_what what, struct tw_rate rate,
    uint64_t now_ms)
{
	return entry == TW_TALLY_NONE ||
	    tw_rates_take(&entry_at(t, entry)->buckets[what], rate, now_ms);
}

void
tw_tally_listener_enter(struct tw_tally *t, unsigned worker, unsigned listener)
{
	_Atomic uint32_t *row = row_of(t, worker);

	assert(worker < t->workers && listener < t->listeners);
	atomic_fetch_add(&row[listener], 1);
	atomic_fetch_add_explicit(&row[t->listeners], 1, memory_order_relaxed);
}

void
tw_tally_listener_leave(struct tw_tally *t, unsigned worker, unsigned listener)
{
	_Atomic uint32_t *row = row_of(t, worker);

	atomic_fetch_sub(&row[listener], 1);
	atomic_fetch_sub_explicit(&row[t->listeners], 1, memory_order_relaxed);
}

uint32_t
tw_tally_listener(const struct tw_tally *t, unsigned listener)
{
	uint32_t sum = 0;

	for (unsigned w = 0; w < t->workers; w++)
		sum += atomic_load(&row_of(t, w)[listener]);
	return sum;
}

uint32_t
tw_tally_worker(const struct tw_tally *t, unsigned worker)
{
	return atomic_load_explicit(&row_of(t, worker)[t->listeners], memory_order_relaxed);
}

void
tw_tally_forget_worker(struct tw_tally *t, unsigned worker)
{
	_Atomic uint32_t *row = row_of(t, worker);

	for (unsigned i = 0; i <= t->listeners; i++)
		atomic_store(&row[i], 0);
	for (size_t i = 0; i < t->sets; i++) {
		struct set *s = set_at(t, i);
		uint32_t first = (uint32_t)(i * WAYS);
		bool locked = atomic_load(&s->lock) == worker + 1u;

		for (unsigned way = 0; way < WAYS; way++) {
			struct entry *e = entry_at(t, first + way);

			/* Pages that nobody used yet stay untouched. */
			if ((locked || atomic_load(&s->tag[way]) != 0) &&
			    atomic_load(&e->held[worker]) != 0)
				atomic_store(&e->held[worker], 0);
		}
		if (locked) {
			repair(t, s, first);
			atomic_store(&s->lock, 0);
		}
	}
}
