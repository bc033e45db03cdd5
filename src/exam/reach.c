/*
 * Reaching an endpoint: its addresses raced as RFC 8305 wants (a new attempt
 * each 250 ms, or at once after a failure); the first that connects is the one
 * examined. Says open, closed, filtered or unreachable, and how long it took.
 */
#include <stdlib.h>

#include "exam/inside.h"

#define STAGGER_MS 250

struct attempt {
	struct reach *reach;
	struct tw_conn *conn;		/* NULL: it has failed */
	const struct sockaddr_storage *addr;
	bool failed;
	enum tw_conn_end end;
	int error;
};

struct reach {
	struct endpoint *ep;		/* NULL: it has been told */
	struct tw_timer *timer;		/* the next attempt, or the end */
	size_t begun, failed;
	uint64_t began_ns, give_up_ms;
	struct attempt attempts[TW_RESOLVE_ADDRESSES];
};

static void
stop(struct reach *r)
{
	for (size_t i = 0; i < r->begun; i++)
		tw_conn_close(r->attempts[i].conn);
	tw_timer_free(r->timer, free);
	r->ep->reach = NULL;
	r->ep = NULL;
}

void
tw_reach_cancel(struct endpoint *ep)
{
	if (ep->reach != NULL)
		stop(ep->reach);
}

static double
spent_ms(const struct reach *r)
{
	return (double)(tw_loop_clock_ns() - r->began_ns) / 1e6;
}

/* No address connected: the most telling of their failures stands for all. */
static void
tell_failure(struct reach *r)
{
	struct endpoint *ep = r->ep;
	struct tw_facts *f = ep->facts;
	const struct attempt *best = NULL;

	f->tcp = TW_TCP_FILTERED;
	f->detail = tw_arena_fmt(f->arena, "no answer to a connection in %.0f ms: "
	    "a firewall drops it, or the address is dark", spent_ms(r));
	for (size_t i = 0; i < r->begun; i++)
		if (r->attempts[i].failed && (best == NULL || r->attempts[i].end == TW_END_REFUSED))
			best = &r->attempts[i];
	if (best != NULL) {
		f->tcp = best->end == TW_END_LOCAL ? TW_TCP_LOCAL_ERROR
		    : best->end == TW_END_UNREACHABLE ? TW_TCP_UNREACHABLE
		    : best->end == TW_END_UNANSWERED ? TW_TCP_FILTERED : TW_TCP_CLOSED;
		if (f->tcp == TW_TCP_CLOSED)
			f->detail = "the connection was refused: nothing listens there";
		else if (f->tcp != TW_TCP_FILTERED)
			f->detail = tw_arena_fmt(f->arena, "connecting failed: %s",
			    tw_loop_strerror(best->error));
	}
	f->reach_ms = spent_ms(r);
	stop(r);
	f->error = f->detail;
	tw_endpoint_finish(ep);
}

static void try_next(struct reach *r);

static void
on_open(void *ctx)
{
	struct attempt *t = ctx;
	struct reach *r = t->reach;
	struct endpoint *ep = r->ep;
	char text[64];

	ep->addr = *t->addr;
	ep->facts->tcp = TW_TCP_OPEN;
	ep->facts->reach_ms = spent_ms(r);
	ep->facts->address = tw_arena_str(ep->facts->arena,
	    tw_conn_address((const struct sockaddr *)t->addr, text));
	ep->open_conn = t->conn;
	t->conn = NULL;
	stop(r);
	tw_recognise_start(ep);
}

static void
on_bytes(void *ctx, struct tw_bytes in)
{
	(void)ctx;
	(void)in;
}

static void
failed(struct attempt *t, enum tw_conn_end end, int error)
{
	struct reach *r = t->reach;

	tw_conn_close(t->conn);
	t->conn = NULL;
	t->failed = true;
	t->end = end;
	t->error = error;
	r->failed++;
	if (r->failed == r->ep->addrs_n)
		tell_failure(r);
	else if (r->begun < r->ep->addrs_n)
		try_next(r);
}

static void
on_end(void *ctx, enum tw_conn_end end, int error)
{
	failed(ctx, end, error);
}

static void
on_timer(void *ctx)
{
	struct reach *r = ctx;

	if (r->begun < r->ep->addrs_n)
		try_next(r);
	else
		tell_failure(r);
}

static const struct tw_conn_events events = { on_open, on_bytes, on_end };

static void
try_next(struct reach *r)
{
	struct attempt *t = &r->attempts[r->begun];
	struct endpoint *ep = r->ep;
	uint64_t now = tw_loop_now_ms(ep->exam->loop);
	enum tw_conn_end end;
	int error;

	t->reach = r;
	t->addr = &ep->addrs[r->begun++];
	if (r->give_up_ms == 0) {
		int64_t ms = ep->exam->opt->timeout_ms;

		r->began_ns = tw_loop_clock_ns();
		r->give_up_ms = now + (uint64_t)(ms > 0 ? ms : 5000) +
		    STAGGER_MS * (ep->addrs_n - 1);
	}
	tw_timer_start(r->timer, r->begun < ep->addrs_n ? STAGGER_MS
	    : r->give_up_ms > now ? r->give_up_ms - now : 0);
	ep->facts->connections++;
	t->conn = tw_conn_open(ep->exam->loop, (const struct sockaddr *)t->addr, &events, t,
	    &end, &error);
	if (t->conn == NULL)
		failed(t, end, error);
}

void
tw_reach_start(struct endpoint *ep)
{
	struct reach *r = calloc(1, sizeof(*r));

	if (r == NULL)
		abort();
	r->ep = ep;
	ep->reach = r;
	r->timer = tw_timer_new(ep->exam->loop, on_timer, r);
	tw_timer_start(r->timer, tw_exam_slot_ms(ep->exam));
}
