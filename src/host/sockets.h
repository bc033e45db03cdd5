/*
 * sockets.h -- who listens here: the kernel's own tables /proc/net/tcp, tcp6,
 * udp, udp6 (proc_net(5)), as text in, listeners out.
 */
#ifndef TW_HOST_SOCKETS_H
#define TW_HOST_SOCKETS_H

#include "host/ranges.h"

enum tw_transport { TW_TCP = 6, TW_UDP = 17 };	/* as in the IP header */

struct tw_socket {
	enum tw_transport transport;
	bool v6;		/* an IPv4 address bound by an IPv6 socket is not */
	tw_u128 address;	/* 0: every address */
	uint16_t port;
	uint32_t uid;
	uint64_t inode;		/* what /proc/PID/fd says of it */
};

struct tw_sockets {
	struct tw_socket *v;
	size_t n, cap;
};

/* Adds the listeners of one table; lines it cannot read are passed over. Returns how many were added. */
size_t tw_sockets_read(struct tw_arena *a, struct tw_bytes table, enum tw_transport transport,
    bool v6, struct tw_sockets *ret);

#endif
