/*
 * report.h -- findings × form → text: pure functions from facts and their
 * judgement to bytes. What a peer said goes through tw_text_escape() here.
 */
#ifndef TW_REPORT_REPORT_H
#define TW_REPORT_REPORT_H

#include "base/buf.h"
#include "base/err.h"
#include "judge/judge.h"

struct tw_report_style {
	bool color;		/* ANSI colours may be used */
	unsigned width;		/* columns; 0: 80 */
	bool quiet;		/* -q: verdict lines only */
	bool verbose;
	bool can_config;	/* this build has `config`: it may be named as the next command */
};

/* One endpoint for a person: ends in verdict, worst finding, next command. */
void tw_report_text(const struct tw_facts *f, const struct tw_judgement *j,
    const struct tw_report_style *style, struct tw_buf *out);
/* One endpoint as one line of JSON (INTERFACE), with its newline. */
void tw_report_json(const struct tw_facts *f, const struct tw_judgement *j, struct tw_buf *out);
/* The facts of one JSON object, as tw_report_json() wrote it: for --from and --baseline. */
int tw_report_read_json(const char *line, size_t n, struct tw_facts **ret, struct tw_err *err);
/* The first second after a day of the calendar, since 1970, where the caller lives. */
typedef int64_t tw_report_end_of_day_fn(int year, unsigned month, unsigned day);
/*
 * Adds the waivers of a file (waivers.c has its form) to ret, in a's memory. -1: err says
 * in which line what is wrong.
 */
int tw_report_read_waivers(struct tw_arena *a, struct tw_bytes text,
    tw_report_end_of_day_fn *end_of_day, struct tw_waivers *ret, struct tw_err *err);
/*
 * What changed between two judged endpoints (--baseline): mended, new and
 * remaining findings by fingerprint, and facts that differ, for a person.
 */
void tw_report_changes(const struct tw_facts *before, const struct tw_judgement *bj,
    const struct tw_facts *now, const struct tw_judgement *nj,
    const struct tw_report_style *style, struct tw_buf *out);

#endif
