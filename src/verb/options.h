/* options.h -- one option reader for all verbs, from their tables: GNU style,
 * "--name=value", "--name value", "-n value", options and targets in any order. */
#ifndef TW_VERB_OPTIONS_H
#define TW_VERB_OPTIONS_H

#include <stdbool.h>

#include "verb/verb.h"

/* Called for each option (its name, value or NULL); returns false when the value is bad,
 * having said why on stderr. */
typedef bool tw_option_fn(void *ctx, const char *name, const char *value);

/*
 * Reads argv against the verb's table; what is not an option is moved to the
 * front, *ret_words of them from argv[1]. Handles --help (prints, exit 0).
 * Returns -1 to go on, else the exit status.
 */
int tw_options_read(const struct tw_verb *verb, int argc, char **argv, tw_option_fn *on,
    void *ctx, int *ret_words);
void tw_options_help(const struct tw_verb *verb);

#endif
