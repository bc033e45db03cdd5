/*
 * self_audit.h -- the examination turned upon the gateway's own listeners: is what they do
 * what the configuration says? verb/serve_audit.c is the caller, in a process of its own.
 */
#ifndef TW_GATE_SELF_AUDIT_H
#define TW_GATE_SELF_AUDIT_H

#include "gate/config.h"

struct tw_self_audit {
	const struct tw_config *config;
	int64_t at;			/* Unix time */
	/* A difference, or why there is none to be known: a sentence each, peers' text escaped. */
	void (*say)(void *ctx, const char *line);
	void *ctx;
	unsigned examined, differing, unknown;	/* looks at a listener by one name: how many */
};

/* Examines every listener at each of its addresses by each of its names. -1: it could not begin. */
int tw_self_audit_run(struct tw_self_audit *s, struct tw_err *e);

#endif
