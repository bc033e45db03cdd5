/*
 * gate.h -- the gateway: a parent that binds the ports and supervises, and workers that
 * serve. verb/serve.c is the caller.
 */
#ifndef TW_GATE_GATE_H
#define TW_GATE_GATE_H

#include "gate/config.h"

/* What the gateway asks of the one who runs it. */
struct tw_gate_voice {
	void (*say)(void *ctx, const char *line);	/* what an administrator should know */
	void (*ready)(void *ctx);	/* its workers serve, at first and after each reload; or NULL */
	/* Reads the configuration again, says what is wrong with it; NULL: it cannot be served. */
	struct tw_config *(*read)(void *ctx);
	/* Looks at the files it names and says what is wrong with them. Called in a child. */
	bool (*check)(void *ctx, const struct tw_config *c);
	char *const *program;		/* how it was started, for an upgrade: argv */
	void *ctx;
};

/*
 * Serves c, which it owns, until a signal ends it: TERM when the last connection has ended,
 * INT now. HUP reads the configuration again, USR1 opens the log again, USR2 starts the
 * program's file, as it is then, in its place. 0, or -1 where it could not begin
 * (TW_ERR_FORMAT: what check() said).
 */
int tw_gate_run(struct tw_config *c, const struct tw_gate_voice *voice, struct tw_err *e);

#endif
