/*
 * read_block.c -- nginx's syntax: words that end in ";" or open a block with "{". `nginx -T`
 * puts "# configuration file NAME:" before each file. read.h has what the pieces are.
 */
#include "conf/read.h"

#define MARKER	"# configuration file "
#define CODE	"_by_lua_block"		/* what its braces hold is another language */

static void
skip(struct tw_reader *r)
{
	r->line += r->rest.p[0] == '\n';
	r->rest.p++;
	r->rest.n--;
}

/* A comment, or the name of the file that follows it. */
static void
read_comment(struct tw_reader *r, bool first_in_line)
{
	struct tw_bytes line;

	r->line--;	/* tw_read_line() counts the line its end belongs to */
	if (!tw_read_line(r, &line))
		return;
	r->line++;
	if (first_in_line && tw_bytes_begin_with(line, MARKER) && line.p[line.n - 1] == ':') {
		size_t n = sizeof(MARKER) - 1;

		r->n = 0;	/* what nginx says of itself may stand before the first */
		tw_read_file(r, (struct tw_bytes){ line.p + n, line.n - n - 1 });
		r->line = 1;
	}
}

/* Takes a word; quotes may stand around it, "${" in it. */
static void
read_word(struct tw_reader *r)
{
	struct tw_bytes word = r->rest;
	uint8_t quote = word.p[0] == '"' || word.p[0] == '\'' ? word.p[0] : 0;
	unsigned line = r->line;

	if (quote != 0) {
		skip(r);
		word = r->rest;
	}
	while (r->rest.n > 0) {
		uint8_t c = r->rest.p[0];

		if (quote != 0 ? c == quote : memchr(" \t\r\n;{", c, 6) != NULL &&
		    !(c == '{' && r->rest.p > word.p && r->rest.p[-1] == '$'))
			break;
		if (c == '\\' && r->rest.n > 1)
			skip(r);
		skip(r);
	}
	word.n = (size_t)(r->rest.p - word.p);
	if (quote != 0 && r->rest.n == 0)
		tw_read_flaw(r, "a quotation mark is never closed");
	else if (quote != 0)
		skip(r);
	tw_read_word(r, word);
	if (r->n == 1)
		r->word_line = line;
}

/* Skips what stands between the braces of a program in the configuration. */
static void
skip_code(struct tw_reader *r)
{
	unsigned depth = 1;

	while (r->rest.n > 0 && depth > 0) {
		depth += r->rest.p[0] == '{';
		depth -= r->rest.p[0] == '}';
		skip(r);
	}
}

static bool
is_code(const struct tw_reader *r)
{
	size_t n = r->n > 0 ? strlen(r->words[0]) : 0;

	return n > sizeof(CODE) - 1 && strcmp(r->words[0] + n - (sizeof(CODE) - 1), CODE) == 0;
}

void
tw_read_block(struct tw_reader *r)
{
	const uint8_t *begin = r->rest.p;

	r->line = 1;
	while (r->rest.n > 0 && r->flaw == NULL) {
		uint8_t c = r->rest.p[0];

		if (memchr(" \t\r\n", c, 4) != NULL) {
			skip(r);
		} else if (c == '#') {
			read_comment(r, r->rest.p == begin || r->rest.p[-1] == '\n');
		} else if (c == ';') {
			skip(r);
			tw_read_piece(r, TW_PIECE_LINE);
		} else if (c == '{' && is_code(r)) {
			skip(r);
			skip_code(r);
			tw_read_piece(r, TW_PIECE_LINE);
		} else if (c == '{') {
			skip(r);
			if (r->n == 0)
				tw_read_flaw(r, "a block has no name");
			tw_read_piece(r, TW_PIECE_OPEN);
		} else if (c == '}') {
			skip(r);
			if (r->n > 0)
				tw_read_flaw(r, "a directive has no \";\" behind it");
			tw_read_piece(r, TW_PIECE_CLOSE);
		} else {
			read_word(r);
		}
	}
	if (r->n > 0)
		tw_read_flaw(r, "the last directive has no \";\" behind it");
}
