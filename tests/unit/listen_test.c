/*
 * What the gateway's parent opens: sockets to listen at, bound or handed in, log files,
 * and the words to and from the service manager; descriptors passed on.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/fd_pass.h"
#include "net/listeners.h"
#include "net/log_file.h"
#include "net/notify.h"

static char folder[] = "/tmp/listen-XXXXXX";

static const char *
in_folder(const char *name)
{
	static char paths[4][128];
	static unsigned turn;
	char *p = paths[turn++ % 4];

	snprintf(p, sizeof(paths[0]), "%s/%s", folder, name);
	return p;
}

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* A free port of 127.0.0.1, found by a socket that stays bound but does not listen. */
static struct tw_listen_at
at_loopback(uint16_t port)
{
	struct tw_listen_at at = { .size = sizeof(struct sockaddr_in), .user_timeout_ms = 30000,
		.keepalive_s = 120 };
	struct sockaddr_in *a = (void *)&at.addr;

	a->sin_family = AF_INET;
	a->sin_port = port;
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return at;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_in a;
	socklen_t n = sizeof(a);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	return a.sin_port;
}

static int
option(int fd, int level, int what)
{
	int v = -1;
	socklen_t n = sizeof(v);

	assert_int_equal(getsockopt(fd, level, what, &v, &n), 0);
	return v;
}

static void
each_slot_has_a_socket_and_it_is_passed_on(void **state)
{
	struct tw_listeners l;
	struct tw_listen_at at = at_loopback(0);
	struct tw_err e = { 0 };
	struct tw_buf told;
	int fds[3], again[4], peer;
	struct sockaddr_in a;

	(void)state;
	tw_listeners_init(&l);
	assert_int_equal(tw_listeners_bind(&l, &at, 1, fds, &e), 0);
	at = at_loopback(port_of(fds[0]));
	assert_int_equal(tw_listeners_bind(&l, &at, 2, fds + 1, &e), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(port_of(fds[i]), port_of(fds[0]));
		assert_int_equal(option(fds[i], IPPROTO_TCP, TCP_NODELAY), 1);
		assert_int_equal(option(fds[i], IPPROTO_TCP, TCP_USER_TIMEOUT), 30000);
		assert_int_equal(option(fds[i], IPPROTO_TCP, TCP_KEEPIDLE), 120);
		assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
	}
	/* Somebody waits in the queue while the program is exchanged. */
	peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(&a, &at.addr, sizeof(a));
	assert_int_equal(connect(peer, (struct sockaddr *)&a, sizeof(a)), 0);
	tw_buf_init(&told, 256);
	tw_listeners_tell(fds, 3, &told);
	for (int i = 0; i < 3; i++)
		assert_false(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
	assert_int_equal(tw_listeners_read(&l, tw_buf_cstr(&told)), 3);
	assert_int_equal(tw_listeners_read(&l, tw_buf_cstr(&told)), 0);	/* known already */
	assert_int_equal(tw_listeners_read(&l, "9999 x 3"), 0);
	assert_int_equal(tw_listeners_bind(&l, &at, 4, again, &e), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(again[i], fds[i]);
	assert_int_equal(port_of(again[3]), port_of(fds[0]));
	tw_buf_clear(&told);
	tw_listeners_clear(&l);
	for (int i = 0, got = 0; i < 3; i++) {
		int c = accept4(fds[i], NULL, NULL, SOCK_CLOEXEC);

		got += c >= 0;
		if (c >= 0)
			close(c);
		if (i == 2)
			assert_int_equal(got, 1);
	}
	for (int i = 0; i < 4; i++)
		close(again[i]);
	close(peer);
}

static void
one_that_does_not_share_is_duplicated(void **state)
{
	struct tw_listeners l;
	struct tw_err e = { 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), other, got[3];
	struct tw_listen_at at = at_loopback(0);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&at.addr, at.size), 0);
	tw_listeners_init(&l);
	assert_int_equal(tw_listeners_adopt(&l, fd, 1), 0);	/* does not listen */
	assert_int_equal(listen(fd, 8), 0);
	at = at_loopback(port_of(fd));
	/* In use, and said in one sentence. */
	assert_int_equal(tw_listeners_bind(&l, &at, 1, got, &e), -1);
	assert_non_null(strstr(e.text, "cannot listen at 127.0.0.1:"));
	assert_non_null(strstr(e.text, "tlswright ports"));
	assert_int_equal(tw_listeners_adopt(&l, fd, 1), 1);
	assert_int_equal(tw_listeners_bind(&l, &at, 3, got, &e), 0);
	assert_int_equal(got[0], fd);
	assert_int_equal(port_of(got[2]), port_of(fd));
	/* Nobody takes it: it is closed. */
	other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(listen(other, 1), 0);
	assert_int_equal(tw_listeners_adopt(&l, other, 1), 1);
	tw_listeners_clear(&l);
	assert_int_equal(fcntl(other, F_GETFD), -1);
	for (int i = 0; i < 3; i++)
		close(got[i]);
}

static void
a_unix_socket_takes_a_left_place(void **state)
{
	struct tw_listeners l;
	struct tw_err e = { 0 };
	struct tw_listen_at at = { .size = sizeof(struct sockaddr_un), .mode = 0660 };
	struct sockaddr_un *u = (void *)&at.addr;
	struct stat st;
	int fds[3];

	(void)state;
	u->sun_family = AF_UNIX;
	snprintf(u->sun_path, sizeof(u->sun_path), "%s", in_folder("socket"));
	tw_listeners_init(&l);
	assert_int_equal(tw_listeners_bind(&l, &at, 2, fds, &e), 0);
	assert_int_equal(stat(u->sun_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(tw_listeners_bind(&l, &at, 1, fds + 2, &e), -1);	/* in use */
	close(fds[0]);
	assert_int_equal(tw_listeners_bind(&l, &at, 1, fds + 2, &e), -1);	/* by the second slot */
	close(fds[1]);
	assert_int_equal(tw_listeners_bind(&l, &at, 1, fds + 2, &e), 0);	/* left behind */
	close(fds[2]);
	tw_listeners_clear(&l);
	unlink(u->sun_path);
}

static void
write_text(const char *path, mode_t mode)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
log_files_are_ours_alone(void **state)
{
	const char *path = in_folder("log"), *link_path = in_folder("link"),
	    *open_path = in_folder("open");
	struct tw_err e = { 0 };
	struct stat st;
	int fd;

	(void)state;
	fd = tw_log_file_open(path, (uid_t)-1, (gid_t)-1, &e);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_true(fcntl(fd, F_GETFL) & O_APPEND);
	close(fd);
	fd = tw_log_file_open(path, (uid_t)-1, (gid_t)-1, &e);	/* it is there */
	assert_true(fd >= 0);
	close(fd);

	assert_int_equal(symlink(path, link_path), 0);
	assert_int_equal(tw_log_file_open(link_path, (uid_t)-1, (gid_t)-1, &e), -1);
	assert_non_null(strstr(e.text, "symbolic link"));
	unlink(link_path);
	assert_int_equal(link(path, link_path), 0);
	assert_int_equal(tw_log_file_open(link_path, (uid_t)-1, (gid_t)-1, &e), -1);
	assert_non_null(strstr(e.text, "other names"));
	unlink(link_path);
	write_text(open_path, 0666);
	assert_int_equal(tw_log_file_open(open_path, (uid_t)-1, (gid_t)-1, &e), -1);
	assert_non_null(strstr(e.text, "everybody"));
	unlink(open_path);
	if (geteuid() == 0) {
		write_text(open_path, 0640);
		assert_int_equal(chown(open_path, 12345, 12345), 0);
		assert_int_equal(tw_log_file_open(open_path, 54321, 54321, &e), -1);
		assert_non_null(strstr(e.text, "another user"));
		fd = tw_log_file_open(open_path, 12345, 12345, &e);
		assert_true(fd >= 0);
		close(fd);
		unlink(open_path);
	}
	assert_int_equal(mkfifo(link_path, 0600), 0);	/* nobody reads it: that does not wait */
	assert_int_equal(tw_log_file_open(link_path, (uid_t)-1, (gid_t)-1, &e), -1);
	assert_non_null(strstr(e.text, "nobody reads"));
	unlink(link_path);
	assert_int_equal(tw_log_file_open(folder, (uid_t)-1, (gid_t)-1, &e), -1);
	assert_int_equal(chmod(folder, 0777), 0);
	assert_int_equal(tw_log_file_open(path, (uid_t)-1, (gid_t)-1, &e), -1);
	assert_non_null(strstr(e.text, "chmod o-w"));
	assert_int_equal(chmod(folder, 0700), 0);
	unlink(path);
}

static void
a_full_disk_loses_lines_and_counts_them(void **state)
{
	static struct tw_log_file f;
	char line[1001], *all = malloc(1 << 20);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), ends[2];
	ssize_t got;
	size_t n = 0;

	(void)state;
	assert_true(full >= 0);
	tw_log_file_init(&f, full);
	for (int i = 0; i < 5; i++)
		tw_log_file_put(&f, tw_bytes_of("a line"));
	assert_int_equal(f.lost, 0);
	assert_false(tw_log_file_flush(&f));
	assert_int_equal(f.lost, 5);
	/* A pipe nobody reads: full in the middle of a line, and goes on with a whole one. */
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	tw_log_file_init(&f, ends[1]);
	memset(line, 'x', sizeof(line));
	for (int i = 0; i < 500; i++)
		tw_log_file_put(&f, (struct tw_bytes){ (const uint8_t *)line, 1000 });
	(void)tw_log_file_flush(&f);
	assert_true(f.lost > 100);
	while ((got = read(ends[0], all + n, (1 << 20) - n)) > 0)
		n += (size_t)got;
	tw_log_file_put(&f, tw_bytes_of("whole"));
	assert_true(tw_log_file_flush(&f));
	got = read(ends[0], all + n, (1 << 20) - n);
	assert_true(got >= 6);
	n += (size_t)got;
	assert_memory_equal(all + n - 7, "\nwhole\n", 7);
	close(ends[0]);
	close(ends[1]);
	close(full);
	free(all);
}

static void
the_manager_is_told(void **state)
{
	struct sockaddr_un u = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char got[2048];
	ssize_t n;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_false(tw_notify(TW_NOTIFY_READY, NULL));
	snprintf(u.sun_path, sizeof(u.sun_path), "%s", in_folder("notify"));
	assert_int_equal(bind(fd, (struct sockaddr *)&u, sizeof(u)), 0);
	setenv("NOTIFY_SOCKET", u.sun_path, 1);
	assert_true(tw_notify(TW_NOTIFY_READY, "serves 3\nREADY=0"));
	n = recv(fd, got, sizeof(got) - 1, 0);
	assert_true(n > 0);
	got[n] = '\0';
	assert_string_equal(got, "READY=1\nSTATUS=serves 3\n");
	assert_true(tw_notify(TW_NOTIFY_RELOADING, NULL));
	n = recv(fd, got, sizeof(got) - 1, 0);
	got[n] = '\0';
	assert_int_equal(strncmp(got, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	assert_true(strtoull(got + 27, NULL, 10) > 0);
	unlink(u.sun_path);
	close(fd);
	/* An abstract name. */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	u.sun_path[0] = '\0';
	n = snprintf(u.sun_path + 1, sizeof(u.sun_path) - 1, "tw-notify-%ld", (long)getpid());
	assert_int_equal(bind(fd, (struct sockaddr *)&u,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)), 0);
	snprintf(got, sizeof(got), "@tw-notify-%ld", (long)getpid());
	setenv("NOTIFY_SOCKET", got, 1);
	assert_true(tw_notify(TW_NOTIFY_ALIVE, NULL));
	assert_int_equal(recv(fd, got, sizeof(got), 0), 11);
	assert_memory_equal(got, "WATCHDOG=1\n", 11);
	close(fd);
	unsetenv("NOTIFY_SOCKET");

	setenv("WATCHDOG_USEC", "3000000", 1);
	assert_int_equal(tw_notify_watchdog_us(), 1500000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(tw_notify_watchdog_us(), 0);
	unsetenv("WATCHDOG_PID");
	setenv("WATCHDOG_USEC", "-3", 1);
	assert_int_equal(tw_notify_watchdog_us(), 0);
	unsetenv("WATCHDOG_USEC");
}

static void
sockets_are_handed_in(void **state)
{
	char pid[32];
	int status;
	pid_t child;

	(void)state;
	setenv("LISTEN_FDS", "2", 1);
	setenv("LISTEN_PID", "1", 1);		/* for another process */
	assert_int_equal(tw_notify_sockets(), 0);
	assert_null(getenv("LISTEN_FDS"));
	child = fork();
	if (child == 0) {
		dup2(2, 3);
		dup2(2, 4);
		snprintf(pid, sizeof(pid), "%ld", (long)getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", "2", 1);
		_exit(tw_notify_sockets() == 2 && (fcntl(3, F_GETFD) & FD_CLOEXEC) &&
		    (fcntl(4, F_GETFD) & FD_CLOEXEC) && getenv("LISTEN_PID") == NULL &&
		    tw_notify_sockets() == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void
descriptors_pass(void **state)
{
	uint8_t text[TW_FD_TEXT];
	int pair[2], fds[TW_FD_PASS + 2], two[2];
	size_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pipe2(two, O_CLOEXEC), 0);
	assert_true(tw_fd_send(pair[0], two, 2, tw_bytes_of("log")));
	assert_true(tw_fd_send(pair[0], NULL, 0, tw_bytes_of("no more")));
	assert_false(tw_fd_send(pair[0], two, TW_FD_PASS + 1, tw_bytes_of("many")));
	assert_int_equal(tw_fd_receive(pair[1], fds, &n, text), 3);
	assert_int_equal(n, 2);
	assert_memory_equal(text, "log", 3);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(read(two[0], text, 2), 1);
	assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
	assert_int_equal(tw_fd_receive(pair[1], fds + 2, &n, text), 7);
	assert_int_equal(n, 0);
	close(pair[0]);
	assert_int_equal(tw_fd_receive(pair[1], fds + 2, &n, text), 0);
	close(pair[1]);
	for (int i = 0; i < 2; i++) {
		close(two[i]);
		close(fds[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_slot_has_a_socket_and_it_is_passed_on),
		cmocka_unit_test(one_that_does_not_share_is_duplicated),
		cmocka_unit_test(a_unix_socket_takes_a_left_place),
		cmocka_unit_test(log_files_are_ours_alone),
		cmocka_unit_test(a_full_disk_loses_lines_and_counts_them),
		cmocka_unit_test(the_manager_is_told),
		cmocka_unit_test(sockets_are_handed_in),
		cmocka_unit_test(descriptors_pass),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
