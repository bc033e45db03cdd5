/*
 * template.c -- the renderer of template.h: one pass over the lines, a small stack of open
 * blocks, no recursion. report/config.c gives it the words.
 */
#include "base/template.h"

#include <stdio.h>

#define DEPTH	8		/* blocks within blocks */
#define STEPS	100000		/* lines read, loops counted: far beyond any template */
#define NOTHING	((struct tw_bytes){ (const uint8_t *)"", 0 })

struct block {
	bool each;		/* @each, else @if */
	bool around;		/* what stands around it is copied */
	bool on;		/* so is this branch */
	bool met;		/* a branch was taken */
	bool last;		/* @else was read */
	size_t line;		/* of its first line */
	const char *body;	/* of @each: where it begins */
	struct tw_bytes list;
	size_t i;
	struct tw_buf member;
};

struct reading {
	const struct tw_template_world *w;
	const char *at;
	size_t line, steps, depth;
	struct tw_buf *out, nowhere;
	struct tw_err *e;
	struct block blocks[DEPTH];
};

static int
fail(struct reading *r, const char *what, struct tw_bytes word)
{
	return tw_err_set(r->e, TW_ERR_FORMAT, "line %zu: %s%s%.*s", r->line, what,
	    word.n > 0 ? " " : "", (int)(word.n > 60 ? 60 : word.n), (const char *)word.p);
}

/* One number of a dotted one; *s moves behind it and its dot. */
static unsigned long
number(const char **s)
{
	unsigned long v = 0;

	for (; **s >= '0' && **s <= '9'; (*s)++)
		v = v > 100000000 ? v : v * 10 + (unsigned long)(**s - '0');
	if (**s == '.')
		(*s)++;
	else
		*s += strlen(*s);
	return v;
}

int
tw_template_compare(const char *a, const char *b)
{
	while (*a != '\0' || *b != '\0') {
		unsigned long x = number(&a), y = number(&b);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static bool
is(struct tw_bytes word, const char *s)
{
	return word.n == strlen(s) && memcmp(word.p, s, word.n) == 0;
}

/* The next word of a directive; empty at its end. */
static struct tw_bytes
take_word(struct tw_bytes *rest)
{
	struct tw_bytes word;

	while (rest->n > 0 && (*rest->p == ' ' || *rest->p == '\t')) {
		rest->p++;
		rest->n--;
	}
	word = (struct tw_bytes){ rest->p, 0 };
	while (word.n < rest->n && rest->p[word.n] != ' ' && rest->p[word.n] != '\t')
		word.n++;
	rest->p += word.n;
	rest->n -= word.n;
	return word;
}

static int
compare(struct reading *r, struct tw_bytes name, struct tw_bytes op, struct tw_bytes with,
    bool *ret_on)
{
	static const struct { const char *op; bool less, same, more; } ops[] = {
		{ "<", true, false, false }, { "<=", true, true, false },
		{ "==", false, true, false }, { "!=", true, false, true },
		{ ">=", false, true, true }, { ">", false, false, true },
	};
	const char *have = r->w->number(r->w->ctx, name);
	char want[32];
	int d;

	if (have == NULL)
		return fail(r, "no number is called", name);
	if (with.n == 0 || with.n >= sizeof(want) || with.p[0] < '0' || with.p[0] > '9')
		return fail(r, "a comparison wants a dotted number, not", with);
	snprintf(want, sizeof(want), "%.*s", (int)with.n, (const char *)with.p);
	d = tw_template_compare(have, want);
	for (size_t i = 0; i < TW_COUNT(ops); i++)
		if (is(op, ops[i].op)) {
			*ret_on = d < 0 ? ops[i].less : d > 0 ? ops[i].more : ops[i].same;
			return 0;
		}
	return fail(r, "no comparison is called", op);
}

/* [not] FLAG, or [not] NAME OP NUMBER */
static int
read_term(struct reading *r, struct tw_bytes *rest, bool *ret_on)
{
	struct tw_bytes name = take_word(rest), ahead = *rest, op = take_word(&ahead);
	bool negated = false;
	int flag;

	while (is(name, "not")) {
		negated = !negated;
		name = take_word(rest);
		ahead = *rest;
		op = take_word(&ahead);
	}
	if (name.n == 0)
		return fail(r, "a condition ends too soon", name);
	if (op.n > 0 && strchr("<>=!", op.p[0]) != NULL) {
		struct tw_bytes with = take_word(&ahead);

		*rest = ahead;
		if (compare(r, name, op, with, ret_on) != 0)
			return -1;
	} else {
		flag = r->w->flag(r->w->ctx, name);
		if (flag < 0)
			return fail(r, "no flag is called", name);
		*ret_on = flag != 0;
	}
	*ret_on = *ret_on != negated;
	return 0;
}

/* TERM and TERM or TERM …: "and" binds closer. */
static int
read_condition(struct reading *r, struct tw_bytes rest, bool *ret_on)
{
	bool any = false, all = true;

	for (;;) {
		struct tw_bytes word;
		bool on = false;

		if (read_term(r, &rest, &on) != 0)
			return -1;
		all = all && on;
		word = take_word(&rest);
		if (is(word, "and"))
			continue;
		any = any || all;
		all = true;
		if (word.n == 0)
			break;
		if (!is(word, "or"))
			return fail(r, "\"and\" or \"or\" is wanted, not", word);
	}
	*ret_on = any;
	return 0;
}

static bool
is_copied(const struct reading *r)
{
	return r->depth == 0 || r->blocks[r->depth - 1].on;
}

static int
open_block(struct reading *r, struct tw_bytes rest, bool each)
{
	struct block *b = &r->blocks[r->depth];

	if (r->depth == DEPTH)
		return fail(r, "too many blocks within blocks", NOTHING);
	*b = (struct block){ .each = each, .around = is_copied(r), .line = r->line,
		.body = r->at };
	tw_buf_init(&b->member, 4096);
	if (each) {
		int more;

		b->list = take_word(&rest);
		more = r->w->member(r->w->ctx, b->list, 0, &b->member);
		if (more < 0)
			return fail(r, "no list is called", b->list);
		b->on = b->around && more > 0;
	} else {
		if (read_condition(r, rest, &b->met) != 0)
			return -1;
		b->on = b->around && b->met;
	}
	r->depth++;
	return 0;
}

static int
turn_block(struct reading *r, struct tw_bytes rest, bool last)
{
	struct block *b = r->depth > 0 ? &r->blocks[r->depth - 1] : NULL;
	bool on = true;

	if (b == NULL || b->each || b->last)
		return fail(r, last ? "@else without @if" : "@elif without @if",
		    NOTHING);
	if (!last && read_condition(r, rest, &on) != 0)
		return -1;
	b->last = last;
	b->on = b->around && on && !b->met;
	b->met = b->met || on;
	return 0;
}

static int
close_block(struct reading *r)
{
	struct block *b = r->depth > 0 ? &r->blocks[r->depth - 1] : NULL;

	if (b == NULL)
		return fail(r, "@end without @if or @each", NOTHING);
	if (b->each && b->on) {
		tw_buf_clear(&b->member);
		if (r->w->member(r->w->ctx, b->list, ++b->i, &b->member) > 0) {
			r->at = b->body;
			r->line = b->line;
			return 0;
		}
	}
	tw_buf_clear(&b->member);
	r->depth--;
	return 0;
}

static int
mark_line(struct reading *r, struct tw_bytes rest)
{
	struct tw_bytes word;

	while ((word = take_word(&rest)).n > 0)
		if (r->w->mark != NULL && is_copied(r))
			r->w->mark(r->out, word);
	return 0;
}

static int
obey(struct reading *r, struct tw_bytes rest)
{
	struct tw_bytes word = take_word(&rest);

	if (is(word, "@if"))
		return open_block(r, rest, false);
	if (is(word, "@each"))
		return open_block(r, rest, true);
	if (is(word, "@elif"))
		return turn_block(r, rest, false);
	if (is(word, "@else"))
		return turn_block(r, rest, true);
	if (is(word, "@end"))
		return close_block(r);
	if (is(word, "@mends"))
		return mark_line(r, rest);
	return fail(r, "no directive is called", word);
}

/* {{item}} is the member of the loop it stands in; all else the world knows. */
static int
fill(struct reading *r, struct tw_bytes name, struct tw_buf *out)
{
	if (!is(name, "item")) {
		if (!r->w->put(r->w->ctx, name, out))
			return fail(r, "nothing is called", name);
		return 0;
	}
	for (size_t i = r->depth; i-- > 0;)
		if (r->blocks[i].each) {
			tw_buf_bytes(out, tw_buf_view(&r->blocks[i].member));
			return 0;
		}
	return fail(r, "{{item}} outside of @each", NOTHING);
}

/* A line goes out, its gaps filled; one that is not copied is read all the same. */
static int
copy(struct reading *r, struct tw_bytes line)
{
	struct tw_buf *out = is_copied(r) ? r->out : &r->nowhere;

	while (line.n > 0) {
		const uint8_t *gap = memmem(line.p, line.n, "{{", 2), *end;
		size_t before = gap == NULL ? line.n : (size_t)(gap - line.p);

		tw_buf_put(out, line.p, before);
		if (gap == NULL)
			break;
		end = memmem(gap + 2, line.n - before - 2, "}}", 2);
		if (end == NULL)
			return fail(r, "{{ without }}", NOTHING);
		if (fill(r, (struct tw_bytes){ gap + 2, (size_t)(end - gap - 2) }, out) != 0)
			return -1;
		line.n -= (size_t)(end + 2 - line.p);
		line.p = end + 2;
	}
	tw_buf_u8(out, '\n');
	tw_buf_clear(&r->nowhere);
	return 0;
}

static int
read_line(struct reading *r)
{
	size_t n = strcspn(r->at, "\n"), blanks = strspn(r->at, " \t");
	struct tw_bytes line = { (const uint8_t *)r->at, n };

	r->at += n + (r->at[n] == '\n');
	r->line++;
	if (++r->steps > STEPS)
		return fail(r, "it does not end", NOTHING);
	if (blanks < n && line.p[blanks] == '@' && (blanks + 1 == n || line.p[blanks + 1] != '@'))
		return obey(r, (struct tw_bytes){ line.p + blanks, n - blanks });
	if (blanks < n && line.p[blanks] == '@') {
		if (is_copied(r))
			tw_buf_put(r->out, line.p, blanks);
		line.p += blanks + 1;
		line.n -= blanks + 1;
	}
	return copy(r, line);
}

int
tw_template_render(const char *text, const struct tw_template_world *w, struct tw_buf *out,
    struct tw_err *e)
{
	struct reading r = { .w = w, .at = text, .out = out, .e = e };
	int status = 0;

	tw_buf_init(&r.nowhere, 1 << 16);
	while (status == 0 && *r.at != '\0')
		status = read_line(&r);
	if (status == 0 && r.depth > 0) {
		r.line = r.blocks[r.depth - 1].line;
		status = fail(&r, "a block without @end", NOTHING);
	}
	while (r.depth > 0)
		tw_buf_clear(&r.blocks[--r.depth].member);
	tw_buf_clear(&r.nowhere);
	if (status == 0 && out->failed)
		status = tw_err_set(e, TW_ERR_FORMAT, "the text grows too long");
	return status;
}
