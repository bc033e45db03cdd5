/*
 * lacks.h -- what tlswright.conf(5) can say and the gateway cannot do yet. It refuses to
 * serve such a file: a wall that is written down and does not stand is worse than none.
 */
#ifndef TW_GATE_LACKS_H
#define TW_GATE_LACKS_H

#include "gate/config.h"

#define TW_GATE_LISTENS	256	/* listen blocks: what the guard's shared memory has room for */

/* Calls say with a sentence for each; true: there was one. */
bool tw_gate_lacks(const struct tw_config *c, void (*say)(void *ctx, const char *line), void *ctx);

#endif
