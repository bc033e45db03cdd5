/* Children and signals; see process.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/process.h"

int
tw_process_signals(const int *signals)
{
	sigset_t set;

	sigemptyset(&set);
	for (; *signals != 0; signals++)
		sigaddset(&set, *signals);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int
tw_process_signal(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

static void
begin_child(void)
{
	static const int deaf[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < sizeof(deaf) / sizeof(deaf[0]); i++)
		signal(deaf[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

bool
tw_process_pair(int ret[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ret) == 0;
}

pid_t
tw_process_fork(int *ret_socket)
{
	pid_t pid;
	int pair[2];

	if (!tw_process_pair(pair))
		return -1;
	pid = fork();
	if (pid == 0)
		begin_child();
	if (pid < 0) {
		close(pair[0]);
		close(pair[1]);
		return -1;
	}
	*ret_socket = pair[pid == 0];
	close(pair[pid != 0]);
	return pid;
}

pid_t
tw_process_run_self(char *const *argv)
{
	pid_t us = getpid(), pid = fork();
	sigset_t none;

	if (pid != 0)
		return pid;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Who died before this was said would never be missed. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == us &&
	    dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
		execv("/proc/self/exe", argv);
	_exit(127);
}

static int
how_it_ended(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

pid_t
tw_process_reap(int *ret_how)
{
	int status;
	pid_t pid = waitpid(-1, &status, WNOHANG);

	if (pid <= 0)
		return 0;
	*ret_how = how_it_ended(status);
	return pid;
}

void
tw_process_await(pid_t pid, int *ret_how)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret_how = how_it_ended(status);
}

void
tw_process_kill(pid_t pid)
{
	kill(pid, SIGKILL);
}

pid_t
tw_process_id(void)
{
	return getpid();
}

bool
tw_process_hear(int socket, int ms)
{
	struct pollfd f = { .fd = socket, .events = POLLIN };
	char word;
	int n;

	do
		n = poll(&f, 1, ms);
	while (n < 0 && errno == EINTR);
	return n > 0 && recv(socket, &word, 1, MSG_DONTWAIT) == 1;
}

/* In the child. What the service manager gave the parent by its number is given anew. */
static _Noreturn void
become(const struct tw_process_program *program, int socket)
{
	static const int heard[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE };
	struct tw_buf numbers;
	char pid[24];

	tw_buf_init(&numbers, 1u << 20);
	tw_buf_fmt(&numbers, "%d", socket);
	(void)fcntl(socket, F_SETFD, 0);
	for (size_t i = 0; i < program->keep_n; i++) {
		tw_buf_fmt(&numbers, " %d", program->keep[i]);
		(void)fcntl(program->keep[i], F_SETFD, 0);
	}
	for (size_t i = 0; i < sizeof(heard) / sizeof(heard[0]); i++)
		signal(heard[i], SIG_DFL);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	if (setenv(program->variable, tw_buf_cstr(&numbers), 1) == 0 &&
	    (getenv("WATCHDOG_PID") == NULL || setenv("WATCHDOG_PID", pid, 1) == 0))
		execv(program->path, program->argv);
	_exit(127);
}

pid_t
tw_process_run(const struct tw_process_program *program, int *ret_socket)
{
	pid_t pid = tw_process_fork(ret_socket);

	if (pid == 0)
		become(program, *ret_socket);
	return pid;
}

bool
tw_process_path(char *out, size_t n)
{
	ssize_t got = readlink("/proc/self/exe", out, n - 1);

	if (got <= 0 || (size_t)got >= n - 1)
		return false;
	out[got] = '\0';
	return true;
}

void *
tw_process_share(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void
tw_process_unshare(void *p, size_t bytes)
{
	munmap(p, bytes);
}

void
tw_process_host_name(char *out)
{
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0')
		strcpy(name, "localhost");
	memcpy(out, name, sizeof(name));
}

void
tw_process_exit(int status)
{
	_exit(status);
}
