/* config_check.c -- what is each right by itself, and wrong together. config.c calls it. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "data/policy.h"
#include "gate/config_inside.h"

static uint16_t
port_of(const struct tw_endpoint *e)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&e->address.storage;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&e->address.storage;

	return e->address.sa.sa_family == AF_INET ? ntohs(in->sin_port)
	    : e->address.sa.sa_family == AF_INET6 ? ntohs(in6->sin6_port) : 0;
}

static bool
is_any(const struct tw_endpoint *e)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&e->address.storage;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&e->address.storage;

	return e->address.sa.sa_family == AF_INET ? in->sin_addr.s_addr == INADDR_ANY
	    : e->address.sa.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
}

static bool
is_same(const struct tw_endpoint *a, const struct tw_endpoint *b)
{
	return a->size == b->size && memcmp(&a->address, &b->address, a->size) == 0;
}

/* A socket the gateway will listen at, and whose it is. */
struct place {
	const struct tw_endpoint *at;
	const struct tw_config_found *of;
	unsigned line;
};

struct places {
	TW_LIST(struct place) list;
};

static void
add_places(struct tw_config_reader *r, struct places *p, const struct tw_config_found *f,
    const struct tw_endpoint *v, size_t n)
{
	const struct tw_config_entry *e = tw_config_entry(f, "address");

	for (size_t i = 0; i < n; i++) {
		struct place one = { &v[i], f, e != NULL && i < e->n ? e->lines[i] : f->line };

		for (size_t j = 0; j < p->list.n; j++)
			if (is_same(&v[i], p->list.v[j].at)) {
				const struct place *o = &p->list.v[j];

				tw_config_say(r, one.line, false, "address = %s stands on line %u already, in "
				    "%s%s%s; one port serves several services by \"also\"", v[i].text,
				    o->line, tw_config_blocks[o->of->block].name,
				    *o->of->title != '\0' ? " " : "", o->of->title);
				break;
			}
		TW_PUSH(r->arena, &p->list, one);
	}
}

/* Where a backend's address is one of ours, the gateway would talk to itself. */
static void
check_loop(struct tw_config_reader *r, const struct places *p, const struct tw_config_found *f)
{
	const struct tw_config_backend *b = f->made;

	for (size_t i = 0; i < b->addresses_n; i++)
		for (size_t j = 0; j < p->list.n; j++) {
			const struct tw_endpoint *a = &b->addresses[i], *o = p->list.v[j].at;
			bool same = is_same(a, o);

			if (!same && !(is_any(o) && tw_config_is_here(a) && port_of(a) != 0 &&
			    port_of(a) == port_of(o) &&
			    a->address.sa.sa_family == o->address.sa.sa_family))
				continue;
			tw_config_say(r, tw_config_line(f, "address"), false, "backend %s: %s is where the "
			    "gateway itself listens (%s, line %u): it would connect to itself; give the "
			    "server behind another port", b->name, a->text, o->text, p->list.v[j].line);
		}
}

static void
check_places(struct tw_config_reader *r)
{
	struct places p = { { NULL, 0, 0 } };

	for (size_t i = 1; i < r->found.n; i++) {
		const struct tw_config_found *f = &r->found.v[i];
		const struct tw_config_listen *l = f->made;
		const struct tw_config_redirect *d = f->made;

		if (f->block == TW_BLOCK_LISTEN)
			add_places(r, &p, f, l->addresses, l->addresses_n);
		else if (f->block == TW_BLOCK_REDIRECT)
			add_places(r, &p, f, d->listen.addresses, d->listen.addresses_n);
		else if (f->block == TW_BLOCK_METRICS && r->config->metrics != NULL)
			add_places(r, &p, f, r->config->metrics, 1);
	}
	for (size_t i = 1; i < r->found.n; i++)
		if (r->found.v[i].block == TW_BLOCK_BACKEND)
			check_loop(r, &p, &r->found.v[i]);
}

static bool
is_also(const struct tw_config *c, const struct tw_config_listen *l)
{
	for (size_t i = 0; i < c->listens_n; i++)
		for (size_t j = 0; j < c->listens[i].also_n; j++)
			if (c->listens[i].also[j] == l)
				return true;
	return false;
}

/* A port where people expect the service's other mode. */
static void
check_usual(struct tw_config_reader *r, const struct tw_config_found *f)
{
	const struct tw_config_listen *l = f->made;

	for (size_t i = 0; l->port != NULL && i < l->addresses_n; i++) {
		const struct tw_port *p = tw_port_by_number(port_of(&l->addresses[i]));

		if (p == NULL || strcmp(p->service, l->port->service) != 0 ||
		    p->mode == TW_MODE_NONE || (p->mode == TW_IMPLICIT) == (l->mode == TW_IMPLICIT) ||
		    (l->mode == TW_IMPLICIT && p->mode == TW_NEGOTIATED))
			continue;
		tw_config_say(r, tw_config_line(f, "mode"), true, "listen %s: at port %u clients expect "
		    "%s, and here it is %s", l->name, p->port, tw_mode_names[p->mode],
		    tw_mode_names[l->mode]);
	}
}

static void
check_clients(struct tw_config_reader *r, const struct tw_config_found *f)
{
	const struct tw_config_listen *l = f->made;

	if (l->client_certificate != TW_CLIENT_CERT_NONE && l->client_ca == NULL)
		tw_config_say(r, tw_config_line(f, "client_certificate"), false, "listen %s asks for "
		    "client certificates, and \"client_ca\" does not say whose are good", l->name);
	if (l->client_certificate == TW_CLIENT_CERT_NONE && l->client_ca != NULL)
		tw_config_say(r, tw_config_line(f, "client_ca"), true, "listen %s asks for no client "
		    "certificate, so client_ca does nothing; client_certificate = required?", l->name);
	if (l->client_certificate == TW_CLIENT_CERT_NONE && l->client_certificate_for != NULL)
		tw_config_say(r, tw_config_line(f, "client_certificate_for"), true, "listen %s asks for "
		    "no client certificate, so client_certificate_for does nothing", l->name);
}

static void
check_routes(struct tw_config_reader *r, size_t at)
{
	const struct tw_config_found *last = NULL;

	for (size_t i = 1; i < r->found.n; i++) {
		const struct tw_config_found *f = &r->found.v[i];
		const struct tw_config_route *w = f->made;
		const char *star = f->block == TW_BLOCK_ROUTE && w->sni != NULL ? strchr(w->sni, '*')
		    : NULL;

		if (f->block != TW_BLOCK_ROUTE || f->within != at)
			continue;
		if (last != NULL)
			tw_config_say(r, f->line, false, "this route is never reached: the one on line %u "
			    "has neither sni nor alpn and takes everything", last->line);
		else if (w->sni == NULL && w->alpn == NULL)
			last = f;
		if (star != NULL && (star != w->sni || w->sni[1] != '.' || strchr(star + 1, '*') != NULL))
			tw_config_say(r, tw_config_line(f, "sni"), false, "sni = %s: a * stands for one "
			    "whole label, the first: *.example.com", tw_config_shown(r, w->sni));
		if (w->sni != NULL && strchr(w->sni, ':') != NULL)
			tw_config_say(r, tw_config_line(f, "sni"), false, "sni = %s: a name is wanted, "
			    "without a port; addresses are never asked for by SNI",
			    tw_config_shown(r, w->sni));
	}
}

static void
check_listen(struct tw_config_reader *r, size_t at)
{
	const struct tw_config_found *f = &r->found.v[at];
	const struct tw_config_listen *l = f->made;
	bool also = is_also(r->config, l), http;

	if (l->addresses_n == 0 && !also && tw_config_entry(f, "address") == NULL)
		tw_config_say(r, f->line, false, "\"address\" is missing here: where to listen, like "
		    "address = {\"0.0.0.0:%u\", \"[::]:%u\"}", l->port != NULL && l->port->port != 0
		    ? l->port->port : 993, l->port != NULL && l->port->port != 0 ? l->port->port : 993);
	for (size_t i = 0; i < l->also_n; i++) {
		if (l->also[i] == l)
			tw_config_say(r, tw_config_line(f, "also"), false, "also = %s: this is the listener "
			    "itself", l->name);
		else if (l->also[i]->also_n > 0)
			tw_config_say(r, tw_config_line(f, "also"), false, "also = %s: that one has an "
			    "\"also\" of its own; name all of them here", l->also[i]->name);
	}
	for (size_t i = 0; i < l->alpn_n; i++)
		if (strlen(l->alpn[i]) > 255)
			tw_config_say(r, tw_config_line(f, "alpn"), false, "alpn: a name has at most 255 "
			    "bytes");
	http = l->port != NULL && strcmp(l->port->service, "https") == 0;
	if (l->hsts_seconds > 0 && !http)
		tw_config_say(r, tw_config_line(f, "hsts"), false, "hsts: listen %s is not https", l->name);
	for (size_t i = 0; l->hsts_seconds > 0 && i < l->alpn_n; i++)
		if (strcmp(l->alpn[i], "h2") == 0)
			tw_config_say(r, tw_config_line(f, "hsts"), true, "hsts is put into answers of "
			    "HTTP/1.1 alone: over h2, which listen %s takes, the server behind must say it "
			    "itself", l->name);
	if (l->mode == TW_IMPLICIT && tw_config_entry(f, "require_tls") != NULL)
		tw_config_say(r, tw_config_line(f, "require_tls"), true, "listen %s has TLS from the first "
		    "byte, so require_tls does nothing", l->name);
	if (!l->require_tls && l->mode != TW_IMPLICIT)
		tw_config_say(r, tw_config_line(f, "require_tls"), true, "listen %s takes passwords before "
		    "TLS: whoever listens on the way reads them", l->name);
	check_usual(r, f);
	check_clients(r, f);
	check_routes(r, at);
}

/* Who uses a backend, and whether the way to it is safe. */
static void
check_backend(struct tw_config_reader *r, const struct tw_config_found *f)
{
	const struct tw_config_backend *b = f->made;
	const struct tw_endpoint *away = NULL, *tcp = NULL, *local = NULL;
	const char *asks = NULL;
	bool mysql = false;

	for (size_t i = 0; i < b->addresses_n; i++) {
		const struct tw_endpoint *e = &b->addresses[i];

		if (!tw_config_is_here(e))
			away = e;
		if (e->address.sa.sa_family != AF_UNIX)
			tcp = e;
		else
			local = e;
		if (is_any(e))
			tw_config_say(r, tw_config_line(f, "address"), false, "backend %s: %s is where one "
			    "listens, not where one connects; 127.0.0.1 or ::1?", b->name, e->text);
		if (b->source != NULL && e->address.sa.sa_family != AF_UNIX &&
		    e->address.sa.sa_family != b->source->address.sa.sa_family)
			tw_config_say(r, tw_config_line(f, "source"), false, "backend %s: %s cannot be "
			    "reached from source = %s: one is IPv4, the other IPv6", b->name, e->text,
			    b->source->text);
	}
	for (size_t i = 0; i < r->config->listens_n; i++) {
		const struct tw_config_listen *l = &r->config->listens[i];

		mysql = mysql || (l->backend == b && l->port != NULL &&
		    strcmp(l->port->service, "mysql") == 0);
		/* Its greeting comes before TLS, always. */
		if (l->backend == b && l->service != NULL && l->service->backend_first)
			asks = l->service->name;
	}
	if (b->tls != TW_BACKEND_PLAIN && asks != NULL)
		tw_config_say(r, tw_config_line(f, "tls"), false, "backend %s: TLS to a backend begins "
		    "at once, and servers of %s never do that; reach it by a Unix socket, or by a "
		    "gateway or tunnel on its machine", b->name, asks);
	if (b->source != NULL && tcp == NULL && local != NULL)
		tw_config_say(r, tw_config_line(f, "source"), true, "backend %s has Unix sockets alone: "
		    "source does nothing", b->name);
	if (b->tls == TW_BACKEND_PLAIN && away != NULL)
		tw_config_say(r, f->line, true, "backend %s: %s is another machine, and without TLS "
		    "everybody on the way reads along; tls = verify", b->name, away->text);
	if (b->tls == TW_BACKEND_INSECURE)
		tw_config_say(r, tw_config_line(f, "tls"), true, "backend %s: with insecure-no-verify "
		    "anybody on the way can be the backend; tls = verify with ca = its authority", b->name);
	if (b->tls == TW_BACKEND_VERIFY && b->server_name == NULL && local != NULL)
		tw_config_say(r, tw_config_line(f, "tls"), false, "backend %s: \"server_name\" is missing: "
		    "%s has no name to verify", b->name, local->text);
	if (b->tls != TW_BACKEND_VERIFY && b->ca != NULL)
		tw_config_say(r, tw_config_line(f, "ca"), true, "backend %s: ca does nothing without "
		    "tls = verify", b->name);
	if (mysql && b->tls == TW_BACKEND_PLAIN && tcp != NULL)
		tw_config_say(r, f->line, true, "backend %s: accounts with caching_sha2_password send "
		    "their password over a Unix socket or TLS alone, so logins by %s fail when it is not "
		    "cached; address = {\"unix:/run/mysqld/mysqld.sock\"}", b->name, tcp->text);
}

static void
check_ban(struct tw_config_reader *r, const struct tw_config_found *f)
{
	const struct tw_config_ban *b = f->made;

	if (b->longest_ms != 0 && b->for_ms != 0 && b->longest_ms < b->for_ms)
		tw_config_say(r, tw_config_line(f, "longest"), false, "ban %s: \"longest\" is shorter than "
		    "\"for\", the first ban already; are the two the wrong way round?", b->name);
}

static void
check_limit(struct tw_config_reader *r, const struct tw_config_found *f)
{
	const struct tw_config_limit *l = f->made;

	if (l->connections_per_network != 0 && l->connections_per_address > l->connections_per_network)
		tw_config_say(r, tw_config_line(f, "connections_per_address"), true, "limit %s: an "
		    "address may have more connections than its network, %u against %u", l->name,
		    l->connections_per_address, l->connections_per_network);
	if (l->connections != 0 && l->connections_per_address > l->connections)
		tw_config_say(r, tw_config_line(f, "connections"), true, "limit %s: one address may take "
		    "all %u connections", l->name, l->connections);
}

/* Is a block of a kind named by any key? */
static bool
is_used(const struct tw_config_reader *r, const struct tw_config_found *f)
{
	for (size_t i = 0; i < r->found.n; i++)
		for (size_t j = 0; j < r->found.v[i].entries.n; j++) {
			const struct tw_config_entry *e = &r->found.v[i].entries.v[j];

			for (size_t k = 0; e->key->refers == f->block && k < e->n; k++)
				if (strcmp(e->values[k], f->title) == 0)
					return true;
		}
	return false;
}

static void
check_used(struct tw_config_reader *r, const struct tw_config_found *f)
{
	bool named = f->block == TW_BLOCK_CERTIFICATE || f->block == TW_BLOCK_BAN ||
	    f->block == TW_BLOCK_BACKEND ||
	    (f->block == TW_BLOCK_LIMIT && strcmp(f->title, "default") != 0);

	if (named && !is_used(r, f))
		tw_config_say(r, f->line, true, "%s %s is used by nothing",
		    tw_config_blocks[f->block].name, f->title);
}

static void
check_policy(struct tw_config_reader *r)
{
	const char *names[16];
	size_t n = 0;

	if (r->config->policy == NULL || tw_policy_by_name(r->config->policy) != NULL)
		return;
	for (size_t i = 0; tw_policies[i] != NULL && n < TW_COUNT(names); i++)
		names[n++] = tw_policies[i]->short_name;
	tw_config_say(r, tw_config_line(&r->found.v[0], "policy"), false, "policy = %s: there is no "
	    "such policy%s", tw_config_shown(r, r->config->policy),
	    tw_config_meant(r, r->config->policy, names, n));
}

void
tw_config_check_all(struct tw_config_reader *r)
{
	static void (*const checks[TW_BLOCKS])(struct tw_config_reader *,
	    const struct tw_config_found *) = {
		[TW_BLOCK_BACKEND] = check_backend,
		[TW_BLOCK_BAN] = check_ban,
		[TW_BLOCK_LIMIT] = check_limit,
	};

	if (r->config->listens_n == 0 && r->config->redirects_n == 0 && !r->wrong)
		tw_config_say(r, 1, false, "there is no listen block: nothing would be served");
	check_policy(r);
	for (size_t i = 1; i < r->found.n; i++) {
		const struct tw_config_found *f = &r->found.v[i];

		if (checks[f->block] != NULL)
			checks[f->block](r, f);
		if (f->block == TW_BLOCK_LISTEN)
			check_listen(r, i);
		check_used(r, f);
	}
	check_places(r);
	tw_config_check_loopback(r);
}
