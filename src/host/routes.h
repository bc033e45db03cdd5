/*
 * routes.h -- where an address belongs (this machine, a link, a private network,
 * the Internet), and which way leads out: /proc/net/route and ipv6_route.
 */
#ifndef TW_HOST_ROUTES_H
#define TW_HOST_ROUTES_H

#include "host/ranges.h"

enum tw_scope {
	TW_SCOPE_LOOPBACK,	/* 127.0.0.0/8, ::1 */
	TW_SCOPE_LINK,		/* 169.254.0.0/16, fe80::/10: one cable's length */
	TW_SCOPE_PRIVATE,	/* RFC 1918, fc00::/7 (RFC 4193) */
	TW_SCOPE_SHARED,	/* 100.64.0.0/10: behind a provider's NAT (RFC 6598) */
	TW_SCOPE_PUBLIC,	/* all else */
};
extern const char *const tw_scope_names[];	/* "loopback" "link" "private" "shared" "public" */

enum tw_scope tw_scope_of(tw_u128 address, bool v6);

struct tw_route {		/* a default route */
	const char *interface;	/* NULL: there is none */
	bool has_gateway;
	tw_u128 gateway;
	uint64_t metric;
};

/* The default route of the lowest metric; interface NULL where there is none. */
void tw_routes_read(struct tw_arena *a, struct tw_bytes table, bool v6, struct tw_route *ret);

#endif
