/*
 * certs_make.h -- certificates made at test time: a row says what is to be
 * odd about one, everything else is as a public CA of today would do it.
 * Whatever cannot be made ends the test program.
 */
#ifndef TW_TESTS_CERTS_MAKE_H
#define TW_TESTS_CERTS_MAKE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/bytes.h"

#define CERTS_NOW	1790000000	/* 2026-09-21: certificates are good around it */
#define CERTS_DAY	86400

struct certs_row {
	const char *cn;			/* common name; NULL: an empty subject */
	const char *o;			/* organisation, or NULL */
	const char *san;		/* "DNS:a.example,IP:192.0.2.1,IP:::1,email:x@y,URI:u"; a caret is a NUL byte */
	const char *key;		/* "p256" (NULL), "p384", "rsa2048", "rsa1024", "rsa512", "ed25519", "ed448", "dsa1024", "p256-explicit", … */
	const char *hash;		/* "SHA256" (NULL), "SHA1", "MD5" */
	int from_day, to_day;		/* days from CERTS_NOW; both 0: -30 and 60 (a CA: -1000 and 1000) */
	bool ca;
	const char *basic;		/* basicConstraints in place of what ca says; "" none */
	const char *usage;		/* keyUsage; NULL as ca says; "" none */
	const char *eku;		/* extendedKeyUsage; NULL: serverAuth for a leaf; "" none */
	const char *constraints;	/* nameConstraints: "permitted;DNS:example.com" */
	const char *aia;		/* "caIssuers;URI:http://…" */
	const char *extra[3][2];	/* further extensions: { "tlsfeature", "status_request" } */
	struct { const char *oid; struct tw_bytes value; bool critical; } raw;	/* one as DER */
	EVP_PKEY *given_key;		/* this key instead of a new one */
	struct { const char *oid; size_t n; } raw_key;	/* a public key of n zero bytes of any algorithm */
	bool no_key_ids;		/* no subject and authority key identifiers */
};

struct certs_one {
	X509 *x;
	EVP_PKEY *key;
	struct tw_bytes der;		/* owned */
};

/* Signed by issuer; NULL: by itself. Free with certs_free(). */
struct certs_one *certs_make(const struct certs_row *row, const struct certs_one *issuer);
void certs_free(struct certs_one *c);	/* takes NULL */
EVP_PKEY *certs_key(const char *kind);	/* a new key, as certs_row.key */
char *certs_pem(const struct certs_one *c);	/* from malloc() */
char *certs_key_pem(const struct certs_one *c);	/* from malloc() */

#endif
