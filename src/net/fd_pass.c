/* Descriptors over a Unix socket; see fd_pass.h. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "net/fd_pass.h"

bool
tw_fd_send(int socket, const int *fds, size_t n, struct tw_bytes text)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * TW_FD_PASS)];
	} u = { 0 };
	struct iovec v = { .iov_base = (void *)(uintptr_t)text.p, .iov_len = text.n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	if (n > TW_FD_PASS || text.n > TW_FD_TEXT || text.n == 0) {
		errno = EINVAL;
		return false;
	}
	if (n > 0) {
		m.msg_control = &u;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		u.align.cmsg_level = SOL_SOCKET;
		u.align.cmsg_type = SCM_RIGHTS;
		u.align.cmsg_len = CMSG_LEN(sizeof(int) * n);
		memcpy(CMSG_DATA(&u.align), fds, sizeof(int) * n);
	}
	return sendmsg(socket, &m, MSG_NOSIGNAL) == (ssize_t)text.n;
}

ptrdiff_t
tw_fd_receive(int socket, int fds[static TW_FD_PASS], size_t *ret_n,
    uint8_t text[static TW_FD_TEXT])
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * TW_FD_PASS)];
	} u;
	struct iovec v = { .iov_base = text, .iov_len = TW_FD_TEXT };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &u,
		.msg_controllen = sizeof(u) };
	ssize_t got;

	*ret_n = 0;
	errno = 0;
	got = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	if (got < 0)
		return -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		if (n > TW_FD_PASS - *ret_n)
			n = TW_FD_PASS - *ret_n;
		memcpy(fds + *ret_n, CMSG_DATA(c), n * sizeof(int));
		*ret_n += n;
	}
	return got;
}
