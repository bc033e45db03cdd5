/*
 * config.h -- configuration for a server from a policy: policy × target × choices → text.
 * Pure: what is installed and what day it is, the verb says.
 */
#ifndef TW_REPORT_CONFIG_H
#define TW_REPORT_CONFIG_H

#include "base/buf.h"
#include "base/err.h"
#include "data/policy.h"
#include "data/target.h"

/* An old version, for some, for some time: allowed where the server can limit it (B2). */
struct tw_config_exception {
	enum tw_version version;	/* TW_TLS10 or TW_TLS11 */
	const char *network;		/* "10.1.2.0/24" */
	const char *until;		/* "2027-06-30" */
	const char *reason;
	uint16_t port;			/* of the listener of its own; 0: 10000 + the port */
};

struct tw_config {
	const struct tw_target *target;
	const struct tw_policy *policy;
	const char *version, *openssl;	/* NULL: the newest known */
	const char *cert, *key, *chain;	/* files; NULL: usual ones; chain NULL: cert has it all */
	const char *name;		/* NULL: example.com */
	uint16_t port;			/* 0: the target's */
	bool no_hsts, no_redirect;
	const char *acme;		/* the folder of ACME's HTTP challenges, or NULL */
	const struct tw_config_exception *exception;	/* or NULL */
	const char *preface;		/* lines to stand in the header's comments, or NULL */
	int64_t now;			/* seconds since 1970: what is past its end of life */
};

/* Puts the configuration. -1 with e where these choices leave nothing to write. */
int tw_config_render(const struct tw_config *c, struct tw_buf *out, struct tw_err *e);
/* Puts what the user should know of his choices, a sentence a line: they stand in the
 * configuration too. Nothing where there is nothing to say. */
void tw_config_notes(const struct tw_config *c, struct tw_buf *out);
/* Puts the lines of `audit --waivers` the exception corresponds to, one finding each. */
void tw_config_waivers(const struct tw_config *c, struct tw_buf *out);

#endif
