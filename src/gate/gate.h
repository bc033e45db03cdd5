/*
 * gate.h -- the gateway: a parent that binds the ports and supervises, and workers that
 * serve. verb/serve.c is the caller.
 */
#ifndef TW_GATE_GATE_H
#define TW_GATE_GATE_H

#include "gate/config.h"

/*
 * Serves c until a signal ends it (TERM: when the last connection has ended, INT: now),
 * and owns c. say gets what an administrator should know, a line each. ready (or NULL) is
 * called when the workers accept. 0, or -1 where it could not begin or go on.
 */
int tw_gate_run(struct tw_config *c, void (*say)(void *ctx, const char *line),
    void (*ready)(void *ctx), void *ctx, struct tw_err *e);

#endif
