/* What becomes of an endpoint: judged, set beside its baseline, printed. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "verb/audit.h"
#include "verb/story.h"

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

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The same endpoint in the baseline: host and port, or target where there is no port. */
static struct tw_facts *
before_of(struct audit *a, const struct tw_facts *f)
{
	for (struct baseline *b = a->before; b != NULL; b = b->next)
		if (same(b->facts->host, f->host) && b->facts->port == f->port &&
		    (f->port != 0 || same(b->facts->target, f->target)))
			return b->facts;
	return NULL;
}

void
audit_done(void *ctx, struct tw_facts *f)
{
	struct audit *a = ctx;
	struct tw_judgement now, was;
	struct tw_facts *before = before_of(a, f);
	struct tw_buf out;

	tw_buf_init(&out, REPORT_MAX);
	tw_judge_waived(f, a->policy, a->exam.at, a->fail_on, &a->waivers, &now);
	a->failed += now.verdict == TW_FAIL;
	a->unknown += now.verdict == TW_VERDICT_UNKNOWN;
	if (a->json)
		tw_report_json(f, &now, &out);
	else
		tw_report_text(f, &now, &a->style, &out);
	if (a->shown++ > 0 && !a->json && !a->style.quiet)
		fputs("\n", stdout);
	fwrite(out.p, 1, out.n, stdout);
	if (a->baseline != NULL) {
		struct tw_buf changes;

		tw_buf_init(&changes, REPORT_MAX);
		if (before != NULL) {
			tw_judge_waived(before, a->policy, a->exam.at, a->fail_on, &a->waivers,
			    &was);
			tw_report_changes(before, &was, f, &now, &a->style, &changes);
		} else {
			tw_buf_str(&changes, "not in the baseline: everything here is new\n");
		}
		/* With --json stdout stays JSON: the words go where people look. */
		fwrite(changes.p, 1, changes.n, a->json ? stderr : stdout);
		tw_buf_clear(&changes);
	}
	fflush(stdout);
	tw_buf_clear(&out);
	if (a->save_certs != NULL && !tw_story_save_certs(a->save_certs, f))
		a->usage_errors++;
	tw_facts_free(f);
}
