/*
 * watch.h -- what passes inside TLS between a client and a plaintext backend, looked
 * at until the login is done: no STARTTLS is offered or asked for inside TLS, MySQL's
 * packets are counted anew, and logins are told as accepted or refused. The gateway
 * is the caller: it frees the watch when that is done, and copies bytes from then on.
 */
#ifndef TW_SERVICE_WATCH_H
#define TW_SERVICE_WATCH_H

#include "base/bytes.h"

enum tw_watch_from { TW_FROM_CLIENT, TW_FROM_BACKEND };

#define TW_WATCH_HEAD	112	/* bytes of a line or message that are looked at */
#define TW_WATCH_HELD	384	/* most bytes that wait in a watch, of the backend's alone */
#define TW_WATCH_ROOM(n) ((n) + TW_WATCH_HELD)	/* what n bytes may come out as, at most */

struct tw_watch;

/* How one service is watched; in its own file, see watch_line.h for those of lines. */
struct tw_watch_kind {
	/* Takes all of in, by tw_watch_put() and its like; [TW_FROM_CLIENT] and the other. */
	void (*pass[2])(struct tw_watch *w, struct tw_bytes in);
	const void *data;	/* tables of the line interpreter */
};

/* One direction: the reader's own state, all 0 at first. */
struct tw_watch_way {
	uint32_t skip;		/* bytes to come that are data, not protocol */
	uint16_t head_n;
	uint8_t state, flags;
	uint8_t head[TW_WATCH_HEAD];
};

struct tw_watch {
	const struct tw_watch_kind *kind;
	/*
	 * Set once nothing is left to look at and nothing is held: the watch may be
	 * freed, and both directions are plain copies from the next byte on.
	 */
	bool done;
	bool bad;	/* a side broke the protocol: the connection is to be closed */
	bool ending;		/* done as soon as nothing is held */
	bool greeted;		/* the backend's greeting is not to come any more */
	uint16_t logins_failed, logins_ok;	/* so far; they stick at 65535 */
	uint32_t asked[8];	/* what is not answered yet, tw_watch_asked() */
	uint8_t asked_n;
	bool crowded;		/* more was asked than asked[] holds: no login ends the watch */
	struct tw_watch_way way[2];	/* by enum tw_watch_from */
	uint16_t held_n, mark;	/* of held: its length; where a piece of it begins */
	uint8_t held[TW_WATCH_HELD];
	uint8_t *out;		/* borrowed, within tw_watch_pass() alone */
	size_t out_n;
};

/*
 * How the service is watched: name as ports.def's service column or a tw_service says
 * it ("imap", "submission", "redis"); NULL: it is not, its bytes are copied at once.
 */
const struct tw_watch_kind *tw_watch_by_name(const char *name);
/*
 * Starts w. greeting: the backend's greeting passes through w (implicit TLS); else the
 * service's .backend has swallowed it (MySQL: has kept it) before TLS.
 */
void tw_watch_open(struct tw_watch *w, const struct tw_watch_kind *kind, bool greeting);
/*
 * Takes all of in, which one side said, and puts what the other shall get into out,
 * which has room for TW_WATCH_ROOM(in.n) bytes and does not overlap in; returns how
 * many that are (0: they wait for more). After each call look at logins_failed,
 * logins_ok, bad and done. What comes out in all does not depend on how in was cut. Not to
 * be called once it is done.
 */
size_t tw_watch_pass(
    struct tw_watch *w, enum tw_watch_from from, struct tw_bytes in, uint8_t *out);
/*
 * The backend's end: puts what was held for the client into out (TW_WATCH_HELD bytes),
 * returns its length. w is done then.
 */
size_t tw_watch_end(struct tw_watch *w, uint8_t *out);

/* For kinds: passes bytes on; v may be of in, of a head or of w->held. */
void tw_watch_put(struct tw_watch *w, struct tw_bytes v);
/* For kinds: passes on what is held. */
void tw_watch_release(struct tw_watch *w);
/* For kinds: a login was refused; or accepted, which ends the watch. */
void tw_watch_failed(struct tw_watch *w);
void tw_watch_accepted(struct tw_watch *w);
/*
 * For kinds: the client asked something under a key (a tag, an id, 0), a login or not;
 * then the answer came to that key, yes or no. A client may use a key twice at once,
 * so that a yes to one thing seems the yes to its login: a no is taken for a login's
 * first, a yes for any other's. True: it was a login's, and has been counted.
 */
void tw_watch_asked(struct tw_watch *w, uint32_t key, bool login);
bool tw_watch_answered(struct tw_watch *w, uint32_t key, bool yes);
/* For kinds: what was asked under the key got an answer that says nothing of a login. */
void tw_watch_dropped(struct tw_watch *w, uint32_t key);
/* For kinds: the key of a tag. */
uint32_t tw_watch_key(struct tw_bytes tag);

/* Kinds of services that say nothing before TLS. */
extern const struct tw_watch_kind tw_watch_redis, tw_watch_mqtt;

#endif
