/*
 * flow.h -- bytes in and out of a connection's two sockets: what cannot be sent waits,
 * what cannot be read whole is kept, and the loop is told what to watch for.
 */
#ifndef TW_GATE_FLOW_H
#define TW_GATE_FLOW_H

#include "gate/inside.h"

enum tw_flow { TW_FLOW_OK, TW_FLOW_OVER, TW_FLOW_BROKEN };	/* an end of file; an error */

/* Sends v, or what of it must wait is kept. False: the socket is broken. */
bool tw_flow_to_client(struct tw_gate_conn *c, struct tw_bytes v);
bool tw_flow_to_backend(struct tw_gate_conn *c, struct tw_bytes v);
/* The socket takes bytes again: sends what waits. False: it is broken. */
bool tw_flow_flush(struct tw_gate_conn *c, bool client);
/*
 * What was kept of the client and what it says now behind it, in the worker's scratch
 * until the next call; ret may be empty. After TW_FLOW_OVER ret holds what was kept.
 */
enum tw_flow tw_flow_receive(struct tw_gate_conn *c, struct tw_bytes *ret);
/* Keeps what of the client's bytes cannot be used yet. False: no memory. */
bool tw_flow_keep(struct tw_gate_conn *c, struct tw_bytes rest);
/* Puts v behind what waits. False: no memory. */
bool tw_flow_put(struct tw_pending *p, struct tw_bytes v);
/* What the phase wants to hear of a socket now: TW_READABLE, TW_WRITABLE. */
unsigned tw_flow_wants(const struct tw_gate_conn *c, bool client);
/* Watches for just what the phase wants now. */
void tw_flow_settle(struct tw_gate_conn *c);
void tw_flow_free(struct tw_pending *p);

#endif
