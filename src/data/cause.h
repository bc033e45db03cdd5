/* cause.h -- the words of every cause a diagnosis can name, from causes.def. */
#ifndef TW_DATA_CAUSE_H
#define TW_DATA_CAUSE_H

#include <stdbool.h>

enum tw_cause_id {
#define C(symbol, function, id, scope, title, next, topic) TW_CAUSE_##symbol,
#include "data/causes.def"
#undef C
	TW_CAUSES
};

/* What a judging function looks at: all of a diagnosis, a port asked about, a look at one. */
enum tw_cause_scope { TW_SCOPE_TARGET, TW_SCOPE_PORT, TW_SCOPE_LOOK, TW_SCOPE_NOTE_TARGET,
	TW_SCOPE_NOTE_PORT };	/* a note alone is no fault */

struct tw_cause_row {
	const char *id;			/* "port-closed" */
	enum tw_cause_scope scope;
	const char *title;		/* in general: "Nothing listens on this port" */
	const char *next;		/* what to do, steps with '|' between, {words} to fill in */
	const char *topic;		/* of `tlswright explain`, or NULL */
};

extern const struct tw_cause_row tw_causes[TW_CAUSES];
int tw_cause_by_id(const char *id);	/* enum tw_cause_id, or -1 */

#endif
