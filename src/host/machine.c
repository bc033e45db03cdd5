/* What follows from a machine's tables; see machine.h. */
#include "host/machine.h"

const char *const tw_exposure_names[] = { "loopback", "nobody", "link", "private", "public" };

static bool
is_loopback(const struct tw_socket *s)
{
	return s->address != 0 && tw_scope_of(s->address, s->v6) == TW_SCOPE_LOOPBACK;
}

static bool
has_socket(const struct tw_listener *l, const struct tw_socket *s)
{
	for (size_t i = 0; i < l->sockets.n; i++)
		if (l->sockets.v[i].v6 == s->v6 && l->sockets.v[i].address == s->address)
			return true;
	return false;
}

static bool
is_same_process(const struct tw_listener *l, const struct tw_process *processes, size_t n,
    const struct tw_socket *s)
{
	if (l->processes.n == 0 || n == 0)
		return l->processes.n == n && l->sockets.v[0].uid == s->uid;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < l->processes.n; k++)
			if (processes[i].pid == l->processes.v[k].pid)
				return true;
	return false;
}

/* 0.0.0.0 and ::, 127.0.0.1 and ::1: one server to those who run it. */
static bool
belongs(const struct tw_listener *l, const struct tw_socket *s, const struct tw_process *processes,
    size_t n)
{
	const struct tw_socket *first = &l->sockets.v[0];

	if (first->transport != s->transport || first->port != s->port)
		return false;
	if (has_socket(l, s))	/* SO_REUSEPORT: a socket a worker */
		return true;
	return l->sockets.n == 1 && first->v6 != s->v6 && (first->address == 0) == (s->address == 0) &&
	    (first->address == 0 || (is_loopback(first) && is_loopback(s))) &&
	    is_same_process(l, processes, n, s);
}

static void
add_processes(struct tw_machine *m, struct tw_listener *l, const struct tw_process *processes,
    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool known = false;

		for (size_t k = 0; k < l->processes.n; k++)
			known = known || l->processes.v[k].pid == processes[i].pid;
		if (!known)
			TW_PUSH(m->arena, &l->processes, processes[i]);
	}
}

void
tw_machine_add(struct tw_machine *m, const struct tw_socket *s, const struct tw_process *processes,
    size_t n, const char *user)
{
	struct tw_listener *l = NULL;

	for (size_t i = 0; i < m->listeners.n && l == NULL; i++)
		if (belongs(&m->listeners.v[i], s, processes, n))
			l = &m->listeners.v[i];
	if (l == NULL) {
		TW_PUSH(m->arena, &m->listeners, (struct tw_listener){ .user = user,
		    .certain = true });
		l = &m->listeners.v[m->listeners.n - 1];
		l->row = tw_port_by_number(s->port);
		/* Of a port that has rows for both transports, the one that fits. */
		for (size_t i = 0; i < tw_ports_n; i++)
			if (tw_ports[i].port == s->port && strcmp(tw_ports[i].transport,
			    s->transport == TW_UDP ? "udp" : "tcp") == 0) {
				l->row = &tw_ports[i];
				break;
			}
		if (l->row != NULL && strcmp(l->row->transport,
		    s->transport == TW_UDP ? "udp" : "tcp") != 0)
			l->row = NULL;
	}
	if (!has_socket(l, s))
		TW_PUSH(m->arena, &l->sockets, *s);
	add_processes(m, l, processes, n);
}

/* Does the listener take what is sent to this address of ours? */
static bool
listens_at(const struct tw_listener *l, const struct tw_address *at)
{
	for (size_t i = 0; i < l->sockets.n; i++) {
		const struct tw_socket *s = &l->sockets.v[i];

		if (s->v6 == at->v6 && (s->address == 0 || s->address == at->value))
			return true;
		if (s->v6 && s->address == 0 && !at->v6 && l->takes_v4)
			return true;
	}
	return false;
}

static struct tw_way *
way_of(struct tw_machine *m, struct tw_listener *l, const struct tw_address *at)
{
	for (size_t i = 0; i < l->ways.n; i++)
		if (l->ways.v[i].v6 == at->v6 && strcmp(l->ways.v[i].interface, at->interface) == 0)
			return &l->ways.v[i];
	TW_PUSH(m->arena, &l->ways, (struct tw_way){ .interface = at->interface, .v6 = at->v6,
	    .scope = at->scope });
	return &l->ways.v[l->ways.n - 1];
}

static void
judge_way(struct tw_machine *m, const struct tw_listener *l, struct tw_way *w)
{
	struct { struct tw_range *v; size_t n, cap; } local = { 0 };
	struct tw_packet p = { .transport = l->sockets.v[0].transport, .v6 = w->v6,
		.port = l->sockets.v[0].port, .interface = w->interface,
		.from = tw_ranges_all(m->arena, w->v6) };

	for (size_t i = 0; i < w->addresses.n; i++)
		TW_PUSH(m->arena, &local, (struct tw_range){ w->addresses.v[i]->value,
		    w->addresses.v[i]->value });
	p.local = tw_ranges_of(m->arena, local.v, local.n);
	if (m->has_rules) {
		tw_firewall_judge(m->arena, &m->rules, &p, &w->passage);
	} else {
		w->passage.perhaps = p.from;
		TW_PUSH(m->arena, &w->passage.doubts, "the firewall's rules could not be read");
	}
}

/* Whose sources those are, at most: an interface's reach is no wider than its addresses. */
static enum tw_exposure
widest(struct tw_machine *m, const struct tw_way *w)
{
	static const struct { const char *prefix; enum tw_exposure exposure; } networks[] = {
		{ "169.254.0.0/16", TW_EXPOSED_LINK }, { "fe80::/10", TW_EXPOSED_LINK },
		{ "10.0.0.0/8", TW_EXPOSED_PRIVATE }, { "172.16.0.0/12", TW_EXPOSED_PRIVATE },
		{ "192.168.0.0/16", TW_EXPOSED_PRIVATE }, { "100.64.0.0/10", TW_EXPOSED_PRIVATE },
		{ "fc00::/7", TW_EXPOSED_PRIVATE } };
	struct tw_ranges left = tw_ranges_union(m->arena, w->passage.open, w->passage.perhaps);
	enum tw_exposure most = w->scope == TW_SCOPE_PUBLIC ? TW_EXPOSED_PUBLIC :
	    w->scope == TW_SCOPE_LINK ? TW_EXPOSED_LINK : TW_EXPOSED_PRIVATE;
	enum tw_exposure found = TW_EXPOSED_NOBODY;
	struct tw_range r;
	bool v6;

	for (size_t i = 0; i < TW_COUNT(networks); i++) {
		struct tw_ranges in;

		if (!tw_ranges_read(networks[i].prefix, &r, &v6) || v6 != w->v6)
			continue;
		in = tw_ranges_common(m->arena, left, tw_ranges_one(m->arena, r.first, r.last));
		left = tw_ranges_without(m->arena, left, in);
		if (in.n > 0 && networks[i].exposure > found)
			found = networks[i].exposure;
	}
	if (left.n > 0)
		found = TW_EXPOSED_PUBLIC;
	return found < most ? found : most;
}

static void
conclude_ways(struct tw_machine *m, struct tw_listener *l)
{

	for (size_t i = 0; i < m->addresses.n; i++) {
		const struct tw_address *at = &m->addresses.v[i];
		struct tw_way *w;

		if (at->scope == TW_SCOPE_LOOPBACK || !listens_at(l, at))
			continue;
		w = way_of(m, l, at);
		TW_PUSH(m->arena, &w->addresses, at);
		if (at->scope > w->scope)
			w->scope = at->scope;
	}
	for (size_t i = 0; i < l->ways.n; i++) {
		struct tw_way *w = &l->ways.v[i];
		enum tw_exposure e;

		judge_way(m, l, w);
		e = widest(m, w);
		l->certain = l->certain && w->passage.perhaps.n == 0;
		if (i == 0 || e > l->exposure)
			l->exposure = e;
	}
}

static bool
is_name_in(const struct tw_cert *c, const struct tw_name *name)
{
	for (size_t i = 0; i < c->names.n; i++)
		if (c->names.v[i].kind == name->kind &&
		    tw_bytes_equal(c->names.v[i].value, name->value))
			return true;
	return false;
}

static bool
has_same_names(const struct tw_cert *a, const struct tw_cert *b)
{
	if (a->names.n == 0 || a->names.n != b->names.n)
		return false;
	for (size_t i = 0; i < a->names.n; i++)
		if (!is_name_in(b, &a->names.v[i]))
			return false;
	return true;
}

/* A later one is what a renewal leaves: same names, begun, ends after the one served. */
static bool
renews(const struct tw_machine *m, const struct tw_cert *kept, const struct tw_cert *served)
{
	return kept->not_after > served->not_after && kept->not_before >= served->not_before &&
	    kept->not_before <= m->now && has_same_names(kept, served) && !kept->is_ca;
}

static void
conclude_files(struct tw_machine *m, struct tw_listener *l)
{
	const struct tw_cert *served;

	if (l->facts == NULL || l->facts->certificates.n == 0)
		return;
	served = &l->facts->certificates.v[0].cert;
	for (size_t i = 0; i < m->kept.n; i++) {
		const struct tw_kept *k = &m->kept.v[i];

		if (memcmp(k->cert.sha256, served->sha256, sizeof(served->sha256)) == 0)
			TW_PUSH(m->arena, &l->kept, k);
		else if (served->parsed && k->cert.parsed && renews(m, &k->cert, served) &&
		    (l->newer == NULL || l->newer->cert.not_after < k->cert.not_after))
			l->newer = k;
	}
}

void
tw_machine_conclude(struct tw_machine *m)
{
	for (size_t i = 0; i < m->listeners.n; i++) {
		conclude_ways(m, &m->listeners.v[i]);
		conclude_files(m, &m->listeners.v[i]);
	}
}

bool
tw_machine_is_behind_nat(const struct tw_machine *m, const struct tw_address **ret_address)
{
	*ret_address = NULL;
	for (size_t i = 0; i < m->addresses.n; i++) {
		const struct tw_address *a = &m->addresses.v[i];

		if (a->v6 || m->route.interface == NULL ||
		    strcmp(a->interface, m->route.interface) != 0)
			continue;
		if (a->scope == TW_SCOPE_PUBLIC)
			return false;
		if (*ret_address == NULL && (a->scope == TW_SCOPE_PRIVATE ||
		    a->scope == TW_SCOPE_SHARED))
			*ret_address = a;
	}
	return *ret_address != NULL;
}

const char *
tw_machine_ask_at(const struct tw_machine *m, const struct tw_listener *l, const char **ret_why)
{
	const struct tw_socket *s = &l->sockets.v[0];

	for (size_t i = 1; i < l->sockets.n; i++)	/* IPv4 first: it is never without */
		if (s->v6 && !l->sockets.v[i].v6)
			s = &l->sockets.v[i];
	*ret_why = NULL;
	if (s->transport == TW_UDP)
		*ret_why = "it is UDP, and only TCP is asked";
	else if (s->v6 && tw_scope_of(s->address, true) == TW_SCOPE_LINK && s->address != 0)
		*ret_why = "it listens on an address of one link only";
	if (*ret_why != NULL)
		return NULL;
	if (s->address == 0)
		return s->v6 && !l->takes_v4 ? "::1" : "127.0.0.1";
	return tw_ranges_address(m->arena, s->address, s->v6);
}
