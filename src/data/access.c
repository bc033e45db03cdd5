/* For whom services are; see access.h. */
#include "data/access.h"

#include <string.h>

#include "base/bytes.h"

const char *const tw_access_names[] = { "internal", "public", "admin", "shell" };

/* By the registry's scheme. All that is not here is internal. */
static const struct {
	const char *scheme;
	enum tw_access access;
} rows[] = {
	{ "ftp", TW_ACCESS_PUBLIC }, { "ftps", TW_ACCESS_PUBLIC },
	{ "smtp", TW_ACCESS_PUBLIC }, { "submission", TW_ACCESS_PUBLIC },
	{ "submissions", TW_ACCESS_PUBLIC },
	{ "http", TW_ACCESS_PUBLIC }, { "https", TW_ACCESS_PUBLIC }, { "wss", TW_ACCESS_PUBLIC },
	{ "h3", TW_ACCESS_PUBLIC }, { "doh", TW_ACCESS_PUBLIC }, { "sstp", TW_ACCESS_PUBLIC },
	{ "pop3", TW_ACCESS_PUBLIC }, { "pop3s", TW_ACCESS_PUBLIC },
	{ "imap", TW_ACCESS_PUBLIC }, { "imaps", TW_ACCESS_PUBLIC }, { "sieve", TW_ACCESS_PUBLIC },
	{ "nntp", TW_ACCESS_PUBLIC }, { "nntps", TW_ACCESS_PUBLIC }, { "nnsp", TW_ACCESS_PUBLIC },
	{ "dot", TW_ACCESS_PUBLIC }, { "doq", TW_ACCESS_PUBLIC }, { "nts-ke", TW_ACCESS_PUBLIC },
	{ "xmpp-client", TW_ACCESS_PUBLIC }, { "xmpps-client", TW_ACCESS_PUBLIC },
	{ "xmpp-server", TW_ACCESS_PUBLIC }, { "xmpps-server", TW_ACCESS_PUBLIC },
	{ "irc", TW_ACCESS_PUBLIC }, { "ircs", TW_ACCESS_PUBLIC }, { "ircs-994", TW_ACCESS_PUBLIC },
	{ "sips", TW_ACCESS_PUBLIC }, { "turns", TW_ACCESS_PUBLIC }, { "matrix", TW_ACCESS_PUBLIC },
	{ "openvpn", TW_ACCESS_PUBLIC }, { "gemini", TW_ACCESS_PUBLIC },
	{ "mumble", TW_ACCESS_PUBLIC }, { "tor-or", TW_ACCESS_PUBLIC },
	{ "electrum", TW_ACCESS_PUBLIC }, { "epp", TW_ACCESS_PUBLIC },
	{ "ssh", TW_ACCESS_SHELL }, { "sftp", TW_ACCESS_SHELL }, { "ssh-alt", TW_ACCESS_SHELL },
	{ "telnet", TW_ACCESS_ADMIN }, { "telnets", TW_ACCESS_ADMIN }, { "rdp", TW_ACCESS_ADMIN },
	{ "vnc", TW_ACCESS_ADMIN }, { "winrm", TW_ACCESS_ADMIN }, { "docker", TW_ACCESS_ADMIN },
	{ "swarm", TW_ACCESS_ADMIN }, { "etcd", TW_ACCESS_ADMIN }, { "etcd-peer", TW_ACCESS_ADMIN },
	{ "kubernetes", TW_ACCESS_ADMIN }, { "kubelet", TW_ACCESS_ADMIN },
	{ "kube-controller-manager", TW_ACCESS_ADMIN }, { "kube-scheduler", TW_ACCESS_ADMIN },
	{ "cockpit", TW_ACCESS_ADMIN }, { "webmin", TW_ACCESS_ADMIN },
	{ "proxmox", TW_ACCESS_ADMIN }, { "proxmox-backup", TW_ACCESS_ADMIN },
	{ "cpanel", TW_ACCESS_ADMIN }, { "whm", TW_ACCESS_ADMIN }, { "synology", TW_ACCESS_ADMIN },
	{ "libvirt-tls", TW_ACCESS_ADMIN }, { "vmware-auth", TW_ACCESS_ADMIN },
	{ "rabbitmq-management", TW_ACCESS_ADMIN }, { "zimbra-admin", TW_ACCESS_ADMIN },
	{ "http-81", TW_ACCESS_ADMIN }, { "https-9443", TW_ACCESS_ADMIN },
	{ "https-10443", TW_ACCESS_ADMIN }, { "puppet", TW_ACCESS_ADMIN },
	{ "salt-api", TW_ACCESS_ADMIN }, { "vault", TW_ACCESS_ADMIN },
	{ "consul", TW_ACCESS_ADMIN }, { "nomad", TW_ACCESS_ADMIN },
};

static enum tw_access
of_scheme(const char *scheme)
{
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		if (strcmp(rows[i].scheme, scheme) == 0)
			return rows[i].access;
	return TW_ACCESS_INTERNAL;
}

enum tw_access
tw_access_of(const char *service, const struct tw_port *row)
{
	static const enum tw_mode modes[] = { TW_IMPLICIT, TW_EXPLICIT, TW_NEGOTIATED, TW_MODE_NONE };

	/* A second row of the same port may be the one: 443 is https and more. */
	for (size_t i = 0; row != NULL && i < tw_ports_n; i++)
		if (tw_ports[i].port == row->port && (service == NULL ||
		    strcmp(tw_ports[i].service, service) == 0))
			return of_scheme(tw_ports[i].scheme);
	for (size_t i = 0; service != NULL && i < TW_COUNT(modes); i++) {
		const struct tw_port *p = tw_port_by_service(service, modes[i]);

		if (p != NULL)
			return of_scheme(p->scheme);
	}
	return TW_ACCESS_INTERNAL;
}
