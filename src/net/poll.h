/*
 * poll.h -- readiness of one descriptor on the loop, for those who read and write it
 * themselves (the gateway). It holds no memory but its own, so that an idle connection
 * costs what it must; libuv's poll handle lies inside.
 */
#ifndef TW_NET_POLL_H
#define TW_NET_POLL_H

#include "net/loop.h"

enum { TW_READABLE = 1, TW_WRITABLE = 2 };

struct tw_poll {
	void (*ready)(struct tw_poll *w, unsigned events);	/* an error is both */
	void (*gone)(struct tw_poll *w);
	_Alignas(8) unsigned char handle[160];
	unsigned events;	/* asked for */
};

/* Starts watching fd, which must be a socket or a pipe, for nothing yet. */
void tw_poll_open(struct tw_poll *w, struct tw_loop *l, int fd,
    void (*ready)(struct tw_poll *w, unsigned events));
void tw_poll_for(struct tw_poll *w, unsigned events);	/* from now on; 0: nothing */
/*
 * Ends it: ready is not called again, and fd may be closed after. gone (or NULL) is
 * called when the loop has let go of w's memory.
 */
void tw_poll_close(struct tw_poll *w, void (*gone)(struct tw_poll *w));

#endif
