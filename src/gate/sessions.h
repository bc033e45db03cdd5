/*
 * sessions.h -- what a worker tells of its connections when the parent asks over the
 * order socket (`ctl sessions`): some rows of its pool a question, so that nobody waits
 * for it and nothing is kept for it while nobody asks.
 */
#ifndef TW_GATE_SESSIONS_H
#define TW_GATE_SESSIONS_H

#include "gate/inside.h"

#define TW_SESSIONS_ROWS	1024	/* of the pool, looked at for one question */
#define TW_SESSIONS_MOST	64	/* told in one answer */
#define TW_SESSIONS_OVER	UINT32_MAX

/* Of the parent, behind TW_ORDER_SESSIONS and three bytes of nothing. */
struct tw_sessions_question {
	uint8_t order, none[3];
	uint32_t serial;	/* comes back with the answer */
	uint32_t from;		/* the row to begin with */
};

struct tw_session_told {	/* text ends with a NUL; as the peer said it: escape it */
	uint64_t began_ns, bytes_in, bytes_out;	/* began: monotonic */
	struct tw_address peer, via;
	uint32_t listener;	/* its number */
	uint16_t peer_port, version, suite;	/* IANA codes; 0: not known */
	uint8_t phase;
	bool has_via, resumed;
	char sni[64], backend[48];
};

struct tw_sessions_answer {
	uint8_t word, none[3];	/* TW_WORD_SESSIONS */
	uint32_t serial, n;
	uint32_t next;		/* the row to go on with, or TW_SESSIONS_OVER */
	struct tw_session_told v[TW_SESSIONS_MOST];
};

/* In the worker: answers a question of n bytes, in one packet to its order socket. */
void tw_sessions_tell(const struct tw_worker *w, const uint8_t *question, size_t n);
/* Bytes of an answer with so many sessions. */
size_t tw_sessions_size(uint32_t n);

#endif
