/* config_from.c -- see config_from.h. config.c is the caller. */
#include "verb/config_from.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/mend.h"
#include "verb/stored.h"

#define TEXT_MAX (4u << 20)

struct seen {			/* one object of the file */
	struct tw_facts *facts;
	struct tw_judgement judgement;
	const struct tw_target *target;
	bool told;
};

struct from {
	const struct tw_config *config;
	struct seen *v;
	size_t n, cap;
	bool unknown;
};

static void
say_unknown(const struct tw_facts *f)
{
	const char *software = tw_text_escaped(f->arena, f->software);

	tw_stored_say("config", "%s:%d%s%s does not show which server it is%s: "
	    "`tlswright config SERVER --from FILE` says it; --list names them",
	    f->host != NULL ? f->host : "?", f->port, software != NULL ? ", " : "",
	    software != NULL ? software : "", f->software.p != NULL ? " of those known here" : "");
}

static void
keep(void *ctx, struct tw_facts *f)
{
	struct from *from = ctx;
	struct seen *s;

	if (from->n == from->cap) {
		from->cap = from->cap * 2 + 16;
		from->v = reallocarray(from->v, from->cap, sizeof(*from->v));
		if (from->v == NULL)
			abort();
	}
	s = &from->v[from->n++];
	*s = (struct seen){ .facts = f };
	tw_judge(f, from->config->policy, f->started, TW_HIGH, &s->judgement);
	s->target = from->config->target != NULL ? from->config->target : tw_mend_target(f);
	if (s->target == NULL && f->port != 0) {
		say_unknown(f);
		from->unknown = true;
	}
}

static const char *
version_of(const struct seen *s)
{
	struct tw_bytes v = s->facts->software_version;
	bool same = s->facts->software.p != NULL && tw_bytes_equal(s->facts->software,
	    tw_bytes_of(s->target->software));

	/* A banner's version is somebody's word: a plain dotted number, or none. */
	for (size_t i = 0; i < v.n; i++)
		if ((v.p[i] < '0' || v.p[i] > '9') && v.p[i] != '.')
			return NULL;
	return same && v.n > 0 && v.n < 24 && v.p[0] != '.'
	    ? tw_text_escaped(s->facts->arena, v) : NULL;
}

/* A name goes into a configuration only where every server takes it as it is. */
static bool
is_name(const char *s)
{
	return s != NULL && *s != '\0' && *s != '-' && strlen(s) < 200 &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
	    strlen(s);
}

/* One server, with all its endpoints from the first on. */
static int
print_server(struct from *from, size_t first,
    void (*look)(struct tw_config *c, struct tw_installed *here))
{
	struct tw_mend_endpoint *endpoints = calloc(from->n, sizeof(*endpoints));
	struct tw_config c = *from->config;
	const struct seen *s = &from->v[first];
	struct tw_installed here;
	struct tw_err e;
	struct tw_buf out;
	size_t n = 0;
	int rv = 0;

	if (endpoints == NULL)
		abort();
	for (size_t i = first; i < from->n; i++)
		if (from->v[i].target == s->target) {
			from->v[i].told = true;
			endpoints[n++] = (struct tw_mend_endpoint){ from->v[i].facts,
				&from->v[i].judgement };
		}
	c.target = s->target;
	if (c.version == NULL)
		c.version = version_of(s);
	if (c.name == NULL && is_name(s->facts->sni != NULL ? s->facts->sni : s->facts->host))
		c.name = s->facts->sni != NULL ? s->facts->sni : s->facts->host;
	if (c.port == 0 && n == 1 && s->facts->mode == TW_IMPLICIT)
		c.port = (uint16_t)s->facts->port;
	look(&c, &here);
	tw_buf_init(&out, TEXT_MAX);
	if (tw_mend_render(&c, endpoints, n, &out, &e) != 0) {
		tw_stored_say("config", "%s", e.text);
		rv = 2;
	}
	fputs(tw_buf_cstr(&out), stdout);
	tw_buf_clear(&out);
	tw_buf_init(&out, TEXT_MAX);
	tw_config_notes(&c, &out);
	fputs(tw_buf_cstr(&out), stderr);
	tw_buf_clear(&out);
	free(endpoints);
	return rv;
}

int
tw_config_from(const char *path, const struct tw_config *c,
    void (*look)(struct tw_config *c, struct tw_installed *here))
{
	struct from from = { .config = c };
	int rv = tw_stored_read("config", path, "the facts", keep, &from) == 0 ? 0 : 2;
	bool any = false;

	for (size_t i = 0; i < from.n && rv == 0; i++)
		if (from.v[i].target != NULL && !from.v[i].told) {
			if (any)
				fputs("\n", stdout);
			any = true;
			rv = print_server(&from, i, look);
		}
	for (size_t i = 0; i < from.n; i++)
		tw_facts_free(from.v[i].facts);
	free(from.v);
	return rv == 0 && (from.unknown || !any) ? 2 : rv;
}
