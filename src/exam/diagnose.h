/*
 * diagnose.h -- a diagnosis of targets: names looked up, every address and sibling
 * port knocked at, what answers examined, side by side. Facts only: judge/cause.h
 * makes causes of them. The verb diagnose calls it.
 */
#ifndef TW_EXAM_DIAGNOSE_H
#define TW_EXAM_DIAGNOSE_H

#include "exam/exam.h"
#include "probe/diagnosis.h"

struct tw_diagnose_client {
	void *ctx;
	/* As of tw_exam_client. */
	bool (*next)(void *ctx, struct tw_spec *ret);
	/* One target is done, number counts from 0 as next() gave them; d is handed over. */
	void (*done)(void *ctx, size_t number, struct tw_diagnosis *d);
	void (*trace)(void *ctx, const char *line);	/* or NULL */
	void (*tell)(void *ctx, struct tw_bytes text);	/* of the port asked for; or NULL */
	struct tw_report_style style;			/* of what is told */
};

/* Diagnoses all targets on one loop; returns when all are done. -1: it could not begin. */
int tw_diagnose_run(const struct tw_exam_options *options, const struct tw_diagnose_client *client,
    struct tw_err *err);

#endif
