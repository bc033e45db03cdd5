/*
 * What the server bears. An answer that could be a refusal as well as a server
 * grown tired (closed, silent) is held in doubt until a question put after it
 * is answered; where others of ours were open beside it, it is put again alone first
 * (crowd.c). A server that shows it has had enough is asked more slowly, and
 * what it never lets us ask is "could not test", with its reason: never "no".
 */
#include <stdlib.h>

#include "exam/inside.h"

#define MAX_ATTEMPTS	5	/* times one question is put */
#define MAX_SIGNS	5	/* throttle signs in a row before we take it as a ban */
#define FIRST_GAP_MS	500
#define LONGEST_GAP_MS	2000
#define PATIENCE_MS	3000	/* for other endpoints of the host to leave it to one question */
#define LOOK_MS		20	/* how often it is looked whether they have */

static void
push(struct held **list, const struct held *h)
{
	struct held *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		abort();
	*copy = *h;
	copy->next = NULL;
	while (*list != NULL)
		list = &(*list)->next;
	*list = copy;
}

static bool
pop(struct held **list, struct held *ret)
{
	struct held *h = *list;

	if (h == NULL)
		return false;
	*list = h->next;
	*ret = *h;
	free(h);
	return true;
}

/* Nothing is left that wants to be alone: others may go on, as their timers tell them. */
static void
end_quiet(struct endpoint *ep)
{
	ep->patient_until_ms = 0;
	if (ep->host != NULL && ep->host->quiet == ep)
		ep->host->quiet = NULL;
}

void
tw_pace_clear(struct endpoint *ep)
{
	struct held h;

	while (pop(&ep->retry, &h) || pop(&ep->doubt, &h) || pop(&ep->alone, &h))
		;
	end_quiet(ep);
}

static void
deliver_empty(struct endpoint *ep, const struct held *h, enum tw_outcome outcome,
    const char *why)
{
	static const struct tw_flight none;
	struct tw_answer a = { outcome, &none, why };

	if (h->probe >= 0)
		tw_deliver(ep, h->probe, &h->q, &a);
}

/* All questions still to be put again end here. */
void
tw_pace_give_up(struct endpoint *ep, const char *reason)
{
	struct held h;

	ep->banned = true;
	ep->ban_reason = reason;
	end_quiet(ep);
	while (pop(&ep->retry, &h) || pop(&ep->doubt, &h) || pop(&ep->alone, &h))
		deliver_empty(ep, &h, TW_GOT_NOTHING, ep->ban_reason);
}

/* The server has shown that it wants fewer questions. */
static void
slow_down(struct endpoint *ep, uint64_t began_ms, const char *reason)
{
	uint64_t now = tw_loop_now_ms(ep->exam->loop);

	/* Questions already under way fail together: that is one sign, not many. */
	if (ep->signs > 0 && began_ms <= ep->sign_ms)
		return;
	ep->sign_ms = now;
	ep->ban_reason = reason;
	ep->signs++;
	ep->limit = 1;
	ep->gap_ms = ep->gap_ms == 0 ? FIRST_GAP_MS : ep->gap_ms * 2;
	if (ep->gap_ms > LONGEST_GAP_MS)
		ep->gap_ms = LONGEST_GAP_MS;
	ep->next_ms = now + (ep->signs == 1 ? 1100 : 2 * ep->gap_ms);
	if (ep->signs >= MAX_SIGNS)
		tw_pace_give_up(ep, reason);
}

/* What is to be said of a question that could not be put. */
static const char *
reason_of(const struct ask *a)
{
	struct tw_arena *arena = a->ep->facts->arena;
	unsigned n = a->ep->successes;

	if (a->dialog != NULL && a->dialog->reply.n > 0 && a->stopped_in == ASK_DIALOG) {
		char *said = tw_text_escaped(arena,
		    tw_dialog_noted(a->dialog, a->dialog->reply));

		return tw_arena_fmt(arena, "the server answered \"%.120s\" after %u connections",
		    said, n);
	}
	if (tw_crowd_is_complaint(a)) {
		struct tw_bytes line = a->flight.head;

		for (line.n = 0; line.n < a->flight.head.n && line.p[line.n] != '\r' &&
		    line.p[line.n] != '\n'; line.n++)
			;
		return tw_arena_fmt(arena, "the server answered \"%s\" in place of TLS after %u "
		    "connections", tw_text_escaped(arena, line), n);
	}
	if (a->timed_out)
		return tw_arena_fmt(arena, "the server stopped answering after %u connections", n);
	if (a->stopped_in == ASK_CONNECT)
		return tw_arena_fmt(arena, "the server refused connections after %u of them", n);
	return tw_arena_fmt(arena, "the server closed connections unanswered after %u of them", n);
}

static void
release_doubts(struct endpoint *ep, uint64_t before_ms)
{
	struct held *list = ep->doubt, h;

	ep->doubt = NULL;
	while (pop(&list, &h)) {
		if (h.ended_ms <= before_ms) {
			tw_crowd_refused(ep, &h);
			deliver_empty(ep, &h, h.outcome, h.outcome == TW_GOT_SILENCE
			    ? "the server left this hello unanswered" : NULL);
		} else {
			push(&ep->doubt, &h);
		}
	}
}

/* The control question: the hello that worked. It was not answered either, so nothing is proved. */
static void
doubts_again(struct endpoint *ep)
{
	struct held h;

	while (pop(&ep->doubt, &h)) {
		h.attempts++;
		h.looks = 0;
		push(&ep->retry, &h);
	}
}

static void
control_done(struct ask *a)
{
	struct endpoint *ep = a->ep;

	ep->control_out = false;
	if (a->answer.outcome == TW_GOT_FLIGHT || a->answer.outcome == TW_GOT_ALERT) {
		ep->successes++;
		ep->signs = 0;
		release_doubts(ep, a->began_ms);
	} else {
		const char *reason = reason_of(a);

		doubts_again(ep);
		slow_down(ep, a->began_ms, reason);
	}
	tw_endpoint_pump(ep);
}

void
tw_pace_idle(struct endpoint *ep)
{
	struct ask *a;

	if (ep->doubt == NULL || ep->control_out || !tw_pace_may_begin(ep))
		return;
	if (ep->successes == 0) {	/* nothing ever worked: there is no control to ask */
		release_doubts(ep, UINT64_MAX);
		return;
	}
	ep->control_out = true;
	a = tw_ask_new(ep, -1, &ep->how, control_done);
	a->q = ep->hail;
	a->q.want = TW_WANT_HELLO;
	tw_pace_begun(ep);
	tw_ask_start(a);
}

static void
put_again(struct ask *a)
{
	struct endpoint *ep = a->ep;
	struct held h = { .probe = a->probe, .attempts = a->attempts + 1, .q = a->q };
	const char *reason = reason_of(a);

	if (ep->banned || h.attempts >= MAX_ATTEMPTS) {
		deliver_empty(ep, &h, TW_GOT_NOTHING, ep->banned ? ep->ban_reason : reason);
		return;
	}
	push(&ep->retry, &h);
	slow_down(ep, a->began_ms, reason);
}

void
tw_pace_answer(struct ask *a)
{
	struct endpoint *ep = a->ep;

	if (a->looks > 0) {
		ep->alone_out = false;
		if (ep->alone == NULL)
			end_quiet(ep);
	}
	if (!ep->banned && a->attempts + 1 < MAX_ATTEMPTS && tw_crowd_blames(a)) {
		struct held h = { .probe = a->probe, .attempts = a->attempts + 1, .q = a->q,
			.looks = a->looks + 1, .beside = a->beside };

		push(&ep->alone, &h);
		return;
	}
	switch (a->answer.outcome) {
	case TW_GOT_FLIGHT:
	case TW_GOT_ALERT:
		ep->successes++;
		ep->signs = 0;
		tw_crowd_answered(a);
		tw_deliver(ep, a->probe, &a->q, &a->answer);
		release_doubts(ep, a->began_ms);
		break;
	case TW_GOT_CLOSED:
	case TW_GOT_SILENCE: {
		struct held h = { .probe = a->probe, .attempts = a->attempts, .q = a->q,
			.looks = a->looks, .beside = a->beside,
			.outcome = a->answer.outcome, .ended_ms = tw_loop_now_ms(ep->exam->loop) };

		if (ep->banned || h.attempts >= MAX_ATTEMPTS)
			deliver_empty(ep, &h, TW_GOT_NOTHING, ep->ban_reason);
		else
			push(&ep->doubt, &h);
		break;
	}
	case TW_GOT_GARBAGE:
		if (tw_crowd_is_complaint(a))
			put_again(a);
		else
			tw_deliver(ep, a->probe, &a->q, &a->answer);
		break;
	case TW_GOT_NOTHING:
		put_again(a);
		break;
	}
}

bool
tw_pace_next(struct endpoint *ep, struct held *ret)
{
	if (pop(&ep->alone, ret)) {
		ep->alone_out = true;
		return true;
	}
	return pop(&ep->retry, ret);
}

/* A question wants to be put alone: is it? Else when the last of ours ends, or the timer does, it is looked again. */
static bool
is_alone(struct endpoint *ep, uint64_t now)
{
	struct host *h = ep->host;
	uint64_t still_ms = h->ended_ms + tw_crowd_settle_ms(ep->alone);

	if (ep->patient_until_ms == 0)
		ep->patient_until_ms = now + PATIENCE_MS;
	if (h->quiet == NULL)
		h->quiet = ep;
	if (ep->asks_n > 0 || ep->identify != NULL)
		return false;
	if (now >= ep->patient_until_ms || (h->quiet == ep && h->connections == 0 && now >= still_ms))
		return true;
	tw_endpoint_wait(ep, h->connections == 0 && now < still_ms ? still_ms - now : LOOK_MS);
	return false;
}

bool
tw_pace_may_begin(struct endpoint *ep)
{
	uint64_t now = tw_loop_now_ms(ep->exam->loop);

	if (ep->alone_out)
		return false;
	if (ep->alone != NULL) {
		if (!is_alone(ep, now))
			return false;
	} else if (ep->host->quiet != NULL && ep->host->quiet != ep) {
		tw_endpoint_wait(ep, LOOK_MS);
		return false;
	}
	if (ep->asks_n + (ep->crowded > 0 ? tw_identify_count(ep) : 0) >= ep->limit)
		return false;
	if (ep->host->connections >= ep->exam->opt->per_host) {
		ep->blocked = true;	/* tw_host_wake() comes back to it */
		return false;
	}
	if (now < ep->next_ms) {
		tw_endpoint_wait(ep, ep->next_ms - now);
		return false;
	}
	return true;
}

void
tw_pace_begun(struct endpoint *ep)
{
	if (ep->gap_ms > 0)
		ep->next_ms = tw_loop_now_ms(ep->exam->loop) + ep->gap_ms;
}
