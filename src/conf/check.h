/*
 * check.h -- what in a configuration contradicts a policy, and what of the server's own
 * values does where nothing is set. Pure: TLS's library expands cipher strings for it.
 */
#ifndef TW_CONF_CHECK_H
#define TW_CONF_CHECK_H

#include "conf/conf.h"
#include "data/policy.h"

struct tw_conf_question {
	const struct tw_policy *policy;
	const char *version, *openssl;	/* of the server, and of the library it runs with */
	/*
	 * Expands a cipher string to codes, at no level of security, so that nothing is hidden;
	 * how many. What the library does not know is left out.
	 */
	size_t (*expand)(const char *string, uint16_t *ret, size_t max);
};

struct tw_contradiction {
	const char *file;
	unsigned line;		/* of the directive; where it is not set, of its block */
	const char *where;	/* "server example.com"; "" the whole configuration */
	size_t at;		/* its place among all lines */
	const char *names;	/* the directive's, blanks between them; the usual one first */
	const char *directive;	/* as it stands; NULL: it is not set */
	const char *own;	/* of the server where it is not set, in words; NULL: none */
	size_t more;		/* blocks besides that have it so */
	enum tw_finding_id id;
	enum tw_severity severity;
	const char *evidence;	/* what the value comes to */
	const char *mend;	/* a line that mends it, besides those of the template; or NULL */
	const char *target;	/* of `config`, whose template mends it */
};

typedef TW_LIST(struct tw_contradiction) tw_contradictions;

/*
 * Finds what contradicts, in the order of the text; all of it lives in c's arena, and words
 * of the text are as they are there, not escaped.
 */
void tw_check_conf(struct tw_conf *c, const struct tw_conf_question *q, tw_contradictions *ret);

#endif
