/* story.h -- what -v shows on stderr, and what --save-certs writes: for every verb that connects. */
#ifndef TW_VERB_STORY_H
#define TW_VERB_STORY_H

#include "exam/exam.h"

/* -v: each question's line and each endpoint's handshake, step by step, on stderr. */
void tw_story_show(struct tw_exam_client *client);
/*
 * Writes each chain met as PEM, leaf first, to DIR/HHHH.pem (HHHH: 16 hex digits of the
 * leaf's SHA-256: a peer's words never name a file). Says on stderr where, or why not.
 */
bool tw_story_save_certs(const char *directory, const struct tw_facts *f);

#endif
