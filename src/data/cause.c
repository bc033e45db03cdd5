/* cause.c -- causes.def as a table. judge/ finds causes; reports and explain show their words. */
#include "data/cause.h"

#include <stddef.h>
#include <strings.h>

const struct tw_cause_row tw_causes[TW_CAUSES] = {
#define C(symbol, function, id, scope, title, next, topic) \
	[TW_CAUSE_##symbol] = { id, TW_SCOPE_##scope, title, next, topic },
#include "data/causes.def"
#undef C
};

int
tw_cause_by_id(const char *id)
{
	for (int i = 0; i < TW_CAUSES; i++)
		if (strcasecmp(tw_causes[i].id, id) == 0)
			return i;
	return -1;
}
