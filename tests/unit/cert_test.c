/* Certificates: what is read from one, whom it fits; all made here, at test time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/param_build.h>
#include <openssl/x509v3.h>

#include "base/crypto.h"
#include "base/text.h"
#include "cert/facts.h"
#include "certs_make.h"

static struct certs_one *ca;

static void
assert_text(struct tw_bytes v, const char *want)
{
	if (!tw_bytes_equal(v, tw_bytes_of(want)))
		fail_msg("got \"%.*s\", want \"%s\"", (int)v.n, (const char *)v.p, want);
}

static void
assert_same(const struct tw_cert *x, const struct tw_cert *y)
{
	assert_int_equal(x->parsed, y->parsed);
	assert_true(tw_bytes_equal(x->der, y->der));
	assert_memory_equal(x->sha256, y->sha256, 32);
	assert_memory_equal(x->spki_sha256, y->spki_sha256, 32);
	if (!x->parsed)
		return;
	assert_true(tw_bytes_equal(x->subject, y->subject));
	assert_true(tw_bytes_equal(x->issuer, y->issuer));
	assert_true(tw_bytes_equal(x->common_name, y->common_name));
	assert_true(tw_bytes_equal(x->serial, y->serial));
	assert_true(x->not_before == y->not_before && x->not_after == y->not_after);
	assert_string_equal(x->key_type, y->key_type);
	assert_int_equal(x->key_bits, y->key_bits);
	assert_true((x->curve == NULL) == (y->curve == NULL));
	assert_string_equal(x->curve == NULL ? "" : x->curve, y->curve == NULL ? "" : y->curve);
	assert_string_equal(x->signature, y->signature);
	assert_string_equal(x->signature_hash, y->signature_hash);
	assert_true(x->self_signed == y->self_signed && x->is_ca == y->is_ca &&
	    x->must_staple == y->must_staple && x->server_usage == y->server_usage &&
	    x->scts == y->scts && x->ocsp_uri == y->ocsp_uri && x->wildcard == y->wildcard &&
	    x->crl_uri == y->crl_uri && x->precertificate == y->precertificate &&
	    x->roca == y->roca && x->rsa_exponent_one == y->rsa_exponent_one);
	assert_int_equal(x->names.n, y->names.n);
	for (size_t i = 0; i < x->names.n; i++) {
		assert_int_equal(x->names.v[i].kind, y->names.v[i].kind);
		assert_true(tw_bytes_equal(x->names.v[i].value, y->names.v[i].value));
	}
}

/* Read by the walk where that reads it, and by libcrypto: the same; true: the walk did. */
static bool
walked(struct tw_bytes der)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_cert usual, whole;
	uint8_t sha256[32];
	bool yes;
	X509 *x;

	tw_hash(TW_SHA256, der, sha256);
	yes = tw_usual_read(a, der, sha256, &usual);
	if (yes) {
		ERR_set_mark();
		x = tw_asn1_read(der);
		tw_facts_read(a, x, der, sha256, &whole);
		X509_free(x);
		ERR_pop_to_mark();
		assert_same(&usual, &whole);
	}
	tw_arena_free(a);
	return yes;
}

/* Made, read and kept in a; the certificate itself is freed. */
static struct tw_cert
made(struct tw_arena *a, const struct certs_row *row, const struct certs_one *issuer)
{
	struct certs_one *c = certs_make(row, issuer);
	struct tw_cert ret;

	tw_cert_read(a, c->der, &ret);
	assert_true(ret.parsed);
	walked(c->der);
	assert_int_equal(ERR_peek_error(), 0);	/* the queue is the TLS glue's */
	certs_free(c);
	return ret;
}

/* --- whom it fits -------------------------------------------------------- */

static const struct {
	const char *san, *host;
	bool want;
} fits[] = {
	{ "DNS:mail.example.com", "mail.example.com", true },
	{ "DNS:mail.example.com", "MAIL.Example.COM", true },
	{ "DNS:MAIL.Example.COM", "mail.example.com", true },
	{ "DNS:mail.example.com", "mail.example.com.", true },
	{ "DNS:mail.example.com", "mail.example.com..", false },
	{ "DNS:mail.example.com", ".mail.example.com", false },
	{ "DNS:mail.example.com", "www.example.com", false },
	{ "DNS:mail.example.com", "example.com", false },
	{ "DNS:mail.example.com", "a.mail.example.com", false },
	{ "DNS:mail.example.com", "mail.example.co", false },
	{ "DNS:mail.example.com", "", false },
	{ "DNS:mail.example.com", ".", false },
	{ "DNS:a.example,DNS:b.example,DNS:c.example", "c.example", true },
	{ "DNS:a.example,DNS:b.example,DNS:c.example", "d.example", false },
	{ "DNS:localhost", "localhost", true },
	{ "DNS:under_score.example.com", "under_score.example.com", true },
	/* wildcards: one whole left-most label, two labels after it */
	{ "DNS:*.example.com", "mail.example.com", true },
	{ "DNS:*.EXAMPLE.com", "mail.example.com", true },
	{ "DNS:*.example.com", "mail.example.com.", true },
	{ "DNS:*.example.com", "example.com", false },
	{ "DNS:*.example.com", ".example.com", false },
	{ "DNS:*.example.com", "a.b.example.com", false },
	{ "DNS:*.example.com", "*.example.com", false },
	{ "DNS:*.example.com", "xn--mnchen-3ya.example.com", true },
	{ "DNS:*.example.com", "mail.example.org", false },
	{ "DNS:*.com", "example.com", false },
	{ "DNS:*.", "example", false },
	{ "DNS:*", "example", false },
	{ "DNS:*", "mail.example.com", false },
	{ "DNS:*.*.com", "mail.example.com", false },
	{ "DNS:*.*.example.com", "a.b.example.com", false },
	{ "DNS:mail.*.com", "mail.example.com", false },
	{ "DNS:mail.example.*", "mail.example.com", false },
	{ "DNS:m*.example.com", "mail.example.com", false },
	{ "DNS:*l.example.com", "mail.example.com", false },
	{ "DNS:m*l.example.com", "mail.example.com", false },
	{ "DNS:f*o.example.com", "foo.example.com", false },
	{ "DNS:**.example.com", "mail.example.com", false },
	{ "DNS:*example.com", "mailexample.com", false },
	{ "DNS:xn--*.example.com", "xn--mnchen-3ya.example.com", false },
	{ "DNS:*.0.0.1", "127.0.0.1", false },
	{ "DNS:*.example..com", "mail.example..com", false },
	/* what is no name, and NUL bytes */
	{ "DNS:mail.example.com^.evil.example", "mail.example.com", false },
	{ "DNS:mail.example.com^", "mail.example.com", false },
	{ "DNS:^mail.example.com", "mail.example.com", false },
	{ "DNS:*.example.com^.evil.example", "mail.example.com", false },
	{ "DNS:mail.example.com.", "mail.example.com", false },
	{ "DNS:.example.com", "mail.example.com", false },
	{ "DNS:", "mail.example.com", false },
	{ "DNS: mail.example.com", "mail.example.com", false },
	{ "DNS:mail.example.com ", "mail.example.com", false },
	{ "DNS:a mail.example.com", "a mail.example.com", false },
	{ "URI:https://mail.example.com/", "mail.example.com", false },
	{ "email:root@mail.example.com", "mail.example.com", false },
	{ "email:mail.example.com", "mail.example.com", false },
	/* addresses: iPAddress alone */
	{ "IP:192.0.2.1", "192.0.2.1", true },
	{ "IP:192.0.2.1", "192.0.2.2", false },
	{ "IP:192.0.2.1", "192.0.2.1.", false },
	{ "DNS:192.0.2.1", "192.0.2.1", false },
	{ "DNS:192.0.2.1", "192.0.2.1.", false },
	{ "DNS:127.1", "127.1", false },
	{ "DNS:a.0x7f000001", "a.0x7f000001", false },
	{ "DNS:*.2.1", "192.0.2.1", false },
	{ "IP:192.0.2.1,DNS:mail.example.com", "mail.example.com", true },
	{ "IP:2001:db8::1", "2001:db8::1", true },
	{ "IP:2001:db8::1", "2001:DB8:0:0::0:1", true },
	{ "IP:2001:db8::1", "2001:db8::2", false },
	{ "IP:fe80::1", "fe80::1%eth0", true },
	{ "DNS:2001:db8::1", "2001:db8::1", false },
	{ "IP:192.0.2.1", "::ffff:192.0.2.1", false },
	{ "IP:::ffff:192.0.2.1", "192.0.2.1", false },
	{ "IP:::ffff:192.0.2.1", "::ffff:192.0.2.1", true },
	{ "IP:abc", "97.98.99.0", false },	/* three bytes: no address */
	/* names of other scripts: UTF-8 asked, A-labels in the certificate */
	{ "DNS:xn--mnchen-3ya.example", "m\xc3\xbcnchen.example", true },
	{ "DNS:xn--mnchen-3ya.example", "M\xc3\x9cNCHEN.example", true },
	{ "DNS:XN--MNCHEN-3YA.example", "m\xc3\xbcnchen.example.", true },
	{ "DNS:xn--mnchen-3ya.example", "munchen.example", false },
	{ "DNS:m\xc3\xbcnchen.example", "m\xc3\xbcnchen.example", false },
	{ "DNS:*.xn--mnchen-3ya.example", "mail.m\xc3\xbcnchen.example", true },
	{ "DNS:xn--strae-oqa.example", "stra\xc3\x9f" "e.example", true },	/* not strasse: non-transitional */
	{ "DNS:strasse.example", "stra\xc3\x9f" "e.example", false },
	{ "DNS:mail.example", "mail.example\xff", false },
};

static void
test_fits(void **state)
{
	struct tw_arena *a = tw_arena_new();
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(fits); i++) {
		/* The common name says yes to all of them and must not count. */
		struct certs_row row = { .cn = fits[i].host, .san = fits[i].san };
		struct tw_cert c;

		if (strlen(fits[i].host) == 0 || strchr(fits[i].host, '\xff') != NULL)
			row.cn = "mail.example.com";
		c = made(a, &row, ca);
		if (tw_cert_fits(&c, fits[i].host) != fits[i].want) {
			print_error("%s for %s: want %d\n", fits[i].san, fits[i].host, fits[i].want);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
	tw_arena_free(a);
}

static void
test_fits_no_name(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_cert c = made(a, &(struct certs_row){ .cn = "mail.example.com" }, ca);
	struct tw_cert unread;
	char *longest = calloc(1, 5000);

	(void)state;
	assert_false(tw_cert_fits(&c, "mail.example.com"));
	assert_false(tw_cert_fits(&c, NULL));
	assert_int_equal(c.names.n, 0);
	memset(longest, 'a', 4999);
	assert_false(tw_cert_fits(&c, longest));
	free(longest);
	tw_cert_read(a, TW_BYTES("no certificate"), &unread);
	assert_false(tw_cert_fits(&unread, "mail.example.com"));
	assert_true(tw_cert_host_is_ip("::1"));
	assert_true(tw_cert_host_is_ip("127.0.0.1"));
	assert_false(tw_cert_host_is_ip("127.1"));
	assert_false(tw_cert_host_is_ip("mail.example.com"));
	tw_arena_free(a);
}

/* --- what is read -------------------------------------------------------- */

static void
test_names(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_cert c = made(a, &(struct certs_row){ .cn = "m\xc3\xbcnchen, Inc",
	    .o = "Ex\xe2\x80\xae", .san = "DNS:*.a.example,DNS:b^c,IP:192.0.2.1,IP:2001:db8:0::1,"
	    "email:x@a.example,URI:https://a.example/" }, ca);

	(void)state;
	assert_text(c.subject, "CN=\"m\xc3\xbcnchen, Inc\", O=Ex\xe2\x80\xae");
	assert_text(c.common_name, "m\xc3\xbcnchen, Inc");
	assert_text(c.issuer, "CN=Test CA, O=Example");
	assert_int_equal(c.names.n, 6);
	assert_text(c.names.v[0].value, "*.a.example");
	assert_true(c.wildcard);
	assert_true(tw_bytes_equal(c.names.v[1].value, TW_BYTES("b\0c")));
	assert_int_equal(c.names.v[2].kind, TW_NAME_IP);
	assert_text(c.names.v[2].value, "192.0.2.1");
	assert_text(c.names.v[3].value, "2001:db8::1");
	assert_int_equal(c.names.v[4].kind, TW_NAME_EMAIL);
	assert_int_equal(c.names.v[5].kind, TW_NAME_URI);
	assert_int_equal(c.not_before, CERTS_NOW - 30 * CERTS_DAY);
	assert_int_equal(c.not_after, CERTS_NOW + 60 * CERTS_DAY);
	assert_false(c.self_signed || c.is_ca || c.must_staple || c.precertificate);
	assert_true(c.server_usage);
	tw_arena_free(a);
}

/* A name with one entry of the ASN.1 type t. */
static void
check_string(int t, struct tw_bytes in, const char *want)
{
	struct tw_arena *a = tw_arena_new();
	X509_NAME *name = X509_NAME_new();
	struct certs_one *c = certs_make(&(struct certs_row){ .cn = "x" }, NULL);
	unsigned char *der = NULL;
	struct tw_link link;
	int n;

	assert_true(X509_NAME_add_entry_by_NID(name, NID_commonName, t, in.p, (int)in.n, -1, 0));
	assert_true(X509_set_subject_name(c->x, name));
	X509_sign(c->x, c->key, EVP_sha256());
	n = i2d_X509(c->x, &der);
	assert_true(n > 0);
	tw_cert_read_link(a, (struct tw_bytes){ der, (size_t)n }, &link);
	assert_text(link.subject, want);
	OPENSSL_free(der);
	X509_NAME_free(name);
	certs_free(c);
	tw_arena_free(a);
}

static void
test_strings(void **state)
{
	(void)state;
	check_string(V_ASN1_UTF8STRING, TW_BYTES("a\xc3\xbc"), "CN=a\xc3\xbc");
	check_string(V_ASN1_T61STRING, TW_BYTES("a\xfc"), "CN=a\xc3\xbc");
	check_string(V_ASN1_BMPSTRING, TW_BYTES("\0a\0\xfc"), "CN=a\xc3\xbc");
	check_string(V_ASN1_UNIVERSALSTRING, TW_BYTES("\0\1\xf6\0"), "CN=\xf0\x9f\x98\x80");
	check_string(V_ASN1_BIT_STRING, TW_BYTES("\1\2"), "CN=#0102");
}

static const struct {
	const char *kind, *type;
	unsigned bits;
	const char *curve, *hash, *signature, *signature_hash;
} keys[] = {
	{ "p256", "ECDSA", 256, "P-256", NULL, "ecdsa-with-SHA256", "SHA256" },
	{ "p384", "ECDSA", 384, "P-384", "SHA384", "ecdsa-with-SHA384", "SHA384" },
	{ "p521", "ECDSA", 521, "P-521", "SHA512", "ecdsa-with-SHA512", "SHA512" },
	{ "p224", "ECDSA", 224, "P-224", NULL, "ecdsa-with-SHA256", "SHA256" },
	{ "k256", "ECDSA", 256, "secp256k1", NULL, "ecdsa-with-SHA256", "SHA256" },
	{ "p256-explicit", "ECDSA", 256, NULL, NULL, "ecdsa-with-SHA256", "SHA256" },
	{ "rsa2048", "RSA", 2048, NULL, NULL, "sha256WithRSAEncryption", "SHA256" },
	{ "rsa1024", "RSA", 1024, NULL, "SHA1", "sha1WithRSAEncryption", "SHA1" },
	{ "rsa512", "RSA", 512, NULL, "MD5", "md5WithRSAEncryption", "MD5" },
	{ "ed25519", "Ed25519", 256, NULL, NULL, "ED25519", "none" },
	{ "ed448", "Ed448", 456, NULL, NULL, "ED448", "none" },
	{ "dsa1024", "DSA", 1024, NULL, NULL, "dsa_with_SHA256", "SHA256" },
};

static void
test_keys(void **state)
{
	struct tw_arena *a = tw_arena_new();

	(void)state;
	for (size_t i = 0; i < TW_COUNT(keys); i++) {
		struct tw_cert c = made(a, &(struct certs_row){ .cn = "x", .key = keys[i].kind,
		    .hash = keys[i].hash }, NULL);

		assert_string_equal(c.key_type, keys[i].type);
		assert_int_equal(c.key_bits, keys[i].bits);
		if (keys[i].curve == NULL)
			assert_null(c.curve);
		else
			assert_string_equal(c.curve, keys[i].curve);
		assert_string_equal(c.signature, keys[i].signature);
		assert_string_equal(c.signature_hash, keys[i].signature_hash);
		assert_true(c.self_signed);
		assert_false(c.roca || c.rsa_exponent_one);
	}
	tw_arena_free(a);
}

/* Kinds this libcrypto may not know: the name comes from the OID, the size from the key. */
static void
test_strange_keys(void **state)
{
	static const struct { const char *oid; size_t n; const char *type; } rows[] = {
		{ "2.16.840.1.101.3.4.3.17", 1312, "ML-DSA-44" },
		{ "2.16.840.1.101.3.4.3.19", 2592, "ML-DSA-87" },
		{ "2.16.840.1.101.3.4.3.20", 32, "SLH-DSA-SHA2-128s" },
		{ "1.2.3.4.5", 10, "1.2.3.4.5" },
	};
	struct tw_arena *a = tw_arena_new();

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct tw_cert c = made(a, &(struct certs_row){ .cn = "x",
		    .raw_key = { rows[i].oid, rows[i].n } }, ca);

		assert_string_equal(c.key_type, rows[i].type);
		assert_int_equal(c.key_bits, rows[i].n * 8);
	}
	tw_arena_free(a);
}

/* A public key with modulus n and exponent e; no private half. */
static EVP_PKEY *
rsa_public(const BIGNUM *n, unsigned long e)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *be = BN_new();
	EVP_PKEY *k = NULL;
	OSSL_PARAM *p;

	BN_set_word(be, e);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, be);
	p = OSSL_PARAM_BLD_to_param(b);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_PUBLIC_KEY, p), 1);
	OSSL_PARAM_free(p);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(ctx);
	BN_free(be);
	return k;
}

/* Moduli as the broken library made them, (kM + 65537^a mod M), M from the paper; and a near miss. */
static void
test_roca(void **state)
{
	struct tw_arena *a = tw_arena_new();
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *m = NULL, *n = BN_new(), *e = BN_new(), *g = BN_new();

	(void)state;
	BN_hex2bn(&m, "924cba6ae99dfa084537facc54948df0c23da044d8cabe0edd75bc6");
	BN_set_word(g, 65537);
	for (int i = 0; i < 8; i++) {
		struct tw_cert c;
		EVP_PKEY *k;

		BN_rand(e, 60, -1, 0);
		BN_mod_exp(n, g, e, m, ctx);
		BN_rand(e, 2048 - 220, BN_RAND_TOP_TWO, 0);
		BN_mul(e, e, m, ctx);
		BN_add(n, n, e);
		if (i == 0) {		/* the product with 3 leaves the group modulo 11 */
			BN_copy(e, n);
			BN_mul_word(e, 3);
			BN_copy(n, e);
		}
		k = rsa_public(n, i == 1 ? 1 : 65537);
		c = made(a, &(struct certs_row){ .cn = "x", .given_key = k }, ca);
		assert_int_equal(c.roca, i != 0);
		assert_int_equal(c.rsa_exponent_one, i == 1);
		EVP_PKEY_free(k);
	}
	BN_free(m);
	BN_free(n);
	BN_free(e);
	BN_free(g);
	BN_CTX_free(ctx);
	tw_arena_free(a);
}

/* One SCT of version 1 with a signature of 2 bytes: 47 bytes and its length. */
#define SCT "\0\x31\0" "0123456789abcdef0123456789abcdef" "\0\0\1\2\3\4\5\6" "\0\0" "\4\3" "\0\2" "sg"

static void
test_scts(void **state)
{
	const struct { struct tw_bytes list; unsigned want; } rows[] = {
		{ TW_BYTES("\0\x33" SCT), 1 },
		{ TW_BYTES("\0\x66" SCT SCT), 2 },
		{ TW_BYTES("\0\x36" SCT "\0\1\1"), 1 },	/* of a version to come */
		{ TW_BYTES("\0\x34" SCT), 0 },
		{ TW_BYTES("\0\x33" SCT "x"), 0 },
		{ TW_BYTES("\0\x35" SCT "\0\0"), 0 },
		{ TW_BYTES("\0\x36" SCT "\0\1\0"), 0 },
		{ TW_BYTES("\0\0"), 0 },
		{ TW_BYTES("\0"), 0 },
		{ TW_BYTES(""), 0 },
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		assert_int_equal(tw_cert_count_scts(rows[i].list), rows[i].want);
}

static void
test_usage(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_cert c;

	(void)state;
	c = made(a, &(struct certs_row){ .cn = "x", .eku = "clientAuth" }, ca);
	assert_false(c.server_usage);
	c = made(a, &(struct certs_row){ .cn = "x", .eku = "clientAuth,anyExtendedKeyUsage" }, ca);
	assert_true(c.server_usage);
	c = made(a, &(struct certs_row){ .cn = "x", .eku = "" }, ca);
	assert_true(c.server_usage);
	c = made(a, &(struct certs_row){ .cn = "x", .eku = "", .raw = { "extendedKeyUsage",
	    TW_BYTES("\x30\x03\x02"), false } }, ca);
	assert_false(c.server_usage);	/* unreadable: allows nothing */
	c = made(a, &(struct certs_row){ .cn = "x", .ca = true }, ca);
	assert_true(c.is_ca);
	c = made(a, &(struct certs_row){ .cn = "x", .aia = "OCSP;URI:http://o.example/",
	    .extra = { { "tlsfeature", "status_request" },
	    { "crlDistributionPoints", "URI:http://c.example/" } } }, ca);
	assert_true(c.must_staple && c.ocsp_uri && c.crl_uri);
	c = made(a, &(struct certs_row){ .cn = "x", .aia = "caIssuers;URI:http://o.example/",
	    .extra = { { "tlsfeature", "DER:30:03:02:01:17" } } }, ca);
	assert_false(c.must_staple || c.ocsp_uri || c.crl_uri);
	c = made(a, &(struct certs_row){ .cn = "x", .raw = { "1.3.6.1.4.1.11129.2.4.3",
	    TW_BYTES("\x05\0"), true } }, ca);
	assert_true(c.precertificate);
	c = made(a, &(struct certs_row){ .cn = "x", .raw = { "1.3.6.1.4.1.11129.2.4.2",
	    TW_BYTES("\x04\x68\0\x66" SCT SCT), false } }, ca);
	assert_int_equal(c.scts, 2);
	tw_arena_free(a);
}

/* Every cut and every changed byte of a certificate: read or not, never a fall. */
static void
test_broken(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct certs_one *c = certs_make(&(struct certs_row){ .cn = "x", .san = "DNS:x.example",
	    .extra = { { "tlsfeature", "status_request" } } }, ca);
	uint8_t *copy = malloc(c->der.n + 1), *huge = calloc(1, 70000);
	struct tw_cert r;

	(void)state;
	for (size_t n = 0; n < c->der.n; n++) {
		tw_cert_read(a, (struct tw_bytes){ c->der.p, n }, &r);
		assert_false(r.parsed);
		assert_int_equal(r.der.n, n);
	}
	for (size_t i = 0; i < c->der.n; i++) {
		memcpy(copy, c->der.p, c->der.n);
		copy[i] ^= 0x81;
		tw_cert_read(a, (struct tw_bytes){ copy, c->der.n }, &r);
		if (r.parsed)
			tw_cert_fits(&r, "x.example");
	}
	memcpy(copy, c->der.p, c->der.n);
	copy[c->der.n] = 0;		/* a byte behind it */
	tw_cert_read(a, (struct tw_bytes){ copy, c->der.n + 1 }, &r);
	assert_false(r.parsed);
	memcpy(huge, "\x30\x83\x01\x11\x6b", 5);
	tw_cert_read(a, (struct tw_bytes){ huge, 70000 }, &r);
	assert_false(r.parsed);
	assert_int_equal(ERR_peek_error(), 0);
	free(copy);
	free(huge);
	certs_free(c);
	tw_arena_free(a);
}

static void
test_many_names(void **state)
{
	struct tw_arena *a = tw_arena_new();
	char *san = malloc(40000), *end = san;
	struct tw_cert c;

	(void)state;
	for (int i = 0; i < 1200; i++)
		end += sprintf(end, "%sDNS:n%d.example", i == 0 ? "" : ",", i);
	c = made(a, &(struct certs_row){ .cn = "x", .san = san }, ca);
	assert_int_equal(c.names.n, 1000);
	assert_true(tw_cert_fits(&c, "n999.example"));
	free(san);
	tw_arena_free(a);
}

/* --- usual ones ------------------------------------------------------------ */

static const struct {
	struct certs_row row;
	bool usual;
} usual_rows[] = {
	{ { .cn = "mail.example.com", .san = "DNS:mail.example.com,DNS:*.example.com,IP:192.0.2.1,"
	    "IP:2001:db8::1,email:a@b.example,URI:https://x.example/" }, true },
	{ { .cn = "a, b + \"c\"", .o = "O", .key = "rsa2048", .hash = "SHA512" }, true },
	{ { .cn = "x", .key = "p384", .hash = "SHA384", .basic = "CA:TRUE,pathlen:0" }, true },
	{ { .cn = "x", .aia = "OCSP;URI:http://o.example/", .extra = { { "tlsfeature",
	    "status_request" }, { "crlDistributionPoints", "URI:http://c.example/" } } }, true },
	{ { .cn = "x", .eku = "clientAuth", .san = "" }, true },
	{ { .cn = NULL, .san = "DNS:^x" }, true },
	{ { .cn = "x", .key = "ed25519" }, false },
	{ { .cn = "x", .hash = "SHA1" }, false },
	{ { .cn = "m\xc3\xbcnchen" }, false },
	{ { .cn = "x", .key = "p256-explicit" }, false },
};

static void
test_usual(void **state)
{
	(void)state;
	for (size_t i = 0; i < TW_COUNT(usual_rows); i++) {
		struct certs_one *c = certs_make(&usual_rows[i].row, ca);

		if (walked(c->der) != usual_rows[i].usual)
			fail_msg("row %zu", i);
		certs_free(c);
	}
	assert_false(walked(ca->der));		/* signed by itself, which must be proved */
	assert_false(walked((struct tw_bytes){ NULL, 0 }));
}

/* One byte of it changed, or its end cut off: read as libcrypto reads it, or left to it. */
static void
test_usual_changed(void **state)
{
	static const uint8_t changes[] = { 0x01, 0x80 };
	unsigned read = 0;

	(void)state;
	for (size_t row = 0; row < 4; row += 3) {
		struct certs_one *c = certs_make(&usual_rows[row].row, ca);
		uint8_t *der = malloc(c->der.n);

		memcpy(der, c->der.p, c->der.n);
		for (size_t i = 0; i < c->der.n; i++) {
			for (size_t k = 0; k < TW_COUNT(changes); k++) {
				der[i] ^= changes[k];
				read += walked((struct tw_bytes){ der, c->der.n });
				der[i] ^= changes[k];
			}
			assert_false(walked((struct tw_bytes){ der, i }));
		}
		free(der);
		certs_free(c);
	}
	assert_true(read > 500);
}

/* --- the shelf ------------------------------------------------------------- */

/* What is asked of s says the same as what is read anew, the first time and the next. */
static void
assert_shelved(struct tw_shelf *s, struct tw_bytes der)
{
	struct tw_arena *a = tw_arena_new(), *b = tw_arena_new();
	struct tw_cert direct, shelved;
	struct tw_link link, shelved_link;

	tw_cert_read(a, der, &direct);
	tw_cert_read_link(a, der, &link);
	for (int i = 0; i < 2; i++) {
		tw_shelf_read_link(s, b, der, &shelved_link);
		tw_shelf_read(s, b, der, &shelved);
	}
	assert_same(&direct, &shelved);
	assert_memory_equal(link.sha256, shelved_link.sha256, 32);
	assert_true(tw_bytes_equal(link.der, shelved_link.der));
	assert_true(tw_bytes_equal(link.subject, shelved_link.subject));
	assert_true(tw_bytes_equal(link.issuer, shelved_link.issuer));
	assert_true(link.not_after == shelved_link.not_after);
	assert_int_equal(ERR_peek_error(), 0);
	tw_arena_free(b);
	tw_arena_free(a);
}

/* More than there is room for, each told apart from one that differs in a byte. */
static void
test_shelf(void **state)
{
	EVP_PKEY *key = certs_key("p256");
	struct tw_trust *t = tw_trust_new();
	struct tw_shelf *s = tw_trust_shelf(t);
	char cn[16];

	(void)state;
	assert_null(tw_trust_shelf(NULL));
	assert_shelved(s, ca->der);
	for (int i = 0; i < 80; i++) {
		struct certs_one *c;
		uint8_t *changed;

		snprintf(cn, sizeof(cn), "n%d", i);
		c = certs_make(&(struct certs_row){ .cn = cn, .san = "DNS:*.x.example,IP:192.0.2.1",
		    .given_key = key }, i % 2 == 0 ? ca : NULL);
		assert_shelved(s, c->der);
		changed = malloc(c->der.n);
		memcpy(changed, c->der.p, c->der.n);
		changed[c->der.n - 1 - (size_t)i] ^= 1;
		assert_shelved(s, (struct tw_bytes){ changed, c->der.n });
		assert_shelved(s, (struct tw_bytes){ changed, c->der.n / 2 });
		assert_shelved(i % 2 == 0 ? s : NULL, ca->der);
		free(changed);
		certs_free(c);
	}
	assert_shelved(s, TW_BYTES(""));
	assert_shelved(s, (struct tw_bytes){ NULL, 0 });
	tw_trust_free(t);
	EVP_PKEY_free(key);
}

/* Facts outlive the shelf they were read by. */
static void
test_shelf_ends(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_trust *t = tw_trust_new();
	struct tw_cert direct, c;

	(void)state;
	tw_shelf_read(tw_trust_shelf(t), a, ca->der, &c);
	tw_trust_free(t);
	tw_cert_read(a, ca->der, &direct);
	assert_same(&direct, &c);
	tw_arena_free(a);
}

static void
test_validity_limits(void **state)
{
	static const struct { int y; unsigned m, d, days; } rows[] = { { 2012, 6, 30, 0 },
		{ 2012, 7, 1, 1827 }, { 2015, 4, 1, 1188 }, { 2018, 2, 28, 1188 },
		{ 2018, 3, 1, 825 }, { 2020, 8, 31, 825 }, { 2020, 9, 1, 398 },
		{ 2026, 3, 14, 398 }, { 2026, 3, 15, 200 }, { 2027, 3, 15, 100 },
		{ 2029, 3, 14, 100 }, { 2029, 3, 15, 47 } };

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		assert_int_equal(tw_cert_validity_limit_days(tw_text_seconds(rows[i].y, rows[i].m,
		    rows[i].d, 0, 0, 0)), rows[i].days);
}

/* --- staples ------------------------------------------------------------- */

/* A response about leaf of issuer, signed by signer; *ret is from libcrypto. */
static struct tw_bytes
staple(int word, const struct certs_one *leaf, const struct certs_one *issuer,
    const struct certs_one *signer, int next_day)
{
	OCSP_BASICRESP *b = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), leaf->x, issuer->x);
	ASN1_TIME *now = ASN1_GENERALIZEDTIME_set(NULL, CERTS_NOW);
	ASN1_TIME *next = ASN1_GENERALIZEDTIME_set(NULL, CERTS_NOW + next_day * CERTS_DAY);
	unsigned char *der = NULL;
	OCSP_RESPONSE *r;
	int n;

	OCSP_basic_add1_status(b, id, word, OCSP_REVOKED_STATUS_NOSTATUS,
	    word == V_OCSP_CERTSTATUS_REVOKED ? now : NULL, now, next_day == 0 ? NULL : next);
	assert_int_equal(OCSP_basic_sign(b, signer->x, signer->key, EVP_sha256(), NULL, 0), 1);
	r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, b);
	n = i2d_OCSP_RESPONSE(r, &der);
	assert_true(n > 0);
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(b);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(now);
	ASN1_TIME_free(next);
	return (struct tw_bytes){ der, (size_t)n };
}

static void
test_staple(void **state)
{
	static const struct { int word; const char *want; int next_day; } rows[] = {
		{ V_OCSP_CERTSTATUS_GOOD, "good", 5 }, { V_OCSP_CERTSTATUS_REVOKED, "revoked", 1 },
		{ V_OCSP_CERTSTATUS_UNKNOWN, "unknown", 0 } };
	struct certs_one *leaf = certs_make(&(struct certs_row){ .cn = "leaf" }, ca);
	const char *word = NULL;
	int64_t next = -1;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct tw_bytes v = staple(rows[i].word, leaf, ca, ca, rows[i].next_day);

		assert_true(tw_cert_read_staple(v, &word, &next));
		assert_string_equal(word, rows[i].want);
		assert_int_equal(next, rows[i].next_day == 0 ? 0
		    : CERTS_NOW + rows[i].next_day * CERTS_DAY);
		assert_true(tw_cert_staple_is_authentic(v, leaf->der, ca->der, CERTS_NOW));
		for (size_t n = 0; n < v.n; n++)
			assert_false(tw_cert_read_staple((struct tw_bytes){ v.p, n }, &word, &next));
		OPENSSL_free((void *)(uintptr_t)v.p);
	}
	assert_true(tw_cert_read_staple(TW_BYTES("\x30\x03\x0a\x01\x03"), &word, &next));
	assert_string_equal(word, "try-later");
	assert_false(tw_cert_read_staple(TW_BYTES("\x30\x03\x0a\x01\x09"), &word, &next));
	assert_int_equal(ERR_peek_error(), 0);
	certs_free(leaf);
}

static void
test_staple_of_another(void **state)
{
	struct certs_one *leaf = certs_make(&(struct certs_row){ .cn = "leaf" }, ca);
	struct certs_one *other = certs_make(&(struct certs_row){ .cn = "leaf" }, ca);
	struct certs_one *evil = certs_make(&(struct certs_row){ .cn = "Test CA", .o = "Example",
	    .ca = true }, NULL);
	struct certs_one *responder = certs_make(&(struct certs_row){ .cn = "r",
	    .eku = "OCSPSigning" }, ca);
	struct tw_bytes v;

	(void)state;
	v = staple(V_OCSP_CERTSTATUS_GOOD, leaf, ca, responder, 3);
	assert_true(tw_cert_staple_is_authentic(v, leaf->der, ca->der, CERTS_NOW));
	assert_true(tw_cert_staple_is_authentic(v, leaf->der, ca->der, CERTS_NOW + 3 * CERTS_DAY));
	assert_false(tw_cert_staple_is_authentic(v, leaf->der, ca->der,
	    CERTS_NOW + 3 * CERTS_DAY + 1));	/* overdue */
	assert_false(tw_cert_staple_is_authentic(v, leaf->der, ca->der, CERTS_NOW - CERTS_DAY));
	assert_false(tw_cert_staple_is_authentic(v, other->der, ca->der, CERTS_NOW));
	assert_false(tw_cert_staple_is_authentic(v, leaf->der, evil->der, CERTS_NOW));
	OPENSSL_free((void *)(uintptr_t)v.p);
	v = staple(V_OCSP_CERTSTATUS_GOOD, leaf, ca, other, 3);	/* may not sign it */
	assert_false(tw_cert_staple_is_authentic(v, leaf->der, ca->der, CERTS_NOW));
	OPENSSL_free((void *)(uintptr_t)v.p);
	v = staple(V_OCSP_CERTSTATUS_GOOD, leaf, ca, evil, 3);
	assert_false(tw_cert_staple_is_authentic(v, leaf->der, ca->der, CERTS_NOW));
	OPENSSL_free((void *)(uintptr_t)v.p);
	certs_free(leaf);
	certs_free(other);
	certs_free(evil);
	certs_free(responder);
}

static int
make_ca(void **state)
{
	(void)state;
	ca = certs_make(&(struct certs_row){ .cn = "Test CA", .o = "Example", .ca = true }, NULL);
	return 0;
}

static int
free_ca(void **state)
{
	(void)state;
	certs_free(ca);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_fits_no_name),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_strange_keys),
		cmocka_unit_test(test_roca),
		cmocka_unit_test(test_scts),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_usual),
		cmocka_unit_test(test_usual_changed),
		cmocka_unit_test(test_shelf),
		cmocka_unit_test(test_shelf_ends),
		cmocka_unit_test(test_validity_limits),
		cmocka_unit_test(test_staple),
		cmocka_unit_test(test_staple_of_another),
	};

	return cmocka_run_group_tests(tests, make_ca, free_ca);
}
