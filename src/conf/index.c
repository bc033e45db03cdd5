/* index.c -- see index.h. */
#include "conf/index.h"

#include <assert.h>
#include <stdio.h>
#include <strings.h>

#include "base/template.h"

#define STS	"Strict-Transport-Security"

/*
 * How many words of the line are the name, one of a list: "ssl_ciphers" 1,
 * "ssl_conf_command+CipherString" 2; 0: it is another directive.
 */
static size_t
name_length(const char *names, const struct tw_conf_line *line)
{
	char name[96];

	while (tw_value_next(&names, name, sizeof(name))) {
		char *plus = strchr(name, '+');

		if (plus != NULL)
			*plus++ = '\0';
		if (strcasecmp(line->words[0], name) == 0 &&
		    (plus == NULL || (line->n > 1 && strcasecmp(line->words[1], plus) == 0)))
			return plus != NULL ? 2 : 1;
	}
	return 0;
}

static bool
has_word(const struct tw_conf_line *line, const char *word)
{
	for (size_t i = 1; i < line->n; i++)
		if (strcasecmp(line->words[i], word) == 0)
			return true;
	return false;
}

/* Blocks from which a header goes out for the listener around them. */
static bool
ends_spread(const struct tw_conf_index *x, size_t block)
{
	const char *kind = x->conf->blocks.v[block].kind;

	return strcasecmp(kind, "server") == 0 || strcasecmp(kind, "VirtualHost") == 0 ||
	    strcasecmp(kind, "http") == 0;
}

static void
set(struct tw_conf_index *x, size_t row, size_t line)
{
	size_t block = x->conf->lines.v[line].block;

	x->last[block * x->rows_n + row] = (uint32_t)line + 1;
	/* A header set in a location, or in what stands behind, is there for the listener. */
	while (x->rows[row].kind == TW_CONF_HSTS && block != 0 && !ends_spread(x, block)) {
		block = x->conf->blocks.v[block].parent;
		if (x->last[block * x->rows_n + row] == 0)
			x->last[block * x->rows_n + row] = (uint32_t)line + 1;
	}
}

static void
note_listener(struct tw_conf_index *x, const struct tw_conf_line *line)
{
	const char *word = line->words[0];

	if (x->conf->server == TW_HAPROXY && strcmp(word, "ssl") == 0)
		x->tls[line->block] = true;
	if (x->conf->server != TW_NGINX || strcmp(word, "listen") != 0)
		return;
	x->listens[line->block] = true;
	if (has_word(line, "ssl") || has_word(line, "quic"))
		x->tls[line->block] = true;
}

static void
read_line(struct tw_conf_index *x, size_t i)
{
	const struct tw_conf_line *line = &x->conf->lines.v[i];
	size_t longest = 0;

	for (size_t r = 0; r < x->rows_n; r++) {
		size_t n = name_length(x->rows[r].names, line);

		longest = n > longest ? n : longest;
	}
	for (size_t r = 0; r < x->rows_n && longest > 0; r++)
		if (name_length(x->rows[r].names, line) == longest &&
		    (x->rows[r].kind != TW_CONF_HSTS || (has_word(line, STS) &&
		    !has_word(line, "unset"))))
			set(x, r, i);
	note_listener(x, line);
}

void
tw_index_make(struct tw_conf_index *x, struct tw_conf *c)
{
	*x = (struct tw_conf_index){ .conf = c };
	for (size_t i = 0; i < tw_rows_n; i++) {
		if (tw_rows[i].server != c->server)
			continue;
		if (x->rows == NULL)
			x->rows = &tw_rows[i];
		x->rows_n++;
	}
	x->last = tw_arena_alloc(c->arena, c->blocks.n * x->rows_n * sizeof(*x->last));
	x->tls = tw_arena_alloc(c->arena, c->blocks.n * sizeof(*x->tls));
	x->listens = tw_arena_alloc(c->arena, c->blocks.n * sizeof(*x->listens));
	for (size_t i = 0; i < c->lines.n; i++)
		read_line(x, i);
}

const struct tw_conf_line *
tw_index_find(const struct tw_conf_index *x, size_t block, const struct tw_conf_row *row)
{
	for (;; block = x->conf->blocks.v[block].parent) {
		uint32_t at = x->last[block * x->rows_n + (size_t)(row - x->rows)];

		if (at != 0)
			return &x->conf->lines.v[at - 1];
		if (block == 0)
			return NULL;
	}
}

const struct tw_conf_row *
tw_index_row(const struct tw_conf_index *x, const char *name)
{
	for (size_t i = 0; i < x->rows_n; i++)
		if (strcmp(x->rows[i].names, name) == 0)
			return &x->rows[i];
	assert(!"no such row");
	return NULL;
}

const char *
tw_index_own(const struct tw_conf_row *row, const char *version)
{
	for (size_t i = 0; i < TW_COUNT(row->own) && row->own[i].since != NULL; i++)
		if (tw_template_compare(version, row->own[i].since) >= 0)
			return row->own[i].value;
	return NULL;
}

const char *
tw_index_value_of(const struct tw_conf_index *x, const struct tw_conf_row *row,
    const struct tw_conf_line *line)
{
	size_t from = name_length(row->names, line), length = 1;
	char *s, *to;

	for (size_t i = from; i < line->n; i++)
		length += strlen(line->words[i]) + 1;
	s = to = tw_arena_alloc(x->conf->arena, length);
	for (size_t i = from; i < line->n; i++) {
		if (i > from)
			*to++ = ' ';
		to = stpcpy(to, line->words[i]);
	}
	return s;
}

const char *
tw_index_value(const struct tw_conf_index *x, size_t block, const struct tw_conf_row *row,
    const char *version)
{
	const struct tw_conf_line *line = tw_index_find(x, block, row);

	return line != NULL ? tw_index_value_of(x, row, line) : tw_index_own(row, version);
}
