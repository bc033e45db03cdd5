/*
 * story.h -- what is told of one connection: by the log, by `ctl sessions`, to the
 * backend in a PROXY header. Small, for an idle connection keeps it.
 */
#ifndef TW_GATE_STORY_H
#define TW_GATE_STORY_H

#include "gate/inside.h"

struct tw_gate_story {
	char *sni;		/* as the client gave it, lower case; or NULL */
	char *client_name;	/* of a verified client certificate; or NULL */
	const char *alpn;	/* chosen; of the configuration; or NULL */
	uint16_t version, suite, group;	/* IANA codes; 0: unknown */
	bool resumed;
	uint32_t handshake_us;
	const char *backend;	/* name of the one chosen, or NULL */
};

/* The handshake ended, well or not: keeps what t knows. */
void tw_story_handshake(struct tw_gate_conn *c, struct tw_tls *t);
void tw_story_free(struct tw_gate_story *s);	/* takes NULL */

#endif
