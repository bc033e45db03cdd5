/*
 * generation.h -- one reading of the configuration, made ready to serve: its listeners
 * with their sockets, TLS contexts and admission rules. Held by the worker while it is
 * the newest, and by every connection it let in, so a reload takes nothing from them.
 */
#ifndef TW_GATE_GENERATION_H
#define TW_GATE_GENERATION_H

#include "gate/inside.h"
#include "net/tls_keys.h"

/*
 * Makes a generation of c, which it owns from then on (on failure too). fds: the
 * listening sockets of this worker, one an address of each listen block, in their order;
 * NULL: none, to see whether all is there. keys: the key process's, NULL: keys are read here. NULL is returned: what a certificate or a file of authorities lacks is in e.
 */
struct tw_generation *tw_generation_new(struct tw_config *c, const int *fds,
    const struct tw_tls_tickets *tickets, struct tw_keys *keys, struct tw_err *e);
void tw_generation_hold(struct tw_generation *g);
void tw_generation_release(struct tw_generation *g);	/* takes NULL */
/* How many listening sockets a configuration has. */
size_t tw_generation_sockets(const struct tw_config *c);

#endif
