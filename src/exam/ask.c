/*
 * One question on a connection of its own: connect, proxy, greeting, dialogue,
 * hello, answer. endpoint.c and recognise.c start asks; each step has its time.
 */
#include <stdlib.h>

#include "exam/inside.h"

#define STEP_MS		5000
#define GREETING_MS	15000	/* many mail servers hold their greeting back on purpose */

static int64_t
step_ms(const struct ask *a)
{
	int64_t ms = a->ep->exam->opt->timeout_ms;

	return ms > 0 ? ms : STEP_MS;
}

static int64_t
greeting_ms(const struct ask *a)
{
	int64_t ms = a->ep->exam->opt->timeout_ms;

	return ms > 0 ? ms : GREETING_MS;
}

/*
 * --quick has all it wants with the whole flight. A server of TLS alone is then left by a
 * reset, which costs it least, and leaves thousands of ports here free for the next.
 */
static bool
may_drop(const struct ask *a)
{
	return a->ep->exam->opt->quick && a->ep->exam->opt->proxy == NULL &&
	    a->how.service == NULL && a->told == NULL && a->flight.turn == TW_FLIGHT_DONE;
}

/* Ends the connection and the place it took, at its endpoint and its host. */
static void
leave(struct ask *a)
{
	struct endpoint *ep = a->ep;
	struct ask **at = &ep->asks;

	a->state = ASK_DONE;
	tw_timer_stop(a->timer);
	if (may_drop(a))
		tw_conn_drop(a->conn);
	else
		tw_conn_close(a->conn);
	a->conn = NULL;
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	ep->asks_n--;
	if (a->counted) {
		ep->host->connections--;
		ep->host->ended_ms = tw_loop_now_ms(ep->exam->loop);
	}
}

/* Frees what it holds; its own memory goes when the loop has let go of the handles. */
static void
release(struct ask *a)
{
	tw_told_free(a->told);
	a->told = NULL;
	free(a->dialog);
	a->dialog = NULL;
	tw_flight_clear(&a->flight);
	tw_buf_clear(&a->hello);
	tw_buf_clear(&a->in);
	tw_arena_free(a->arena);
	a->arena = NULL;
	tw_timer_free(a->timer, free);
}

/*
 * The place is given back before the answer is weighed, so that the next question
 * can take it. done() may end the endpoint: a->ep is not touched after it.
 */
void
tw_ask_finish(struct ask *a, enum tw_outcome outcome)
{
	struct exam *x = a->ep->exam;
	struct host *h = a->ep->host;

	a->stopped_in = a->state;
	leave(a);
	a->answer.outcome = outcome;
	a->answer.flight = &a->flight;
	if (a->hello_ns != 0)
		a->answer.ms = (double)(tw_loop_clock_ns() - a->hello_ns) / 1e6;
	if (a->told == NULL)
		tw_trace_ask(a);
	h->users++;
	a->done(a);
	tw_host_wake(x, h);
	tw_host_leave(x, h, NULL);
	release(a);
}

void
tw_ask_cancel(struct ask *a)
{
	leave(a);
	release(a);
}

static void
wait_for(struct ask *a, int64_t ms)
{
	tw_timer_start(a->timer, (uint64_t)ms);
}

void
tw_ask_send(struct ask *a, struct tw_bytes records)
{
	struct tw_buf sealed;

	if (a->how.service == NULL || a->how.service->seal == NULL) {
		tw_conn_send(a->conn, records);
		return;
	}
	tw_buf_init(&sealed, TW_HELLO_MAX * 2);
	a->how.service->seal(records, &sealed);
	tw_conn_send(a->conn, tw_buf_view(&sealed));
	tw_buf_clear(&sealed);
}

/*
 * Old load balancers hang on a ClientHello of 256 to 511 bytes (RFC 7685 1), as no
 * browser sends one: ours is made longer, but for the one that asks just that.
 */
#define GAP_FROM	256
#define GAP_TO		511

static void
put_message(struct tw_hello *h, struct tw_buf *out)
{
	tw_hello_message(h, out);
	if (h->ssl2 || h->no_extensions || h->pad_to > 0 || out->n < GAP_FROM || out->n > GAP_TO)
		return;
	h->pad_to = GAP_TO + 1;
	out->n = 0;
	tw_hello_message(h, out);
}

/* Fills in what only the one who connects knows: name, random, shares. Puts the hello. */
static void
say_hello(struct ask *a)
{
	struct tw_hello *h = &a->sent;
	struct tw_bytes transcript = { NULL, 0 };
	struct tw_buf message;

	a->state = ASK_HELLO;
	if (a->told != NULL) {
		wait_for(a, step_ms(a));
		tw_told_shake(a);
		return;
	}
	*h = a->q.hello;
	h->sni = a->q.sni == TW_SNI_GIVEN ? a->ep->sni : a->q.sni == TW_SNI_UNKNOWN
	    ? "unknown-name.invalid" : NULL;
	tw_random(h->random, sizeof(h->random));
	if (h->versions.n > 0 && h->session_id.n == 0) {
		/* RFC 8446 D.4: middleboxes want a session id */
		uint8_t *id = tw_arena_alloc(a->arena, 32);

		tw_random(id, 32);
		h->session_id = (struct tw_bytes){ id, 32 };
	}
	if (a->q.shares != TW_SHARES_NONE) {
		h->key_share = true;
		for (size_t i = 0; i < 2; i++) {
			h->shares[i] = tw_exam_share(a->ep->exam, a->q.shares, i);
			h->share_groups[i] = tw_share_groups[a->q.shares][i];
		}
		h->shares_n = 2;
	}
	tw_buf_init(&message, TW_HELLO_MAX);
	put_message(h, &message);
	tw_buf_init(&a->hello, TW_HELLO_MAX);
	if (!message.failed)
		tw_hello_wrap(h, tw_buf_view(&message), &a->hello);
	if (a->q.want == TW_WANT_FLIGHT && a->q.shares != TW_SHARES_NONE)
		transcript = tw_arena_bytes(a->arena, tw_buf_view(&message));
	tw_flight_init(&a->flight, a->arena, a->q.want, transcript, h->shares, h->share_groups,
	    h->shares_n);
	tw_buf_clear(&message);
	wait_for(a, step_ms(a));
	a->hello_ns = tw_loop_clock_ns();
	tw_ask_send(a, tw_buf_view(&a->hello));
}

static void
say_dialog(struct ask *a)
{
	if (a->told != NULL)
		tw_told_hear(a, false, (struct tw_bytes){ a->dialog->out, a->dialog->out_n });
	tw_conn_send(a->conn, (struct tw_bytes){ a->dialog->out, a->dialog->out_n });
	a->dialog->out_n = 0;
}

/* Starts the talk of one side: the proxy's, or the service's. */
static void
open_dialog(struct ask *a, enum ask_state state, const struct tw_service *s, const char *host)
{
	const struct tw_side *side = state == ASK_DIALOG && a->how.trial ? &s->trial : &s->client;

	a->state = state;
	if (a->dialog == NULL)
		a->dialog = malloc(sizeof(*a->dialog));
	if (a->dialog == NULL)
		abort();
	tw_dialog_open(a->dialog, side, host, a->ep->exam->me);
	wait_for(a, s->server_first ? greeting_ms(a) : step_ms(a));
	say_dialog(a);
}

/* The way to the server is open: what comes before the hello? */
static void
begin_talk(struct ask *a)
{
	a->open_ns = tw_loop_clock_ns();
	if (a->how.service != NULL) {
		open_dialog(a, ASK_DIALOG, a->how.service, a->ep->facts->host);
	} else if (a->how.listen_ms > 0) {
		a->state = ASK_LISTEN;
		wait_for(a, a->how.listen_ms);
	} else {
		say_hello(a);
	}
}

static void
on_open(void *ctx)
{
	struct ask *a = ctx;
	struct endpoint *ep = a->ep;

	if (ep->exam->opt->proxy != NULL) {
		char *to = tw_arena_fmt(a->arena, strchr(ep->facts->host, ':') != NULL
		    ? "[%s]:%d" : "%s:%d", ep->facts->host, ep->facts->port);

		open_dialog(a, ASK_PROXY, tw_service_by_name("http-connect"), to);
	} else {
		begin_talk(a);
	}
}

static void
dialog_turned(struct ask *a)
{
	switch (a->dialog->turn) {
	case TW_MORE:
		say_dialog(a);
		break;
	case TW_TLS:
		say_dialog(a);
		if (a->state == ASK_PROXY)
			begin_talk(a);
		else
			say_hello(a);
		break;
	case TW_CLOSE:		/* a trial's goodbye */
		say_dialog(a);
		tw_ask_finish(a, TW_GOT_NOTHING);
		break;
	default:
		tw_ask_finish(a, TW_GOT_NOTHING);
	}
}

static void
dialog_bytes(struct ask *a, struct tw_bytes in)
{
	unsigned steps = a->dialog->steps;

	if (a->told != NULL)
		tw_told_hear(a, true, in);
	if (a->state == ASK_DIALOG && a->greeted_ns == 0)
		a->greeted_ns = tw_loop_clock_ns();
	tw_dialog_feed(a->dialog, in);
	/* The time is for a whole message, so that a byte now and then buys none. */
	if (a->dialog->steps != steps && a->dialog->turn == TW_MORE)
		wait_for(a, step_ms(a));
	if (a->dialog->turn != TW_MORE || a->dialog->out_n > 0)
		dialog_turned(a);
}

static void
flight_bytes(struct ask *a, struct tw_bytes in)
{
	if (a->told != NULL) {
		tw_told_feed(a, in);
		return;
	}
	switch (tw_flight_feed(&a->flight, in)) {
	case TW_FLIGHT_MORE:
		break;
	case TW_FLIGHT_ALERT:
		tw_ask_finish(a, a->flight.hello || a->flight.ssl2 ? TW_GOT_FLIGHT : TW_GOT_ALERT);
		break;
	case TW_FLIGHT_BAD:
		tw_ask_finish(a, a->flight.hello ? TW_GOT_FLIGHT : TW_GOT_GARBAGE);
		break;
	default:
		tw_ask_finish(a, TW_GOT_FLIGHT);
	}
}

/* TDS 7: the records lie in packets. */
static void
sealed_bytes(struct ask *a, struct tw_bytes in)
{
	struct tw_bytes tls = { 0 };
	ptrdiff_t n;

	if (a->in.max == 0)
		tw_buf_init(&a->in, 2 * TW_FLIGHT_BYTES);
	tw_buf_bytes(&a->in, in);
	while (a->state == ASK_HELLO &&
	    (n = a->how.service->unseal(tw_buf_view(&a->in), &tls)) != 0) {
		if (n < 0 || a->in.failed) {
			tw_ask_finish(a, a->flight.hello ? TW_GOT_FLIGHT : TW_GOT_GARBAGE);
			return;
		}
		tls = tw_arena_bytes(a->arena, tls);
		tw_buf_drop(&a->in, (size_t)n);
		flight_bytes(a, tls);
	}
}

static void
on_bytes(void *ctx, struct tw_bytes in)
{
	struct ask *a = ctx;

	switch (a->state) {
	case ASK_LISTEN:
		a->greeting = tw_arena_bytes(a->arena, in);
		tw_ask_finish(a, TW_GOT_NOTHING);
		break;
	case ASK_PROXY:
	case ASK_DIALOG:
		dialog_bytes(a, in);
		break;
	case ASK_HELLO:
		a->answer_bytes += in.n;
		if (a->how.service != NULL && a->how.service->unseal != NULL)
			sealed_bytes(a, in);
		else
			flight_bytes(a, in);
		break;
	default:
		break;
	}
}

static void
on_end(void *ctx, enum tw_conn_end end, int error)
{
	struct ask *a = ctx;

	a->end = end;
	a->error = error;
	if (a->state == ASK_HELLO)
		tw_ask_finish(a, a->flight.hello ? TW_GOT_FLIGHT
		    : a->answer_bytes > 0 && !a->flight.alerted ? TW_GOT_GARBAGE : a->flight.alerted
		    ? TW_GOT_ALERT : TW_GOT_CLOSED);
	else
		tw_ask_finish(a, TW_GOT_NOTHING);
}

static const struct tw_conn_events events = { on_open, on_bytes, on_end };

static void
connect_now(struct ask *a)
{
	a->state = ASK_CONNECT;
	a->ep->facts->connections++;
	a->conn = tw_conn_open(a->ep->exam->loop, (const struct sockaddr *)&a->ep->addr, &events,
	    a, &a->end, &a->error);
	wait_for(a, a->conn == NULL ? 0 : step_ms(a));
}

/* The connection by which the endpoint was reached serves the first question. */
static void
take_over(struct ask *a)
{
	a->conn = a->ep->open_conn;
	a->ep->open_conn = NULL;
	tw_conn_hand_over(a->conn, &events, a);
	on_open(a);
}

static void
on_timer(void *ctx)
{
	struct ask *a = ctx;

	switch (a->state) {
	case ASK_SLOT:
		connect_now(a);
		break;
	case ASK_LISTEN:
		say_hello(a);
		break;
	case ASK_HELLO:
		a->timed_out = true;	/* of a story: the tickets' time may be over, too */
		tw_ask_finish(a, a->flight.hello ? TW_GOT_FLIGHT : TW_GOT_SILENCE);
		break;
	default:
		a->timed_out = a->error == 0;
		tw_ask_finish(a, TW_GOT_NOTHING);
	}
}

struct ask *
tw_ask_new(struct endpoint *ep, int probe, const struct approach *how,
    void (*done)(struct ask *a))
{
	struct ask *a = calloc(1, sizeof(*a));

	if (a == NULL)
		abort();
	a->ep = ep;
	a->probe = probe;
	a->how = *how;
	a->done = done;
	a->arena = tw_arena_new();
	a->next = ep->asks;
	ep->asks = a;
	ep->asks_n++;
	a->timer = tw_timer_new(ep->exam->loop, on_timer, a);
	return a;
}

void
tw_ask_start(struct ask *a)
{
	uint64_t wait_ms;

	a->began_ms = tw_loop_now_ms(a->ep->exam->loop);
	a->counted = true;
	tw_crowd_join(a);
	if (a->ep->open_conn != NULL) {
		take_over(a);
		return;
	}
	wait_ms = tw_exam_slot_ms(a->ep->exam);
	if (wait_ms == 0) {
		connect_now(a);
	} else {
		a->state = ASK_SLOT;
		wait_for(a, (int64_t)wait_ms);
	}
}
