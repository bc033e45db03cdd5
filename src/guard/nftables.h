/*
 * nftables.h -- bans as input for `nft -f -`: a table of our own with sets whose elements
 * end by themselves. No line names another table. The parent runs nft; this writes text.
 */
#ifndef TW_GUARD_NFTABLES_H
#define TW_GUARD_NFTABLES_H

#include "base/buf.h"
#include "guard/bans.h"

#define TW_NFTABLES_TABLE	"tlswright"	/* of family inet */

/*
 * The table, its sets and its chain, made anew and empty, in one transaction: at start.
 * ports are those shut to the banned (the gateway's own: who mistypes a password at a
 * mailbox still reaches his ssh); n 0: all.
 */
void tw_nftables_begin(struct tw_buf *out, const uint16_t *ports, size_t n);
/*
 * One batch of changes, of which the latest of each address counts; v is sorted in place.
 * Those that run on at now_ms are put in with what is left of their time, the others taken
 * out; fresh: the table was just begun, and nothing has to be taken out. n 0 puts nothing.
 */
void tw_nftables_batch(struct tw_buf *out, struct tw_ban_change *v, size_t n, bool fresh,
    uint64_t now_ms);
/*
 * The networks put in by hand, all anew (tw_bans_networks()): when one of the changes is a
 * network. One that lies in another is left to the longer-lived of them, and is put in
 * again by the next call after that has ended. Sorts v in place.
 */
void tw_nftables_networks(struct tw_buf *out, struct tw_ban *v, size_t n, uint64_t now_ms);
/* Whether any change is a network. */
bool tw_nftables_has_network(const struct tw_ban_change *v, size_t n);
/* Takes the table away, if it is there. */
void tw_nftables_end(struct tw_buf *out);

#endif
