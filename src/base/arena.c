/* Memory that ends together; see arena.h. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_BYTES 4000
#define FMT_BYTES 256

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) uint8_t mem[];
};

struct tw_arena {
	struct block *first;
};

static void *
must(void *p)
{
	if (p == NULL) {
		fputs("tlswright: out of memory\n", stderr);
		abort();
	}
	return p;
}

struct tw_arena *
tw_arena_new(void)
{
	return must(calloc(1, sizeof(struct tw_arena)));
}

void
tw_arena_free(struct tw_arena *a)
{
	if (a == NULL)
		return;
	for (struct block *b = a->first, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

void *
tw_arena_alloc(struct tw_arena *a, size_t n)
{
	const size_t mask = alignof(max_align_t) - 1;
	struct block *b = a->first;
	void *p;

	n = (n + mask) & ~mask;
	if (b == NULL || b->size - b->used < n) {
		size_t size = n > BLOCK_BYTES / 4 ? n : BLOCK_BYTES;

		b = must(calloc(1, sizeof(*b) + size));
		b->size = size;
		if (size == BLOCK_BYTES || a->first == NULL) {
			b->next = a->first;
			a->first = b;
		} else {		/* a large one must not hide the rest of the first */
			b->next = a->first->next;
			a->first->next = b;
		}
	}
	p = b->mem + b->used;
	b->used += n;
	return p;
}

struct tw_bytes
tw_arena_bytes(struct tw_arena *a, struct tw_bytes v)
{
	uint8_t *p;

	if (v.p == NULL)
		return v;
	p = tw_arena_alloc(a, v.n + 1);
	memcpy(p, v.p, v.n);
	return (struct tw_bytes){ p, v.n };
}

char *
tw_arena_str(struct tw_arena *a, const char *s)
{
	return (char *)(uintptr_t)tw_arena_bytes(a, tw_bytes_of(s)).p;
}

char *
tw_arena_fmt(struct tw_arena *a, const char *fmt, ...)
{
	char text[FMT_BYTES];		/* most fit: they are made once, not measured first */
	va_list ap, again;
	char *p;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p = tw_arena_alloc(a, n < 0 ? 1 : (size_t)n + 1);
	if (n >= 0 && (size_t)n < sizeof(text))
		memcpy(p, text, (size_t)n);
	else if (n >= 0)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

void *
tw_arena_grow(struct tw_arena *a, void *v, size_t n, size_t *cap, size_t size)
{
	void *p;

	if (n < *cap)
		return v;
	*cap = n < 4 ? 8 : n * 2;
	p = tw_arena_alloc(a, *cap * size);
	if (n > 0)
		memcpy(p, v, n * size);
	return p;
}
