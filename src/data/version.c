/* version.c -- the six versions, and what people call them. Read by every floor above. */
#include <ctype.h>
#include <string.h>

#include "data/version.h"

const struct tw_version_row tw_versions[TW_VERSIONS] = {
	[TW_SSL2] = { 0x0002, "SSLv2", "SSL 2.0", 1995, TW_BROKEN,
	    "Netscape, draft-hickman-netscape-ssl-00", "RFC 6176" },
	[TW_SSL3] = { 0x0300, "SSLv3", "SSL 3.0", 1996, TW_BROKEN, "RFC 6101", "RFC 7568" },
	[TW_TLS10] = { 0x0301, "TLSv1.0", "TLS 1.0", 1999, TW_DEPRECATED, "RFC 2246",
	    "RFC 8996" },
	[TW_TLS11] = { 0x0302, "TLSv1.1", "TLS 1.1", 2006, TW_DEPRECATED, "RFC 4346",
	    "RFC 8996" },
	[TW_TLS12] = { 0x0303, "TLSv1.2", "TLS 1.2", 2008, TW_CURRENT, "RFC 5246", NULL },
	[TW_TLS13] = { 0x0304, "TLSv1.3", "TLS 1.3", 2018, TW_CURRENT, "RFC 8446", NULL },
};

int
tw_version_by_wire(uint16_t wire)
{
	for (int i = 0; i < TW_VERSIONS; i++)
		if (tw_versions[i].wire == wire)
			return i;
	return -1;
}

/* "TLS v1.2", "tls_1.2" and "TLSv1.2" become "tls1.2", "ssl3.0" becomes "ssl3". */
static void
normalise(const char *name, char out[static 16])
{
	size_t n = 0;

	for (; *name != '\0' && n < 15; name++)
		if (isalnum((unsigned char)*name) ? tolower((unsigned char)*name) != 'v' :
		    *name == '.')
			out[n++] = (char)tolower((unsigned char)*name);
	out[n] = '\0';
	if (n > 2 && strcmp(out + n - 2, ".0") == 0)
		out[n - 2] = '\0';
}

int
tw_version_by_name(const char *name)
{
	char want[16], have[16];

	normalise(name, want);
	for (int i = 0; i < TW_VERSIONS; i++) {
		normalise(tw_versions[i].id, have);
		if (strcmp(want, have) == 0)
			return i;
	}
	/* "tls13", "tls12", as configuration files of some servers write it */
	if (strlen(want) == 5 && strncmp(want, "tls1", 4) == 0 && want[4] >= '0' &&
	    want[4] <= '3')
		return TW_TLS10 + (want[4] - '0');
	return -1;
}
