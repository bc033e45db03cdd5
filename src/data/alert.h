/* alert.h -- TLS alerts (IANA), with what each usually means. */
#ifndef TW_DATA_ALERT_H
#define TW_DATA_ALERT_H

#include <stddef.h>
#include <stdint.h>

struct tw_alert_row {
	uint8_t code;
	const char *name;	/* "handshake_failure" */
	const char *means;	/* one sentence for a person */
	const char *causes;	/* the usual ones, a list of "- " lines that name what explains them */
};

extern const struct tw_alert_row tw_alerts[];
extern const size_t tw_alerts_n;

const struct tw_alert_row *tw_alert_by_code(uint8_t code);
const struct tw_alert_row *tw_alert_by_name(const char *name);

#endif
