/* What is said to the service manager, and what it hands in; see notify.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "net/notify.h"

#define MOST_SOCKETS	1024

static bool
say(const char *text, size_t n)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un u = { .sun_family = AF_UNIX };
	size_t path_n = path == NULL ? 0 : strlen(path);
	ssize_t sent;
	int fd;

	if (path_n < 2 || path_n >= sizeof(u.sun_path) || (path[0] != '/' && path[0] != '@'))
		return false;
	memcpy(u.sun_path, path, path_n);
	if (path[0] == '@')	/* an abstract name */
		u.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	sent = sendto(fd, text, n, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&u,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_n));
	close(fd);
	return sent == (ssize_t)n;
}

bool
tw_notify(enum tw_notify_what what, const char *status)
{
	static const char *const words[] = {
		[TW_NOTIFY_READY] = "READY=1\n", [TW_NOTIFY_RELOADING] = "RELOADING=1\n",
		[TW_NOTIFY_STOPPING] = "STOPPING=1\n", [TW_NOTIFY_ALIVE] = "WATCHDOG=1\n",
		[TW_NOTIFY_STATUS] = "",
	};
	char text[1024], line[512];
	struct timespec now = { 0 };
	size_t n;

	n = (size_t)snprintf(text, sizeof(text), "%s", words[what]);
	if (what == TW_NOTIFY_RELOADING && clock_gettime(CLOCK_MONOTONIC, &now) == 0)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "MONOTONIC_USEC=%llu\n",
		    (unsigned long long)now.tv_sec * 1000000 +
		    (unsigned long long)now.tv_nsec / 1000);
	if (status != NULL) {
		snprintf(line, sizeof(line), "%s", status);
		line[strcspn(line, "\r\n")] = '\0';	/* one line: the next would be another word */
		n += (size_t)snprintf(text + n, sizeof(text) - n, "STATUS=%s\n", line);
	}
	return n > 0 && say(text, n);
}

bool
tw_notify_main(pid_t pid)
{
	char text[64];

	return say(text, (size_t)snprintf(text, sizeof(text), "MAINPID=%ld\n", (long)pid));
}

/* A variable that is a whole number; false: it is not there or not one. */
static bool
number(const char *name, unsigned long long *ret)
{
	const char *text = getenv(name);
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

uint64_t
tw_notify_watchdog_us(void)
{
	unsigned long long us, pid;

	if (!number("WATCHDOG_USEC", &us))
		return 0;
	if (getenv("WATCHDOG_PID") != NULL &&
	    (!number("WATCHDOG_PID", &pid) || pid != (unsigned long long)getpid()))
		return 0;
	return us / 2;		/* twice as often as it is looked for */
}

size_t
tw_notify_sockets(void)
{
	unsigned long long n, pid;
	bool ours = number("LISTEN_PID", &pid) && pid == (unsigned long long)getpid() &&
	    number("LISTEN_FDS", &n) && n <= MOST_SOCKETS;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!ours)
		return 0;
	for (unsigned long long i = 0; i < n; i++)
		(void)fcntl(TW_NOTIFY_FIRST + (int)i, F_SETFD, FD_CLOEXEC);
	return (size_t)n;
}
