/* Answers of the key processes; see signatures.h. */
#include "gate/generation.h"
#include "gate/signatures.h"

/* What one turn of the loop asked goes in one packet. */
static void
before_wait(void *ctx)
{
	struct tw_worker *w = ctx;
	struct tw_generation *next;
	bool retires = w->retires;

	w->retires = false;
	for (struct tw_generation *g = w->generations; g != NULL; g = next) {
		next = g->next;
		if (g->signatures_watched)
			tw_poll_for(&g->signatures, TW_READABLE |
			    (tw_keys_flush(g->keys) ? 0 : TW_WRITABLE));
		if (retires)
			tw_generation_retire(g);
	}
}

void
tw_signatures_begin(struct tw_worker *w)
{
	tw_loop_before_wait(w->loop, before_wait, w);
}

static void
gone(struct tw_poll *watch)
{
	struct tw_generation *g = (void *)((char *)watch -
	    offsetof(struct tw_generation, signatures));

	g->signatures_closing = false;
	tw_signatures_watch(g);		/* a line may have come meanwhile */
	tw_generation_release(g);
}

void
tw_signatures_lose(struct tw_generation *g)
{
	if (!g->signatures_watched)
		return;
	g->signatures_watched = false;
	g->signatures_closing = true;
	tw_poll_close(&g->signatures, gone);
}

/* It is gone: who waits for it goes on waiting, for another is on its way to the newest. */
static void
on_signatures(struct tw_poll *watch, unsigned events)
{
	struct tw_generation *g = (void *)((char *)watch -
	    offsetof(struct tw_generation, signatures));

	if (!(events & TW_READABLE) || tw_keys_read(g->keys))
		return;
	tw_signatures_lose(g);
	if (g != g->worker->generation)
		tw_keys_fail(g->keys);
}

void
tw_signatures_watch(struct tw_generation *g)
{
	if (g->signatures_closing || g->keys == NULL || tw_keys_descriptor(g->keys) < 0)
		return;
	tw_generation_hold(g);
	g->signatures_watched = true;
	tw_poll_open(&g->signatures, g->worker->loop, tw_keys_descriptor(g->keys),
	    on_signatures);
	tw_poll_for(&g->signatures, TW_READABLE);
}

void
tw_signatures_move(struct tw_generation *g, int fd)
{
	tw_signatures_lose(g);
	tw_keys_reattach(g->keys, fd);
	tw_signatures_watch(g);
}
