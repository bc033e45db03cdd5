/* Values out of libcrypto's ASN.1 types, bounded; see asn1.h. */
#include "cert/asn1.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "base/text.h"

X509 *
tw_asn1_read(struct tw_bytes der)
{
	const unsigned char *p = der.p;
	X509 *x;

	if (der.p == NULL || der.n == 0 || der.n > TW_ASN1_DER_BYTES)
		return NULL;
	x = d2i_X509(NULL, &p, (long)der.n);
	if (x != NULL && p != der.p + der.n) {
		X509_free(x);
		return NULL;
	}
	return x;
}

struct tw_bytes
tw_asn1_view(const ASN1_STRING *s)
{
	int n = s == NULL ? 0 : ASN1_STRING_length(s);

	if (s == NULL)
		return (struct tw_bytes){ NULL, 0 };
	if (n <= 0 || ASN1_STRING_get0_data(s) == NULL)
		return TW_BYTES("");
	return (struct tw_bytes){ ASN1_STRING_get0_data(s), (size_t)n };
}

static void
put_utf8(struct tw_buf *b, uint32_t c)
{
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	if (c < 0x80) {
		tw_buf_u8(b, (uint8_t)c);
	} else if (c < 0x800) {
		tw_buf_u8(b, (uint8_t)(0xc0 | c >> 6));
		tw_buf_u8(b, (uint8_t)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		tw_buf_u8(b, (uint8_t)(0xe0 | c >> 12));
		tw_buf_u8(b, (uint8_t)(0x80 | (c >> 6 & 63)));
		tw_buf_u8(b, (uint8_t)(0x80 | (c & 63)));
	} else {
		tw_buf_u8(b, (uint8_t)(0xf0 | c >> 18));
		tw_buf_u8(b, (uint8_t)(0x80 | (c >> 12 & 63)));
		tw_buf_u8(b, (uint8_t)(0x80 | (c >> 6 & 63)));
		tw_buf_u8(b, (uint8_t)(0x80 | (c & 63)));
	}
}

void
tw_asn1_put_string(struct tw_buf *b, const ASN1_STRING *s)
{
	struct tw_bytes v = tw_asn1_view(s);
	uint16_t two;
	uint32_t four;

	switch (ASN1_STRING_type(s)) {
	case V_ASN1_BMPSTRING:
		while (tw_bytes_u16(&v, &two))
			put_utf8(b, two);
		break;
	case V_ASN1_UNIVERSALSTRING:
		while (tw_bytes_u32(&v, &four))
			put_utf8(b, four);
		break;
	case V_ASN1_T61STRING:		/* in the field it holds Latin-1 */
		for (size_t i = 0; i < v.n; i++)
			put_utf8(b, v.p[i]);
		break;
	case V_ASN1_UTF8STRING:
	case V_ASN1_PRINTABLESTRING:
	case V_ASN1_IA5STRING:
	case V_ASN1_VISIBLESTRING:
	case V_ASN1_NUMERICSTRING:
	case V_ASN1_GENERALSTRING:
		tw_buf_bytes(b, v);
		break;
	default:			/* no text: RFC 4514 2.4 writes it so */
		tw_buf_str(b, "#");
		tw_text_hex(b, (struct tw_bytes){ v.p, v.n < 256 ? v.n : 256 });
		break;
	}
}

/* b's bytes into the arena; a text that grew too long is given as far as it went. */
static struct tw_bytes
keep(struct tw_arena *a, struct tw_buf *b)
{
	struct tw_bytes v = tw_buf_view(b);

	v = tw_arena_bytes(a, v.p == NULL ? TW_BYTES("") : v);
	tw_buf_clear(b);
	return v;
}

struct tw_bytes
tw_asn1_string(struct tw_arena *a, const ASN1_STRING *s)
{
	struct tw_buf b;

	tw_buf_init(&b, TW_ASN1_TEXT_BYTES);
	tw_asn1_put_string(&b, s);
	return keep(a, &b);
}

/* Quoted where a comma, plus or quote in it would read as another part of the name. */
static void
put_value(struct tw_buf *b, const ASN1_STRING *s)
{
	struct tw_buf v;
	struct tw_bytes t;
	bool quote = false;

	tw_buf_init(&v, TW_ASN1_TEXT_BYTES);
	tw_asn1_put_string(&v, s);
	t = tw_buf_view(&v);
	for (size_t i = 0; i < t.n; i++)
		quote = quote || t.p[i] == ',' || t.p[i] == '+' || t.p[i] == '"';
	if (quote)
		tw_buf_u8(b, '"');
	tw_buf_bytes(b, t);
	if (quote)
		tw_buf_u8(b, '"');
	tw_buf_clear(&v);
}

struct tw_bytes
tw_asn1_name(struct tw_arena *a, const X509_NAME *name)
{
	int n = X509_NAME_entry_count(name), set = -1;
	struct tw_buf b;
	char oid[128];

	tw_buf_init(&b, TW_ASN1_TEXT_BYTES);
	for (int i = 0; i < n && i < TW_ASN1_ITEMS; i++) {
		const X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		const ASN1_OBJECT *o = X509_NAME_ENTRY_get_object(e);
		int nid = OBJ_obj2nid(o);

		if (i > 0)
			tw_buf_str(&b, X509_NAME_ENTRY_set(e) == set ? " + " : ", ");
		set = X509_NAME_ENTRY_set(e);
		tw_buf_str(&b, nid != NID_undef ? OBJ_nid2sn(nid) : tw_asn1_oid(o, oid));
		tw_buf_u8(&b, '=');
		put_value(&b, X509_NAME_ENTRY_get_data(e));
	}
	return keep(a, &b);
}

const char *
tw_asn1_oid(const ASN1_OBJECT *o, char ret[static 128])
{
	int n;

	ret[0] = '\0';
	/* The text of a long one costs the square of its length (CVE-2023-2650). */
	if (o == NULL || OBJ_length(o) > 48)
		return ret;
	n = OBJ_obj2txt(ret, 128, o, 1);
	if (n <= 0 || n >= 128)
		ret[0] = '\0';
	return ret;
}

bool
tw_asn1_time(const ASN1_TIME *t, int64_t *ret_seconds)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*ret_seconds = tw_text_seconds(tm.tm_year + 1900, (unsigned)tm.tm_mon + 1,
	    (unsigned)tm.tm_mday, (unsigned)tm.tm_hour, (unsigned)tm.tm_min, (unsigned)tm.tm_sec);
	return true;
}

bool
tw_asn1_extension(const X509 *x, int nid, struct tw_bytes *ret_value)
{
	int at = X509_get_ext_by_NID(x, nid, -1);

	if (at < 0 || X509_get_ext_by_NID(x, nid, at) >= 0)
		return false;
	*ret_value = tw_asn1_view(X509_EXTENSION_get_data(X509_get_ext(x, at)));
	return true;
}

/* An exponent over 64 bits makes checking as dear as signing; libcrypto has a bound for large moduli only. */
static bool
has_small_exponent(const EVP_PKEY *k)
{
	BIGNUM *e = NULL;
	bool small;

	EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_E, &e);
	small = e != NULL && BN_num_bits(e) <= 64;
	BN_free(e);
	return small;
}

EVP_PKEY *
tw_asn1_verifying_key(const X509 *x)
{
	EVP_PKEY *k = X509_get0_pubkey(x);
	bool cheap = false;

	if (k == NULL)
		return NULL;
	switch (EVP_PKEY_get_base_id(k)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		cheap = EVP_PKEY_get_bits(k) <= TW_ASN1_RSA_BITS && has_small_exponent(k);
		break;
	case EVP_PKEY_DSA:
		cheap = EVP_PKEY_get_bits(k) <= TW_ASN1_DSA_BITS;
		break;
	default:
		cheap = true;
		break;
	}
	return cheap ? k : NULL;
}
