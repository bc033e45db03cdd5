/*
 * read.c -- what the tokenizers share: lines and words of a text that may be anything, and
 * pieces that conf.c puts together.
 */
#include "conf/read.h"

bool
tw_read_line(struct tw_reader *r, struct tw_bytes *ret_line)
{
	const uint8_t *nl = r->rest.n > 0 ? memchr(r->rest.p, '\n', r->rest.n) : NULL;
	size_t n = nl != NULL ? (size_t)(nl - r->rest.p) : r->rest.n;

	if (r->rest.n == 0)
		return false;
	r->line++;
	*ret_line = (struct tw_bytes){ r->rest.p, n };
	if (n > 0 && r->rest.p[n - 1] == '\r')
		ret_line->n--;
	r->rest.p += n + (nl != NULL);
	r->rest.n -= n + (nl != NULL);
	return true;
}

void
tw_read_flaw(struct tw_reader *r, const char *flaw)
{
	if (r->flaw != NULL)
		return;
	r->flaw = flaw;
	r->flaw_line = r->line;
}

void
tw_read_word(struct tw_reader *r, struct tw_bytes word)
{
	if (r->n == 0)
		r->word_line = r->line;
	if (r->n == TW_CONF_WORDS) {	/* more than anybody writes: the rest is not looked at */
		return;
	}
	/* A NUL would end the word early for some who look at it: it ends it for all. */
	r->words[r->n++] = tw_arena_fmt(r->arena, "%.*s", (int)word.n,
	    word.p != NULL ? (const char *)word.p : "");
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct tw_bytes
tw_read_trim(struct tw_bytes text)
{
	while (text.n > 0 && is_blank(text.p[0])) {
		text.p++;
		text.n--;
	}
	while (text.n > 0 && is_blank(text.p[text.n - 1]))
		text.n--;
	return text;
}

void
tw_read_words(struct tw_reader *r, struct tw_bytes text)
{
	for (text = tw_read_trim(text); text.n > 0; text = tw_read_trim(text)) {
		bool quoted = text.p[0] == '"' || text.p[0] == '\'';
		size_t from = quoted, n = from;

		while (n < text.n && (quoted ? text.p[n] != text.p[0] : !is_blank(text.p[n])))
			n += text.p[n] == '\\' && n + 1 < text.n ? 2 : 1;
		tw_read_word(r, (struct tw_bytes){ text.p + from, n - from });
		n += quoted && n < text.n;
		text.p += n;
		text.n -= n;
	}
}

void
tw_read_piece(struct tw_reader *r, enum tw_piece_kind kind)
{
	struct tw_piece piece = { kind, r->file, r->n > 0 ? r->word_line : r->line, NULL, r->n };

	if (r->pieces.n >= TW_CONF_LINES)
		tw_read_flaw(r, "it is longer than any configuration");
	if (r->flaw != NULL || (kind == TW_PIECE_LINE && r->n == 0)) {
		r->n = 0;
		return;
	}
	piece.words = tw_arena_alloc(r->arena, (r->n + 1) * sizeof(*piece.words));
	memcpy(piece.words, r->words, r->n * sizeof(*piece.words));
	r->n = 0;
	TW_PUSH(r->arena, &r->pieces, piece);
}

void
tw_read_file(struct tw_reader *r, struct tw_bytes name)
{
	r->file = tw_arena_fmt(r->arena, "%.*s", (int)name.n, (const char *)name.p);
	r->line = 0;
}
