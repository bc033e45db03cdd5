/*
 * judge.h -- facts × policy → findings, verdict: pure. One file a judgement;
 * each is a function that looks at the facts and reports through tw_judge_find().
 */
#ifndef TW_JUDGE_JUDGE_H
#define TW_JUDGE_JUDGE_H

#include "data/finding.h"
#include "data/policy.h"
#include "data/suite.h"
#include "judge/waiver.h"
#include "probe/facts.h"

struct tw_finding {
	enum tw_finding_id id;
	enum tw_severity severity;	/* in this policy and context */
	bool proven;			/* by what the server did; else inferred */
	const char *subject;		/* "TLSv1.0", a suite's name, a certificate's: tells two of one id apart */
	const char *evidence;		/* one sentence: what was seen */
	char fingerprint[17];		/* 16 hex digits: host, port, id, subject */
	const struct tw_waiver *waiver;	/* known and accepted; or NULL. Borrowed */
};

enum tw_verdict { TW_PASS, TW_FAIL, TW_VERDICT_UNKNOWN };
extern const char *const tw_verdict_names[];	/* "pass" "fail" "unknown" */

struct tw_judgement {
	const struct tw_policy *policy;
	int64_t at;			/* judge dates as of this moment */
	TW_LIST(struct tw_finding) findings;	/* worst first, then by id and subject */
	enum tw_verdict verdict;
};

struct tw_judge {			/* what a judgement's function is given */
	struct tw_arena *arena;		/* of the facts */
	const struct tw_facts *facts;
	const struct tw_policy *policy;
	int64_t at;
	bool opportunistic;		/* server-to-server mail and XMPP (KNOWLEDGE §11) */
	struct tw_judgement *out;
};

/*
 * Finds id about subject (copied and escaped, as the evidence is), at the
 * policy's severity. The same id and subject is found once.
 */
struct tw_finding *tw_judge_find(struct tw_judge *j, enum tw_finding_id id, const char *subject,
    bool proven, const char *evidence_fmt, ...) __attribute__((format(printf, 5, 6)));

/* What is wrong with a suite by itself: at most max findings; how many. */
size_t tw_suites_faults(const struct tw_suite *s, enum tw_finding_id *ret, size_t max);
/*
 * How bad id is under a policy; between servers: where mail servers would talk in the clear
 * if TLS failed. Size and steps (a key's bits) aside.
 */
enum tw_severity tw_judge_severity(const struct tw_policy *policy, enum tw_finding_id id);
enum tw_severity tw_judge_severity_between(const struct tw_policy *policy,
    enum tw_finding_id id, bool between_servers);

/* Judges f as of `at`; everything made lives in f's arena. */
void tw_judge(struct tw_facts *f, const struct tw_policy *policy, int64_t at,
    enum tw_severity fail_on, struct tw_judgement *ret);
/* The same where some findings are known and accepted; waivers (or NULL) outlive *ret. */
void tw_judge_waived(struct tw_facts *f, const struct tw_policy *policy, int64_t at,
    enum tw_severity fail_on, const struct tw_waivers *waivers, struct tw_judgement *ret);

#endif
