/* Where an audit's endpoints come from: words, lists, and facts stored before. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "verb/audit.h"
#include "verb/stored.h"

#define WAIVERS_MAX	(1u << 20)

static void
keep_before(void *ctx, struct tw_facts *f)
{
	struct audit *a = ctx;
	struct baseline *b = calloc(1, sizeof(*b));

	if (b == NULL)
		abort();
	b->facts = f;
	b->next = a->before;
	a->before = b;
}

/* A day ends where this machine is, as a calendar on the wall says. */
static int64_t
end_of_day(int year, unsigned month, unsigned day)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = (int)month - 1,
		.tm_mday = (int)day + 1, .tm_isdst = -1 };

	return (int64_t)mktime(&tm);
}

static int
read_waivers(struct audit *a)
{
	FILE *f = tw_stored_open("audit", a->waivers_file, "the waivers");
	struct tw_err err = { 0 };
	struct tw_buf text;
	char piece[4096];
	size_t n;
	int rv = -1;

	if (f == NULL)
		return -1;
	tw_buf_init(&text, WAIVERS_MAX);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		tw_buf_put(&text, piece, n);
	a->arena = tw_arena_new();
	if (ferror(f) || text.failed)
		audit_say("%s cannot be read, or is too large", a->waivers_file);
	else if (tw_report_read_waivers(a->arena, tw_buf_view(&text), end_of_day, &a->waivers,
	    &err) != 0)
		audit_say("%s, %s", a->waivers_file, err.text);
	else
		rv = 0;
	tw_buf_clear(&text);
	if (f != stdin)
		fclose(f);
	return rv;
}

int
audit_open(struct audit *a)
{
	if (a->waivers_file != NULL && read_waivers(a) != 0)
		return -1;
	if (a->baseline != NULL && tw_stored_read("audit", a->baseline, "the baseline",
	    keep_before, a) != 0)
		return -1;
	if (a->list != NULL) {
		a->list_file = tw_stored_open("audit", a->list, "the list");
		if (a->list_file == NULL)
			return -1;
	}
	return 0;
}

void
audit_close(struct audit *a)
{
	for (struct baseline *b = a->before, *next; b != NULL; b = next) {
		next = b->next;
		tw_facts_free(b->facts);
		free(b);
	}
	if (a->list_file != NULL && a->list_file != stdin)
		fclose(a->list_file);
	tw_arena_free(a->arena);
}

static void
judge_stored(void *ctx, struct tw_facts *f)
{
	audit_done(ctx, f);
}

int
audit_from(struct audit *a)
{
	if (tw_stored_read("audit", a->from, "the facts", judge_stored, a) != 0)
		return 2;
	if (a->shown > 0)
		return -1;
	fprintf(stderr, "tlswright audit: %s holds no facts: tlswright audit --json TARGET > %s makes "
	    "some\n", a->from, a->from);
	return 2;
}

/* The next word: of the command line, then of the list. NULL: there are no more. */
static const char *
next_word(struct audit *a, char *line, size_t size)
{
	if (a->word < a->words_n)
		return a->words[a->word++];
	while (a->list_file != NULL && fgets(line, (int)size, a->list_file) != NULL) {
		char *p = line + strspn(line, " \t");

		a->line++;
		p[strcspn(p, "#\r\n")] = '\0';
		if (*p != '\0')
			return p;
	}
	return NULL;
}

bool
audit_next(void *ctx, struct tw_spec *ret)
{
	struct audit *a = ctx;
	struct tw_err err = { 0 };
	char line[TW_TARGET_MAX * 2];
	const char *word;

	while (!a->target_open || !tw_target_next(&a->target, ret)) {
		a->target_open = false;
		word = next_word(a, line, sizeof(line));
		if (word == NULL)
			return false;
		if (tw_target_parse(word, &a->target, &err) != 0) {
			if (a->line > 0)
				audit_say("%s, line %u: %s", a->list, a->line,
				    err.text);
			else
				audit_say("%s", err.text);
			a->usage_errors++;
			continue;
		}
		if (a->target.note[0] != '\0')
			audit_say("\"%s\" is taken for %s", a->target.text,
			    a->target.note);
		a->target_open = true;
	}
	return true;
}
