/*
 * command.h -- other programs run by fixed words, never through a shell, several
 * side by side, within bounds of time and output. For nft, iptables-save and ssh.
 */
#ifndef TW_NET_COMMAND_H
#define TW_NET_COMMAND_H

#include "base/buf.h"

struct tw_command {
	const char *const *argv;	/* NULL ends it; argv[0] has no slash: found where systems keep programs */
	bool holds_stdin;		/* its standard input stays open and empty; else /dev/null */
	struct tw_buf out, err;		/* to be begun by the caller, with their bounds */
	/* Afterwards: */
	bool missing;			/* there is no such program */
	bool timed_out, stopped;	/* ended by us: too long; enough() said so */
	int status;			/* its exit status; -1: ended by a signal, or never begun */
	void *ctx;			/* the caller's */
};

/*
 * Runs all n, at most `parallel` at once, each for at most timeout_ms. enough (or
 * NULL) is asked whenever a program said something: true ends it.
 */
void tw_command_run(struct tw_command *commands, size_t n, unsigned parallel, int64_t timeout_ms,
    bool (*enough)(struct tw_command *c));

#endif
