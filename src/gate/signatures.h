/*
 * signatures.h -- a worker's lines to key processes, one a generation that has keys
 * elsewhere and may still need them.
 */
#ifndef TW_GATE_SIGNATURES_H
#define TW_GATE_SIGNATURES_H

#include "gate/inside.h"

void tw_signatures_begin(struct tw_worker *w);	/* before its loop runs */
void tw_signatures_watch(struct tw_generation *g);	/* what g's key process answers; where it has one */
void tw_signatures_lose(struct tw_generation *g);
/* Another process took the place of one that died: what waits is asked again there. */
void tw_signatures_move(struct tw_generation *g, int fd);

#endif
