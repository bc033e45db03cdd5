/*
 * bans_hand.h -- bans that somebody asks for by hand, and takes back: what he wrote,
 * checked, and put into the table. The gate's parent is the caller, for `tlswright ctl`.
 */
#ifndef TW_GUARD_BANS_HAND_H
#define TW_GUARD_BANS_HAND_H

#include "guard/bans.h"

struct tw_bans_wish {
	struct tw_bytes who;	/* "192.0.2.7", "2001:db8::/32"; as it came, any bytes */
	uint64_t for_ms;	/* at most TW_BANS_FOREVER_MS count */
	struct tw_bytes reason;	/* n 0: "by hand"; cut to what a ban holds */
	bool firewall;		/* in the firewall as well */
	const struct tw_networks *const *allow;	/* lists of those who are never banned; NULL is one */
	size_t allow_n;
};

/*
 * Bans who it is from now on; a ban that stands is replaced, and its times are one more. *ret
 * is the ban as it stands now. -1: it is no address or network, lies in an allow-list, or
 * there is no room; e says which.
 */
int tw_bans_hand_ban(struct tw_bans *b, const struct tw_bans_wish *wish, uint64_t now_ms,
    struct tw_ban *ret, struct tw_err *e);
/*
 * Ends the ban of exactly this address or network, and forgets what was held against it.
 * -1: it is none, or not banned; e names the network it is banned by, if it is by one.
 */
int tw_bans_hand_unban(struct tw_bans *b, struct tw_bytes who, uint64_t now_ms,
    struct tw_network *ret, struct tw_err *e);

#endif
