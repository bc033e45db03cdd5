/*
 * cause.h -- facts of a diagnosis -> causes, in the order of causes.def: pure. One row,
 * one judging function: it looks, and says tw_cause_find() where it is the cause.
 */
#ifndef TW_JUDGE_CAUSE_H
#define TW_JUDGE_CAUSE_H

#include "data/cause.h"
#include "probe/diagnosis.h"

enum tw_sure { TW_POSSIBLE, TW_LIKELY, TW_CERTAIN };
extern const char *const tw_sure_names[];	/* "possible" "likely" "certain" */

enum tw_diagnosis_verdict { TW_DIAGNOSIS_WORKS, TW_DIAGNOSIS_CAUSE, TW_DIAGNOSIS_UNKNOWN };
extern const char *const tw_diagnosis_verdict_names[];	/* "works" "cause-found" "cannot-tell" */

struct tw_cause {
	enum tw_cause_id id;
	enum tw_sure sure;
	bool fault;			/* false: remarkable, and no reason to fail */
	uint16_t port;			/* 0: of the target as a whole */
	const char *address;		/* where it was seen, or NULL */
	unsigned seen;			/* at so many addresses of the port */
	const char *sentence;
	TW_LIST(const char *) next;	/* what to do, in order */
};

struct tw_causing {			/* what a judging function is given */
	struct tw_diagnosis *d;
	struct tw_arena *arena;
	const struct tw_spot *spot;	/* PORT and LOOK: the port; else NULL */
	const struct tw_facts *look;	/* LOOK: its facts; else NULL */
	struct tw_http http;		/* what port 80 said */
	/* Words for the steps, beside those the diagnosis itself has; NULL: not known. */
	const char *address, *name, *names, *sibling;
};

/* Names a cause of what is being looked at; once an id and port. */
struct tw_cause *tw_cause_find(struct tw_causing *c, enum tw_cause_id id, enum tw_sure sure,
    const char *sentence_fmt, ...) __attribute__((format(printf, 4, 5)));
/* Was id found already, for the port in view (or the target, or any where there is none)? */
bool tw_cause_is_found(const struct tw_causing *c, enum tw_cause_id id);

/* Finds the causes of d anew, and its verdict. */
void tw_cause_judge(struct tw_diagnosis *d);
/* The first cause that is a fault, else the first; NULL: there is none. */
const struct tw_cause *tw_cause_first(const struct tw_diagnosis *d);
/* The verdict in one sentence, in d's arena. */
const char *tw_cause_sentence(const struct tw_diagnosis *d);

#endif
