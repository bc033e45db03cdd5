/* config.c -- a configuration from its text: see config.h. The verbs and a reload call it. */
#include "gate/config.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "gate/config_inside.h"

#define FILE_BYTES	(1u << 20)
#define REMARKS		200	/* no more are told of one file */

/* The text ends before at, between two letters, with an ellipsis. */
static void
cut(char *text, size_t at)
{
	while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	memcpy(text + at, "…", sizeof("…"));
}

void
tw_config_say(struct tw_config_reader *r, unsigned line, bool warning, const char *fmt, ...)
{
	struct tw_config_remarks *to = r->remarks;
	struct tw_config_remark *v;
	va_list ap;
	int n;

	r->wrong = r->wrong || !warning;
	if (to->n >= REMARKS)
		return;
	v = realloc(to->v, (to->n + 1) * sizeof(*v));
	if (v == NULL)
		abort();
	to->v = v;
	v += to->n++;
	*v = (struct tw_config_remark){ { r->file, line }, warning, "" };
	va_start(ap, fmt);
	n = vsnprintf(v->text, sizeof(v->text), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(v->text))
		cut(v->text, sizeof(v->text) - 4);
}

const char *
tw_config_shown(struct tw_config_reader *r, const char *word)
{
	const char *shown = tw_text_escaped(r->arena, tw_bytes_of(word));
	size_t n = strlen(shown);

	if (n == 0)
		return "\"\"";
	if (n <= 100)
		return shown;
	for (n = 90; n > 0 && ((unsigned char)shown[n] & 0xc0) == 0x80; n--)
		;	/* not in the middle of a letter */
	return tw_arena_fmt(r->arena, "%.*s…", (int)n, shown);
}

const char *
tw_config_meant(struct tw_config_reader *r, const char *word, const char *const *v, size_t n)
{
	const char *like = NULL;
	unsigned least = (unsigned)(strlen(word) / 3) + 2;

	for (size_t i = 0; i < n; i++) {
		unsigned d = tw_text_distance(word, v[i]);

		if (d < least && d < strlen(v[i])) {
			least = d;
			like = v[i];
		}
	}
	return like == NULL ? "" : tw_arena_fmt(r->arena, "; did you mean \"%s\"?", like);
}

static int
by_line(const void *a, const void *b)
{
	const struct tw_config_remark *x = a, *y = b;

	return x->where.line < y->where.line ? -1 : x->where.line > y->where.line;
}

/* In the order of the file; what was said of a line first stays first. */
static void
sort(struct tw_config_remarks *s)
{
	for (size_t i = 1; i < s->n; i++)
		for (size_t j = i; j > 0 && by_line(&s->v[j], &s->v[j - 1]) < 0; j--) {
			struct tw_config_remark swap = s->v[j];

			s->v[j] = s->v[j - 1];
			s->v[j - 1] = swap;
		}
}

/* The whole file into the arena. */
static int
load(struct tw_config_reader *r, struct tw_bytes *ret)
{
	FILE *f = fopen(r->file, "re");
	char *p = f != NULL ? tw_arena_alloc(r->arena, FILE_BYTES + 1) : NULL;
	size_t n = f != NULL ? fread(p, 1, FILE_BYTES + 1, f) : 0;
	int why = f == NULL || ferror(f) ? errno : n > FILE_BYTES ? EFBIG : 0;

	if (f != NULL)
		fclose(f);
	if (why != 0) {
		tw_config_say(r, 0, false, "the file cannot be read: %s", strerror(why));
		return -1;
	}
	*ret = (struct tw_bytes){ (const uint8_t *)p, n };
	return 0;
}

static unsigned
cores(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n < 1 ? 1 : n > 64 ? 64 : (unsigned)n;
}

struct tw_config *
tw_config_read(const char *path, const char *text, int64_t now,
    struct tw_config_remarks *ret_remarks)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_config_reader r = { .arena = a, .file = path, .now = now,
		.remarks = ret_remarks };
	struct tw_bytes bytes = tw_bytes_of(text);

	*ret_remarks = (struct tw_config_remarks){ NULL, 0 };
	r.config = tw_arena_alloc(a, sizeof(*r.config));
	r.config->path = tw_arena_str(a, path);
	r.config->owner = a;
	if ((text != NULL || load(&r, &bytes) == 0) && tw_config_scan(&r, bytes) == 0 &&
	    tw_config_confuse(&r) == 0) {
		r.config->text = (const char *)tw_arena_bytes(a, bytes).p;
		tw_config_build(&r);
		if (r.config->workers == 0)
			r.config->workers = cores();
		tw_config_check_all(&r);
	}
	sort(ret_remarks);
	if (!r.wrong)
		return r.config;
	tw_arena_free(a);
	return NULL;
}

void
tw_config_free(struct tw_config *c)
{
	if (c != NULL)
		tw_arena_free(c->owner);
}

void
tw_config_clear_remarks(struct tw_config_remarks *r)
{
	free(r->v);
	*r = (struct tw_config_remarks){ NULL, 0 };
}
