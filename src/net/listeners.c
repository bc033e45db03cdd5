/* Sockets the gateway listens at; see listeners.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/listeners.h"

void
tw_listeners_init(struct tw_listeners *l)
{
	*l = (struct tw_listeners){ 0 };
}

void
tw_listeners_clear(struct tw_listeners *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].taken)
			close(l->v[i].fd);
	free(l->v);
	*l = (struct tw_listeners){ 0 };
}

static bool
read_option(int fd, int what, int *ret)
{
	socklen_t n = sizeof(*ret);

	*ret = 0;
	return getsockopt(fd, SOL_SOCKET, what, ret, &n) == 0;
}

static bool
adopt(struct tw_listeners *l, int fd)
{
	struct tw_listener_fd f = { .fd = fd, .size = sizeof(f.addr) };
	int type, listens, flags;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].fd == fd)
			return false;
	if (!read_option(fd, SO_TYPE, &type) || type != SOCK_STREAM ||
	    !read_option(fd, SO_ACCEPTCONN, &listens) || !listens ||
	    getsockname(fd, (struct sockaddr *)&f.addr, &f.size) != 0)
		return false;
	if (l->n == l->room) {
		size_t room = l->room == 0 ? 16 : l->room * 2;
		struct tw_listener_fd *v = realloc(l->v, room * sizeof(*v));

		if (v == NULL)
			return false;
		l->v = v;
		l->room = room;
	}
	flags = fcntl(fd, F_GETFL);
	(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	l->v[l->n++] = f;
	return true;
}

size_t
tw_listeners_adopt(struct tw_listeners *l, int first, size_t n)
{
	size_t were = 0;

	for (size_t i = 0; i < n; i++)
		were += adopt(l, first + (int)i);
	return were;
}

size_t
tw_listeners_read(struct tw_listeners *l, const char *text)
{
	size_t were = 0;

	while (text != NULL && *text != '\0') {
		char *end;
		long fd = strtol(text, &end, 10);

		if (end == text)
			break;
		if (fd >= 3 && fd <= INT_MAX)
			were += adopt(l, (int)fd);
		text = end;
	}
	return were;
}

void
tw_listeners_tell(const int *fds, size_t n, struct tw_buf *out)
{
	for (size_t i = 0; i < n; i++) {
		(void)fcntl(fds[i], F_SETFD, 0);
		tw_buf_fmt(out, i == 0 ? "%d" : " %d", fds[i]);
	}
}

/* By what they mean: the kernel's padding and a Unix name's rest are nobody's matter. */
static bool
is_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	const struct sockaddr_un *au = (const void *)a, *bu = (const void *)b;

	if (a->ss_family != b->ss_family)
		return false;
	switch (a->ss_family) {
	case AF_INET:
		return a4->sin_port == b4->sin_port &&
		    a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	case AF_INET6:
		return a6->sin6_port == b6->sin6_port &&
		    a6->sin6_scope_id == b6->sin6_scope_id &&
		    memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) == 0;
	case AF_UNIX:
		return strncmp(au->sun_path, bu->sun_path, sizeof(au->sun_path)) == 0;
	default:
		return false;
	}
}

static void
spell(const struct sockaddr_storage *a, char *out, size_t n)
{
	const struct sockaddr_in *v4 = (const void *)a;
	const struct sockaddr_in6 *v6 = (const void *)a;
	char ip[INET6_ADDRSTRLEN] = "";

	if (a->ss_family == AF_UNIX) {
		snprintf(out, n, "%s", ((const struct sockaddr_un *)(const void *)a)->sun_path);
	} else if (a->ss_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, ip, sizeof(ip));
		snprintf(out, n, "%s:%u", ip, ntohs(v4->sin_port));
	} else {
		inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof(ip));
		snprintf(out, n, "[%s]:%u", ip, ntohs(v6->sin6_port));
	}
}

/* Connections inherit these; a socket that was handed in gets them too. */
static void
tune(int fd, const struct tw_listen_at *at)
{
	int on = 1, idle = (int)at->keepalive_s, ms = (int)at->user_timeout_ms;

	if (at->addr.ss_family == AF_UNIX)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (ms > 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	if (idle > 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
		(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	}
}

/* A file that a socket left behind, to which nobody listens, makes room. */
static void
clear_path(const struct tw_listen_at *at)
{
	const struct sockaddr_un *u = (const void *)&at->addr;
	struct stat st;
	int fd;

	if (u->sun_path[0] == '\0' || lstat(u->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&at->addr, at->size) != 0 && errno == ECONNREFUSED)
		(void)unlink(u->sun_path);
	close(fd);
}

static const char *
advice(int error, sa_family_t family)
{
	switch (error) {
	case EACCES:
		return family == AF_UNIX ? " (the folder)" :
		    " (ports below 1024: as root or with CAP_NET_BIND_SERVICE)";
	case EADDRINUSE:
		return family == AF_UNIX ? " (another program answers there, or it is no socket)" : " (`tlswright ports` says who has it)";
	case EADDRNOTAVAIL:
		return " (this machine does not have that address)";
	default:
		return "";
	}
}

static int
bind_one(const struct tw_listen_at *at, struct tw_err *e)
{
	bool local = at->addr.ss_family == AF_UNIX;
	int on = 1, error = 0, fd;
	char text[128];
	mode_t mask = 0;

	fd = socket(at->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (!local)
			(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
		if (at->addr.ss_family == AF_INET6)
			(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		tune(fd, at);
		if (local) {
			clear_path(at);
			mask = umask(0777 & ~(at->mode == 0 ? 0600 : at->mode));
		}
		if (bind(fd, (const struct sockaddr *)&at->addr, at->size) != 0 ||
		    listen(fd, at->backlog == 0 ? SOMAXCONN : at->backlog) != 0)
			error = errno;
		if (local)
			umask(mask);
		if (error == 0)
			return fd;
		close(fd);
		errno = error;
	}
	spell(&at->addr, text, sizeof(text));
	return tw_err_set(e, TW_ERR_SYSTEM, "cannot listen at %s%s", text,
	    advice(errno, at->addr.ss_family));
}

/* The next one at that address that nobody took. */
static struct tw_listener_fd *
find(struct tw_listeners *l, const struct tw_listen_at *at)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].taken && is_same(&l->v[i].addr, &at->addr))
			return &l->v[i];
	return NULL;
}

int
tw_listeners_bind(struct tw_listeners *l, const struct tw_listen_at *at, size_t slots,
    int *ret_fds, struct tw_err *e)
{
	bool shares = at->addr.ss_family != AF_UNIX;

	for (size_t i = 0; i < slots; i++) {
		struct tw_listener_fd *f = find(l, at);
		int on;

		if (f != NULL) {
			f->taken = true;
			ret_fds[i] = f->fd;
			tune(f->fd, at);
			if (!read_option(f->fd, SO_REUSEPORT, &on) || !on)
				shares = false;
		} else if (i > 0 && !shares) {
			ret_fds[i] = fcntl(ret_fds[0], F_DUPFD_CLOEXEC, 3);
			if (ret_fds[i] < 0)
				tw_err_set(e, TW_ERR_SYSTEM, "no descriptor for a listener");
		} else {
			ret_fds[i] = bind_one(at, e);
		}
		if (ret_fds[i] < 0) {
			while (i-- > 0)
				close(ret_fds[i]);
			return -1;
		}
	}
	return 0;
}
