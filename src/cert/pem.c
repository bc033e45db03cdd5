/* The first certificate of a PEM text: what a server's certificate file begins with. */
#include <openssl/err.h>
#include <openssl/pem.h>

#include "cert/cert.h"

bool
tw_cert_read_pem(struct tw_arena *a, struct tw_bytes pem, struct tw_cert *ret)
{
	BIO *in = pem.n > INT32_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	bool found = false;
	char *name, *header;
	unsigned char *der;
	long n;

	ERR_set_mark();
	while (in != NULL && !found && PEM_read_bio(in, &name, &header, &der, &n) == 1) {
		if (strcmp(name, PEM_STRING_X509) == 0 && n > 0) {
			tw_cert_read(a, tw_arena_bytes(a, (struct tw_bytes){ der, (size_t)n }), ret);
			found = true;
		}
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_cleanse(der, n > 0 ? (size_t)n : 0);	/* it may have been a key */
		OPENSSL_free(der);
	}
	ERR_pop_to_mark();
	BIO_free(in);
	return found;
}
