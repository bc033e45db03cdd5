/*
 * parent.h -- what the files of the gateway's parent share, and nobody else sees: the
 * sets of workers, one a configuration, and the key process of each.
 */
#ifndef TW_GATE_PARENT_H
#define TW_GATE_PARENT_H

#include "gate/config.h"
#include "gate/desk.h"
#include "gate/gate.h"
#include "gate/names.h"
#include "gate/served.h"
#include "gate/sockets.h"
#include "gate/surges.h"
#include "guard/admission.h"
#include "net/control_socket.h"
#include "net/loop.h"
#include "net/poll.h"
#include "net/privilege.h"
#include "net/tls_server.h"

#define TW_GATE_WORKERS		64	/* what the guard tells apart: those that finish count too */
#define TW_GATE_AGAIN_MS	1000	/* one that dies again and again is not started in a rush */
#define TW_RENEWAL_LOOK		32	/* what was seen of files, as a hash */

/* A configuration and the workers that serve it. */
struct tw_gate_set {
	struct tw_gate_parent *parent;
	struct tw_config *config;
	bool named;		/* its listeners have their numbers */
	struct tw_served *served;	/* facts of its certificates; or NULL */
	int *fds;		/* by worker, then address; of the parent's sockets */
	size_t addresses_n;
	int files_fd, secrets_fd;	/* bundles: what its workers and its key process read */
	uint8_t disk[TW_RENEWAL_LOOK];	/* the certificates' files when they were read */
	unsigned alive;
	pid_t key_pid;		/* of its key process; 0: keys are in the workers */
	int key_control;
	uint64_t key_began_ms;
	unsigned key_hasty;	/* how often in a row it ended soon */
	bool finishing;		/* another set has taken over */
};

struct tw_gate_child {
	pid_t pid;		/* 0: none */
	struct tw_gate_set *set;
	unsigned number;	/* among its set's */
	int socket;		/* orders go there */
	struct tw_poll words;	/* and its own come from there */
	bool serves;		/* what its set has */
	bool burying;		/* it has ended, and the loop still has its socket */
	uint64_t began_ms;
	unsigned hasty;		/* how often in a row it ended soon */
	struct tw_timer *again;	/* starts it anew */
	struct tw_gate_parent *parent;
};

/* A configuration that is being tried in a child. */
struct tw_gate_loading {
	pid_t pid;		/* 0: none is */
	int socket;
	struct tw_gate_set *set;	/* without sockets yet */
	bool renews;		/* the same text: files of certificates changed */
	bool settling;		/* it was good, and the workers are being told */
	bool again;		/* another was asked for meanwhile */
	struct tw_timer *limit;
};

/* Another program in our place. */
struct tw_gate_upgrade {
	pid_t pid;		/* of the one that is to take over; 0: none is */
	int socket;
	struct tw_poll words;
	struct tw_timer *limit;
	bool burying;		/* the loop still has its socket */
	bool done;		/* it serves; we finish */
	int before;		/* the socket to the one that we take over from; -1: none */
	int state;		/* and what it handed over */
};

struct tw_gate_parent {
	struct tw_gate_set *set;	/* the newest */
	struct tw_gate_loading loading;
	struct tw_timer *renewal;	/* looks at the files of certificates */
	uint8_t seen[TW_RENEWAL_LOOK], refused[TW_RENEWAL_LOOK];
	bool said_ready;
	struct tw_timer *watchdog;
	struct tw_gate_upgrade upgrade;
	struct tw_gate_sockets *sockets;
	struct tw_loop *loop;
	struct tw_poll signals;
	struct tw_timer *tickets_timer, *keys_again, *surges_timer;
	struct tw_guard *guard;
	struct tw_counters *counters;
	struct tw_gate_names names;
	struct tw_surges *surges;
	struct tw_desk *metrics, *control;	/* or NULL */
	char *metrics_at, *control_at;	/* where they are served */
	struct tw_control_file control_file;
	uint64_t began_ms;		/* Unix time */
	unsigned reloads;
	struct tw_tls_tickets *tickets;
	int signal_fd, log_fd;
	char log_path[4096];	/* "": no log */
	struct tw_gate_child children[TW_GATE_WORKERS];
	bool ending;
	struct tw_identity identity;	/* of the workers, where the configuration names one */
	char host[256];
	const struct tw_gate_voice *voice;
};

void tw_gate_say(const struct tw_gate_parent *p, const char *line);	/* to the administrator */
/* What workers of c are to be given beside it: whose they are, where they log. -1: e. */
int tw_gate_prepare(struct tw_gate_parent *p, const struct tw_config *c, struct tw_err *e);
/* Control socket and metrics where the newest configuration has them; what cannot be is said. */
void tw_gate_serve_desks(struct tw_gate_parent *p);
void tw_gate_ready(struct tw_gate_parent *p);	/* the first workers serve */
void tw_gate_finish(struct tw_gate_parent *p, uint8_t word);	/* as an order (worker.h) */

/* children.c: the workers. */
void tw_children_init(struct tw_gate_parent *p);
/* Are there places for the workers of c beside those that must stay for their connections? */
bool tw_children_have_room(const struct tw_gate_parent *p, const struct tw_config *c);
/*
 * s is served from now on: by the workers that are there, where it is such that they can
 * (each connection keeps what it came in with), else by new ones, and those before finish.
 */
void tw_children_serve(struct tw_gate_parent *p, struct tw_gate_set *s);
bool tw_children_settled(const struct tw_gate_parent *p);	/* the newest set is served by all */
void tw_children_tell(struct tw_gate_parent *p, uint8_t word);	/* all of them, an order */
/* One of them has ended, and is replaced. False: it is none of them. */
bool tw_children_bury(struct tw_gate_parent *p, pid_t pid, int how);
bool tw_children_live(const struct tw_gate_parent *p);
void tw_children_release(struct tw_gate_set *s);	/* one less is of it; takes NULL */
/* Is the next one started at once? One that dies again and again soon after is not. */
bool tw_children_at_once(uint64_t began_ms, unsigned *hasty);

/* ask.c: a worker is asked for its connections (sessions.h). False: it was not. */
bool tw_ask_sessions(const struct tw_gate_child *c, uint32_t serial, uint32_t from);
/* It answered, if that is one; control.h gets it. */
void tw_ask_heard(struct tw_gate_child *c, struct tw_bytes answer);

/* reload.c: another configuration. */
void tw_reload(struct tw_gate_parent *p);	/* the file is read again */
bool tw_reload_is_busy(const struct tw_gate_parent *p);	/* one is under way */
void tw_reload_renew(struct tw_gate_parent *p);	/* its certificates' files are */
/* The first, which is waited for; c is its own, on failure too. */
int tw_reload_first(struct tw_gate_parent *p, struct tw_config *c, struct tw_err *e);
bool tw_reload_bury(struct tw_gate_parent *p, pid_t pid, int how);	/* was it the trial's? */
void tw_reload_settle(struct tw_gate_parent *p);	/* a worker said something */
void tw_reload_end(struct tw_gate_parent *p);	/* what is under way is given up */

/* upgrade.c: another program in our place. */
void tw_upgrade(struct tw_gate_parent *p);	/* the program's file, as it is now, is started */
bool tw_upgrade_bury(struct tw_gate_parent *p, pid_t pid, int how);	/* was it that one? */
void tw_upgrade_end(struct tw_gate_parent *p);
/* At the start: are we that other one? Then sockets come from the one before, */
void tw_upgrade_inherit(struct tw_gate_parent *p);
void tw_upgrade_take_state(struct tw_gate_parent *p);	/* tickets and bans, */
void tw_upgrade_take_over(struct tw_gate_parent *p);	/* and it is told that we serve. */

/* renewal.c: certificates that are renewed on the disk. */
void tw_renewal_look(const struct tw_config *c, uint8_t ret[static TW_RENEWAL_LOOK]);
void tw_renewal_begin(struct tw_gate_parent *p);

/* key_process.c: a set's process that has its private keys, where it wants one. */
void tw_key_process_start(struct tw_gate_parent *p, struct tw_gate_set *s);
/* A line to it for one worker, the worker's end; -1: there is none. */
int tw_key_process_connect(struct tw_gate_set *s);
/* It has ended. Another is started, in a second where it lived no longer. */
void tw_key_process_bury(struct tw_gate_parent *p, struct tw_gate_set *s);
void tw_key_process_again(void *parent);	/* that second is over */

#endif
