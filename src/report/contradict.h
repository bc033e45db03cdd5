/* contradict.h -- what in a configuration contradicts a policy, as text and JSON. Pure. */
#ifndef TW_REPORT_CONTRADICT_H
#define TW_REPORT_CONTRADICT_H

#include "conf/check.h"
#include "report/config.h"

/*
 * Puts the contradictions of conf, each with the lines that mend it: those `config` prints
 * with config's choices (its target aside). -1 as tw_config_render().
 */
int tw_contradict_text(const struct tw_conf *conf, const tw_contradictions *list,
    const struct tw_config *config, struct tw_buf *out, struct tw_err *e);
/* The same, one JSON object a line. */
int tw_contradict_json(const struct tw_conf *conf, const tw_contradictions *list,
    const struct tw_config *config, struct tw_buf *out, struct tw_err *e);

#endif
