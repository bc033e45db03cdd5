/*
 * read_section.c -- a directive a line, words between blanks: Apache (its sections in angle
 * brackets; DUMP_CONFIG says file and line before each directive), HAProxy (sections that
 * last until the next; the options of a bind line are directives of a block of their own).
 */
#include "base/buf.h"
#include "conf/read.h"

#include <strings.h>

#define FILE_MARKER	"# In file: "
#define LINE_LONGEST	65536u

/* Sections of Apache that are gone when the configuration is read. */
static const char *const transparent[] = { "IfModule", "IfDefine", "IfVersion", "IfFile",
	"IfDirective", "IfSection" };
static const char *const sections[] = { "defaults", "frontend", "listen", "backend",
	"userlist", "peers", "resolvers", "mailers", "cache", "program", "http-errors", "ring",
	"log-forward", "log-profile", "crt-store", "traces", "fcgi-app", "acme" };
/* Options of a bind line with a value that is looked at. */
static const char *const valued[] = { "ssl-min-ver", "ssl-max-ver", "ciphers", "ciphersuites",
	"curves", "ecdhe" };

static bool
is_one_of(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(word, list[i]) == 0)
			return true;
	return false;
}
#define IS_ONE_OF(word, list)	is_one_of((word), (list), TW_COUNT(list))

/* A line with those it is continued on: a backslash before its end says so. */
static bool
next(struct tw_reader *r, struct tw_buf *out)
{
	struct tw_bytes line;

	tw_buf_clear(out);
	if (!tw_read_line(r, &line))
		return false;
	while (line.n > 0 && line.p[line.n - 1] == '\\' && line.p[0] != '#') {
		tw_buf_put(out, line.p, line.n - 1);
		if (!tw_read_line(r, &line))
			return true;
	}
	tw_buf_bytes(out, line);
	return true;
}

/* What DUMP_CONFIG says of the directive that follows: "# In file: X", "#  12:". */
static void
read_apache_comment(struct tw_reader *r, struct tw_bytes line)
{
	size_t n = sizeof(FILE_MARKER) - 1;
	unsigned number = 0;

	if (tw_bytes_begin_with(line, FILE_MARKER)) {
		tw_read_file(r, (struct tw_bytes){ line.p + n, line.n - n });
		return;
	}
	line = tw_read_trim((struct tw_bytes){ line.p + 1, line.n - 1 });
	for (n = 0; n < line.n && n < 8 && line.p[n] >= '0' && line.p[n] <= '9'; n++)
		number = number * 10 + (line.p[n] - '0');
	if (n > 0 && n + 1 == line.n && line.p[n] == ':' && number > 0)
		r->line = number - 1;
}

static void
read_bracket(struct tw_reader *r, struct tw_bytes line)
{
	bool end = line.n > 1 && line.p[1] == '/';
	size_t n = line.n - (line.p[line.n - 1] == '>');

	tw_read_words(r, (struct tw_bytes){ line.p + 1 + end, n - 1 - end });
	if (r->n > 0 && IS_ONE_OF(r->words[0], transparent)) {
		r->n = 0;
	} else if (end) {
		r->n = 0;
		tw_read_piece(r, TW_PIECE_CLOSE);
	} else if (r->n > 0) {
		tw_read_piece(r, TW_PIECE_OPEN);
	}
}

static void
read_apache(struct tw_reader *r, struct tw_bytes line, unsigned at)
{
	if (line.p[0] == '#') {
		read_apache_comment(r, line);
	} else if (line.n > 1 && line.p[0] == '<') {
		read_bracket(r, line);
	} else {
		tw_read_words(r, line);
		r->word_line = at;
		tw_read_piece(r, TW_PIECE_LINE);
	}
}

/* What stands before a comment. */
static struct tw_bytes
cut_comment(struct tw_bytes line)
{
	uint8_t quote = 0;

	for (size_t i = 0; i < line.n; i++) {
		uint8_t c = line.p[i];

		if (c == '\\')
			i++;
		else if (quote != 0)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '#')
			return (struct tw_bytes){ line.p, i };
	}
	return line;
}

/* The words behind the first (or the first two) as directives: options with their values. */
static void
read_options(struct tw_reader *r, unsigned at, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		tw_read_word(r, tw_bytes_of(words[i]));
		if (IS_ONE_OF(words[i], valued) && i + 1 < n)
			tw_read_word(r, tw_bytes_of(words[++i]));
		r->word_line = at;
		tw_read_piece(r, TW_PIECE_LINE);
	}
}

static void
read_haproxy(struct tw_reader *r, struct tw_bytes line, unsigned at, bool *open)
{
	const char *words[TW_CONF_WORDS];
	size_t n;
	bool global;

	tw_read_words(r, tw_read_trim(cut_comment(line)));
	n = r->n;
	memcpy(words, r->words, n * sizeof(words[0]));
	if (n == 0)
		return;
	r->word_line = at;
	global = strcmp(words[0], "global") == 0;
	if (global || IS_ONE_OF(words[0], sections)) {
		r->n = 0;
		if (*open)
			tw_read_piece(r, TW_PIECE_CLOSE);
		*open = !global;	/* what is global is of the whole */
		for (size_t i = 0; !global && i < n; i++)
			tw_read_word(r, tw_bytes_of(words[i]));
		r->word_line = at;
		if (!global)
			tw_read_piece(r, TW_PIECE_OPEN);
	} else if (strcmp(words[0], "bind") == 0 && n > 1) {
		r->n = 2;
		tw_read_piece(r, TW_PIECE_OPEN);
		read_options(r, at, words + 2, n - 2);
		tw_read_piece(r, TW_PIECE_CLOSE);
	} else if (strcmp(words[0], "ssl-default-bind-options") == 0) {
		r->n = 0;
		read_options(r, at, words + 1, n - 1);
	} else {
		tw_read_piece(r, TW_PIECE_LINE);
	}
}

void
tw_read_section(struct tw_reader *r)
{
	struct tw_buf text;
	bool open = false;
	unsigned at;

	tw_buf_init(&text, r->rest.n + 1);
	for (at = r->line + 1; r->flaw == NULL && next(r, &text); at = r->line + 1) {
		struct tw_bytes line = tw_read_trim(tw_buf_view(&text));

		if (line.n == 0 || line.n > LINE_LONGEST)
			continue;
		if (r->server == TW_APACHE)
			read_apache(r, line, at);
		else
			read_haproxy(r, line, at, &open);
	}
	if (open)
		tw_read_piece(r, TW_PIECE_CLOSE);
	tw_buf_clear(&text);
}
