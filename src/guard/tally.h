/*
 * tally.h -- who is connected how often, and how fast new ones come: one table in memory
 * that all workers share, by listener and network. admission.c is its only caller.
 *
 * Each worker counts in slots of its own, so what a killed worker had counted is given
 * back by clearing its slots; buckets are single words. Finding an entry takes no lock.
 * Making one takes the lock of its set (15 entries); a worker killed with it in hand is
 * repaired by tw_tally_forget_worker(), and till then its set alone makes no new entries.
 */
#ifndef TW_GUARD_TALLY_H
#define TW_GUARD_TALLY_H

#include "guard/address.h"
#include "guard/rates.h"

#define TW_WORKERS_MOST	64u
#define TW_TALLY_NONE	UINT32_MAX

enum tw_tally_what { TW_TALLY_CONNECTIONS, TW_TALLY_HANDSHAKES, TW_TALLY_WHATS };

struct tw_tally;

/* Bytes of memory for so many entries; workers 1 to 64, listeners numbered from 0. */
size_t tw_tally_bytes(size_t entries, unsigned workers, unsigned listeners);
/* Makes an empty table in zeroed memory of that size, on a 64-byte boundary. seed is random. */
struct tw_tally *tw_tally_init(void *memory, size_t entries, unsigned workers,
    unsigned listeners, const uint8_t seed[static 16]);

/*
 * Counts one more of this worker's for the network (IPv6: /64 or shorter) and holds its entry
 * till tw_tally_leave(). TW_TALLY_NONE where all entries it may have are held by others:
 * then it is not counted, and the calls below say "none" and "yes".
 */
uint32_t tw_tally_enter(struct tw_tally *t, unsigned worker, unsigned listener,
    const struct tw_network *network);
void tw_tally_leave(struct tw_tally *t, unsigned worker, uint32_t entry);
/* Connected now, all workers together, the caller's included. */
uint32_t tw_tally_connected(const struct tw_tally *t, uint32_t entry);
bool tw_tally_take(struct tw_tally *t, uint32_t entry, enum tw_tally_what what,
    struct tw_rate rate, uint64_t now_ms);

/* The same for a listener as a whole, and for a worker. */
void tw_tally_listener_enter(struct tw_tally *t, unsigned worker, unsigned listener);
void tw_tally_listener_leave(struct tw_tally *t, unsigned worker, unsigned listener);
uint32_t tw_tally_listener(const struct tw_tally *t, unsigned listener);
uint32_t tw_tally_worker(const struct tw_tally *t, unsigned worker);

/* The parent, once the worker is dead for sure: gives back all it had counted or locked. */
void tw_tally_forget_worker(struct tw_tally *t, unsigned worker);

#endif
