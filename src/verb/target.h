/*
 * target.h -- what a user may write as TARGET (INTERFACE), to what exam/ takes:
 * hosts, ports, services, URLs that were pasted, networks. Verbs that connect
 * are the callers.
 */
#ifndef TW_VERB_TARGET_H
#define TW_VERB_TARGET_H

#include "base/err.h"
#include "exam/exam.h"

#define TW_TARGET_MAX 1024	/* bytes of one TARGET */

struct tw_target {		/* one TARGET, and for a network where its addresses stand */
	char text[TW_TARGET_MAX], host[TW_TARGET_MAX];
	uint16_t port;
	const struct tw_port *row;
	bool network, v6;
	uint8_t address[16];	/* of a network: the next */
	uint64_t left;		/* addresses still to come; a single host: 1 */
	char note[TW_TARGET_MAX];	/* how it was understood, where it was corrected; else "" */
	char shown[TW_TARGET_MAX + 80];	/* of a network: the target of one address */
};

/* Reads text; -1 with one clear sentence. */
int tw_target_parse(const char *text, struct tw_target *ret, struct tw_err *err);
/* The next thing to examine; false: no more. Borrowed from t. */
bool tw_target_next(struct tw_target *t, struct tw_spec *ret);

#endif
