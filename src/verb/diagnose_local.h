/* diagnose_local.h -- `tlswright diagnose --local`, for the verb that has the options. */
#ifndef TW_VERB_DIAGNOSE_LOCAL_H
#define TW_VERB_DIAGNOSE_LOCAL_H

#include "host/machine.h"
#include "report/report.h"

struct tw_diagnose_local {
	bool json;
	const char *via;	/* user@host to ask from, or NULL */
	const char *name;	/* how the world calls this machine, or NULL: its own addresses */
	int64_t timeout_ms;	/* one step; 0: 5 s */
	struct tw_report_style style;
};

/* Looks and prints; the exit status of INTERFACE: 0 seen, 1 something is wrong, 2 it cannot look. */
int tw_diagnose_local_run(const struct tw_diagnose_local *o);

/* diagnose_via.c: asks from `via` which listeners answer. -1: ssh does not get there. */
int tw_diagnose_via_ask(struct tw_machine *m, const struct tw_diagnose_local *o,
    struct tw_err *err);

#endif
