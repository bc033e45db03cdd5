/* facts.h -- the parts of tw_cert_read(), one file each; x is read, ret half filled. */
#ifndef TW_CERT_FACTS_H
#define TW_CERT_FACTS_H

#include "cert/asn1.h"
#include "cert/cert.h"

/*
 * read.c: all of it; x is what der holds, NULL: no certificate. ret is filled from
 * the start, der and its digest first.
 */
void tw_facts_read(struct tw_arena *a, X509 *x, struct tw_bytes der,
    const uint8_t sha256[static 32], struct tw_cert *ret);
void tw_facts_read_link(struct tw_arena *a, X509 *x, struct tw_bytes der,
    const uint8_t sha256[static 32], struct tw_link *ret);
/*
 * usual.c: the same as tw_facts_read() says, without libcrypto's reading; false: der is
 * no certificate of the usual kind, or none at all, and read.c must say what it is.
 */
bool tw_usual_read(struct tw_arena *a, struct tw_bytes der, const uint8_t sha256[static 32],
    struct tw_cert *ret);
/* key.c: key_type, key_bits, curve, rsa_exponent_one, roca, spki_sha256 */
void tw_key_read(struct tw_arena *a, const X509 *x, struct tw_cert *ret);
/* signature.c: signature, signature_hash, self_signed */
void tw_signature_read(struct tw_arena *a, X509 *x, struct tw_cert *ret);
/* The word for the hash x is signed with: "SHA256" … "none" (EdDSA), "unknown". */
const char *tw_signature_hash(X509 *x);
/* names.c: subject, issuer, common_name, names, wildcard */
void tw_names_read(struct tw_arena *a, const X509 *x, struct tw_cert *ret);
/* usage.c: is_ca, server_usage, must_staple, precertificate, scts, ocsp_uri, crl_uri */
void tw_usage_read(const X509 *x, struct tw_cert *ret);

/* roca.c: has the modulus the fingerprint of CVE-2017-15361? residue(arg, p) is modulus mod p. */
bool tw_roca_fits(unsigned (*residue)(const void *arg, unsigned p), const void *arg);
/* A name for a key or signature algorithm libcrypto may not know yet, by its OID; or NULL. */
const char *tw_key_name_by_oid(const char *oid);

#endif
