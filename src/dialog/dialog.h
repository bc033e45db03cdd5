/*
 * dialog.h -- the plaintext talk before TLS, as a pure function of bytes.
 *
 * A dialog owns no socket, no clock and no heap: bytes of the peer go in by
 * tw_dialog_feed(), bytes for the peer lie in d->out, and the turn says what
 * the caller does next. audit, serve, the tests and the fuzzers are callers.
 */
#ifndef TW_DIALOG_DIALOG_H
#define TW_DIALOG_DIALOG_H

#include "base/bytes.h"

enum tw_turn {
	TW_MORE,	/* send d->out, then feed what the peer says */
	TW_TLS,		/* send d->out, then start TLS */
	TW_NOT_OFFERED,	/* the dialogue works, and names no TLS */
	TW_REFUSED,	/* offered (or asked for), then refused; or PREAUTH */
	TW_CLOSE,	/* send d->out, then close: the peer said goodbye */
	TW_BAD,		/* the peer broke the protocol, or a limit */
};

/* What made the turn so, for the one who reports. */
enum tw_dialog_flaw {
	TW_FLAW_NONE,
	TW_FLAW_NOT_PROTOCOL,	/* the first words are not of this protocol */
	TW_FLAW_MALFORMED,
	TW_FLAW_TOO_LONG,	/* a message, or the whole talk, is past its bound */
	TW_FLAW_INJECTED,	/* bytes between the go-ahead and the handshake */
	TW_FLAW_STRIPPED,	/* the offer was overwritten (XXXXXXXA) */
	TW_FLAW_PREAUTH,	/* IMAP PREAUTH: STARTTLS no longer allowed */
	TW_FLAW_THROTTLED,	/* the peer asks to come back later (421, 400, "too many") */
	TW_FLAW_HOST_REFUSED,	/* the peer does not talk to this host at all (554, MySQL 1130) */
};

struct tw_dialog;

/*
 * One side of one service. frame() finds messages, step() answers them. What
 * frame() says of some bytes it also says of the same bytes with more behind
 * them, unless it said 0: so the answer cannot depend on the cut.
 */
struct tw_side {
	enum tw_turn (*open)(struct tw_dialog *d);
	/*
	 * Length of the first whole message of in; 0: not yet; -1: never. A length
	 * over TW_DIALOG_IN may be said as soon as it is known: it is too long.
	 */
	ptrdiff_t (*frame)(const struct tw_dialog *d, struct tw_bytes in);
	/* NULL: this side has nothing to say or hear (a backend that does not greet). */
	enum tw_turn (*step)(struct tw_dialog *d, struct tw_bytes msg);
	const void *data;	/* tables of the line interpreter, line.h */
	/*
	 * The peer shakes hands right behind its last message without waiting for a
	 * word (MySQL): what follows TW_TLS is the handshake, see tw_dialog_rest().
	 */
	bool no_go_ahead;
};

#define TW_DIALOG_IN	8192	/* longest message of a peer */
#define TW_DIALOG_OUT	4096	/* most bytes said in one dialog, sent or not */
#define TW_DIALOG_STEPS	64	/* most messages in one dialog */
#define TW_DIALOG_TOTAL	65536	/* most bytes of a peer in one dialog */
#define TW_DIALOG_NOTES	2048	/* bytes kept of what the peer said of itself */

/* A piece of d->notes. */
struct tw_note {
	uint16_t at, n;
};

struct tw_dialog {
	const struct tw_side *side;
	const char *host;	/* borrowed: the server's name, "%h" */
	const char *me;		/* borrowed: our own name, "%m" */
	struct tw_bytes given;	/* borrowed: the backend's first message, tw_dialog_open_given() */
	enum tw_turn turn;
	enum tw_dialog_flaw flaw;
	unsigned state;		/* the side's own, from 0 */
	unsigned flags;		/* the side's own, from 0 */
	unsigned steps;		/* messages so far, the present one included */
	size_t heard, said;	/* bytes of whole messages, and said, so far */
	bool advertised;	/* the peer offered TLS before it was asked */
	bool plain_auth;	/* the peer offers passwords in the clear before TLS */
	bool mangled;		/* a capability was overwritten on the way (XXXXXXXA) */
	bool no_plain_auth;	/* the peer says that it refuses them (LOGINDISABLED, no AUTH) */
	struct tw_note banner;		/* the peer's first message */
	struct tw_note capabilities;	/* words the peer listed, '\n' between */
	struct tw_note reply;		/* what it answered to the request for TLS, or last */
	struct tw_note kept;		/* the peer's first message as it came, for open_given() */
	size_t in_n, out_n;	/* the caller sets out_n to 0 when it has sent d->out */
	uint8_t in[TW_DIALOG_IN], out[TW_DIALOG_OUT], notes[TW_DIALOG_NOTES];
};

/* Starts d on a side; d->out holds the first words, if the side has any. */
enum tw_turn tw_dialog_open(struct tw_dialog *d, const struct tw_side *side,
    const char *host, const char *me);
/*
 * The same for a service that says backend_first: given is what its .backend kept,
 * tw_dialog_noted(backend, backend->kept), and lives as long as d.
 */
enum tw_turn tw_dialog_open_given(struct tw_dialog *d, const struct tw_side *side,
    const char *host, const char *me, struct tw_bytes given);

/*
 * Takes the peer's bytes. The answer does not depend on how the bytes were
 * cut. A byte after TW_TLS is a byte somebody put in front of the handshake
 * (CVE-2011-0411 and its kin), so it turns the dialog bad, for every service that
 * has a go-ahead.
 */
enum tw_turn tw_dialog_feed(struct tw_dialog *d, struct tw_bytes in);
/*
 * After TW_TLS: bytes already taken that are the handshake's (no_go_ahead; else always
 * empty). They go to TLS before anything else is read. Until d ends.
 */
struct tw_bytes tw_dialog_rest(const struct tw_dialog *d);

/* For steps: says n bytes. Nothing is said past TW_DIALOG_OUT: the turn is bad. */
void tw_dialog_say(struct tw_dialog *d, const void *p, size_t n);
/* For steps: keeps v (cut to what fits, no line end behind it) as a note of d. */
void tw_dialog_note(struct tw_dialog *d, struct tw_note *note, struct tw_bytes v);
/* For steps: keeps msg as it is for tw_dialog_open_given(); false: it is too long. */
bool tw_dialog_keep(struct tw_dialog *d, struct tw_bytes msg);
/* For steps: adds a word to the capabilities, and sees when it was overwritten. */
void tw_dialog_capability(struct tw_dialog *d, struct tw_bytes word);
/* The bytes of a note; empty (p NULL) when there is none. Until d ends. */
struct tw_bytes tw_dialog_noted(const struct tw_dialog *d, struct tw_note note);
/* For steps: sets the flaw and returns the turn. */
enum tw_turn tw_dialog_flawed(struct tw_dialog *d, enum tw_dialog_flaw flaw, enum tw_turn turn);

#endif
