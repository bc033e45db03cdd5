/*
 * authority.c -- the demo's certificates; see authority.h. Called by demo.c
 * once, before any thread starts.
 */
#include "authority.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY (24L * 60 * 60)

static void
must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "tlswright-demo: cannot %s\n", what);
	exit(2);
}

static void
extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(ext != NULL && X509_add_ext(cert, ext, -1) == 1, "add to a certificate");
	X509_EXTENSION_free(ext);
}

/* A certificate of key named cn, valid from and to so many seconds from now; not yet signed. */
static X509 *
begin(EVP_PKEY *key, const char *cn, long from, long to)
{
	X509 *cert = X509_new();
	unsigned char serial[16];
	BIGNUM *n;

	must(cert != NULL && RAND_bytes(serial, sizeof(serial)) == 1, "begin a certificate");
	serial[0] &= 0x7f;		/* positive, at most 20 bytes (RFC 5280 4.1.2.2) */
	serial[0] |= 0x40;
	n = BN_bin2bn(serial, sizeof(serial), NULL);
	must(n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL &&
	    X509_set_version(cert, X509_VERSION_3) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(cert), from) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(cert), to) != NULL &&
	    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
	    (const unsigned char *)cn, -1, -1, 0) == 1 &&
	    X509_set_pubkey(cert, key) == 1, "fill in a certificate");
	BN_free(n);
	return cert;
}

static void
finish(X509 *cert, X509 *issuer, EVP_PKEY *signer)
{
	must(X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1 &&
	    X509_sign(cert, signer, EVP_sha256()) > 0, "sign a certificate");
}

struct tw_identity
tw_authority_new(void)
{
	struct tw_identity ca = { EVP_EC_gen("P-256"), NULL };

	must(ca.key != NULL, "make a key");
	ca.cert = begin(ca.key, "tlswright demo CA", -DAY, 365 * DAY);
	must(X509_set_issuer_name(ca.cert, X509_get_subject_name(ca.cert)) == 1, "name the CA");
	extend(ca.cert, ca.cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
	extend(ca.cert, ca.cert, NID_key_usage, "critical,keyCertSign,cRLSign");
	extend(ca.cert, ca.cert, NID_subject_key_identifier, "hash");
	finish(ca.cert, ca.cert, ca.key);
	return ca;
}

struct tw_identity
tw_authority_good_leaf(const struct tw_identity *ca)
{
	struct tw_identity leaf = { EVP_EC_gen("P-256"), NULL };

	must(leaf.key != NULL, "make a key");
	leaf.cert = begin(leaf.key, "localhost", -DAY, 60 * DAY);
	must(X509_set_issuer_name(leaf.cert, X509_get_subject_name(ca->cert)) == 1, "name a CA");
	extend(leaf.cert, ca->cert, NID_basic_constraints, "critical,CA:FALSE");
	extend(leaf.cert, ca->cert, NID_key_usage, "critical,digitalSignature");
	extend(leaf.cert, ca->cert, NID_ext_key_usage, "serverAuth");
	extend(leaf.cert, ca->cert, NID_subject_key_identifier, "hash");
	extend(leaf.cert, ca->cert, NID_authority_key_identifier, "keyid");
	extend(leaf.cert, ca->cert, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
	finish(leaf.cert, ca->cert, ca->key);
	return leaf;
}

struct tw_identity
tw_authority_weak_leaf(void)
{
	struct tw_identity leaf = { EVP_RSA_gen(1024), NULL };

	must(leaf.key != NULL, "make a key");
	leaf.cert = begin(leaf.key, "mail.example", -400 * DAY, -30 * DAY);
	must(X509_set_issuer_name(leaf.cert, X509_get_subject_name(leaf.cert)) == 1, "name a leaf");
	extend(leaf.cert, leaf.cert, NID_subject_alt_name, "DNS:mail.example");
	finish(leaf.cert, leaf.cert, leaf.key);
	return leaf;
}
