/*
 * config.h -- tlswright.conf(5) as `serve` sees it: read once, checked whole, then
 * never changed. A reload reads a new one beside it. Names that the file uses are
 * pointers here, and every value that it leaves out has its safe default.
 */
#ifndef TW_GATE_CONFIG_H
#define TW_GATE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"
#include "data/port.h"
#include "data/version.h"
#include "guard/networks.h"
#include "guard/rates.h"
#include "service/service.h"

struct tw_where {		/* of a block, for what is said of it */
	const char *file;
	unsigned line;
};

/* A socket address as bind(2) and connect(2) take it. */
struct tw_endpoint {
	const char *text;	/* as the file has it */
	union {
		struct sockaddr sa;
		struct sockaddr_storage storage;
		struct sockaddr_un un;
	} address;
	socklen_t size;
};

struct tw_config_certificate {
	const char *name;
	struct tw_where where;
	const char *chain, *key;	/* paths */
};

struct tw_config_limit {
	const char *name;
	struct tw_where where;
	struct tw_rate connections_rate_per_address, connections_rate_per_network;
	struct tw_rate handshakes_per_address, handshakes_per_network;
	unsigned connections_per_address, connections_per_network;	/* at once; 0: no limit */
	unsigned connections;		/* of the listener, at once; 0: no limit but memory */
	unsigned dialogue_timeout_ms, handshake_timeout_ms, connect_timeout_ms,
	    idle_timeout_ms, closing_timeout_ms;
};

struct tw_config_ban {
	const char *name;
	struct tw_where where;
	unsigned after;			/* failures */
	uint64_t within_ms, for_ms, longest_ms;
	struct tw_networks *allow;	/* never banned; or NULL */
	bool handshakes;		/* failed handshakes count as failed logins do */
	bool nftables;
};

enum tw_proxy_protocol { TW_PROXY_NONE, TW_PROXY_V1, TW_PROXY_V2 };
enum tw_backend_tls { TW_BACKEND_PLAIN, TW_BACKEND_VERIFY, TW_BACKEND_INSECURE };

struct tw_config_backend {
	const char *name;
	struct tw_where where;
	struct tw_endpoint *addresses;	/* the first that works, in this order */
	size_t addresses_n;
	enum tw_proxy_protocol proxy_protocol;
	struct tw_endpoint *source;	/* the local address to connect from; or NULL */
	enum tw_backend_tls tls;
	const char *ca;			/* file or folder; NULL: the system's */
	const char *server_name;	/* for SNI and verification; NULL: none, the address */
	unsigned check_ms;		/* between health checks; 0: none */
};

struct tw_config_route {	/* the first that fits */
	const char *sni;		/* name, "*.name", or NULL: any */
	const char *alpn;		/* or NULL: any */
	const struct tw_config_backend *backend;
};

enum tw_client_certificate { TW_CLIENT_CERT_NONE, TW_CLIENT_CERT_OPTIONAL,
	TW_CLIENT_CERT_REQUIRED };

struct tw_config_legacy {
	const char *name;
	struct tw_where where;
	struct tw_networks *network;
	bool versions[TW_VERSIONS];
	int64_t until;			/* Unix time at which its last day ends, local time */
	const char *until_text, *reason;
	bool expired;			/* when it was read; it is left out then */
};

struct tw_config_listen {
	const char *name;
	struct tw_where where;
	unsigned number;		/* the gateway's (names.h) */
	const struct tw_port *port;	/* registry's row: names service, mode, ALPN */
	const struct tw_service *service;	/* its dialogue; NULL: nothing talks before TLS */
	enum tw_mode mode;		/* implicit, explicit or negotiated */
	struct tw_endpoint *addresses;
	size_t addresses_n;
	const struct tw_config_certificate **certificates;	/* the first is the default */
	size_t certificates_n;
	const struct tw_config_backend *backend;
	struct tw_config_route *routes;
	size_t routes_n;
	const struct tw_config_limit *limit;	/* never NULL */
	const struct tw_config_ban *ban;	/* or NULL */
	struct tw_networks *allow, *deny;	/* or NULL: everybody, nobody */
	struct tw_networks *proxy_from;	/* senders of PROXY headers; or NULL */
	bool require_tls;		/* explicit: nothing of worth before TLS */
	const char **alpn;		/* what is accepted, in our order; n 0: the registry's */
	size_t alpn_n;
	bool strict_sni, strict_alpn;
	enum tw_client_certificate client_certificate;
	struct tw_networks *client_certificate_for;	/* only these must show one; NULL: all */
	const char *client_ca;		/* file; or NULL */
	uint16_t passive_first, passive_last;	/* FTP data; 0: none */
	const char *passive_address;	/* what PASV answers say; NULL: the socket's own */
	unsigned hsts_seconds;		/* 0: not added */
	const struct tw_config_legacy *legacy;	/* or NULL */
	const struct tw_config_redirect *redirect;	/* it is one: no TLS, no backend; or NULL */
	const struct tw_config_listen **also;	/* other services on this port, by first bytes */
	size_t also_n;
};

struct tw_config_redirect {
	struct tw_where where;
	struct tw_config_listen listen;	/* its addresses, limits, lists */
	uint16_t to_port;		/* 443 */
	const char *acme;		/* folder of challenges; or NULL */
};

struct tw_config_log {
	const char *name;
	struct tw_where where;
	const char *path;		/* "-": stdout */
};

struct tw_config {
	const char *path;
	const char *text;		/* as it was read */
	const char *user;		/* NULL: stay who we are */
	unsigned workers;		/* never 0 */
	const char *control;		/* path of the control socket; or NULL */
	const char *state;		/* folder of what outlives a restart; or NULL */
	bool keys_in_process;		/* keys = process */
	bool own_records;		/* records = own */
	unsigned connections;		/* size of the pool, per worker */
	const char *policy;		/* "tlswright" */
	struct tw_config_certificate *certificates;
	struct tw_config_limit *limits;
	struct tw_config_ban *bans;
	struct tw_config_backend *backends;
	struct tw_config_listen *listens;
	struct tw_config_legacy *legacies;
	struct tw_config_redirect *redirects;
	struct tw_config_log *logs;
	size_t certificates_n, limits_n, bans_n, backends_n, listens_n, legacies_n,
	    redirects_n, logs_n;
	struct tw_endpoint *metrics;	/* or NULL */
	void *owner;			/* of everything here */
};

/* One thing said of the file. Its file is the path given to tw_config_read(), or c's own. */
struct tw_config_remark {
	struct tw_where where;
	bool warning;			/* it can be served all the same */
	char text[400];			/* one sentence, and what was probably meant */
};

struct tw_config_remarks {
	struct tw_config_remark *v;
	size_t n;
};

/*
 * Reads and checks path (with text, reads text instead of the file: for tests and
 * `--try`). All that is wrong is put to remarks, not the first alone; NULL when one
 * of them is no warning. now: Unix time, by which legacy windows have ended or not.
 */
struct tw_config *tw_config_read(const char *path, const char *text, int64_t now,
    struct tw_config_remarks *ret_remarks);
void tw_config_free(struct tw_config *c);	/* takes NULL */
void tw_config_clear_remarks(struct tw_config_remarks *r);

#endif
