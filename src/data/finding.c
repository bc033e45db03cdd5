/* finding.c -- findings.def as a table. Judge makes findings, reports and explain show them. */
#include <strings.h>

#include "base/bytes.h"
#include "data/finding.h"

const char *const tw_severity_names[] = { "info", "low", "medium", "high", "critical" };

int
tw_severity_by_name(const char *name)
{
	for (int i = TW_INFO; i <= TW_CRITICAL; i++)
		if (strcasecmp(tw_severity_names[i], name) == 0)
			return i;
	return -1;
}

const struct tw_finding_row tw_findings[TW_FINDINGS] = {
#define X(symbol, id, severity, title, why, fix, references) \
	[TW_FINDING_##symbol] = { id, severity, title, why, fix, references },
#include "data/findings.def"
#undef X
};

int
tw_finding_by_id(const char *id)
{
	for (int i = 0; i < TW_FINDINGS; i++)
		if (strcasecmp(tw_findings[i].id, id) == 0)
			return i;
	return -1;
}
