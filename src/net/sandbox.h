/*
 * sandbox.h -- walls around a process that cannot be taken down again: Landlock, so that
 * no file is opened, and a list of the system calls its work needs.
 */
#ifndef TW_NET_SANDBOX_H
#define TW_NET_SANDBOX_H

#include "base/bytes.h"
#include "base/err.h"

enum tw_sandbox {
	TW_SANDBOX_WORKER,	/* sockets and timers; no file, no program, no process */
	TW_SANDBOX_KEYS,	/* reads and writes what it was given, and nothing else */
	TW_SANDBOX_PARENT,	/* all but what no supervisor needs: ptrace, modules, mounts, … */
};

/* What stands now. */
struct tw_sandbox_walls {
	int landlock;		/* its version in this kernel; 0: none */
	bool calls;		/* system calls are limited */
};

/*
 * Enters it, for all threads, with no_new_privs. What this kernel or build lacks is left out
 * and told in ret; -1: a wall that is there would not stand (nothing is given up then, do end).
 * What is refused fails with EACCES, EPERM or EAFNOSUPPORT; it does not kill.
 */
int tw_sandbox_enter(enum tw_sandbox kind, struct tw_sandbox_walls *ret, struct tw_err *e);
/*
 * The same for a worker that goes on reading files of these folders (net/folder.h), by
 * openat(2) on their descriptors alone and nothing outside of them. It needs Landlock, for
 * no list of calls sees a path: where the kernel has none, -1.
 */
int tw_sandbox_enter_beside(const int *folders, size_t n, struct tw_sandbox_walls *ret,
    struct tw_err *e);

/* From now on there is no io_uring: libuv makes no ring that the sandbox would refuse. */
void tw_sandbox_no_rings(void);

#endif
