/* Lists told by taking away what was chosen; see peel.h. lists.c is the caller. */
#include "probe/peel.h"

enum { TOGETHER = TW_PEEL_LISTS, AHEAD };	/* which: not one list alone; AHEAD + list */
enum { MISSES = 2 };	/* wrong guesses in a row before none is made any more */

void
tw_peel_add(struct tw_peel *peel, struct tw_arena *a, struct tw_u16s all,
    uint32_t (*chosen)(const struct tw_flight *f),
    void (*offer)(struct tw_question *q, struct tw_u16s codes),
    void (*found)(struct tw_probing *p, void *ctx, uint32_t code))
{
	struct tw_peel_list *l = &peel->list[peel->lists_n++];

	peel->arena = a;
	l->all = all;
	l->left = tw_arena_alloc(a, (all.n + 1) * sizeof(*l->left));
	memcpy(l->left, all.v, all.n * sizeof(*l->left));
	l->left_n = all.n;
	l->chosen = chosen;
	l->offer = offer;
	l->found = found;
	l->done = all.n == 0;
}

bool
tw_peel_is_done(const struct tw_peel *peel)
{
	for (size_t i = 0; i < peel->lists_n; i++)
		if (!peel->list[i].done)
			return false;
	return true;
}

/* Takes code out of what is left; false: it was not there. */
static bool
take(struct tw_peel_list *l, uint32_t code)
{
	for (size_t i = 0; i < l->left_n; i++)
		if (l->left[i] == code) {
			memmove(l->left + i, l->left + i + 1,
			    (l->left_n - i - 1) * sizeof(*l->left));
			l->left_n--;
			l->last = (uint16_t)code;
			if (l->left_n == 0)
				l->done = true;
			return true;
		}
	return false;
}

void
tw_peel_take(struct tw_peel *peel, struct tw_probing *p, size_t list, uint32_t code)
{
	struct tw_peel_list *l = &peel->list[list];

	if (!take(l, code))
		return;
	l->overtaken = true;
	l->found(p, peel->ctx, code);
}

static size_t
open_lists(const struct tw_peel *peel)
{
	size_t n = 0;

	for (size_t i = 0; i < peel->lists_n; i++)
		n += !peel->list[i].done;
	return n;
}

static void
offer(struct tw_peel_list *l, struct tw_question *q)
{
	l->overtaken = false;
	l->offer(q, (struct tw_u16s){ l->left, l->left_n });
}

/* Where the guess stands in what is left: the first like the one taken last. */
static size_t
guess(const struct tw_peel_list *l)
{
	for (size_t i = 0; l->alike != NULL && l->last != 0 && i < l->left_n; i++)
		if (l->alike(l->last, l->left[i]))
			return i;
	return 0;
}

/* The list as it will be if the question under way takes what we guess. */
static void
offer_ahead(struct tw_peel *peel, struct tw_peel_list *l, struct tw_question *q)
{
	size_t n = l->left_n - 1, at = guess(l);
	uint16_t *rest = tw_arena_alloc(peel->arena, n * sizeof(*rest));

	memcpy(rest, l->left, at * sizeof(*rest));
	memcpy(rest + at, l->left + at + 1, (n - at) * sizeof(*rest));
	l->guess = l->left[at];
	l->ahead_out = true;
	l->ahead_void = l->ahead_heard = false;
	l->offer(q, (struct tw_u16s){ rest, n });
}

/* Each list by itself; false: nothing to ask now. */
static bool
ask_apart(struct tw_peel *peel, struct tw_question *q, int *ret_which)
{
	for (size_t i = 0; i < peel->lists_n; i++) {
		struct tw_peel_list *l = &peel->list[i];

		if (l->done || l->held || l->ahead_due || (peel->checking && l->went_on))
			continue;
		if (!l->asked) {
			l->asked = true;
			offer(l, q);
			*ret_which = (int)i;
			return true;
		}
		if (peel->ahead && !peel->checking && !l->ahead_out && !l->ahead_heard &&
		    l->misses < MISSES && l->left_n > 1) {
			offer_ahead(peel, l, q);
			*ret_which = AHEAD + (int)i;
			return true;
		}
	}
	return false;
}

bool
tw_peel_is_spent(const struct tw_peel_list *l)
{
	for (size_t i = 0; i < l->left_n; i++)
		if (l->likely == NULL || l->likely(l->left[i]))
			return false;
	return true;
}

static bool
ask_spent(struct tw_peel *peel, struct tw_question *q, int *ret_which)
{
	for (size_t i = 0; open_lists(peel) > 1 && i < peel->lists_n; i++) {
		struct tw_peel_list *l = &peel->list[i];

		if (l->done || l->held || l->asked || l->joined || !tw_peel_is_spent(l))
			continue;
		l->asked = true;
		offer(l, q);
		*ret_which = (int)i;
		return true;
	}
	return false;
}

static bool
ask_together(struct tw_peel *peel, struct tw_question *q, int *ret_which)
{
	if (peel->together_out)
		return false;
	for (size_t i = 0; i < peel->lists_n; i++) {
		struct tw_peel_list *l = &peel->list[i];

		l->joined = !l->done && !l->held && !l->asked;
		if (!l->joined)
			continue;
		peel->together_out = true;
		offer(l, q);
	}
	*ret_which = TOGETHER;
	return peel->together_out;
}

bool
tw_peel_ask(struct tw_peel *peel, struct tw_question *q, int *ret_which)
{
	if (peel->ahead && !peel->together_out && !peel->checking)
		peel->apart = true;
	if (peel->checking || peel->apart)
		return ask_apart(peel, q, ret_which);
	return ask_spent(peel, q, ret_which) || ask_together(peel, q, ret_which);
}

/* True when the answer's choice was new to l. */
static bool
progress(struct tw_peel *peel, struct tw_probing *p, struct tw_peel_list *l,
    const struct tw_answer *a)
{
	uint32_t code;

	if (l->done || a->outcome != TW_GOT_FLIGHT)
		return false;
	code = l->chosen(a->flight);
	if (code == 0 || !take(l, code))
		return false;
	l->found(p, peel->ctx, code);
	return true;
}

/* All lists were asked alone: those that go on do so together, unless that is what failed. */
static void
end_check(struct tw_peel *peel)
{
	size_t waiting = 0, on = 0, ended = 0;

	for (size_t i = 0; i < peel->lists_n; i++) {
		waiting += !peel->list[i].done && !peel->list[i].went_on && !peel->list[i].held;
		on += peel->list[i].went_on && !peel->list[i].done;
		ended += peel->list[i].done;
	}
	if (waiting > 0)
		return;
	peel->checking = false;
	if (on > 1 && ended == 0)
		peel->apart = true;
	for (size_t i = 0; i < peel->lists_n; i++)
		peel->list[i].went_on = false;
}

static const char *
lost_by(const struct tw_answer *a)
{
	if (a->outcome == TW_GOT_NOTHING || a->outcome == TW_GOT_SILENCE)
		return a->why != NULL ? a->why : "the server left the question unanswered";
	return NULL;
}

/* It chose what another answer had taken meanwhile: no news, and not the end. */
static bool
is_overtaken(const struct tw_peel_list *l, const struct tw_answer *a)
{
	return l->overtaken && a->outcome == TW_GOT_FLIGHT;
}

static void
hear_together(struct tw_peel *peel, struct tw_probing *p, const struct tw_answer *a)
{
	bool went_on = false;
	size_t joined = 0;

	peel->together_out = false;
	for (size_t i = 0; i < peel->lists_n; i++) {
		struct tw_peel_list *l = &peel->list[i];

		if (!l->joined)
			continue;
		went_on |= progress(peel, p, l, a) || is_overtaken(l, a);
		joined += !l->done;
	}
	if (!went_on && joined > 1 && lost_by(a) == NULL)
		peel->checking = true;
	for (size_t i = 0; i < peel->lists_n; i++) {
		struct tw_peel_list *l = &peel->list[i];

		if (!went_on && !peel->checking && l->joined && !l->done) {
			l->done = true;
			l->why = lost_by(a);
		}
		l->joined = false;
	}
}

/* The guess was right: the answer to the question put ahead is that to the next. */
static void
settle_ahead(struct tw_peel *peel, struct tw_probing *p, struct tw_peel_list *l)
{
	l->ahead_due = l->ahead_heard = false;
	if (l->done)
		return;
	if (l->ahead_code != 0 && take(l, l->ahead_code)) {
		l->found(p, peel->ctx, l->ahead_code);
	} else {
		l->done = true;
		l->why = l->ahead_why;
	}
}

static void
hear_ahead(struct tw_peel *peel, struct tw_probing *p, struct tw_peel_list *l,
    const struct tw_answer *a)
{
	l->ahead_out = false;
	if (l->ahead_void)
		return;
	l->ahead_heard = true;
	l->ahead_code = a->outcome == TW_GOT_FLIGHT ? l->chosen(a->flight) : 0;
	l->ahead_why = lost_by(a);
	if (l->ahead_due)
		settle_ahead(peel, p, l);
}

/* What the answer to the question before means for the one put ahead of it. */
static void
weigh_guess(struct tw_peel *peel, struct tw_probing *p, struct tw_peel_list *l, size_t left_before)
{
	bool right = l->left_n < left_before && l->last == l->guess;

	if (l->ahead_void || (!l->ahead_out && !l->ahead_heard))
		return;
	if (l->done || !right) {
		l->misses += !right;
		l->ahead_void = true;
		l->ahead_heard = false;
		return;
	}
	l->misses = 0;
	l->ahead_due = true;
	if (l->ahead_heard)
		settle_ahead(peel, p, l);
}

void
tw_peel_unask(struct tw_peel *peel, int which)
{
	if (which < TOGETHER)
		peel->list[which].asked = false;
	for (size_t i = 0; which == TOGETHER && i < peel->lists_n; i++)
		peel->list[i].joined = false;
	peel->together_out &= which != TOGETHER;
}

void
tw_peel_hear(struct tw_peel *peel, struct tw_probing *p, int which, const struct tw_answer *a)
{
	struct tw_peel_list *l;
	size_t left;

	if (which == TOGETHER) {
		hear_together(peel, p, a);
		return;
	}
	if (which >= AHEAD) {
		hear_ahead(peel, p, &peel->list[which - AHEAD], a);
		return;
	}
	l = &peel->list[which];
	left = l->left_n;
	l->asked = false;
	if (progress(peel, p, l, a)) {
		l->went_on = true;
	} else if (!is_overtaken(l, a)) {
		l->done = true;
		l->why = lost_by(a);
	}
	if (peel->checking)
		end_check(peel);
	else
		weigh_guess(peel, p, l, left);
}
