/* Stream sockets that never wait; see socket.h. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "net/socket.h"

static bool
is_for_later(int error)
{
	return error == EAGAIN || error == EINTR;
}

ptrdiff_t
tw_socket_receive(int fd, uint8_t *out, size_t n)
{
	ssize_t got = recv(fd, out, n, 0);

	if (got > 0)
		return got;
	if (got == 0)
		return TW_SOCKET_EOF;
	return is_for_later(errno) ? 0 : TW_SOCKET_FAILED;
}

ptrdiff_t
tw_socket_send(int fd, struct tw_bytes v)
{
	ssize_t sent = send(fd, v.p, v.n, MSG_NOSIGNAL);

	if (sent >= 0)
		return sent;
	/* ENOTCONN: the connection is still under way. */
	return is_for_later(errno) || errno == ENOTCONN ? 0 : TW_SOCKET_FAILED;
}

int
tw_socket_accept(int fd, struct sockaddr_storage *ret_peer)
{
	socklen_t size = sizeof(*ret_peer);
	int got = accept4(fd, (struct sockaddr *)ret_peer, &size,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (got >= 0)
		return got;
	return errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM ?
	    -2 : -1;
}

int
tw_socket_connect(const struct sockaddr *addr, socklen_t size,
    const struct sockaddr *source, socklen_t source_size)
{
	int fd, on = 1, error;

	fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (addr->sa_family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (source != NULL) {
		/* The port is chosen when the peer is known: no early run out of them. */
		(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
		if (bind(fd, source, source_size) != 0)
			goto fail;
	}
	if (connect(fd, addr, size) == 0 || errno == EINPROGRESS)
		return fd;
fail:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

bool
tw_socket_is_connected(int fd)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);

	return getpeername(fd, (struct sockaddr *)&peer, &size) == 0;
}

int
tw_socket_error(int fd)
{
	int error = 0;
	socklen_t size = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void
tw_socket_end_sending(int fd)
{
	(void)shutdown(fd, SHUT_WR);
}

void
tw_socket_name(int fd, struct sockaddr_storage *ret_local)
{
	socklen_t size = sizeof(*ret_local);

	memset(ret_local, 0, sizeof(*ret_local));
	(void)getsockname(fd, (struct sockaddr *)ret_local, &size);
}

void
tw_socket_close(int fd)
{
	(void)close(fd);
}

int
tw_socket_again(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

uint16_t
tw_socket_free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && bind(fd, (const struct sockaddr *)&at, size) == 0 &&
	    getsockname(fd, (struct sockaddr *)&at, &size) == 0;

	if (fd >= 0)
		close(fd);
	return ok ? ntohs(at.sin_port) : 0;
}
