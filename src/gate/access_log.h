/*
 * access_log.h -- a line of JSON for every connection that ended (INTERFACE, "Log"),
 * gathered in memory and written many at a time; what cannot be written is counted.
 */
#ifndef TW_GATE_ACCESS_LOG_H
#define TW_GATE_ACCESS_LOG_H

#include "gate/inside.h"

struct tw_access_log;

/* Of a worker; fd is where lines go, -1: nowhere. */
struct tw_access_log *tw_access_log_new(struct tw_loop *loop, int fd);
void tw_access_log_free(struct tw_access_log *l);	/* writes what waits first; takes NULL */
/* From now on lines go to fd; the one before is closed. */
void tw_access_log_move(struct tw_access_log *l, int fd);
/* c has ended (c->end); detail is why, in words of ours or escaped, or NULL. */
void tw_access_log_end(const struct tw_gate_conn *c, const char *detail);
/* One was turned away at the door. */
void tw_access_log_denied(const struct tw_gate_listener *l, const struct tw_address *a,
    uint16_t port, enum tw_gate_end end);
/* Lines that were lost: the disk was full, or slower than they came. */
uint64_t tw_access_log_lost(const struct tw_access_log *l);

#endif
