/*
 * A file of facts (--from, --baseline) is read whole or refused in a sentence; what was
 * read is judged and written, and reads back as the same.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct tw_facts *
read_one(const uint8_t *p, size_t n)
{
	struct tw_facts *f = NULL;
	struct tw_err err = { 0 };

	if (tw_report_read_json((const char *)p, n, &f, &err) != 0) {
		assert(err.text[0] != '\0' && f == NULL);
		return NULL;
	}
	return f;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct tw_report_style style = { .width = 80, .verbose = true };
	struct tw_facts *f = read_one(p, n), *again;
	struct tw_judgement j, ja;
	struct tw_buf once, twice, text;

	if (f == NULL)
		return 0;
	tw_buf_init(&once, 1 << 24);
	tw_buf_init(&twice, 1 << 24);
	tw_buf_init(&text, 1 << 24);
	tw_judge(f, tw_policies[0], f->started, TW_HIGH, &j);
	tw_report_json(f, &j, &once);
	tw_report_text(f, &j, &style, &text);
	if (!once.failed) {
		again = read_one(once.p, once.n);
		assert(again != NULL);
		tw_judge(again, tw_policies[0], f->started, TW_HIGH, &ja);
		tw_report_json(again, &ja, &twice);
		assert(once.n == twice.n && memcmp(once.p, twice.p, once.n) == 0);
		tw_report_changes(f, &j, again, &ja, &style, &text);
		tw_facts_free(again);
	}
	tw_buf_clear(&once);
	tw_buf_clear(&twice);
	tw_buf_clear(&text);
	tw_facts_free(f);
	return 0;
}
