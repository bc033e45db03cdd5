/*
 * template.h -- text with gaps: lines that begin with "@" choose what is copied, {{NAME}} is
 * filled in. The templates of `config` are written in it; docs/ADDING.md tells the language.
 */
#ifndef TW_BASE_TEMPLATE_H
#define TW_BASE_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"

/* What a template may ask; it sees nothing else. */
struct tw_template_world {
	void *ctx;
	/* Puts the value of a name; false: there is no such name. */
	bool (*put)(void *ctx, struct tw_bytes name, struct tw_buf *out);
	/* 1 or 0; -1: there is no such flag. */
	int (*flag)(void *ctx, struct tw_bytes name);
	/* A dotted number to compare with; NULL: there is no such name. */
	const char *(*number)(void *ctx, struct tw_bytes name);
	/* Puts member i of a list: 1, or 0 behind its end, -1: there is no such list. */
	int (*member)(void *ctx, struct tw_bytes list, size_t i, struct tw_buf *out);
	/* Marks the line that follows with a word of "@mends"; NULL: the words mean nothing. */
	void (*mark)(struct tw_buf *out, struct tw_bytes word);
};

/*
 * Renders text into out. -1 with the line in e where the template is wrong, also in parts
 * that are not copied: every name is looked up, every condition is read.
 */
int tw_template_render(const char *text, const struct tw_template_world *w,
    struct tw_buf *out, struct tw_err *e);
/* Compares dotted numbers ("1.25.1", "3.5"): <0, 0, >0. What is missing is 0; letters end it. */
int tw_template_compare(const char *a, const char *b);

#endif
