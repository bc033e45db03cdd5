/*
 * What somebody who has taken over a worker would try: the linker puts this before the
 * worker's loop (--wrap). Each try is a line on stderr: "try NAME: went" or errno's name.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "gate/worker.h"

void __real_tw_worker_run(struct tw_worker *w);
void __wrap_tw_worker_run(struct tw_worker *w);

static void
tell(const char *name, long rv)
{
	dprintf(2, "try %s: %s\n", name, rv < 0 ? strerrorname_np(errno) : "went");
}

static void
try_files(void)
{
	const char *key = getenv("TRY_KEY"), *folder = getenv("TRY_FOLDER");
	char path[4096];

	tell("read the key", open(key, O_RDONLY | O_CLOEXEC));
	tell("read the key by openat", syscall(SYS_openat, AT_FDCWD, key, O_RDONLY, 0));
	tell("read /etc/passwd", open("/etc/passwd", O_RDONLY | O_CLOEXEC));
	tell("read its own memory", open("/proc/self/mem", O_RDWR | O_CLOEXEC));
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)getppid());
	tell("read the parent's environment", open(path, O_RDONLY | O_CLOEXEC));
	tell("list a folder", open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	snprintf(path, sizeof(path), "%s/new", folder);
	tell("make a file", open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	tell("remove the key", unlink(key));
	tell("rename the key", rename(key, path));
	tell("make a link", symlink("/etc/passwd", path));
	tell("change the key's mode", chmod(key, 0777));
}

static void
try_programs(void)
{
	char name[] = "true";
	char *args[] = { name, NULL };
	long pid;

	tell("run a program", execve("/bin/true", args, args + 1));
	pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(0);
	tell("make a process", pid);
	tell("trace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	tell("signal the parent", kill(getppid(), 0));
	tell("become another user", setresuid(1, 1, 1));
	tell("a raw socket", socket(AF_INET, SOCK_RAW, 6));
	tell("a netlink socket", socket(AF_NETLINK, SOCK_RAW, 0));
}

void
__wrap_tw_worker_run(struct tw_worker *w)
{
	if (getenv("TRY_KEY") != NULL) {
		try_files();
		try_programs();
		dprintf(2, "try: done\n");
	}
	__real_tw_worker_run(w);
}
