/* Causes between this machine and the listener: routes, firewalls, closed ports, one family. */
#include "judge/causing.h"

static enum tw_tcp
state(const struct tw_causing *c)
{
	return tw_causing_tcp(c->spot);
}

/* One port was asked about; of a bare host, only its ports together say something. */
static bool
is_first(const struct tw_causing *c)
{
	return c->d->port != 0 || c->spot == &c->d->spots.v[0];
}

static bool
all_here(const struct tw_causing *c)
{
	for (size_t i = 0; i < c->spot->knocks.n; i++)
		if (!c->spot->knocks.v[i].here || c->spot->knocks.v[i].tcp != TW_TCP_UNREACHABLE)
			return false;
	return c->spot->knocks.n > 0;
}

static bool
all_v6(const struct tw_causing *c)
{
	for (size_t i = 0; i < c->spot->knocks.n; i++)
		if (!c->spot->knocks.v[i].v6)
			return false;
	return c->spot->knocks.n > 0;
}

static const char *
detail(const struct tw_causing *c)
{
	for (size_t i = 0; i < c->spot->knocks.n; i++)
		if (c->spot->knocks.v[i].detail != NULL)
			return c->spot->knocks.v[i].detail;
	return "no reason given";
}

static double
longest_ms(const struct tw_causing *c)
{
	double ms = 0;

	for (size_t i = 0; i < c->spot->knocks.n; i++)
		if (c->spot->knocks.v[i].ms > ms)
			ms = c->spot->knocks.v[i].ms;
	return ms;
}

void
tw_cause_only_other_family(struct tw_causing *c)
{
	if (is_first(c) && all_here(c) && all_v6(c) && !c->d->is_address &&
	    !tw_cause_is_found(c, TW_CAUSE_NO_ROUTE))
		tw_cause_find(c, TW_CAUSE_ONLY_OTHER_FAMILY, TW_CERTAIN, "%s has only IPv6 addresses, and "
		    "this machine has no IPv6.", c->d->host);
}

void
tw_cause_no_route(struct tw_causing *c)
{
	if (is_first(c) && all_here(c) && (!all_v6(c) || c->d->is_address))
		tw_cause_find(c, TW_CAUSE_NO_ROUTE, TW_CERTAIN, "This machine has no route to %s: %s.",
		    c->address, detail(c));
}

void
tw_cause_local_refused(struct tw_causing *c)
{
	if (is_first(c) && state(c) == TW_TCP_LOCAL_ERROR)
		tw_cause_find(c, TW_CAUSE_LOCAL_REFUSED, TW_CERTAIN, "This machine itself will not connect to "
		    "%s: %s.", c->address, detail(c));
}

void
tw_cause_host_unreachable(struct tw_causing *c)
{
	const struct tw_spot *alive = tw_causing_living(c);

	if (!is_first(c) || state(c) != TW_TCP_UNREACHABLE || all_here(c))
		return;
	if (alive != NULL)
		tw_cause_find(c, TW_CAUSE_HOST_UNREACHABLE, TW_CERTAIN, "A firewall refuses port %u with "
		    "\"unreachable\" (%s), while port %s of the same host answers.", c->spot->port,
		    detail(c), tw_causing_port_name(c, alive));
	else
		tw_cause_find(c, TW_CAUSE_HOST_UNREACHABLE, TW_CERTAIN, "The network answers that %s cannot "
		    "be reached: %s.", c->address, detail(c));
}

void
tw_cause_host_dark(struct tw_causing *c)
{
	if (!is_first(c) || state(c) != TW_TCP_FILTERED || tw_causing_living(c) != NULL)
		return;
	tw_cause_find(c, TW_CAUSE_HOST_DARK, TW_LIKELY, "Nothing answers at %s: %s %s silent for %.0f s. "
	    "The machine is off, the address is wrong, or a firewall drops everything.", c->address,
	    c->d->port == 0 ? "all ports tried were" : tw_arena_fmt(c->arena, "port %u and all its "
	    "neighbours tried", c->spot->port), c->d->port == 0 ? "" : "were",
	    longest_ms(c) / 1000);
}

/* Which of the host's other ports let us in. */
static const char *
open_ports(struct tw_causing *c)
{
	const char *s = "";
	unsigned n = 0;

	for (size_t i = 0; i < c->d->spots.n; i++) {
		const struct tw_spot *o = &c->d->spots.v[i];

		if (o == c->spot || !tw_spot_is_open(o))
			continue;
		s = tw_arena_fmt(c->arena, "%s%s%u", s, n == 0 ? "" : ", ", o->port);
		if (n++ == 0 || (c->sibling != NULL && o->port == 587))
			c->sibling = tw_causing_port_name(c, o);
	}
	return s;
}

static bool
is_silent_25(struct tw_causing *c)
{
	const struct tw_spot *hand_in;

	if (c->spot->port != 25 || state(c) != TW_TCP_FILTERED || tw_causing_living(c) == NULL)
		return false;
	hand_in = tw_causing_sibling(c, TW_MODE_NONE);
	c->sibling = tw_causing_port_name(c, hand_in);
	return true;
}

void
tw_cause_port_25_blocked_here(struct tw_causing *c)
{
	const struct tw_diagnosis *d = c->d;
	const char *ports;

	if (!is_silent_25(c) || d->lit25 > 0 || (d->cloud == NULL && d->dark25 == 0))
		return;
	ports = open_ports(c);
	if (d->dark25 > 0)
		tw_cause_find(c, TW_CAUSE_PORT_25_BLOCKED_HERE, d->cloud != NULL ? TW_CERTAIN : TW_LIKELY,
		    "Outgoing port 25 is blocked where this machine stands%s%s%s: %s and %u other mail "
		    "server%s are silent on 25, while other ports answer (%s). Most clouds (AWS, Azure, "
		    "Google Cloud and others) block it by default.", d->cloud != NULL ? " (" : "",
		    d->cloud != NULL ? d->cloud : "", d->cloud != NULL ? ")" : "", d->host, d->dark25,
		    d->dark25 == 1 ? "" : "s", ports);
	else
		tw_cause_find(c, TW_CAUSE_PORT_25_BLOCKED_HERE, TW_LIKELY, "Outgoing port 25 is blocked: "
		    "this machine stands at %s, where that is the default, and %s is silent on 25 while "
		    "its other ports answer (%s).", d->cloud, d->host, ports);
}

void
tw_cause_port_25_blocked(struct tw_causing *c)
{
	const char *ports;

	if (!is_silent_25(c) || tw_cause_is_found(c, TW_CAUSE_PORT_25_BLOCKED_HERE))
		return;
	ports = open_ports(c);
	tw_cause_find(c, TW_CAUSE_PORT_25_BLOCKED, TW_LIKELY, "Port 25 of %s is silent while its other "
	    "ports answer (%s): 25 is blocked on the way, by the network you are in (most clouds and "
	    "home connections block it outwards) or by the one the server is in.", c->d->host, ports);
}

void
tw_cause_implicit_blocked(struct tw_causing *c)
{
	const struct tw_spot *s = tw_causing_sibling(c, TW_EXPLICIT);

	if (c->d->port == 0 || state(c) != TW_TCP_FILTERED || c->spot->row == NULL ||
	    c->spot->row->mode != TW_IMPLICIT || s == NULL)
		return;
	c->sibling = tw_causing_port_name(c, s);
	tw_cause_find(c, TW_CAUSE_IMPLICIT_BLOCKED, TW_LIKELY, "Port %u is filtered, and %u works: a "
	    "firewall blocks the port of implicit TLS.", c->spot->port, s->port);
}

void
tw_cause_explicit_blocked(struct tw_causing *c)
{
	const struct tw_spot *s = tw_causing_sibling(c, TW_IMPLICIT);

	if (c->d->port == 0 || state(c) != TW_TCP_FILTERED || c->spot->row == NULL ||
	    c->spot->row->mode == TW_IMPLICIT || s == NULL || c->spot->port == 25)
		return;
	c->sibling = tw_causing_port_name(c, s);
	tw_cause_find(c, TW_CAUSE_EXPLICIT_BLOCKED, TW_LIKELY, "Port %u is filtered, and %u works: a "
	    "firewall lets only the port through where TLS begins at once.", c->spot->port, s->port);
}

void
tw_cause_port_filtered(struct tw_causing *c)
{
	const struct tw_spot *alive = tw_causing_living(c);

	if (!is_first(c) || state(c) != TW_TCP_FILTERED || alive == NULL ||
	    tw_cause_is_found(c, TW_CAUSE_PORT_25_BLOCKED) ||
	    tw_cause_is_found(c, TW_CAUSE_PORT_25_BLOCKED_HERE) ||
	    tw_cause_is_found(c, TW_CAUSE_IMPLICIT_BLOCKED) ||
	    tw_cause_is_found(c, TW_CAUSE_EXPLICIT_BLOCKED))
		return;
	tw_cause_find(c, TW_CAUSE_PORT_FILTERED, TW_LIKELY, "A firewall drops what is sent to port %u of %s: "
	    "no answer in %.0f s, while port %s of the same host %s.", c->spot->port, c->d->host,
	    longest_ms(c) / 1000, tw_causing_port_name(c, alive),
	    tw_spot_is_open(alive) ? "answers" : "says that it is closed");
}

void
tw_cause_port_closed(struct tw_causing *c)
{
	const struct tw_spot *s;

	if (!is_first(c) || state(c) != TW_TCP_CLOSED || c->d->through_proxy)
		return;
	if (c->d->port == 0) {
		tw_cause_find(c, TW_CAUSE_PORT_CLOSED, TW_CERTAIN, "%s is up, and nothing listens on any of "
		    "the %zu ports where TLS is usual: name the port, as in %s:8443.", c->d->host,
		    c->d->spots.n, c->d->host);
		return;
	}
	s = tw_causing_sibling(c, TW_MODE_NONE);
	c->sibling = tw_causing_port_name(c, s);
	tw_cause_find(c, TW_CAUSE_PORT_CLOSED, TW_CERTAIN, s != NULL ? "Nothing listens on port %u of %s: the "
	    "connection is refused at once. Port %s of it answers."
	    : "Nothing listens on port %u of %s: the connection is refused at once%s.", c->spot->port,
	    c->d->host, s != NULL ? c->sibling : "");
}

/* ---- open at one address, not at another ---- */

struct families {
	unsigned open[2], shut[2], here[2];	/* IPv4, IPv6 */
	const struct tw_knock *bad[2];
};

static struct families
count(const struct tw_causing *c)
{
	struct families f = { 0 };

	for (size_t i = 0; i < c->spot->knocks.n; i++) {
		const struct tw_knock *k = &c->spot->knocks.v[i];

		if (k->tcp == TW_TCP_NONE)
			continue;
		if (k->tcp == TW_TCP_OPEN) {
			f.open[k->v6]++;
		} else if (k->here) {
			f.here[k->v6]++;
		} else {
			f.shut[k->v6]++;
			f.bad[k->v6] = k;
		}
	}
	return f;
}

/* What happens at an address, in words that fit behind "port 443 of it". */
static const char *
fate(const struct tw_causing *c, const struct tw_knock *k)
{
	return k->tcp == TW_TCP_CLOSED ? "refuses connections"
	    : k->tcp == TW_TCP_FILTERED ? tw_arena_fmt(c->arena, "is silent (%.1f s)", k->ms / 1000)
	    : tw_arena_fmt(c->arena, "cannot be reached (%s)", k->detail != NULL ? k->detail : "");
}

static void
find_family(struct tw_causing *c, bool v6, enum tw_cause_id id)
{
	struct families f = count(c);

	if (f.open[v6] > 0 || f.shut[v6] == 0 || f.open[!v6] == 0)
		return;
	c->address = f.bad[v6]->address;
	/* A bare host's dark ports are of no interest in one family either, unless it is all of them. */
	tw_cause_find(c, id, TW_CERTAIN, "%s is broken and %s works: port %u at %s %s, while the %s address "
	    "answers. Clients that try %s first wait or fail; others never notice.",
	    v6 ? "IPv6" : "IPv4", v6 ? "IPv4" : "IPv6", c->spot->port, c->address,
	    fate(c, f.bad[v6]), v6 ? "IPv4" : "IPv6", v6 ? "IPv6" : "IPv4");
}

void
tw_cause_ipv6_broken(struct tw_causing *c)
{
	find_family(c, true, TW_CAUSE_IPV6_BROKEN);
}

void
tw_cause_ipv4_broken(struct tw_causing *c)
{
	find_family(c, false, TW_CAUSE_IPV4_BROKEN);
}

void
tw_cause_address_dead(struct tw_causing *c)
{
	struct families f = count(c);

	for (int v6 = 0; v6 < 2; v6++) {
		if (f.open[v6] == 0 || f.shut[v6] == 0)
			continue;
		c->address = f.bad[v6]->address;
		tw_cause_find(c, TW_CAUSE_ADDRESS_DEAD, TW_CERTAIN, "%u of %u %s addresses of %s %s: port %u "
		    "at %s %s.", f.shut[v6], f.shut[v6] + f.open[v6], v6 ? "IPv6" : "IPv4", c->d->host,
		    f.shut[v6] == 1 ? "is dead" : "are dead", c->spot->port, c->address,
		    fate(c, f.bad[v6]));
		return;
	}
}

void
tw_cause_no_ipv6_here(struct tw_causing *c)
{
	struct families f = count(c);

	if (is_first(c) && f.open[0] > 0 && f.here[1] > 0 && f.open[1] + f.shut[1] == 0)
		tw_cause_find(c, TW_CAUSE_NO_IPV6_HERE, TW_CERTAIN, "%s has IPv6 addresses too, and this "
		    "machine has no IPv6: that side was not looked at.", c->d->host);
}
