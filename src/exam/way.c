/*
 * The other way into a port that has two: PostgreSQL and SQL Server negotiate TLS
 * in their own protocol, and take it from the first byte. identify.c is the caller.
 */
#include "exam/inside.h"

static const struct way {
	const char *dialogue, *alpn;
} ways[] = {
	{ "postgres", "postgresql" },
	{ "mssql", "tds/8.0" },
};

static void
other_way_done(struct ask *a)
{
	struct endpoint *ep = a->ep;

	if (a->answer.outcome == TW_GOT_FLIGHT)
		TW_PUSH(ep->facts->arena, &ep->facts->modes, a->how.mode);
	tw_endpoint_pump(ep);
}

void
tw_way_try_other(struct endpoint *ep)
{
	const char *dialogue = ep->how.service != NULL ? ep->how.service->name : NULL;
	struct approach how = { .mode = TW_IMPLICIT };
	struct ask *a;

	for (size_t i = 0; i < TW_COUNT(ways); i++) {
		bool here = dialogue != NULL && strcmp(dialogue, ways[i].dialogue) == 0;
		bool direct = dialogue == NULL && ep->row != NULL && ep->row->alpn != NULL &&
		    strcmp(ep->row->alpn, ways[i].alpn) == 0;

		if (!here && !direct)
			continue;
		if (direct)
			how = (struct approach){ TW_NEGOTIATED,
				tw_service_by_name(ways[i].dialogue), 0 };
		a = tw_ask_new(ep, -1, &how, other_way_done);
		tw_hail(&a->q);
		if (here) {
			a->q.hello.alpn = &ways[i].alpn;
			a->q.hello.alpn_n = 1;
		}
		tw_ask_start(a);
	}
}
