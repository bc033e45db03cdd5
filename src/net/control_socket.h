/*
 * control_socket.h -- the file of a control socket: made for root and one group alone,
 * taken away when it is ours still; and the side of who talks to it.
 */
#ifndef TW_NET_CONTROL_SOCKET_H
#define TW_NET_CONTROL_SOCKET_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct tw_control_file {	/* which file it was: another may have taken its name */
	dev_t device;
	ino_t number;
};

/*
 * Listens at path, mode 0660 and of this group (-1: our own). A socket to which nobody
 * listens any more makes room; any other file, and one somebody answers at, does not, nor
 * is a folder taken into which everybody may write. The descriptor, or -1: e.
 */
int tw_control_socket_open(const char *path, gid_t gid, struct tw_control_file *ret,
    struct tw_err *e);
void tw_control_socket_remove(const char *path, const struct tw_control_file *file);

/* Connects to path. The descriptor, which waits up to timeout_ms for each step; -1: e. */
int tw_control_socket_connect(const char *path, unsigned timeout_ms, struct tw_err *e);
void tw_control_socket_close(int fd);
bool tw_control_socket_say(int fd, struct tw_bytes v);
/* Reads the next line, without its end, into b, which it was in. 1; 0: the end; -1: e. */
int tw_control_socket_line(int fd, struct tw_buf *b, struct tw_bytes *ret, struct tw_err *e);

#endif
