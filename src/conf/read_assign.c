/*
 * read_assign.c -- "name = value", a line each: Postfix (postconf, main.cf, and the services
 * of master.cf with their -o), Dovecot with its blocks. Where `config` prints several files,
 * "# ---- NAME" begins one. read.h has what the pieces are.
 */
#include "base/buf.h"
#include "conf/read.h"

#define MARKER	"# ---- "

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* A line, and those that go on with it: in Postfix's files they begin with a blank. */
static bool
next(struct tw_reader *r, bool go_on, struct tw_buf *out)
{
	struct tw_bytes line;

	tw_buf_clear(out);
	if (!tw_read_line(r, &line))
		return false;
	tw_buf_bytes(out, line);
	while (go_on && line.n > 0 && line.p[0] != '#' && r->rest.n > 0 &&
	    (is_space(r->rest.p[0]) || r->rest.p[0] == '#')) {
		unsigned before = r->line;
		struct tw_bytes more;

		if (!tw_read_line(r, &more))
			break;
		if (more.p[0] == '#' && tw_bytes_begin_with(more, MARKER)) {
			r->rest.n += (size_t)(r->rest.p - more.p);	/* it is no comment in between */
			r->rest.p = more.p;
			r->line = before;
			break;
		}
		if (more.p[0] != '#') {
			tw_buf_u8(out, ' ');
			tw_buf_bytes(out, tw_read_trim(more));
		}
	}
	return true;
}

/* "name = value": the name, then all of the value as one word. False: it is none. */
static bool
assign(struct tw_reader *r, struct tw_bytes line)
{
	const uint8_t *eq = line.n > 0 ? memchr(line.p, '=', line.n) : NULL;
	struct tw_bytes name, value;

	if (eq == NULL)
		return false;
	name = tw_read_trim((struct tw_bytes){ line.p, (size_t)(eq - line.p) });
	for (size_t i = 0; i < name.n; i++)
		if (is_space(name.p[i]))
			return false;
	if (name.n == 0)
		return false;
	value = tw_read_trim((struct tw_bytes){ eq + 1, line.n - (size_t)(eq + 1 - line.p) });
	if (value.n > 1 && value.p[0] == '"' && value.p[value.n - 1] == '"')
		value = (struct tw_bytes){ value.p + 1, value.n - 2 };
	tw_read_word(r, name);
	tw_read_word(r, value);
	return true;
}

/* A parameter of a service, as `postconf -P` says it: "submission/inet/NAME = value". */
static bool
assign_for_service(struct tw_reader *r, struct tw_bytes line)
{
	const uint8_t *eq = memchr(line.p, '=', line.n);
	size_t slash = 0, slashes = 0;

	for (size_t i = 0; eq != NULL && line.p + i < eq; i++)
		if (line.p[i] == '/') {
			slash = i;
			slashes++;
		}
	if (slashes != 2)
		return false;
	tw_read_word(r, TW_BYTES("service"));
	tw_read_word(r, (struct tw_bytes){ line.p, slash });
	tw_read_piece(r, TW_PIECE_OPEN);
	if (assign(r, (struct tw_bytes){ line.p + slash + 1, line.n - slash - 1 }))
		tw_read_piece(r, TW_PIECE_LINE);
	tw_read_piece(r, TW_PIECE_CLOSE);
	return true;
}

/* A service of master.cf: eight words, then "-o NAME=VALUE" as often as one likes. */
static bool
read_service(struct tw_reader *r, struct tw_bytes line, unsigned at)
{
	const char *words[TW_CONF_WORDS];
	size_t n;

	tw_read_words(r, line);
	n = r->n;
	memcpy(words, r->words, n * sizeof(words[0]));
	r->n = 0;
	if (n < 8 || strcmp(words[1], "inet") != 0)
		return false;
	tw_read_word(r, TW_BYTES("service"));
	tw_read_word(r, tw_bytes_of(tw_arena_fmt(r->arena, "%s/%s", words[0], words[1])));
	tw_read_word(r, tw_bytes_of(words[7]));
	r->word_line = at;
	tw_read_piece(r, TW_PIECE_OPEN);
	for (size_t i = 8; i + 1 < n; i++)
		if (strcmp(words[i], "-o") == 0 && assign(r, tw_bytes_of(words[i + 1]))) {
			r->word_line = at;
			tw_read_piece(r, TW_PIECE_LINE);
		}
	tw_read_piece(r, TW_PIECE_CLOSE);
	return true;
}

/* "name {", "name LABEL {" and "}" of Dovecot. */
static bool
read_brace(struct tw_reader *r, struct tw_bytes line)
{
	if (line.n == 1 && line.p[0] == '}') {
		tw_read_piece(r, TW_PIECE_CLOSE);
		return true;
	}
	if (line.n < 2 || line.p[line.n - 1] != '{' || memchr(line.p, '=', line.n) != NULL)
		return false;
	tw_read_words(r, (struct tw_bytes){ line.p, line.n - 1 });
	tw_read_piece(r, TW_PIECE_OPEN);
	return true;
}

void
tw_read_assign(struct tw_reader *r)
{
	/* Dovecot's blocks are indented, Postfix's indented lines go on with the one before. */
	bool postfix = r->server == TW_POSTFIX;
	struct tw_buf text;
	unsigned at;

	tw_buf_init(&text, r->rest.n + 2);
	for (at = r->line + 1; r->flaw == NULL && next(r, postfix, &text); at = r->line + 1) {
		struct tw_bytes line = tw_read_trim(tw_buf_view(&text));

		if (tw_bytes_begin_with(line, MARKER)) {
			tw_read_file(r, tw_read_trim((struct tw_bytes){
			    line.p + sizeof(MARKER) - 1, line.n - (sizeof(MARKER) - 1) }));
			continue;
		}
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (postfix ? read_service(r, line, at) || assign_for_service(r, line)
		    : read_brace(r, line))
			continue;
		r->n = 0;
		if (assign(r, line) || line.p[0] == '!') {
			if (line.p[0] == '!')
				tw_read_words(r, line);
			r->word_line = at;
			tw_read_piece(r, TW_PIECE_LINE);
		}
	}
	tw_buf_clear(&text);
}
