/*
 * parent.h -- what the files of the gateway's parent share, and nobody else sees: the
 * sets of workers, one a configuration, and the key process of each.
 */
#ifndef TW_GATE_PARENT_H
#define TW_GATE_PARENT_H

#include "gate/config.h"
#include "gate/gate.h"
#include "gate/sockets.h"
#include "guard/admission.h"
#include "net/loop.h"
#include "net/poll.h"
#include "net/privilege.h"
#include "net/tls_server.h"

#define TW_GATE_WORKERS		64	/* what the guard tells apart: those that finish count too */
#define TW_GATE_AGAIN_MS	1000	/* a worker that dies at once is not started in a rush */
/* A configuration and the workers that serve it. */
struct tw_gate_set {
	struct tw_config *config;
	int *fds;		/* by worker, then address; of the parent's sockets */
	size_t addresses_n;
	unsigned alive;
	pid_t key_pid;		/* of its key process; 0: keys are in the workers */
	int key_control;
	uint64_t key_began_ms;
	bool finishing;		/* another set has taken over */
};

struct tw_gate_child {
	pid_t pid;		/* 0: none */
	struct tw_gate_set *set;
	unsigned number;	/* among its set's */
	int socket;		/* orders go there */
	uint64_t began_ms;
	struct tw_timer *again;	/* starts it anew */
	struct tw_gate_parent *parent;
};

struct tw_gate_parent {
	struct tw_gate_set *set;	/* the newest */
	struct tw_gate_sockets *sockets;
	struct tw_loop *loop;
	struct tw_poll signals;
	struct tw_timer *tickets_timer, *keys_again;
	struct tw_guard *guard;
	struct tw_tls_tickets *tickets;
	int signal_fd, log_fd;
	struct tw_gate_child children[TW_GATE_WORKERS];
	bool ending;
	struct tw_identity identity;	/* of the workers, where the configuration names one */
	char host[256];
	const struct tw_gate_voice *voice;
};

void tw_gate_say(const struct tw_gate_parent *p, const char *line);	/* to the administrator */

/* children.c: the workers. */
void tw_children_init(struct tw_gate_parent *p);
/* s is served from now on; the set before it finishes. */
void tw_children_serve(struct tw_gate_parent *p, struct tw_gate_set *s);
void tw_children_tell(struct tw_gate_parent *p, uint8_t word);	/* all of them, an order */
void tw_children_reap(struct tw_gate_parent *p);	/* those that ended are replaced */
bool tw_children_live(const struct tw_gate_parent *p);
unsigned tw_children_free_slots(const struct tw_gate_parent *p);
void tw_children_release(struct tw_gate_set *s);	/* one less is of it; takes NULL */

/* reload.c: another configuration. */
void tw_reload(struct tw_gate_parent *p);
/* What serves c, which it owns; on failure, NULL and e, too. */
struct tw_gate_set *tw_reload_set(struct tw_gate_parent *p, struct tw_config *c,
    struct tw_err *e);

/* key_process.c: a set's process that has its private keys, where it wants one. */
void tw_key_process_start(struct tw_gate_parent *p, struct tw_gate_set *s);
/* A line to it for one worker, the worker's end; -1: there is none. */
int tw_key_process_connect(struct tw_gate_set *s);
/* It has ended. Another is started, in a second where it lived no longer. */
void tw_key_process_bury(struct tw_gate_parent *p, struct tw_gate_set *s);
void tw_key_process_again(void *parent);	/* that second is over */

#endif
