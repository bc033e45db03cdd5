/*
 * A knock: one TCP connection, only to see what becomes of it: open, refused, silent,
 * unreachable. diagnose.c knocks at every address and every port in question.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "exam/visit.h"

#define TWO_SYNS_MS	1500	/* the second goes out after one second */

struct knock {
	struct knock *next;
	struct visit *visit;
	size_t spot, row;		/* where it is noted */
	struct tw_conn *conn;
	struct tw_timer *timer;
	uint64_t began_ns;
};

static struct tw_knock *
row_of(const struct knock *k)
{
	return &k->visit->d->spots.v[k->spot].knocks.v[k->row];
}

static void
note(struct knock *k, enum tw_tcp tcp, const char *detail)
{
	struct visit *v = k->visit;
	struct tw_knock *row = row_of(k);
	struct knock **at = &v->open;

	row->tcp = tcp;
	row->detail = detail;
	row->ms = (double)(tw_loop_clock_ns() - k->began_ns) / 1e6;
	tw_visit_trace(v, "TCP %s port %u: %s after %.1f ms", row->address,
	    v->d->spots.v[k->spot].port, tw_tcp_names[tcp], row->ms);
	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	v->knocks--;
	tw_conn_close(k->conn);
	tw_timer_free(k->timer, free);
}

static void
on_open(void *ctx)
{
	struct knock *k = ctx;
	struct visit *v = k->visit;
	size_t spot = k->spot;
	struct tw_knock row;

	note(k, TW_TCP_OPEN, NULL);
	row = *row_of(k);
	tw_look_maybe(v, spot, row.address, row.v6);
	tw_visit_settle(v);
}

static void
on_bytes(void *ctx, struct tw_bytes in)
{
	(void)ctx;
	(void)in;
}

static enum tw_tcp
meaning(enum tw_conn_end end)
{
	switch (end) {
	case TW_END_REFUSED:
	case TW_END_RESET:
	case TW_END_EOF:
		return TW_TCP_CLOSED;
	case TW_END_UNREACHABLE:
		return TW_TCP_UNREACHABLE;
	case TW_END_UNANSWERED:
		return TW_TCP_FILTERED;
	default:
		return TW_TCP_LOCAL_ERROR;
	}
}

static void
on_end(void *ctx, enum tw_conn_end end, int error)
{
	struct knock *k = ctx;
	struct visit *v = k->visit;

	note(k, meaning(end), end == TW_END_UNANSWERED ? NULL
	    : tw_arena_str(v->d->arena, tw_loop_strerror(error)));
	tw_visit_settle(v);
}

static void
on_timer(void *ctx)
{
	struct knock *k = ctx;
	struct visit *v = k->visit;

	note(k, TW_TCP_FILTERED, NULL);
	tw_visit_settle(v);
}

void
tw_knock_give_up(struct visit *v, enum tw_role from)
{
	for (struct knock *k = v->open, *next; k != NULL; k = next) {
		next = k->next;
		if (v->d->spots.v[k->spot].role >= from)
			note(k, TW_TCP_FILTERED, NULL);
	}
}

bool
tw_knock_awaits(const struct visit *v, enum tw_role role)
{
	for (const struct knock *k = v->open; k != NULL; k = k->next)
		if (v->d->spots.v[k->spot].role == role)
			return true;
	return false;
}

static const struct tw_conn_events events = { on_open, on_bytes, on_end };

/* Witnesses are asked late; they shall not make it last longer, if two SYNs can go out. */
static uint64_t
limit_ms(const struct visit *v, enum tw_role role)
{
	uint64_t all = (uint64_t)v->timeout_ms, spent = tw_loop_now_ms(v->run->loop) - v->knocked_ms;
	uint64_t least = all < TWO_SYNS_MS ? all : TWO_SYNS_MS;

	if (role != TW_ROLE_WITNESS)
		return all;
	return spent + least < all ? all - spent : least;
}

void
tw_knock(struct visit *v, size_t spot, const struct sockaddr_storage *addr)
{
	struct tw_spot *s = &v->d->spots.v[spot];
	struct sockaddr_storage to = *addr;
	struct tw_knock row = { .v6 = addr->ss_family == AF_INET6 };
	struct knock *k = calloc(1, sizeof(*k));
	enum tw_conn_end end;
	char text[64];
	int error;

	if (k == NULL)
		abort();
	if (row.v6)
		((struct sockaddr_in6 *)&to)->sin6_port = htons(s->port);
	else
		((struct sockaddr_in *)&to)->sin_port = htons(s->port);
	row.address = tw_arena_str(v->d->arena,
	    tw_conn_address((const struct sockaddr *)addr, text));
	k->visit = v;
	k->spot = spot;
	k->row = s->knocks.n;
	TW_PUSH(v->d->arena, &s->knocks, row);
	k->began_ns = tw_loop_clock_ns();
	k->timer = tw_timer_new(v->run->loop, on_timer, k);
	k->next = v->open;
	v->open = k;
	v->knocks++;
	k->conn = tw_conn_open(v->run->loop, (const struct sockaddr *)&to, &events, k, &end, &error);
	if (k->conn == NULL) {
		row_of(k)->here = true;
		note(k, meaning(end), tw_arena_str(v->d->arena, tw_loop_strerror(error)));
		return;
	}
	tw_timer_start(k->timer, limit_ms(v, s->role));
}
