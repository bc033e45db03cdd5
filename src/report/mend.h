/*
 * mend.h -- the loop closed: which lines of a configuration mend which finding of an audit.
 * Pure: judged endpoints and a target in; the configuration out, above it, finding by
 * finding, what mends it, or why no line does. `config --from` prints it.
 */
#ifndef TW_REPORT_MEND_H
#define TW_REPORT_MEND_H

#include "judge/judge.h"
#include "report/config.h"

struct tw_mend_endpoint {
	const struct tw_facts *facts;
	const struct tw_judgement *judgement;
};

/*
 * Puts the configuration c describes, and before it for each of n endpoints, each finding:
 * the lines below that mend it, or what else to do. -1 as tw_config_render().
 */
int tw_mend_render(const struct tw_config *c, const struct tw_mend_endpoint *endpoints, size_t n,
    struct tw_buf *out, struct tw_err *e);

/*
 * The lines of a configuration by what they mend, without a word of findings: for who found
 * them elsewhere. NULL as tw_mend_render().
 */
struct tw_mend_lines;
struct tw_mend_lines *tw_mend_open(const struct tw_config *c, struct tw_err *e);
/*
 * Lines that mend id, at most max; those that set one of names (blanks between) alone, where
 * there are such. How many. They live as long as m.
 */
size_t tw_mend_find(struct tw_mend_lines *m, enum tw_finding_id id, const char *names,
    const char **ret, size_t max);
void tw_mend_close(struct tw_mend_lines *m);	/* takes NULL */

/*
 * The server an audit saw, by the software it named, else by its service where one target
 * alone has it. NULL: it does not show. Several of one software: the one of the service.
 */
const struct tw_target *tw_mend_target(const struct tw_facts *f);

#endif
