/*
 * Causes of a diagnosis: the table of causes.def walked in its order, each function asked
 * about what it looks at; then the steps filled in, and the verdict. See cause.h.
 */
#include "judge/causing.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

const char *const tw_sure_names[] = { "possible", "likely", "certain" };
const char *const tw_diagnosis_verdict_names[] = { "works", "cause-found", "cannot-tell" };

static void (*const functions[TW_CAUSES])(struct tw_causing *c) = {
#define C(symbol, function, id, scope, title, next, topic) \
	[TW_CAUSE_##symbol] = tw_cause_##function,
#include "data/causes.def"
#undef C
};

bool
tw_cause_is_found(const struct tw_causing *c, enum tw_cause_id id)
{
	for (size_t i = 0; i < c->d->causes.n; i++) {
		const struct tw_cause *x = &c->d->causes.v[i];

		if (x->id == id && (c->spot == NULL || x->port == 0 || x->port == c->spot->port))
			return true;
	}
	return false;
}

/* ---- the steps: {words} are filled in; one that is not known drops its step ---- */

/* Of a bare host, what is said of ports that are not open is said of all together. */
static const struct tw_spot *
spot_of(const struct tw_causing *c)
{
	return c->d->port == 0 && c->spot != NULL && !tw_spot_is_open(c->spot) ? NULL : c->spot;
}

static const char *
word_of(const struct tw_causing *c, const char *word, size_t n)
{
	const struct tw_diagnosis *d = c->d;
	const struct tw_spot *s = spot_of(c);
	const char *dot = d->host != NULL && !d->is_address ? strchr(d->host, '.') : NULL;
	const char *shown = d->host != NULL && strchr(d->host, ':') != NULL
	    ? tw_arena_fmt(c->arena, "[%s]", d->host) : d->host;
	const struct { const char *word, *value; } words[] = {
		{ "host", shown }, { "address", c->address }, { "sibling", c->sibling },
		{ "name", c->name }, { "names", c->names },
		{ "parent", d->parent != NULL ? d->parent : dot != NULL && strchr(dot + 1, '.') != NULL
		    ? dot + 1 : d->is_address ? NULL : d->host },
		{ "cloud", d->cloud != NULL ? d->cloud : "your provider" },
		{ "service", s == NULL ? NULL : s->looks.n > 0 && s->looks.v[0]->service != NULL
		    ? s->looks.v[0]->service : s->row != NULL ? s->row->service : NULL },
		{ "port", s == NULL && d->port == 0 ? NULL : tw_arena_fmt(c->arena, "%u",
		    s != NULL ? s->port : d->port) },
	};

	for (size_t i = 0; i < TW_COUNT(words); i++)
		if (strlen(words[i].word) == n && memcmp(words[i].word, word, n) == 0)
			return words[i].value;
	return NULL;
}

static bool
fill_in(const struct tw_causing *c, const char *step, size_t n, struct tw_buf *out)
{
	for (size_t i = 0; i < n; i++) {
		const char *end = step[i] == '{' ? memchr(step + i, '}', n - i) : NULL;
		const char *value;

		if (end == NULL) {
			tw_buf_u8(out, (uint8_t)step[i]);
			continue;
		}
		value = word_of(c, step + i + 1, (size_t)(end - (step + i)) - 1);
		if (value == NULL)
			return false;
		tw_buf_str(out, value);
		i = (size_t)(end - step);
	}
	return true;
}

static void
add_steps(const struct tw_causing *c, struct tw_cause *x)
{
	const char *p = tw_causes[x->id].next;

	while (*p != '\0') {
		size_t n = strcspn(p, "|");
		struct tw_buf out;

		tw_buf_init(&out, 4096);
		if (fill_in(c, p, n, &out) && !out.failed)
			TW_PUSH(c->arena, &x->next, tw_arena_str(c->arena, tw_buf_cstr(&out)));
		tw_buf_clear(&out);
		p += n + (p[n] == '|');
	}
}

struct tw_cause *
tw_cause_find(struct tw_causing *c, enum tw_cause_id id, enum tw_sure sure, const char *fmt, ...)
{
	struct tw_cause x = { .id = id, .sure = sure, .seen = 1 };
	struct tw_diagnosis *d = c->d;
	char text[1024];
	va_list ap;

	x.port = spot_of(c) != NULL ? c->spot->port : 0;
	x.fault = tw_causes[id].scope < TW_SCOPE_NOTE_TARGET;
	for (size_t i = 0; i < d->causes.n; i++)
		if (d->causes.v[i].id == id && d->causes.v[i].port == x.port) {
			d->causes.v[i].seen++;
			return &d->causes.v[i];
		}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	x.sentence = tw_arena_str(c->arena, text);
	x.address = c->look != NULL ? c->look->address : NULL;
	add_steps(c, &x);
	TW_PUSH(d->arena, &d->causes, x);
	return &d->causes.v[d->causes.n - 1];
}

/* ---- the walk ---- */

static bool
is_asked(const struct tw_spot *s)
{
	return s->role == TW_ROLE_ASKED;
}

static void
look_at(struct tw_causing *c, const struct tw_spot *s, const struct tw_facts *f)
{
	c->spot = s;
	c->look = f;
	c->name = c->names = c->sibling = NULL;
	c->address = f != NULL && f->address != NULL ? f->address
	    : s != NULL && s->knocks.n > 0 ? s->knocks.v[0].address
	    : c->d->addresses.n > 0 ? c->d->addresses.v[0] : NULL;
}

static void
judge_row(struct tw_causing *c, int id)
{
	const struct tw_diagnosis *d = c->d;
	enum tw_cause_scope scope = tw_causes[id].scope;

	if (scope == TW_SCOPE_TARGET || scope == TW_SCOPE_NOTE_TARGET) {
		look_at(c, NULL, NULL);
		functions[id](c);
		return;
	}
	for (size_t i = 0; i < d->spots.n; i++) {
		const struct tw_spot *s = &d->spots.v[i];

		if (!is_asked(s))
			continue;
		if (scope != TW_SCOPE_LOOK) {
			look_at(c, s, NULL);
			functions[id](c);
			continue;
		}
		for (size_t k = 0; k < s->looks.n; k++) {
			look_at(c, s, s->looks.v[k]);
			functions[id](c);
		}
	}
}

/* What only some of several addresses show is said to be so. */
static void
say_where(struct tw_diagnosis *d, struct tw_cause *x)
{
	const struct tw_spot *s = x->port != 0 ? tw_diagnosis_spot(d, x->port) : NULL;

	if (s == NULL || x->address == NULL || s->looks.n < 2 || x->seen >= s->looks.n)
		return;
	x->sentence = tw_arena_fmt(d->arena, "At %s, and not at %s: %s", x->address,
	    s->looks.n == 2 ? "the other address" : "all addresses", x->sentence);
}

static bool
is_well(const struct tw_spot *s)
{
	bool well = s->looks.n > 0;

	for (size_t i = 0; i < s->looks.n; i++)
		well &= s->looks.v[i]->tls == TW_REACH_TLS;
	return well;
}

static enum tw_diagnosis_verdict
verdict_of(const struct tw_diagnosis *d)
{
	bool well = true, any = false;

	for (size_t i = 0; i < d->causes.n; i++)
		if (d->causes.v[i].fault)
			return TW_DIAGNOSIS_CAUSE;
	for (size_t i = 0; i < d->spots.n; i++) {
		/* Of a bare host, a port that is not open (yet) is nobody's business. */
		if (!is_asked(&d->spots.v[i]) || (d->port == 0 && !tw_spot_is_open(&d->spots.v[i])))
			continue;
		any = true;
		well &= is_well(&d->spots.v[i]);
	}
	return any && well ? TW_DIAGNOSIS_WORKS : TW_DIAGNOSIS_UNKNOWN;
}

void
tw_cause_judge(struct tw_diagnosis *d)
{
	struct tw_causing c = { .d = d, .arena = d->arena };

	d->causes.n = 0;
	tw_http_read(d->http_head, &c.http);
	for (int id = 0; id < TW_CAUSES; id++)
		judge_row(&c, id);
	for (size_t i = 0; i < d->causes.n; i++)
		say_where(d, &d->causes.v[i]);
	d->verdict = (int)verdict_of(d);
}

const struct tw_cause *
tw_cause_first(const struct tw_diagnosis *d)
{
	for (size_t i = 0; i < d->causes.n; i++)
		if (d->causes.v[i].fault)
			return &d->causes.v[i];
	return d->causes.n > 0 ? &d->causes.v[0] : NULL;
}

/* What stood in the way of a word on it: the first thing that was not TLS. */
static const char *
unknown_why(const struct tw_diagnosis *d)
{
	for (size_t i = 0; i < d->spots.n; i++)
		for (size_t k = 0; is_asked(&d->spots.v[i]) && k < d->spots.v[i].looks.n; k++) {
			const struct tw_facts *f = d->spots.v[i].looks.v[k];

			if (f->tls != TW_REACH_TLS && f->detail != NULL)
				return f->detail;
		}
	return "nothing that was seen says why";
}

const char *
tw_cause_sentence(const struct tw_diagnosis *d)
{
	const struct tw_cause *x = tw_cause_first(d);
	const char *list = "";
	unsigned n = 0;

	if (d->verdict == TW_DIAGNOSIS_CAUSE)
		return x->sentence;
	if (d->verdict == TW_DIAGNOSIS_UNKNOWN)
		return tw_arena_fmt(d->arena, "No cause was found: %s.", unknown_why(d));
	for (size_t i = 0; i < d->spots.n; i++)
		if (is_asked(&d->spots.v[i]) && tw_spot_is_open(&d->spots.v[i]))
			list = tw_arena_fmt(d->arena, "%s%s%u", list, n++ == 0 ? "" : ", ",
			    d->spots.v[i].port);
	return tw_arena_fmt(d->arena, "It works: port%s %s of %s, from the name to the protocol above "
	    "TLS.", n == 1 ? "" : "s", list, d->host);
}
