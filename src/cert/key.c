/* What key a certificate holds: by its OID first, so that a new kind has a name too. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "base/crypto.h"
#include "cert/facts.h"

struct row {
	const char *oid, *name;
};

/* RFC 3279, 4055, 5480, 8410, 9814, 9881, 9909. */
static const struct row types[] = {
	{ "1.2.840.113549.1.1.1", "RSA" },
	{ "1.2.840.113549.1.1.10", "RSA-PSS" },
	{ "1.2.840.10045.2.1", "ECDSA" },
	{ "1.3.101.112", "Ed25519" },
	{ "1.3.101.113", "Ed448" },
	{ "1.2.840.10040.4.1", "DSA" },
	{ "1.2.840.113549.1.3.1", "DH" },
	{ "1.2.840.10046.2.1", "DH" },
	{ "1.3.101.110", "X25519" },
	{ "1.3.101.111", "X448" },
	{ "1.2.643.7.1.1.1.1", "GOST-2012-256" },
	{ "1.2.643.7.1.1.1.2", "GOST-2012-512" },
	{ "2.16.840.1.101.3.4.3.17", "ML-DSA-44" },
	{ "2.16.840.1.101.3.4.3.18", "ML-DSA-65" },
	{ "2.16.840.1.101.3.4.3.19", "ML-DSA-87" },
	{ "2.16.840.1.101.3.4.3.20", "SLH-DSA-SHA2-128s" },
	{ "2.16.840.1.101.3.4.3.21", "SLH-DSA-SHA2-128f" },
	{ "2.16.840.1.101.3.4.3.22", "SLH-DSA-SHA2-192s" },
	{ "2.16.840.1.101.3.4.3.23", "SLH-DSA-SHA2-192f" },
	{ "2.16.840.1.101.3.4.3.24", "SLH-DSA-SHA2-256s" },
	{ "2.16.840.1.101.3.4.3.25", "SLH-DSA-SHA2-256f" },
	{ "2.16.840.1.101.3.4.3.26", "SLH-DSA-SHAKE-128s" },
	{ "2.16.840.1.101.3.4.3.27", "SLH-DSA-SHAKE-128f" },
	{ "2.16.840.1.101.3.4.3.28", "SLH-DSA-SHAKE-192s" },
	{ "2.16.840.1.101.3.4.3.29", "SLH-DSA-SHAKE-192f" },
	{ "2.16.840.1.101.3.4.3.30", "SLH-DSA-SHAKE-256s" },
	{ "2.16.840.1.101.3.4.3.31", "SLH-DSA-SHAKE-256f" },
};

/* NIST's own names; any other curve goes by libcrypto's. */
static const struct { int nid; const char *name; } curves[] = {
	{ NID_X9_62_prime192v1, "P-192" },
	{ NID_secp224r1, "P-224" },
	{ NID_X9_62_prime256v1, "P-256" },
	{ NID_secp384r1, "P-384" },
	{ NID_secp521r1, "P-521" },
};

const char *
tw_key_name_by_oid(const char *oid)
{
	for (size_t i = 0; i < TW_COUNT(types); i++)
		if (strcmp(types[i].oid, oid) == 0)
			return types[i].name;
	return NULL;
}

static unsigned
residue(const void *modulus, unsigned p)
{
	return (unsigned)BN_mod_word(modulus, p);
}

static void
read_rsa(const EVP_PKEY *k, struct tw_cert *ret)
{
	BIGNUM *n = NULL, *e = NULL;

	if (EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_N, &n) == 1) {
		ret->key_bits = (unsigned)BN_num_bits(n);
		ret->roca = tw_roca_fits(residue, n);
	}
	if (EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_E, &e) == 1)
		ret->rsa_exponent_one = BN_is_one(e);
	BN_free(n);
	BN_free(e);
}

/* The curve by the OID in the algorithm; parameters spelled out are no named curve (RFC 5480 2.1.1). */
static const char *
curve_of(struct tw_arena *a, const X509_ALGOR *alg)
{
	const ASN1_OBJECT *o;
	const void *value;
	char oid[128];
	int type, nid;

	X509_ALGOR_get0(&o, &type, &value, alg);
	if (type != V_ASN1_OBJECT || value == NULL)
		return NULL;
	nid = OBJ_obj2nid(value);
	for (size_t i = 0; i < TW_COUNT(curves); i++)
		if (curves[i].nid == nid)
			return curves[i].name;
	return tw_arena_str(a, nid != NID_undef ? OBJ_nid2sn(nid) : tw_asn1_oid(value, oid));
}

/* Bits of the field, by the size of the point: for curves libcrypto does not know. */
static unsigned
point_bits(const uint8_t *p, int n)
{
	if (n < 3)
		return 0;
	return p[0] == 4 ? (unsigned)(n - 1) / 2 * 8 : (unsigned)(n - 1) * 8;
}

void
tw_key_read(struct tw_arena *a, const X509 *x, struct tw_cert *ret)
{
	X509_PUBKEY *pub = X509_get_X509_PUBKEY(x);
	EVP_PKEY *k = X509_get0_pubkey(x);
	const unsigned char *raw = NULL;
	unsigned char *der = NULL;
	ASN1_OBJECT *o = NULL;
	X509_ALGOR *alg = NULL;
	int n = 0, der_n;
	char oid[128];

	if (pub == NULL || X509_PUBKEY_get0_param(&o, &raw, &n, &alg, pub) != 1)
		return;
	der_n = i2d_X509_PUBKEY(pub, &der);
	if (der_n > 0)
		tw_hash(TW_SHA256, (struct tw_bytes){ der, (size_t)der_n }, ret->spki_sha256);
	OPENSSL_free(der);
	tw_asn1_oid(o, oid);
	ret->key_type = tw_key_name_by_oid(oid);
	if (ret->key_type == NULL)
		ret->key_type = tw_arena_str(a, oid[0] != '\0' ? oid : "unknown");
	if (strcmp(ret->key_type, "ECDSA") == 0) {
		ret->curve = curve_of(a, alg);
		ret->key_bits = k != NULL ? (unsigned)EVP_PKEY_get_bits(k) : point_bits(raw, n);
	} else if (k != NULL && strncmp(ret->key_type, "RSA", 3) == 0) {
		read_rsa(k, ret);
	} else if (strstr(ret->key_type, "-DSA-") != NULL || k == NULL) {
		ret->key_bits = (unsigned)n * 8;	/* the same whichever libcrypto */
	} else {
		ret->key_bits = (unsigned)EVP_PKEY_get_bits(k);
	}
}
