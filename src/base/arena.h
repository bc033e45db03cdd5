/*
 * arena.h -- memory that ends together. All facts of one endpoint live in one
 * arena: nothing in them is freed alone, and a half-made endpoint leaks nothing.
 */
#ifndef TW_BASE_ARENA_H
#define TW_BASE_ARENA_H

#include "base/bytes.h"

struct tw_arena;

struct tw_arena *tw_arena_new(void);		/* ends the program when out of memory */
void tw_arena_free(struct tw_arena *a);		/* takes NULL */

/* Zeroed memory, aligned for any type; ends the program when out of memory. */
void *tw_arena_alloc(struct tw_arena *a, size_t n);
char *tw_arena_str(struct tw_arena *a, const char *s);	/* NULL gives NULL */
char *tw_arena_fmt(struct tw_arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A copy of v, with a NUL behind it that is not counted. p NULL stays NULL. */
struct tw_bytes tw_arena_bytes(struct tw_arena *a, struct tw_bytes v);

/*
 * A list in an arena: struct { T *v; size_t n, cap; }. TW_PUSH adds a value;
 * the old array stays behind in the arena until it ends.
 */
#define TW_LIST(T)	struct { T *v; size_t n, cap; }
#define TW_PUSH(a, list, ...) do { \
	(list)->v = tw_arena_grow((a), (list)->v, (list)->n, &(list)->cap, \
	    sizeof(*(list)->v)); \
	(list)->v[(list)->n++] = __VA_ARGS__; \
} while (0)
void *tw_arena_grow(struct tw_arena *a, void *v, size_t n, size_t *cap, size_t size);

#endif
