/*
 * The rule set itself; see nftables.h. Every rule says why it is there. The numbers are
 * for servers of some size, and stand in one place each, to be changed.
 */
#include "report/nftables.h"

#include "base/text.h"

#define PASSIVE_FIRST	50000	/* as the configurations for FTP servers have it */
#define PASSIVE_LAST	50100

static const char head[] =
    "# Try it before you trust it. This only checks it:\n"
    "#     nft -c -f FILE\n"
    "# This loads it and takes it back after a minute, unless you end the sleep (Ctrl-C):\n"
    "#     nft -f FILE && sleep 60 && nft delete table inet tlswright\n"
    "# For good: put it where your system loads it from (Debian: /etc/nftables.conf, then\n"
    "# systemctl enable nftables).\n"
    "#\n"
    "# It is a table of its own and touches no other. A packet must pass all tables: what another\n"
    "# one drops stays dropped. What is forwarded (containers, virtual machines) is not its business.\n"
    "\n"
    "# Loading it again replaces it, in one step.\n"
    "table inet tlswright\n"
    "delete table inet tlswright\n"
    "\n";

static const char meters[] =
    "\t# How fast each address opens connections. IPv6 counts by /64: that is one customer.\n"
    "\tset seen4 {\n"
    "\t\ttype ipv4_addr\n"
    "\t\tsize 65535\n"
    "\t\tflags dynamic,timeout\n"
    "\t\ttimeout 1m\n"
    "\t}\n"
    "\tset seen6 {\n"
    "\t\ttype ipv6_addr\n"
    "\t\tsize 65535\n"
    "\t\tflags dynamic,timeout\n"
    "\t\ttimeout 1m\n"
    "\t}\n"
    "\tset shell4 {\n"
    "\t\ttype ipv4_addr\n"
    "\t\tsize 65535\n"
    "\t\tflags dynamic,timeout\n"
    "\t\ttimeout 5m\n"
    "\t}\n"
    "\tset shell6 {\n"
    "\t\ttype ipv6_addr\n"
    "\t\tsize 65535\n"
    "\t\tflags dynamic,timeout\n"
    "\t\ttimeout 5m\n"
    "\t}\n\n";

static const char begin[] =
    "\tchain input {\n"
    "\t\ttype filter hook input priority filter; policy drop;\n\n"
    "\t\t# Answers to what this machine asks, and connections that were let in.\n"
    "\t\tct state established,related counter accept\n"
    "\t\tct state invalid counter drop\n"
    "\t\tiif \"lo\" accept\n\n"
    "\t\t# Without these there is no IPv6 at all (RFC 4890 4.4.1): neighbours and routers make\n"
    "\t\t# themselves known, from the same link only (hop limit 255).\n"
    "\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, nd-router-solicit } "
    "ip6 hoplimit 255 counter accept\n"
    "\t\ticmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } "
    "ip6 saddr fe80::/10 counter accept\n"
    "\t\t# Errors that connections live by: packet-too-big above all (path MTU).\n"
    "\t\ticmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } "
    "counter accept\n"
    "\t\ticmp type { destination-unreachable, time-exceeded, parameter-problem } counter accept\n"
    "\t\t# Ping, for those who look for a fault.\n"
    "\t\ticmp type echo-request limit rate 20/second counter accept\n"
    "\t\ticmpv6 type echo-request limit rate 20/second counter accept\n"
    "\t\t# Addresses by DHCPv6; DHCP for IPv4 does not come through here.\n"
    "\t\tip6 saddr fe80::/10 udp sport 547 udp dport 546 counter accept\n\n";

static void
put_head(const struct tw_nftables *n, struct tw_buf *out)
{
	tw_buf_fmt(out, "#!/usr/sbin/nft -f\n# A firewall for %s: what was found there by %s.\n", n->host,
	    n->from);
	tw_buf_str(out, head);
}

static void
put_set(struct tw_buf *out, const char *name, const char *type, const char *const *v, size_t n)
{
	tw_buf_fmt(out, "\tset %s {\n\t\ttype %s\n\t\tflags interval\n\t\tauto-merge\n", name, type);
	if (n > 0)
		tw_buf_str(out, "\t\telements = { ");
	for (size_t i = 0; i < n; i++)
		tw_buf_fmt(out, "%s%s", i > 0 ? ", " : "", v[i]);
	tw_buf_str(out, n > 0 ? " }\n\t}\n" : "\t}\n");
}

static void
put_inside(const struct tw_nftables *n, struct tw_buf *out)
{
	tw_buf_fmt(out, "\t# Who may use internal services: %s.\n", n->whence);
	if (n->inside4.n == 0 || n->inside6.n == 0)
		tw_buf_fmt(out, "\t# By %s that is nobody.\n", n->inside4.n == 0 ? "IPv4" : "IPv6");
	put_set(out, "inside4", "ipv4_addr", n->inside4.v, n->inside4.n);
	put_set(out, "inside6", "ipv6_addr", n->inside6.v, n->inside6.n);
	tw_buf_u8(out, '\n');
}

static void
put_comment(struct tw_buf *out, const struct tw_nftables_service *s)
{
	tw_buf_fmt(out, " comment \"%s%s%s%s\"\n", s->name, s->process != NULL ? " (" : "",
	    s->process != NULL ? s->process : "", s->process != NULL ? ")" : "");
}

/* SSH first of all: a firewall that locks its owner out is taken down, and stays so. */
static void
put_shell(const struct tw_nftables *n, struct tw_buf *out)
{
	bool found = false;

	for (size_t i = 0; i < n->services.n; i++)
		found = found || n->services.v[i].access == TW_ACCESS_SHELL;
	tw_buf_str(out, found ? "\t\t# SSH, where it was found, for everybody: you shall not lock yourself "
	    "out.\n" : "\t\t# SSH was not found, and its port stays open all the same: you shall not lock "
	    "yourself\n\t\t# out.\n");
	tw_buf_str(out, "\t\t# An address that tries more than 15 times a minute waits; what is open stays "
	    "open. Have\n\t\t# you a fixed place to come from, name it here (ip saddr).\n");
	tw_buf_str(out, "\t\ttcp dport { ");
	for (size_t i = 0, k = 0; i < n->services.n; i++)
		if (n->services.v[i].access == TW_ACCESS_SHELL)
			tw_buf_fmt(out, "%s%u", k++ > 0 ? ", " : "", n->services.v[i].port);
	tw_buf_str(out, found ? " } jump shell\n\n" : "22 } jump shell\n\n");
}

static bool
is_ftp(const struct tw_nftables_service *s)
{
	return !s->udp && (strcmp(s->name, "ftp") == 0 || strcmp(s->name, "ftps") == 0);
}

static void
put_passive(const struct tw_nftables *n, struct tw_buf *out)
{
	bool found = false;

	for (size_t i = 0; i < n->services.n; i++)
		found = found || (is_ftp(&n->services.v[i]) &&
		    n->services.v[i].access == TW_ACCESS_PUBLIC);
	if (!found)
		return;
	tw_buf_fmt(out, "\t\t# FTP's data connections. With TLS no firewall can read which port the server "
	    "names, so\n\t\t# the range is open; the server must use this same one (passive ports).\n"
	    "\t\ttcp dport %u-%u counter accept comment \"ftp passive\"\n\n",
	    n->passive_first != 0 ? n->passive_first : PASSIVE_FIRST,
	    n->passive_first != 0 ? n->passive_last : PASSIVE_LAST);
}

static void
put_public(const struct tw_nftables *n, struct tw_buf *out)
{
	bool begun = false;

	for (size_t i = 0; i < n->services.n; i++) {
		const struct tw_nftables_service *s = &n->services.v[i];

		if (s->access != TW_ACCESS_PUBLIC)
			continue;
		if (!begun)
			tw_buf_str(out, "\t\t# For everybody.\n");
		begun = true;
		tw_buf_fmt(out, "\t\t%s dport %u counter accept", s->udp ? "udp" : "tcp", s->port);
		put_comment(out, s);
	}
	tw_buf_str(out, begun ? "\n" : "\t\t# Nothing was found that is for everybody.\n\n");
}

static void
put_internal(const struct tw_nftables *n, struct tw_buf *out, enum tw_access access,
    const char *why)
{
	bool begun = false;

	for (size_t i = 0; i < n->services.n; i++) {
		const struct tw_nftables_service *s = &n->services.v[i];
		const char *transport = s->udp ? "udp" : "tcp";

		if (s->access != access)
			continue;
		if (!begun)
			tw_buf_str(out, why);
		begun = true;
		tw_buf_fmt(out, "\t\tip saddr @inside4 %s dport %u counter accept", transport, s->port);
		put_comment(out, s);
		tw_buf_fmt(out, "\t\tip6 saddr @inside6 %s dport %u counter accept", transport, s->port);
		put_comment(out, s);
	}
	if (begun)
		tw_buf_u8(out, '\n');
}

static void
put_end(const struct tw_nftables *n, struct tw_buf *out)
{
	if (n->loopback.n > 0) {
		tw_buf_str(out, "\t\t# These listen on this machine alone and need no rule:");
		for (size_t i = 0; i < n->loopback.n && i < 20; i++)
			tw_buf_fmt(out, "%s %s %u", i > 0 ? "," : "", n->loopback.v[i].name,
			    n->loopback.v[i].port);
		tw_buf_str(out, ".\n");
	}
	tw_buf_str(out, "\t\t# All else is dropped; a few are logged, so that a mistake can be found.\n"
	    "\t\tlimit rate 5/minute log prefix \"tlswright drop: \"\n"
	    "\t\tcounter\n\t}\n\n");
	tw_buf_str(out, "\t# An address that opens connections faster than any person or mail server does.\n"
	    "\tchain limits {\n"
	    "\t\tupdate @seen4 { ip saddr limit rate over 60/second burst 240 packets } counter drop\n"
	    "\t\tupdate @seen6 { ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over 60/second burst 240 "
	    "packets } counter drop\n\t}\n\n"
	    "\tchain shell {\n"
	    "\t\tupdate @shell4 { ip saddr limit rate over 15/minute burst 30 packets } counter drop\n"
	    "\t\tupdate @shell6 { ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over 15/minute burst 30 "
	    "packets } counter drop\n"
	    "\t\tcounter accept\n\t}\n}\n");
}

/* Nobody named them, and the host's own are not known, or none of them is private. */
static void
fill_inside(struct tw_nftables *n)
{
	static const char *const v4[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16" };

	if (n->inside4.n + n->inside6.n > 0)
		return;
	for (size_t i = 0; i < TW_COUNT(v4); i++)
		TW_PUSH(n->arena, &n->inside4, v4[i]);
	TW_PUSH(n->arena, &n->inside6, "fc00::/7");
	n->whence = n->local ? "all private networks, as this host has no address in one; name yours "
	    "by --network" : "all private networks, as those of this host are not known; name yours by "
	    "--network";
}

void
tw_nftables_write(struct tw_nftables *n, struct tw_buf *out)
{
	fill_inside(n);
	put_head(n, out);
	tw_buf_str(out, "table inet tlswright {\n");
	put_inside(n, out);
	tw_buf_str(out, meters);
	tw_buf_str(out, begin);
	put_shell(n, out);
	put_passive(n, out);
	tw_buf_str(out, "\t\t# Floods end here, before a server sees them.\n\t\tct state new jump limits\n\n");
	put_public(n, out);
	put_internal(n, out, TW_ACCESS_INTERNAL, "\t\t# From internal networks only: directories, "
	    "databases, queues, and what is not known.\n");
	put_internal(n, out, TW_ACCESS_ADMIN, "\t\t# Whoever gets in here runs the machine, so it is "
	    "for internal networks only. To open\n\t\t# one all the same: --public PORT.\n");
	put_end(n, out);
}
