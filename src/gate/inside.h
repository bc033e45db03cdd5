/*
 * inside.h -- what the files of the gateway's worker share, and nobody else sees: the
 * worker, its listeners, and a connection, which is a row of phases.
 */
#ifndef TW_GATE_INSIDE_H
#define TW_GATE_INSIDE_H

#include "dialog/dialog.h"
#include "gate/config.h"
#include "gate/wheel.h"
#include "guard/admission.h"
#include "net/socket.h"
#include "net/tls_keys.h"
#include "net/tls_server.h"
#include "net/poll.h"
#include "wire/records.h"

/* Of one turn: bytes received, bytes in the clear, bytes to send. Nobody holds them longer. */
#define TW_GATE_RECORDS	8	/* records a turn: more no longer pays */
#define TW_GATE_PLAIN	(TW_GATE_RECORDS * 16384)
#define TW_GATE_SEALED	(TW_GATE_PLAIN + TW_GATE_RECORDS * 512 + 16384 + 512)
#define TW_GATE_LOOKED	TW_WATCH_ROOM(TW_RECORDS_ROOM(TW_GATE_SEALED))

struct tw_gate_scratch {
	uint8_t received[TW_GATE_SEALED], plain[TW_RECORDS_ROOM(TW_GATE_SEALED)],
	    sealed[TW_RECORDS_SEALED(TW_GATE_LOOKED)], looked[TW_GATE_LOOKED];
};

/* What one reading of the configuration became; held by the connections it let in. */
struct tw_generation {
	unsigned holders;
	unsigned awaiting;		/* connections whose handshake may still come */
	struct tw_worker *worker;
	struct tw_generation *next;	/* of the worker's: those before it */
	struct tw_keys *keys;		/* NULL: keys are here */
	struct tw_poll signatures;
	bool signatures_watched, signatures_closing;
	struct tw_config *config;
	struct tw_gate_listener *listeners;
	size_t listeners_n;
	struct tw_tls_client_context **outward;	/* by backend; NULL: it is spoken to in the clear */
};

struct tw_gate_listener {
	struct tw_poll watch;
	struct tw_worker *worker;
	struct tw_generation *generation;
	const struct tw_config_listen *listen;
	struct tw_tls_context *tls;
	struct tw_admission_policy policy;
	struct tw_ban_rule ban;
	struct tw_counts *counts;	/* this worker's, of this listener */
	const char *host;		/* what dialogues call this machine */
	int fd;
	char hsts[48];			/* the field that answers are given; "": none */
	int folder;			/* of ACME challenges; -1: none */
};

struct tw_worker {
	struct tw_loop *loop;
	struct tw_timer *tick;
	struct tw_poll orders;
	int order_fd;
	struct tw_coming *coming;	/* a new generation that is being told; or NULL */
	const struct tw_tls_tickets *tickets;
	const char *host;
	struct tw_access_log *log;
	struct tw_wheel wheel;
	struct tw_gate_scratch *scratch;
	struct tw_records_scratch *records;
	struct tw_buf out;		/* what a handshake or a dialogue says in a turn */
	struct tw_generation *generation;	/* which lets new ones in */
	struct tw_generation *generations;	/* it, and those that connections still hold */
	bool retires;			/* one of them may have no use for its keys any more */
	struct tw_guard *guard;
	struct tw_counters *counters;
	unsigned slot;
	struct tw_gate_conn *free;		/* of the pool */
	struct tw_gate_conn *pool;
	uint32_t room;
	uint32_t used, connections;	/* rows of the pool ever used; connections now */
	bool ticking;
	bool deaf;			/* no descriptor was left: the queue of the sockets waits */
	bool ending;			/* no new connection; the loop ends with the last */
};

enum tw_gate_phase { TW_PHASE_PREFACE, TW_PHASE_DIALOGUE, TW_PHASE_HANDSHAKE, TW_PHASE_CONNECT,
	TW_PHASE_SECURE, TW_PHASE_SWALLOW, TW_PHASE_SPLICE, TW_PHASE_CLOSING, TW_PHASE_REDIRECT,
	TW_PHASE_NONE };

/* How a connection ended: the log's words (INTERFACE). */
enum tw_gate_end {
	TW_GATE_GOING,
	TW_GATE_CLOSED_BY_CLIENT, TW_GATE_CLOSED_BY_BACKEND, TW_GATE_HANDSHAKE_FAILED,
	TW_GATE_DIALOGUE_REFUSED, TW_GATE_PLAINTEXT_INJECTED, TW_GATE_TIMEOUT_DIALOGUE,
	TW_GATE_TIMEOUT_HANDSHAKE, TW_GATE_TIMEOUT_CONNECT, TW_GATE_TIMEOUT_IDLE,
	TW_GATE_DENIED_ACCESS, TW_GATE_DENIED_BANNED, TW_GATE_DENIED_RATE,
	TW_GATE_DENIED_LIMIT, TW_GATE_LOGIN_FAILED_BANNED, TW_GATE_BACKEND_DOWN,
	TW_GATE_PROTOCOL_ERROR, TW_GATE_SHUTDOWN,
	TW_GATE_ENDS
};
extern const char *const tw_gate_ends[TW_GATE_ENDS];

/* Bytes that wait: for a slow reader, or for the rest of a record. No memory while none do. */
struct tw_pending {
	uint8_t *p;
	uint32_t at, n, room;
};

struct tw_gate_conn {
	struct tw_poll client, backend;
	struct tw_wheel_item limit;	/* of the phase */
	struct tw_gate_listener *listener;
	struct tw_gate_conn *next;	/* in the pool's free list */
	const uint8_t *plan;		/* phases to come */
	int client_fd, backend_fd;	/* -1: none */
	uint8_t phase, end;
	uint8_t watched[2], came[2];	/* events of client, backend: asked for, and in this turn */
	uint8_t handles;		/* of the loop: the row is free when none is left */
	bool client_over, backend_over;	/* said their last; the other may go on */
	bool client_cut;		/* without a close_notify */
	uint8_t first;			/* enum tw_gate_end: of who said it first */
	bool waiting;			/* for a signature: the client is not read */
	uint8_t try;			/* which address of the backend */
	bool backend_closing;		/* its watch is not free yet */
	bool broken;			/* what passes is not what it should be */
	bool banned;			/* its logins failed once too often */
	bool shut, backend_shut;	/* our side of the client's, the backend's stream is ended */
	bool recorded;			/* records stand: secrets to be cleansed */
	bool awaited;			/* its generation counts on a handshake of it */
	bool awaits_header;		/* a PROXY header says who it is */
	bool has_via;
	struct tw_address peer, via;	/* via: who sent the header */
	uint16_t peer_port;
	struct tw_seat seat;
	struct tw_pending early, to_client, to_backend, greeting;
	const struct tw_config_backend *to;	/* who gets it; NULL: not known yet */
	struct tw_gate_behind *behind;	/* TLS towards it; or NULL */
	struct tw_edge *edge;		/* looks at HTTP, or NULL */
	struct tw_watch *inside;	/* looks at what passes until the login is done; or NULL */
	union {
		struct tw_dialog *dialog;	/* dialogue, swallow */
		struct tw_tls *tls;		/* handshake */
	} now;
	struct tw_records records;
	uint64_t bytes_in, bytes_out;
	uint64_t began_ns, phase_ns;
	struct tw_gate_story *story;	/* for the log; or NULL */
};

#endif
