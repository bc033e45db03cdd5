/* What a certificate may be used for, and where its revocation and log entries are. */
#include <openssl/x509v3.h>

#include "cert/facts.h"

/* No extended key usage allows all (RFC 5280 4.2.1.12); an unreadable one allows nothing. */
static bool
serves(const X509 *x)
{
	EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	bool ok = X509_get_ext_by_NID(x, NID_ext_key_usage, -1) < 0;
	int n = usage == NULL ? 0 : sk_ASN1_OBJECT_num(usage);

	for (int i = 0; i < n && i < TW_ASN1_ITEMS; i++) {
		int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i));

		if (nid == NID_server_auth || nid == NID_anyExtendedKeyUsage)
			ok = true;
	}
	EXTENDED_KEY_USAGE_free(usage);
	return ok;
}

static bool
is_ca(const X509 *x)
{
	BASIC_CONSTRAINTS *b = X509_get_ext_d2i(x, NID_basic_constraints, NULL, NULL);
	bool ca = b != NULL && b->ca != 0;

	BASIC_CONSTRAINTS_free(b);
	return ca;
}

/* TLS feature 5 is status_request, 17 status_request_v2 (RFC 7633). */
static bool
wants_staple(const X509 *x)
{
	TLS_FEATURE *f = X509_get_ext_d2i(x, NID_tlsfeature, NULL, NULL);
	int n = f == NULL ? 0 : sk_ASN1_INTEGER_num(f);
	bool wants = false;

	for (int i = 0; i < n && i < TW_ASN1_ITEMS; i++) {
		int64_t v;

		if (ASN1_INTEGER_get_int64(&v, sk_ASN1_INTEGER_value(f, i)) == 1 &&
		    (v == 5 || v == 17))
			wants = true;
	}
	TLS_FEATURE_free(f);
	return wants;
}

/* The list lies in an OCTET STRING of its own inside the extension (RFC 6962 3.3). */
static unsigned
embedded_scts(const X509 *x)
{
	ASN1_OCTET_STRING *s;
	struct tw_bytes v;
	const unsigned char *p;
	unsigned n;

	if (!tw_asn1_extension(x, NID_ct_precert_scts, &v))
		return 0;
	p = v.p;
	s = d2i_ASN1_OCTET_STRING(NULL, &p, (long)v.n);
	n = s == NULL ? 0 : tw_cert_count_scts(tw_asn1_view(s));
	ASN1_OCTET_STRING_free(s);
	return n;
}

static bool
has_ocsp_uri(const X509 *x)
{
	AUTHORITY_INFO_ACCESS *info = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	int n = info == NULL ? 0 : sk_ACCESS_DESCRIPTION_num(info);
	bool has = false;

	for (int i = 0; i < n && i < TW_ASN1_ITEMS; i++) {
		const ACCESS_DESCRIPTION *d = sk_ACCESS_DESCRIPTION_value(info, i);

		if (OBJ_obj2nid(d->method) == NID_ad_OCSP && d->location->type == GEN_URI)
			has = true;
	}
	AUTHORITY_INFO_ACCESS_free(info);
	return has;
}

static bool
point_has_uri(const DIST_POINT *p)
{
	if (p->distpoint == NULL || p->distpoint->type != 0)
		return false;
	for (int i = 0; i < sk_GENERAL_NAME_num(p->distpoint->name.fullname); i++)
		if (sk_GENERAL_NAME_value(p->distpoint->name.fullname, i)->type == GEN_URI)
			return true;
	return false;
}

static bool
has_crl_uri(const X509 *x)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	int n = points == NULL ? 0 : sk_DIST_POINT_num(points);
	bool has = false;

	for (int i = 0; i < n && i < TW_ASN1_ITEMS; i++)
		has = has || point_has_uri(sk_DIST_POINT_value(points, i));
	CRL_DIST_POINTS_free(points);
	return has;
}

void
tw_usage_read(const X509 *x, struct tw_cert *ret)
{
	ret->is_ca = is_ca(x);
	ret->server_usage = serves(x);
	ret->must_staple = wants_staple(x);
	ret->precertificate = X509_get_ext_by_NID(x, NID_ct_precert_poison, -1) >= 0;
	ret->scts = embedded_scts(x);
	ret->ocsp_uri = has_ocsp_uri(x);
	ret->crl_uri = has_crl_uri(x);
}
