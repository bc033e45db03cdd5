/*
 * authority.h -- certificates made in memory when the demo starts, and gone
 * when it ends: a throwaway CA, a leaf it signs, and a bad one nobody signs.
 */
#ifndef TW_DEMO_AUTHORITY_H
#define TW_DEMO_AUTHORITY_H

#include <openssl/evp.h>
#include <openssl/x509.h>

struct tw_identity {
	EVP_PKEY *key;
	X509 *cert;
};

/* The demo's CA; all of these end the program when libcrypto fails. */
struct tw_identity tw_authority_new(void);
/* A leaf of P-256 for localhost and 127.0.0.1, signed by ca, good for 60 days. */
struct tw_identity tw_authority_good_leaf(const struct tw_identity *ca);
/* A self-signed leaf with an RSA key of 1024 bits that ended a month ago. */
struct tw_identity tw_authority_weak_leaf(void);

#endif
