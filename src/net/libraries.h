/* libraries.h -- which libraries this build stands on, and which it runs with, for --version. */
#ifndef TW_NET_LIBRARIES_H
#define TW_NET_LIBRARIES_H

#include <stddef.h>

struct tw_library {
	const char *name;
	const char *built;		/* the version of its headers */
	const char *(*running)(void);	/* the version that was loaded */
};

extern const struct tw_library tw_libraries[];	/* a NULL name ends it */

#endif
