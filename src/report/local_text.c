/* `diagnose --local` for a person: the machine, then each listener; see local.h. */
#include <stdlib.h>

#include "base/text.h"
#include "data/access.h"
#include "report/local.h"
#include "report/page.h"

#define NAMES 4		/* of a certificate */
#define SOON 30		/* days left that are said as a warning (the first of W2) */

struct local {
	struct tw_page page;
	struct tw_arena *arena;
	const struct tw_machine *m;
	const struct tw_report_style *style;
};

static const char *
join(struct tw_arena *a, const char *s, const char *more)
{
	return *s == '\0' ? more : tw_arena_fmt(a, "%s, %s", s, more);
}

static void
put_addresses(struct local *t)
{
	const char *s = "";

	for (size_t i = 0; i < t->m->addresses.n; i++) {
		const struct tw_address *at = &t->m->addresses.v[i];

		if (at->scope != TW_SCOPE_LOOPBACK)
			s = join(t->arena, s, tw_arena_fmt(t->arena, "%s/%u on %s (%s)",
			    tw_ranges_address(t->arena, at->value, at->v6), at->length,
			    at->interface, tw_scope_names[at->scope]));
	}
	tw_page_row(&t->page, 2, "Addresses", *s == '\0' ? "only its own loopback" : s);
}

static void
put_firewall(struct local *t)
{
	const struct tw_machine *m = t->m;
	struct tw_forwards forwards;
	const char *s = "";

	for (size_t i = 0; i < m->sources.n; i++)
		s = join(t->arena, s, m->sources.v[i]);
	if (!m->has_rules)
		s = "its rules could not be read, so nothing is said to be open";
	else if (!tw_firewall_filters(&m->rules))
		s = tw_arena_fmt(t->arena, "%s: no rule stands in the way of what comes in", s);
	else
		s = tw_arena_fmt(t->arena, "%s: rules decide, see each listener", s);
	tw_page_row(&t->page, 2, "Firewall", s);
	tw_firewall_forwards(t->arena, &m->rules, &forwards);
	for (size_t i = 0; i < forwards.n; i++)
		tw_page_row(&t->page, 2, "", forwards.v[i]);
}

/* "tcp 443 and 25": what a router would have to pass on. */
static const char *
to_forward(struct local *t)
{
	const char *s = "";

	for (size_t i = 0; i < t->m->listeners.n; i++) {
		const struct tw_listener *l = &t->m->listeners.v[i];
		const char *one = tw_arena_fmt(t->arena, "%s %u", l->sockets.v[0].transport == TW_UDP ?
		    "UDP" : "TCP", l->sockets.v[0].port);

		if (l->exposure >= TW_EXPOSED_PRIVATE && strstr(s, one) == NULL &&
		    tw_access_of(tw_local_service_word(l), l->row) == TW_ACCESS_PUBLIC)
			s = join(t->arena, s, one);
	}
	return s;
}

static void
put_nat(struct local *t)
{
	const struct tw_address *at;
	const char *ports, *router, *todo;

	if (!tw_machine_is_behind_nat(t->m, &at))
		return;
	ports = to_forward(t);
	router = t->m->route.has_gateway ? tw_arena_fmt(t->arena, " (%s)",
	    tw_ranges_address(t->arena, t->m->route.gateway, false)) : "";
	if (at->scope == TW_SCOPE_SHARED)
		todo = "Your provider does it for many: nobody outside reaches this machine by IPv4, "
		    "and no router of yours can change that. IPv6 or a tunnel can.";
	else if (*ports == '\0')
		todo = "Nothing public listens here, so nothing need be forwarded.";
	else
		todo = tw_arena_fmt(t->arena, "For the Internet to reach what is public here, the "
		    "router%s must forward %s to it, the same port on both sides.", router, ports);
	tw_page_row(&t->page, 2, "NAT", tw_arena_fmt(t->arena, "the way out begins at %s, which the "
	    "Internet does not know: somebody translates for it. %s",
	    tw_ranges_address(t->arena, at->value, false), todo));
}

static const char *
way_name(struct local *t, const struct tw_way *w)
{
	const char *s = "";

	for (size_t i = 0; i < w->addresses.n; i++)
		s = join(t->arena, s, tw_ranges_address(t->arena, w->addresses.v[i]->value, w->v6));
	return tw_arena_fmt(t->arena, "%s, %s (%s)", w->interface, s, tw_scope_names[w->scope]);
}

static void
put_ways(struct local *t, const struct tw_listener *l)
{
	tw_page_row(&t->page, 4, "Reach", tw_local_exposure(t->arena, t->m, l));
	for (size_t i = 0; i < l->ways.n; i++)
		tw_page_row(&t->page, 4, "", tw_arena_fmt(t->arena, "%s: %s", way_name(t, &l->ways.v[i]),
		    tw_local_passage(t->arena, &l->ways.v[i].passage, l->ways.v[i].v6)));
	for (size_t i = 0; i < l->outside.n; i++)
		tw_page_row(&t->page, 4, i == 0 ? "From outside" : "",
		    tw_arena_fmt(t->arena, "%s: %s%s%s", l->outside.v[i].address,
		    l->outside.v[i].state, l->outside.v[i].detail != NULL ? ", " : "",
		    l->outside.v[i].detail != NULL ? l->outside.v[i].detail : ""));
}

static const char *
names_of(struct local *t, const struct tw_cert *c)
{
	const char *s = "";

	for (size_t i = 0; i < c->names.n && i < NAMES; i++)
		s = join(t->arena, s, tw_text_escaped(t->arena, c->names.v[i].value));
	if (c->names.n > NAMES)
		s = tw_arena_fmt(t->arena, "%s and %zu more", s, c->names.n - NAMES);
	return c->names.n > 0 ? s : c->subject.p != NULL ? tw_text_escaped(t->arena, c->subject) :
	    "no names";
}

static const char *
days(struct local *t, int64_t not_after)
{
	double left = ((double)not_after - (double)t->m->now) / 86400;

	return left < 0 ? tw_arena_fmt(t->arena, "expired %.1f days ago", -left) :
	    tw_arena_fmt(t->arena, "%.1f days left", left);
}

static void
put_certificate(struct local *t, const struct tw_listener *l)
{
	const struct tw_cert *c;
	enum tw_ink ink;

	if (l->facts == NULL || l->facts->certificates.n == 0)
		return;
	c = &l->facts->certificates.v[0].cert;
	ink = c->not_after < t->m->now ? TW_INK_BAD :
	    c->not_after - t->m->now < SOON * 86400 ? TW_INK_WARN : TW_INK_PLAIN;
	tw_page_label(&t->page, 4, "Certificate");
	tw_page_wrap(&t->page, TW_PAGE_LABEL, ink, tw_arena_fmt(t->arena, "%s; %s", names_of(t, c),
	    days(t, c->not_after)));
	for (size_t i = 0; i < l->kept.n; i++)
		tw_page_row(&t->page, 4, "", tw_arena_fmt(t->arena, "in %s", l->kept.v[i]->path));
	if (l->kept.n == 0)
		tw_page_row(&t->page, 4, "", "in no file that could be found and read");
	if (l->newer == NULL)
		return;
	tw_page_to(&t->page, TW_PAGE_LABEL);
	tw_page_wrap(&t->page, TW_PAGE_LABEL, TW_INK_BAD, tw_arena_fmt(t->arena,
	    "renewed on disk but not served: %s holds a newer one for the same names, %s. Reload %s.",
	    l->newer->path, days(t, l->newer->cert.not_after), l->processes.n > 0 ?
	    l->processes.v[0].name : "the server"));
}

static void
put_listener(struct local *t, const struct tw_listener *l)
{
	tw_page_fmt(&t->page, TW_INK_BOLD, "%s%s", tw_local_addresses(t->arena, l),
	    l->sockets.v[0].transport == TW_UDP ? " (UDP)" : "");
	tw_page_newline(&t->page);
	tw_page_row(&t->page, 4, "Service", tw_local_service(t->arena, l));
	tw_page_row(&t->page, 4, "Process", tw_local_process(t->arena, l));
	put_ways(t, l);
	put_certificate(t, l);
	tw_page_newline(&t->page);
}

/* The last lines: how many of each kind, and the next command. */
static void
put_end(struct local *t)
{
	size_t counts[TW_EXPOSED_PUBLIC + 1] = { 0 }, stale = 0, perhaps = 0;
	const char *s;

	for (size_t i = 0; i < t->m->listeners.n; i++) {
		const struct tw_listener *l = &t->m->listeners.v[i];

		counts[l->exposure]++;
		perhaps += !l->certain;
		stale += l->newer != NULL;
	}
	s = tw_arena_fmt(t->arena, "%s: %zu listener%s, %zu from the Internet, %zu from private "
	    "networks, %zu from this machine only", t->m->name, t->m->listeners.n,
	    t->m->listeners.n == 1 ? "" : "s", counts[TW_EXPOSED_PUBLIC],
	    counts[TW_EXPOSED_PRIVATE] + counts[TW_EXPOSED_LINK],
	    counts[TW_EXPOSED_LOOPBACK] + counts[TW_EXPOSED_NOBODY]);
	if (perhaps > 0)
		s = tw_arena_fmt(t->arena, "%s; of %zu it is not certain", s, perhaps);
	if (stale > 0)
		s = tw_arena_fmt(t->arena, "%s; %zu serve%s a certificate that was renewed on disk", s,
		    stale, stale == 1 ? "s" : "");
	tw_page_wrap(&t->page, 0, TW_INK_BOLD, s);
	if (t->m->via == NULL)
		tw_page_put(&t->page, TW_INK_PLAIN, "What the world sees, another machine knows: "
		    "tlswright diagnose --local --via user@host");
	else
		tw_page_fmt(&t->page, TW_INK_PLAIN, "A firewall for these: tlswright diagnose --local "
		    "--json > here.json; tlswright config nftables --from here.json");
	tw_page_newline(&t->page);
}

void
tw_local_text(const struct tw_machine *m, const struct tw_report_style *style,
    struct tw_buf *out)
{
	struct local t = { .arena = tw_arena_new(), .m = m, .style = style };

	tw_page_init(&t.page, style, out);
	tw_page_fmt(&t.page, TW_INK_BOLD, "%s", m->name);
	tw_page_newline(&t.page);
	put_addresses(&t);
	put_firewall(&t);
	put_nat(&t);
	if (m->via != NULL)
		tw_page_row(&t.page, 2, "Seen from", m->via);
	tw_page_newline(&t.page);
	for (size_t i = 0; i < m->listeners.n; i++)
		put_listener(&t, &m->listeners.v[i]);
	if (m->unseen.n > 0) {
		tw_page_put(&t.page, TW_INK_WARN, "Not seen");
		tw_page_newline(&t.page);
		for (size_t i = 0; i < m->unseen.n; i++) {
			tw_page_to(&t.page, 4);
			tw_page_wrap(&t.page, 6, TW_INK_PLAIN, m->unseen.v[i]);
		}
		tw_page_newline(&t.page);
	}
	put_end(&t);
	tw_arena_free(t.arena);
}
