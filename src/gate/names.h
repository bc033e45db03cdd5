/*
 * names.h -- a number for each listener's name, the same after a reload whatever its place
 * in the file: guards and counters tell listeners apart by it.
 */
#ifndef TW_GATE_NAMES_H
#define TW_GATE_NAMES_H

#include "gate/config.h"
#include "gate/lacks.h"

struct tw_gate_names {		/* all zero: none yet */
	struct {
		char *name;	/* NULL: never used */
		unsigned users;	/* configurations that are served with it */
	} v[TW_GATE_LISTENS];
};

/*
 * Gives every listener of c its number. A number that nobody uses may become another's:
 * renamed is called with it then. -1: too many names at once, and none was given.
 */
int tw_gate_names_give(struct tw_gate_names *n, struct tw_config *c,
    void (*renamed)(void *ctx, unsigned number), void *ctx, struct tw_err *e);
/* c, which was given its numbers, is served no more. */
void tw_gate_names_take(struct tw_gate_names *n, const struct tw_config *c);
/* The last one's name a number had; NULL: none ever. */
const char *tw_gate_names_of(const struct tw_gate_names *n, unsigned number);
void tw_gate_names_clear(struct tw_gate_names *n);

#endif
