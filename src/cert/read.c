/* One DER certificate into facts; see cert.h. The parts are in facts.h. */
#include <openssl/err.h>

#include "base/crypto.h"
#include "cert/facts.h"

#define SERIAL_BYTES 256	/* RFC 5280 allows 20 */

/* Upper-case hex, whole bytes, "-" before a negative one. */
static struct tw_bytes
serial_of(struct tw_arena *a, const X509 *x)
{
	const ASN1_INTEGER *i = X509_get0_serialNumber(x);
	struct tw_bytes v = tw_asn1_view(i);
	struct tw_buf b;

	tw_buf_init(&b, 2 * SERIAL_BYTES + 8);
	if (ASN1_STRING_type(i) == V_ASN1_NEG_INTEGER)
		tw_buf_u8(&b, '-');
	for (size_t k = 0; k < v.n && k < SERIAL_BYTES; k++)
		tw_buf_fmt(&b, "%02X", v.p[k]);
	if (v.n == 0)
		tw_buf_str(&b, "00");
	v = tw_arena_bytes(a, tw_buf_view(&b));
	tw_buf_clear(&b);
	return v;
}

void
tw_facts_read(struct tw_arena *a, X509 *x, struct tw_bytes der,
    const uint8_t sha256[static 32], struct tw_cert *ret)
{
	*ret = (struct tw_cert){ .der = tw_arena_bytes(a, der) };
	memcpy(ret->sha256, sha256, sizeof(ret->sha256));
	/* Without dates nothing can be said of it: as good as unreadable. */
	if (x != NULL && tw_asn1_time(X509_get0_notBefore(x), &ret->not_before) &&
	    tw_asn1_time(X509_get0_notAfter(x), &ret->not_after)) {
		ret->parsed = true;
		ret->serial = serial_of(a, x);
		tw_names_read(a, x, ret);
		tw_key_read(a, x, ret);
		tw_signature_read(a, x, ret);
		tw_usage_read(x, ret);
	}
}

void
tw_facts_read_link(struct tw_arena *a, X509 *x, struct tw_bytes der,
    const uint8_t sha256[static 32], struct tw_link *ret)
{
	*ret = (struct tw_link){ .der = tw_arena_bytes(a, der) };
	memcpy(ret->sha256, sha256, sizeof(ret->sha256));
	if (x != NULL) {
		ret->subject = tw_asn1_name(a, X509_get_subject_name(x));
		ret->issuer = tw_asn1_name(a, X509_get_issuer_name(x));
		tw_asn1_time(X509_get0_notAfter(x), &ret->not_after);
	}
}

void
tw_cert_read(struct tw_arena *a, struct tw_bytes der, struct tw_cert *ret)
{
	uint8_t sha256[32];
	X509 *x;

	tw_hash(TW_SHA256, der, sha256);
	if (tw_usual_read(a, der, sha256, ret))
		return;
	ERR_set_mark();
	x = tw_asn1_read(der);
	tw_facts_read(a, x, der, sha256, ret);
	X509_free(x);
	ERR_pop_to_mark();
}

void
tw_cert_read_link(struct tw_arena *a, struct tw_bytes der, struct tw_link *ret)
{
	uint8_t sha256[32];
	X509 *x;

	tw_hash(TW_SHA256, der, sha256);
	ERR_set_mark();
	x = tw_asn1_read(der);
	tw_facts_read_link(a, x, der, sha256, ret);
	X509_free(x);
	ERR_pop_to_mark();
}
