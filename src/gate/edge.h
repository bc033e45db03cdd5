/*
 * edge.h -- HTTP inside TLS as the splice sees it: the connection's first request and its
 * status for the log, and HSTS put into answers. A backend is given what the client said.
 */
#ifndef TW_GATE_EDGE_H
#define TW_GATE_EDGE_H

#include "gate/inside.h"

/* Of a backend's bytes so many fewer are read at once: what is put in has room then. */
size_t tw_edge_room(const struct tw_gate_conn *c);
/* c->edge is made where a log or hsts of a listener of https wants it. */
void tw_edge_open(struct tw_gate_conn *c);
void tw_edge_close(struct tw_gate_conn *c);	/* where there is one */
/* The client said v, and the backend gets it. c->edge may be NULL, as below. */
void tw_edge_client(struct tw_gate_conn *c, struct tw_bytes v);
/* The backend said v: what the client gets, v or a view of the worker's scratch. */
struct tw_bytes tw_edge_backend(struct tw_gate_conn *c, struct tw_bytes v);
struct tw_bytes tw_edge_end(struct tw_gate_conn *c);	/* what was held, at the backend's end */

#endif
