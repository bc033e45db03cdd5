/*
 * judgement.h -- what the files of this folder share: the judgements' functions
 * (one file each, one word in meson.build), and helpers to say what they found.
 */
#ifndef TW_JUDGE_JUDGEMENT_H
#define TW_JUDGE_JUDGEMENT_H

#include "base/buf.h"
#include "data/suite.h"
#include "judge/judge.h"

#define X(name) void tw_judge_##name(struct tw_judge *j);
#include "judge/judgements.def"
#undef X

/*
 * Sets what size or step makes of f's severity (a weak key's bits, an expiry's
 * step), unless the policy or the context has said how bad it is.
 */
void tw_judge_weigh(struct tw_judge *j, struct tw_finding *f, enum tw_severity severity);

/* Marks what waivers excuse, and finds those whose day is over (waiver.c). */
void tw_waiver_apply(struct tw_judge *j, const struct tw_waivers *waivers);

/* The verdict from the findings and what could not be tested (verdict.c). */
enum tw_verdict tw_verdict_reach(const struct tw_facts *f, const struct tw_judgement *jm,
    enum tw_severity fail_on);

/* Every suite that which() picks, of all versions, once each and by code: for evidence. */
struct tw_suite_hits {
	const struct tw_suite *v[16];
	size_t n, more;		/* more: so many beyond those kept */
	unsigned versions;	/* a bit for each version met */
};
typedef bool tw_suite_test(const void *ctx, enum tw_version v, const struct tw_suite *s);
void tw_suites_collect(const struct tw_facts *f, tw_suite_test *which, const void *ctx,
    struct tw_suite_hits *ret);
/* "A, B and 3 more in TLSv1.0 and TLSv1.2", in arena memory. */
const char *tw_suites_tell(struct tw_arena *a, const struct tw_suite_hits *hits);
/* "TLSv1.0, TLSv1.1 and TLSv1.2" of a set of version bits, in arena memory. */
const char *tw_versions_tell(struct tw_arena *a, unsigned versions);
/* Every list of suites that should be there is there and whole: absence counts. */
bool tw_suites_are_known(const struct tw_facts *f);

/* What findings about a certificate are about: "RSA certificate CN=…", escaped. */
const char *tw_certificate_subject(struct tw_judge *j, const struct tw_certificate *c);
/*
 * The client that asks for the host's name is given this certificate. Others
 * (the default one, the one for unknown names) are not held against the host.
 */
bool tw_certificate_is_hosts(const struct tw_facts *f, const struct tw_certificate *c);

#endif
