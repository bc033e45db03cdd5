/* serve_audit.h -- serve --self-audit: the gateway's listeners against its configuration. */
#ifndef TW_VERB_SERVE_AUDIT_H
#define TW_VERB_SERVE_AUDIT_H

#include "gate/config.h"

/*
 * Examines what runs at the listeners of c and prints what differs; the exit status: 0,
 * 1 where something differs, 3 where nothing does that could be examined, and not all could.
 */
int tw_serve_audit(const struct tw_config *c);
/* The same beside a gateway that runs: in a program of its own, which nobody waits for. */
void tw_serve_audit_start(const char *file);

#endif
