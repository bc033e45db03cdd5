/*
 * The probes against a server that is a table: whatever it has, in whatever order
 * the answers come, near or far, the facts are what the table says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data/scheme.h"
#include "probe/hail.h"
#include "probe/notes.h"

struct list {
	uint16_t v[80];
	size_t n;
};

struct server {
	bool versions[TW_VERSIONS];
	struct list suites12, suites13, groups, schemes;
	bool own_order;			/* else the client's first that it has */
	bool chacha_first;		/* with an order of its own, but for clients that put ChaCha20 first */
	bool no_ffdhe_no_dhe;		/* as GnuTLS */
	bool ffdhe_no_dhe;		/* its prime is none of RFC 7919's, and it minds the RFC */
	bool ssl2_error;		/* speaks SSL 2.0, with no kind of its own */
	bool two_keys;			/* out of one key's schemes, it refuses rather than use the other */
	bool strict_alpn, bears_little;	/* alerts for a name nobody has; for GREASE and long hellos */
	unsigned limit;			/* questions answered before it is silent for good; 0: none */
	double ms;
	unsigned asked;
};

static bool
has(const uint16_t *v, size_t n, uint32_t code)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] == code)
			return true;
	return false;
}

static bool
is_chacha(uint32_t code)
{
	const struct tw_suite *s = tw_suite_by_code(code);

	return s != NULL && strcmp(s->cipher, "CHACHA20") == 0;
}

/* The schemes of an offer that go with the key of suite, where the server has two. */
static struct tw_u16s
schemes_of(const struct server *s, struct tw_u16s offer, const struct tw_suite *suite)
{
	static uint16_t v[100];
	size_t n = 0;

	if (!s->two_keys)
		return offer;
	for (size_t i = 0; i < offer.n; i++)
		if (strncmp(tw_scheme_by_code(offer.v[i])->key, suite->authentication, 3) == 0)
			v[n++] = offer.v[i];
	return (struct tw_u16s){ v, n };
}

/* What the server takes of an offer; 0: nothing. */
static uint16_t
take(const struct server *s, const struct list *mine, struct tw_u16s offer,
    bool (*may)(const struct server *s, const struct tw_question *q, uint16_t code),
    const struct tw_question *q)
{
	if (s->own_order && !(s->chacha_first && offer.n > 0 && is_chacha(offer.v[0]))) {
		for (size_t i = 0; i < mine->n; i++)
			if (has(offer.v, offer.n, mine->v[i]) && (may == NULL || may(s, q, mine->v[i])))
				return mine->v[i];
		return 0;
	}
	for (size_t i = 0; i < offer.n; i++)
		if (has(mine->v, mine->n, offer.v[i]) && (may == NULL || may(s, q, offer.v[i])))
			return offer.v[i];
	return 0;
}

/* ECDHE needs a curve both have, a signed exchange a scheme both have, GnuTLS' DHE ffdhe groups. */
static bool
may_be_used(const struct server *s, const struct tw_question *q, uint16_t code)
{
	const struct tw_suite *row = tw_suite_by_code(code);

	if (q->hello.version >= 0x0303 && strcmp(row->key_exchange, "RSA") != 0 &&
	    (s->two_keys ? schemes_of(s, q->hello.schemes, row).n == 0
	    : take(s, &s->schemes, q->hello.schemes, NULL, q) == 0))
		return false;
	if (strcmp(row->key_exchange, "ECDHE") == 0)
		return take(s, &s->groups, q->hello.groups, NULL, q) != 0;
	if (strcmp(row->key_exchange, "DHE") == 0 && (s->no_ffdhe_no_dhe || s->ffdhe_no_dhe))
		return has(q->hello.groups.v, q->hello.groups.n, 0x0100) == s->no_ffdhe_no_dhe;
	return true;
}

static enum tw_outcome
answer_13(struct server *s, const struct tw_question *q, struct tw_flight *f)
{
	f->suite = take(s, &s->suites13, q->hello.suites, NULL, q);
	f->group = take(s, &s->groups, q->hello.groups, NULL, q);
	f->verify_scheme = take(s, &s->schemes, q->hello.schemes, NULL, q);
	if (f->suite == 0 || f->group == 0 || f->verify_scheme == 0)
		return TW_GOT_ALERT;
	f->version = 0x0304;
	f->hello = true;
	if (q->shares == TW_SHARES_NONE || !has(tw_share_groups[q->shares], 2, f->group)) {
		f->retry = true;
		f->verify_scheme = 0;
	} else {
		f->done = f->opened = true;
	}
	return TW_GOT_FLIGHT;
}

static enum tw_outcome
answer_12(struct server *s, const struct tw_question *q, int v, struct tw_flight *f)
{
	const struct tw_suite *row;

	f->suite = take(s, &s->suites12, q->hello.suites, may_be_used, q);
	if (f->suite == 0)
		return TW_GOT_ALERT;
	row = tw_suite_by_code(f->suite);
	f->version = tw_versions[v].wire;
	f->hello = f->done = true;
	f->ske.present = strcmp(row->key_exchange, "RSA") != 0;
	if (strcmp(row->key_exchange, "ECDHE") == 0)
		f->ske.group = take(s, &s->groups, q->hello.groups, NULL, q);
	if (f->ske.present && v == TW_TLS12)
		f->ske.scheme = take(s, &s->schemes, schemes_of(s, q->hello.schemes, row), NULL, q);
	return f->ske.present && v == TW_TLS12 && f->ske.scheme == 0 ? TW_GOT_ALERT
	    : TW_GOT_FLIGHT;
}

static enum tw_outcome
answer(struct server *s, const struct tw_question *q, struct tw_flight *f)
{
	int v = -1;

	*f = (struct tw_flight){ 0 };
	if (s->limit > 0 && ++s->asked > s->limit)
		return TW_GOT_NOTHING;
	if (q->hello.ssl2) {
		f->ssl2_refused = s->ssl2_error;
		f->ssl2_error = 1;
		return s->ssl2_error ? TW_GOT_ALERT : TW_GOT_CLOSED;
	}
	f->alert = 40;
	if (s->bears_little && (q->hello.grease || q->hello.pad_to > 0))
		return TW_GOT_ALERT;
	if (s->strict_alpn && q->hello.alpn_n == 1 &&
	    strcmp(q->hello.alpn[0], "no-such-protocol") == 0) {
		f->alert = 120;
		return TW_GOT_ALERT;
	}
	if (s->versions[TW_TLS13] && has(q->hello.versions.v, q->hello.versions.n, 0x0304))
		return answer_13(s, q, f);
	for (int i = TW_SSL3; i <= TW_TLS12; i++)
		if (s->versions[i] && tw_versions[i].wire <= q->hello.version &&
		    (q->hello.versions.n == 0 ||
		    has(q->hello.versions.v, q->hello.versions.n, tw_versions[i].wire)))
			v = i;
	f->alert = 70;
	return v < 0 ? TW_GOT_ALERT : answer_12(s, q, v, f);
}

/* Up to eight questions on their way, answered in any order; returns how many there were. */
static unsigned
examine(struct server *s, struct tw_facts *f, unsigned seed)
{
	struct flying { size_t probe; struct tw_question q; } out[8];
	struct tw_probing p = { .facts = f, .arena = f->arena, .sni = "a.test",
		.share_set = TW_SHARES_USUAL };
	void *states[16];
	size_t probes = 0, flying = 0;
	unsigned questions = 1;

	while (tw_probes[probes] != NULL) {
		states[probes] = tw_arena_alloc(f->arena, tw_probes[probes]->state_size + 1);
		probes++;
	}
	tw_hail(&out[0].q);
	out[0].probe = 0;
	flying = 1;
	srand(seed);
	while (flying > 0) {
		struct tw_flight flight;
		size_t i = (size_t)rand() % flying;
		struct flying one = out[i];
		struct tw_answer a = { answer(s, &one.q, &flight), &flight, "it is silent", s->ms };

		out[i] = out[--flying];
		tw_notes_take(&p, &one.q, &a);
		tw_probes[one.probe]->hear(&p, states[one.probe], &one.q, &a);
		for (size_t k = 0; k < probes && flying < 8;) {
			out[flying].q = (struct tw_question){ 0 };
			out[flying].probe = k;
			if (tw_probes[k]->ask(&p, states[k], &out[flying].q))
				flying++, questions++;
			else
				k++;
		}
		assert_true(questions < 1500);
	}
	return questions;
}

static int
compare(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static void
check_list(const struct server *s, const struct tw_chosen *found, struct list want)
{
	uint16_t got[80];

	assert_int_equal(found->codes.n, want.n);
	for (size_t i = 0; i < want.n; i++)
		got[i] = (uint16_t)found->codes.v[i];
	if (!s->own_order) {
		qsort(got, want.n, sizeof(*got), compare);
		qsort(want.v, want.n, sizeof(*want.v), compare);
	}
	for (size_t i = 0; i < want.n; i++)
		assert_int_equal(got[i], want.v[i]);
	if (want.n == 1)
		assert_int_equal(found->preference, TW_PREF_SINGLE);
	else
		assert_int_equal(found->preference, !s->own_order ? TW_PREF_CLIENT
		    : TW_PREF_SERVER);
}

/* Some schemes are not for TLS 1.3's handshakes. */
static size_t
schemes_in(const struct server *s, int v)
{
	size_t n = 0;

	for (size_t i = 0; i < s->schemes.n; i++)
		n += v < TW_TLS13 || tw_scheme_by_code(s->schemes.v[i])->tls13;
	return n;
}

static const struct server servers[] = {
	{ .versions = { [TW_TLS12] = true, [TW_TLS13] = true },
	    .suites12 = { { 0xc02f, 0xc030, 0xcca8 }, 3 },
	    .suites13 = { { 0x1302, 0x1303, 0x1301 }, 3 },
	    .groups = { { 29, 23, 30, 25, 24 }, 5 },
	    .schemes = { { 0x0804, 0x0805, 0x0806 }, 3 } },
	{ .versions = { [TW_TLS10] = true, [TW_TLS11] = true, [TW_TLS12] = true },
	    .suites12 = { { 0x0035, 0xc014, 0xc013, 0x002f, 0x0033, 0xc02f, 0x000a, 0x0005, 0x0041,
		0x0084, 0x0016, 0xc012 }, 12 },
	    .groups = { { 24, 23 }, 2 }, .schemes = { { 0x0401, 0x0201, 0x0804 }, 3 } },
	{ .versions = { [TW_TLS12] = true }, .no_ffdhe_no_dhe = true,
	    .suites12 = { { 0x009e, 0x0033, 0xc02f, 0x009f, 0x0039, 0xc030, 0xcca8, 0xccaa, 0x002f,
		0x0035, 0x003c, 0x003d, 0xc013, 0xc014, 0xc027, 0xc028, 0x0067, 0x006b, 0xc0ac,
		0xc0ad }, 20 },
	    .groups = { { 23, 24, 25 }, 3 }, .schemes = { { 0x0401, 0x0501, 0x0601, 0x0804 }, 4 } },
	{ .versions = { [TW_TLS12] = true }, .ffdhe_no_dhe = true,
	    .suites12 = { { 0xc02f, 0xc030, 0xcca8, 0x002f, 0x0035, 0x003c, 0x003d, 0xc013, 0xc014,
		0xc027, 0xc028, 0x0067, 0x006b, 0x009e, 0x0033, 0x009f, 0x0039, 0xccaa }, 18 },
	    .groups = { { 23, 24, 25 }, 3 }, .schemes = { { 0x0401, 0x0501, 0x0601, 0x0804 }, 4 } },
	{ .versions = { [TW_TLS13] = true }, .suites13 = { { 0x1301 }, 1 },
	    .groups = { { 0x11ec, 29 }, 2 }, .schemes = { { 0x0403 }, 1 } },
	{ .versions = { [TW_TLS13] = true }, .suites13 = { { 0x1302, 0x1301 }, 2 },
	    .groups = { { 24, 0x0101 }, 2 }, .schemes = { { 0x0503 }, 1 } },
	/* A modern web server with two certificates, as OpenSSL 3.5 plays it. */
	{ .versions = { [TW_TLS12] = true, [TW_TLS13] = true }, .two_keys = true,
	    .suites12 = { { 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8 }, 6 },
	    .suites13 = { { 0x1302, 0x1303, 0x1301 }, 3 },
	    .groups = { { 29, 23, 30, 25, 24 }, 5 },
	    .schemes = { { 0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601,
		0x0303, 0x0301 }, 11 } },
	{ .versions = { [TW_SSL3] = true }, .suites12 = { { 0x0005, 0x0035, 0x000a }, 3 } },
};

static void
test_facts_are_the_table(void **state)
{
	(void)state;
	for (unsigned run = 0; run < TW_COUNT(servers) * 40; run++) {
		struct server s = servers[run % TW_COUNT(servers)];
		struct tw_facts *f = tw_facts_new("a.test");

		s.own_order = run / TW_COUNT(servers) % 2 != 0;
		s.ms = run / TW_COUNT(servers) % 4 < 2 ? 1 : 40;
		f->has_dialogue = run / TW_COUNT(servers) % 3 == 0;	/* a round is long */
		s.bears_little = run / TW_COUNT(servers) % 5 == 0;
		examine(&s, f, run);
		for (int v = TW_SSL3; v <= TW_TLS13; v++) {
			assert_int_equal(f->protocols[v], s.versions[v] ? TW_YES : TW_NO);
			if (!s.versions[v])
				continue;
			check_list(&s, &f->suites[v], v == TW_TLS13 ? s.suites13 : s.suites12);
			if (v > TW_SSL3)
				check_list(&s, &f->groups[v], s.groups);
			if (v >= TW_TLS12)
				assert_int_equal(f->schemes[v].n, schemes_in(&s, v));
		}
		if (s.versions[TW_TLS12] || s.versions[TW_TLS13])
			assert_int_equal(f->features[TW_FEAT_GREASE_TOLERANT],
			    s.bears_little ? TW_NO : TW_YES);
		if (!s.bears_little)
			assert_int_equal(f->untested.n, 0);
		tw_facts_free(f);
	}
}

/* A modern server costs 40 connections at most: these, two for certificates, the session inside. */
static void
test_modern_is_cheap(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 20; seed++) {
		struct server s = servers[6];
		struct tw_facts *f = tw_facts_new("a.test");

		assert_true(s.two_keys);
		s.ms = seed % 2 != 0 ? 40 : 1;
		s.strict_alpn = true;
		assert_true(examine(&s, f, seed) <= 37);
		tw_facts_free(f);
	}
}

static void
test_chacha_first_is_told_apart(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		bool first = i % 2 != 0;
		struct server s = servers[0];
		struct tw_facts *f = tw_facts_new("a.test");

		s.own_order = true;
		s.chacha_first = first;
		s.ms = i / 2 % 2 != 0 ? 40 : 1;
		f->has_dialogue = i / 4 != 0;
		examine(&s, f, 7);
		assert_int_equal(f->suites[TW_TLS12].preference,
		    first ? TW_PREF_SERVER_CHACHA : TW_PREF_SERVER);
		assert_int_equal(f->suites[TW_TLS13].preference,
		    first ? TW_PREF_SERVER_CHACHA : TW_PREF_SERVER);
		tw_facts_free(f);
	}
}

/* A server that falls silent for good leaves "could not test" behind it, never "no". */
static void
test_silence_is_no_no(void **state)
{
	(void)state;
	for (unsigned limit = 1; limit < 40; limit++) {
		struct server s = servers[limit % 3];
		struct tw_facts *f = tw_facts_new("a.test");

		s.limit = limit;
		s.ms = limit % 2 ? 1 : 40;
		examine(&s, f, limit);
		for (int v = TW_SSL3; v <= TW_TLS13; v++)
			if (s.versions[v])
				assert_int_not_equal(f->protocols[v], TW_NO);
			else
				assert_int_not_equal(f->protocols[v], TW_YES);
		if (s.asked > s.limit)
			assert_int_not_equal(f->untested.n, 0);
		tw_facts_free(f);
	}
}

/* Whoever answers with an SSL 2.0 ERROR speaks SSL 2.0; its kinds stay unknown. */
static void
test_ssl2_error_is_ssl2(void **state)
{
	struct server s = servers[1];
	struct tw_facts *f = tw_facts_new("a.test");

	(void)state;
	s.ssl2_error = true;
	examine(&s, f, 5);
	f->tls = TW_REACH_TLS;
	tw_facts_infer(f);
	assert_int_equal(f->protocols[TW_SSL2], TW_YES);
	assert_int_equal(f->suites[TW_SSL2].codes.n, 0);
	assert_int_equal(f->untested.n, 2);	/* and DROWN, which the kinds would tell */
	assert_string_equal(f->untested.v[0].path, "suites.SSLv2");
	assert_int_equal(f->attacks[TW_ATTACK_DROWN], TW_COULD_NOT_TEST);
	tw_facts_free(f);
}

static void
test_strict_alpn(void **state)
{
	(void)state;
	for (int strict = 0; strict < 2; strict++) {
		struct server s = servers[0];
		struct tw_facts *f = tw_facts_new("a.test");

		s.strict_alpn = strict != 0;
		examine(&s, f, 3);
		assert_int_equal(f->features[TW_FEAT_STRICT_ALPN], strict ? TW_YES : TW_NO);
		tw_facts_free(f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts_are_the_table),
		cmocka_unit_test(test_modern_is_cheap),
		cmocka_unit_test(test_chacha_first_is_told_apart),
		cmocka_unit_test(test_silence_is_no_no),
		cmocka_unit_test(test_ssl2_error_is_ssl2),
		cmocka_unit_test(test_strict_alpn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
