/*
 * config_keys.c -- every key of tlswright.conf(5), one row each: where it stands, what it
 * is, its default, what it does. The reader, "did you mean" and a test of the manual use it.
 */
#include "gate/config_inside.h"

#define SECOND	UINT64_C(1000)
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

const struct tw_config_block_row tw_config_blocks[TW_BLOCKS] = {
	[TW_BLOCK_ROOT] = { "", TW_BLOCK_ROOT, false, true, 0, "outside all blocks" },
	[TW_BLOCK_CERTIFICATE] = { "certificate", TW_BLOCK_ROOT, true, false,
	    sizeof(struct tw_config_certificate), "a certificate and its key" },
	[TW_BLOCK_LIMIT] = { "limit", TW_BLOCK_ROOT, true, false, sizeof(struct tw_config_limit),
	    "how much, how many, how long; \"default\" is for listeners that name none" },
	[TW_BLOCK_BAN] = { "ban", TW_BLOCK_ROOT, true, false, sizeof(struct tw_config_ban),
	    "who is shut out after failures" },
	[TW_BLOCK_BACKEND] = { "backend", TW_BLOCK_ROOT, true, false,
	    sizeof(struct tw_config_backend), "a server behind the gateway" },
	[TW_BLOCK_LISTEN] = { "listen", TW_BLOCK_ROOT, true, false,
	    sizeof(struct tw_config_listen), "a service at its ports" },
	[TW_BLOCK_ROUTE] = { "route", TW_BLOCK_LISTEN, false, false,
	    sizeof(struct tw_config_route), "in listen: another backend by name or ALPN" },
	[TW_BLOCK_LEGACY] = { "legacy", TW_BLOCK_ROOT, true, false,
	    sizeof(struct tw_config_legacy), "old TLS for named networks, until a day" },
	[TW_BLOCK_REDIRECT] = { "redirect", TW_BLOCK_ROOT, false, false,
	    sizeof(struct tw_config_redirect), "port 80: sends browsers on to https" },
	[TW_BLOCK_LOG] = { "log", TW_BLOCK_ROOT, true, false, sizeof(struct tw_config_log),
	    "a line for each connection" },
	[TW_BLOCK_METRICS] = { "metrics", TW_BLOCK_ROOT, false, true, 0, "figures for Prometheus" },
};

#define AT(s, f)	.at = offsetof(struct s, f)
#define AT_N(s, f)	.at = offsetof(struct s, f), .at_n = offsetof(struct s, f##_n)
#define RANGE(a, b)	.least = (a), .most = (b)
#define MUST		.must = true

const struct tw_config_key tw_config_keys[] = {
#define K(name, type, usual, does, ...) \
	{ TW_BLOCK_ROOT, name, type, .standard = (usual), .help = (does), __VA_ARGS__ },
	K("user", TW_IS_TEXT, "", "who the workers are; none: who started it", AT(tw_config, user))
	K("workers", TW_IS_COUNT, "0", "processes that serve; 0: one a core",
	    AT(tw_config, workers), RANGE(0, 64))
	K("control", TW_IS_TEXT, "", "path of the socket of `tlswright ctl`",
	    AT(tw_config, control))
	K("state", TW_IS_TEXT, "", "folder of what outlives a restart: bans, ticket keys",
	    AT(tw_config, state))
	K("keys", TW_IS_SWITCH, "process", "private keys: in a process of their own, or in each worker",
	    AT(tw_config, keys_in_process), .words = "inline process")
	K("records", TW_IS_SWITCH, "own", "TLS records after the handshake: our own, or the library's",
	    AT(tw_config, own_records), .words = "library own")
	K("connections", TW_IS_COUNT, "10000", "the most at once, of a worker",
	    AT(tw_config, connections), RANGE(16, 1000000))
	K("policy", TW_IS_TEXT, "tlswright", "what is right: versions, suites, groups",
	    AT(tw_config, policy))
#undef K
#define K(name, type, usual, does, ...) \
	{ TW_BLOCK_CERTIFICATE, name, type, .standard = (usual), .help = (does), __VA_ARGS__ },
	K("chain", TW_IS_TEXT, "", "the certificate and behind it its intermediates, PEM",
	    AT(tw_config_certificate, chain), MUST)
	K("key", TW_IS_TEXT, "", "its private key, PEM", AT(tw_config_certificate, key), MUST)
#undef K
#define K(name, type, usual, does, ...) \
	{ TW_BLOCK_LIMIT, name, type, .standard = (usual), .help = (does), __VA_ARGS__ },
	K("connections_rate_per_address", TW_IS_RATE, "none", "new connections of an address",
	    AT(tw_config_limit, connections_rate_per_address))
	K("connections_rate_per_network", TW_IS_RATE, "none", "new connections of a /24 or /48",
	    AT(tw_config_limit, connections_rate_per_network))
	K("handshakes_per_address", TW_IS_RATE, "20/s", "TLS handshakes of an address",
	    AT(tw_config_limit, handshakes_per_address))
	K("handshakes_per_network", TW_IS_RATE, "none", "TLS handshakes of a /24 or /48",
	    AT(tw_config_limit, handshakes_per_network))
	K("connections_per_address", TW_IS_COUNT, "100", "at once, of an address; 0: any number",
	    AT(tw_config_limit, connections_per_address), RANGE(0, 1000000))
	K("connections_per_network", TW_IS_COUNT, "0", "at once, of a /24 or /48; 0: any number",
	    AT(tw_config_limit, connections_per_network), RANGE(0, 1000000))
	K("connections", TW_IS_COUNT, "0", "at once, of the listener; 0: as many as there is room for",
	    AT(tw_config_limit, connections), RANGE(0, 10000000))
	K("dialogue_timeout", TW_IS_MS, "30s", "from the greeting to the TLS hello",
	    AT(tw_config_limit, dialogue_timeout_ms), RANGE(100, 10 * MINUTE))
	K("handshake_timeout", TW_IS_MS, "10s", "for the handshake",
	    AT(tw_config_limit, handshake_timeout_ms), RANGE(100, 10 * MINUTE))
	K("connect_timeout", TW_IS_MS, "5s", "for a backend to be connected and ready",
	    AT(tw_config_limit, connect_timeout_ms), RANGE(100, 10 * MINUTE))
	K("idle_timeout", TW_IS_MS, "30m", "without a byte either way",
	    AT(tw_config_limit, idle_timeout_ms), RANGE(SECOND, 7 * DAY))
	K("closing_timeout", TW_IS_MS, "5s", "for the last bytes to be taken",
	    AT(tw_config_limit, closing_timeout_ms), RANGE(100, 10 * MINUTE))
#undef K
#define K(name, type, usual, does, ...) \
	{ TW_BLOCK_BAN, name, type, .standard = (usual), .help = (does), __VA_ARGS__ },
	K("after", TW_IS_COUNT, "5", "so many failures", AT(tw_config_ban, after), RANGE(1, 65535))
	K("within", TW_IS_MS64, "10m", "in such a time", AT(tw_config_ban, within_ms),
	    RANGE(SECOND, 30 * DAY))
	K("for", TW_IS_MS64, "10m", "shut out so long; each further time twice as long",
	    AT(tw_config_ban, for_ms), RANGE(SECOND, 3650 * DAY))
	K("longest", TW_IS_MS64, "7d", "but no longer than this", AT(tw_config_ban, longest_ms),
	    RANGE(SECOND, 3650 * DAY))
	K("allow", TW_IS_NETWORKS, "", "networks that are never banned", AT(tw_config_ban, allow))
	K("handshakes", TW_IS_BOOL, "false", "failed handshakes count, too",
	    AT(tw_config_ban, handshakes))
	K("nftables", TW_IS_BOOL, "false", "bans go to the firewall as well",
	    AT(tw_config_ban, nftables))
#undef K
#define K(name, type, usual, does, ...) \
	{ TW_BLOCK_BACKEND, name, type, .standard = (usual), .help = (does), __VA_ARGS__ },
	K("address", TW_IS_ADDRESSES, "", "where it listens; the first that answers is taken",
	    AT_N(tw_config_backend, addresses), MUST)
	K("proxy_protocol", TW_IS_WORD, "none", "tells it the client's address, if it can read that",
	    AT(tw_config_backend, proxy_protocol), .words = "none v1 v2")
	K("source", TW_IS_SOURCE, "", "the local address to connect from",
	    AT(tw_config_backend, source))
	K("tls", TW_IS_WORD, "none", "TLS to the backend",
	    AT(tw_config_backend, tls), .words = "none verify insecure-no-verify")
	K("ca", TW_IS_TEXT, "", "file or folder of its authorities; none: the system's",
	    AT(tw_config_backend, ca))
	K("server_name", TW_IS_TEXT, "", "the name its certificate must have",
	    AT(tw_config_backend, server_name))
	K("check", TW_IS_MS, "0s", "time between looks whether it lives; 0: none",
	    AT(tw_config_backend, check_ms), RANGE(0, DAY))
#undef K
#define K(name, type, usual, does, ...) \
	{ TW_BLOCK_LISTEN, name, type, .standard = (usual), .help = (does), __VA_ARGS__ },
	K("service", TW_IS_OTHER, "", "what is spoken: a name of `tlswright ports`", MUST)
	K("mode", TW_IS_OTHER, "", "TLS at once, or on request of the client",
	    .words = "implicit explicit")
	K("address", TW_IS_ADDRESSES, "", "where to listen", AT_N(tw_config_listen, addresses))
	K("certificate", TW_IS_NAMES, "", "certificates; the first where no name is asked for",
	    AT_N(tw_config_listen, certificates), .refers = TW_BLOCK_CERTIFICATE, MUST)
	K("backend", TW_IS_NAME, "", "who gets the connection",
	    AT(tw_config_listen, backend), .refers = TW_BLOCK_BACKEND, MUST)
	K("limit", TW_IS_NAME, "", "its limits; none: those called \"default\"",
	    AT(tw_config_listen, limit), .refers = TW_BLOCK_LIMIT)
	K("ban", TW_IS_NAME, "", "its bans; none: nobody is banned",
	    AT(tw_config_listen, ban), .refers = TW_BLOCK_BAN)
	K("allow", TW_IS_NETWORKS, "", "only these networks; none: all", AT(tw_config_listen, allow))
	K("deny", TW_IS_NETWORKS, "", "not these; the narrower of both lists decides",
	    AT(tw_config_listen, deny))
	K("proxy_from", TW_IS_NETWORKS, "", "whose PROXY headers are believed, and demanded",
	    AT(tw_config_listen, proxy_from))
	K("require_tls", TW_IS_BOOL, "true", "explicit: passwords and mail are refused before TLS",
	    AT(tw_config_listen, require_tls))
	K("alpn", TW_IS_TEXTS, "", "ALPN names that are taken, the best first; none: the service's",
	    AT_N(tw_config_listen, alpn))
	K("strict_sni", TW_IS_BOOL, "true", "a name no certificate has is refused",
	    AT(tw_config_listen, strict_sni))
	K("strict_alpn", TW_IS_BOOL, "true", "a client with other ALPN names alone is refused",
	    AT(tw_config_listen, strict_alpn))
	K("client_certificate", TW_IS_WORD, "none", "whether clients show a certificate",
	    AT(tw_config_listen, client_certificate), .words = "none optional required")
	K("client_certificate_for", TW_IS_NETWORKS, "", "only these networks must; none: all",
	    AT(tw_config_listen, client_certificate_for))
	K("client_ca", TW_IS_TEXT, "", "file of the authorities of clients",
	    AT(tw_config_listen, client_ca))
	K("passive", TW_IS_OTHER, "", "ftp: ports for data, \"50000-50100\"", .words = NULL)
	K("passive_address", TW_IS_TEXT, "", "ftp: the address told to clients; none: the socket's",
	    AT(tw_config_listen, passive_address))
	K("hsts", TW_IS_SECONDS, "0s", "https: browsers stay with HTTPS so long; 0: not said",
	    AT(tw_config_listen, hsts_seconds), RANGE(0, 3650 * DAY))
	K("also", TW_IS_NAMES, "", "other listeners served on the same port, by the first bytes",
	    AT_N(tw_config_listen, also), .refers = TW_BLOCK_LISTEN)
#undef K
#define K(name, type, usual, does, ...) \
	{ TW_BLOCK_ROUTE, name, type, .standard = (usual), .help = (does), __VA_ARGS__ },
	K("sni", TW_IS_TEXT, "", "the name asked for, or *.name; none: any",
	    AT(tw_config_route, sni))
	K("alpn", TW_IS_TEXT, "", "the ALPN name agreed on; none: any", AT(tw_config_route, alpn))
	K("backend", TW_IS_NAME, "", "who gets such connections",
	    AT(tw_config_route, backend), .refers = TW_BLOCK_BACKEND, MUST)
#undef K
#define K(name, type, usual, does, ...) \
	{ TW_BLOCK_LEGACY, name, type, .standard = (usual), .help = (does), __VA_ARGS__ },
	K("listen", TW_IS_OTHER, "", "the listener it is for", MUST)
	K("network", TW_IS_NETWORKS, "", "for whom", AT(tw_config_legacy, network), MUST)
	K("versions", TW_IS_VERSIONS, "", "TLSv1.0, TLSv1.1", AT(tw_config_legacy, versions), MUST)
	K("until", TW_IS_OTHER, "", "the last day, 2027-06-30", MUST)
	K("reason", TW_IS_TEXT, "", "what for", AT(tw_config_legacy, reason), MUST)
#undef K
#define K(name, type, usual, does, ...) \
	{ TW_BLOCK_REDIRECT, name, type, .standard = (usual), .help = (does), __VA_ARGS__ },
	K("address", TW_IS_ADDRESSES, "", "where to listen", AT_N(tw_config_redirect, listen.addresses),
	    MUST)
	K("to", TW_IS_OTHER, "https", "https, or its port", .words = NULL)
	K("acme", TW_IS_TEXT, "", "folder of ACME challenges, a file each",
	    AT(tw_config_redirect, acme))
	K("limit", TW_IS_NAME, "", "its limits; none: those called \"default\"",
	    AT(tw_config_redirect, listen.limit), .refers = TW_BLOCK_LIMIT)
	K("ban", TW_IS_NAME, "", "who is banned by it is not heard here either",
	    AT(tw_config_redirect, listen.ban), .refers = TW_BLOCK_BAN)
	K("allow", TW_IS_NETWORKS, "", "only these networks; none: all",
	    AT(tw_config_redirect, listen.allow))
	K("deny", TW_IS_NETWORKS, "", "not these; the narrower of both lists decides",
	    AT(tw_config_redirect, listen.deny))
	K("proxy_from", TW_IS_NETWORKS, "", "whose PROXY headers are believed, and demanded",
	    AT(tw_config_redirect, listen.proxy_from))
#undef K
#define K(name, type, usual, does, ...) \
	{ TW_BLOCK_LOG, name, type, .standard = (usual), .help = (does), __VA_ARGS__ },
	K("path", TW_IS_TEXT, "", "the file; -: standard output", AT(tw_config_log, path), MUST)
	K("format", TW_IS_OTHER, "json", "one JSON object a line", .words = "json")
#undef K
	{ TW_BLOCK_METRICS, "address", TW_IS_ADDRESS, .must = true, .standard = "",
	    .help = "where to listen", AT(tw_config, metrics) },
};
const size_t tw_config_keys_n = TW_COUNT(tw_config_keys);

const struct tw_config_key *
tw_config_key_find(enum tw_config_block block, const char *name)
{
	for (size_t i = 0; i < tw_config_keys_n; i++)
		if (tw_config_keys[i].block == block && strcmp(tw_config_keys[i].name, name) == 0)
			return &tw_config_keys[i];
	return NULL;
}
