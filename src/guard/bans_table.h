/*
 * bans_table.h -- the memory bans lie in: where each thing is, and the lock. Between
 * bans.c (what happens to a ban) and bans_table.c (where it is found) alone.
 */
#ifndef TW_GUARD_BANS_TABLE_H
#define TW_GUARD_BANS_TABLE_H

#include <stdatomic.h>

#include "guard/bans.h"
#include "guard/failures.h"
#include "guard/hash.h"

#define TW_BANS_WAYS	8u
#define TW_BANS_RING	8192u	/* changes kept for the firewall */

/* Two cache lines that every accept may look at; the rest of a ban lies apart. */
struct tw_bans_set {
	_Atomic uint64_t key[TW_BANS_WAYS];	/* 0: free */
	_Atomic uint64_t until_ms[TW_BANS_WAYS];
};

struct tw_bans_rest {
	uint64_t forget_ms;
	uint32_t times;
	uint8_t kind;
	bool firewall;
	char reason[TW_BAN_REASON];
};

struct tw_bans_network {
	_Atomic uint64_t until_ms, high, low;
	_Atomic uint32_t bits;	/* of 128 */
	struct tw_ban ban;
};

struct tw_bans {
	_Atomic uint64_t lock;		/* 0, or its holder's number and one */
	_Atomic uint64_t changes;	/* how many there ever were */
	_Atomic uint32_t networks_n;	/* slots of them ever used */
	struct tw_hash_secret secret;
	size_t sets, failure_sets;
	struct tw_bans_network networks[TW_BANS_NETWORKS_MOST];
	struct tw_ban_change ring[TW_BANS_RING];
};

struct tw_bans_place {		/* of a ban: its set and way */
	struct tw_bans_set *set;
	struct tw_bans_rest *rest;
	unsigned way;
};

/* 0: nobody's address, neither banned nor found. IPv6: its /64. */
uint64_t tw_bans_table_key(const struct tw_address *a);
struct tw_network tw_bans_table_network(uint64_t key);
uint64_t tw_bans_table_hash(const struct tw_bans *b, uint64_t key);
/* The place of a key, alive or remembered. Takes no lock. */
bool tw_bans_table_find(const struct tw_bans *b, uint64_t key, struct tw_bans_place *ret);
/*
 * A place for a key that has none, empty now: a free one, else one that is only remembered,
 * else that of the ban that would end first, whose key is then in ret_lost (else 0).
 */
struct tw_bans_place tw_bans_table_make(struct tw_bans *b, uint64_t key, uint64_t now_ms,
    uint64_t *ret_lost);
struct tw_bans_place tw_bans_table_at(const struct tw_bans *b, size_t i);
struct tw_failures tw_bans_table_failures(struct tw_bans *b);

bool tw_bans_table_lock(struct tw_bans *b, unsigned worker);
void tw_bans_table_unlock(struct tw_bans *b);

#endif
