/* tls_ciphers.c -- see tls_ciphers.h. For `config --check`. */
#include "net/tls_ciphers.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define STRING_MAX	16384

size_t
tw_tls_ciphers(const char *string, uint16_t *ret, size_t max)
{
	static SSL_CTX *ctx;	/* one for all: a configuration has many strings */
	STACK_OF(SSL_CIPHER) *ciphers;
	char all[STRING_MAX + 32];
	size_t n = 0;

	if (ctx == NULL)
		ctx = SSL_CTX_new(TLS_server_method());
	if (ctx == NULL || strlen(string) > STRING_MAX)
		return 0;
	SSL_CTX_set_security_level(ctx, 0);
	snprintf(all, sizeof(all), "%s:@SECLEVEL=0", string);
	ciphers = SSL_CTX_set_cipher_list(ctx, all) == 1 ? SSL_CTX_get_ciphers(ctx) : NULL;
	for (int i = 0; ciphers != NULL && i < sk_SSL_CIPHER_num(ciphers) && n < max; i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(ciphers, i);

		/* TLS 1.3 has a list of its own. */
		if (strcmp(SSL_CIPHER_get_version(c), "TLSv1.3") != 0)
			ret[n++] = SSL_CIPHER_get_protocol_id(c);
	}
	ERR_clear_error();
	return n;
}
