/* completion.h -- completion scripts for shells, made from the verbs' own tables. */
#ifndef TW_VERB_COMPLETION_H
#define TW_VERB_COMPLETION_H

/*
 * Prints the script for shell ("bash", "zsh", "fish") on stdout; returns the exit
 * status: 2, and a word on stderr, for a shell not known here.
 */
int tw_completion_print(const char *shell);

#endif
