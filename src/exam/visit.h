/* visit.h -- what the files of a diagnosis share: the run, one target under way, a knock. */
#ifndef TW_EXAM_VISIT_H
#define TW_EXAM_VISIT_H

#include "exam/diagnose.h"
#include "net/conn.h"
#include "net/resolve.h"

#define VISIT_SPOTS	48

struct visit {			/* one target under way */
	struct visiting *run;
	struct tw_diagnosis *d;
	size_t number;
	char *connect;			/* what is resolved: --connect, the host, or NULL: a proxy */
	struct tw_resolver *resolver;
	struct tw_timer *turn;		/* what is to be done next is looked at in a turn of its own */
	struct tw_timer *limit;		/* of lookups */
	struct tw_timer *patience;	/* with siblings, and before witnesses are asked */
	struct sockaddr_storage addrs[TW_RESOLVE_ADDRESSES];
	size_t addrs_n;
	unsigned lookups, looks, knocks;	/* under way */
	struct knock *open;		/* knocks under way */
	struct fetch *fetch;		/* HTTP on 80 under way */
	struct { unsigned looks; bool v4, v6; } spot[VISIT_SPOTS];	/* examined so far */
	uint64_t began_ms, knocked_ms;
	int64_t timeout_ms;		/* of one step */
	unsigned handles;		/* of v itself, still closing */
	bool expected_v4, expected_v6;	/* a lookup of that family is under way */
	bool witnesses, strict, parent_asked, over;
};

struct visiting {		/* the run */
	struct tw_loop *loop;
	const struct tw_exam_options *opt;
	const struct tw_diagnose_client *client;
	size_t begun;
	unsigned active;
	bool exhausted, filling;
};

/* Something ended: what is left to do is looked at soon; v stays what it is until then. */
void tw_visit_settle(struct visit *v);
void tw_visit_trace(struct visit *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* knock.c: a spot's port at an address; an open one goes to tw_look_maybe(). */
void tw_knock(struct visit *v, size_t spot, const struct sockaddr_storage *addr);
/* Ends the knocks under way at spots in a role of at least `from`: no answer so far. */
void tw_knock_give_up(struct visit *v, enum tw_role from);
bool tw_knock_awaits(const struct visit *v, enum tw_role role);

/* look.c */
void tw_look_maybe(struct visit *v, size_t spot, const char *address, bool v6);
void tw_look_through_proxy(struct visit *v, size_t spot);
void tw_fetch_start(struct visit *v, const struct sockaddr_storage *addr);

#endif
