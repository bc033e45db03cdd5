/*
 * worker.h -- one worker of the gateway: a loop, a pool of connections sized at start,
 * and the generation of the configuration that lets new ones in.
 */
#ifndef TW_GATE_WORKER_H
#define TW_GATE_WORKER_H

#include "gate/inside.h"

/* What the parent says over the order socket, a letter each. */
enum {
	TW_ORDER_FINISH = 'f', TW_ORDER_END = 'e',
	TW_ORDER_LOG = 'l', TW_ORDER_KEYS = 'k',	/* these bring a descriptor */
	/*
	 * Another configuration, in pieces: struct tw_order_serve behind the letter, with its
	 * bundles and its line of keys; then its listening sockets, some at a time.
	 */
	TW_ORDER_SERVE = 's', TW_ORDER_LISTEN = 'n',
	TW_ORDER_SESSIONS = 'q',	/* a question (sessions.h) */
};
struct tw_order_serve {
	uint32_t sockets;
	uint8_t secrets, keys;		/* is there one of keys, a line to a key process? */
};
/* And what the worker says. */
enum {
	TW_WORD_SERVES = 'S', TW_WORD_CANNOT = 'C',	/* the newest it was told of, or not */
	TW_WORD_SESSIONS = 'Q',	/* an answer (sessions.h) */
};

/* What a worker is started with; all of it outlives the worker. */
struct tw_worker_start {
	unsigned slot;
	uint32_t room;			/* connections at once */
	struct tw_guard *guard;
	struct tw_counters *counters;
	const char *host;		/* what dialogues call this machine */
	int log_fd;			/* -1: none */
	const struct tw_tls_tickets *tickets;
	int order_fd;			/* words of the parent come here */
};

struct tw_worker *tw_worker_new(const struct tw_worker_start *start);
/* From now on new connections come in by g's listeners. The one before goes with its last. */
void tw_worker_adopt(struct tw_worker *w, struct tw_generation *g);
void tw_worker_run(struct tw_worker *w);	/* until it was told to end and has no connection */
void tw_worker_free(struct tw_worker *w);
/* No new connections; now: nor old ones. */
void tw_worker_finish(struct tw_worker *w, bool now);

/* What a sockaddr says; a Unix socket is somebody of this machine. */
struct tw_address tw_worker_address(const struct sockaddr_storage *s, uint16_t *ret_port);

/* For the phases: a backend's socket, connected or connecting, is watched and closed. */
void tw_worker_take_backend(struct tw_gate_conn *c, int fd);
void tw_worker_drop_backend(struct tw_gate_conn *c);
/* Closes both sockets and gives the row back to the pool when the loop lets go. */
void tw_worker_drop(struct tw_gate_conn *c);

#endif
