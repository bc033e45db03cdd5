/* Counts signed certificate timestamps (RFC 6962 3.2, 3.3); TLS extension, certificate and staple hold the same list. */
#include "cert/cert.h"

/* One of version 1, to its last byte. */
static bool
is_v1(struct tw_bytes s)
{
	struct tw_bytes skipped;

	return tw_bytes_take(&s, 1 + 32 + 8, &skipped) && skipped.p[0] == 0 &&
	    tw_bytes_vec16(&s, &skipped) &&	/* extensions */
	    tw_bytes_take(&s, 2, &skipped) &&	/* hash and signature algorithm */
	    tw_bytes_vec16(&s, &skipped) && skipped.n > 0 && s.n == 0;
}

unsigned
tw_cert_count_scts(struct tw_bytes list)
{
	struct tw_bytes all, one;
	unsigned n = 0;

	if (!tw_bytes_vec16(&list, &all) || list.n != 0)
		return 0;
	while (all.n > 0) {
		if (!tw_bytes_vec16(&all, &one) || one.n == 0)
			return 0;
		if (one.p[0] == 0 && !is_v1(one))
			return 0;
		if (one.p[0] == 0)	/* a version to come is skipped, not counted */
			n++;
	}
	return n;
}
