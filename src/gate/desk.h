/*
 * desk.h -- where the parent talks with a few: the control socket and the metrics. Clients
 * are bounded in number, in what they say at once, in what waits for them, and in time, so
 * that none of them, however slow or hostile, keeps the parent from its work.
 */
#ifndef TW_GATE_DESK_H
#define TW_GATE_DESK_H

#include "base/buf.h"
#include "net/loop.h"
#include "net/poll.h"

#define TW_DESK_IN	4096	/* the longest request */

struct tw_desk_client;

struct tw_desk_kind {
	unsigned most;		/* clients at once; one more takes the oldest's place */
	uint64_t step_ms;	/* so long without an answer taken, and it is gone */
	uint64_t total_ms;	/* so long in all */
	size_t out;		/* bytes that may wait for it */
	/* It said something, or no more will come (c->over): takes what it can of c->in. */
	void (*heard)(struct tw_desk_client *c);
	/* All that was said to it is taken: is there more? Or NULL. */
	void (*drained)(struct tw_desk_client *c);
	void (*gone)(struct tw_desk_client *c);	/* its own is given up; or NULL */
};

struct tw_desk_client {
	struct tw_desk_client *next;
	struct tw_desk *desk;
	void *ctx;		/* the desk's */
	void *own;		/* of the kind; NULL at first */
	struct tw_poll poll;
	int fd;
	uint8_t in[TW_DESK_IN];
	size_t in_n;
	struct tw_buf out;	/* what is said to it; a failed one ends it */
	size_t sent;		/* of out */
	bool over;		/* it says no more */
	bool last;		/* when out is taken, it is closed */
	bool busy;		/* an answer is under way: it is not read meanwhile */
	bool within;		/* a callback of it runs */
	bool dead;		/* it is closed when that returns */
	uint64_t began_ms, step_ms;	/* when it came; when it last made a step */
};

/* Serves who comes to fd, a listening socket, which is the desk's from then on. */
struct tw_desk *tw_desk_open(struct tw_loop *l, int fd, const struct tw_desk_kind *kind,
    void *ctx);
void tw_desk_close(struct tw_desk *d);	/* all clients, too; takes NULL */
struct tw_desk_client *tw_desk_first(const struct tw_desk *d);	/* then .next; NULL: none */
/* To be called when something was said to c, or c->busy or c->last changed, outside callbacks. */
void tw_desk_settle(struct tw_desk_client *c);
/* Takes n bytes from the front of what it said. */
void tw_desk_take(struct tw_desk_client *c, size_t n);
void tw_desk_drop(struct tw_desk_client *c);	/* ends it now */

#endif
