/* version.h -- what `tlswright --version` says. */
#ifndef TW_VERB_VERSION_H
#define TW_VERB_VERSION_H

/* Prints our version and those of the libraries; returns the exit status. */
int tw_version_print(void);

#endif
