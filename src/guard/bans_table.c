/*
 * The memory bans lie in; see bans_table.h. A ban has two sets of eight it may be in, and
 * goes into the emptier: with room for twice as many bans as are wanted, both are never full
 * before the table is. Nothing moves once it lies somewhere, so it is read without a lock.
 */
#include "guard/bans_table.h"

#include <assert.h>
#include <sched.h>

/* Some ten milliseconds: a holder may have to wait for its turn on a busy machine. */
#define SPINS	(1 << 20)
/* No address begins so: ff00::/8 is multicast. So an IPv4 address is told from any /64. */
#define V4	UINT64_C(0xffff000000000000)

static size_t
round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static size_t
sets_for(size_t most)
{
	return most * 2 / TW_BANS_WAYS + 2;
}

static size_t
failure_sets_for(size_t most)
{
	return most / 2 / TW_FAILURES_WAYS + 64;
}

size_t
tw_bans_bytes(size_t most)
{
	return round_up(sizeof(struct tw_bans), 64) +
	    sets_for(most) * (sizeof(struct tw_bans_set) +
	    TW_BANS_WAYS * sizeof(struct tw_bans_rest)) +
	    round_up(failure_sets_for(most) * TW_FAILURES_WAYS * sizeof(struct tw_failure), 64);
}

struct tw_bans *
tw_bans_init(void *memory, size_t most, const uint8_t seed[static 16])
{
	struct tw_bans *b = memory;

	assert((uintptr_t)memory % 64 == 0 && most >= 1 && most <= 1u << 24);
	b->sets = sets_for(most);
	b->failure_sets = failure_sets_for(most);
	b->secret = tw_hash_secret(seed);
	return b;
}

static struct tw_bans_set *
sets(const struct tw_bans *b)
{
	return (struct tw_bans_set *)((uintptr_t)b + round_up(sizeof(*b), 64));
}

struct tw_bans_place
tw_bans_table_at(const struct tw_bans *b, size_t i)
{
	struct tw_bans_rest *rests = (struct tw_bans_rest *)(sets(b) + b->sets);

	return (struct tw_bans_place){ sets(b) + i / TW_BANS_WAYS, rests + i,
		(unsigned)(i % TW_BANS_WAYS) };
}

struct tw_failures
tw_bans_table_failures(struct tw_bans *b)
{
	void *behind = tw_bans_table_at(b, b->sets * TW_BANS_WAYS).rest;

	return (struct tw_failures){ behind, b->failure_sets };
}

uint64_t
tw_bans_table_key(const struct tw_address *a)
{
	uint64_t key = 0;

	if (tw_address_is4(a)) {
		for (int i = 12; i < 16; i++)
			key = key << 8 | a->b[i];
		return V4 | key;
	}
	if (a->b[0] == 0xff)
		return 0;
	for (int i = 0; i < 8; i++)
		key = key << 8 | a->b[i];
	/* ::/64, where ::1 is, must not be the free one. */
	return key != 0 ? key : V4 - 1;
}

struct tw_network
tw_bans_table_network(uint64_t key)
{
	struct tw_network n = { .bits = 64 };

	if (key >> 32 == V4 >> 32) {
		uint8_t b[4] = { (uint8_t)(key >> 24), (uint8_t)(key >> 16), (uint8_t)(key >> 8),
			(uint8_t)key };

		return (struct tw_network){ tw_address_of4(b), 32 };
	}
	if (key != V4 - 1)
		for (int i = 7; i >= 0; i--, key >>= 8)
			n.address.b[i] = (uint8_t)key;
	return n;
}

uint64_t
tw_bans_table_hash(const struct tw_bans *b, uint64_t key)
{
	return tw_hash_pair(b->secret, key, 0);
}

/* The two sets of a key, from the two halves of its hash. */
static void
sets_of(const struct tw_bans *b, uint64_t key, size_t ret[static 2])
{
	uint64_t h = tw_bans_table_hash(b, key);

	ret[0] = (size_t)((h >> 32) * b->sets >> 32);
	ret[1] = (size_t)((h & UINT32_MAX) * b->sets >> 32);
}

bool
tw_bans_table_find(const struct tw_bans *b, uint64_t key, struct tw_bans_place *ret)
{
	size_t two[2];

	sets_of(b, key, two);
	__builtin_prefetch(sets(b) + two[1]);
	for (int i = 0; i < 2; i++) {
		const struct tw_bans_set *s = sets(b) + two[i];

		for (unsigned way = 0; way < TW_BANS_WAYS; way++)
			if (atomic_load_explicit(&s->key[way], memory_order_acquire) == key) {
				*ret = tw_bans_table_at(b, two[i] * TW_BANS_WAYS + way);
				return true;
			}
	}
	return false;
}

/* How little it would be missed, lowest first: free, remembered, soon to end. */
static uint64_t
worth(struct tw_bans_place p, uint64_t now_ms)
{
	uint64_t until = atomic_load(&p.set->until_ms[p.way]);

	if (atomic_load(&p.set->key[p.way]) == 0 ||
	    (until <= now_ms && p.rest->forget_ms <= now_ms))
		return 0;
	/* Times lie far below bit 62. */
	return until > now_ms ? until | UINT64_C(1) << 62 : p.rest->forget_ms;
}

struct tw_bans_place
tw_bans_table_make(struct tw_bans *b, uint64_t key, uint64_t now_ms, uint64_t *ret_lost)
{
	struct tw_bans_place best[2];
	uint64_t least[2] = { UINT64_MAX, UINT64_MAX };
	unsigned used[2] = { 0, 0 };
	size_t two[2];
	int i;

	sets_of(b, key, two);
	for (i = 0; i < 2; i++)
		for (unsigned way = 0; way < TW_BANS_WAYS; way++) {
			struct tw_bans_place p =
			    tw_bans_table_at(b, two[i] * TW_BANS_WAYS + way);
			uint64_t w = worth(p, now_ms);

			used[i] += w > 0;
			if (w < least[i]) {
				least[i] = w;
				best[i] = p;
			}
		}
	if (least[0] == 0 && least[1] == 0)
		i = used[1] < used[0];
	else
		i = least[1] < least[0];
	*ret_lost = (least[i] & UINT64_C(1) << 62) != 0 ?
	    atomic_load(&best[i].set->key[best[i].way]) : 0;
	/* In this order: whoever reads meanwhile, or a death between, finds no ban here. */
	atomic_store(&best[i].set->until_ms[best[i].way], 0);
	best[i].rest->forget_ms = 0;
	atomic_store(&best[i].set->key[best[i].way], 0);
	*best[i].rest = (struct tw_bans_rest){ 0 };
	atomic_store(&best[i].set->key[best[i].way], key);
	return best[i];
}

bool
tw_bans_table_lock(struct tw_bans *b, unsigned worker)
{
	for (int i = 0; i < SPINS; i++) {
		uint64_t free = 0;

		if (atomic_compare_exchange_weak(&b->lock, &free, worker + 1u))
			return true;
		/* Its holder is not running, or dead: let it, or the parent, run. */
		if (i % 64 == 63)
			sched_yield();
	}
	return false;
}

void
tw_bans_table_unlock(struct tw_bans *b)
{
	atomic_store(&b->lock, 0);
}
