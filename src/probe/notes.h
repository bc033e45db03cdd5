/* notes.h -- what any answer shows besides what was asked: certificates, DH values, extensions. */
#ifndef TW_PROBE_NOTES_H
#define TW_PROBE_NOTES_H

#include "probe/hail.h"

/* Looks at every answer, whichever probe asked. exam/ calls it before hear(). */
void tw_notes_take(struct tw_probing *p, const struct tw_question *q, const struct tw_answer *a);

#endif
