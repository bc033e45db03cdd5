/* recognise.h -- what the files that find out who speaks share: recognise.c asks, weigh.c judges
 * what a try has shown, talk.c notes what a dialogue said. */
#ifndef TW_EXAM_RECOGNISE_H
#define TW_EXAM_RECOGNISE_H

#include "exam/inside.h"

enum rank {		/* how much a try has shown; the best stands when none reached TLS */
	RANK_NOTHING, RANK_CLOSED, RANK_SILENT, RANK_GARBAGE, RANK_ALERT, RANK_KNOWN_PLAIN,
	RANK_DIALOGUE
};

struct recognise {
	struct endpoint *ep;
	unsigned out;			/* asks under way */
	unsigned retries;		/* of a server that asked us to come back later */
	bool direct;			/* TLS at once, after a dialogue that named none */
	bool humbly;			/* after a dialogue, the smallest hello was tried too */
	bool guessed, wide;		/* the port's usual way, and the wide round, were tried */
	unsigned by_greeting;		/* dialogues that a greeting chose */
	/* The best outcome so far. */
	enum rank rank;
	enum tw_reach_tls tls;
	const char *detail, *service;
	enum tw_dialog_flaw flaw;
};

/* talk.c */
void tw_talk_time(struct endpoint *ep, const struct ask *a);	/* what a try took */
enum tw_mode tw_talk_mode(const struct tw_service *s);
const struct tw_port *tw_talk_row(const struct endpoint *ep, const char *dialogue);
void tw_talk_note(struct endpoint *ep, const struct ask *a);
void tw_talk_note_kin(struct endpoint *ep, const struct ask *a);	/* and which of its kin it is */

/* weigh.c */
void tw_weigh_remember(struct recognise *r, enum rank rank, enum tw_reach_tls tls,
    const char *detail);
void tw_weigh_dialogue(struct recognise *r, const struct ask *a);
/* Both: the service whose dialogue is to be tried next, or NULL. */
const struct tw_service *tw_weigh_bytes(struct recognise *r, const struct ask *a,
    struct tw_bytes head);
const struct tw_service *tw_weigh_hello(struct recognise *r, const struct ask *a);

#endif
