/* What the walk reads of a usual certificate is what libcrypto's reading says of it, to the last bit. */
#include <stdlib.h>

#include "base/crypto.h"
#include "cert/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static bool
are_same(const char *x, const char *y)
{
	return (x == NULL) == (y == NULL) && (x == NULL || strcmp(x, y) == 0);
}

static void
compare(const struct tw_cert *x, const struct tw_cert *y)
{
	must(x->parsed && y->parsed && tw_bytes_equal(x->der, y->der));
	must(tw_bytes_equal(x->subject, y->subject) && tw_bytes_equal(x->issuer, y->issuer));
	must(tw_bytes_equal(x->common_name, y->common_name));
	must((x->common_name.p == NULL) == (y->common_name.p == NULL));
	must(tw_bytes_equal(x->serial, y->serial));
	must(memcmp(x->sha256, y->sha256, 32) == 0 && memcmp(x->spki_sha256, y->spki_sha256, 32) == 0);
	must(x->not_before == y->not_before && x->not_after == y->not_after);
	must(are_same(x->key_type, y->key_type) && x->key_bits == y->key_bits);
	must(are_same(x->curve, y->curve) && x->rsa_exponent_one == y->rsa_exponent_one);
	must(x->roca == y->roca && are_same(x->signature, y->signature));
	must(are_same(x->signature_hash, y->signature_hash) && x->wildcard == y->wildcard);
	must(x->self_signed == y->self_signed && x->is_ca == y->is_ca);
	must(x->must_staple == y->must_staple && x->server_usage == y->server_usage);
	must(x->precertificate == y->precertificate && x->scts == y->scts);
	must(x->ocsp_uri == y->ocsp_uri && x->crl_uri == y->crl_uri && x->names.n == y->names.n);
	for (size_t i = 0; i < x->names.n; i++)
		must(x->names.v[i].kind == y->names.v[i].kind &&
		    tw_bytes_equal(x->names.v[i].value, y->names.v[i].value));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct tw_bytes der = { p, n };
	struct tw_arena *a = tw_arena_new();
	struct tw_cert usual, whole;
	uint8_t sha256[32];

	tw_hash(TW_SHA256, der, sha256);
	if (tw_usual_read(a, der, sha256, &usual)) {
		X509 *x = tw_asn1_read(der);

		tw_facts_read(a, x, der, sha256, &whole);
		X509_free(x);
		compare(&usual, &whole);
	}
	tw_arena_free(a);
	return 0;
}
