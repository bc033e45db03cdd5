/* The sentences of `diagnose --local`; see local.h. */
#include "report/local.h"

#include "base/text.h"

#define SHOWN 6		/* networks in one sentence */

static const char *
join(struct tw_arena *a, const char *const *v, size_t n)
{
	const char *s = "";

	for (size_t i = 0; i < n; i++)
		s = tw_arena_fmt(a, "%s%s%s", s, i == 0 ? "" : i + 1 == n ? " and " : ", ", v[i]);
	return s;
}

const char *
tw_local_sources(struct tw_arena *a, struct tw_ranges x, bool v6)
{
	struct tw_ranges all = tw_ranges_all(a, v6), rest = tw_ranges_without(a, all, x);
	struct tw_prefixes in, out;

	if (x.n == 0)
		return "nobody";
	if (rest.n == 0)
		return "everyone";
	tw_ranges_prefixes(a, x, v6, SHOWN, &in);
	tw_ranges_prefixes(a, rest, v6, SHOWN, &out);
	/* The shorter way to say it: 0.0.0.0/0 without one address is 32 prefixes. */
	if (!out.more && (in.more || out.n < in.n))
		return tw_arena_fmt(a, "everyone but %s", join(a, out.v, out.n));
	return tw_arena_fmt(a, "%s%s", join(a, in.v, in.n), in.more ? " and more networks" : "");
}

/* "rest of the world" once something was said before. */
static const char *
whom(struct tw_arena *a, struct tw_ranges x, struct tw_ranges said, bool v6)
{
	struct tw_ranges rest = tw_ranges_without(a, tw_ranges_all(a, v6), said);

	return said.n > 0 && tw_ranges_equal(x, rest) ? "everyone else" : tw_local_sources(a, x, v6);
}

const char *
tw_local_passage(struct tw_arena *a, const struct tw_passage *p, bool v6)
{
	const struct { const char *words; struct tw_ranges who; const char *by; } parts[] = {
		{ "open to", p->open, NULL },
		{ "sent elsewhere for", p->elsewhere, p->place },
		{ "perhaps open to", p->perhaps, p->doubts.n == 0 ? NULL :
		    join(a, p->doubts.v, p->doubts.n) },
		{ "refused to", p->rejected, p->closed_by },
		{ "silence for", p->dropped, p->closed_by },
	};
	struct tw_ranges said = { 0 };
	const char *s = "";

	for (size_t i = 0; i < TW_COUNT(parts); i++) {
		if (parts[i].who.n == 0)
			continue;
		s = tw_arena_fmt(a, "%s%s%s %s%s%s%s", s, *s == '\0' ? "" : "; ", parts[i].words,
		    whom(a, parts[i].who, said, v6), parts[i].by != NULL ? " (" : "",
		    parts[i].by != NULL ? parts[i].by : "", parts[i].by != NULL ? ")" : "");
		if (i == 0 && p->limited)
			s = tw_arena_fmt(a, "%s while a rate is kept", s);
		said = tw_ranges_union(a, said, parts[i].who);
	}
	return s;
}

const char *
tw_local_addresses(struct tw_arena *a, const struct tw_listener *l)
{
	const char *list[8];
	size_t n = 0;

	for (size_t i = 0; i < l->sockets.n && n < TW_COUNT(list); i++) {
		const struct tw_socket *s = &l->sockets.v[i];
		const char *at = s->address == 0 && s->v6 && l->takes_v4 ? "*" :
		    tw_ranges_address(a, s->address, s->v6);

		list[n++] = tw_arena_fmt(a, s->v6 && at[0] != '*' ? "[%s]:%u" : "%s:%u", at, s->port);
	}
	return join(a, list, n);
}

const char *
tw_local_process(struct tw_arena *a, const struct tw_listener *l)
{
	const struct tw_process *first = &l->processes.v[0];

	if (l->processes.n == 0)
		return tw_arena_fmt(a, "a process that may not be seen, user %s", l->user);
	for (size_t i = 1; i < l->processes.n; i++)
		if (l->processes.v[i].pid < first->pid)
			first = &l->processes.v[i];
	if (l->processes.n == 1)
		return tw_arena_fmt(a, "%s, pid %ld, user %s", first->name, first->pid, l->user);
	return tw_arena_fmt(a, "%s, pid %ld and %zu more, user %s", first->name, first->pid,
	    l->processes.n - 1, l->user);
}

const char *
tw_local_service_word(const struct tw_listener *l)
{
	if (l->facts != NULL && l->facts->service != NULL)
		return l->facts->service;
	return l->row != NULL ? l->row->service : NULL;
}

/* "TLS 1.3, TLS 1.2" of what one hello showed. */
static const char *
versions_of(struct tw_arena *a, const struct tw_facts *f)
{
	const char *s = "";

	for (int v = TW_VERSIONS - 1; v >= 0; v--)
		if (f->protocols[v] == TW_YES)
			s = tw_arena_fmt(a, "%s%s%s", s, *s == '\0' ? "" : ", ",
			    tw_versions[v].title);
	return *s == '\0' ? "TLS" : s;
}

static const char *
tls_of(struct tw_arena *a, const struct tw_facts *f)
{
	const char *way = f->mode == TW_EXPLICIT || f->mode == TW_NEGOTIATED ? " on request" : "";

	switch (f->tls) {
	case TW_REACH_TLS:
		return tw_arena_fmt(a, "%s%s", versions_of(a, f), way);
	case TW_REACH_NOT_OFFERED:
		return "no TLS: it offers none";
	case TW_REACH_PLAINTEXT:
		return "no TLS";
	default:
		return f->detail != NULL ? tw_arena_fmt(a, "TLS not known: %s", f->detail) :
		    f->error != NULL ? tw_arena_fmt(a, "TLS not known: %s", f->error) :
		    "TLS not known";
	}
}

const char *
tw_local_service(struct tw_arena *a, const struct tw_listener *l)
{
	const char *word = tw_local_service_word(l);
	const struct tw_facts *f = l->facts;
	const char *name = word != NULL ? word : "unknown service";

	if (f == NULL)
		return tw_arena_fmt(a, "%s%s (not asked: %s)", name,
		    word != NULL ? " by its port" : "", l->asked);
	if (f->service == NULL && word != NULL)
		name = tw_arena_fmt(a, "%s by its port", word);
	if (f->software.p != NULL)
		name = tw_arena_fmt(a, "%s (%s%s%s)", name, tw_text_escaped(a, f->software),
		    f->software_version.p != NULL ? " " : "",
		    f->software_version.p != NULL ? tw_text_escaped(a, f->software_version) : "");
	return tw_arena_fmt(a, "%s, %s", name, tls_of(a, f));
}

const char *
tw_local_exposure(struct tw_arena *a, const struct tw_machine *m, const struct tw_listener *l)
{
	static const char *const words[] = {
		[TW_EXPOSED_LOOPBACK] = "from this machine only",
		[TW_EXPOSED_NOBODY] = "from this machine only: the firewall lets nobody else in",
		[TW_EXPOSED_LINK] = "from machines on the same link only",
		[TW_EXPOSED_PRIVATE] = "from private networks",
		[TW_EXPOSED_PUBLIC] = "from the Internet",
	};
	const struct tw_address *nat;
	const char *s = words[l->exposure];

	if (l->exposure == TW_EXPOSED_LOOPBACK)
		return s;
	if (!l->certain)
		s = tw_arena_fmt(a, "perhaps %s", s);
	if (l->exposure == TW_EXPOSED_PRIVATE && tw_machine_is_behind_nat(m, &nat))
		s = tw_arena_fmt(a, "%s; from the Internet only if the router forwards the port", s);
	return s;
}
