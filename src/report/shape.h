/*
 * shape.h -- a struct and its JSON, described once: a table of fields serves
 * writing, reading back and comparing. json.c holds the tables of the facts.
 */
#ifndef TW_REPORT_SHAPE_H
#define TW_REPORT_SHAPE_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum tw_kind {
	TW_KIND_STR,		/* const char *; NULL is null */
	TW_KIND_TEXT,		/* struct tw_bytes; p NULL is null */
	TW_KIND_BASE64,		/* struct tw_bytes; p NULL is null */
	TW_KIND_SHA256,		/* uint8_t[32], as hex */
	TW_KIND_BOOL,
	TW_KIND_UINT,		/* unsigned */
	TW_KIND_PORT,		/* int, 1 to 65535; 0 is null */
	TW_KIND_INT64,
	TW_KIND_TENTHS,		/* double, with one decimal */
	TW_KIND_TIME,		/* int64_t, seconds since 1970; 0 is null */
	TW_KIND_WORD,		/* an enum, by its names; a NULL name is null */
	TW_KIND_CHECKS,		/* an array of enum tw_check; one key each, by name_of() */
	TW_KIND_OBJECT,		/* a sub-shape */
	TW_KIND_MAYBE,		/* the same, or null: the bool at `flag` says which */
	TW_KIND_LIST,		/* TW_LIST of a sub-shape */
	TW_KIND_BY_VERSION,	/* an array of a sub-shape, keyed by version, where holds() */
	TW_KIND_CODEC,		/* write() and read() do it; no read(): written only */
};

struct tw_shape_writer {
	struct tw_buf *out;	/* the text; its failed says that something is missing */
	int64_t at;		/* the moment derived values are of */
};

struct tw_shape_reader {
	struct tw_arena *arena;
	struct tw_err *err;
	char path[160];		/* where in the object: "certificates[0].not_after" */
};

struct tw_shape;

struct tw_field {
	const char *name;	/* NULL: the value itself (of a list), or keys of this object */
	enum tw_kind kind;
	size_t offset;
	const struct tw_shape *shape;
	const char *const *words;	/* of WORD */
	size_t count;			/* of words, or of checks */
	const char *(*name_of)(size_t i);
	bool (*holds)(const void *base, int version);
	size_t flag;
	bool needed;		/* reading: neither absent nor null */
	void (*write)(struct tw_shape_writer *w, const void *p);
	int (*read)(struct tw_shape_reader *r, const json_t *v, void *p);
};

struct tw_shape {
	size_t size;
	const struct tw_field *fields;
	size_t n;
	void (*done)(struct tw_arena *a, void *p);	/* after reading one, or NULL */
};

/*
 * Puts p's fields into the object that was begun. Text is written as it is walked,
 * without a tree of values: an object an endpoint, a thousand endpoints a second.
 */
void tw_shape_write(struct tw_shape_writer *w, const struct tw_shape *s, const void *p);
/*
 * Fills p from object. What is absent stays zero, keys not known are passed over
 * (a newer version may have more); a value of the wrong kind is -1 and err says where.
 */
int tw_shape_read(struct tw_shape_reader *r, const struct tw_shape *s, const json_t *object,
    void *p);

/* What comes next: a value of a list, or the value of the key name. Puts the comma too. */
void tw_shape_next(struct tw_shape_writer *w);
void tw_shape_key(struct tw_shape_writer *w, const char *name);
/* One value: what a peer may have said, escaped (text.h); NULL, also p NULL, is null. */
void tw_shape_text(struct tw_shape_writer *w, struct tw_bytes v);
void tw_shape_str(struct tw_shape_writer *w, const char *s);
/* The same for UTF-8 of our own tables, as it is; NULL is null. */
void tw_shape_own(struct tw_shape_writer *w, const char *s);
void tw_shape_int(struct tw_shape_writer *w, int64_t v);
void tw_shape_tenths(struct tw_shape_writer *w, double v);	/* already whole tenths */
void tw_shape_bool(struct tw_shape_writer *w, bool v);
/* Refuses the value at r's path: "…: not a time". Returns -1. */
int tw_shape_refuse(struct tw_shape_reader *r, const char *what);

#endif
