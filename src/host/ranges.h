/*
 * ranges.h -- sets of addresses (or ports) as ranges: what a firewall lets in is
 * such a set. Values live in an arena and are never changed once made.
 */
#ifndef TW_HOST_RANGES_H
#define TW_HOST_RANGES_H

#include "base/arena.h"
#include "base/buf.h"

__extension__ typedef unsigned __int128 tw_u128;

struct tw_range {
	tw_u128 first, last;	/* both are in it; an IPv4 address is its 32 bits */
};

struct tw_ranges {		/* sorted, apart from each other */
	struct tw_range *v;
	size_t n, cap;
};

struct tw_ranges tw_ranges_all(struct tw_arena *a, bool v6);
struct tw_ranges tw_ranges_one(struct tw_arena *a, tw_u128 first, tw_u128 last);
struct tw_ranges tw_ranges_union(struct tw_arena *a, struct tw_ranges x, struct tw_ranges y);
struct tw_ranges tw_ranges_common(struct tw_arena *a, struct tw_ranges x, struct tw_ranges y);
struct tw_ranges tw_ranges_without(struct tw_arena *a, struct tw_ranges x, struct tw_ranges y);
/* A list in any order, overlapping or not, as a set. Sorts v in place. */
struct tw_ranges tw_ranges_of(struct tw_arena *a, struct tw_range *v, size_t n);
bool tw_ranges_have(struct tw_ranges x, tw_u128 value);
bool tw_ranges_equal(struct tw_ranges x, struct tw_ranges y);

/* Reads "192.0.2.1", "192.0.2.0/24", "2001:db8::/32"; false: it is none. */
bool tw_ranges_read(const char *text, struct tw_range *ret, bool *ret_v6);
/* An address in text; false: it is none. */
bool tw_ranges_read_address(const char *text, tw_u128 *ret, bool *ret_v6);
/* "192.0.2.1", "2001:db8::1" (RFC 5952) into out; returns out. */
char *tw_ranges_format(tw_u128 value, bool v6, char out[static 40]);
/* The same in the arena. */
const char *tw_ranges_address(struct tw_arena *a, tw_u128 value, bool v6);
/* The prefixes a set is made of, "10.0.0.0/8", a single address without its length. */
struct tw_prefixes {
	const char **v;
	size_t n, cap;
	bool more;		/* there are more than most */
};
void tw_ranges_prefixes(struct tw_arena *a, struct tw_ranges x, bool v6, size_t most,
    struct tw_prefixes *ret);

#endif
