/*
 * bans.h -- who is shut out, until when, and why: one table in memory that all workers
 * and the parent share. Asking takes no lock. What changes it takes one lock, shortly;
 * a worker killed with it in hand leaves the table whole, and tw_bans_forget_worker()
 * takes the lock from it. Times are milliseconds of one monotonic clock, so that a clock
 * set wrong frees nobody; a file tells them in UTC (bans_text.h).
 */
#ifndef TW_GUARD_BANS_H
#define TW_GUARD_BANS_H

#include "base/err.h"
#include "guard/networks.h"

#define TW_BANS_PARENT	64u	/* the parent's number among the workers */
#define TW_BAN_REASON	40	/* bytes, the NUL included; longer ones are cut */
#define TW_BANS_NETWORKS_MOST	256u
#define TW_BANS_FOREVER_MS	(UINT64_C(100) * 365 * 86400 * 1000)

enum tw_ban_kind {		/* what was held against it */
	TW_BAN_LOGIN = 1,
	TW_BAN_HANDSHAKE = 2,
	TW_BAN_HAND = 4,	/* somebody said so */
};

struct tw_ban_rule {
	uint32_t number;	/* tells one rule's failures from another's */
	unsigned kinds;		/* which failures it counts, each kind for itself */
	uint32_t after;		/* so many failures, 1 to 65535, … */
	uint64_t within_ms;	/* … in this time (watched in eighths of it) … */
	uint64_t for_ms;	/* … shut out this long, the next time twice as long, … */
	uint64_t longest_ms;	/* … up to this; forgotten when so long nothing was */
	const struct tw_networks *allow;	/* whom it never bans */
	bool firewall;		/* its bans go to the firewall as well */
};

struct tw_ban {
	struct tw_network network;	/* IPv4 /32, IPv6 /64; by hand any */
	uint64_t until_ms;
	uint64_t forget_ms;	/* its number of times is forgotten then */
	uint32_t times;		/* 1: for the first time */
	enum tw_ban_kind kind;
	bool firewall;
	char reason[TW_BAN_REASON];	/* as given: escape it where it is shown */
};

struct tw_bans;

/* Bytes for at most so many bans at once (1 to 2^24). More are taken in than it is told for,
 * at the cost of those that would end first. */
size_t tw_bans_bytes(size_t most);
/* An empty table in zeroed memory of that size, on a 64-byte boundary. seed is random. */
struct tw_bans *tw_bans_init(void *memory, size_t most, const uint8_t seed[static 16]);

/* Is the address banned? IPv6 is by its /64. O(1); ret_until_ms may be NULL. */
bool tw_bans_match(const struct tw_bans *b, const struct tw_address *a, uint64_t now_ms,
    uint64_t *ret_until_ms);
/*
 * One failure of a peer. The allow-list comes first; what the rule does not count is
 * nothing. True: with this one it is banned, the caller ends the connection; where it was
 * banned already nothing grows, and it is true as well. reason: NULL for usual words.
 */
bool tw_bans_fail(struct tw_bans *b, unsigned worker, const struct tw_ban_rule *rule,
    const struct tw_address *a, enum tw_ban_kind kind, const char *reason, uint64_t now_ms);
/*
 * Puts in a ban as it stands (by hand, or from a file); one that stands already is replaced.
 * IPv6 longer than /64 is banned by its /64. -1: too many networks, or nobody's address.
 */
int tw_bans_put(struct tw_bans *b, unsigned worker, const struct tw_ban *ban, uint64_t now_ms,
    struct tw_err *e);
/* Takes out the ban of exactly this network or address and all that was held against it;
 * false: there was none. */
bool tw_bans_remove(struct tw_bans *b, unsigned worker, const struct tw_network *n,
    uint64_t now_ms);

/*
 * The bans that stand, in no order, some at a time: *cursor begins at 0. 0: that was all.
 * remembered: those too that have ended and whose times are not forgotten.
 */
size_t tw_bans_list(struct tw_bans *b, unsigned worker, size_t *cursor, bool remembered,
    struct tw_ban *v, size_t n, uint64_t now_ms);
/* Of these the networks put in by hand alone, at most TW_BANS_NETWORKS_MOST. */
size_t tw_bans_networks(struct tw_bans *b, unsigned worker,
    struct tw_ban v[static TW_BANS_NETWORKS_MOST], uint64_t now_ms);
size_t tw_bans_count(const struct tw_bans *b, uint64_t now_ms);	/* how many stand */

struct tw_ban_change {
	struct tw_network network;
	uint64_t until_ms;	/* 0: taken out. What ends by itself is no change */
	uint64_t number;	/* later ones are higher */
};
/*
 * What changed for the firewall since *cursor (0: since ever), at most n, oldest first.
 * *ret_lost: more happened in between than is kept, nothing was put, and *cursor is now;
 * begin again with tw_bans_list().
 */
size_t tw_bans_changes(struct tw_bans *b, unsigned worker, uint64_t *cursor,
    struct tw_ban_change *v, size_t n, bool *ret_lost);

/* The parent, once the worker is dead for sure. */
void tw_bans_forget_worker(struct tw_bans *b, unsigned worker);

#endif
