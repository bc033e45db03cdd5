/* Numbers of listeners; see names.h. */
#include <stdlib.h>
#include <string.h>

#include "gate/generation.h"
#include "gate/names.h"

/* Its own from before, else one never used, else one that nobody uses now; -1: none. */
static int
find(const struct tw_gate_names *n, const char *name)
{
	int idle = -1;

	for (int i = 0; i < TW_GATE_LISTENS; i++) {
		if (n->v[i].name != NULL && strcmp(n->v[i].name, name) == 0)
			return i;
		if (n->v[i].users == 0 && (idle < 0 || (n->v[i].name == NULL &&
		    n->v[idle].name != NULL)))
			idle = i;
	}
	return idle;
}

static void
take(struct tw_gate_names *n, const struct tw_config *c, size_t listens)
{
	for (size_t i = 0; i < listens; i++)
		n->v[tw_generation_listen(c, i)->number].users--;
}

int
tw_gate_names_give(struct tw_gate_names *n, struct tw_config *c,
    void (*renamed)(void *ctx, unsigned number), void *ctx, struct tw_err *e)
{
	struct tw_config_listen *l;

	for (size_t i = 0; (l = tw_generation_listen(c, i)) != NULL; i++) {
		const char *name = l->name;
		int k = find(n, name);

		if (k < 0) {
			take(n, c, i);
			return tw_err_set(e, TW_ERR_USAGE, "more than %d names of listeners, those "
			    "counted whose connections have not ended yet", TW_GATE_LISTENS);
		}
		if (n->v[k].name == NULL || strcmp(n->v[k].name, name) != 0) {
			if (n->v[k].name != NULL)
				renamed(ctx, (unsigned)k);
			free(n->v[k].name);
			if ((n->v[k].name = strdup(name)) == NULL)
				abort();
		}
		n->v[k].users++;
		l->number = (unsigned)k;
	}
	return 0;
}

void
tw_gate_names_take(struct tw_gate_names *n, const struct tw_config *c)
{
	take(n, c, c->listens_n + c->redirects_n);
}

const char *
tw_gate_names_of(const struct tw_gate_names *n, unsigned number)
{
	return number < TW_GATE_LISTENS ? n->v[number].name : NULL;
}

void
tw_gate_names_clear(struct tw_gate_names *n)
{
	for (size_t i = 0; i < TW_GATE_LISTENS; i++)
		free(n->v[i].name);
	*n = (struct tw_gate_names){ 0 };
}
