/* The file of a control socket, and who talks to it; see control_socket.h. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/control_socket.h"
#include "net/listeners.h"

static int
set_address(const char *path, struct sockaddr_un *ret, struct tw_err *e)
{
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(ret->sun_path))
		return tw_err_set(e, TW_ERR_USAGE, "the control socket's path must have 1 to %zu bytes",
		    sizeof(ret->sun_path) - 1);
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, path, n + 1);
	return 0;
}

/* Where everybody may write, everybody may put another socket into its place. */
static int
check_folder(const char *path, struct tw_err *e)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const char *slash = strrchr(path, '/');
	struct stat st;

	memcpy(folder, path, strlen(path) + 1);
	folder[slash == NULL ? 0 : slash == path ? 1 : slash - path] = '\0';
	if (stat(slash == NULL ? "." : folder, &st) != 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "the folder of the control socket %s", path);
	if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
		return tw_err_set(e, TW_ERR_USAGE, "the folder of the control socket %s may be "
		    "written to by everybody: chmod o-w", path);
	return 0;
}

int
tw_control_socket_open(const char *path, gid_t gid, struct tw_control_file *ret,
    struct tw_err *e)
{
	struct tw_listen_at at = { .size = sizeof(struct sockaddr_un), .backlog = 16,
		.mode = 0660 };
	struct tw_listeners none;
	struct sockaddr_un address;
	struct stat st;
	int fd;

	if (set_address(path, &address, e) != 0 || check_folder(path, e) != 0)
		return -1;
	memcpy(&at.addr, &address, sizeof(address));
	tw_listeners_init(&none);
	if (tw_listeners_bind(&none, &at, 1, &fd, e) != 0)
		return -1;
	if ((gid != (gid_t)-1 && lchown(address.sun_path, (uid_t)-1, gid) != 0) || lstat(address.sun_path, &st) != 0) {
		tw_err_set(e, TW_ERR_SYSTEM, "the control socket %s cannot be given to the "
		    "gateway's group", address.sun_path);
		(void)unlink(address.sun_path);
		close(fd);
		return -1;
	}
	*ret = (struct tw_control_file){ st.st_dev, st.st_ino };
	return fd;
}

void
tw_control_socket_remove(const char *path, const struct tw_control_file *file)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_dev == file->device &&
	    st.st_ino == file->number)
		(void)unlink(path);
}

int
tw_control_socket_connect(const char *path, unsigned timeout_ms, struct tw_err *e)
{
	struct timeval wait = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	struct sockaddr_un address;
	int fd, error;

	if (set_address(path, &address, e) != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "no socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return tw_err_set(e, TW_ERR_SYSTEM, "cannot reach the gateway at %s%s", path,
	    error == ENOENT || error == ECONNREFUSED ? " (does it run, with this control?)" :
	    error == EACCES ? " (root and the gateway's group may)" : "");
}

void
tw_control_socket_close(int fd)
{
	(void)close(fd);
}

bool
tw_control_socket_say(int fd, struct tw_bytes v)
{
	while (v.n > 0) {
		ssize_t n = send(fd, v.p, v.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		v.p += n;
		v.n -= (size_t)n;
	}
	return true;
}

int
tw_control_socket_line(int fd, struct tw_buf *b, struct tw_bytes *ret, struct tw_err *e)
{
	uint8_t some[8192];
	ssize_t n;

	if (ret->p != NULL)
		tw_buf_drop(b, ret->n + 1);
	for (;;) {
		const uint8_t *end = b->n > 0 ? memchr(b->p, '\n', b->n) : NULL;

		if (end != NULL) {
			*ret = (struct tw_bytes){ b->p, (size_t)(end - b->p) };
			return 1;
		}
		n = recv(fd, some, sizeof(some), 0);
		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tw_err_set(e, TW_ERR_SYSTEM, "the gateway does not answer");
		tw_buf_put(b, some, (size_t)n);
		if (b->failed)
			return tw_err_set(e, TW_ERR_FORMAT, "the gateway's answer has too long a line");
	}
}
