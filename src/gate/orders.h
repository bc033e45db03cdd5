/* orders.h -- what a worker is told by the parent over its order socket (worker.h). */
#ifndef TW_GATE_ORDERS_H
#define TW_GATE_ORDERS_H

#include "gate/inside.h"

void tw_orders_begin(struct tw_worker *w);
void tw_orders_end(struct tw_worker *w);	/* what it was told in part is given up */
/* To the parent: a letter, and words for the administrator or "". */
void tw_orders_say(const struct tw_worker *w, char letter, const char *words);

#endif
