/*
 * sockets.h -- the listening sockets of the gateway, one an address and worker, kept open
 * by the parent for as long as a configuration names them: closing one would reset those
 * who wait in its queue.
 */
#ifndef TW_GATE_SOCKETS_H
#define TW_GATE_SOCKETS_H

#include "gate/config.h"

struct tw_gate_sockets;

struct tw_gate_sockets *tw_gate_sockets_new(void);
/* Sockets that are there already, handed in by who started us; taken over. */
void tw_gate_sockets_inherit(struct tw_gate_sockets *s, const int *fds, size_t n);
/* All of the newest configuration, to be handed on. */
const int *tw_gate_sockets_all(const struct tw_gate_sockets *s, size_t *ret_n);
void tw_gate_sockets_free(struct tw_gate_sockets *s);	/* closes all */
/*
 * The sockets of c, by worker, then by address in the file's order; those that are there
 * already are used again, the rest is bound. The caller frees the list, not the sockets.
 * NULL: one could not be bound (e), and none was added.
 */
int *tw_gate_sockets_for(struct tw_gate_sockets *s, const struct tw_config *c, struct tw_err *e);
/* Closes those the last configuration does not name. */
void tw_gate_sockets_drop_unused(struct tw_gate_sockets *s);

#endif
