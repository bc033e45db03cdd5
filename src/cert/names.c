/* Whom a certificate names: subject, issuer and subjectAltName, as they stand in it. */
#include <stdio.h>

#include <arpa/inet.h>

#include <openssl/x509v3.h>

#include "base/text.h"
#include "cert/facts.h"

/* The last one is the most specific (RFC 4514 writes it first). */
static void
read_common_name(struct tw_arena *a, const X509_NAME *name, struct tw_cert *ret)
{
	int at = -1, last = -1;

	for (int i = 0; i < TW_ASN1_ITEMS; i++) {
		at = X509_NAME_get_index_by_NID(name, NID_commonName, at);
		if (at < 0)
			break;
		last = at;
	}
	if (last >= 0)
		ret->common_name = tw_asn1_string(a,
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
}

static struct tw_name
address(struct tw_arena *a, struct tw_bytes v)
{
	struct tw_name name = { .kind = TW_NAME_IP };
	char text[INET6_ADDRSTRLEN];
	struct tw_buf b;

	if (v.n == 4 || v.n == 16) {
		inet_ntop(v.n == 4 ? AF_INET : AF_INET6, v.p, text, sizeof(text));
		name.value = tw_arena_bytes(a, tw_bytes_of(text));
		return name;
	}
	/* Neither family's length: it can name no host, so it is no address. */
	tw_buf_init(&b, 600);
	tw_buf_str(&b, "address #");
	tw_text_hex(&b, (struct tw_bytes){ v.p, v.n < 256 ? v.n : 256 });
	name.kind = TW_NAME_OTHER;
	name.value = tw_arena_bytes(a, tw_buf_view(&b));
	tw_buf_clear(&b);
	return name;
}

/* An otherName as its type and, where that is text, the text (SRVName, XmppAddr). */
static struct tw_bytes
other(struct tw_arena *a, const OTHERNAME *o)
{
	struct tw_bytes v;
	struct tw_buf b;
	char oid[128];

	tw_buf_init(&b, TW_ASN1_TEXT_BYTES);
	tw_buf_fmt(&b, "%s:", tw_asn1_oid(o->type_id, oid));
	switch (o->value == NULL ? V_ASN1_NULL : o->value->type) {
	case V_ASN1_UTF8STRING:
	case V_ASN1_IA5STRING:
	case V_ASN1_PRINTABLESTRING:
	case V_ASN1_BMPSTRING:
		tw_asn1_put_string(&b, o->value->value.asn1_string);
		break;
	default:
		break;
	}
	v = tw_arena_bytes(a, tw_buf_view(&b));
	tw_buf_clear(&b);
	return v;
}

static struct tw_name
general_name(struct tw_arena *a, const GENERAL_NAME *g)
{
	struct tw_name name = { .kind = TW_NAME_OTHER, .value = TW_BYTES("") };
	char oid[128];

	switch (g->type) {
	case GEN_DNS:
		name.kind = TW_NAME_DNS;
		name.value = tw_arena_bytes(a, tw_asn1_view(g->d.dNSName));
		break;
	case GEN_IPADD:
		return address(a, tw_asn1_view(g->d.iPAddress));
	case GEN_EMAIL:
		name.kind = TW_NAME_EMAIL;
		name.value = tw_arena_bytes(a, tw_asn1_view(g->d.rfc822Name));
		break;
	case GEN_URI:
		name.kind = TW_NAME_URI;
		name.value = tw_arena_bytes(a, tw_asn1_view(g->d.uniformResourceIdentifier));
		break;
	case GEN_DIRNAME:
		name.value = tw_asn1_name(a, g->d.directoryName);
		break;
	case GEN_RID:
		name.value = tw_arena_bytes(a, tw_bytes_of(tw_asn1_oid(g->d.registeredID, oid)));
		break;
	case GEN_OTHERNAME:
		name.value = other(a, g->d.otherName);
		break;
	default:
		break;
	}
	return name;
}

void
tw_names_read(struct tw_arena *a, const X509 *x, struct tw_cert *ret)
{
	GENERAL_NAMES *san = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int n = san == NULL ? 0 : sk_GENERAL_NAME_num(san);

	ret->subject = tw_asn1_name(a, X509_get_subject_name(x));
	ret->issuer = tw_asn1_name(a, X509_get_issuer_name(x));
	read_common_name(a, X509_get_subject_name(x), ret);
	for (int i = 0; i < n && i < TW_ASN1_ITEMS; i++) {
		struct tw_name name = general_name(a, sk_GENERAL_NAME_value(san, i));

		TW_PUSH(a, &ret->names, name);
		if (name.kind == TW_NAME_DNS && tw_bytes_begin_with(name.value, "*."))
			ret->wildcard = true;
	}
	GENERAL_NAMES_free(san);
}
