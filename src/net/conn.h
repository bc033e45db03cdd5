/*
 * conn.h -- one outgoing TCP connection on a libuv loop, told as events. exam/
 * is the caller; it never sees a socket. All callbacks come from the loop.
 */
#ifndef TW_NET_CONN_H
#define TW_NET_CONN_H

#include <sys/socket.h>

#include <uv.h>

#include "base/bytes.h"

enum tw_conn_end {
	TW_END_EOF,		/* the peer closed in order */
	TW_END_RESET,		/* the peer reset */
	TW_END_REFUSED,		/* no listener: RST to our SYN */
	TW_END_UNREACHABLE,	/* no route, or an ICMP error */
	TW_END_UNANSWERED,	/* the kernel gave up on connecting */
	TW_END_LOCAL,		/* this machine would not: no descriptor, no permission, no address */
};

struct tw_conn {
	uv_tcp_t tcp;
	uv_connect_t connecting;
	/* The owner's: none is called after tw_conn_close(). */
	void (*on_open)(void *ctx);
	void (*on_bytes)(void *ctx, struct tw_bytes in);	/* valid during the call */
	void (*on_end)(void *ctx, enum tw_conn_end end, int uv_error);
	void (*on_gone)(void *ctx);	/* after close: the memory may be freed */
	void *ctx;
	bool started, closing;
};

/*
 * Starts connecting to addr; on_open or on_end follows. Where the kernel says no
 * at once: its (negative) libuv error and *ret_end, and no event comes; close it.
 */
int tw_conn_open(struct tw_conn *c, uv_loop_t *loop, const struct sockaddr *addr,
    enum tw_conn_end *ret_end);
void tw_conn_send(struct tw_conn *c, struct tw_bytes out);	/* copied where it must wait */
/* Closes; safe to call twice. on_gone comes once, later. */
void tw_conn_close(struct tw_conn *c);

/* "192.0.2.1" or "2001:db8::1" of an address, into at least 64 bytes; returns out. */
char *tw_conn_address(const struct sockaddr *addr, char out[static 64]);

#endif
