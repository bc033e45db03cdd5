/* fd_pass.h -- descriptors over a Unix socket, with a text that says what for (never empty). */
#ifndef TW_NET_FD_PASS_H
#define TW_NET_FD_PASS_H

#include "base/bytes.h"

#define TW_FD_PASS	16	/* descriptors in one message at most */
#define TW_FD_TEXT	512	/* bytes of its text at most */

/* One message on a SOCK_SEQPACKET socket; fds stay the caller's. false: errno says why. */
bool tw_fd_send(int socket, const int *fds, size_t n, struct tw_bytes text);
/*
 * One message: bytes of text; the descriptors are close-on-exec and the caller's.
 * -1: errno (EAGAIN: none now); 0 with *ret_n 0 and an errno of 0: the other side is gone.
 */
ptrdiff_t tw_fd_receive(int socket, int fds[static TW_FD_PASS], size_t *ret_n,
    uint8_t text[static TW_FD_TEXT]);

#endif
