/* A timing wheel; see wheel.h. */
#include <stddef.h>

#include "gate/wheel.h"

void
tw_wheel_init(struct tw_wheel *w, uint64_t now_ms)
{
	for (unsigned s = 0; s < TW_WHEEL_SLOTS; s++)
		w->slots[s].before = w->slots[s].after = &w->slots[s];
	w->tick = now_ms / TW_WHEEL_TICK_MS;
	w->items = 0;
}

static void
unlink_item(struct tw_wheel_item *i)
{
	i->before->after = i->after;
	i->after->before = i->before;
	i->before = i->after = NULL;
}

/* Into the slot of its time, or the farthest there is: it is looked at there again. */
static void
link_item(struct tw_wheel *w, struct tw_wheel_item *i)
{
	uint64_t tick = i->due_ms / TW_WHEEL_TICK_MS + 1;
	struct tw_wheel_item *head;

	if (tick < w->tick)
		tick = w->tick;
	if (tick >= w->tick + TW_WHEEL_SLOTS)
		tick = w->tick + TW_WHEEL_SLOTS - 1;
	head = &w->slots[tick % TW_WHEEL_SLOTS];
	i->before = head->before;
	i->after = head;
	i->before->after = i;
	head->before = i;
}

void
tw_wheel_set(struct tw_wheel *w, struct tw_wheel_item *i, uint64_t due_ms)
{
	if (i->after != NULL) {
		if (due_ms >= i->due_ms) {
			i->due_ms = due_ms;
			return;
		}
		unlink_item(i);
		w->items--;
	}
	i->due_ms = due_ms;
	link_item(w, i);
	w->items++;
}

void
tw_wheel_remove(struct tw_wheel *w, struct tw_wheel_item *i)
{
	if (i->after == NULL)
		return;
	unlink_item(i);
	w->items--;
}

/*
 * The slot's ring is moved to one of its own first, so that what late() does to the
 * slot, or to items still in the ring, is seen.
 */
static void
turn_slot(struct tw_wheel *w, struct tw_wheel_item *head, uint64_t now_ms,
    void (*late)(void *ctx, struct tw_wheel_item *i), void *ctx)
{
	struct tw_wheel_item ring;

	if (head->after == head)
		return;
	ring.after = head->after;
	ring.before = head->before;
	ring.after->before = ring.before->after = &ring;
	head->before = head->after = head;
	while (ring.after != &ring) {
		struct tw_wheel_item *i = ring.after;

		unlink_item(i);
		if (i->due_ms > now_ms) {
			link_item(w, i);
			continue;
		}
		w->items--;
		late(ctx, i);
	}
}

void
tw_wheel_turn(struct tw_wheel *w, uint64_t now_ms,
    void (*late)(void *ctx, struct tw_wheel_item *i), void *ctx)
{
	uint64_t now = now_ms / TW_WHEEL_TICK_MS, first = w->tick;

	if (now < first)
		return;
	/* After a long sleep one whole turn sees every slot. */
	if (now - first >= TW_WHEEL_SLOTS)
		first = now - TW_WHEEL_SLOTS + 1;
	w->tick = now + 1;
	for (uint64_t tick = first; tick <= now; tick++)
		turn_slot(w, &w->slots[tick % TW_WHEEL_SLOTS], now_ms, late, ctx);
}
