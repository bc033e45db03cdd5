/*
 * What a stapled OCSP response says (RFC 6960). The word is taken as it stands;
 * whether the issuer stands behind it is tw_cert_staple_is_authentic()'s question.
 */
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "cert/asn1.h"
#include "cert/cert.h"

#define RESPONSES 100		/* single responses looked at */
#define CLOCK_SKEW_S 300

/* OCSPResponseStatus other than successful (RFC 6960 4.2.1). */
static const char *const refusals[] = { NULL, "malformed-request", "internal-error", "try-later",
	NULL, "signature-required", "unauthorized" };

static OCSP_RESPONSE *
response_of(struct tw_bytes der)
{
	const unsigned char *p = der.p;
	OCSP_RESPONSE *r;

	if (der.p == NULL || der.n == 0 || der.n > TW_ASN1_DER_BYTES)
		return NULL;
	r = d2i_OCSP_RESPONSE(NULL, &p, (long)der.n);
	if (r != NULL && p != der.p + der.n) {
		OCSP_RESPONSE_free(r);
		return NULL;
	}
	return r;
}

/* The worst word of all single responses, and the next update of the one that said it. */
static const char *
worst_word(OCSP_BASICRESP *basic, int64_t *ret_next_update)
{
	static const char *const words[] = { [V_OCSP_CERTSTATUS_GOOD] = "good",
		[V_OCSP_CERTSTATUS_REVOKED] = "revoked", [V_OCSP_CERTSTATUS_UNKNOWN] = "unknown" };
	static const int badness[] = { [V_OCSP_CERTSTATUS_GOOD] = 1,
		[V_OCSP_CERTSTATUS_REVOKED] = 3, [V_OCSP_CERTSTATUS_UNKNOWN] = 2 };
	const char *word = NULL;
	int worst = 0;

	for (int i = 0; i < OCSP_resp_count(basic) && i < RESPONSES; i++) {
		ASN1_GENERALIZEDTIME *next = NULL;
		int s = OCSP_single_get0_status(OCSP_resp_get0(basic, i), NULL, NULL, NULL, &next);

		if (s < 0 || (size_t)s >= TW_COUNT(badness) || badness[s] <= worst)
			continue;
		worst = badness[s];
		word = words[s];
		*ret_next_update = 0;
		tw_asn1_time(next, ret_next_update);
	}
	return word;
}

bool
tw_cert_read_staple(struct tw_bytes der, const char **ret_status, int64_t *ret_next_update)
{
	OCSP_BASICRESP *basic = NULL;
	OCSP_RESPONSE *r;
	const char *word = NULL;
	int64_t next_update = 0;
	int status;

	ERR_set_mark();
	r = response_of(der);
	if (r != NULL) {
		status = OCSP_response_status(r);
		if (status > 0 && (size_t)status < TW_COUNT(refusals))
			word = refusals[status];
		if (status == OCSP_RESPONSE_STATUS_SUCCESSFUL)
			basic = OCSP_response_get1_basic(r);
		if (basic != NULL)
			word = worst_word(basic, &next_update);
	}
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(r);
	ERR_pop_to_mark();
	if (word == NULL)
		return false;
	*ret_status = word;
	*ret_next_update = next_update;
	return true;
}

/* RFC 6960 4.2.2.1: begun, with some room for clocks, and not replaced yet. */
static bool
is_current(OCSP_SINGLERESP *one, int64_t at)
{
	ASN1_GENERALIZEDTIME *this = NULL, *next = NULL;
	int64_t from, to;

	OCSP_single_get0_status(one, NULL, NULL, &this, &next);
	return tw_asn1_time(this, &from) && from <= at + CLOCK_SKEW_S &&
	    (next == NULL || (tw_asn1_time(next, &to) && at <= to));
}

/* Does one single response, current at at, name leaf as issuer's certificate? */
static bool
speaks_of(OCSP_BASICRESP *basic, const X509 *leaf, const X509 *issuer, int64_t at)
{
	bool found = false;

	for (int i = 0; i < OCSP_resp_count(basic) && i < RESPONSES && !found; i++) {
		const OCSP_CERTID *id = OCSP_SINGLERESP_get0_id(OCSP_resp_get0(basic, i));
		ASN1_OBJECT *hash = NULL;
		const EVP_MD *md;
		OCSP_CERTID *own;

		OCSP_id_get0_info(NULL, &hash, NULL, NULL, (OCSP_CERTID *)(uintptr_t)id);
		/* by the hash the responder chose */
		md = EVP_get_digestbyobj(hash);
		own = md == NULL ? NULL : OCSP_cert_to_id(md, leaf, issuer);
		found = own != NULL && OCSP_id_cmp(own, id) == 0 &&
		    is_current(OCSP_resp_get0(basic, i), at);
		OCSP_CERTID_free(own);
	}
	return found;
}

/* A store in which issuer alone, root or not, is the anchor. */
static X509_STORE *
store_of(X509 *issuer, int64_t at)
{
	X509_STORE *s = X509_STORE_new();

	if (s != NULL) {
		X509_STORE_add_cert(s, issuer);
		X509_STORE_set_flags(s, X509_V_FLAG_PARTIAL_CHAIN);
		X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(s), (time_t)at);
	}
	return s;
}

bool
tw_cert_staple_is_authentic(struct tw_bytes der, struct tw_bytes leaf, struct tw_bytes issuer,
    int64_t at)
{
	X509 *l, *i;
	OCSP_RESPONSE *r;
	OCSP_BASICRESP *basic = NULL;
	X509_STORE *s = NULL;
	STACK_OF(X509) *certs = sk_X509_new_null();
	bool ok = false;

	ERR_set_mark();
	l = tw_asn1_read(leaf);
	i = tw_asn1_read(issuer);
	r = response_of(der);
	if (l != NULL && i != NULL && r != NULL && certs != NULL &&
	    tw_asn1_verifying_key(i) != NULL) {
		basic = OCSP_response_get1_basic(r);
		s = store_of(i, at);
		if (basic != NULL && s != NULL && sk_X509_push(certs, i) > 0)
			ok = speaks_of(basic, l, i, at) &&
			    OCSP_basic_verify(basic, certs, s, 0) == 1;
	}
	sk_X509_free(certs);
	X509_STORE_free(s);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(r);
	X509_free(l);
	X509_free(i);
	ERR_pop_to_mark();
	return ok;
}
