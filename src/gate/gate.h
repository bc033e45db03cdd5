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
	void (*ready)(void *ctx);	/* its workers are started, at first and after each reload; or NULL */
	/* Reads the configuration again, says what is wrong with it; NULL: it cannot be served. */
	struct tw_config *(*read)(void *ctx);
	void *ctx;
};

/*
 * Serves c, which it owns, until a signal ends it: TERM when the last connection has ended,
 * INT now. HUP reads the configuration again. 0, or -1 where it could not begin.
 */
int tw_gate_run(struct tw_config *c, const struct tw_gate_voice *voice, struct tw_err *e);

#endif
