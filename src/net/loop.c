/* The event loop and its timers over libuv; see loop.h. */
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "net/loop_uv.h"

struct tw_loop {
	uv_loop_t uv;
	uv_prepare_t prepare;
	bool prepared;
	void (*before_wait)(void *ctx);
	void *ctx;
};

struct tw_timer {
	uv_timer_t uv;
	void (*fn)(void *ctx);
	void (*gone)(void *ctx);
	void *ctx;
};

struct tw_loop *
tw_loop_new(void)
{
	struct tw_loop *l = calloc(1, sizeof(*l));

	if (l == NULL || uv_loop_init(&l->uv) != 0)
		abort();
	return l;
}

void
tw_loop_run(struct tw_loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

static void
on_prepare(uv_prepare_t *uv)
{
	struct tw_loop *l = uv->data;

	l->before_wait(l->ctx);
}

void
tw_loop_before_wait(struct tw_loop *l, void (*fn)(void *ctx), void *ctx)
{
	if (!l->prepared) {
		l->prepared = true;
		uv_prepare_init(&l->uv, &l->prepare);
		uv_unref((uv_handle_t *)&l->prepare);
		l->prepare.data = l;
	}
	l->before_wait = fn;
	l->ctx = ctx;
	if (fn == NULL)
		uv_prepare_stop(&l->prepare);
	else
		uv_prepare_start(&l->prepare, on_prepare);
}

void
tw_loop_free(struct tw_loop *l)
{
	if (l->prepared) {
		uv_close((uv_handle_t *)&l->prepare, NULL);
		uv_run(&l->uv, UV_RUN_DEFAULT);
	}
	uv_loop_close(&l->uv);
	free(l);
}

uint64_t
tw_loop_now_ms(const struct tw_loop *l)
{
	return uv_now(&l->uv);
}

uint64_t
tw_loop_clock_ns(void)
{
	return uv_hrtime();
}

uint64_t
tw_loop_wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

const char *
tw_loop_strerror(int error)
{
	return uv_strerror(error);
}

uv_loop_t *
tw_loop_uv(struct tw_loop *l)
{
	return &l->uv;
}

struct tw_timer *
tw_timer_new(struct tw_loop *l, void (*fn)(void *ctx), void *ctx)
{
	struct tw_timer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	t->fn = fn;
	t->ctx = ctx;
	uv_timer_init(&l->uv, &t->uv);
	t->uv.data = t;
	return t;
}

static void
on_end(uv_timer_t *uv)
{
	struct tw_timer *t = uv->data;

	t->fn(t->ctx);
}

void
tw_timer_start(struct tw_timer *t, uint64_t ms)
{
	uv_timer_start(&t->uv, on_end, ms, 0);
}

void
tw_timer_stop(struct tw_timer *t)
{
	uv_timer_stop(&t->uv);
}

static void
on_closed(uv_handle_t *h)
{
	struct tw_timer *t = h->data;

	if (t->gone != NULL)
		t->gone(t->ctx);
	free(t);
}

void
tw_timer_free(struct tw_timer *t, void (*gone)(void *ctx))
{
	t->gone = gone;
	uv_close((uv_handle_t *)&t->uv, on_closed);
}
