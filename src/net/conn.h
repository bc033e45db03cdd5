/*
 * conn.h -- one outgoing TCP connection on a libuv loop, told as events. exam/
 * is the caller; it never sees a socket. All events come from the loop.
 */
#ifndef TW_NET_CONN_H
#define TW_NET_CONN_H

#include <sys/socket.h>

#include "base/bytes.h"
#include "net/loop.h"

enum tw_conn_end {
	TW_END_EOF,		/* the peer closed in order */
	TW_END_RESET,		/* the peer reset */
	TW_END_REFUSED,		/* no listener: RST to our SYN */
	TW_END_UNREACHABLE,	/* no route, or an ICMP error */
	TW_END_UNANSWERED,	/* the kernel gave up on connecting */
	TW_END_LOCAL,		/* this machine would not: no descriptor, no permission, no address */
};

struct tw_conn_events {
	void (*open)(void *ctx);
	void (*bytes)(void *ctx, struct tw_bytes in);	/* valid during the call */
	void (*end)(void *ctx, enum tw_conn_end end, int error);	/* close it then */
};

struct tw_conn;

/*
 * Starts connecting to addr; an event follows. NULL where the kernel says no at
 * once: *ret_end and *ret_error (for tw_loop_strerror()) say why, and no event comes.
 */
struct tw_conn *tw_conn_open(struct tw_loop *loop, const struct sockaddr *addr,
    const struct tw_conn_events *events, void *ctx, enum tw_conn_end *ret_end, int *ret_error);
/* From now on events go there. */
void tw_conn_hand_over(struct tw_conn *c, const struct tw_conn_events *events, void *ctx);
void tw_conn_send(struct tw_conn *c, struct tw_bytes out);	/* copied where it must wait */
/* Closes and, when the loop lets go, frees; no event comes any more. Takes NULL. */
void tw_conn_close(struct tw_conn *c);
/* The same by a reset: neither side waits for the other's goodbye, nor keeps the connection. */
void tw_conn_drop(struct tw_conn *c);

/* "192.0.2.1" or "2001:db8::1" of an address, into at least 64 bytes; returns out. */
char *tw_conn_address(const struct sockaddr *addr, char out[static 64]);

#endif
