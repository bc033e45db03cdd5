/*
 * From inside a worker: no key file, no new program, no file opened, no other process; and
 * its own work goes on. Each in a process that enters the sandbox and tries. Privileges too.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/folder.h"
#include "net/privilege.h"
#include "net/sandbox.h"

static char folder[] = "/tmp/sandbox-XXXXXX", key[64], backend[64];
static struct note {
	bool entered;
	struct tw_sandbox_walls walls;
	int got[32];		/* of each try: 0 it went, else errno */
	char why[400];
} *note;

/* ---- what is tried: 0 or errno ---- */

#define TELL(call)	((call) < 0 ? errno : 0)

static int
read_key(void)
{
	return TELL(open(key, O_RDONLY | O_CLOEXEC));
}

static int
read_passwd(void)
{
	return TELL(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0));
}

static int
make_file(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/new", folder);
	return TELL(syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0600));
}

static int
remove_key(void)
{
	return TELL(unlink(key));
}

static int
run_program(void)
{
	char *const args[] = { (char *)(uintptr_t)"true", NULL };

	return TELL(execve("/bin/true", args, args + 1));
}

static int
make_process(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return TELL(pid);
}

static int
trace(void)
{
	return TELL(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
packet_socket(void)
{
	return TELL(socket(AF_PACKET, SOCK_RAW, 0));
}

static int
netlink_socket(void)
{
	return TELL(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int
datagram_socket(void)
{
	return TELL(socket(AF_INET, SOCK_DGRAM, 0));
}

static int
code_memory(void)
{
	return TELL((intptr_t)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1 ? -1 : 0);
}

static int
signal_parent(void)
{
	return TELL(kill(getppid(), 0));
}

static int
stream_socket(void)
{
	return TELL(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

static int
reach_backend(void)
{
	struct sockaddr_un u = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(u.sun_path, sizeof(u.sun_path), "%s", backend);
	return fd < 0 ? errno : TELL(connect(fd, (struct sockaddr *)&u, sizeof(u)));
}

static int
wait_and_allocate(void)
{
	struct epoll_event v;
	int fd = epoll_create1(EPOLL_CLOEXEC);
	char *p = malloc(4 << 20);

	if (fd < 0 || p == NULL)
		return errno;
	memset(p, 1, 4 << 20);
	free(p);
	return TELL(epoll_wait(fd, &v, 1, 1));
}

enum { W = 1, K = 2 };
static const struct {
	const char *what;
	int (*try)(void);
	int may;		/* W, K: in that one it goes */
	bool file;		/* refused by Landlock alone too */
	bool sanitized;		/* the wider list of a sanitized build lets it pass */
} tries[] = {
	{ "read a key", read_key, 0, true, false },
	{ "open /etc/passwd", read_passwd, 0, true, false },
	{ "make a file", make_file, 0, true, false },
	{ "remove a file", remove_key, 0, true, false },
	{ "run a program", run_program, 0, true, false },
	{ "make a process", make_process, 0, false, false },
	{ "trace", trace, 0, false, false },
	{ "AF_PACKET", packet_socket, 0, false, false },
	{ "AF_NETLINK", netlink_socket, 0, false, false },
	{ "SOCK_DGRAM", datagram_socket, 0, false, false },
	{ "memory to run", code_memory, 0, false, true },
	{ "signal the parent", signal_parent, 0, false, false },
	{ "a stream socket", stream_socket, W, false, false },
	{ "a backend's socket", reach_backend, W, false, false },
	{ "wait, take memory", wait_and_allocate, W, false, false },
};
#define TRIES	(sizeof(tries) / sizeof(tries[0]))

static bool
sanitized(void)
{
#ifdef __SANITIZE_ADDRESS__
	return true;
#else
	return false;
#endif
}

static int
set_up(void **state)
{
	struct sockaddr_un u = { .sun_family = AF_UNIX };
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(key, sizeof(key), "%s/key.pem", folder);
	snprintf(backend, sizeof(backend), "%s/backend", folder);
	fd = open(key, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(u.sun_path, sizeof(u.sun_path), "%s", backend);
	assert_int_equal(bind(fd, (struct sockaddr *)&u, sizeof(u)), 0);
	assert_int_equal(listen(fd, 8), 0);
	note = mmap(NULL, sizeof(*note), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return note == MAP_FAILED;
}

static int
tear_down(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/new", folder);
	unlink(path);
	unlink(key);
	unlink(backend);
	return rmdir(folder);
}

/* Runs f in a process of its own, which must end with 0. */
static void
apart(void (*f)(int), int arg)
{
	int status;
	pid_t pid;

	memset(note, 0, sizeof(*note));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		f(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("ended with %x: %s", (unsigned)status, note->why);
}

static void
enter_and_try(int kind)
{
	struct tw_err e = { 0 };

	note->entered = tw_sandbox_enter((enum tw_sandbox)kind, &note->walls, &e) == 0;
	memcpy(note->why, e.text, sizeof(note->why));
	/* A traced process stops at its next signal: not where nothing would refuse it. */
	for (size_t i = 0; i < TRIES && note->entered; i++)
		if (note->walls.calls || tries[i].may != 0 || tries[i].file)
			note->got[i] = tries[i].try();
}

static void
check(enum tw_sandbox kind, int bit)
{
	apart(enter_and_try, (int)kind);
	if (!note->entered)
		fail_msg("%s", note->why);
	print_message("Landlock %d, seccomp %s\n", note->walls.landlock,
	    note->walls.calls ? "yes" : "not built in");
	for (size_t i = 0; i < TRIES; i++) {
		bool stands = note->walls.calls && !(tries[i].sanitized && sanitized());

		stands |= tries[i].file && note->walls.landlock > 0;
		if (tries[i].may & bit) {
			if (note->got[i] != 0)
				fail_msg("%s: %s", tries[i].what, strerror(note->got[i]));
		} else if (stands && note->got[i] != EPERM && note->got[i] != EACCES) {
			fail_msg("%s: %s", tries[i].what,
			    note->got[i] == 0 ? "it went" : strerror(note->got[i]));
		}
	}
	assert_int_equal(access(key, F_OK), 0);
}

static void
a_worker_opens_nothing(void **state)
{
	(void)state;
	check(TW_SANDBOX_WORKER, W);
}

static void
keys_do_less_still(void **state)
{
	(void)state;
	check(TW_SANDBOX_KEYS, K);
	if (note->walls.calls)	/* the last three are a worker's work */
		for (size_t i = TRIES - 3; i < TRIES; i++)
			assert_int_equal(note->got[i], EPERM);
}

static void
a_parent_supervises(void **state)
{
	(void)state;
	apart(enter_and_try, TW_SANDBOX_PARENT);
	/* It runs a program at its fifth: /bin/true ended it, so it went that far. */
	assert_true(note->entered);
	assert_int_equal(note->got[0], 0);
	assert_int_equal(note->got[1], 0);
	assert_int_equal(note->got[2], 0);
	if (note->got[3] == 0) {
		int fd = open(key, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		close(fd);
	}
}

static void
enter_and_trace(int kind)
{
	struct tw_err e = { 0 };

	note->entered = tw_sandbox_enter((enum tw_sandbox)kind, &note->walls, &e) == 0;
	note->got[0] = trace();
	note->got[1] = make_process();
}

static void
a_parent_traces_nobody(void **state)
{
	(void)state;
	apart(enter_and_trace, TW_SANDBOX_PARENT);
	assert_true(note->entered);
	assert_int_equal(note->got[0], note->walls.calls ? EPERM : 0);
	assert_int_equal(note->got[1], 0);
}

/* Beside a folder of challenges: its files can be read, by their names there, and no more. */
static void
read_beside(int fd)
{
	const char *key_path = key;
	const struct { const char *path; int flags; } not[] = {
		{ "../key.pem", O_RDONLY | O_NOFOLLOW }, { key_path, O_RDONLY | O_NOFOLLOW },
		{ "token", O_RDONLY }, { "token", O_RDWR | O_NOFOLLOW },
		{ "more", O_RDONLY | O_CREAT | O_NOFOLLOW }, { "/etc/passwd", O_RDONLY | O_NOFOLLOW },
		{ ".", O_RDONLY | O_NOFOLLOW | O_DIRECTORY },
	};
	struct tw_err e = { 0 };
	uint8_t room[16];

	if (tw_sandbox_enter_beside(&fd, 1, &note->walls, &e) != 0) {
		memcpy(note->why, e.text, sizeof(note->why));
		return;
	}
	note->entered = true;
	note->got[0] = tw_folder_read(fd, "token", room, sizeof(room)) == 5 ? 0 : EIO;
	note->got[1] = tw_folder_read(fd, "token", room, 4) == -1 ? 0 : EIO;
	note->got[2] = tw_folder_read(fd, "link", room, sizeof(room)) == -1 ? 0 : EIO;
	for (size_t i = 0; i < TW_COUNT(not); i++)
		note->got[3 + i] = TELL(syscall(SYS_openat, fd, not[i].path, not[i].flags, 0600));
	note->got[30] = read_key();
	note->got[31] = read_passwd();
}

static void
a_worker_reads_one_folder(void **state)
{
	static const bool by_calls[] = { [2] = true, [3] = true };	/* Landlock lets them be */
	char acme[80], token[96], link[96];
	struct tw_err e;
	int fd;

	(void)state;
	snprintf(acme, sizeof(acme), "%s/acme", folder);
	snprintf(token, sizeof(token), "%s/token", acme);
	snprintf(link, sizeof(link), "%s/link", acme);
	assert_int_equal(mkdir(acme, 0700), 0);
	fd = open(token, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "hello", 5), 5);
	close(fd);
	assert_int_equal(symlink("token", link), 0);
	assert_int_equal(tw_folder_open(token, &e), -1);
	fd = tw_folder_open(acme, &e);
	assert_true(fd >= 0);
	apart(read_beside, fd);
	close(fd);
	unlink(token);
	unlink(link);
	rmdir(acme);
	if (!note->entered) {
		assert_non_null(strstr(note->why, "Landlock"));
		return;
	}
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(note->got[i], 0);
	for (size_t i = 3; i < 10; i++)
		if (note->walls.calls || !(i - 3 < TW_COUNT(by_calls) && by_calls[i - 3]))
			assert_true(note->got[i] == EACCES || note->got[i] == EPERM);
	assert_true(note->got[30] == EACCES || note->got[30] == EPERM);
	assert_true(note->got[31] == EACCES || note->got[31] == EPERM);
}

#define SAY(...)	do { snprintf(note->why, sizeof(note->why), __VA_ARGS__); _exit(1); } while (0)

static void
drop(int arg)
{
	static const struct tw_identity nobody = { 65534, 65534 };
	struct tw_err e = { 0 };
	uint64_t keep = arg == 0 ? 0 : 1ull << 10;	/* CAP_NET_BIND_SERVICE */

	if (tw_privilege_drop(&nobody, keep, &e) != 0)
		SAY("%s", e.text);
	if (getuid() != 65534 || geteuid() != 65534 || getgid() != 65534 ||
	    getgroups(0, NULL) != 0)
		SAY("not nobody");
	if (setuid(0) == 0 || seteuid(0) == 0)
		SAY("came back");
	for (unsigned c = 0; c < 41; c++)
		if (tw_privilege_has(c) != (keep >> c & 1))
			SAY("capability %u", c);
}

static void
privileges_are_dropped_for_good(void **state)
{
	struct tw_identity root = { 0, 0 };
	struct tw_err e = { 0 };

	(void)state;
	assert_int_equal(tw_privilege_drop(&root, 0, &e), -1);
	assert_int_equal(tw_privilege_find("no-such-user", NULL, &root, &e), -1);
	assert_non_null(strstr(e.text, "no-such-user"));
	if (geteuid() != 0) {
		print_message("not root: no privileges to drop\n");
		skip();
	}
	apart(drop, 0);
	apart(drop, 1);
}

static void
close_all(int arg)
{
	int keep[2] = { 90, 40 };

	(void)arg;
	for (int fd = 30; fd < 100; fd += 10)
		dup2(2, fd);
	tw_privilege_close_others(keep, 2);
	for (int fd = 3; fd < 120; fd++)
		if ((fcntl(fd, F_GETFD) >= 0) != (fd == 40 || fd == 90))
			SAY("descriptor %d", fd);
}

static void
limit(int arg)
{
	struct tw_err e = { 0 };

	(void)arg;
	if (tw_privilege_descriptors(64, &e) != 0)
		SAY("%s", e.text);
	if (tw_privilege_hide(false, &e) != 0)
		SAY("%s", e.text);
	if (tw_privilege_descriptors(1ull << 40, &e) == 0 || strstr(e.text, "LimitNOFILE") == NULL)
		SAY("so many descriptors: %s", e.text);
}

static void
descriptors_are_closed_and_limited(void **state)
{
	(void)state;
	apart(close_all, 0);
	apart(limit, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_opens_nothing),
		cmocka_unit_test(a_worker_reads_one_folder),
		cmocka_unit_test(keys_do_less_still),
		cmocka_unit_test(a_parent_supervises),
		cmocka_unit_test(a_parent_traces_nobody),
		cmocka_unit_test(privileges_are_dropped_for_good),
		cmocka_unit_test(descriptors_are_closed_and_limited),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
