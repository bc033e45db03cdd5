/*
 * socket.h -- the few calls the gateway makes on a stream socket that must never
 * wait, each with the answers it acts upon and no errno to look at.
 */
#ifndef TW_NET_SOCKET_H
#define TW_NET_SOCKET_H

#include <sys/socket.h>

#include "base/bytes.h"

enum { TW_SOCKET_EOF = -1, TW_SOCKET_FAILED = -2 };

/* Bytes received; 0: none now; TW_SOCKET_EOF; TW_SOCKET_FAILED (a reset is one). */
ptrdiff_t tw_socket_receive(int fd, uint8_t *out, size_t n);
/* Bytes the kernel took, 0 and more; TW_SOCKET_FAILED. No signal is raised. */
ptrdiff_t tw_socket_send(int fd, struct tw_bytes v);
/* The next connection, not blocking; -1: none now; -2: no descriptor or no memory. */
int tw_socket_accept(int fd, struct sockaddr_storage *ret_peer);
/*
 * Starts connecting to addr, from source where it is given; the descriptor, or -1 with
 * errno. It may be written to at once: what is sent too early is taken as 0 bytes.
 */
int tw_socket_connect(const struct sockaddr *addr, socklen_t size,
    const struct sockaddr *source, socklen_t source_size);
bool tw_socket_is_connected(int fd);
/* The error a connection ended with, as errno has it; 0: none. */
int tw_socket_error(int fd);
void tw_socket_end_sending(int fd);	/* the peer reads an end of file */
void tw_socket_name(int fd, struct sockaddr_storage *ret_local);
void tw_socket_close(int fd);
/* A TCP port of 127.0.0.1 that nobody listens at now; 0: there is none. */
uint16_t tw_socket_free_port(void);
int tw_socket_again(int fd);		/* another descriptor of the same socket; -1: none */

#endif
