/*
 * networks.h -- sets of networks: who may connect, who is never banned, who may
 * speak old TLS. Made once when a configuration is read, asked at every accept.
 */
#ifndef TW_GUARD_NETWORKS_H
#define TW_GUARD_NETWORKS_H

#include "base/arena.h"
#include "base/err.h"
#include "guard/address.h"

/*
 * Reads "10.0.0.0/8", "2001:db8::/32" or an address alone. -1: it is none, or has bits
 * set behind its prefix; e then says so and what was probably meant. With ret untouched.
 */
int tw_networks_read(const char *text, struct tw_network *ret, struct tw_err *e);
/* "10.0.0.0/8"; an address alone without its length. Returns out. */
char *tw_networks_text(const struct tw_network *n, char out[static TW_NETWORK_TEXT]);

struct tw_networks;

/* A set of v[0..n) in the arena; v is copied. Networks may lie in each other or be doubled. */
struct tw_networks *tw_networks_new(struct tw_arena *a, const struct tw_network *v, size_t n);
/*
 * The index in v of the longest network that holds the address, -1: none does. NULL is the
 * empty set. "::/0" holds no IPv4 address, mapped or not. O(log n), nothing is allocated.
 */
int tw_networks_find(const struct tw_networks *s, const struct tw_address *a);
/* The length of that network in bits, -1: none. */
int tw_networks_longest(const struct tw_networks *s, const struct tw_address *a);
bool tw_networks_have(const struct tw_networks *s, const struct tw_address *a);
size_t tw_networks_count(const struct tw_networks *s);

#endif
