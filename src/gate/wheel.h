/*
 * wheel.h -- time limits of many connections: a timing wheel of coarse ticks. A limit
 * that is pushed back costs a store, no move: who is due early is put back when its
 * tick comes. Used by the gateway's worker; pure, the time comes in.
 */
#ifndef TW_GATE_WHEEL_H
#define TW_GATE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define TW_WHEEL_TICK_MS	64
#define TW_WHEEL_SLOTS		512	/* 32 s and more a turn */

/* One limit; lies inside what it limits. due_ms may be changed while it is on the wheel. */
struct tw_wheel_item {
	struct tw_wheel_item *before, *after;	/* NULL: on no wheel */
	uint64_t due_ms;
};

struct tw_wheel {
	struct tw_wheel_item slots[TW_WHEEL_SLOTS];	/* heads of rings */
	uint64_t tick;		/* the next to be looked at */
	unsigned items;
};

void tw_wheel_init(struct tw_wheel *w, uint64_t now_ms);
/*
 * Puts i on the wheel, or moves its limit. Later limits cost nothing; an earlier one
 * moves the item.
 */
void tw_wheel_set(struct tw_wheel *w, struct tw_wheel_item *i, uint64_t due_ms);
void tw_wheel_remove(struct tw_wheel *w, struct tw_wheel_item *i);	/* or does nothing */
/*
 * Calls late(ctx, item) for each item whose time is over, taken off the wheel first. An
 * item ends at most one tick late. late() may set and remove any item.
 */
void tw_wheel_turn(struct tw_wheel *w, uint64_t now_ms,
    void (*late)(void *ctx, struct tw_wheel_item *i), void *ctx);

#endif
