/* audit.h -- what the files of `tlswright audit` share. */
#ifndef TW_VERB_AUDIT_H
#define TW_VERB_AUDIT_H

#include <stdio.h>

#include "exam/exam.h"
#include "report/report.h"
#include "verb/stored.h"
#include "verb/target.h"

/* A sentence on stderr, escaped. */
#define audit_say(...)	tw_stored_say("audit", __VA_ARGS__)

struct baseline {		/* one object of --baseline */
	struct baseline *next;
	struct tw_facts *facts;
};

struct audit {
	struct tw_exam_options exam;
	const struct tw_policy *policy;
	enum tw_severity fail_on;
	bool json;
	const char *from, *baseline, *list, *ca, *save_certs, *waivers_file;
	struct tw_waivers waivers;
	struct tw_arena *arena;	/* of the waivers */
	struct tw_report_style style;
	char **words;		/* targets on the command line */
	int words_n, word;	/* word: the next */
	FILE *list_file;
	unsigned line;		/* of list_file */
	struct tw_target target;	/* the one being handed out */
	bool target_open;
	struct baseline *before;
	unsigned failed, unknown, usage_errors, shown;
};

/* audit_source.c: targets from the command line and lists; facts from files. */
int audit_open(struct audit *a);	/* -1: a file cannot be read, and it was said */
void audit_close(struct audit *a);
bool audit_next(void *ctx, struct tw_spec *ret);
int audit_from(struct audit *a);	/* -1, or an exit status */

/* audit_output.c: one endpoint judged and printed. */
void audit_style(struct tw_report_style *ret);
void audit_done(void *ctx, struct tw_facts *f);

#endif
