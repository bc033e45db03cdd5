/*
 * control.h -- the control socket of the parent: commands as JSON, one object a line, and
 * answers the same way (tlswright-ctl(1) has the words). Root and the gateway's group may.
 */
#ifndef TW_GATE_CONTROL_H
#define TW_GATE_CONTROL_H

#include "gate/parent.h"
#include "gate/sessions.h"

/* Serves where c says; the socket before is closed then. -1: e, and nothing is changed. */
int tw_control_open(struct tw_gate_parent *p, const struct tw_config *c, struct tw_err *e);
void tw_control_close(struct tw_gate_parent *p);	/* and takes its file away */
/* A configuration was loaded, or not; line says it in words. */
void tw_control_loaded(struct tw_gate_parent *p, bool changed, const char *line);
/* A worker answered; NULL: it ended, and will answer nothing any more. */
void tw_control_answered(struct tw_gate_parent *p, struct tw_gate_child *c,
    const struct tw_sessions_answer *a);

#endif
