/* page.c -- layout of text reports: labels, wrapping, colour, escaping. See page.h. */
#include "report/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

static const char *const codes[] = {
	[TW_INK_BOLD] = "\033[1m", [TW_INK_DIM] = "\033[2m", [TW_INK_GOOD] = "\033[32m",
	[TW_INK_NOTE] = "\033[36m", [TW_INK_WARN] = "\033[33m", [TW_INK_BAD] = "\033[1;31m",
};

void
tw_page_init(struct tw_page *p, const struct tw_report_style *style, struct tw_buf *out)
{
	*p = (struct tw_page){ .out = out, .color = style->color,
		.width = style->width >= 40 ? style->width : 80 };
}

void
tw_page_newline(struct tw_page *p)
{
	tw_buf_u8(p->out, '\n');
	p->column = 0;
}

void
tw_page_to(struct tw_page *p, unsigned column)
{
	for (; p->column < column; p->column++)
		tw_buf_u8(p->out, ' ');
}

/* Characters, not bytes: UTF-8's further bytes take no column. */
static unsigned
columns(struct tw_bytes v)
{
	unsigned n = 0;

	for (size_t i = 0; i < v.n; i++)
		n += (v.p[i] & 0xc0) != 0x80;
	return n;
}

static void
ink(struct tw_page *p, enum tw_ink color, struct tw_bytes escaped)
{
	bool colored = p->color && color != TW_INK_PLAIN;

	if (colored)
		tw_buf_str(p->out, codes[color]);
	tw_buf_bytes(p->out, escaped);
	if (colored)
		tw_buf_str(p->out, "\033[0m");
	p->column += columns(escaped);
}

/* The only way a string gets onto the page. */
static void
escape(const char *s, struct tw_buf *ret)
{
	size_t n = s != NULL ? strlen(s) : 0;

	tw_buf_init(ret, n * 6 + 1);
	tw_text_escape(ret, (struct tw_bytes){ (const uint8_t *)s, n });
}

void
tw_page_put(struct tw_page *p, enum tw_ink color, const char *s)
{
	struct tw_buf b;

	escape(s, &b);
	ink(p, color, tw_buf_view(&b));
	tw_buf_clear(&b);
}

void
tw_page_fmt(struct tw_page *p, enum tw_ink color, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	va_end(ap);
	tw_page_put(p, color, s);
	free(s);
}

void
tw_page_wrap(struct tw_page *p, unsigned indent, enum tw_ink color, const char *s)
{
	struct tw_buf b;
	struct tw_bytes rest;
	bool first = true;

	escape(s, &b);
	rest = tw_buf_view(&b);
	while (rest.n > 0) {
		const uint8_t *blank = memchr(rest.p, ' ', rest.n);
		struct tw_bytes word = { rest.p, blank != NULL ? (size_t)(blank - rest.p) : rest.n };

		if (!first && p->column + 1 + columns(word) > p->width) {
			tw_page_newline(p);
			tw_page_to(p, indent);
		} else if (!first) {
			tw_page_to(p, p->column + 1);
		}
		ink(p, color, word);
		first = false;
		rest.p += word.n + (blank != NULL);
		rest.n -= word.n + (blank != NULL);
	}
	tw_buf_clear(&b);
	tw_page_newline(p);
}

void
tw_page_label(struct tw_page *p, unsigned indent, const char *label)
{
	tw_page_to(p, indent);
	tw_page_put(p, TW_INK_DIM, label);
	if (p->column >= TW_PAGE_LABEL)
		tw_page_to(p, p->column + 1);
	tw_page_to(p, TW_PAGE_LABEL);
}

void
tw_page_row(struct tw_page *p, unsigned indent, const char *label, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	tw_page_label(p, indent, label);
	tw_page_wrap(p, TW_PAGE_LABEL, TW_INK_PLAIN, text);
}

enum tw_ink
tw_page_ink_of(enum tw_severity severity)
{
	static const enum tw_ink inks[] = { [TW_INFO] = TW_INK_DIM, [TW_LOW] = TW_INK_NOTE,
		[TW_MEDIUM] = TW_INK_WARN, [TW_HIGH] = TW_INK_BAD, [TW_CRITICAL] = TW_INK_BAD };

	return inks[severity];
}

const char *
tw_page_endpoint(struct tw_arena *a, const struct tw_facts *f)
{
	if (f->host == NULL || f->port == 0)
		return f->target;
	return tw_arena_fmt(a, strchr(f->host, ':') != NULL ? "[%s]:%d" : "%s:%d", f->host,
	    f->port);
}
