/* Certificates made at test time; see certs_make.h. */
#include "certs_make.h"

#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>

#include <openssl/core_names.h>
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "certs_make: cannot make %s\n", what);
	ERR_print_errors_fp(stderr);
	abort();
}

static EVP_PKEY *
dsa_key(size_t bits)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
	EVP_PKEY *param = NULL, *key = NULL;

	must(ctx != NULL && EVP_PKEY_paramgen_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, (int)bits) == 1 &&
	    EVP_PKEY_paramgen(ctx, &param) == 1, "DSA parameters");
	EVP_PKEY_CTX_free(ctx);
	ctx = EVP_PKEY_CTX_new(param, NULL);
	must(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_keygen(ctx, &key) == 1,
	    "a DSA key");
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(param);
	return key;
}

EVP_PKEY *
certs_key(const char *kind)
{
	static const struct { const char *kind, *curve; } curves[] = { { "p224", "P-224" },
		{ "p256", "P-256" }, { "p384", "P-384" }, { "p521", "P-521" },
		{ "k256", "secp256k1" } };
	EVP_PKEY *key = NULL;

	if (kind == NULL)
		kind = "p256";
	if (strcmp(kind, "ed25519") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else if (strcmp(kind, "ed448") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	else if (strncmp(kind, "rsa", 3) == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)atoi(kind + 3));
	else if (strncmp(kind, "dsa", 3) == 0)
		key = dsa_key((size_t)atoi(kind + 3));
	for (size_t i = 0; i < TW_COUNT(curves); i++)
		if (strncmp(kind, curves[i].kind, 4) == 0)
			key = EVP_EC_gen(curves[i].curve);
	must(key != NULL, kind);
	if (strstr(kind, "-explicit") != NULL)
		must(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit"),
		    "explicit parameters");
	return key;
}

static void
add_extension(X509 *x, X509 *issuer, const char *name, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	if (value[0] == '\0')
		return;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf(NULL, &ctx, name, value);
	must(e != NULL && X509_add_ext(x, e, -1) == 1, name);
	X509_EXTENSION_free(e);
}

/* One "DNS:value" of n bytes; carets become NUL bytes. */
static GENERAL_NAME *
general_name(const char *s, size_t n)
{
	static const struct { const char *word; int type; } kinds[] = { { "DNS:", GEN_DNS },
		{ "IP:", GEN_IPADD }, { "email:", GEN_EMAIL }, { "URI:", GEN_URI } };
	GENERAL_NAME *g = GENERAL_NAME_new();
	char text[8192];
	uint8_t raw[16];

	for (size_t i = 0; i < TW_COUNT(kinds); i++) {
		size_t skip = strlen(kinds[i].word);
		ASN1_STRING *v;

		if (strncmp(s, kinds[i].word, skip) != 0)
			continue;
		must(n - skip < sizeof(text), "a name that long");
		memcpy(text, s + skip, n - skip);
		text[n - skip] = '\0';
		v = ASN1_STRING_type_new(kinds[i].type == GEN_IPADD ? V_ASN1_OCTET_STRING
		    : V_ASN1_IA5STRING);
		if (kinds[i].type == GEN_IPADD && inet_pton(AF_INET, text, raw) == 1)
			ASN1_STRING_set(v, raw, 4);
		else if (kinds[i].type == GEN_IPADD && inet_pton(AF_INET6, text, raw) == 1)
			ASN1_STRING_set(v, raw, 16);
		else {
			for (size_t k = 0; k < n - skip; k++)
				text[k] = text[k] == '^' ? '\0' : text[k];
			ASN1_STRING_set(v, text, (int)(n - skip));
		}
		GENERAL_NAME_set0_value(g, kinds[i].type, v);
		return g;
	}
	must(0, s);
	return NULL;
}

static void
add_san(X509 *x, const char *list)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();

	while (*list != '\0') {
		size_t n = strcspn(list, ",");

		sk_GENERAL_NAME_push(names, general_name(list, n));
		list += n + (list[n] == ',');
	}
	must(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1, "the names");
	GENERAL_NAMES_free(names);
}

static void
add_extensions(X509 *x, X509 *issuer, const struct certs_row *row)
{
	const char *basic = row->basic != NULL ? row->basic : row->ca ? "critical,CA:TRUE" : "CA:FALSE";
	const char *usage = row->usage != NULL ? row->usage
	    : row->ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature";
	const char *eku = row->eku != NULL ? row->eku : row->ca ? "" : "serverAuth";

	add_extension(x, issuer, "basicConstraints", basic);
	add_extension(x, issuer, "keyUsage", usage);
	add_extension(x, issuer, "extendedKeyUsage", eku);
	if (!row->no_key_ids) {
		if (row->raw_key.oid == NULL)
			add_extension(x, issuer, "subjectKeyIdentifier", "hash");
		if (issuer != x)
			add_extension(x, issuer, "authorityKeyIdentifier", "keyid");
	}
	if (row->san != NULL)
		add_san(x, row->san);
	if (row->constraints != NULL) {
		char text[1024];

		snprintf(text, sizeof(text), "critical,%s", row->constraints);
		add_extension(x, issuer, "nameConstraints", text);
	}
	if (row->aia != NULL)
		add_extension(x, issuer, "authorityInfoAccess", row->aia);
	for (size_t i = 0; i < TW_COUNT(row->extra) && row->extra[i][0] != NULL; i++)
		add_extension(x, issuer, row->extra[i][0], row->extra[i][1]);
	if (row->raw.oid != NULL) {
		ASN1_OBJECT *o = OBJ_txt2obj(row->raw.oid, 0);
		ASN1_OCTET_STRING *v = ASN1_OCTET_STRING_new();
		X509_EXTENSION *e;

		ASN1_OCTET_STRING_set(v, row->raw.value.p, (int)row->raw.value.n);
		e = X509_EXTENSION_create_by_OBJ(NULL, o, row->raw.critical, v);
		must(e != NULL && X509_add_ext(x, e, -1) == 1, row->raw.oid);
		X509_EXTENSION_free(e);
		ASN1_OCTET_STRING_free(v);
		ASN1_OBJECT_free(o);
	}
}

static void
set_name(X509 *x, const struct certs_row *row)
{
	X509_NAME *name = X509_get_subject_name(x);

	if (row->cn != NULL)
		must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		    (const unsigned char *)row->cn, -1, -1, 0), "the name");
	if (row->o != NULL)
		must(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
		    (const unsigned char *)row->o, -1, -1, 0), "the organisation");
}

static void
set_key(X509 *x, struct certs_one *c, const struct certs_row *row)
{
	c->key = row->given_key;
	if (c->key != NULL)
		EVP_PKEY_up_ref(c->key);
	else
		c->key = certs_key(row->key);
	must(X509_set_pubkey(x, c->key), "the public key");
	if (row->raw_key.oid != NULL) {
		unsigned char *zeros = OPENSSL_zalloc(row->raw_key.n + 1);

		must(X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x),
		    OBJ_txt2obj(row->raw_key.oid, 0), V_ASN1_UNDEF, NULL, zeros,
		    (int)row->raw_key.n), "a strange key");
	}
}

struct certs_one *
certs_make(const struct certs_row *row, const struct certs_one *issuer)
{
	struct certs_one *c = calloc(1, sizeof(*c));
	int from = row->from_day, to = row->to_day;
	static long serial = 4096;
	unsigned char *der = NULL;
	const EVP_MD *md;
	EVP_PKEY *signer;
	X509 *x = X509_new();
	int n;

	must(c != NULL && x != NULL, "memory");
	if (from == 0 && to == 0) {
		from = row->ca ? -1000 : -30;
		to = row->ca ? 1000 : 60;
	}
	c->x = x;
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	ASN1_TIME_set(X509_getm_notBefore(x), CERTS_NOW + (time_t)from * CERTS_DAY);
	ASN1_TIME_set(X509_getm_notAfter(x), CERTS_NOW + (time_t)to * CERTS_DAY);
	set_name(x, row);
	set_key(x, c, row);
	X509_set_issuer_name(x, X509_get_subject_name(issuer != NULL ? issuer->x : x));
	add_extensions(x, issuer != NULL ? issuer->x : x, row);
	signer = issuer != NULL ? issuer->key : c->key;
	md = EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519 ||
	    EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED448 ? NULL
	    : EVP_get_digestbyname(row->hash != NULL ? row->hash : "SHA256");
	must(X509_sign(x, signer, md), "the signature");
	n = i2d_X509(x, &der);
	must(n > 0, "the encoding");
	c->der = (struct tw_bytes){ der, (size_t)n };
	ERR_clear_error();
	return c;
}

void
certs_free(struct certs_one *c)
{
	if (c == NULL)
		return;
	X509_free(c->x);
	EVP_PKEY_free(c->key);
	OPENSSL_free((void *)(uintptr_t)c->der.p);
	free(c);
}

static char *
text_of(BIO *b)
{
	char *p, *s;
	long n = BIO_get_mem_data(b, &p);

	s = calloc(1, (size_t)n + 1);
	must(s != NULL, "memory");
	memcpy(s, p, (size_t)n);
	BIO_free(b);
	return s;
}

char *
certs_pem(const struct certs_one *c)
{
	BIO *b = BIO_new(BIO_s_mem());

	must(PEM_write_bio_X509(b, c->x), "PEM");
	return text_of(b);
}

char *
certs_key_pem(const struct certs_one *c)
{
	BIO *b = BIO_new(BIO_s_mem());

	must(PEM_write_bio_PrivateKey(b, c->key, NULL, NULL, 0, NULL, NULL), "PEM");
	return text_of(b);
}
