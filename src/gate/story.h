/*
 * story.h -- what is told of one connection: by the log, by `ctl sessions`, to the
 * backend in a PROXY header. Small, for an idle connection keeps it.
 */
#ifndef TW_GATE_STORY_H
#define TW_GATE_STORY_H

#include "gate/inside.h"
#include "wire/proxy.h"

/* What a PROXY header said besides the client, for the next to be told. */
struct tw_gate_told {
	uint8_t address[16];	/* whom the client had called */
	uint16_t port;
	uint8_t id_n;		/* of its unique id; 0: none */
	uint8_t id[TW_PROXY_ID_BYTES];
};

struct tw_gate_story {
	char *sni;		/* as the client gave it, lower case; or NULL */
	char *client_name;	/* of a verified client certificate; or NULL */
	const char *alpn;	/* chosen; of the configuration; or NULL */
	struct tw_ja *ja;	/* where a log wants it, or NULL */
	char *request, *host;	/* HTTP: the first request's line, cut, and its host; or NULL */
	uint16_t status;	/* of its answer; 0: none */
	uint16_t version, suite, group;	/* IANA codes; 0: unknown */
	bool resumed;
	uint32_t handshake_us;
	const char *backend;	/* name of the one chosen, or NULL */
	struct tw_gate_told *told;	/* or NULL */
};

/* A header said who the client is. */
void tw_story_header(struct tw_gate_conn *c, const struct tw_proxy *p);
/* The handshake ended, well or not: keeps what t knows. */
void tw_story_handshake(struct tw_gate_conn *c, struct tw_tls *t);
/* A request was read, or answered: keeps what the log says of it. */
void tw_story_request(struct tw_gate_conn *c, struct tw_bytes line, struct tw_bytes host);
void tw_story_status(struct tw_gate_conn *c, unsigned status);
void tw_story_free(struct tw_gate_story *s);	/* takes NULL */

#endif
