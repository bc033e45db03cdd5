/* Causes before the first packet to the server: its name, and who should know it. */
#include "judge/causing.h"

static bool
any(const struct tw_causing *c, enum tw_lookup state)
{
	return c->d->v4.state == state || c->d->v6.state == state;
}

static bool
is_lost(const struct tw_causing *c)
{
	return c->d->addresses.n == 0 && !c->d->through_proxy;
}

/* What is looked up: --connect's name, or the host's. */
static const char *
wanted(const struct tw_causing *c)
{
	return c->d->connect != NULL ? c->d->connect : c->d->host;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcasecmp(s + n - k, end) == 0;
}

void
tw_cause_name_unknown(struct tw_causing *c)
{
	const struct tw_diagnosis *d = c->d;
	const char *name = wanted(c), *more = "";

	if (!is_lost(c) || !any(c, TW_LOOKUP_NO_NAME))
		return;
	if (ends_with(name, ".local"))
		more = ": names in .local are told by neighbours (mDNS), not by DNS";
	else if (strchr(name, '.') == NULL)
		more = ": it has no domain; a name in your own network wants its search domain, or all "
		    "of it";
	else if (d->parent_found.state == TW_LOOKUP_FOUND ||
	    d->parent_found.state == TW_LOOKUP_NO_ADDRESS)
		more = tw_arena_fmt(c->arena, "; %s does, so the fault is in \"%.*s\" or in a record "
		    "that is missing", d->parent, (int)(strlen(name) - strlen(d->parent) - 1), name);
	else if (d->parent_found.state == TW_LOOKUP_NO_NAME)
		more = tw_arena_fmt(c->arena, ", and neither does %s: the domain itself is misspelt, not "
		    "registered, or expired", d->parent);
	tw_cause_find(c, TW_CAUSE_NAME_UNKNOWN, TW_CERTAIN, "The name %s does not exist in DNS%s.", name,
	    more);
}

void
tw_cause_name_bad(struct tw_causing *c)
{
	if (is_lost(c) && any(c, TW_LOOKUP_BAD_NAME))
		tw_cause_find(c, TW_CAUSE_NAME_BAD, TW_CERTAIN, "\"%s\" can be no host name.", wanted(c));
}

void
tw_cause_name_no_address(struct tw_causing *c)
{
	const struct tw_diagnosis *d = c->d;

	if (!is_lost(c) || any(c, TW_LOOKUP_NO_NAME) || !any(c, TW_LOOKUP_NO_ADDRESS))
		return;
	if (tw_cert_host_is_ip(wanted(c)))
		tw_cause_find(c, TW_CAUSE_NAME_NO_ADDRESS, TW_CERTAIN,
		    "%s is not of the family you asked for (-4, -6).", wanted(c));
	else if (d->v4.state == TW_LOOKUP_NONE || d->v6.state == TW_LOOKUP_NONE)
		tw_cause_find(c, TW_CAUSE_NAME_NO_ADDRESS, TW_CERTAIN,
		    "The name %s exists, and has no %s address; you asked for no other.", wanted(c),
		    d->v4.state == TW_LOOKUP_NONE ? "IPv6" : "IPv4");
	else if (d->v4.state == d->v6.state)
		tw_cause_find(c, TW_CAUSE_NAME_NO_ADDRESS, TW_CERTAIN,
		    "The name %s exists, and has neither an IPv4 nor an IPv6 address.", wanted(c));
	else
		tw_cause_find(c, TW_CAUSE_NAME_NO_ADDRESS, TW_LIKELY, "The name %s has no %s address; "
		    "whether it has an %s one, the name servers did not say.", wanted(c),
		    d->v4.state == TW_LOOKUP_NO_ADDRESS ? "IPv4" : "IPv6",
		    d->v4.state == TW_LOOKUP_NO_ADDRESS ? "IPv6" : "IPv4");
}

void
tw_cause_resolver_silent(struct tw_causing *c)
{
	if (is_lost(c) && any(c, TW_LOOKUP_SILENT) && c->d->causes.n == 0)
		tw_cause_find(c, TW_CAUSE_RESOLVER_SILENT, TW_CERTAIN, "The name servers of this machine "
		    "did not answer in %.1f s: whether %s exists is not known.",
		    (c->d->v4.ms > c->d->v6.ms ? c->d->v4.ms : c->d->v6.ms) / 1000, wanted(c));
}

void
tw_cause_resolver_gone(struct tw_causing *c)
{
	if (is_lost(c) && any(c, TW_LOOKUP_NO_SERVER) && c->d->causes.n == 0)
		tw_cause_find(c, TW_CAUSE_RESOLVER_GONE, TW_CERTAIN, "No name server of this machine can "
		    "be reached: where /etc/resolv.conf points, nothing listens. Whether %s exists is "
		    "not known.", wanted(c));
}

void
tw_cause_resolver_failed(struct tw_causing *c)
{
	if (is_lost(c) && any(c, TW_LOOKUP_FAILED) && c->d->causes.n == 0)
		tw_cause_find(c, TW_CAUSE_RESOLVER_FAILED, TW_CERTAIN, "The name servers answer, and "
		    "cannot say what %s is (SERVFAIL): the servers of its domain are broken, or its "
		    "DNSSEC is.", wanted(c));
}

void
tw_cause_half_dns(struct tw_causing *c)
{
	const struct tw_diagnosis *d = c->d;
	bool v4 = d->v4.state == TW_LOOKUP_FOUND;
	enum tw_lookup other = v4 ? d->v6.state : d->v4.state;

	if (d->addresses.n == 0 || (!v4 && d->v6.state != TW_LOOKUP_FOUND) ||
	    (other != TW_LOOKUP_SILENT && other != TW_LOOKUP_FAILED))
		return;
	tw_cause_find(c, TW_CAUSE_HALF_DNS, TW_CERTAIN, "The name servers give the %s address of %s, and "
	    "%s for %s: programs that ask for both wait, or fail.", v4 ? "IPv4" : "IPv6", wanted(c),
	    other == TW_LOOKUP_SILENT ? "no answer" : "an error (SERVFAIL)", v4 ? "IPv6" : "IPv4");
}
