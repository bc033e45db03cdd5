/*
 * address.h -- an IP address as the guards see it: 16 bytes, IPv4 in its mapped
 * form (::ffff:a.b.c.d), so what a dual-stack socket tells and what an IPv4
 * socket tells are one value. A scope is no part of it.
 */
#ifndef TW_GUARD_ADDRESS_H
#define TW_GUARD_ADDRESS_H

#include "base/bytes.h"
#include "host/ranges.h"

struct tw_address {
	uint8_t b[16];		/* network order */
};

struct tw_network {		/* an address alone is a network of all its bits */
	struct tw_address address;	/* no bit set behind the prefix */
	uint8_t bits;		/* of its family: 0 to 32, 0 to 128 */
};

#define TW_NETWORK_TEXT	48	/* bytes a network in text needs, its NUL included */

/* From the 4 or 16 bytes of a sockaddr, in network order; 16 may be a mapped IPv4 one. */
struct tw_address tw_address_of4(const uint8_t b[static 4]);
struct tw_address tw_address_of16(const uint8_t b[static 16]);
tw_u128 tw_address_number(const struct tw_address *a);	/* its 128 bits as one */
bool tw_address_is4(const struct tw_address *a);
bool tw_address_equal(const struct tw_address *a, const struct tw_address *b);
/* Reads "192.0.2.1", "2001:db8::1", "fe80::1%eth0" (without its scope). False: it is none. */
bool tw_address_read(struct tw_bytes text, struct tw_address *ret);
/* "192.0.2.1", "2001:db8::1" (RFC 5952) into out; returns out. */
char *tw_address_text(const struct tw_address *a, char out[static TW_NETWORK_TEXT]);
/* The network an address is in: bits of its own family, 24 or 64 say. */
struct tw_network tw_address_network(const struct tw_address *a, unsigned bits);
bool tw_address_within(const struct tw_address *a, const struct tw_network *n);

#endif
