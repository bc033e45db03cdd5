/* How a certificate is signed, and whether its own key did it. */
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "cert/facts.h"

const char *
tw_signature_hash(X509 *x)
{
	int digest = NID_undef, key = NID_undef, nid = X509_get_signature_nid(x);
	char oid[128];
	const ASN1_OBJECT *o;

	if (X509_get_signature_info(x, &digest, &key, NULL, NULL) == 1 && digest != NID_undef)
		return OBJ_nid2sn(digest);
	if (nid != NID_undef && OBJ_find_sigid_algs(nid, &digest, &key) == 1 &&
	    digest != NID_undef)
		return OBJ_nid2sn(digest);
	X509_ALGOR_get0(&o, NULL, NULL, X509_get0_tbs_sigalg(x));
	/* EdDSA, ML-DSA and SLH-DSA hash inside: there is none to choose. */
	if (nid == NID_ED25519 || nid == NID_ED448 ||
	    tw_key_name_by_oid(tw_asn1_oid(o, oid)) != NULL)
		return nid == NID_rsassaPss ? "unknown" : "none";
	return "unknown";
}

static const char *
name_of(struct tw_arena *a, const X509 *x)
{
	int nid = X509_get_signature_nid(x);
	const ASN1_OBJECT *o;
	const char *name;
	char oid[128];

	X509_ALGOR_get0(&o, NULL, NULL, X509_get0_tbs_sigalg(x));
	tw_asn1_oid(o, oid);
	if (strncmp(oid, "2.16.840.1.101.3.4.3.", 21) == 0) {	/* named alike by every libcrypto */
		name = tw_key_name_by_oid(oid);
		if (name != NULL)
			return name;
	}
	if (nid != NID_undef)
		return tw_arena_str(a, OBJ_nid2ln(nid));
	return tw_arena_str(a, oid[0] != '\0' ? oid : "unknown");
}

void
tw_signature_read(struct tw_arena *a, X509 *x, struct tw_cert *ret)
{
	EVP_PKEY *k = tw_asn1_verifying_key(x);

	ret->signature = name_of(a, x);
	ret->signature_hash = tw_signature_hash(x);
	ret->self_signed = k != NULL &&
	    X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0 &&
	    X509_verify(x, k) == 1;
}
