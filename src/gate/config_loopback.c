/*
 * config_loopback.c -- no outsider gains loopback's rights: what a backend behind the
 * gateway must be told, per service. Its servers trust 127.0.0.1 in many ways, and
 * behind a proxy the whole world comes from there.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "gate/config_inside.h"

struct advice {
	const char *services;	/* as ports.def names them, blanks between; NULL: all others */
	const char *reads;	/* the PROXY versions its usual servers read, or NULL: none does */
	const char *how;	/* to make them read it */
	const char *trusts;	/* what must not trust this machine */
};

static const struct advice table[] = {
	{ "smtp submission", "v1 v2", "Postfix: -o smtpd_upstream_proxy_protocol=haproxy at a "
	    "listener of its own in master.cf",
	    "Postfix relays for mynetworks: take 127.0.0.0/8 and [::1]/128 out of it there" },
	{ "lmtp", "v1 v2", "Dovecot: haproxy = yes in its inet_listener and "
	    "haproxy_trusted_networks", "LMTP has no login: allow = {…} here says who may deliver" },
	{ "imap pop3 sieve", "v1 v2", "Dovecot: haproxy = yes in its inet_listener and "
	    "haproxy_trusted_networks",
	    "Dovecot: keep 127.0.0.0/8 and ::1 out of login_trusted_networks, and have no "
	    "passdb with allow_nets of this machine" },
	{ "postgres", NULL, NULL,
	    "PostgreSQL: source = 127.0.0.2 here, and in pg_hba.conf above all others "
	    "\"host all all 127.0.0.2/32 scram-sha-256\"; no line with trust or peer may fit it" },
	{ "mysql", "v1 v2", "MariaDB: proxy_protocol_networks (MySQL reads none)",
	    "accounts 'user'@'localhost' and '127.0.0.1' are open to everybody then: give the "
	    "gateway source = 127.0.0.2, and accounts that address" },
	{ "redis", NULL, NULL,
	    "protected-mode lets this machine in without a password: set requirepass or ACL users" },
	{ "ldap", "v2", "OpenLDAP 2.5: a listener pldap:// instead of ldap://",
	    "ACLs by peername.ip=127.0.0.1 (and SASL EXTERNAL on ldapi) fit everybody then: use "
	    "source = 127.0.0.2 or drop them" },
	{ "ftp", "v1 v2", "ProFTPD: mod_proxy_protocol, ProxyProtocolEngine on",
	    "rules that allow 127.0.0.1 more than others (<Limit>, Allow from, tcp_wrappers) "
	    "fit everybody then" },
	{ "nntp", NULL, NULL,
	    "INN: readers.conf gives \"localhost\" rights without a login: use source = 127.0.0.2 "
	    "and an auth block for it" },
	{ "xmpp-client xmpp-server", "v1 v2", "Prosody: mod_net_proxy with proxy_trusted_proxies",
	    "limits and bans by address fit everybody then" },
	{ "irc", "v2", "InspIRCd: <module name=\"haproxy\"> and hook=\"haproxy\" in <bind>",
	    "a <connect> class or oper block for 127.0.0.1 fits everybody then" },
	{ "mqtt", NULL, NULL,
	    "Mosquitto: allow_anonymous false at this listener, too" },
	{ "https", "v1 v2", "nginx: listen … proxy_protocol and set_real_ip_from; Apache: "
	    "RemoteIPProxyProtocol On",
	    "pages for 127.0.0.1 alone (server-status, admin, Require local) are open to "
	    "everybody then" },
	{ NULL, NULL, NULL,
	    "whatever it allows connections of this machine, it allows everybody then: use "
	    "source = 127.0.0.2, or proxy_protocol where it can read that" },
};

static bool
has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)) != NULL; p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

static const struct advice *
advice_for(const char *service)
{
	const struct advice *a = table;

	while (a->services != NULL && !has_word(a->services, service))
		a++;
	return a;
}

bool
tw_config_is_here(const struct tw_endpoint *e)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&e->address.storage;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&e->address.storage;

	if (e->address.sa.sa_family == AF_UNIX)
		return true;
	if (e->address.sa.sa_family == AF_INET)
		return (ntohl(in->sin_addr.s_addr) >> 24) == 127;
	return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

/* 127.0.0.1 or ::1: an address that is not the gateway's own. */
static bool
is_everybodys(const struct tw_endpoint *e)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&e->address.storage;

	return tw_config_is_here(e) && (e->address.sa.sa_family != AF_INET ||
	    ntohl(in->sin_addr.s_addr) == INADDR_LOOPBACK);
}

static void
check(struct tw_config_reader *r, const struct tw_config_backend *b, const char *service)
{
	const struct advice *a = advice_for(service);
	const char *version = b->proxy_protocol == TW_PROXY_V1 ? "v1" : "v2";
	unsigned line = b->where.line;
	bool here = false;

	if (b->proxy_protocol != TW_PROXY_NONE && a->services != NULL && a->reads == NULL)
		tw_config_say(r, line, true, "backend %s: no usual server of %s reads the PROXY "
		    "protocol; it would take the header for garbage", b->name, service);
	else if (b->proxy_protocol != TW_PROXY_NONE && a->reads != NULL &&
	    !has_word(a->reads, version))
		tw_config_say(r, line, true, "backend %s: servers of %s read the PROXY protocol in "
		    "%s, not %s: %s", b->name, service, a->reads, version, a->how);
	for (size_t i = 0; i < b->addresses_n; i++)
		here = here || tw_config_is_here(&b->addresses[i]);
	if (!here || b->proxy_protocol != TW_PROXY_NONE ||
	    (b->source != NULL && !is_everybodys(b->source)))
		return;
	tw_config_say(r, line, true, "backend %s sees every client of %s as this machine itself. "
	    "%s%s%s%s", b->name, service, a->how != NULL ? "Better: proxy_protocol = " : "",
	    a->how == NULL ? "" : has_word(a->reads, "v2") ? "v2 (" : "v1 (",
	    a->how != NULL ? tw_arena_fmt(r->arena, "%s). Else: ", a->how) : "", a->trusts);
}

void
tw_config_check_loopback(struct tw_config_reader *r)
{
	const struct tw_config *c = r->config;

	for (size_t i = 0; i < c->backends_n; i++) {
		const struct tw_config_backend *b = &c->backends[i];
		const struct advice *said[32];
		size_t n = 0;

		for (size_t j = 0; j < c->listens_n; j++) {
			const struct tw_config_listen *l = &c->listens[j];
			bool uses = l->backend == b, known = false;

			for (size_t k = 0; k < l->routes_n; k++)
				uses = uses || l->routes[k].backend == b;
			if (!uses || l->port == NULL)
				continue;
			for (size_t k = 0; k < n; k++)
				known = known || said[k] == advice_for(l->port->service);
			if (known || n == TW_COUNT(said))
				continue;
			said[n++] = advice_for(l->port->service);
			check(r, b, l->port->service);
		}
	}
}
