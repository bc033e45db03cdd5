/*
 * Whose order decides? The server's own list is offered backwards: one that has
 * an order still takes its first. ChaCha20 stands last in it, for some servers
 * put it first as soon as a client does; that is asked apart.
 */
#include "probe/hail.h"

#include <stdio.h>

enum { BACKWARDS, CHACHA_FIRST, GROUPS_ALONE, ASKS };

struct version {
	bool asked[ASKS], heard[ASKS];
	bool takes_chacha;	/* where a client puts it first */
};

struct preference {
	struct version version[TW_VERSIONS];
};

static bool
is_chacha(uint32_t code)
{
	const struct tw_suite *s = tw_suite_by_code(code);

	return s != NULL && strcmp(s->cipher, "CHACHA20") == 0;
}

static bool
is_ecdhe(const struct tw_suite *s)
{
	return strncmp(s->key_exchange, "ECDHE", 5) == 0;
}

/* The list backwards, but ChaCha20 last; or, chacha_first, as it is with ChaCha20 first. */
static struct tw_u16s
arranged(struct tw_arena *a, const struct tw_chosen *list, bool chacha_first)
{
	size_t n = list->codes.n, out = 0;
	uint16_t *v = tw_arena_alloc(a, (n + 1) * sizeof(*v));

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < n; i++) {
			uint32_t code = list->codes.v[chacha_first ? i : n - 1 - i];

			if (is_chacha(code) == ((pass == 0) == chacha_first))
				v[out++] = (uint16_t)code;
		}
	return (struct tw_u16s){ v, out };
}

/*
 * The groups found, backwards, then all others: GnuTLS has DHE only for clients
 * that list ffdhe groups, so taking those away would change what is chosen from.
 */
static struct tw_u16s
backwards_first(struct tw_arena *a, const struct tw_chosen *found, struct tw_u16s all)
{
	struct tw_u16s mine = arranged(a, found, false);
	uint16_t *v = tw_arena_alloc(a, (mine.n + all.n) * sizeof(*v));
	size_t n = mine.n;

	memcpy(v, mine.v, mine.n * sizeof(*v));
	for (size_t i = 0; i < all.n; i++) {
		size_t k = 0;

		while (k < mine.n && mine.v[k] != all.v[i])
			k++;
		if (k == mine.n)
			v[n++] = all.v[i];
	}
	return (struct tw_u16s){ v, n };
}

static bool
ask_one(struct tw_probing *p, struct version *s, enum tw_version v, int which,
    struct tw_question *q)
{
	struct tw_facts *f = p->facts;

	s->asked[which] = true;
	tw_hello_of_version(p, q, v);
	q->want = v == TW_TLS13 ? TW_WANT_HELLO : TW_WANT_FLIGHT;
	q->tag = (int)v << 4 | which;
	q->hello.suites = arranged(p->arena, &f->suites[v], which == CHACHA_FIRST);
	if (which == GROUPS_ALONE)
		q->hello.suites = tw_suites_where(p->arena, q->hello.suites, is_ecdhe);
	if (f->groups[v].codes.n > 1)
		q->hello.groups = backwards_first(p->arena, &f->groups[v], q->hello.groups);
	return true;
}

/* ChaCha20 is among the suites, and not the server's first. */
static bool
has_later_chacha(const struct tw_chosen *suites)
{
	for (size_t i = 1; i < suites->codes.n; i++)
		if (is_chacha(suites->codes.v[i]))
			return !is_chacha(suites->codes.v[0]);
	return false;
}

/* The lists were told by questions that show whose order it is. */
static bool
is_seen(struct tw_probing *p, enum tw_version v, bool suites,
    bool groups)
{
	enum tw_preference of_suites = tw_order_seen(p, v, true), of_groups =
	    tw_order_seen(p, v, false);

	if ((suites && of_suites == TW_PREF_UNKNOWN) || (groups && of_groups == TW_PREF_UNKNOWN))
		return false;
	if (suites)
		p->facts->suites[v].preference = of_suites;
	if (groups)
		p->facts->groups[v].preference = of_groups;
	return suites || groups;
}

/* A suite that shows no group may be taken: groups must then be asked for alone. */
static bool
has_other_kx(const struct tw_chosen *suites)
{
	for (size_t i = 0; i < suites->codes.n; i++) {
		const struct tw_suite *s = tw_suite_by_code(suites->codes.v[i]);

		if (s != NULL && !is_ecdhe(s))
			return true;
	}
	return false;
}

static bool
ask_version(struct tw_probing *p, struct version *s, enum tw_version v, struct tw_question *q)
{
	struct tw_facts *f = p->facts;
	bool suites = f->suites[v].codes.n > 1, groups = f->groups[v].codes.n > 1;
	/* Far away a question is cheaper than a round: all are put before an answer can spare one. */
	bool far = p->fastest_ms >= TW_FAR_MS;

	if (!s->asked[BACKWARDS] && is_seen(p, v, suites, groups))
		s->asked[BACKWARDS] = s->heard[BACKWARDS] = true;
	if (!s->asked[BACKWARDS] && (suites || groups))
		return ask_one(p, s, v, BACKWARDS, q);
	if (!s->heard[BACKWARDS] && !far)
		return false;
	if (!s->asked[CHACHA_FIRST] && has_later_chacha(&f->suites[v]) &&
	    (f->suites[v].preference == TW_PREF_SERVER ||
	    (!s->heard[BACKWARDS] && far && f->has_dialogue)))
		return ask_one(p, s, v, CHACHA_FIRST, q);
	if (!s->asked[GROUPS_ALONE] && groups &&
	    (s->heard[BACKWARDS] ? f->groups[v].preference == TW_PREF_UNKNOWN
	    : v != TW_TLS13 && has_other_kx(&f->suites[v])))
		return ask_one(p, s, v, GROUPS_ALONE, q);
	return false;
}

static bool
ask(struct tw_probing *p, void *state, struct tw_question *q)
{
	struct preference *s = state;
	struct tw_facts *f = p->facts;

	for (int v = TW_TLS13; v >= TW_SSL3; v--) {
		if (f->protocols[v] != TW_YES || !p->suites_known[v] || !p->groups_known[v])
			continue;
		if (f->suites[v].codes.n == 1)
			f->suites[v].preference = TW_PREF_SINGLE;
		if (f->groups[v].codes.n == 1)
			f->groups[v].preference = TW_PREF_SINGLE;
		if (ask_version(p, &s->version[v], (enum tw_version)v, q))
			return true;
	}
	return false;
}

/* What the choice from a list that was offered backwards says. */
static enum tw_preference
weigh(const struct tw_chosen *list, struct tw_u16s offered, uint32_t choice)
{
	if (list->codes.n < 2 || choice == 0)
		return list->preference;
	if (choice == list->codes.v[0])
		return TW_PREF_SERVER;
	return choice == offered.v[0] ? TW_PREF_CLIENT : list->preference;
}

static void
hear(struct tw_probing *p, void *state, const struct tw_question *q, const struct tw_answer *a)
{
	struct preference *s = state;
	enum tw_version v = (enum tw_version)(q->tag >> 4);
	struct tw_facts *f = p->facts;
	int which = q->tag & 15;
	char path[64];

	s->version[v].heard[which] = true;
	if (a->outcome != TW_GOT_FLIGHT) {
		if (which != CHACHA_FIRST) {
			snprintf(path, sizeof(path), "suites.%s.preference", tw_versions[v].id);
			tw_facts_untested(f, path, TW_COULD_NOT_TEST, a->why != NULL ? a->why
			    : "the server refused its own list offered backwards");
		}
		return;
	}
	if (which == CHACHA_FIRST) {
		s->version[v].takes_chacha = is_chacha(a->flight->suite);
	} else if (which == BACKWARDS) {
		f->suites[v].preference = weigh(&f->suites[v], q->hello.suites, a->flight->suite);
	}
	/* A client's-order server takes what stands first, ChaCha20 too: that says nothing. */
	if (s->version[v].takes_chacha && f->suites[v].preference == TW_PREF_SERVER)
		f->suites[v].preference = TW_PREF_SERVER_CHACHA;
	if (which == CHACHA_FIRST)
		return;
	f->groups[v].preference = weigh(&f->groups[v], q->hello.groups, a->flight->ske.present
	    ? a->flight->ske.group : a->flight->group);
}

const struct tw_probe tw_probe_preference = { .name = "preference",
	.state_size = sizeof(struct preference), .ask = ask, .hear = hear };
