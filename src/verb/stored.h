/* stored.h -- facts stored before, as `audit --json` printed them: for --from and --baseline. */
#ifndef TW_VERB_STORED_H
#define TW_VERB_STORED_H

#include <stdio.h>

#include "probe/facts.h"

/* "-" is stdin. NULL: VERB has said on stderr why it cannot be read; what names it. */
FILE *tw_stored_open(const char *verb, const char *path, const char *what);
/*
 * Hands every object of a file of JSON lines to each(), which frees it. -1: VERB has said
 * on stderr what is wrong, and in which line; a file without an object is wrong too.
 */
int tw_stored_read(const char *verb, const char *path, const char *what,
    void (*each)(void *ctx, struct tw_facts *f), void *ctx);
/* A sentence on stderr behind "tlswright VERB: ", escaped: stored words are anybody's. */
void tw_stored_say(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
