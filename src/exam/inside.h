/* inside.h -- what the files of exam/ share: the run, its hosts, an endpoint, a question on its way. */
#ifndef TW_EXAM_INSIDE_H
#define TW_EXAM_INSIDE_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.h"
#include "exam/ask.h"
#include "exam/exam.h"
#include "net/resolve.h"

struct endpoint;

/* ---- the run (exam.c) ---- */

struct host {			/* one address, shared by its endpoints */
	struct host *next;
	struct sockaddr_storage addr;	/* port 0 */
	struct endpoint *endpoints;	/* those under way here, by next_here */
	unsigned connections, users;
	unsigned begun;			/* connections so far: each one's number, of ours at probes */
	uint64_t ended_ms;		/* when one ended last */
	struct endpoint *quiet;		/* it has a question to put alone: others wait */
};

struct exam {
	struct tw_loop *loop;
	const struct tw_exam_options *opt;
	const struct tw_exam_client *client;
	struct tw_resolver *resolver;
	struct tw_share *shares[TW_SHARE_SETS][2];	/* one set of ephemeral keys serves the run, made when asked for */
	struct host *hosts;
	unsigned active;		/* endpoints under way */
	unsigned waiting;		/* targets being resolved, or with ports to come */
	struct job *jobs;		/* targets with endpoints still to start */
	uint64_t next_slot_us;		/* --rate: when the next connection may begin */
	bool exhausted, filling;	/* next() said so; fill() is at work */
	struct tw_timer *alive;		/* its end, outside all callbacks, is the exam's */
	void (*ended)(void *ctx);
	int64_t started;		/* the clock, and the loop's time, when the run began */
	uint64_t started_ms;
	char proxy_host[256];
	uint16_t proxy_port;
	char me[256];			/* our own name, for EHLO */
};

/* A target on its way to endpoints. */
struct job {
	struct job *next;
	struct exam *exam;
	char *target, *host_name;
	uint16_t port;
	const struct tw_port *row;
	bool dark_is_quiet, many_ports;
	struct tw_addresses found;
	size_t next_port, next_address;	/* endpoints still to start */
	unsigned users;			/* endpoints of it under way */
	bool answered, started;		/* a port answered; all endpoints were started */
	struct tw_facts *dark;		/* what to show when none answers */
};

struct host *tw_host_join(struct exam *x, const struct sockaddr_storage *addr, struct endpoint *ep);
void tw_host_wake(struct exam *x, struct host *h);	/* a connection has ended */
void tw_host_leave(struct exam *x, struct host *h, struct endpoint *ep);
/* When, in ms from now, the next connection may begin (--rate); the place is then taken. */
uint64_t tw_exam_slot_ms(struct exam *x);
/* The run's key i of a set: the same for all endpoints, for an auditor has no secrets to keep. */
const struct tw_share *tw_exam_share(struct exam *x, enum tw_share_set set, size_t i);
/* An endpoint has ended: f is its facts, or NULL for one that stays unseen. */
void tw_exam_ended(struct endpoint *ep, struct tw_facts *f);

/* ---- an endpoint (endpoint.c), reaching it (reach.c), knowing it (recognise.c), pace.c ---- */

struct held {			/* a question to be put again, or an answer in doubt */
	struct held *next;
	int probe;
	unsigned attempts;
	unsigned looks, beside;		/* as in struct ask */
	uint64_t ended_ms;
	enum tw_outcome outcome;
	struct tw_question q;
};

struct endpoint {
	struct endpoint *next_here;
	struct exam *exam;
	struct job *job;
	struct host *host;
	struct tw_facts *facts;
	struct sockaddr_storage addrs[TW_RESOLVE_ADDRESSES];	/* candidates, port set */
	size_t addrs_n;
	struct sockaddr_storage addr;	/* the one examined, port set */
	const struct tw_port *row;	/* named or recognised */
	bool named;			/* the user named the service */
	bool told;			/* or what is inside TLS did */
	struct approach how;
	struct tw_question hail;	/* the hello that was answered first: the control question */
	const char *sni;
	struct tw_timer *timer, *deadline;	/* pace; --max-time */
	unsigned handles;
	uint64_t started_ms;		/* loop time */
	struct tw_conn *open_conn;	/* reached by; waits for the first question */
	struct reach *reach;
	struct recognise *recognise;
	struct identify *identify, *identify_later;
	struct tw_probing probing;
	const struct tw_probe *const *probes;
	size_t probes_n;
	void **states;
	bool probing_on, over;
	struct ask *asks;		/* in flight */
	unsigned asks_n;
	/* pace.c */
	unsigned limit;			/* questions at once, now */
	uint64_t gap_ms, next_ms;	/* least time between connections; when the next may begin */
	unsigned signs;			/* throttle signs in a row */
	unsigned questions, successes;	/* put; TLS answers */
	uint64_t sign_ms;		/* when the last throttle sign was seen */
	bool blocked, banned, control_out;
	bool alone_out;			/* a question is under way that nothing may be beside */
	uint64_t patient_until_ms;	/* how long it waits for others to leave the host to it */
	/* crowd.c: what was refused beside others, and was (not) when put alone */
	unsigned crowded, honest, honest_beside;
	unsigned newest_answered;	/* number of the latest connection that was answered */
	bool tried;			/* a login in the clear */
	void (*after_trial)(struct endpoint *ep);
	bool injected;			/* plaintext came where the handshake should begin */
	void (*on_wait)(struct endpoint *ep);	/* what the timer does; NULL: pumps */
	const char *ban_reason;
	struct held *retry, *doubt, *alone;
};

void tw_endpoint_start(struct exam *x, struct job *job, uint16_t port,
    const struct sockaddr_storage *addrs, size_t n);
void tw_endpoint_pump(struct endpoint *ep);	/* puts what may be put now */
void tw_endpoint_wait(struct endpoint *ep, uint64_t ms);	/* on_wait(), or pumps, in so many ms */
/* TLS is reached: row and how are set; first is the answer that showed it. */
void tw_endpoint_probe(struct endpoint *ep, const struct ask *first);
void tw_endpoint_finish(struct endpoint *ep);	/* everything is known: last facts, hand over */
void tw_endpoint_unaudited(struct endpoint *ep, enum tw_reach_tls tls, const char *detail);

void tw_reach_start(struct endpoint *ep);
void tw_reach_cancel(struct endpoint *ep);

void tw_recognise_start(struct endpoint *ep);
void tw_recognise_cancel(struct endpoint *ep);

/* An answer came for a probe: delivered, doubted or put again, as the server's pace demands. */
void tw_pace_answer(struct ask *a);
bool tw_pace_next(struct endpoint *ep, struct held *ret);	/* a question to put again */
bool tw_pace_may_begin(struct endpoint *ep);	/* else what it waits for will pump it */
void tw_pace_begun(struct endpoint *ep);	/* a connection begins now */
void tw_pace_give_up(struct endpoint *ep, const char *reason);	/* no more questions */
void tw_pace_idle(struct endpoint *ep);		/* nothing in flight: settle doubts */
void tw_pace_clear(struct endpoint *ep);

/* crowd.c: is an answer owed to the connections of ours beside it? */
void tw_crowd_join(struct ask *a);	/* it begins: who is there? */
bool tw_crowd_blames(const struct ask *a);	/* must be put again, alone, to mean anything */
bool tw_crowd_is_complaint(const struct ask *a);	/* "421 Too many connections" in place of TLS */
void tw_crowd_answered(struct ask *a);	/* learns from a TLS answer */
void tw_crowd_refused(struct endpoint *ep, const struct held *h);	/* and from a proven refusal */
uint64_t tw_crowd_settle_ms(const struct held *h);	/* stillness wanted before it is put */

void tw_trace_ask(const struct ask *a);	/* trace.c: a line for -v */
void tw_finish_facts(struct endpoint *ep);	/* finish.c: certificates judged, lists closed */
void tw_deliver(struct endpoint *ep, int probe, const struct tw_question *q,
    const struct tw_answer *a);

/* identify.c: what is inside TLS, and the other way into a port; beside the probes. */
void tw_identify_start(struct endpoint *ep, const struct ask *first);
void tw_identify_cancel(struct endpoint *ep);
unsigned tw_identify_count(const struct endpoint *ep);	/* connections of it, now */
/* One that was turned away beside others is made again, now that nothing is; false: there is none. */
bool tw_identify_again(struct endpoint *ep);
/* trial.c: true: a login in the clear is being tried, and then() comes when it was. */
bool tw_trial_start(struct endpoint *ep, void (*then)(struct endpoint *ep));
void tw_way_try_other(struct endpoint *ep);	/* way.c: is there another mode? */

#endif
