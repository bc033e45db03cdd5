/* json.h -- the facts as a JSON value, for those who compare two of them. */
#ifndef TW_REPORT_JSON_H
#define TW_REPORT_JSON_H

#include "probe/facts.h"
#include "report/shape.h"

/* The facts part of the object, without schema, findings and verdict; the caller decrefs. */
json_t *tw_json_facts(struct tw_shape_writer *w, const struct tw_facts *f);

#endif
