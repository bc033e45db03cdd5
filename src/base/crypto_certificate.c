/* Keys and throwaway certificates; see crypto_certificate.h. gate/config_files.c asks. */
#include "base/crypto_certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/crypto.h"
#include "base/crypto_must.h"

/* A passphrase is never asked for. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

bool
tw_crypto_key_spki(struct tw_bytes pem, uint8_t ret_sha256[static 32])
{
	BIO *in = pem.n == 0 || pem.n > INT32_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = NULL;
	unsigned char *der = NULL;
	int n = 0;

	ERR_set_mark();
	if (in != NULL)
		key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL);
	if (key != NULL)
		n = i2d_PUBKEY(key, &der);
	if (n > 0)
		tw_hash(TW_SHA256, (struct tw_bytes){ der, (size_t)n }, ret_sha256);
	ERR_pop_to_mark();
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	BIO_free(in);
	return n > 0;
}

static void
extend(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	tw_crypto_must(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static void
put(BIO *from, struct tw_buf *to)
{
	char *p;
	long n = BIO_get_mem_data(from, &p);

	tw_crypto_must(n > 0);
	tw_buf_put(to, p, (size_t)n);
	OPENSSL_cleanse(p, (size_t)n);	/* it may have been the key */
	BIO_free(from);
}

void
tw_crypto_throwaway(struct tw_buf *certificate, struct tw_buf *key)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	BIO *cert_pem = BIO_new(BIO_s_mem()), *key_pem = BIO_new(BIO_s_mem());
	X509 *x = X509_new();
	X509_NAME *name = x != NULL ? X509_get_subject_name(x) : NULL;
	uint8_t serial[8];
	uint64_t number = 0;

	tw_random(serial, sizeof(serial));
	for (size_t i = 0; i < sizeof(serial); i++)
		number = number << 8 | serial[i];
	tw_crypto_must(pair != NULL && cert_pem != NULL && key_pem != NULL && name != NULL &&
	    X509_set_version(x, X509_VERSION_3) == 1 &&
	    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), number >> 1 | 1) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), 86400) != NULL &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)"localhost", -1, -1, 0) == 1 &&
	    X509_set_issuer_name(x, name) == 1 && X509_set_pubkey(x, pair) == 1);
	extend(x, NID_basic_constraints, "critical,CA:FALSE");
	extend(x, NID_key_usage, "critical,digitalSignature");
	extend(x, NID_ext_key_usage, "serverAuth");
	extend(x, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
	tw_crypto_must(X509_sign(x, pair, EVP_sha256()) > 0 && PEM_write_bio_X509(cert_pem, x) == 1 &&
	    PEM_write_bio_PrivateKey(key_pem, pair, NULL, NULL, 0, NULL, NULL) == 1);
	put(cert_pem, certificate);
	put(key_pem, key);
	X509_free(x);
	EVP_PKEY_free(pair);
}
