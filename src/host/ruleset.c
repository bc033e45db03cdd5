/* Tables and chains of a ruleset, found or made; see ruleset.h. */
#include "host/ruleset.h"

struct tw_table *
tw_ruleset_table(struct tw_arena *a, struct tw_ruleset *r, const char *family, const char *name,
    const char *source)
{
	struct tw_table *t;

	for (size_t i = 0; i < r->tables.n; i++) {
		t = r->tables.v[i];
		if (strcmp(t->family, family) == 0 && strcmp(t->name, name) == 0 &&
		    strcmp(t->source, source) == 0)
			return t;
	}
	t = tw_arena_alloc(a, sizeof(*t));
	t->family = tw_arena_str(a, family);
	t->name = tw_arena_str(a, name);
	t->source = source;
	TW_PUSH(a, &r->tables, t);
	return t;
}

struct tw_chain *
tw_ruleset_chain(struct tw_arena *a, struct tw_table *t, const char *name)
{
	struct tw_chain *c;

	for (size_t i = 0; i < t->chains.n; i++)
		if (strcmp(t->chains.v[i]->name, name) == 0)
			return t->chains.v[i];
	c = tw_arena_alloc(a, sizeof(*c));
	c->name = tw_arena_str(a, name);
	TW_PUSH(a, &t->chains, c);
	return c;
}

bool
tw_ruleset_is_foreign(const struct tw_ruleset *r, bool v6)
{
	for (size_t i = 0; i < r->tables.n; i++)
		if (r->tables.v[i]->foreign &&
		    strcmp(r->tables.v[i]->family, v6 ? "ip6" : "ip") == 0)
			return true;
	return false;
}
