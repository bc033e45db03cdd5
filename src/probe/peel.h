/*
 * peel.h -- what a server supports, told by taking away what it chose: a hello
 * offers a list, the server takes one, the next offers the rest, until it takes
 * none. Two lists whose choices do not depend on each other are peeled by the
 * same hellos, which is how the fewest questions are asked; a list in which nothing
 * usual is left goes alone, for a refusal would say nothing of the others. Where a round is
 * long, rounds cost more than questions: lists are then peeled side by side, and
 * the next question is put before the answer, on a guess that is mostly right.
 */
#ifndef TW_PROBE_PEEL_H
#define TW_PROBE_PEEL_H

#include "probe/probe.h"

#define TW_PEEL_LISTS 2

struct tw_peel_list {
	struct tw_u16s all;		/* what is offered while another list is peeled */
	uint16_t *left;			/* not chosen yet; arena memory */
	size_t left_n;
	uint32_t (*chosen)(const struct tw_flight *f);	/* 0: the answer shows none */
	void (*offer)(struct tw_question *q, struct tw_u16s codes);
	void (*found)(struct tw_probing *p, void *ctx, uint32_t code);
	bool done, asked, went_on;
	bool held;			/* the caller's: not now */
	bool joined;			/* is in the question put together */
	bool overtaken;			/* other answers took codes since the question was put */
	bool (*likely)(uint32_t code);	/* do servers have it? Where none is left, the next is a no */
	const char *why;		/* it ended by "could not test": the reason */
	/* The question put ahead, as if the one before it took the first of what is left. */
	bool ahead_out, ahead_void, ahead_heard, ahead_due;
	uint16_t guess, last;		/* what it was to take; what the server took last */
	bool (*alike)(uint32_t a, uint32_t b);	/* is b likely where a was taken? NULL: any is */
	unsigned misses;
	uint32_t ahead_code;		/* what it took, 0: refused */
	const char *ahead_why;
};

struct tw_peel {
	struct tw_peel_list list[TW_PEEL_LISTS];	/* asked together: which is TW_PEEL_LISTS */
	size_t lists_n;
	bool apart;			/* together they fail where each alone goes on */
	bool checking;			/* together failed: each is asked alone */
	bool together_out;
	bool ahead;			/* a round is long: lists side by side, questions ahead of answers */
	struct tw_arena *arena;
	void *ctx;			/* for found() */
};

/* Adds a list; codes are copied. */
void tw_peel_add(struct tw_peel *peel, struct tw_arena *a, struct tw_u16s all,
    uint32_t (*chosen)(const struct tw_flight *f),
    void (*offer)(struct tw_question *q, struct tw_u16s codes),
    void (*found)(struct tw_probing *p, void *ctx, uint32_t code));
/*
 * Narrows q (a whole hello) to what is to be asked next; false: nothing now.
 * *ret_which goes back to tw_peel_hear() with the answer.
 */
bool tw_peel_ask(struct tw_peel *peel, struct tw_question *q, int *ret_which);
void tw_peel_hear(struct tw_peel *peel, struct tw_probing *p, int which,
    const struct tw_answer *a);
/* Takes code as chosen in an answer to another's question. */
void tw_peel_take(struct tw_peel *peel, struct tw_probing *p, size_t list, uint32_t code);
bool tw_peel_is_done(const struct tw_peel *peel);
/* The question is void: its answer was about something else. It will be put again. */
void tw_peel_unask(struct tw_peel *peel, int which);
/* Nothing is left in the list that servers are known to have. */
bool tw_peel_is_spent(const struct tw_peel_list *l);

#endif
