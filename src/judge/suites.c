/* Judges the cipher suites: the broken, the old, what is missing, and who chooses. */
#include <stdio.h>
#include <stdlib.h>

#include "judge/judgement.h"
#include "probe/infer.h"

static bool
is(const char *word, const char *wanted)
{
	return strcmp(word, wanted) == 0;
}

/* A cipher so weak that nothing else about the suite matters has an id of its own. */
static bool
has_broken_cipher(const struct tw_suite *s)
{
	return s->export || is(s->cipher, "NULL") || is(s->cipher, "RC4") ||
	    is(s->cipher, "RC2") || is(s->cipher, "DES") || is(s->cipher, "3DES");
}

static bool
is_null(const struct tw_suite *s)
{
	return is(s->cipher, "NULL") && !s->signalling;
}

static bool
is_anonymous(const struct tw_suite *s)
{
	return is(s->authentication, "anon");
}

static bool
is_export(const struct tw_suite *s)
{
	return s->export;
}

static bool
is_rc4(const struct tw_suite *s)
{
	return is(s->cipher, "RC4");
}

static bool
is_rc2(const struct tw_suite *s)
{
	return is(s->cipher, "RC2");
}

static bool
is_des(const struct tw_suite *s)
{
	return is(s->cipher, "DES");
}

static bool
is_3des(const struct tw_suite *s)
{
	return is(s->cipher, "3DES");
}

static bool
is_cbc_sha1(const struct tw_suite *s)
{
	return is(s->mode, "CBC") && is(s->mac, "SHA1") && !has_broken_cipher(s);
}

static bool
is_ccm8(const struct tw_suite *s)
{
	return is(s->mode, "CCM_8");
}

/* SSL 2.0 has nothing else, and is a finding as a whole. */
static bool
is_static_rsa(const struct tw_suite *s)
{
	return is(s->key_exchange, "RSA") && !s->ssl2 && !s->export;
}

static const struct kind {
	enum tw_finding_id id;
	bool (*is)(const struct tw_suite *s);
} kinds[] = {
	{ TW_FINDING_NULL_SUITE, is_null },
	{ TW_FINDING_ANONYMOUS_SUITE, is_anonymous },
	{ TW_FINDING_EXPORT_SUITE, is_export },
	{ TW_FINDING_RC4_SUITE, is_rc4 },
	{ TW_FINDING_RC2_SUITE, is_rc2 },
	{ TW_FINDING_DES_SUITE, is_des },
	{ TW_FINDING_TRIPLE_DES_SUITE, is_3des },
	{ TW_FINDING_CBC_SHA1_SUITE, is_cbc_sha1 },
	{ TW_FINDING_CCM8_SUITE, is_ccm8 },
	{ TW_FINDING_STATIC_RSA_SUITE, is_static_rsa },
};

size_t
tw_suites_faults(const struct tw_suite *s, enum tw_finding_id *ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < TW_COUNT(kinds) && n < max; i++)
		if (kinds[i].is(s))
			ret[n++] = kinds[i].id;
	return n;
}

/* Sorted by code, so that the words do not depend on the order a server happened to take. */
static void
hit(struct tw_suite_hits *h, const struct tw_suite *s)
{
	size_t at = 0;

	while (at < h->n && h->v[at]->code < s->code)
		at++;
	if (at < h->n && h->v[at]->code == s->code)
		return;
	if (h->n == TW_COUNT(h->v)) {
		h->more++;
		if (at == h->n)
			return;
		h->n--;
	}
	memmove(&h->v[at + 1], &h->v[at], (h->n - at) * sizeof(h->v[0]));
	h->v[at] = s;
	h->n++;
}

static bool
is_first_met(const struct tw_facts *f, tw_suite_test *which, const void *ctx, int v,
    const struct tw_suite *s)
{
	for (int u = 0; u < v; u++)
		for (size_t i = 0; i < f->suites[u].codes.n; i++)
			if (f->suites[u].codes.v[i] == s->code &&
			    which(ctx, (enum tw_version)u, s))
				return false;
	return true;
}

void
tw_suites_collect(const struct tw_facts *f, tw_suite_test *which, const void *ctx,
    struct tw_suite_hits *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (int v = 0; v < TW_VERSIONS; v++)
		for (size_t i = 0; i < f->suites[v].codes.n; i++) {
			const struct tw_suite *s = tw_suite_by_code(f->suites[v].codes.v[i]);

			if (s == NULL || !which(ctx, (enum tw_version)v, s))
				continue;
			ret->versions |= 1u << v;
			if (is_first_met(f, which, ctx, v, s))
				hit(ret, s);
		}
}

#define TOLD 4		/* suites named in a sentence; the lists have them all */

const char *
tw_suites_tell(struct tw_arena *a, const struct tw_suite_hits *h)
{
	size_t told = h->n < TOLD ? h->n : TOLD, more = h->n - told + h->more;
	const char *s = "";

	for (size_t i = 0; i < told; i++)
		s = tw_arena_fmt(a, "%s%s%s", s,
		    i == 0 ? "" : i + 1 == told && more == 0 ? " and " : ", ", h->v[i]->name);
	if (more > 0)
		s = tw_arena_fmt(a, "%s and %zu more", s, more);
	return tw_arena_fmt(a, "%s in %s", s, tw_versions_tell(a, h->versions));
}

static bool
is_of_kind(const void *ctx, enum tw_version v, const struct tw_suite *s)
{
	(void)v;
	return ((const struct kind *)ctx)->is(s);
}

static void
find_kinds(struct tw_judge *j)
{
	for (size_t i = 0; i < TW_COUNT(kinds); i++) {
		struct tw_suite_hits hits;

		tw_suites_collect(j->facts, is_of_kind, &kinds[i], &hits);
		if (hits.n > 0)
			tw_judge_find(j, kinds[i].id, "cipher suites", true,
			    "The server accepts %s.", tw_suites_tell(j->arena, &hits));
	}
}

bool
tw_suites_are_known(const struct tw_facts *f)
{
	char path[40];
	bool any = false;

	if (f->quick)
		return false;
	for (int v = 0; v < TW_VERSIONS; v++) {
		if (f->protocols[v] == TW_COULD_NOT_TEST)
			return false;
		if (f->protocols[v] != TW_YES || v == TW_SSL2)
			continue;
		snprintf(path, sizeof(path), "suites.%s", tw_versions[v].id);
		if (f->suites[v].codes.n == 0 || tw_infer_tested(f, path, NULL) != TW_YES)
			return false;
		any = true;
	}
	return any;
}

static bool
has_forward_secrecy(const void *ctx, enum tw_version v, const struct tw_suite *s)
{
	(void)ctx;
	(void)v;
	return s->forward_secrecy || s->tls13;
}

static bool
has_aead(const void *ctx, enum tw_version v, const struct tw_suite *s)
{
	(void)ctx;
	(void)v;
	return s->aead || s->tls13;
}

static bool
is_there(const void *ctx, enum tw_version v, const struct tw_suite *s)
{
	(void)ctx;
	(void)v;
	(void)s;
	return true;
}

/* Absence is only known where every list is whole. */
static void
find_lacks(struct tw_judge *j)
{
	struct tw_suite_hits good, all;

	if (!tw_suites_are_known(j->facts))
		return;
	tw_suites_collect(j->facts, is_there, NULL, &all);
	tw_suites_collect(j->facts, has_forward_secrecy, NULL, &good);
	if (good.n == 0)
		tw_judge_find(j, TW_FINDING_NO_FORWARD_SECRECY, "cipher suites", true,
		    "No suite with an ephemeral key exchange is accepted, only %s.",
		    tw_suites_tell(j->arena, &all));
	tw_suites_collect(j->facts, has_aead, NULL, &good);
	if (good.n == 0)
		tw_judge_find(j, TW_FINDING_NO_AEAD, "cipher suites", true,
		    "No suite with authenticated encryption is accepted, only %s.",
		    tw_suites_tell(j->arena, &all));
}

static bool
has_code(struct tw_u16s list, uint32_t code)
{
	for (size_t i = 0; i < list.n; i++)
		if (list.v[i] == code)
			return true;
	return false;
}

/* Who chooses matters where there is something bad to choose. */
static void
find_no_preference(struct tw_judge *j)
{
	const struct tw_facts *f = j->facts;
	unsigned versions = 0;
	bool weak = false;
	struct tw_finding *finding;

	if (j->policy->client_order)
		return;
	for (int v = TW_SSL3; v < TW_TLS13; v++) {
		if (f->suites[v].preference != TW_PREF_CLIENT || f->suites[v].codes.n < 2)
			continue;
		versions |= 1u << v;
		for (size_t i = 0; i < f->suites[v].codes.n; i++)
			weak = weak || (!has_code(j->policy->suites, f->suites[v].codes.v[i]) &&
			    !has_code(j->policy->tolerated_suites, f->suites[v].codes.v[i]));
	}
	if (versions == 0)
		return;
	finding = tw_judge_find(j, TW_FINDING_NO_SERVER_PREFERENCE, "cipher suites", true,
	    "The server takes the client's first suite that it has in %s%s.",
	    tw_versions_tell(j->arena, versions), weak ? ", weak ones among them" : "");
	if (weak)
		tw_judge_weigh(j, finding, TW_LOW);
}

void
tw_judge_suites(struct tw_judge *j)
{
	find_kinds(j);
	find_lacks(j);
	find_no_preference(j);
}
