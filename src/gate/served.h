/*
 * served.h -- what the certificates of a configuration say, for `ctl certificates` and
 * the metrics. The child that tries a configuration says it of the bytes that are served
 * then: a file may hold the private key as well, and no key comes into the parent.
 */
#ifndef TW_GATE_SERVED_H
#define TW_GATE_SERVED_H

#include "gate/bundle.h"
#include "gate/config.h"

struct tw_served {		/* text is escaped */
	bool read;		/* false: the rest says nothing */
	int64_t not_before, not_after;
	char subject[256], serial[128], sha256[65];
	char key[48];		/* "ECDSA P-256", "RSA 2048" */
	char names[4096];	/* subjectAltName, a line each */
	bool more_names;	/* than there was room for */
};

/* Memory that children share, one for each certificate of c; NULL: it has none. */
struct tw_served *tw_served_new(const struct tw_config *c);
void tw_served_fill(struct tw_served *v, const struct tw_config *c, const struct tw_bundle *files);
void tw_served_free(struct tw_served *v, const struct tw_config *c);	/* takes NULL */

#endif
