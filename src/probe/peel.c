/* Lists told by taking away what was chosen; see peel.h. lists.c is the caller. */
#include "probe/peel.h"

enum { TOGETHER = TW_PEEL_LISTS };	/* which: not one list alone */

void
tw_peel_add(struct tw_peel *peel, struct tw_arena *a, struct tw_u16s all,
    uint32_t (*chosen)(const struct tw_flight *f),
    void (*offer)(struct tw_question *q, struct tw_u16s codes),
    void (*found)(struct tw_probing *p, void *ctx, uint32_t code))
{
	struct tw_peel_list *l = &peel->list[peel->lists_n++];

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

	if (take(l, code))
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
	l->offer(q, (struct tw_u16s){ l->left, l->left_n });
}

bool
tw_peel_ask(struct tw_peel *peel, struct tw_question *q, int *ret_which)
{
	if (peel->checking || peel->apart) {
		for (size_t i = 0; i < peel->lists_n; i++) {
			struct tw_peel_list *l = &peel->list[i];

			if (l->done || l->asked || (peel->checking && l->went_on))
				continue;
			l->asked = true;
			offer(l, q);
			*ret_which = (int)i;
			return true;
		}
		return false;
	}
	if (peel->together_out || open_lists(peel) == 0)
		return false;
	peel->together_out = true;
	for (size_t i = 0; i < peel->lists_n; i++)
		if (!peel->list[i].done)
			offer(&peel->list[i], q);
	*ret_which = TOGETHER;
	return true;
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
		waiting += !peel->list[i].done && !peel->list[i].went_on;
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

static void
hear_together(struct tw_peel *peel, struct tw_probing *p, const struct tw_answer *a)
{
	bool went_on = false;

	peel->together_out = false;
	for (size_t i = 0; i < peel->lists_n; i++)
		went_on |= progress(peel, p, &peel->list[i], a);
	if (went_on)
		return;
	if (open_lists(peel) > 1 && lost_by(a) == NULL) {
		peel->checking = true;
		return;
	}
	for (size_t i = 0; i < peel->lists_n; i++)
		if (!peel->list[i].done) {
			peel->list[i].done = true;
			peel->list[i].why = lost_by(a);
		}
}

void
tw_peel_hear(struct tw_peel *peel, struct tw_probing *p, int which, const struct tw_answer *a)
{
	struct tw_peel_list *l;

	if (which == TOGETHER) {
		hear_together(peel, p, a);
		return;
	}
	l = &peel->list[which];
	l->asked = false;
	if (progress(peel, p, l, a)) {
		l->went_on = true;
	} else {
		l->done = true;
		l->why = lost_by(a);
	}
	if (peel->checking)
		end_check(peel);
}
