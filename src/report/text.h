/* text.h -- the parts a text report is put together from: one endpoint's facts. */
#ifndef TW_REPORT_TEXT_H
#define TW_REPORT_TEXT_H

#include "report/page.h"

struct tw_text {
	struct tw_page page;
	const struct tw_facts *f;
	const struct tw_judgement *j;
	const struct tw_report_style *style;
	struct tw_arena *arena;		/* for words put together */
};

void tw_text_facts(struct tw_text *t);		/* versions, suites, groups, features */
void tw_text_certificates(struct tw_text *t);

#endif
