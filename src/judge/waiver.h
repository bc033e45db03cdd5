/*
 * waiver.h -- findings that are known and accepted: of a target, for a reason, until a
 * day. A waiver lowers nothing, it marks: the finding stays where it is, and the verdict
 * passes over it. One whose day is over excuses nothing and is a finding itself.
 */
#ifndef TW_JUDGE_WAIVER_H
#define TW_JUDGE_WAIVER_H

#include "base/arena.h"
#include "data/finding.h"

struct tw_waiver {
	enum tw_finding_id finding;
	const char *target;	/* a glob: "mail.example.com:*", "*" */
	const char *reason, *until;	/* until: "2027-06-30", that day included */
	const char *network;	/* where it was limited to, shown only; or NULL */
	int64_t end;		/* the first second it no longer holds, since 1970 */
};

struct tw_waivers {
	TW_LIST(struct tw_waiver) list;
};

/*
 * Does pattern, in which * stands for any run of characters and ? for one, fit s? ASCII
 * case is ignored.
 */
bool tw_waiver_glob(const char *pattern, const char *s);

#endif
