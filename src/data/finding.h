/* finding.h -- the finding ids (INTERFACE): one row each in findings.def. */
#ifndef TW_DATA_FINDING_H
#define TW_DATA_FINDING_H

#include <stddef.h>

enum tw_severity { TW_INFO, TW_LOW, TW_MEDIUM, TW_HIGH, TW_CRITICAL };
extern const char *const tw_severity_names[];	/* "info" … "critical" */
int tw_severity_by_name(const char *name);	/* or -1 */

enum tw_finding_id {
#define X(symbol, id, severity, title, why, fix, references) TW_FINDING_##symbol,
#include "data/findings.def"
#undef X
	TW_FINDINGS
};

struct tw_finding_row {
	const char *id;		/* "tls10-offered" */
	enum tw_severity severity;	/* of the default policy, before context */
	const char *title;	/* "TLS 1.0 is offered" */
	const char *why, *fix;	/* a sentence or two each */
	const char *references;	/* "RFC 8996; RFC 9325 3.1.1", or "" */
};

extern const struct tw_finding_row tw_findings[TW_FINDINGS];
int tw_finding_by_id(const char *id);		/* enum tw_finding_id, or -1 */

#endif
