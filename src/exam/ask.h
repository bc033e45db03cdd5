/* ask.h -- one question on a connection of its own, from connect to answer. */
#ifndef TW_EXAM_ASK_H
#define TW_EXAM_ASK_H

#include "net/conn.h"
#include "probe/hail.h"
#include "service/service.h"

struct endpoint;

/* How TLS is reached. */

struct approach {
	enum tw_mode mode;
	const struct tw_service *service;	/* NULL: none is spoken before TLS */
	int64_t listen_ms;	/* implicit on an unknown port: wait so long for a greeting first */
	bool trial;		/* no TLS at all: the service's own trial of a login in the clear */
};

enum ask_state { ASK_NEW, ASK_SLOT, ASK_CONNECT, ASK_PROXY, ASK_LISTEN, ASK_DIALOG, ASK_HELLO,
	ASK_DONE };

struct ask {
	struct ask *next;		/* in its endpoint's list */
	struct endpoint *ep;
	int probe;			/* index in tw_probes; -1: the endpoint's own */
	unsigned attempts;
	unsigned looks;			/* times it was put alone on purpose */
	unsigned number;		/* of its host's connections */
	unsigned beside;		/* how many were open when it began; of looks: at the first try */
	bool settled;			/* and none had ended just before */
	uint64_t began_ms;
	struct tw_question q;
	struct tw_hello sent;		/* q.hello with what only the sender knows */
	struct approach how;
	enum ask_state state, stopped_in;	/* stopped_in: where it was when it ended */
	struct tw_conn *conn;		/* NULL: none, or no longer */
	struct tw_timer *timer;
	bool counted;			/* in host->connections */
	bool timed_out;
	enum tw_conn_end end;
	int error;
	struct tw_dialog *dialog;
	struct tw_bytes greeting;	/* ASK_LISTEN: what came, in arena */
	struct tw_buf hello, in;	/* records as sent; wrapped bytes not yet unsealed */
	struct tw_arena *arena;
	struct tw_flight flight;
	uint64_t open_ns, greeted_ns;	/* the way was open; the peer's first words came */
	uint64_t hello_ns;		/* when the hello was put */
	size_t answer_bytes;		/* of the peer, since the hello */
	struct tw_answer answer;
	struct told *told;		/* of -v's story, told.c; else NULL */
	void (*done)(struct ask *a);	/* once; the ask is released after it returns */
};

/* A new ask of ep; its question is zeroed. Start it with tw_ask_start(). */
struct ask *tw_ask_new(struct endpoint *ep, int probe, const struct approach *how,
    void (*done)(struct ask *a));
void tw_ask_start(struct ask *a);
void tw_ask_cancel(struct ask *a);	/* done() is not called */
void tw_ask_finish(struct ask *a, enum tw_outcome outcome);	/* done() is called, a is gone */
void tw_ask_send(struct ask *a, struct tw_bytes records);	/* wrapped where the service wraps */

/* told.c: the story of a whole handshake for -v, on an ask of its own. */
void tw_told_start(struct endpoint *ep);
void tw_told_hear(struct ask *a, bool by_server, struct tw_bytes words);
void tw_told_shake(struct ask *a);
void tw_told_feed(struct ask *a, struct tw_bytes in);
void tw_told_free(struct told *t);	/* takes NULL */

#endif
