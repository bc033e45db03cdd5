/* What becomes of an endpoint: judged, set beside its baseline, printed. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "verb/audit.h"

#define REPORT_MAX (16u << 20)

void
audit_style(struct tw_report_style *ret)
{
	struct winsize w = { 0 };
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	bool tty = isatty(STDOUT_FILENO);

	*ret = (struct tw_report_style){ 0 };
	ret->color = tty && (no == NULL || *no == '\0') && term != NULL &&
	    strcmp(term, "dumb") != 0;
	if (tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40)
		ret->width = w.ws_col;
}

void
audit_done(void *ctx, struct tw_facts *f)
{
	struct audit *a = ctx;
	struct tw_judgement now;
	struct tw_buf out;

	tw_buf_init(&out, REPORT_MAX);
	tw_judge(f, a->policy, a->exam.at, a->fail_on, &now);
	a->failed += now.verdict == TW_FAIL;
	a->unknown += now.verdict == TW_VERDICT_UNKNOWN;
	if (a->json)
		tw_report_json(f, &now, &out);
	else
		tw_report_text(f, &now, &a->style, &out);
	if (a->shown++ > 0 && !a->json && !a->style.quiet)
		fputs("\n", stdout);
	fwrite(out.p, 1, out.n, stdout);
	fflush(stdout);
	tw_buf_clear(&out);
	tw_facts_free(f);
}
