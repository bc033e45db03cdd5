/*
 * process.h -- processes of our own, and the signals of the one that has them: told as
 * readiness on the loop, so that no handler runs between two lines of anybody.
 */
#ifndef TW_NET_PROCESS_H
#define TW_NET_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Blocks the signals of the list (0 ends it); they are read from the descriptor. */
int tw_process_signals(const int *signals);
int tw_process_signal(int fd);		/* the next one, 0: none now */
bool tw_process_pair(int ret[2]);	/* two sockets of packets; false: errno */
/*
 * A child. 0 in it, where no signal is blocked or handled and *ret_socket is a socket to
 * the parent, which ends when the parent does; the child's id in the parent, where
 * it is one to the child; -1 with errno. SIGTERM, SIGINT and SIGHUP are the parent's to
 * tell: the child does not hear them.
 */
pid_t tw_process_fork(int *ret_socket);
/*
 * This program once more with those words (NULL ends them), its stdout where stderr is; it
 * ends when we do. Its id, to be reaped; -1 with errno.
 */
pid_t tw_process_run_self(char *const *argv);
/* A child that has ended: its id, *ret_how its exit status or minus its signal; 0: none. */
pid_t tw_process_reap(int *ret_how);
void tw_process_await(pid_t pid, int *ret_how);	/* the same of one, when it has */
void tw_process_kill(pid_t pid);
pid_t tw_process_id(void);		/* our own */
bool tw_process_hear(int socket, int ms);	/* waits for a word of a child; false: none came */
/*
 * Another program of path, with argv, as a child: keep[] and its end of *ret_socket stay open
 * over the exec, their numbers in the environment's `variable` as "socket keep…". -1 with
 * errno; that the program could not be run is status 127.
 */
struct tw_process_program {
	const char *path;
	char *const *argv;
	const int *keep;
	size_t keep_n;
	const char *variable;
};
pid_t tw_process_run(const struct tw_process_program *program, int *ret_socket);
bool tw_process_path(char *out, size_t n);	/* of this program; false: not known */
/* Memory, zeroed, that children share. NULL with errno. */
void *tw_process_share(size_t bytes);
void tw_process_unshare(void *p, size_t bytes);	/* here; children that have it keep it */
/* This machine's name, fully qualified where it knows; "localhost" where it has none; 256 bytes. */
void tw_process_host_name(char *out);
_Noreturn void tw_process_exit(int status);

#endif
