/*
 * Walls around a process; see sandbox.h. Two of them: Landlock refuses every file by its
 * path, seccomp every call that is not in the list of its kind.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef TW_SECCOMP
#include <seccomp.h>
#endif

#include "net/sandbox.h"

/* ---- files ---- */

/* Rights of each version of Landlock, by the highest bit it knows. */
static const unsigned char file_bits[] = { 0, 13, 14, 15, 15, 16 };

/*
 * From version 5 on ioctl on devices too; from 6 on signals and abstract sockets to those
 * outside are scoped. connect(2) to a socket with a path is no file access to Landlock up to
 * version 7 (a later version has a right for it, which is not taken away here): backends are reached.
 */
static int
landlock(const int *folders, size_t n, struct tw_sandbox_walls *ret, struct tw_err *e)
{
	struct { uint64_t fs, net, scoped; } rules = { 0 };
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u /* its version */);
	size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
	long fd;

	bool bad;

	if (version <= 0 && n > 0)
		return tw_err_set(e, TW_ERR_USAGE, "acme = … needs Landlock, which this kernel has "
		    "not: a worker that may open any file is not let near the network");
	if (version <= 0)
		return 0;	/* not in this kernel, or not asked for at its start */
	rules.fs = (1ull << file_bits[version < 5 ? version : 5]) - 1;
	rules.scoped = version >= 6 ? 2 : 0;	/* signals */
	fd = syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	bad = fd < 0;
	for (size_t i = 0; i < n; i++) {
		struct landlock_path_beneath_attr beneath = {
			.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE, .parent_fd = folders[i] };

		bad = bad || syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH,
		    &beneath, 0) != 0;
	}
	if (bad || syscall(SYS_landlock_restrict_self, fd, 0) != 0) {
		tw_err_set(e, TW_ERR_SYSTEM, "cannot wall files off (Landlock %ld)", version);
		if (fd >= 0)
			close((int)fd);
		return -1;
	}
	close((int)fd);
	ret->landlock = (int)version;
	return 0;
}

/* ---- calls ---- */

#ifdef TW_SECCOMP

/* By name: what an architecture does not have is left out there. A NULL ends each. */
static const char *const keys_calls[] = {
	"read", "write", "recvmsg", "recvfrom", "sendmsg", "sendto", "poll", "ppoll", "close",
	"exit", "exit_group", "futex", "getrandom", "munmap", "mremap", "madvise", "brk",
	"rt_sigreturn", "rt_sigprocmask", "rt_sigaction", "restart_syscall", "clock_gettime",
	"gettimeofday", "time", "getpid", "gettid", "sched_yield", "tgkill", "fcntl", NULL
};
/* As above, and these. */
static const char *const worker_calls[] = {
	"readv", "writev", "pread64", "pwrite64", "accept4", "accept", "connect", "bind",
	"listen", "shutdown", "getsockname", "getpeername", "getsockopt", "setsockopt",
	"sendmmsg", "recvmmsg", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
	"epoll_pwait2", "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_gettime",
	"signalfd4", "pipe2", "dup", "dup3", "splice", "tee", "clock_nanosleep", "nanosleep",
	"clock_getres", "fstat", "lseek", "ftruncate", "fsync", "fdatasync", "msync", "sigaltstack",
	"getuid", "geteuid", "getgid", "getegid", "getppid", "uname", "sysinfo", "getrusage",
	"times", "getcpu", "sched_getaffinity", "rseq", "set_robust_list", "set_tid_address",
	"membarrier", NULL
};
/* What a supervisor never does: refused to it, the rest is allowed. */
static const char *const parent_not[] = {
	"ptrace", "process_vm_readv", "process_vm_writev", "init_module", "finit_module",
	"delete_module", "kexec_load", "kexec_file_load", "mount", "umount2", "pivot_root",
	"move_mount", "open_tree", "fsopen", "fsmount", "reboot", "swapon", "swapoff", "bpf",
	"perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key", "acct", "settimeofday",
	"clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname", "iopl", "ioperm",
	"unshare", "setns", "open_by_handle_at", "personality", "io_uring_setup", "quotactl",
	"vhangup", "nfsservctl", "lookup_dcookie", NULL
};

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED
/*
 * A test build with the sanitizers: their runtime reads its own maps and starts a process to
 * look for leaks at the end. Files stay shut where Landlock is there; no program is started.
 */
static const char *const sanitizer_calls[] = {
	"readlink", "readlinkat", "mmap", "mprotect", "prctl", "sigaltstack",
	"getrlimit", "prlimit64", "sched_getparam", "sched_getscheduler", "arch_prctl", "getdents64", "ioctl", NULL
};
#endif

static int
rule(scmp_filter_ctx c, uint32_t what, const char *const *names)
{
	int bad = 0;

	for (; *names != NULL; names++) {
		int call = seccomp_syscall_resolve_name(*names);

		if (call != __NR_SCMP_ERROR && call >= 0)
			bad |= seccomp_rule_add(c, what, call, 0);
	}
	return bad;
}

/* No memory is made to be run. */
static int
memory_rules(scmp_filter_ctx c)
{
	static const int makes[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
	int bad = 0;

	for (size_t i = 0; i < sizeof(makes) / sizeof(makes[0]); i++)
		bad |= seccomp_rule_add(c, SCMP_ACT_ALLOW, makes[i], 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return bad;
}

/* Streams to the network and to backends, and no other sockets. */
static int
worker_rules(scmp_filter_ctx c)
{
	static const int families[] = { AF_INET, AF_INET6, AF_UNIX };
	int bad = rule(c, SCMP_ACT_ALLOW, worker_calls);

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		bad |= seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]),
		    SCMP_A1(SCMP_CMP_MASKED_EQ,
		    (scmp_datum_t)(unsigned)~(SOCK_NONBLOCK | SOCK_CLOEXEC), SOCK_STREAM));
	/* FIONREAD and FIONBIO. */
	bad |= seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
	    SCMP_A1(SCMP_CMP_EQ, 0x541B));
	bad |= seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
	    SCMP_A1(SCMP_CMP_EQ, 0x5421));
	return bad;
}

/* A file of one of the folders, to be read, and no link. Which path: Landlock's to say. */
static int
folder_rules(scmp_filter_ctx c, const int *folders, size_t n)
{
	int bad = 0;

	for (size_t i = 0; i < n; i++)
		bad |= seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(openat), 2,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)folders[i]),
		    SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC | O_NOFOLLOW,
		    O_RDONLY | O_NOFOLLOW));
	return bad;
}

static int
calls(enum tw_sandbox kind, const int *folders, size_t n, struct tw_sandbox_walls *ret,
    struct tw_err *e)
{
	bool parent = kind == TW_SANDBOX_PARENT;
	scmp_filter_ctx c = seccomp_init(parent ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM));
	int bad;

	if (c == NULL)
		return tw_err_set(e, TW_ERR_LIBRARY, "libseccomp makes no list of calls");
	bad = seccomp_attr_set(c, SCMP_FLTATR_CTL_TSYNC, 1);
	if (parent)
		bad |= rule(c, SCMP_ACT_ERRNO(EPERM), parent_not);
	else
		bad |= rule(c, SCMP_ACT_ALLOW, keys_calls) | memory_rules(c);
	if (kind == TW_SANDBOX_WORKER)
		bad |= worker_rules(c) | folder_rules(c, folders, n);
#ifdef SANITIZED
	if (!parent)
		bad |= rule(c, SCMP_ACT_ALLOW, sanitizer_calls);
#endif
	if (bad == 0)
		bad = seccomp_load(c);
	seccomp_release(c);
	if (bad != 0) {
		errno = bad < 0 && bad > -4096 ? -bad : EINVAL;
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot limit system calls (seccomp)");
	}
	ret->calls = true;
	return 0;
}

#else

static int
calls(enum tw_sandbox kind, const int *folders, size_t n, struct tw_sandbox_walls *ret,
    struct tw_err *e)
{
	(void)kind, (void)folders, (void)n, (void)e;
	ret->calls = false;
	return 0;
}

#endif

static int
enter(enum tw_sandbox kind, const int *folders, size_t n, struct tw_sandbox_walls *ret,
    struct tw_err *e)
{
	*ret = (struct tw_sandbox_walls){ 0 };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot refuse new privileges");
	/* The parent opens log files and reads its configuration again. */
	if (kind != TW_SANDBOX_PARENT && landlock(folders, n, ret, e) != 0)
		return -1;
	return calls(kind, folders, n, ret, e);
}

int
tw_sandbox_enter(enum tw_sandbox kind, struct tw_sandbox_walls *ret, struct tw_err *e)
{
	return enter(kind, NULL, 0, ret, e);
}

int
tw_sandbox_enter_beside(const int *folders, size_t n, struct tw_sandbox_walls *ret,
    struct tw_err *e)
{
	return enter(TW_SANDBOX_WORKER, folders, n, ret, e);
}

void
tw_sandbox_no_rings(void)
{
	static const char *const rings[] = { "io_uring_setup", NULL };
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);

	if (c == NULL)
		return;
	if (rule(c, SCMP_ACT_ERRNO(ENOSYS), rings) == 0)
		seccomp_load(c);
	seccomp_release(c);
}
