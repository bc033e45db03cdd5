/*
 * policy.h -- what is right, as data: immutable, dated. audit judges by it,
 * config will write it, serve will speak it.
 */
#ifndef TW_DATA_POLICY_H
#define TW_DATA_POLICY_H

#include <stdbool.h>

#include "base/bytes.h"
#include "data/finding.h"
#include "data/version.h"

struct tw_policy_severity {
	enum tw_finding_id id;
	enum tw_severity severity;
};

struct tw_policy {
	const char *name;		/* "tlswright-2026.11" */
	const char *short_name;		/* "tlswright": the newest dated one */
	const char *title;
	bool versions[TW_VERSIONS];	/* allowed */
	bool required[TW_VERSIONS];	/* must be offered */
	bool client_order;		/* the client's order is wanted: every suite is good */
	struct tw_u16s suites;		/* preferred, in this order, 1.3 first */
	struct tw_u16s tolerated_suites;	/* not preferred, no finding by themselves */
	struct tw_u16s groups, tolerated_groups;
	struct tw_u16s schemes;
	unsigned rsa_bits, ec_bits, dh_bits;	/* least */
	unsigned max_validity_days;	/* 0: the CA/Browser Forum's for the date */
	long hsts_seconds;
	/* How bad each finding is here, where the row of findings.def does not say it. */
	const struct tw_policy_severity *severities;
	size_t severities_n;
};

/* One file a family (policy_tlswright.c, …); a row in policy.c each. */
extern const struct tw_policy tw_policy_tlswright_2026_11;
extern const struct tw_policy tw_policy_mozilla_6_0_intermediate, tw_policy_mozilla_6_0_modern;

extern const struct tw_policy *const tw_policies[];	/* NULL ends it */
const struct tw_policy *tw_policy_by_name(const char *name);	/* dated or short; or NULL */

#endif
