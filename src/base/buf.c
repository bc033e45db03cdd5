/* A growing buffer with a bound; see buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
tw_buf_init(struct tw_buf *b, size_t max)
{
	*b = (struct tw_buf){ .max = max };
}

void
tw_buf_clear(struct tw_buf *b)
{
	free(b->p);
	tw_buf_init(b, b->max);
}

/* Room for n more bytes, or failed. */
static bool
reserve(struct tw_buf *b, size_t n)
{
	size_t cap = b->cap;
	uint8_t *p;

	if (b->failed || n > b->max - b->n) {
		b->failed = true;
		return false;
	}
	if (n <= b->cap - b->n)
		return true;
	if (cap == 0)
		cap = 64;
	while (cap - b->n < n)
		cap *= cap < 4096 ? 4 : 2;
	if (cap > b->max)
		cap = b->max;
	p = realloc(b->p, cap);
	if (p == NULL) {
		b->failed = true;
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

/* The usual case of reserve(): there is room already. */
static inline bool
has_room(const struct tw_buf *b, size_t n)
{
	return n <= b->cap - b->n && !b->failed;
}

void
tw_buf_put(struct tw_buf *b, const void *p, size_t n)
{
	if (n == 0 || (!has_room(b, n) && !reserve(b, n)))
		return;
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void
tw_buf_u8(struct tw_buf *b, uint8_t v)
{
	if (has_room(b, 1))
		b->p[b->n++] = v;
	else
		tw_buf_put(b, &v, 1);
}

void
tw_buf_u16(struct tw_buf *b, uint16_t v)
{
	tw_buf_put(b, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

void
tw_buf_u24(struct tw_buf *b, uint32_t v)
{
	tw_buf_put(b, (uint8_t[]){ (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v }, 3);
}

void
tw_buf_u32(struct tw_buf *b, uint32_t v)
{
	tw_buf_u16(b, (uint16_t)(v >> 16));
	tw_buf_u16(b, (uint16_t)v);
}

void
tw_buf_bytes(struct tw_buf *b, struct tw_bytes v)
{
	tw_buf_put(b, v.p, v.n);
}

void
tw_buf_str(struct tw_buf *b, const char *s)
{
	tw_buf_put(b, s, strlen(s));
}

void
tw_buf_fmt(struct tw_buf *b, const char *fmt, ...)
{
	va_list ap, again;
	size_t room = b->failed ? 0 : b->cap - b->n;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(room == 0 ? NULL : (char *)b->p + b->n, room, fmt, ap);
	va_end(ap);
	/* One byte more than the text: vsnprintf() writes its NUL there. */
	if (n >= 0 && (size_t)n < room) {
		b->n += (size_t)n;
	} else if (n >= 0 && reserve(b, (size_t)n + 1)) {
		vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

size_t
tw_buf_open_len(struct tw_buf *b, size_t head)
{
	size_t mark = b->n;

	tw_buf_put(b, (uint8_t[3]){ 0 }, head);
	return mark;
}

void
tw_buf_close_len(struct tw_buf *b, size_t mark, size_t head)
{
	size_t n;

	if (b->failed)
		return;
	n = b->n - mark - head;
	if (n >> (8 * head) != 0) {
		b->failed = true;
		return;
	}
	for (size_t i = 0; i < head; i++)
		b->p[mark + i] = (uint8_t)(n >> (8 * (head - 1 - i)));
}

void
tw_buf_drop(struct tw_buf *b, size_t n)
{
	if (n == 0)
		return;
	b->n -= n;
	memmove(b->p, b->p + n, b->n);
}

struct tw_bytes
tw_buf_view(const struct tw_buf *b)
{
	return (struct tw_bytes){ b->p, b->n };
}

const char *
tw_buf_cstr(struct tw_buf *b)
{
	if (b->failed || !reserve(b, 1))
		return "";
	b->p[b->n] = '\0';
	return (const char *)b->p;
}
