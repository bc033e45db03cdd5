/*
 * asn1.h -- what the files of cert/ share: one bounded way in for a DER
 * certificate, and plain values out of libcrypto's ASN.1 types.
 */
#ifndef TW_CERT_ASN1_H
#define TW_CERT_ASN1_H

#include <openssl/x509.h>

#include "base/arena.h"
#include "base/buf.h"

#define TW_ASN1_DER_BYTES	65536	/* no certificate or OCSP response over this is read */
#define TW_ASN1_TEXT_BYTES	131072	/* no text made of one is longer */
#define TW_ASN1_ITEMS	1000	/* parts of a name, alternative names: the rest is not looked at */
#define TW_ASN1_RSA_BITS	16384	/* over this no signature is verified */
#define TW_ASN1_DSA_BITS	4096

/* The certificate in der, all of it and nothing behind; NULL: it is none. Free with X509_free(). */
X509 *tw_asn1_read(struct tw_bytes der);
struct tw_bytes tw_asn1_view(const ASN1_STRING *s);	/* borrowed from s; NULL gives p NULL */
/* Puts the text of s as UTF-8; bytes of UTF8String, IA5String and their like as they are. */
void tw_asn1_put_string(struct tw_buf *b, const ASN1_STRING *s);
struct tw_bytes tw_asn1_string(struct tw_arena *a, const ASN1_STRING *s);
/* "CN=mail.example.com, O=Example", in the order of the certificate. */
struct tw_bytes tw_asn1_name(struct tw_arena *a, const X509_NAME *name);
/* The dotted text ("1.2.840.10045.2.1") of o, "" when it is longer than any real one. */
const char *tw_asn1_oid(const ASN1_OBJECT *o, char ret[static 128]);
bool tw_asn1_time(const ASN1_TIME *t, int64_t *ret_seconds);	/* false: not a time */
/* The value of extension nid, undecoded; false: it is not there exactly once. */
bool tw_asn1_extension(const X509 *x, int nid, struct tw_bytes *ret_value);
/* The key of x when signatures may be verified with it at a bounded cost; borrowed, or NULL. */
EVP_PKEY *tw_asn1_verifying_key(const X509 *x);

#endif
