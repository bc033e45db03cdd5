/*
 * shape.c -- walks a table of fields to write a struct as JSON or read it back.
 * Every string is escaped here on its way out: the one place for it. See shape.h.
 */
#include "report/shape.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/version.h"
#include "probe/facts.h"

#define LIST_MAX 4096		/* elements read of one list */

typedef TW_LIST(uint8_t) any_list;	/* every TW_LIST is laid out like this */

/* ---- writing: as RFC 8259 has it, without a blank ---- */

static void
put_escape(struct tw_buf *b, uint8_t c)
{
	static const char short_ones[] = "\bb\ff\nn\rr\tt\"\"\\\\";	/* what it is, how it is written */
	const char *at = c == 0 ? NULL : strchr(short_ones, c);

	if (at == NULL)
		tw_buf_fmt(b, "\\u%04X", c);
	else
		tw_buf_put(b, (const char[]){ '\\', at[1] }, 2);
}

/* Bytes at the front of v that JSON takes as they are, all of ASCII: eight at a time, as most text is. */
static size_t
plain(struct tw_bytes v)
{
	const uint64_t ones = UINT64_MAX / 255, tops = ones * 0x80;
	size_t n = 0;

	for (uint64_t w; v.n - n >= sizeof(w); n += sizeof(w)) {
		uint64_t quote, slash;

		memcpy(&w, v.p + n, sizeof(w));
		quote = w ^ ones * '"';
		slash = w ^ ones * '\\';
		/* A byte's top bit is set where it is over 126, under 32, or one of the two. */
		if (((w | (w + ones) | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & tops) != 0)
			break;
	}
	while (n < v.n && v.p[n] >= 0x20 && v.p[n] < 0x7f && v.p[n] != '"' && v.p[n] != '\\')
		n++;
	return n;
}

/* v is UTF-8. */
static void
put_string(struct tw_buf *b, struct tw_bytes v)
{
	size_t from = 0;

	tw_buf_u8(b, '"');
	for (size_t i = plain(v); i < v.n; i++) {
		if (v.p[i] >= 0x20 && v.p[i] != '"' && v.p[i] != '\\')
			continue;
		tw_buf_put(b, v.p + from, i - from);
		put_escape(b, v.p[i]);
		from = i + 1;
	}
	if (from < v.n)
		tw_buf_put(b, v.p + from, v.n - from);
	tw_buf_u8(b, '"');
}

static void
put_null(struct tw_shape_writer *w)
{
	tw_buf_str(w->out, "null");
}

void
tw_shape_next(struct tw_shape_writer *w)
{
	const struct tw_buf *b = w->out;

	/* A string ends in its quote, so these two only open something. */
	if (b->n > 0 && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
		tw_buf_u8(w->out, ',');
}

void
tw_shape_key(struct tw_shape_writer *w, const char *name)
{
	tw_shape_next(w);
	put_string(w->out, tw_bytes_of(name));
	tw_buf_u8(w->out, ':');
}

void
tw_shape_text(struct tw_shape_writer *w, struct tw_bytes v)
{
	struct tw_buf b;

	if (v.p == NULL) {
		put_null(w);
	} else if (plain(v) == v.n) {
		put_string(w->out, v);
	} else {
		tw_buf_init(&b, v.n * 6 + 1);
		tw_text_escape(&b, v);
		put_string(w->out, tw_buf_view(&b));
		w->out->failed = w->out->failed || b.failed;
		tw_buf_clear(&b);
	}
}

void
tw_shape_str(struct tw_shape_writer *w, const char *s)
{
	tw_shape_text(w, tw_bytes_of(s));
}

void
tw_shape_own(struct tw_shape_writer *w, const char *s)
{
	if (s == NULL)
		put_null(w);
	else
		put_string(w->out, tw_bytes_of(s));
}

void
tw_shape_int(struct tw_shape_writer *w, int64_t v)
{
	tw_buf_fmt(w->out, "%lld", (long long)v);
}

void
tw_shape_tenths(struct tw_shape_writer *w, double v)
{
	/* 15 digits hold every tenth exactly as it is written: 41.2, not 41.200000000000003. */
	char text[64];
	int n = snprintf(text, sizeof(text), "%.15g", v);

	tw_buf_put(w->out, text, (size_t)n);
	if (strpbrk(text, ".e") == NULL)	/* what is no whole number must not look like one */
		tw_buf_str(w->out, ".0");
}

void
tw_shape_bool(struct tw_shape_writer *w, bool v)
{
	tw_buf_str(w->out, v ? "true" : "false");
}

static void
write_encoded(struct tw_shape_writer *w, struct tw_bytes v, bool hex)
{
	if (v.p == NULL) {
		put_null(w);
		return;
	}
	tw_buf_u8(w->out, '"');
	if (hex)
		tw_text_hex(w->out, v);
	else
		tw_text_base64(w->out, v);
	tw_buf_u8(w->out, '"');
}

static void
write_time(struct tw_shape_writer *w, int64_t seconds)
{
	char text[32];

	tw_shape_own(w, seconds == 0 ? NULL : tw_text_time(seconds, text));
}

static void write_value(struct tw_shape_writer *w, const struct tw_field *f, const void *p);

static void
write_object(struct tw_shape_writer *w, const struct tw_shape *s, const void *p)
{
	if (s->n == 1 && s->fields[0].name == NULL && s->fields[0].kind != TW_KIND_CHECKS) {
		write_value(w, &s->fields[0], (const char *)p + s->fields[0].offset);
		return;
	}
	tw_buf_u8(w->out, '{');
	tw_shape_write(w, s, p);
	tw_buf_u8(w->out, '}');
}

static void
write_list(struct tw_shape_writer *w, const struct tw_field *f, const any_list *list)
{
	tw_buf_u8(w->out, '[');
	for (size_t i = 0; i < list->n; i++) {
		tw_shape_next(w);
		write_object(w, f->shape, list->v + i * f->shape->size);
	}
	tw_buf_u8(w->out, ']');
}

static void
write_value(struct tw_shape_writer *w, const struct tw_field *f, const void *p)
{
	switch (f->kind) {
	case TW_KIND_STR:
		tw_shape_str(w, *(const char *const *)p);
		break;
	case TW_KIND_TEXT:
		tw_shape_text(w, *(const struct tw_bytes *)p);
		break;
	case TW_KIND_BASE64:
		write_encoded(w, *(const struct tw_bytes *)p, false);
		break;
	case TW_KIND_SHA256:
		write_encoded(w, (struct tw_bytes){ p, 32 }, true);
		break;
	case TW_KIND_BOOL:
		tw_shape_bool(w, *(const bool *)p);
		break;
	case TW_KIND_UINT:
		tw_shape_int(w, *(const unsigned *)p);
		break;
	case TW_KIND_PORT:
		if (*(const int *)p == 0)
			put_null(w);
		else
			tw_shape_int(w, *(const int *)p);
		break;
	case TW_KIND_INT64:
		tw_shape_int(w, *(const int64_t *)p);
		break;
	case TW_KIND_TENTHS:
		tw_shape_tenths(w, floor(*(const double *)p * 10 + 0.5) / 10);
		break;
	case TW_KIND_TIME:
		write_time(w, *(const int64_t *)p);
		break;
	case TW_KIND_WORD:
		tw_shape_own(w, f->words[*(const unsigned *)p]);
		break;
	case TW_KIND_OBJECT:
	case TW_KIND_MAYBE:
		write_object(w, f->shape, p);
		break;
	case TW_KIND_LIST:
		write_list(w, f, p);
		break;
	case TW_KIND_CODEC:
		f->write(w, p);
		break;
	case TW_KIND_CHECKS:
	case TW_KIND_BY_VERSION:
		put_null(w);
		break;
	}
}

static void
write_checks(struct tw_shape_writer *w, const struct tw_field *f, const enum tw_check *checks)
{
	for (size_t i = 0; i < f->count; i++) {
		tw_shape_key(w, f->name_of(i));
		tw_shape_own(w, tw_check_names[checks[i]]);
	}
}

static void
write_by_version(struct tw_shape_writer *w, const struct tw_field *f, const void *base)
{
	const char *p = (const char *)base + f->offset;

	tw_buf_u8(w->out, '{');
	for (int v = TW_SSL2; v < TW_VERSIONS; v++)
		if (f->holds(base, v)) {
			tw_shape_key(w, tw_versions[v].id);
			write_object(w, f->shape, p + (size_t)v * f->shape->size);
		}
	tw_buf_u8(w->out, '}');
}

void
tw_shape_write(struct tw_shape_writer *w, const struct tw_shape *s, const void *p)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct tw_field *f = &s->fields[i];
		const char *at = (const char *)p + f->offset;

		if (f->kind == TW_KIND_CHECKS) {
			write_checks(w, f, (const enum tw_check *)(const void *)at);
			continue;
		}
		tw_shape_key(w, f->name);
		if (f->kind == TW_KIND_BY_VERSION)
			write_by_version(w, f, p);
		else if (f->kind == TW_KIND_MAYBE && !*(const bool *)((const char *)p + f->flag))
			put_null(w);
		else
			write_value(w, f, at);
	}
}

/* ---- reading ---- */

int
tw_shape_refuse(struct tw_shape_reader *r, const char *what)
{
	return tw_err_set(r->err, TW_ERR_FORMAT, "%s: %s", r->path[0] != '\0' ? r->path :
	    "the object", what);
}

/* Goes one step into the path; the returned length goes back with leave(). */
static size_t
enter(struct tw_shape_reader *r, const char *name, size_t index)
{
	size_t n = strlen(r->path), left = sizeof(r->path) - n;

	if (name != NULL)
		snprintf(r->path + n, left, "%s%s", n > 0 ? "." : "", name);
	else
		snprintf(r->path + n, left, "[%zu]", index);
	return n;
}

static void
leave(struct tw_shape_reader *r, size_t n)
{
	r->path[n] = '\0';
}

static int
read_text(struct tw_shape_reader *r, const json_t *v, struct tw_bytes *ret)
{
	struct tw_bytes raw = { (const uint8_t *)json_string_value(v), json_string_length(v) };

	if (!json_is_string(v))
		return tw_shape_refuse(r, "not a string");
	*ret = tw_arena_bytes(r->arena, raw);
	return 0;
}

static int
read_base64(struct tw_shape_reader *r, const json_t *v, struct tw_bytes *ret)
{
	if (!json_is_string(v) || !tw_text_unbase64(r->arena, json_string_value(v), ret))
		return tw_shape_refuse(r, "not base64");
	return 0;
}

static int
read_sha256(struct tw_shape_reader *r, const json_t *v, uint8_t *ret)
{
	const char *s = json_string_value(v);

	if (s == NULL || strlen(s) != 64 || strspn(s, "0123456789abcdef") != 64)
		return tw_shape_refuse(r, "not 64 hex digits");
	for (int i = 0; i < 32; i++) {
		unsigned byte;

		sscanf(s + 2 * i, "%2x", &byte);
		ret[i] = (uint8_t)byte;
	}
	return 0;
}

static int
read_number(struct tw_shape_reader *r, const json_t *v, int64_t least, int64_t most,
    int64_t *ret)
{
	int64_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < least || n > most)
		return tw_shape_refuse(r, "not a whole number in its range");
	*ret = n;
	return 0;
}

static int
read_time(struct tw_shape_reader *r, const json_t *v, int64_t *ret)
{
	const char *s = json_string_value(v);

	if (s == NULL || strlen(s) != 20 || s[19] != 'Z' || !tw_text_parse_time(s, ret))
		return tw_shape_refuse(r, "not a time like 2026-11-23T18:00:00Z");
	return 0;
}

static int
read_word(struct tw_shape_reader *r, const json_t *v, const char *const *words, size_t n,
    unsigned *ret)
{
	const char *s = json_string_value(v);

	for (size_t i = 0; s != NULL && i < n; i++)
		if (words[i] != NULL && strcmp(words[i], s) == 0) {
			*ret = (unsigned)i;
			return 0;
		}
	return tw_shape_refuse(r, "not a word known here");
}

static int read_value(struct tw_shape_reader *r, const struct tw_field *f, const json_t *v,
    void *p);

static int
read_object(struct tw_shape_reader *r, const struct tw_shape *s, const json_t *v, void *p)
{
	if (s->n == 1 && s->fields[0].name == NULL && s->fields[0].kind != TW_KIND_CHECKS)
		return read_value(r, &s->fields[0], v, (char *)p + s->fields[0].offset);
	if (!json_is_object(v))
		return tw_shape_refuse(r, "not an object");
	return tw_shape_read(r, s, v, p);
}

static int
read_list(struct tw_shape_reader *r, const struct tw_shape *s, const json_t *v,
    any_list *ret)
{
	size_t n = json_array_size(v), back;

	if (!json_is_array(v) || n > LIST_MAX)
		return tw_shape_refuse(r, "not a list, or too long a one");
	if (n == 0)
		return 0;
	ret->v = tw_arena_alloc(r->arena, n * s->size);
	ret->cap = n;
	for (size_t i = 0; i < n; i++) {
		back = enter(r, NULL, i);
		if (read_object(r, s, json_array_get(v, i), ret->v + i * s->size) != 0)
			return -1;
		leave(r, back);
		ret->n = i + 1;
	}
	return 0;
}

static int
read_simple(struct tw_shape_reader *r, const struct tw_field *f, const json_t *v, void *p)
{
	struct tw_bytes text = { 0 };
	int64_t n = 0;
	int bad = 0;

	switch (f->kind) {
	case TW_KIND_STR:
		if ((bad = read_text(r, v, &text)) == 0)
			*(const char **)p = (const char *)text.p;
		return bad;
	case TW_KIND_TENTHS:
		if (!json_is_number(v) || fabs(json_number_value(v)) > 1e12)
			return tw_shape_refuse(r, "not a number in its range");
		*(double *)p = json_number_value(v);
		return 0;
	case TW_KIND_BOOL:
		if (!json_is_boolean(v))
			return tw_shape_refuse(r, "neither true nor false");
		*(bool *)p = json_is_true(v);
		return 0;
	case TW_KIND_UINT:
		if ((bad = read_number(r, v, 0, UINT32_MAX, &n)) == 0)
			*(unsigned *)p = (unsigned)n;
		return bad;
	case TW_KIND_PORT:
		if ((bad = read_number(r, v, 1, 65535, &n)) == 0)
			*(int *)p = (int)n;
		return bad;
	default:
		return read_number(r, v, INT64_MIN, INT64_MAX, p);
	}
}

static int
read_value(struct tw_shape_reader *r, const struct tw_field *f, const json_t *v, void *p)
{
	/* Null is what is not there; an object, or what a list lists, must be. */
	if (json_is_null(v) && f->kind != TW_KIND_OBJECT && f->name != NULL && !f->needed)
		return 0;
	if (json_is_null(v))
		return tw_shape_refuse(r, "null");
	switch (f->kind) {
	case TW_KIND_TEXT:
		return read_text(r, v, p);
	case TW_KIND_BASE64:
		return read_base64(r, v, p);
	case TW_KIND_SHA256:
		return read_sha256(r, v, p);
	case TW_KIND_TIME:
		return read_time(r, v, p);
	case TW_KIND_WORD:
		return read_word(r, v, f->words, f->count, p);
	case TW_KIND_OBJECT:
	case TW_KIND_MAYBE:
		return read_object(r, f->shape, v, p);
	case TW_KIND_LIST:
		return read_list(r, f->shape, v, p);
	case TW_KIND_CODEC:
		return f->read == NULL ? 0 : f->read(r, v, p);
	default:
		return read_simple(r, f, v, p);
	}
}

static int
read_checks(struct tw_shape_reader *r, const struct tw_field *f, const json_t *object,
    enum tw_check *p)
{
	for (size_t i = 0; i < f->count; i++) {
		const json_t *v = json_object_get(object, f->name_of(i));
		size_t back = enter(r, f->name_of(i), 0);
		unsigned word = TW_NOT_TESTED;

		if (v != NULL) {
			if (read_word(r, v, tw_check_names, TW_NOT_APPLICABLE + 1, &word) != 0)
				return -1;
			p[i] = (enum tw_check)word;
		}
		leave(r, back);
	}
	return 0;
}

static int
read_by_version(struct tw_shape_reader *r, const struct tw_field *f, const json_t *object,
    void *p)
{
	if (!json_is_object(object))
		return tw_shape_refuse(r, "not an object");
	for (int i = TW_SSL2; i < TW_VERSIONS; i++) {
		const json_t *v = json_object_get(object, tw_versions[i].id);
		size_t back = enter(r, tw_versions[i].id, 0);

		if (v != NULL && read_object(r, f->shape, v,
		    (char *)p + (size_t)i * f->shape->size) != 0)
			return -1;
		leave(r, back);
	}
	return 0;
}

int
tw_shape_read(struct tw_shape_reader *r, const struct tw_shape *s, const json_t *object,
    void *p)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct tw_field *f = &s->fields[i];
		const json_t *v = f->name == NULL ? object : json_object_get(object, f->name);
		void *at = (char *)p + f->offset;
		size_t back;
		int bad;

		if (v == NULL && f->needed)
			return tw_err_set(r->err, TW_ERR_FORMAT, "%s has no %s", r->path, f->name);
		if (v == NULL)
			continue;
		back = f->name == NULL ? strlen(r->path) : enter(r, f->name, 0);
		if (f->kind == TW_KIND_CHECKS)
			bad = read_checks(r, f, v, at);
		else if (f->kind == TW_KIND_BY_VERSION)
			bad = read_by_version(r, f, v, at);
		else
			bad = read_value(r, f, v, at);
		if (bad != 0)
			return -1;
		leave(r, back);
		if (f->kind == TW_KIND_MAYBE)
			*(bool *)((char *)p + f->flag) = !json_is_null(v);
	}
	if (s->done != NULL)
		s->done(r->arena, p);
	return 0;
}
