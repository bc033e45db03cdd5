/*
 * generation.h -- one reading of the configuration, made ready to serve: its listeners
 * with their sockets, TLS contexts and admission rules. Held by the worker while it is
 * the newest, and by every connection it let in, so a reload takes nothing from them.
 */
#ifndef TW_GATE_GENERATION_H
#define TW_GATE_GENERATION_H

#include "gate/bundle.h"
#include "gate/inside.h"
#include "net/tls_keys.h"

/* Names in the bundle of a configuration's own pieces, each with a NUL at its end. */
#define TW_GENERATION_TEXT	"\ntext"
#define TW_GENERATION_PATH	"\npath"
#define TW_GENERATION_NUMBERS	"\nnumbers"	/* of its listeners (names.h), a uint32_t each */

/* What one is made of. */
struct tw_generation_parts {
	struct tw_config *config;	/* the generation's from then on, on failure too */
	/* Listening sockets of this worker, one an address of each listen block, in their order;
	 * closed when nobody listens any more. NULL: none, to see whether all is there. */
	const int *fds;
	const struct tw_tls_tickets *tickets;
	struct tw_keys *keys;		/* the key process's, as config; NULL: keys are in secrets */
	const struct tw_bundle *files, *secrets;	/* what is on the disk; needed no longer then */
};

/* NULL: what a certificate or a file of authorities lacks is in e. */
struct tw_generation *tw_generation_new(const struct tw_generation_parts *parts,
    struct tw_err *e);
void tw_generation_hold(struct tw_generation *g);
void tw_generation_release(struct tw_generation *g);	/* takes NULL */
/* A connection that will shake hands; it has, or never will (once is enough). */
void tw_generation_await(struct tw_gate_conn *c);
void tw_generation_shaken(struct tw_gate_conn *c);
/*
 * Where it lets nobody in any more and awaits no handshake, its TLS contexts and its line
 * to the key process are given up: connections that stay for days hold no more than they need.
 */
void tw_generation_retire(struct tw_generation *g);
/* The files that c takes from the disk, into the bundles of what all may see and of keys. */
int tw_generation_files(const struct tw_config *c, struct tw_buf *files, struct tw_buf *secrets,
    struct tw_err *e);
/* Every listener, then every redirect's; NULL: there are no more. */
struct tw_config_listen *tw_generation_listen(const struct tw_config *c, size_t i);
/* How many listening sockets a configuration has. */
size_t tw_generation_sockets(const struct tw_config *c);

#endif
