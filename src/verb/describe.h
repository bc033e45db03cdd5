/* describe.h -- one row of a table in words: what explain prints of versions, suites,
 * groups, schemes, alerts and ports. */
#ifndef TW_VERB_DESCRIBE_H
#define TW_VERB_DESCRIBE_H

#include "data/alert.h"
#include "data/cause.h"
#include "data/finding.h"
#include "data/group.h"
#include "data/port.h"
#include "data/scheme.h"
#include "data/suite.h"
#include "data/version.h"

void tw_describe_version(const struct tw_version_row *v);
void tw_describe_suite(const struct tw_suite *s);
void tw_describe_group(const struct tw_group *g);
void tw_describe_scheme(const struct tw_scheme *s);
void tw_describe_alert(const struct tw_alert_row *a);
void tw_describe_port(const struct tw_port *p);
void tw_describe_cause(const struct tw_cause_row *c);
/* Severity, and where the specifications are, under the text of a finding. */
void tw_describe_finding(const struct tw_finding_row *f);

#endif
