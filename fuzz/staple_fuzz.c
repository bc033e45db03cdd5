/* What is stapled: an OCSP response, alone and between a leaf and its issuer; a list of SCTs. */
#include <stdlib.h>

#include "cert/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tw_bytes all = { p, n }, leaf = { NULL, 0 }, issuer = { NULL, 0 };
	const char *word = NULL;
	int64_t next = 0;

	if (tw_cert_read_staple(all, &word, &next) && word == NULL)
		abort();
	if (tw_cert_count_scts(all) > n / 47)
		abort();
	/* leaf, issuer and response, each behind its length */
	if (!tw_bytes_vec16(&all, &leaf) || !tw_bytes_vec16(&all, &issuer))
		return 0;
	tw_cert_staple_is_authentic(all, leaf, issuer, 1790000000);
	if (tw_cert_read_staple(all, &word, &next) && word == NULL)
		abort();
	return 0;
}
