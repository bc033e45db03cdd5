/* json.h -- the facts as a JSON value, for those who compare two of them. */
#ifndef TW_REPORT_JSON_H
#define TW_REPORT_JSON_H

#include "probe/facts.h"
#include "report/shape.h"

/*
 * The facts part of the object, without schema, findings and verdict, with what
 * depends on a moment as of at; the caller decrefs. NULL: no memory.
 */
json_t *tw_json_facts(const struct tw_facts *f, int64_t at);

#endif
