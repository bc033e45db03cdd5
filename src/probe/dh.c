/* Does the server use one Diffie-Hellman value twice? Each prime met once is asked for again. */
#include "probe/hail.h"

struct dh {
	bool asked[TW_VERSIONS];
};

static bool
is_dhe(const struct tw_suite *s)
{
	return strncmp(s->key_exchange, "DHE", 3) == 0;
}

static bool
ask(struct tw_probing *p, void *state, struct tw_question *q)
{
	struct dh *s = state;
	bool wanted = false;

	for (size_t i = 0; i < p->facts->dh.n; i++)
		wanted |= p->facts->dh.v[i].reused == TW_NOT_TESTED;
	for (int v = TW_TLS12; wanted && v >= TW_SSL3; v--) {
		if (s->asked[v] || p->facts->protocols[v] != TW_YES || !p->suites_known[v])
			continue;
		s->asked[v] = true;
		tw_hello_of_version(p, q, (enum tw_version)v);
		q->hello.suites = tw_suites_where(p->arena, q->hello.suites, is_dhe);
		return true;
	}
	return false;
}

/* notes.c compares the values. */
static void
hear(struct tw_probing *p, void *state, const struct tw_question *q, const struct tw_answer *a)
{
	(void)p;
	(void)state;
	(void)q;
	(void)a;
}

const struct tw_probe tw_probe_dh = { .name = "dh", .state_size = sizeof(struct dh), .ask = ask,
	.hear = hear };
