/* installed.h -- what a server installed on this machine says its version is. For verbs. */
#ifndef TW_VERB_INSTALLED_H
#define TW_VERB_INSTALLED_H

#include <stdbool.h>

struct tw_installed {
	char version[32];
	char openssl[32];	/* "" when it does not say which it was built for */
};

/*
 * Runs a fixed command line ("nginx -v"; "|" between several, the first that is there counts),
 * words between blanks, no shell, found in the system's own folders, at most a second.
 * False: none is installed, or it says no version.
 */
bool tw_installed_ask(const char *commands, struct tw_installed *ret);

#endif
