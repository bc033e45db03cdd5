/*
 * listeners.h -- sockets the gateway listens at: bound by the parent, one a worker's slot,
 * kept open as long as the address is configured, taken over from who had them before.
 */
#ifndef TW_NET_LISTENERS_H
#define TW_NET_LISTENERS_H

#include <sys/socket.h>

#include "base/buf.h"
#include "base/err.h"

struct tw_listen_at {
	struct sockaddr_storage addr;	/* IPv4, IPv6 (that alone) or Unix */
	socklen_t size;
	int backlog;			/* 0: the system's most */
	unsigned user_timeout_ms;	/* unsent data ends a connection; 0: the system's */
	unsigned keepalive_s;		/* idle that long: are you there? 0: not asked */
	unsigned mode;			/* of a Unix socket's file; 0: 0600 */
};

/* Sockets that are there already, of activation or of the program before us. */
struct tw_listeners {
	struct tw_listener_fd {
		int fd;
		struct sockaddr_storage addr;
		socklen_t size;
		bool taken;
	} *v;
	size_t n, room;
};

void tw_listeners_init(struct tw_listeners *l);
void tw_listeners_clear(struct tw_listeners *l);	/* closes those nobody took */
/* Adds descriptors first .. first+n-1 that are listening stream sockets; how many were. */
size_t tw_listeners_adopt(struct tw_listeners *l, int first, size_t n);
/* "fd fd …" as tw_listeners_tell() wrote it; what is no listening socket is left out. */
size_t tw_listeners_read(struct tw_listeners *l, const char *text);
/*
 * One socket for each of slots: of those that are there already at the same address, the
 * rest bound. Later sockets share the port (SO_REUSEPORT); where one handed in
 * does not, and for Unix sockets, all slots get duplicates of the first. -1: e, in one
 * sentence, and none is left open.
 */
int tw_listeners_bind(struct tw_listeners *l, const struct tw_listen_at *at, size_t slots,
    int *ret_fds, struct tw_err *e);
/* For the program after us: writes their numbers, and keeps them over an exec. */
void tw_listeners_tell(const int *fds, size_t n, struct tw_buf *out);

#endif
