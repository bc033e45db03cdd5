/*
 * Servers bear so many connections of one address at once; one too many is closed, reset,
 * left waiting or told "421". Such an answer is owed to our other questions, not to what was
 * asked, unless it comes to the question put alone, too. pace.c is the caller.
 */
#include "exam/inside.h"

#define SETTLE_MS	40	/* a server notices late that a connection has ended: */
#define LONG_SETTLE_MS	400	/* one that is known to count them is given more */
#define CONVINCED	3	/* refusals proven alone before those beside others are believed */
#define GAP_MS		100
#define LONGEST_GAP_MS	2000

void
tw_crowd_join(struct ask *a)
{
	struct host *h = a->ep->host;

	if (a->looks == 0)
		a->beside = h->connections;
	a->settled = h->connections == 0 &&
	    tw_loop_now_ms(a->ep->exam->loop) >= h->ended_ms + SETTLE_MS;
	a->number = ++h->begun;
	h->connections++;
}

uint64_t
tw_crowd_settle_ms(const struct held *h)
{
	return h->looks > 1 ? LONG_SETTLE_MS : SETTLE_MS;
}

/* Words that mail servers and their like have for a client they will not serve now. */
bool
tw_crowd_is_complaint(const struct ask *a)
{
	static const char *const words[] = { "* BYE", "-ERR", "ERROR" };
	struct tw_bytes head = a->flight.head;

	if (a->stopped_in != ASK_HELLO || a->answer.outcome != TW_GOT_GARBAGE)
		return false;
	for (size_t i = 0; i < TW_COUNT(words); i++)
		if (tw_bytes_begin_with(head, words[i]))
			return true;
	return head.n > 3 && (head.p[0] == '4' || head.p[0] == '5') && head.p[1] >= '0' &&
	    head.p[1] <= '9' && head.p[2] >= '0' && head.p[2] <= '9' &&
	    (head.p[3] == ' ' || head.p[3] == '-');
}

static bool
was_alone(const struct ask *a)
{
	return a->beside == 0 && a->settled && a->ep->host->begun == a->number;
}

/* This server closes on what it dislikes: so much was proven, and nothing to the contrary. */
static bool
is_believed(const struct ask *a)
{
	const struct endpoint *ep = a->ep;

	return ep->crowded == 0 && ep->honest >= CONVINCED && a->beside <= ep->honest_beside;
}

bool
tw_crowd_blames(const struct ask *a)
{
	const struct endpoint *ep = a->ep;
	enum tw_outcome o = a->answer.outcome;

	if (o == TW_GOT_FLIGHT || o == TW_GOT_ALERT || a->stopped_in == ASK_PROXY)
		return false;
	if (a->looks > 0)
		return o == TW_GOT_CLOSED && a->looks == 1 && ep->crowded > 0;
	if (was_alone(a))
		return false;
	/* One that came later was served before it: it did not wait for its turn. */
	if (o == TW_GOT_SILENCE)
		return ep->exam->opt->probes == NULL && a->number > ep->newest_answered;
	return o == TW_GOT_NOTHING || !is_believed(a);
}

void
tw_crowd_answered(struct ask *a)
{
	struct endpoint *ep = a->ep;

	if (a->number > ep->newest_answered)
		ep->newest_answered = a->number;
	if (a->looks == 0)
		return;
	ep->crowded++;
	/* Fewer than so many at once was too much already: it is time that it wants, too. */
	if (ep->limit == 1 || a->beside == 0) {
		ep->gap_ms = ep->gap_ms == 0 ? GAP_MS : ep->gap_ms * 2;
		if (ep->gap_ms > LONGEST_GAP_MS)
			ep->gap_ms = LONGEST_GAP_MS;
	}
	if (a->beside < ep->limit)
		ep->limit = a->beside > 0 ? a->beside : 1;
}

void
tw_crowd_refused(struct endpoint *ep, const struct held *h)
{
	if (h->looks == 0 || h->outcome != TW_GOT_CLOSED)
		return;
	ep->honest++;
	if (h->beside > ep->honest_beside)
		ep->honest_beside = h->beside;
}
