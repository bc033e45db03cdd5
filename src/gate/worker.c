/* A worker: accepts, keeps the pool and the time limits; see worker.h. */
#include <netinet/in.h>
#include <stdlib.h>

#include "gate/access_log.h"
#include "gate/behind.h"
#include "gate/counters.h"
#include "gate/flow.h"
#include "gate/generation.h"
#include "gate/orders.h"
#include "gate/phase.h"
#include "gate/signatures.h"
#include "gate/story.h"
#include "gate/worker.h"
#include "net/sandbox.h"

#define ACCEPTS	16	/* a turn: those who are in are served between */
#define LAST_ACCEPTS	4096	/* when it listens no longer: who waits at the door comes in */

#define OF(w, member) \
	((struct tw_gate_conn *)(void *)((char *)(w) - offsetof(struct tw_gate_conn, member)))

static void
late(void *ctx, struct tw_wheel_item *i)
{
	(void)ctx;
	tw_phase_late(OF(i, limit));
}

static void
keep_ticking(struct tw_worker *w)
{
	if (w->ticking)
		return;
	w->ticking = true;
	tw_timer_start(w->tick, TW_WHEEL_TICK_MS);
}

static void
hear(struct tw_worker *w, bool yes)
{
	struct tw_generation *g = w->generation;

	for (size_t i = 0; g != NULL && i < g->listeners_n; i++)
		tw_poll_for(&g->listeners[i].watch, yes ? TW_READABLE : 0);
	w->deaf = !yes;
}

static void
on_tick(void *ctx)
{
	struct tw_worker *w = ctx;

	w->ticking = false;
	if (w->deaf)
		hear(w, true);
	tw_wheel_turn(&w->wheel, tw_loop_now_ms(w->loop), late, w);
	if (w->wheel.items > 0)
		keep_ticking(w);
}

/* Rows never used yet are not touched: a pool of many costs nothing before they come. */
static struct tw_gate_conn *
take_row(struct tw_worker *w)
{
	struct tw_gate_conn *c = w->free;

	if (c != NULL)
		w->free = c->next;
	else if (w->used < w->room)
		c = &w->pool[w->used++];
	else
		return NULL;
	memset(c, 0, sizeof(*c));
	c->client_fd = c->backend_fd = -1;
	w->connections++;
	return c;
}

static void
give_row(struct tw_gate_conn *c)
{
	struct tw_worker *w = c->listener->worker;

	if (--c->handles > 0)
		return;
	tw_story_free(c->story);
	free(c->behind);
	tw_generation_release(c->listener->generation);
	c->next = w->free;
	w->free = c;
	w->connections--;
	if (w->ending && w->connections == 0)
		tw_worker_finish(w, false);
}

static void
client_gone(struct tw_poll *watch)
{
	give_row(OF(watch, client));
}

static void
backend_gone(struct tw_poll *watch)
{
	struct tw_gate_conn *c = OF(watch, backend);

	c->backend_closing = false;
	if (c->client_fd >= 0 && c->phase == TW_PHASE_CONNECT) {
		c->handles--;
		tw_phase_connect.enter(c);	/* to the next address */
	} else {
		give_row(c);
	}
}

static void
client_ready(struct tw_poll *watch, unsigned events)
{
	tw_phase_ready(OF(watch, client), true, events);
}

static void
backend_ready(struct tw_poll *watch, unsigned events)
{
	tw_phase_ready(OF(watch, backend), false, events);
}

void
tw_worker_take_backend(struct tw_gate_conn *c, int fd)
{
	c->backend_fd = fd;
	c->handles++;
	c->watched[1] = 0;
	tw_poll_open(&c->backend, c->listener->worker->loop, fd, backend_ready);
}

void
tw_worker_drop_backend(struct tw_gate_conn *c)
{
	if (c->backend_fd < 0)
		return;
	tw_poll_close(&c->backend, backend_gone);
	tw_socket_close(c->backend_fd);
	c->backend_fd = -1;
	c->backend_closing = true;
	tw_flow_free(&c->to_backend);
	tw_behind_clear(c);
}

void
tw_worker_drop(struct tw_gate_conn *c)
{
	struct tw_worker *w = c->listener->worker;

	tw_worker_drop_backend(c);
	tw_wheel_remove(&w->wheel, &c->limit);
	tw_admission_leave(w->guard, w->slot, &c->seat);
	tw_flow_free(&c->early);
	tw_flow_free(&c->to_client);
	if (c->recorded)
		tw_records_clear(&c->records);
	tw_generation_shaken(c);
	tw_poll_close(&c->client, client_gone);
	tw_socket_close(c->client_fd);
	c->client_fd = -1;
}

struct tw_address
tw_worker_address(const struct sockaddr_storage *s, uint16_t *ret_port)
{
	const struct sockaddr_in *v4 = (const void *)s;
	const struct sockaddr_in6 *v6 = (const void *)s;

	if (s->ss_family == AF_INET) {
		*ret_port = ntohs(v4->sin_port);
		return tw_address_of4((const uint8_t *)&v4->sin_addr);
	}
	if (s->ss_family == AF_INET6) {
		*ret_port = ntohs(v6->sin6_port);
		return tw_address_of16(v6->sin6_addr.s6_addr);
	}
	*ret_port = 0;		/* a Unix socket: somebody of this machine */
	return tw_address_of4((const uint8_t[4]){ 127, 0, 0, 1 });
}

/* It was accepted: may it stay? */
static void
let_in(struct tw_gate_listener *l, int fd, const struct sockaddr_storage *from)
{
	struct tw_worker *w = l->worker;
	struct tw_seat seat = { 0 };
	struct tw_gate_conn *c;
	enum tw_admission word;
	uint16_t port;
	struct tw_address a = tw_worker_address(from, &port);

	bool awaits = l->listen->proxy_from != NULL && tw_networks_have(l->listen->proxy_from, &a);

	word = tw_admission_enter(w->guard, w->slot, w->room, &l->policy, awaits ? NULL : &a,
	    tw_loop_now_ms(w->loop), &seat);
	if (word == TW_ADMITTED && (c = take_row(w)) == NULL) {
		tw_admission_leave(w->guard, w->slot, &seat);
		word = TW_DENIED_LIMIT;
	}
	if (word != TW_ADMITTED) {
		tw_socket_close(fd);
		tw_count(&l->counts->ends[tw_phase_denial(word)], 1);
		tw_access_log_denied(l, &a, port, tw_phase_denial(word));
		return;
	}
	c->listener = l;
	c->client_fd = fd;
	c->awaits_header = awaits;
	c->peer = a;
	c->peer_port = port;
	c->seat = seat;
	c->began_ns = tw_loop_clock_ns();
	c->handles = 1;
	tw_generation_hold(l->generation);
	tw_generation_await(c);
	tw_poll_open(&c->client, w->loop, fd, client_ready);
	keep_ticking(w);
	tw_phase_begin(c);
}

static void
accept_some(struct tw_gate_listener *l, unsigned most)
{
	struct sockaddr_storage from;

	for (unsigned i = 0; i < most; i++) {
		int fd = tw_socket_accept(l->fd, &from);

		if (fd == -2) {		/* who comes waits a tick: asking again at once would spin */
			hear(l->worker, false);
			keep_ticking(l->worker);
		}
		if (fd < 0)
			return;
		let_in(l, fd, &from);
	}
}

static void
on_accept(struct tw_poll *watch, unsigned events)
{
	(void)events;
	accept_some((void *)((char *)watch - offsetof(struct tw_gate_listener, watch)), ACCEPTS);
}

static void
listener_gone(struct tw_poll *watch)
{
	struct tw_gate_listener *l = (void *)((char *)watch -
	    offsetof(struct tw_gate_listener, watch));

	tw_generation_release(l->generation);
}

/*
 * Who waits in the queue of a socket that nobody listens at any more would be reset: those
 * are let in first, unless all is to end.
 */
static void
stop_listening(struct tw_worker *w, bool now)
{
	struct tw_generation *g = w->generation;

	if (g == NULL)
		return;
	w->generation = NULL;
	w->retires = true;
	for (size_t i = 0; i < g->listeners_n; i++) {
		struct tw_gate_listener *l = &g->listeners[i];

		if (!now)
			accept_some(l, LAST_ACCEPTS);
		tw_poll_close(&l->watch, listener_gone);
		tw_socket_close(l->fd);
		l->fd = -1;
	}
	tw_generation_release(g);
}

void
tw_worker_adopt(struct tw_worker *w, struct tw_generation *g)
{
	stop_listening(w, false);
	w->generation = g;
	g->worker = w;
	g->next = w->generations;
	w->generations = g;
	tw_signatures_watch(g);
	for (size_t i = 0; i < g->listeners_n; i++) {
		struct tw_gate_listener *l = &g->listeners[i];

		l->worker = w;
		l->host = w->host;
		l->counts = tw_counters_row(w->counters, w->slot, l->listen->number);
		tw_generation_hold(g);
		tw_poll_open(&l->watch, w->loop, l->fd, on_accept);
		tw_poll_for(&l->watch, TW_READABLE);
	}
}

void
tw_worker_finish(struct tw_worker *w, bool now)
{
	stop_listening(w, now);
	if (now)
		for (uint32_t i = 0; i < w->used; i++)
			if (w->pool[i].client_fd >= 0)
				tw_phase_end(&w->pool[i], TW_GATE_SHUTDOWN, NULL, false);
	w->ending = true;
	/* Until its last connection it hears its parent: to end now, or to tell of them. */
	if (w->connections == 0 && w->tick != NULL) {
		tw_poll_close(&w->orders, NULL);
		tw_timer_free(w->tick, NULL);
		tw_access_log_free(w->log);
		w->tick = NULL;
		w->log = NULL;
	}
}

struct tw_worker *
tw_worker_new(const struct tw_worker_start *start)
{
	struct tw_worker *w = calloc(1, sizeof(*w));

	if (w == NULL || (w->scratch = malloc(sizeof(*w->scratch))) == NULL ||
	    (w->pool = calloc(start->room, sizeof(*w->pool))) == NULL)
		abort();
	tw_sandbox_no_rings();
	w->loop = tw_loop_new();
	w->tick = tw_timer_new(w->loop, on_tick, w);
	w->records = tw_records_scratch_new();
	w->guard = start->guard;
	w->counters = start->counters;
	w->slot = start->slot;
	w->room = start->room;
	w->host = start->host;
	w->order_fd = start->order_fd;
	w->log = tw_access_log_new(w->loop, start->log_fd);
	tw_buf_init(&w->out, 65536);
	tw_wheel_init(&w->wheel, tw_loop_now_ms(w->loop));
	w->tickets = start->tickets;
	tw_orders_begin(w);
	tw_signatures_begin(w);
	return w;
}

void
tw_worker_run(struct tw_worker *w)
{
	tw_loop_run(w->loop);
}

void
tw_worker_free(struct tw_worker *w)
{
	tw_orders_end(w);
	tw_loop_free(w->loop);
	tw_records_scratch_free(w->records);
	tw_buf_clear(&w->out);
	free(w->pool);
	free(w->scratch);
	free(w);
}
