/*
 * lanes.h -- a long list of suites peeled side by side. Where the client's order
 * counts, the order in which suites are found says nothing, so what is left may
 * be dealt out to lanes that are peeled at once. lists.c is the caller.
 */
#ifndef TW_PROBE_LANES_H
#define TW_PROBE_LANES_H

#include "probe/hail.h"
#include "probe/peel.h"

#define TW_LANES	6
#define TW_LANES_LONG	8	/* suites found before whose order it is gets asked */

struct tw_lanes {
	bool asked;		/* whose order it is was asked */
	bool on;		/* the client's: lanes are under way */
	uint16_t first;		/* what stood first in that question */
	struct tw_peel lane[TW_LANES];
};

/* Narrows q, a whole hello, to the suites found, backwards: whose order is it? */
void tw_lanes_ask_order(struct tw_lanes *l, struct tw_arena *a, const struct tw_chosen *found,
    struct tw_question *q);
/* Deals out what rest has left, where the answer shows the client's order; rest then is done. */
void tw_lanes_hear_order(struct tw_lanes *l, const struct tw_answer *a,
    const struct tw_chosen *found, struct tw_peel *rest);
/* As tw_peel_ask() and tw_peel_hear(): *ret_lane is the lane. */
bool tw_lanes_ask(struct tw_lanes *l, struct tw_question *q, int *ret_lane);
void tw_lanes_hear(struct tw_lanes *l, struct tw_probing *p, int lane, const struct tw_answer *a);
/* Gives what the lanes left back to rest, which then goes on with it; true: there is some. */
bool tw_lanes_give_back(struct tw_lanes *l, struct tw_peel *rest);
/* Lanes, if any, are done, and nothing of rest is under way; *ret_why, where one was lost, says why. */
bool tw_lanes_are_done(const struct tw_lanes *l, const struct tw_peel *rest, const char **ret_why);
/* Puts the suites found into the order of our hellos, which is what one lane would have shown. */
void tw_lanes_sort(struct tw_chosen *found, struct tw_u16s offered);

#endif
