/*
 * v6only.h -- which listening IPv6 sockets take no IPv4 (IPV6_V6ONLY): /proc does not say,
 * the kernel's sock_diag(7) does. For this_machine.c.
 */
#ifndef TW_NET_V6ONLY_H
#define TW_NET_V6ONLY_H

#include "base/arena.h"

struct tw_v6only {
	uint64_t *v;		/* inodes */
	size_t n, cap;
};

/* Adds the inodes of such sockets, TCP and UDP; none where the kernel does not tell. */
void tw_v6only_read(struct tw_arena *a, struct tw_v6only *ret);

#endif
