/* diagnosis.h -- a diagnosis for a person and for a program: pure, from facts and causes to bytes. */
#ifndef TW_REPORT_DIAGNOSIS_H
#define TW_REPORT_DIAGNOSIS_H

#include "judge/cause.h"
#include "report/report.h"

/* Each step with its time, then the cause in a sentence, how sure, and what to do; quiet: one line. */
void tw_report_diagnosis(struct tw_diagnosis *d, const struct tw_report_style *style,
    struct tw_buf *out);
/* One JSON object on a line; schema/diagnose.schema.json is its shape. */
void tw_report_diagnosis_json(struct tw_diagnosis *d, struct tw_buf *out);

/* What both say: "TLS 1.3, TLS_AES_128_GCM_SHA256" of what was reached; NULL: nothing was. */
const char *tw_report_diagnosis_tls(struct tw_arena *a, const struct tw_facts *f);

#endif
