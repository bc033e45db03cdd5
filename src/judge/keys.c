/* Judges what a handshake's keys come from: groups, DH parameters, signature schemes. */
#include "data/group.h"
#include "data/scheme.h"
#include "judge/judgement.h"
#include "probe/infer.h"

static bool
is_ffdhe(const char *prime)
{
	return strncmp(prime, "ffdhe", 5) == 0;
}

static void
find_dh(struct tw_judge *j, const struct tw_dh *dh)
{
	const char *prime = dh->prime != NULL ? dh->prime : "unknown";
	bool known = strcmp(prime, "unknown") != 0;
	const char *subject = known ? tw_arena_fmt(j->arena, "DH %s", prime) :
	    tw_arena_fmt(j->arena, "DH %u bits", dh->bits);

	if (dh->bits == 0)
		return;
	if (dh->bits < j->policy->dh_bits) {
		struct tw_finding *f = tw_judge_find(j, TW_FINDING_WEAK_DH, subject, true,
		    "The server's Diffie-Hellman prime has %u bits; the least is %u.",
		    dh->bits, j->policy->dh_bits);

		tw_judge_weigh(j, f, dh->bits < 1024 ? TW_CRITICAL : TW_HIGH);
	}
	/* The groups of RFC 7919 are shared by design, and long enough to be. Logjam has the short. */
	if (known && !is_ffdhe(prime) && dh->bits > 1024)
		tw_judge_find(j, TW_FINDING_COMMON_DH_PRIME, subject, true,
		    "The server's Diffie-Hellman prime is one that many share: %s.", prime);
}

/* RFC 9325 4.5: no curve below 224 bits. */
#define WEAK_BITS 224

static void
find_weak_groups(struct tw_judge *j)
{
	const char *names = "";
	unsigned versions = 0;
	uint32_t met[64];
	size_t n = 0;

	for (int v = 0; v < TW_VERSIONS; v++)
		for (size_t i = 0; i < j->facts->groups[v].codes.n; i++) {
			uint32_t code = j->facts->groups[v].codes.v[i];
			const struct tw_group *g = tw_group_by_code((uint16_t)code);
			bool seen = false;

			if (g == NULL || g->post_quantum || g->bits == 0 || g->bits >= WEAK_BITS)
				continue;
			versions |= 1u << v;
			for (size_t k = 0; k < n; k++)
				seen = seen || met[k] == code;
			if (seen || n == TW_COUNT(met))
				continue;
			names = tw_arena_fmt(j->arena, "%s%s%s (%u bits)", names,
			    n == 0 ? "" : ", ", g->name, g->bits);
			met[n++] = code;
		}
	if (n > 0)
		tw_judge_find(j, TW_FINDING_WEAK_GROUP, "groups", true,
		    "The server accepts %s in %s.", names, tw_versions_tell(j->arena, versions));
}

static void
find_no_post_quantum(struct tw_judge *j)
{
	const struct tw_facts *f = j->facts;
	const char *names = "";

	if (f->quick || f->groups[TW_TLS13].codes.n == 0 ||
	    tw_infer_tested(f, "groups.TLSv1.3", NULL) != TW_YES)
		return;
	for (size_t i = 0; i < f->groups[TW_TLS13].codes.n; i++) {
		const struct tw_group *g = tw_group_by_code((uint16_t)f->groups[TW_TLS13].codes.v[i]);

		if (g == NULL)
			continue;
		if (g->post_quantum)
			return;
		names = tw_arena_fmt(j->arena, "%s%s%s", names, i == 0 ? "" : ", ", g->name);
	}
	tw_judge_find(j, TW_FINDING_NO_POST_QUANTUM, "groups", true,
	    "No hybrid group is accepted in TLSv1.3, only %s.", names);
}

static bool
is_old_hash(const struct tw_scheme *s)
{
	return strcmp(s->hash, "SHA1") == 0 || strcmp(s->hash, "MD5") == 0;
}

/*
 * The probe offers everything, then everything but what was chosen, and so on: the
 * list is in the server's order. An old hash that stands before a better one of the
 * same kind of key, or alone, was chosen over the better one on offer.
 */
static void
find_sha1_signature(struct tw_judge *j)
{
	const struct tw_facts *f = j->facts;

	for (size_t i = 0; i < f->schemes[TW_TLS12].n; i++) {
		const struct tw_scheme *s = tw_scheme_by_code(f->schemes[TW_TLS12].v[i]);
		bool better_before = false;

		if (s == NULL || !is_old_hash(s))
			continue;
		for (size_t k = 0; k < i; k++) {
			const struct tw_scheme *b = tw_scheme_by_code(f->schemes[TW_TLS12].v[k]);

			better_before = better_before || (b != NULL && !is_old_hash(b) &&
			    strncmp(b->key, s->key, 3) == 0);
		}
		if (!better_before)
			tw_judge_find(j, TW_FINDING_SHA1_HANDSHAKE_SIGNATURE, s->key, true,
			    "Offered better, the server signed its TLSv1.2 handshake with %s.",
			    s->name);
	}
}

void
tw_judge_keys(struct tw_judge *j)
{
	for (size_t i = 0; i < j->facts->dh.n; i++)
		find_dh(j, &j->facts->dh.v[i]);
	find_weak_groups(j);
	find_no_post_quantum(j);
	find_sha1_signature(j);
}
