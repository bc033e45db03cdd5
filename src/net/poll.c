/* Readiness of a descriptor by libuv's poll handle; see poll.h. */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "net/loop_uv.h"
#include "net/poll.h"

_Static_assert(sizeof(uv_poll_t) <= sizeof(((struct tw_poll *)0)->handle), "room for it");

static uv_poll_t *
handle(struct tw_poll *w)
{
	return (void *)w->handle;
}

static struct tw_poll *
watch(void *uv)
{
	return (void *)((unsigned char *)uv - offsetof(struct tw_poll, handle));
}

void
tw_poll_open(struct tw_poll *w, struct tw_loop *l, int fd,
    void (*ready)(struct tw_poll *w, unsigned events))
{
	w->ready = ready;
	w->gone = NULL;
	w->events = 0;
	/* It refuses only what is no socket, and what the caller gave twice. */
	if (uv_poll_init(tw_loop_uv(l), handle(w), fd) != 0)
		abort();
}

static void
on_ready(uv_poll_t *uv, int status, int events)
{
	struct tw_poll *w = watch(uv);

	/* An error ends the watch, and there may be more to read before it: watched on until read. */
	if (status < 0) {
		tw_poll_for(w, w->events);
		w->ready(w, TW_READABLE | TW_WRITABLE);
		return;
	}
	w->ready(w, (events & UV_READABLE ? TW_READABLE : 0) |
	    (events & UV_WRITABLE ? TW_WRITABLE : 0));
}

void
tw_poll_for(struct tw_poll *w, unsigned events)
{
	w->events = events;
	if (events == 0)
		uv_poll_stop(handle(w));
	else
		uv_poll_start(handle(w), (events & TW_READABLE ? UV_READABLE : 0) |
		    (events & TW_WRITABLE ? UV_WRITABLE : 0), on_ready);
}

static void
on_closed(uv_handle_t *uv)
{
	struct tw_poll *w = watch(uv);

	if (w->gone != NULL)
		w->gone(w);
}

void
tw_poll_close(struct tw_poll *w, void (*gone)(struct tw_poll *w))
{
	w->gone = gone;
	uv_close((uv_handle_t *)handle(w), on_closed);
}
