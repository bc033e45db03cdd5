/* A long list of suites peeled side by side; see lanes.h. */
#include "probe/lanes.h"

static bool
is_chacha(uint32_t code)
{
	const struct tw_suite *s = tw_suite_by_code(code);

	return s != NULL && strcmp(s->cipher, "CHACHA20") == 0;
}

void
tw_lanes_ask_order(struct tw_lanes *l, struct tw_arena *a, const struct tw_chosen *found,
    struct tw_question *q)
{
	uint16_t *v = tw_arena_alloc(a, (found->codes.n + 1) * sizeof(*v));
	size_t n = 0;

	/* ChaCha20 stays out: some servers take it first as soon as a client puts it first. */
	for (size_t i = found->codes.n; i > 0; i--)
		if (!is_chacha(found->codes.v[i - 1]))
			v[n++] = (uint16_t)found->codes.v[i - 1];
	l->asked = true;
	l->first = v[0];
	q->hello.suites = (struct tw_u16s){ v, n };
}

void
tw_lanes_hear_order(struct tw_lanes *l, const struct tw_answer *a,
    const struct tw_chosen *found, struct tw_peel *rest)
{
	const struct tw_peel_list *from = &rest->list[0];

	if (a->outcome != TW_GOT_FLIGHT || a->flight->suite != l->first ||
	    found->codes.v[0] == l->first || from->done)
		return;
	l->on = true;
	for (size_t lane = 0; lane < TW_LANES; lane++) {
		uint16_t *v = tw_arena_alloc(rest->arena, (from->left_n / TW_LANES + 1) * sizeof(*v));
		size_t n = 0;

		for (size_t i = lane; i < from->left_n; i += TW_LANES)
			v[n++] = from->left[i];
		l->lane[lane].ctx = rest->ctx;
		tw_peel_add(&l->lane[lane], rest->arena, (struct tw_u16s){ v, n }, from->chosen,
		    from->offer, from->found);
	}
	rest->list[0].done = true;
	rest->list[0].left_n = 0;
}

bool
tw_lanes_ask(struct tw_lanes *l, struct tw_question *q, int *ret_lane)
{
	int which;

	for (int lane = 0; l->on && lane < TW_LANES; lane++)
		if (tw_peel_ask(&l->lane[lane], q, &which)) {
			*ret_lane = lane;
			return true;
		}
	return false;
}

void
tw_lanes_hear(struct tw_lanes *l, struct tw_probing *p, int lane, const struct tw_answer *a)
{
	tw_peel_hear(&l->lane[lane], p, TW_PEEL_LISTS, a);
}

bool
tw_lanes_are_done(const struct tw_lanes *l, const struct tw_peel *rest, const char **ret_why)
{
	if (l->on && (rest->together_out || rest->list[0].asked))
		return false;
	for (int lane = 0; l->on && lane < TW_LANES; lane++) {
		if (!tw_peel_is_done(&l->lane[lane]))
			return false;
		if (l->lane[lane].list[0].why != NULL)
			*ret_why = l->lane[lane].list[0].why;
	}
	return true;
}

bool
tw_lanes_give_back(struct tw_lanes *l, struct tw_peel *rest)
{
	struct tw_peel_list *to = &rest->list[0];

	for (int lane = 0; l->on && lane < TW_LANES; lane++) {
		struct tw_peel_list *from = &l->lane[lane].list[0];

		memcpy(to->left + to->left_n, from->left, from->left_n * sizeof(*to->left));
		to->left_n += from->left_n;
		from->left_n = 0;
	}
	to->done = to->left_n == 0;
	return !to->done;
}

static size_t
place_of(uint32_t code, struct tw_u16s in)
{
	size_t i = 0;

	while (i < in.n && in.v[i] != code)
		i++;
	return i;
}

void
tw_lanes_sort(struct tw_chosen *found, struct tw_u16s offered)
{
	uint32_t *v = found->codes.v;

	for (size_t i = 1; i < found->codes.n; i++)
		for (size_t k = i; k > 0 && place_of(v[k], offered) < place_of(v[k - 1], offered); k--) {
			uint32_t swap = v[k];

			v[k] = v[k - 1];
			v[k - 1] = swap;
		}
}
