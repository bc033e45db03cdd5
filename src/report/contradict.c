/* contradict.c -- see contradict.h. The verb config is the caller. */
#include "report/contradict.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/text.h"
#include "report/mend.h"

#define LINES	3	/* that mend a contradiction */
#define MENDED	6	/* lines that mend a place */
#define LONG	400	/* bytes of a directive shown */

/* The lines that mend, of each target of `config` that is asked for. */
struct menders {
	const struct tw_config *config;
	struct { const char *target; struct tw_mend_lines *lines; } v[3];
	size_t n;
};

static struct tw_mend_lines *
mender(struct menders *m, const char *target, struct tw_err *e)
{
	struct tw_config c = *m->config;
	size_t i = 0;

	while (i < m->n && m->v[i].target != target)
		i++;
	if (i == m->n) {
		c.target = tw_target_by_name(target);
		m->v[i].target = target;
		m->v[i].lines = c.target != NULL ? tw_mend_open(&c, e) : NULL;
		if (m->v[i].lines == NULL)
			return NULL;
		m->n++;
	}
	return m->v[i].lines;
}

static void
end(struct menders *m)
{
	for (size_t i = 0; i < m->n; i++)
		tw_mend_close(m->v[i].lines);
}

/* The lines that mend c, the row's own first; how many, or -1. */
static int
lines_of(struct menders *m, const struct tw_contradiction *c, const char **ret, struct tw_err *e)
{
	struct tw_mend_lines *lines = mender(m, c->target, e);
	int n = 0;

	if (lines == NULL)
		return -1;
	if (c->mend != NULL)
		ret[n++] = c->mend;
	return n + (int)tw_mend_find(lines, c->id, c->names, ret + n, LINES);
}

static const char *
shorten(struct tw_arena *a, const char *s)
{
	size_t n = strlen(s);

	return tw_text_escaped(a, (struct tw_bytes){ (const uint8_t *)s, n < LONG ? n : LONG });
}

/* The directive's usual name. */
static const char *
name_of(struct tw_arena *a, const struct tw_contradiction *c)
{
	char *name = tw_arena_fmt(a, "%.*s", (int)strcspn(c->names, " "), c->names);

	/* A header goes by its own name, whatever sets it. */
	if (c->id == TW_FINDING_HSTS_MISSING && c->directive == NULL)
		return "Strict-Transport-Security";
	for (char *plus; (plus = strchr(name, '+')) != NULL;)
		*plus = ' ';
	return name;
}

static void
put_head(const struct tw_conf *conf, const struct tw_config *config, size_t n, struct tw_buf *out)
{
	tw_buf_fmt(out, "%s %s", config->target->title, config->version);
	if (config->openssl != NULL)
		tw_buf_fmt(out, ", OpenSSL %s", config->openssl);
	tw_buf_fmt(out, "; policy %s: ", config->policy->name);
	if (n == 0)
		tw_buf_str(out, "nothing contradicts it.\n");
	else
		tw_buf_fmt(out, "%zu contradiction%s.\n", n, n == 1 ? "" : "s");
	for (size_t i = 0; i < conf->notes.n; i++)
		tw_buf_fmt(out, "Note: %s\n", conf->notes.v[i]);
}

/* Where it stands and what it says: once for all that is wrong with it. */
static void
put_place(const struct tw_conf *conf, const struct tw_contradiction *c,
    const struct tw_config *config, struct tw_buf *out)
{
	struct tw_arena *a = conf->arena;

	tw_buf_fmt(out, "\n%s:%u", shorten(a, c->file), c->line);
	if (*c->where != '\0')
		tw_buf_fmt(out, ", %s", shorten(a, c->where));
	if (c->more > 0)
		tw_buf_fmt(out, " and %zu more", c->more);
	if (c->directive != NULL)
		tw_buf_fmt(out, "\n    %s\n", shorten(a, c->directive));
	else if (c->own != NULL)
		tw_buf_fmt(out, "\n    %s is not set: the own value of %s %s is %s\n", name_of(a, c),
		    config->target->title, config->version, c->own);
	else
		tw_buf_fmt(out, "\n    %s is not set\n", name_of(a, c));
}

static bool
is_same_place(const struct tw_contradiction *a, const struct tw_contradiction *b)
{
	return a->at == b->at && a->names == b->names && a->where == b->where &&
	    a->more == b->more && (a->directive == NULL) == (b->directive == NULL);
}

/* The lines that mend what is wrong in one place. */
struct remedy {
	const char *v[MENDED];
	size_t n;
};

static int
collect(struct menders *m, const struct tw_contradiction *c, struct remedy *r, struct tw_err *e)
{
	const char *lines[LINES + 1];
	int n = lines_of(m, c, lines, e);

	for (int i = 0; i < n; i++) {
		bool known = false;

		for (size_t k = 0; k < r->n; k++)
			known = known || strcmp(r->v[k], lines[i]) == 0;
		if (!known && r->n < MENDED)
			r->v[r->n++] = lines[i];
	}
	return n;
}

static void
put_remedy(struct remedy *r, struct tw_buf *out)
{
	for (size_t i = 0; i < r->n; i++)
		tw_buf_fmt(out, "    mended by: %s\n", r->v[i]);
	r->n = 0;
}

int
tw_contradict_text(const struct tw_conf *conf, const tw_contradictions *list,
    const struct tw_config *config, struct tw_buf *out, struct tw_err *e)
{
	struct menders m = { .config = config };
	struct remedy remedy = { .n = 0 };
	int n = 0;

	put_head(conf, config, list->n, out);
	for (size_t i = 0; i < list->n && n >= 0; i++) {
		const struct tw_contradiction *c = &list->v[i];

		if (i == 0 || !is_same_place(c, &list->v[i - 1])) {
			put_remedy(&remedy, out);
			put_place(conf, c, config, out);
		}
		n = collect(&m, c, &remedy, e);
		tw_buf_fmt(out, "  %s (%s): %s\n", tw_findings[c->id].id,
		    tw_severity_names[c->severity], shorten(conf->arena, c->evidence));
		if (n == 0)
			tw_buf_fmt(out, "      %s\n", tw_findings[c->id].fix);
	}
	put_remedy(&remedy, out);
	end(&m);
	return n < 0 ? -1 : 0;
}

static json_t *
escaped(struct tw_arena *a, const char *s)
{
	return s != NULL ? json_string(tw_text_escaped(a, tw_bytes_of(s))) : json_null();
}

static json_t *
object_of(const struct tw_conf *conf, const struct tw_contradiction *c,
    const struct tw_config *config, const char *const *lines, int n)
{
	struct tw_arena *a = conf->arena;
	json_t *o = json_object(), *mends = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(mends, json_string(lines[i]));
	json_object_set_new(o, "server", json_string(c->target));
	json_object_set_new(o, "version", escaped(a, config->version));
	json_object_set_new(o, "openssl", escaped(a, config->openssl));
	json_object_set_new(o, "policy", json_string(config->policy->name));
	json_object_set_new(o, "file", escaped(a, c->file));
	json_object_set_new(o, "line", json_integer(c->line));
	json_object_set_new(o, "context", escaped(a, c->where));
	json_object_set_new(o, "contexts", json_integer((json_int_t)c->more + 1));
	json_object_set_new(o, "name", json_string(name_of(a, c)));
	json_object_set_new(o, "set", json_boolean(c->directive != NULL));
	json_object_set_new(o, "directive", escaped(a, c->directive));
	json_object_set_new(o, "default", escaped(a, c->own));
	json_object_set_new(o, "id", json_string(tw_findings[c->id].id));
	json_object_set_new(o, "severity", json_string(tw_severity_names[c->severity]));
	json_object_set_new(o, "title", json_string(tw_findings[c->id].title));
	json_object_set_new(o, "evidence", escaped(a, c->evidence));
	json_object_set_new(o, "mend", mends);
	return o;
}

int
tw_contradict_json(const struct tw_conf *conf, const tw_contradictions *list,
    const struct tw_config *config, struct tw_buf *out, struct tw_err *e)
{
	struct menders m = { .config = config };
	int rv = 0;

	for (size_t i = 0; i < list->n && rv == 0; i++) {
		const char *lines[LINES + 1];
		int n = lines_of(&m, &list->v[i], lines, e);
		json_t *o;
		char *text;

		rv = n < 0 ? -1 : 0;
		if (rv != 0)
			break;
		o = object_of(conf, &list->v[i], config, lines, n);
		text = json_dumps(o, JSON_COMPACT);
		tw_buf_fmt(out, "%s\n", text != NULL ? text : "{}");
		free(text);
		json_decref(o);
	}
	end(&m);
	return rv;
}
