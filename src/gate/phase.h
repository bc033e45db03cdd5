/*
 * phase.h -- a connection of the gateway as a row of phases: each with its handlers and
 * its time limit, entered in one function only. The phases' own files call back here.
 */
#ifndef TW_GATE_PHASE_H
#define TW_GATE_PHASE_H

#include "gate/inside.h"

struct tw_gate_phase_row {
	const char *name;
	void (*enter)(struct tw_gate_conn *c);
	void (*client)(struct tw_gate_conn *c);		/* it may be read; or NULL */
	void (*backend)(struct tw_gate_conn *c);	/* ready; or NULL */
	void (*flushed)(struct tw_gate_conn *c);	/* a slow one took bytes; or NULL */
	bool (*again)(struct tw_gate_conn *c);	/* its time is over; true: it tries on. Or NULL */
	void (*leave)(struct tw_gate_conn *c);		/* gives up what the phase held; or NULL */
	size_t limit;		/* where in tw_config_limit its time is */
	enum tw_gate_end late;	/* what it is when that is over */
};

extern const struct tw_gate_phase_row tw_phase_preface, tw_phase_dialogue,
    tw_phase_handshake, tw_phase_connect, tw_phase_secure, tw_phase_swallow, tw_phase_splice,
    tw_phase_closing, tw_phase_redirect;

/* A connection was let in: enters its first phase. */
void tw_phase_begin(struct tw_gate_conn *c);
/* May TLS begin at once here as well as be asked for (PostgreSQL 17)? */
bool tw_phase_may_begin_either_way(const struct tw_gate_conn *c);
void tw_phase_begin_with_tls(struct tw_gate_conn *c);	/* it does: no dialogue */
enum tw_gate_end tw_phase_denial(enum tw_admission word);	/* the log's word for it */
/* The phase has done its work: enters the next. Nothing of c is touched after the call. */
void tw_phase_next(struct tw_gate_conn *c);
/*
 * Ends the connection: what waits for the client is still sent and its close is waited
 * for (TW_PHASE_CLOSING) where polite, else all is closed now. detail: text of ours that
 * outlives the program, or NULL.
 */
void tw_phase_end(struct tw_gate_conn *c, enum tw_gate_end end, const char *detail, bool polite);
/*
 * A failure is held against the peer. True: it is banned now. The connection's own end is
 * the caller's.
 */
bool tw_phase_failed(struct tw_gate_conn *c, enum tw_ban_kind kind);
/* close_notify to the client, where records stand; once. */
void tw_phase_goodbye(struct tw_gate_conn *c);
/* The phase goes on: its time begins anew (an idle time does). */
void tw_phase_alive(struct tw_gate_conn *c);
/* The phase before is the connection's again, and is not entered: its doer does. */
void tw_phase_back(struct tw_gate_conn *c);
/* This address of the backend would not: on to the next, or the end. */
void tw_phase_connect_next(struct tw_gate_conn *c);
bool tw_phase_connect_again(struct tw_gate_conn *c);	/* it is too slow: is there a next? */
/* The key process has signed what connection c waits for. */
void tw_phase_handshake_signed(void *c);
/* A socket of it is ready: what waits is sent, then the phase's handler is called. */
void tw_phase_ready(struct tw_gate_conn *c, bool client, unsigned events);
const char *tw_phase_name(unsigned phase);	/* "handshake" */
/* The limit's time is over. */
void tw_phase_late(struct tw_gate_conn *c);

#endif
