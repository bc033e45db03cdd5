/*
 * config_scan.c -- where everything stands in a configuration: blocks, keys, values, each
 * with its line. libconfuse reads the values, but it ends at the first name it does not
 * know, counts lines with comments on them twice, drops a bare "*" and nests without bound;
 * so what it gets is a copy in which all that was complained of is blank. config.c calls it.
 */
#include "base/text.h"
#include "gate/config_inside.h"

#define NAME_LETTERS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

enum kind { END, WORD, SIGN, BAD };

struct token {
	enum kind kind;
	char sign;		/* of SIGN: { } = , or + for "+=" */
	size_t from, to;
	unsigned line;
	bool quoted;
};

struct scan {
	struct tw_config_reader *r;
	const char *text;
	size_t n, at;
	unsigned line;
	struct token t;		/* the one looked at */
};

/* Out of libconfuse's sight; lines stay where they are. */
static void
blank(struct scan *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (s->r->clean[i] != '\n')
			s->r->clean[i] = ' ';
}

static void
bad(struct scan *s, unsigned line, const char *what)
{
	tw_config_say(s->r, line, false, "%s", what);
	s->t.kind = BAD;
}

static const char *
text_of(struct scan *s, const struct token *t)
{
	size_t quote = t->quoted;

	return tw_config_shown(s->r, tw_arena_fmt(s->r->arena, "%.*s",
	    (int)(t->to - t->from - 2 * quote), s->text + t->from + quote));
}

static void
count_lines(struct scan *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		s->line += s->text[i] == '\n';
}

/* Blanks and comments. False: a comment has no end. */
static bool
skip(struct scan *s)
{
	while (s->at < s->n) {
		const char *p = s->text + s->at, *end;
		size_t from = s->at;

		if (*p == '\n' || *p == ' ' || *p == '\t' || *p == '\r') {
			s->line += *p == '\n';
			s->at++;
			continue;
		}
		if (*p == '#' || (p[0] == '/' && p[1] == '/')) {
			s->at += strcspn(p, "\n");
		} else if (p[0] == '/' && p[1] == '*') {
			end = strstr(p + 2, "*/");
			if (end == NULL) {
				bad(s, s->line, "the comment that begins here has no end (*/)");
				return false;
			}
			s->at += (size_t)(end + 2 - p);
			count_lines(s, from, s->at);
		} else {
			return true;
		}
		blank(s, from, s->at);
	}
	return true;
}

/* s->at is behind the quote. Only what means itself may stand behind a backslash. */
static void
scan_quoted(struct scan *s, char quote)
{
	unsigned line = s->line;

	for (; s->at < s->n && s->text[s->at] != quote; s->at++) {
		const char *p = s->text + s->at, *end;

		if (p[0] == '\\' && p[1] != '\0') {
			if (strchr("\\\"'\n", p[1]) == NULL) {
				bad(s, s->line, "a backslash stands only before a quote, another "
				    "backslash and the end of a line");
				return;
			}
			s->at++;
		} else if (quote == '"' && p[0] == '$' && p[1] == '{' &&
		    (end = strchr(p, '}')) != NULL) {
			count_lines(s, s->at, s->at + (size_t)(end - p));
			s->at += (size_t)(end - p);
		}
		s->line += s->text[s->at] == '\n';
	}
	if (s->at >= s->n) {
		bad(s, line, "the quotation mark here has no second one");
		return;
	}
	s->at++;
}

static bool
is_word(char c)
{
	return c != '\0' && strchr(" #\"'\t\n\r={}()+,*", c) == NULL;
}

static void
scan_word(struct scan *s)
{
	const char *p = s->text + s->at, *end;

	if (p[0] == '$' && p[1] == '{' && (end = strchr(p, '}')) != NULL) {
		count_lines(s, s->at, s->at + (size_t)(end - p));
		s->at += (size_t)(end + 1 - p);
		return;
	}
	while (s->at < s->n && is_word(s->text[s->at]))
		s->at++;
	s->t.to = s->at;
	if (s->text[s->at - 1] != ';')
		return;
	tw_config_say(s->r, s->t.line, false, "no semicolon is wanted behind \"%s\": a line's "
	    "end or a blank will do", text_of(s, &(struct token){ WORD, 0, s->t.from, s->at - 1,
	    0, false }));
	blank(s, s->at - 1, s->at);
	s->t.to--;
}

static void
advance(struct scan *s)
{
	char c;

	if (s->t.kind == BAD || !skip(s))
		return;
	s->t = (struct token){ END, 0, s->at, s->at, s->line, false };
	if (s->at >= s->n)
		return;
	c = s->text[s->at];
	s->t.kind = WORD;
	if (c == '"' || c == '\'') {
		s->at++;
		s->t.quoted = true;
		scan_quoted(s, c);
	} else if (strchr("{}=,", c) != NULL) {
		s->t.kind = SIGN;
		s->t.sign = c;
		s->at++;
	} else if (c == '+' && s->text[s->at + 1] == '=') {
		s->t.kind = SIGN;
		s->t.sign = '+';
		s->at += 2;
	} else if (is_word(c)) {
		scan_word(s);
		return;
	} else {
		bad(s, s->line, tw_arena_fmt(s->r->arena, "a %c stands outside quotation marks: "
		    "put the whole value between them", c));
	}
	s->t.to = s->at;
}

static bool
is_sign(const struct scan *s, char sign)
{
	return s->t.kind == SIGN && s->t.sign == sign;
}

static const char *
block_text(struct scan *s, size_t found)
{
	const struct tw_config_found *f = &s->r->found.v[found];

	return f->block == TW_BLOCK_ROOT ? "the file" : tw_arena_fmt(s->r->arena, "%s%s%s",
	    tw_config_blocks[f->block].name, *f->title != '\0' ? " " : "",
	    tw_config_shown(s->r, f->title));
}

/* One value, or {a, b}: s->t is its first token. Lines to e. False: that is none. */
static bool
scan_value(struct scan *s, struct tw_config_entry *e, const char *name)
{
	TW_LIST(unsigned) lines = { 0 };
	bool list = is_sign(s, '{');

	if (list)
		advance(s);
	while (s->t.kind == WORD) {
		TW_PUSH(s->r->arena, &lines, s->t.line);
		if (!list)
			break;
		advance(s);
		if (is_sign(s, ','))
			advance(s);
		else if (!is_sign(s, '}'))
			break;
	}
	if (s->t.kind == BAD)
		return false;
	if (list ? !is_sign(s, '}') : s->t.kind != WORD) {
		bad(s, s->t.line, tw_arena_fmt(s->r->arena, list
		    ? "the list of \"%s\" goes on neither with , nor with }"
		    : "\"%s\" has no value behind its =", name));
		return false;
	}
	e->lines = lines.v;
	e->n = lines.n;
	return true;
}

/* Over an unknown block: braces in pairs. s->t is its {; then its }. */
static bool
skip_block(struct scan *s, const char *name)
{
	unsigned line = s->t.line;
	size_t deep = 0;

	for (; s->t.kind != END && s->t.kind != BAD; advance(s)) {
		if (is_sign(s, '{'))
			deep++;
		if (is_sign(s, '}') && --deep == 0)
			return true;
	}
	if (s->t.kind != BAD)
		bad(s, line, tw_arena_fmt(s->r->arena, "the block \"%s\" that begins here has no }",
		    name));
	return false;
}

/* Names that may stand in a block, and what was meant by another. */
static const char *
meant(struct scan *s, enum tw_config_block in, const char *name, bool block)
{
	const char *v[TW_BLOCKS + 64];
	size_t n = 0;

	for (size_t i = 1; block && i < TW_BLOCKS; i++)
		if (tw_config_blocks[i].within == in)
			v[n++] = tw_config_blocks[i].name;
	for (size_t i = 0; !block && i < tw_config_keys_n; i++)
		if (tw_config_keys[i].block == in)
			v[n++] = tw_config_keys[i].name;
	return tw_config_meant(s->r, name, v, n);
}

/* Where else there is such a key: " (backend has it)", or "". */
static const char *
elsewhere(struct scan *s, const char *name)
{
	for (size_t i = 0; i < tw_config_keys_n; i++)
		if (strcmp(tw_config_keys[i].name, name) == 0)
			return tw_config_keys[i].block == TW_BLOCK_ROOT
			    ? "; it stands outside all blocks" : tw_arena_fmt(s->r->arena,
			    "; it stands in %s blocks", tw_config_blocks[tw_config_keys[i].block].name);
	return "";
}

static void
unknown_key(struct scan *s, size_t in, const char *name, unsigned line)
{
	enum tw_config_block block = s->r->found.v[in].block;
	const char *like = meant(s, block, name, false);

	tw_config_say(s->r, line, false, "there is no key \"%s\" in %s%s", name,
	    block == TW_BLOCK_ROOT ? "the file outside blocks" : tw_arena_fmt(s->r->arena,
	    "a %s block", tw_config_blocks[block].name),
	    *like != '\0' ? like : elsewhere(s, name));
}

/* name = value. s->t is the sign. */
static bool
scan_key(struct scan *s, size_t in, const struct token *name)
{
	const char *shown = text_of(s, name);
	struct tw_config_entry e = { .line = name->line };
	const struct tw_config_entry *before;
	bool wrong = true, adds = is_sign(s, '+');

	e.key = tw_config_key_find(s->r->found.v[in].block, shown);
	advance(s);
	if (s->t.kind == BAD || !scan_value(s, &e, shown))
		return false;
	before = e.key == NULL ? NULL : tw_config_entry(&s->r->found.v[in], shown);
	if (e.key == NULL)
		unknown_key(s, in, shown, name->line);
	else if (adds)
		tw_config_say(s->r, name->line, false, "\"%s\" has +=; write all of its values in "
		    "one list: %s = {…}", shown, shown);
	else if (before != NULL)
		tw_config_say(s->r, name->line, false, "\"%s\" stands here a second time; the first "
		    "is on line %u", shown, before->line);
	else
		wrong = false;
	if (wrong)
		blank(s, name->from, s->t.to);
	else
		TW_PUSH(s->r->arena, &s->r->found.v[in].entries, e);
	advance(s);
	return s->t.kind != BAD;
}

static enum tw_config_block
block_by_name(const char *name, enum tw_config_block within)
{
	for (size_t i = 1; i < TW_BLOCKS; i++)
		if (tw_config_blocks[i].within == within &&
		    strcmp(tw_config_blocks[i].name, name) == 0)
			return (enum tw_config_block)i;
	return TW_BLOCK_ROOT;
}

/* Why such a block cannot be; NULL: it can. */
static const char *
why_not(struct scan *s, size_t in, enum tw_config_block block, const char *name,
    const char *title)
{
	const struct tw_config_block_row *row = &tw_config_blocks[block];
	const struct tw_config_found *f;

	if (block == TW_BLOCK_ROOT)
		return tw_arena_fmt(s->r->arena, "there is no block \"%s\"%s", name,
		    meant(s, s->r->found.v[in].block, name, true));
	if (row->titled && *title == '\0')
		return tw_arena_fmt(s->r->arena, "a %s block wants a name: %s NAME { … }", name, name);
	if (row->titled && strspn(title, NAME_LETTERS) != strlen(title))
		return tw_arena_fmt(s->r->arena, "the name \"%s\" of a %s block may have letters, "
		    "digits, . - and _ alone", title, name);
	if (!row->titled && *title != '\0')
		return tw_arena_fmt(s->r->arena, "a %s block has no name: %s { … }", name, name);
	if (!row->titled && !row->once)
		return NULL;
	f = tw_config_named(s->r, block, title);
	return f == NULL ? NULL : tw_arena_fmt(s->r->arena, "%s%s%s stands here a second time; the "
	    "first is on line %u", name, *title != '\0' ? " " : "", title, f->line);
}

static bool scan_body(struct scan *s, size_t in);

/* name {, or name title {. s->t is what follows the name. Blocks stand in the file or in
 * one of its blocks, so this calls itself once at most. */
static bool
scan_block(struct scan *s, size_t in, const struct token *name)
{
	const char *shown = text_of(s, name), *title = "", *why;
	enum tw_config_block block = block_by_name(shown, s->r->found.v[in].block);

	if (s->t.kind == WORD) {
		title = text_of(s, &s->t);
		advance(s);
	}
	if (s->t.kind == BAD)
		return false;
	if (!is_sign(s, '{')) {
		bad(s, name->line, tw_arena_fmt(s->r->arena, *title != '\0'
		    ? "behind \"%s %s\" stands no {; was \"%s = %s\" meant?"
		    : "behind \"%s\" stands neither = nor {", shown, title, shown, title));
		return false;
	}
	if (in != 0 && block == TW_BLOCK_ROOT && block_by_name(shown, TW_BLOCK_ROOT) != block) {
		bad(s, name->line, tw_arena_fmt(s->r->arena, "\"%s\" begins inside %s, of line %u: a "
		    "} is missing before it", shown, block_text(s, in), s->r->found.v[in].line));
		return false;
	}
	why = why_not(s, in, block, shown, title);
	if (why != NULL) {
		tw_config_say(s->r, name->line, false, "%s", why);
		if (!skip_block(s, shown))
			return false;
		blank(s, name->from, s->t.to);
		advance(s);
		return s->t.kind != BAD;
	}
	TW_PUSH(s->r->arena, &s->r->found, (struct tw_config_found){ .block = block,
	    .title = title, .line = name->line, .within = in });
	advance(s);
	return scan_body(s, s->r->found.n - 1);
}

/* What stands in a block, its } included, or in the file. */
static bool
scan_body(struct scan *s, size_t in)
{
	for (;;) {
		struct token name = s->t;

		if (s->t.kind == BAD)
			return false;
		if (s->t.kind == END && in != 0)
			bad(s, s->r->found.v[in].line, tw_arena_fmt(s->r->arena,
			    "the block \"%s\" that begins here has no }", block_text(s, in)));
		if (s->t.kind == END || s->t.kind == BAD)
			return s->t.kind == END;
		if (is_sign(s, '}') && in != 0) {
			advance(s);
			return s->t.kind != BAD;
		}
		if (s->t.kind != WORD) {
			bad(s, s->t.line, tw_arena_fmt(s->r->arena, "a %c stands where the name of a "
			    "key should be%s", s->t.sign, s->t.sign == '}' ? ": no block is open" : ""));
			return false;
		}
		advance(s);
		if (is_sign(s, '=') || is_sign(s, '+') ? !scan_key(s, in, &name)
		    : !scan_block(s, in, &name))
			return false;
	}
}

int
tw_config_scan(struct tw_config_reader *r, struct tw_bytes text)
{
	struct scan s = { .r = r, .n = text.n, .line = 1 };
	const uint8_t *nul = text.n > 0 ? memchr(text.p, '\0', text.n) : NULL;

	TW_PUSH(r->arena, &r->found, (struct tw_config_found){ .block = TW_BLOCK_ROOT,
	    .title = "", .line = 1 });
	if (nul != NULL) {
		for (const uint8_t *p = text.p; p < nul; p++)
			s.line += *p == '\n';
		tw_config_say(r, s.line, false, "a byte here is 0: this is no text");
		return -1;
	}
	s.text = text.n == 0 ? "" : (const char *)tw_arena_bytes(r->arena, text).p;
	r->clean = tw_arena_str(r->arena, s.text);
	advance(&s);
	return scan_body(&s, 0) ? 0 : -1;
}
