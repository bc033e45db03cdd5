/* Causes above TLS, and what is only remarkable. */
#include "judge/causing.h"

#define LATE_MS		3000
#define VERY_LATE_MS	10000	/* longer than those who wait on purpose make anybody wait */

void
tw_cause_backend_down(struct tw_causing *c)
{
	struct tw_http h;

	tw_http_read(c->look->course.words, &h);
	if (tw_causing_has_tls(c->look) && h.status >= 502 && h.status <= 504)
		tw_cause_find(c, TW_CAUSE_BACKEND_DOWN, TW_CERTAIN, "TLS on port %u of %s works; what is behind it "
		    "does not: \"%s\".", c->spot->port, c->d->host, tw_causing_quote(c, h.line, 80));
}

void
tw_cause_greets_late(struct tw_causing *c)
{
	double ms = c->look->course.greeting_ms;
	struct tw_cause *found;

	if (ms < LATE_MS)
		return;
	found = tw_cause_find(c, TW_CAUSE_GREETS_LATE, TW_CERTAIN, "The server on port %u of %s greets only after "
	    "%.1f s: clients with less patience give up, and take it for dead.", c->spot->port,
	    c->d->host, ms / 1000);
	/* An MX may do so against spam: other mail servers have patience. */
	if (tw_causing_is_opportunistic(c->look) && ms < VERY_LATE_MS)
		found->fault = false;
}

/* Forgotten lines in that file send this machine alone elsewhere: worth a word where something is wrong. */
void
tw_cause_name_from_hosts(struct tw_causing *c)
{
	const struct tw_diagnosis *d = c->d;
	bool fault = false;

	for (size_t i = 0; i < d->causes.n; i++)
		fault |= d->causes.v[i].fault;
	if (fault && d->from_hosts && strcmp(d->host, "localhost") != 0)
		tw_cause_find(c, TW_CAUSE_NAME_FROM_HOSTS, TW_CERTAIN, "The address of %s comes from /etc/hosts of "
		    "this machine, not from DNS: others may get another.",
		    d->connect != NULL ? d->connect : d->host);
}

/* A healthy service whose sibling is silent: the one who set it up may want to know. */
void
tw_cause_sibling_silent(struct tw_causing *c)
{
	const struct tw_diagnosis *d = c->d;
	const char *list = NULL;

	if (d->through_proxy)
		return;
	for (size_t i = 0; i < d->spots.n; i++) {
		const struct tw_spot *s = &d->spots.v[i];
		size_t n;
		const uint16_t *kin = tw_siblings_of(s->port, &n);
		bool lives = false;

		if (s->role != TW_ROLE_SIBLING || !tw_causing_all(s, TW_TCP_FILTERED))
			continue;
		for (size_t k = 0; kin != NULL && k < n; k++) {
			const struct tw_spot *o = tw_diagnosis_spot(d, kin[k]);

			lives |= o != NULL && o->role == TW_ROLE_ASKED && tw_spot_is_open(o);
		}
		if (lives)
			list = list == NULL ? tw_causing_port_name(c, s) : tw_arena_fmt(c->arena, "%s, %s",
			    list, tw_causing_port_name(c, s));
	}
	if (list != NULL)
		tw_cause_find(c, TW_CAUSE_SIBLING_SILENT, TW_CERTAIN, "No answer on the sibling port%s %s.",
		    strchr(list, ',') != NULL ? "s" : "", list);
}
