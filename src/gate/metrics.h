/* metrics.h -- the gateway's figures for Prometheus, over HTTP from the parent (INTERFACE, "Metrics"). */
#ifndef TW_GATE_METRICS_H
#define TW_GATE_METRICS_H

#include "gate/parent.h"

/* Serves them where c says; what served them before is closed then. -1: e, and nothing is changed. */
int tw_metrics_open(struct tw_gate_parent *p, const struct tw_config *c, struct tw_err *e);
void tw_metrics_close(struct tw_gate_parent *p);
/* All of them, in the text format (version 0.0.4). */
void tw_metrics_write(const struct tw_gate_parent *p, struct tw_buf *out);

#endif
