/* version.h -- every TLS version from SSL 2.0 to TLS 1.3: one row each (K1). */
#ifndef TW_DATA_VERSION_H
#define TW_DATA_VERSION_H

#include <stdint.h>

enum tw_version { TW_SSL2, TW_SSL3, TW_TLS10, TW_TLS11, TW_TLS12, TW_TLS13, TW_VERSIONS };
enum tw_status { TW_BROKEN, TW_DEPRECATED, TW_CURRENT };

struct tw_version_row {
	uint16_t wire;		/* 0x0002, 0x0300 … 0x0304 */
	const char *id;		/* as JSON names it: "TLSv1.2" */
	const char *title;	/* as people say it: "TLS 1.2" */
	int year;
	enum tw_status status;
	const char *spec;	/* where it is defined */
	const char *retired;	/* the RFC that retired it, or NULL */
};

extern const struct tw_version_row tw_versions[TW_VERSIONS];

int tw_version_by_wire(uint16_t wire);		/* enum tw_version, or -1 */
/* By id, title or loose spelling ("tls1.2", "TLSv1.2", "ssl3"); -1 when none. */
int tw_version_by_name(const char *name);

#endif
