/*
 * infer.h -- which suites in which versions lay a server open to which attack:
 * the one table behind the inferred facts and behind the evidence of findings.
 */
#ifndef TW_PROBE_INFER_H
#define TW_PROBE_INFER_H

#include "data/suite.h"
#include "probe/facts.h"

/* The attack works on a server that accepts suite s in version v. */
bool tw_infer_exposes(enum tw_attack attack, enum tw_version v, const struct tw_suite *s);
/* The state of a path in f's untested rows, or TW_YES: it was tested. *ret_reason may be NULL. */
enum tw_check tw_infer_tested(const struct tw_facts *f, const char *path,
    const char **ret_reason);
/* DH parameters a well-funded attacker has the work done for, or can afford (Logjam). */
bool tw_infer_dh_is_breakable(const struct tw_dh *dh);
/* TLS 1.3 is offered and every older version is known to be refused. */
bool tw_infer_only_tls13(const struct tw_facts *f);

#endif
