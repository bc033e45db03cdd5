/* scheme.h -- signature schemes (RFC 8446 4.2.3, and the hash/signature pairs of 1.2). */
#ifndef TW_DATA_SCHEME_H
#define TW_DATA_SCHEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tw_scheme {
	uint16_t code;
	const char *name;	/* "rsa_pss_rsae_sha256" */
	const char *key;	/* "RSA" "RSA-PSS" "ECDSA" "EdDSA" "DSA" "ML-DSA" */
	const char *hash;	/* "SHA1" "SHA256" … or "none" (intrinsic) */
	bool tls13;		/* may sign a TLS 1.3 handshake */
};

extern const struct tw_scheme tw_schemes[];
extern const size_t tw_schemes_n;

const struct tw_scheme *tw_scheme_by_code(uint16_t code);
const struct tw_scheme *tw_scheme_by_name(const char *name);

#endif
