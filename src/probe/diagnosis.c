/* The facts of a diagnosis: their words and their memory; see diagnosis.h. */
#include "probe/diagnosis.h"

const char *const tw_lookup_names[] = { NULL, "found", "no-name", "no-address", "silent", "failed",
	"no-server", "bad-name" };
const char *const tw_role_names[] = { "asked", "sibling", "witness" };

struct tw_diagnosis *
tw_diagnosis_new(const char *target)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_diagnosis *d = tw_arena_alloc(a, sizeof(*d));

	d->arena = a;
	d->target = tw_arena_str(a, target);
	return d;
}

void
tw_diagnosis_free(struct tw_diagnosis *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->spots.n; i++)
		for (size_t k = 0; k < d->spots.v[i].looks.n; k++)
			tw_facts_free(d->spots.v[i].looks.v[k]);
	tw_arena_free(d->arena);
}

struct tw_spot *
tw_diagnosis_spot(const struct tw_diagnosis *d, uint16_t port)
{
	for (size_t i = 0; i < d->spots.n; i++)
		if (d->spots.v[i].port == port)
			return &d->spots.v[i];
	return NULL;
}

bool
tw_spot_is_open(const struct tw_spot *s)
{
	for (size_t i = 0; i < s->knocks.n; i++)
		if (s->knocks.v[i].tcp == TW_TCP_OPEN)
			return true;
	for (size_t i = 0; i < s->looks.n; i++)
		if (s->looks.v[i]->tcp == TW_TCP_OPEN)
			return true;
	return false;
}

/* Ports of one service, or of services that one server usually has together; 0 ends. */
static const uint16_t families[][5] = {
	{ 25, 465, 587 },
	{ 143, 993 },
	{ 110, 995 },
	{ 389, 636, 3268, 3269 },
	{ 21, 990 },
	{ 80, 443, 8443 },
};

const uint16_t *
tw_siblings_of(uint16_t port, size_t *ret_n)
{
	for (size_t i = 0; i < TW_COUNT(families); i++)
		for (size_t k = 0; k < TW_COUNT(families[i]) && families[i][k] != 0; k++) {
			if (families[i][k] != port)
				continue;
			*ret_n = 0;
			while (*ret_n < TW_COUNT(families[i]) && families[i][*ret_n] != 0)
				++*ret_n;
			return families[i];
		}
	*ret_n = 0;
	return NULL;
}
