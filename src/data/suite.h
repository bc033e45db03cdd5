/* suite.h -- every IANA cipher suite and the SSL 2.0 kinds, sorted by code. */
#ifndef TW_DATA_SUITE_H
#define TW_DATA_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tw_suite {
	uint32_t code;		/* 16 bits, or 24 for SSL 2.0 kinds (0x010080) */
	const char *name;	/* IANA; for SSL 2.0 its SSL_CK_ name */
	const char *openssl;	/* OpenSSL's name, or NULL where it has none */
	const char *key_exchange;	/* "ECDHE" "DHE" "RSA" "ECDH" "DH" "PSK" "DHE-PSK"
					 * "any" (TLS 1.3) "SRP" "KRB5" "GOST" … "NULL" */
	const char *authentication;	/* "RSA" "ECDSA" "DSS" "anon" (with "DHE" and
					 * "ECDHE") "PSK" "any" … */
	const char *cipher;	/* "AES" "CAMELLIA" "3DES" "DES" "RC4" "RC2" "CHACHA20" "NULL" … */
	const char *mode;	/* "GCM" "CBC" "CCM" "CCM_8" "POLY1305" "stream" "NULL" */
	const char *mac;	/* "AEAD" "SHA1" "MD5" "SHA256" "SHA384" "NULL" */
	uint16_t bits;		/* effective strength of the cipher key: 3DES 112, export 40/56 */
	bool forward_secrecy, aead, export, tls13, ssl2;
	bool signalling;	/* SCSV: not a suite a server can choose */
};

extern const struct tw_suite tw_suites[];
extern const size_t tw_suites_n;

const struct tw_suite *tw_suite_by_code(uint32_t code);	/* NULL: not assigned */
const struct tw_suite *tw_suite_by_name(const char *name);	/* IANA or OpenSSL, any case */

#endif
