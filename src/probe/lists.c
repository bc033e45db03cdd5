/*
 * Which versions, and in each which suites, groups and signature schemes: told
 * by peeling (peel.h). One probe, because its hellos answer for several lists at
 * once. In 1.3 suites and groups do not depend on each other, and a hello with no
 * share makes the server name both without a signature; before 1.3 a server that
 * runs out of groups turns to other suites, so there groups go with the schemes.
 */
#include <stdio.h>

#include "probe/hail.h"
#include "probe/kinds.h"
#include "probe/lanes.h"

enum { SHAPES = 3 };		/* hellos put before a version is said to be absent */
/*
 * The peels of a version: suites (in 1.3 with the groups), then what else there is:
 * schemes in 1.3; before it groups and RSA's schemes, and the other keys' schemes apart,
 * for a server that runs out of one key's schemes refuses rather than use its other key.
 */
enum { SUITES, SECOND, OTHERS, PEELS };

struct version {
	enum tw_version v;
	struct lists *all;
	int shape;		/* of the presence question */
	bool out, known;	/* presence: under way, known */
	bool waits;		/* refused in words that 1.2's answer will explain */
	bool ended[PEELS];
	bool plain_dh;		/* suites once more without ffdhe groups listed */
	bool plain_asked, no_plain_dh;	/* that was asked by the way: there is none */
	bool plain_rides;	/* it is being asked, beside the last of the groups */
	bool order_asked, order_out;	/* whose order it is, by the second question for suites */
	bool follows;		/* groups: new ones show as soon as they stand first */
	bool burdened;		/* a question that tests the server's endurance too was put */
	bool bare_groups;	/* groups without the leaf's curve beside them */
	struct tw_peel peel[PEELS];
	struct tw_lanes lanes;	/* of the suites, where they are many */
};

struct lists {
	bool hailed;
	struct version version[TW_VERSIONS];
};

/* A question's tag: version, and which peel and list of it; or one of a kind. */
enum { LANES = PEELS, BACKWARDS = 12, PLAIN = 13, ORDER = 14, PRESENCE = 15 };	/* LANES + lane stands where the peel does */
static int tag_of(enum tw_version v, int peel, int which) { return (int)v << 8 | peel << 4 | which; }

/* ---- what an answer shows, and how a list is offered ---- */

static uint32_t suite_chosen(const struct tw_flight *f) { return f->suite; }
static uint32_t scheme_chosen13(const struct tw_flight *f) { return f->verify_scheme; }
static uint32_t scheme_chosen12(const struct tw_flight *f) { return f->ske.scheme; }

static uint32_t
group_chosen(const struct tw_flight *f)
{
	return f->ske.present ? f->ske.group : f->group;
}

static void offer_suites(struct tw_question *q, struct tw_u16s v) { q->hello.suites = v; }
static void offer_groups(struct tw_question *q, struct tw_u16s v) { q->hello.groups = v; }
static void offer_schemes(struct tw_question *q, struct tw_u16s v) { q->hello.schemes = v; }

static void
found_suite(struct tw_probing *p, void *ctx, uint32_t code)
{
	struct version *s = ctx;

	tw_facts_choose(p->facts, &p->facts->suites[s->v], code);
}

static void
found_group(struct tw_probing *p, void *ctx, uint32_t code)
{
	struct version *s = ctx;

	tw_facts_choose(p->facts, &p->facts->groups[s->v], code);
}

static void
found_scheme(struct tw_probing *p, void *ctx, uint32_t code)
{
	struct version *s = ctx;

	TW_PUSH(p->arena, &p->facts->schemes[s->v], (uint16_t)code);
}

static bool
has(const struct tw_chosen *list, bool (*wanted)(const struct tw_suite *s))
{
	for (size_t i = 0; i < list->codes.n; i++) {
		const struct tw_suite *s = tw_suite_by_code(list->codes.v[i]);

		if (s != NULL && wanted(s))
			return true;
	}
	return false;
}

/* ---- the hello of a version, in the shape that it answers ---- */

static void
base(struct tw_probing *p, const struct version *s, struct tw_question *q)
{
	tw_hello_of_version(p, q, s->v);
	if (s->shape > 0) {		/* shorter: the usual groups and schemes alone, no extras */
		if (q->hello.groups.n > 9)
			q->hello.groups.n = 9;
		if (q->hello.schemes.n > 14)
			q->hello.schemes.n = 14;
		q->hello.status_request = q->hello.sct = q->hello.ems = false;
		if (q->hello.suites.n > 64)
			q->hello.suites.n = 64;
	}
	if (s->shape > 1 && s->v != TW_TLS13) {
		q->hello.alpn_n = 0;
		q->hello.ticket = false;
		if (q->hello.suites.n > 40)
			q->hello.suites.n = 40;
	}
	if (s->plain_dh)
		q->hello.groups = tw_kinds_without_ffdhe(p->arena, q->hello.groups);
}

/* ---- presence ---- */

static void
start_peels(struct tw_probing *p, struct version *s)
{
	struct tw_peel_list *groups;
	struct tw_question q;

	base(p, s, &q);
	for (int i = 0; i < PEELS; i++)
		s->peel[i].ctx = s;
	tw_peel_add(&s->peel[SUITES], p->arena, q.hello.suites, suite_chosen, offer_suites,
	    found_suite);
	if (s->v == TW_TLS13) {
		tw_peel_add(&s->peel[SUITES], p->arena, q.hello.groups, group_chosen, offer_groups,
		    found_group);
		tw_peel_add(&s->peel[SECOND], p->arena, q.hello.schemes, scheme_chosen13,
		    offer_schemes, found_scheme);
	} else if (s->v != TW_SSL3) {
		/* Before 1.3 the choice of an ffdhe group does not show but by its prime. */
		tw_peel_add(&s->peel[SECOND], p->arena, tw_kinds_without_ffdhe(p->arena, q.hello.groups),
		    group_chosen, offer_groups, found_group);
		if (s->v == TW_TLS12) {
			tw_peel_add(&s->peel[SECOND], p->arena, tw_kinds_schemes_where(p->arena,
			    q.hello.schemes, true), scheme_chosen12, offer_schemes, found_scheme);
			tw_peel_add(&s->peel[OTHERS], p->arena, tw_kinds_schemes_where(p->arena,
			    q.hello.schemes, false), scheme_chosen12, offer_schemes, found_scheme);
		}
	}
	s->peel[SUITES].list[0].alike = tw_kinds_are_same_authentication;
	if (s->v == TW_TLS13)
		s->peel[SUITES].list[0].likely = tw_kinds_is_usual_suite13;
	groups = &s->peel[s->v == TW_TLS13 ? SUITES : SECOND].list[s->v == TW_TLS13];
	groups->alike = tw_kinds_are_same_kind;
	groups->likely = tw_kinds_is_usual_group;
	s->peel[SECOND].list[s->v == TW_TLS12].alike = tw_kinds_are_same_key;
	s->peel[SECOND].list[s->v == TW_TLS12].likely = tw_kinds_is_usual_scheme;
	s->peel[OTHERS].list[0].alike = tw_kinds_are_same_key;
}

/* What a flight of 1.2 and older shows beside its suite. */
static void
take_beside(struct tw_probing *p, struct version *s, const struct tw_flight *f)
{
	size_t groups = p->facts->groups[s->v].codes.n;

	if (s->v == TW_TLS13 || s->v == TW_SSL3)
		return;
	tw_peel_take(&s->peel[SECOND], p, 0, group_chosen(f));
	s->follows |= groups > 0 && p->facts->groups[s->v].codes.n > groups;
	if (s->v == TW_TLS12) {
		tw_peel_take(&s->peel[SECOND], p, 1, f->ske.scheme);
		tw_peel_take(&s->peel[OTHERS], p, 0, f->ske.scheme);
	}
}

/* The version is there: what this answer chose is the first of each list. */
static void
is_there(struct tw_probing *p, struct version *s, const struct tw_flight *f, bool hail)
{
	s->known = true;
	p->facts->protocols[s->v] = TW_YES;
	start_peels(p, s);
	tw_peel_take(&s->peel[SUITES], p, 0, f->suite);
	if (s->v == TW_TLS13) {
		tw_peel_take(&s->peel[SECOND], p, 0, f->verify_scheme);
	} else if (!hail) {
		take_beside(p, s, f);
	}
}

/* The server took a hello as long as this one: its handshake_failure is not about the shape. */
static bool
bears_our_hellos(const struct tw_probing *p, const struct version *s)
{
	return s->v < TW_TLS12 && s->shape == 0 && p->facts->protocols[TW_TLS12] == TW_YES &&
	    s->all->version[TW_TLS12].shape == 0;
}

static void
hear_presence(struct tw_probing *p, struct version *s, const struct tw_answer *a)
{
	char path[32];

	s->out = false;
	snprintf(path, sizeof(path), "protocols.%s", tw_versions[s->v].id);
	if (a->outcome == TW_GOT_FLIGHT && a->flight->version == tw_versions[s->v].wire) {
		is_there(p, s, a->flight, false);
		return;
	}
	if (a->outcome == TW_GOT_SILENCE || a->outcome == TW_GOT_NOTHING) {
		if (a->outcome == TW_GOT_SILENCE && ++s->shape < SHAPES)
			return;
		p->facts->protocols[s->v] = TW_COULD_NOT_TEST;
		tw_facts_untested(p->facts, path, TW_COULD_NOT_TEST, a->why != NULL ? a->why
		    : "the server left the question unanswered");
		s->known = true;
		return;
	}
	/* Whether handshake_failure is about our long hello, 1.2 will show. */
	if (a->outcome == TW_GOT_ALERT && a->flight->alert == 40 && s->v < TW_TLS12 &&
	    s->shape == 0 && !s->all->version[TW_TLS12].known) {
		s->out = s->waits = true;
		return;
	}
	/* Another version, or protocol_version (70): that is a clear no. */
	if (a->outcome == TW_GOT_FLIGHT || (a->outcome == TW_GOT_ALERT && a->flight->alert == 70) ||
	    (a->outcome == TW_GOT_ALERT && a->flight->alert == 40 && bears_our_hellos(p, s)) ||
	    ++s->shape == SHAPES) {
		p->facts->protocols[s->v] = TW_NO;
		s->known = true;
	}
}

/* 1.2 is known: what the others that waited for it were refused for. */
static void
end_waits(struct tw_probing *p, struct lists *l)
{
	if (!l->version[TW_TLS12].known)
		return;
	for (int v = TW_SSL3; v < TW_TLS12; v++) {
		struct version *s = &l->version[v];

		if (!s->waits)
			continue;
		s->out = s->waits = false;
		s->known = bears_our_hellos(p, s) || ++s->shape == SHAPES;
		if (s->known)
			p->facts->protocols[v] = TW_NO;
	}
}

/* ---- the peels ---- */

/* With an ECDSA leaf, a hello must name the leaf's own curve, or the server has no certificate for it. */
static uint16_t
curve_to_keep(struct tw_probing *p)
{
	static const struct { const char *curve; uint16_t group; } rows[] = {
		{ "P-256", 23 }, { "P-384", 24 }, { "P-521", 25 },
	};

	for (size_t i = 0; i < p->facts->certificates.n; i++) {
		const char *curve = p->facts->certificates.v[i].cert.curve;

		for (size_t k = 0; curve != NULL && k < TW_COUNT(rows); k++)
			if (strcmp(curve, rows[k].curve) == 0)
				return rows[k].group;
	}
	return 0;
}

static void
keep_curve(struct tw_probing *p, struct tw_question *q)
{
	uint16_t keep = curve_to_keep(p), *v;
	struct tw_u16s g = q->hello.groups;

	for (size_t i = 0; i < g.n; i++)
		if (g.v[i] == keep)
			return;
	if (keep == 0)
		return;
	v = tw_arena_alloc(p->arena, (g.n + 1) * sizeof(*v));
	memcpy(v, g.v, g.n * sizeof(*v));
	v[g.n] = keep;
	q->hello.groups = (struct tw_u16s){ v, g.n + 1 };
}

/*
 * The curve kept was chosen again: the server puts it before what is left, which
 * shows only to a hello without it, if the server has another certificate for that.
 */
static void
try_without_curve(struct tw_probing *p, struct version *s, const struct tw_answer *a)
{
	struct tw_peel_list *groups = &s->peel[SECOND].list[0];

	if (s->v == TW_TLS13 || s->bare_groups || !groups->done || groups->left_n == 0 ||
	    a->outcome != TW_GOT_FLIGHT || group_chosen(a->flight) != curve_to_keep(p))
		return;
	s->bare_groups = true;
	groups->done = false;
}

/* Long lists: whose order is it, and if the client's, the rest in lanes. */
static bool
ask_lanes(struct tw_probing *p, struct version *s, struct tw_question *q)
{
	const struct tw_chosen *found = &p->facts->suites[s->v];
	int lane;

	if (s->v == TW_TLS13 || (!s->lanes.on && (s->lanes.asked || s->ended[SUITES] ||
	    found->codes.n < TW_LANES_LONG)))
		return false;
	base(p, s, q);
	if (!s->lanes.on) {
		tw_lanes_ask_order(&s->lanes, p->arena, found, q);
		q->tag = tag_of(s->v, SUITES, ORDER);
		return true;
	}
	if (!tw_lanes_ask(&s->lanes, q, &lane))
		return false;
	q->tag = tag_of(s->v, LANES + lane, 0);
	return true;
}

/*
 * The codes of two lists that none has taken yet, and after them those that one has;
 * backwards where a question of their own, put meanwhile, begins at the other end.
 */
static struct tw_u16s
new_first(struct tw_arena *a, struct tw_u16s all, const struct tw_peel_list *l,
    const struct tw_peel_list *other, bool backwards)
{
	uint16_t *v = tw_arena_alloc(a, (all.n + 1) * sizeof(*v));
	size_t n = 0;

	for (int old = 0; old < 2; old++)
		for (size_t i = 0; i < all.n; i++) {
			uint16_t code = all.v[backwards ? all.n - 1 - i : i];
			bool left = false;

			for (size_t k = 0; k < l->left_n; k++)
				left |= l->left[k] == code;
			for (size_t k = 0; other != NULL && k < other->left_n; k++)
				left |= other->left[k] == code;
			if (left != (old != 0))
				v[n++] = code;
		}
	return (struct tw_u16s){ v, n };
}

/*
 * While suites are peeled, groups and schemes stand in the order that shows new ones
 * to a client whose order counts; none is missing, so the suites are what they would be.
 */
static void
ride(struct tw_probing *p, const struct version *s, struct tw_question *q)
{
	const struct tw_peel_list *second = s->peel[SECOND].list;

	if (s->v == TW_TLS13 || s->v == TW_SSL3 || s->peel[SECOND].ahead)
		return;
	q->hello.groups = new_first(p->arena, q->hello.groups, &second[0], NULL, false);
	if (s->v == TW_TLS12)
		q->hello.schemes = new_first(p->arena, q->hello.schemes, &second[1],
		    &s->peel[OTHERS].list[0], p->fastest_ms >= TW_FAR_MS);
}

/*
 * Before the second suite is looked for: all backwards, the first one last. Who follows
 * the client shows another, and that he does; who has an order takes his first again.
 * ChaCha20 stands behind the others, as some take it first where a client does.
 */
static bool
ask_order(struct tw_probing *p, struct version *s, struct tw_question *q)
{
	const struct tw_peel_list *l = &s->peel[SUITES].list[0];
	uint16_t *v = tw_arena_alloc(p->arena, (l->left_n + 1) * sizeof(*v));
	size_t n = 0;

	s->order_out = s->order_asked = true;
	base(p, s, q);
	ride(p, s, q);
	for (int chacha = 0; chacha < 2; chacha++)
		for (size_t i = l->left_n; i > 0; i--)
			if (tw_kinds_is_chacha(l->left[i - 1]) == (chacha != 0))
				v[n++] = l->left[i - 1];
	v[n++] = (uint16_t)p->facts->suites[s->v].codes.v[0];
	q->hello.suites = (struct tw_u16s){ v, n };
	q->tag = tag_of(s->v, SUITES, BACKWARDS);
	return true;
}

static void
hear_order(struct tw_probing *p, struct version *s, const struct tw_question *q,
    const struct tw_answer *a)
{
	struct tw_order_seen *seen = &p->order_seen[s->v];

	s->order_out = false;
	if (a->outcome != TW_GOT_FLIGHT)
		return;
	*seen = (struct tw_order_seen){ q->hello.suites, q->hello.groups, a->flight->suite,
		group_chosen(a->flight) };
	tw_peel_take(&s->peel[SUITES], p, 0, a->flight->suite);
	take_beside(p, s, a->flight);
}

/* Groups and schemes wait for the suites, which show them; not where a round is long, or a list. */
static void
hold_back(struct tw_probing *p, struct version *s)
{
	const struct tw_chosen *suites = &p->facts->suites[s->v];
	struct tw_peel_list *second = s->peel[SECOND].list;
	bool far = p->fastest_ms >= TW_FAR_MS, known = p->suites_known[s->v];
	bool now = known || s->plain_rides || s->peel[SECOND].ahead || (far && suites->codes.n >= TW_LANES_LONG);

	second[0].held = !now || (!known && !has(suites, tw_kinds_is_signed_ecdhe));
	second[1].held = !(now || far) || (!known && !has(suites, tw_kinds_is_rsa_ecdhe));
	s->peel[OTHERS].list[0].held = !now || (!known && !has(suites, tw_kinds_is_signed_by_others));
}

/* The suites that show what this list, or both, of SECOND has. */
static bool (*
suites_for(struct tw_probing *p, const struct version *s, int which))(const struct tw_suite *)
{
	int list = which > TW_PEEL_LISTS ? which - TW_PEEL_LISTS - 1 : which;
	bool rsa = has(&p->facts->suites[s->v], tw_kinds_is_rsa_ecdhe);

	if (list == 1)
		return tw_kinds_is_signed_by_rsa;
	return rsa ? tw_kinds_is_rsa_ecdhe : tw_kinds_is_ecdhe;
}

/*
 * No usual group is left, so a refusal is what we expect: with DHE suites added, it
 * says as well that there is no DHE without ffdhe groups, which the list has none of.
 */
static struct tw_u16s
add_dhe(struct tw_probing *p, struct version *s, struct tw_question *q, int which,
    struct tw_u16s suites)
{
	struct tw_u16s dhe = tw_suites_where(p->arena, q->hello.suites, tw_kinds_is_dhe);
	uint16_t *v;

	if (!s->plain_rides || which == 1 || (which == TW_PEEL_LISTS &&
	    s->peel[SECOND].list[1].joined))
		return suites;
	q->note = s;
	v = tw_arena_alloc(p->arena, (suites.n + dhe.n + 1) * sizeof(*v));
	memcpy(v, suites.v, suites.n * sizeof(*v));
	memcpy(v + suites.n, dhe.v, dhe.n * sizeof(*v));
	return (struct tw_u16s){ v, suites.n + dhe.n };
}

/* The question of one peel: a whole hello, which the peel then narrows. */
static bool
ask_peel(struct tw_probing *p, struct version *s, int peel, struct tw_question *q)
{
	struct tw_peel *l = &s->peel[peel];
	bool (*wanted)(const struct tw_suite *);
	int which;

	if (l->lists_n == 0 || tw_peel_is_done(l) || (peel == SUITES && s->order_out))
		return false;
	if (peel == SUITES && !s->order_asked && s->v != TW_TLS13 &&
	    !(p->fastest_ms >= TW_FAR_MS && p->facts->has_dialogue))
		return ask_order(p, s, q);
	base(p, s, q);
	q->want = TW_WANT_FLIGHT;
	if (s->v == TW_TLS13) {
		if (peel == SECOND)
			tw_hello_opened(p, q);
		else
			q->want = TW_WANT_HELLO;
	}
	l->ahead = p->fastest_ms >= TW_FAR_MS && p->facts->has_dialogue;
	if (s->v != TW_TLS13 && peel != SUITES)
		hold_back(p, s);
	if (!tw_peel_ask(l, q, &which))
		return false;
	if (peel == SUITES) {
		ride(p, s, q);
		if (s->v == TW_TLS13 && !s->burdened && which == TW_PEEL_LISTS) {
			s->burdened = p->rides_out = true;
			tw_hello_burdened(q);
		}
	} else if (s->v != TW_TLS13) {
		wanted = peel == OTHERS ? tw_kinds_is_signed_by_others : suites_for(p, s, which);
		q->hello.suites = add_dhe(p, s, q, which,
		    tw_suites_where(p->arena, q->hello.suites, wanted));
		if (wanted == tw_kinds_is_ecdhe && !s->bare_groups)
			keep_curve(p, q);
	}
	q->tag = tag_of(s->v, peel, which);
	return true;
}

static void
note_losses(struct tw_probing *p, const struct version *s, int peel)
{
	static const char *const names13[PEELS][2] = { { "suites", "groups" },
		{ "signature_schemes", NULL } };
	static const char *const names[PEELS][2] = { { "suites", NULL },
		{ "groups", "signature_schemes" }, { "signature_schemes", NULL } };
	char path[48];

	for (size_t i = 0; i < s->peel[peel].lists_n; i++) {
		const char *why = s->peel[peel].list[i].why;

		if (why == NULL)
			continue;
		snprintf(path, sizeof(path), "%s.%s", s->v == TW_TLS13 ? names13[peel][i]
		    : names[peel][i], tw_versions[s->v].id);
		tw_facts_untested(p->facts, path, TW_COULD_NOT_TEST, why);
	}
}

/* All suites are known: lists that none of them shows end here, unasked. */
static void
settle_second(struct tw_probing *p, struct version *s)
{
	const struct tw_chosen *suites = &p->facts->suites[s->v];
	struct tw_peel *l = &s->peel[SECOND];

	if (s->v == TW_TLS13 || l->lists_n == 0)
		return;
	/* No curve is ever shown; schemes still are, by DHE. */
	l->list[0].done |= !has(suites, tw_kinds_is_ecdhe);
	l->list[1].done |= !has(suites, tw_kinds_is_signed_by_rsa);
	s->peel[OTHERS].list[0].done |= !has(suites, tw_kinds_is_signed_by_others);
}

/*
 * GnuTLS gives DHE only to clients that list ffdhe groups, and RFC 7919 servers
 * with other primes only to those that do not: what is left is asked the other way too.
 */
static bool
asks_plain_dh(struct tw_probing *p, struct version *s)
{
	struct tw_peel_list *suites = &s->peel[SUITES].list[0], *groups = &s->peel[SECOND].list[0];

	if (s->v == TW_TLS13 || s->v == TW_SSL3 || s->plain_dh || s->no_plain_dh ||
	    suites->why != NULL || has(&p->facts->suites[s->v], tw_kinds_is_dhe))
		return false;
	if (!s->plain_asked && has(&p->facts->suites[s->v], tw_kinds_is_ecdhe) && !groups->done &&
	    tw_peel_is_spent(groups)) {
		s->plain_rides = true;
		return true;
	}
	s->plain_rides = false;
	s->plain_dh = s->lanes.on ? tw_lanes_give_back(&s->lanes, &s->peel[SUITES])
	    : suites->left_n > 0;
	suites->done = !s->plain_dh;
	return s->plain_dh;
}

static void
peel_ended(struct tw_probing *p, struct version *s, int peel)
{
	if (peel == SUITES && asks_plain_dh(p, s))
		return;
	note_losses(p, s, peel);
	if (peel == SUITES) {
		if (s->lanes.on || tw_order_seen(p, s->v, true) == TW_PREF_CLIENT)
			tw_lanes_sort(&p->facts->suites[s->v], tw_suites_of_version(s->v));
		p->suites_known[s->v] = true;
		settle_second(p, s);
	}
	if (peel == (s->v == TW_TLS13 ? SUITES : SECOND))
		p->groups_known[s->v] = true;
	/* Found in any order: several questions look for them side by side. */
	if (s->v == TW_TLS12 && peel != SUITES)
		tw_kinds_sort(p->facts->schemes[TW_TLS12].v, p->facts->schemes[TW_TLS12].n,
		    tw_schemes_of_version(TW_TLS12));
	if (peel == SECOND && s->follows)
		tw_lanes_sort(&p->facts->groups[s->v], tw_groups_of_version(s->v));
}

/* The answer to a question that DHE suites were added to; true: it was about them. */
static bool
hear_plain_dh(struct version *s, int which, const struct tw_answer *a)
{
	const struct tw_suite *suite = tw_suite_by_code(a->flight->suite);
	bool dhe = a->outcome == TW_GOT_FLIGHT && suite != NULL && tw_kinds_is_dhe(suite);

	s->plain_asked |= dhe || a->outcome != TW_GOT_FLIGHT;
	s->no_plain_dh |= a->outcome == TW_GOT_ALERT || a->outcome == TW_GOT_CLOSED;
	s->plain_rides &= !s->plain_asked;
	if (dhe)
		tw_peel_unask(&s->peel[SECOND], which);
	return dhe;
}

/*
 * Where rounds are long: is there any DHE for clients that list no ffdhe groups? A no
 * spares the round that peel_ended() would ask for; a yes leaves it to that.
 */
static bool
ask_plain_dh(struct tw_probing *p, struct version *s, struct tw_question *q)
{
	if (s->v == TW_TLS13 || s->v == TW_SSL3 || s->plain_asked || s->ended[SUITES] ||
	    !s->peel[SECOND].ahead || has(&p->facts->suites[s->v], tw_kinds_is_dhe))
		return false;
	s->plain_asked = true;
	base(p, s, q);
	q->hello.suites = tw_suites_where(p->arena, q->hello.suites, tw_kinds_is_dhe);
	q->hello.groups = tw_kinds_without_ffdhe(p->arena, q->hello.groups);
	q->tag = tag_of(s->v, SUITES, PLAIN);
	return true;
}

/* A server signs only after a share it takes: where the usual two led nowhere, the large ones. */
static void
try_large_shares(struct tw_probing *p, struct version *s)
{
	struct tw_peel_list *l = &s->peel[SECOND].list[0];

	if (s->v != TW_TLS13 || !l->done || l->why != NULL || p->facts->schemes[TW_TLS13].n > 0)
		return;
	if (p->share_set == TW_SHARES_USUAL) {
		p->share_set = TW_SHARES_LARGE;
		l->done = false;
	} else {
		l->why = "the server takes none of the groups we can compute (x25519, secp256r1, "
		    "secp384r1, secp521r1), so it signed nothing";
	}
}

/* ---- the probe ---- */

static const enum tw_version order[] = { TW_TLS12, TW_TLS13, TW_TLS11, TW_TLS10, TW_SSL3 };

static bool
ask(struct tw_probing *p, void *state, struct tw_question *q)
{
	struct lists *l = state;

	if (p->quick || (!l->hailed && p->facts->tls == TW_REACH_NONE))
		return false;
	for (size_t i = 0; i < TW_COUNT(order); i++) {
		struct version *s = &l->version[order[i]];

		s->v = order[i];
		s->all = l;
		if (s->known || s->out)
			continue;
		base(p, s, q);
		q->shares = s->v == TW_TLS13 ? TW_SHARES_USUAL : TW_SHARES_NONE;
		q->tag = tag_of(s->v, 0, PRESENCE);
		s->out = true;
		return true;
	}
	for (size_t i = 0; i < TW_COUNT(order); i++) {
		struct version *s = &l->version[order[i]];

		if (p->facts->protocols[s->v] != TW_YES)
			continue;
		for (int peel = 0; peel < PEELS; peel++)
			if (ask_peel(p, s, peel, q))
				return true;
		if (ask_lanes(p, s, q) || ask_plain_dh(p, s, q))
			return true;
	}
	return false;
}

/* A server that does not bear the burden is asked without; features.c finds out what it was. */
static bool
hear_endurance(struct tw_probing *p, const struct tw_answer *a)
{
	enum tw_check *f = p->facts->features;

	p->rides_out = false;
	if (a->outcome != TW_GOT_FLIGHT)
		return false;
	f[TW_FEAT_GREASE_TOLERANT] = TW_YES;
	if (f[TW_FEAT_LONG_HELLO_TOLERANT] != TW_NO)
		f[TW_FEAT_LONG_HELLO_TOLERANT] = TW_YES;
	return true;
}

/* The hail's answer shows one version, and in 1.3 the first of its lists. */
static void
hear_hail(struct tw_probing *p, struct lists *l, const struct tw_answer *a)
{
	int v = a->outcome == TW_GOT_FLIGHT ? tw_version_by_wire(a->flight->version) : -1;
	const struct tw_flight *f = a->flight;

	l->hailed = true;
	if (v < TW_SSL3)
		return;
	l->version[v].v = (enum tw_version)v;
	if (p->quick) {
		p->facts->protocols[v] = TW_YES;
		tw_facts_choose(p->facts, &p->facts->suites[v], f->suite);
		if (group_chosen(f) != 0)
			tw_facts_choose(p->facts, &p->facts->groups[v], group_chosen(f));
		return;
	}
	if (v == TW_TLS13)
		is_there(p, &l->version[v], f, true);
}

static void
hear(struct tw_probing *p, void *state, const struct tw_question *q, const struct tw_answer *a)
{
	struct lists *l = state;
	struct version *s;
	int peel;

	if (q->tag == TW_TAG_HAIL) {
		hear_hail(p, l, a);
		return;
	}
	s = &l->version[q->tag >> 8];
	peel = q->tag >> 4 & 15;
	if ((q->tag & 15) == PRESENCE) {
		hear_presence(p, s, a);
		end_waits(p, l);
	} else if ((q->tag & 15) == BACKWARDS) {
		hear_order(p, s, q, a);
	} else if ((q->tag & 15) == PLAIN) {
		s->no_plain_dh = a->outcome == TW_GOT_ALERT || a->outcome == TW_GOT_CLOSED;
	} else if ((q->tag & 15) == ORDER) {
		tw_lanes_hear_order(&s->lanes, a, &p->facts->suites[s->v], &s->peel[SUITES]);
	} else if (peel >= LANES) {
		tw_lanes_hear(&s->lanes, p, peel - LANES, a);
	} else if (q->hello.grease && !hear_endurance(p, a)) {
		tw_peel_unask(&s->peel[peel], q->tag & 15);
	} else if (q->note == NULL || !hear_plain_dh(s, q->tag & 15, a)) {
		tw_peel_hear(&s->peel[peel], p, q->tag & 15, a);
		if (peel == SUITES && a->outcome == TW_GOT_FLIGHT && !s->peel[SECOND].ahead)
			take_beside(p, s, a->flight);
		if (peel == SECOND) {
			try_large_shares(p, s);
			try_without_curve(p, s, a);
		}
	}
	p->versions_known = true;
	for (size_t i = 0; i < TW_COUNT(order); i++)
		p->versions_known &= l->version[order[i]].known;
	for (peel = 0; peel < PEELS; peel++)
		if (s->known && !s->ended[peel] && tw_peel_is_done(&s->peel[peel]) &&
		    (peel != SUITES || tw_lanes_are_done(&s->lanes,
		    &s->peel[SUITES], &s->peel[SUITES].list[0].why))) {
			peel_ended(p, s, peel);
			s->ended[peel] = tw_peel_is_done(&s->peel[peel]) &&
			    (peel != SUITES || !s->plain_rides);
		}
}

const struct tw_probe tw_probe_lists = { .name = "lists", .state_size = sizeof(struct lists),
	.ask = ask, .hear = hear };
