/*
 * The library's view of a key elsewhere: a provider whose keys have a real public half
 * and whose signatures are asked of the key process; see tls_keys.h.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include "net/tls_keys_inside.h"

typedef void (*any_fn)(void);
#define ROW(id, f)	{ id, (any_fn)(f) }

static void *
key_new(void *provider)
{
	struct key_remote *r = calloc(1, sizeof(*r));

	(void)provider;
	if (r != NULL)
		r->references = 1;
	return r;
}

static void
key_free(void *key)
{
	struct key_remote *r = key;

	if (r == NULL || __atomic_sub_fetch(&r->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	EVP_PKEY_free(r->public);
	free(r);
}

static struct key_remote *
key_hold(struct key_remote *r)
{
	__atomic_add_fetch(&r->references, 1, __ATOMIC_RELAXED);
	return r;
}

static int
key_has(const void *key, int selection)
{
	(void)selection;
	return key != NULL && ((const struct key_remote *)key)->public != NULL;
}

static int
key_match(const void *a, const void *b, int selection)
{
	(void)selection;
	return EVP_PKEY_eq(((const struct key_remote *)a)->public,
	    ((const struct key_remote *)b)->public) == 1;
}

/* Made by ourselves alone: one parameter that points to what it is. */
static int
key_import(void *key, int selection, const OSSL_PARAM params[])
{
	const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, KEY_PARAMETER);
	struct key_remote *r = key;
	const void *at;
	size_t n;

	(void)selection;
	if (p == NULL || OSSL_PARAM_get_octet_ptr(p, &at, &n) != 1 || n != sizeof(*r))
		return 0;
	*r = *(const struct key_remote *)at;
	r->references = 1;
	return EVP_PKEY_up_ref(r->public);
}

static const OSSL_PARAM *
key_import_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_octet_ptr(KEY_PARAMETER, NULL, 0), OSSL_PARAM_END
	};

	(void)selection;
	return types;
}

/* The private half cannot leave: then the library comes to us for it. */
static int
key_export(void *key, int selection, OSSL_CALLBACK *cb, void *arg)
{
	if (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY)
		return 0;
	return EVP_PKEY_export(((struct key_remote *)key)->public, selection, cb, arg);
}

static const OSSL_PARAM *
key_export_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0), OSSL_PARAM_END
	};

	return selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY ? NULL : types;
}

static int
key_get(void *key, OSSL_PARAM params[])
{
	return EVP_PKEY_get_params(((struct key_remote *)key)->public, params);
}

static const OSSL_PARAM *
key_gettable(void *provider)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0), OSSL_PARAM_END
	};

	(void)provider;
	return types;
}

static const char *
name_rsa(int operation)
{
	(void)operation;
	return "RSA";
}

static const char *
name_ec(int operation)
{
	(void)operation;
	return "ECDSA";
}

static const char *
name_ed25519(int operation)
{
	(void)operation;
	return "ED25519";
}

#define KEYMGMT(name) \
	ROW(OSSL_FUNC_KEYMGMT_NEW, key_new), \
	ROW(OSSL_FUNC_KEYMGMT_FREE, key_free), \
	ROW(OSSL_FUNC_KEYMGMT_HAS, key_has), \
	ROW(OSSL_FUNC_KEYMGMT_MATCH, key_match), \
	ROW(OSSL_FUNC_KEYMGMT_IMPORT, key_import), \
	ROW(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, key_import_types), \
	ROW(OSSL_FUNC_KEYMGMT_EXPORT, key_export), \
	ROW(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, key_export_types), \
	ROW(OSSL_FUNC_KEYMGMT_GET_PARAMS, key_get), \
	ROW(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, key_gettable), \
	ROW(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, name), \
	{ 0, NULL }

static const OSSL_DISPATCH rsa_keys[] = { KEYMGMT(name_rsa) };
static const OSSL_DISPATCH ec_keys[] = { KEYMGMT(name_ec) };
static const OSSL_DISPATCH ed25519_keys[] = { KEYMGMT(name_ed25519) };

struct signer {
	struct key_remote *key;
	EVP_MD *digest;
	enum key_md md;
	enum key_how how;
};

static void *
sign_new(void *provider, const char *propq)
{
	(void)provider, (void)propq;
	return calloc(1, sizeof(struct signer));
}

static void
sign_free(void *signer)
{
	struct signer *s = signer;

	if (s == NULL)
		return;
	key_free(s->key);
	EVP_MD_free(s->digest);
	free(s);
}

static bool
use_digest(struct signer *s, const char *name)
{
	EVP_MD *digest = EVP_MD_fetch(NULL, name, NULL);
	int md = 0;

	while (digest != NULL && md < KEY_MDS && !EVP_MD_is_a(digest, tw_key_digests[md].name))
		md++;
	if (digest == NULL || md == KEY_MDS) {
		EVP_MD_free(digest);
		return false;
	}
	EVP_MD_free(s->digest);
	s->digest = digest;
	s->md = (enum key_md)md;
	return true;
}

static bool
bind_key(struct signer *s, void *key)
{
	if (key == NULL)
		return s->key != NULL;
	key_free(s->key);
	s->key = key_hold(key);
	return true;
}

/* What TLS does not ask for is not there: other salts, other masks, no padding. */
static int
set(void *signer, const OSSL_PARAM params[])
{
	struct signer *s = signer;
	const OSSL_PARAM *p;
	int n;

	if (params == NULL)
		return 1;
	if ((p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE)) != NULL) {
		if (p->data_type == OSSL_PARAM_UTF8_STRING)
			n = strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0 ?
			    RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
		else if (OSSL_PARAM_get_int(p, &n) != 1)
			return 0;
		if (n != RSA_PKCS1_PSS_PADDING && n != RSA_PKCS1_PADDING)
			return 0;
		s->how = n == RSA_PKCS1_PSS_PADDING ? KEY_PSS : KEY_PKCS1;
	}
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	if (p == NULL)
		return 1;
	if (p->data_type == OSSL_PARAM_UTF8_STRING)
		return strcmp(p->data, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) == 0;
	return OSSL_PARAM_get_int(p, &n) == 1 && n == RSA_PSS_SALTLEN_DIGEST;
}

static const OSSL_PARAM *
settable(void *signer, void *provider)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_END
	};

	(void)signer, (void)provider;
	return types;
}

static int
start_rsa(void *signer, const char *name, void *key, const OSSL_PARAM params[])
{
	struct signer *s = signer;

	s->how = KEY_PKCS1;
	if (!bind_key(s, key) || !use_digest(s, name == NULL ? "SHA2-256" : name))
		return 0;
	if (EVP_PKEY_is_a(s->key->public, "RSA-PSS"))
		s->how = KEY_PSS;
	return set(s, params);
}

static int
start_ec(void *signer, const char *name, void *key, const OSSL_PARAM params[])
{
	struct signer *s = signer;

	(void)params;
	s->how = KEY_ECDSA;
	return bind_key(s, key) && use_digest(s, name == NULL ? "SHA2-256" : name);
}

static int
start_ed25519(void *signer, const char *name, void *key, const OSSL_PARAM params[])
{
	struct signer *s = signer;

	(void)params;
	s->how = KEY_ED25519;
	return (name == NULL || name[0] == '\0') && bind_key(s, key);
}

static int
sign_whole(void *signer, unsigned char *out, size_t *n, size_t room, const unsigned char *tbs,
    size_t tbs_n)
{
	struct signer *s = signer;
	struct tw_bytes v = (struct tw_bytes){ tbs, tbs_n };
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_n;

	if (out == NULL) {
		*n = (size_t)EVP_PKEY_get_size(s->key->public);
		return 1;
	}
	if (s->how != KEY_ED25519) {
		if (EVP_Digest(tbs, tbs_n, digest, &digest_n, s->digest, NULL) != 1)
			return 0;
		v = (struct tw_bytes){ digest, digest_n };
	}
	*n = tw_keys_sign(s->key, s->how, s->md, v, out, room);
	return *n > 0;
}

#define SIGNATURE(start) \
	ROW(OSSL_FUNC_SIGNATURE_NEWCTX, sign_new), \
	ROW(OSSL_FUNC_SIGNATURE_FREECTX, sign_free), \
	ROW(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, start), \
	ROW(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, sign_whole)

static const OSSL_DISPATCH rsa_signs[] = {
	SIGNATURE(start_rsa),
	ROW(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, set),
	ROW(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, settable),
	{ 0, NULL }
};
static const OSSL_DISPATCH ec_signs[] = { SIGNATURE(start_ec), { 0, NULL } };
static const OSSL_DISPATCH ed25519_signs[] = { SIGNATURE(start_ed25519), { 0, NULL } };

#define PROPERTY	"provider=" KEY_PROVIDER
static const OSSL_ALGORITHM keys[] = {
	{ "RSA:rsaEncryption", PROPERTY, rsa_keys, NULL },
	{ "RSA-PSS:RSASSA-PSS", PROPERTY, rsa_keys, NULL },
	{ "EC:id-ecPublicKey", PROPERTY, ec_keys, NULL },
	{ "ED25519", PROPERTY, ed25519_keys, NULL },
	{ NULL, NULL, NULL, NULL }
};
static const OSSL_ALGORITHM signatures[] = {
	{ "RSA:rsaEncryption", PROPERTY, rsa_signs, NULL },
	{ "ECDSA", PROPERTY, ec_signs, NULL },
	{ "ED25519", PROPERTY, ed25519_signs, NULL },
	{ NULL, NULL, NULL, NULL }
};

static const OSSL_ALGORITHM *
query(void *provider, int operation, int *no_store)
{
	(void)provider;
	*no_store = 0;
	return operation == OSSL_OP_KEYMGMT ? keys :
	    operation == OSSL_OP_SIGNATURE ? signatures : NULL;
}

static int
init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
    void **provider)
{
	static const OSSL_DISPATCH mine[] = {
		ROW(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query), { 0, NULL }
	};

	(void)in;
	*out = mine;
	*provider = (void *)(uintptr_t)handle;
	return 1;
}

static void
tell_library(void)
{
	(void)OSSL_PROVIDER_add_builtin(NULL, KEY_PROVIDER, init);
}

/* The library's own is in use before, and stays the first: nobody but our keys comes to us. */
OSSL_PROVIDER *
tw_keys_provide(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	EVP_MD_free(EVP_MD_fetch(NULL, "SHA2-256", NULL));
	pthread_once(&once, tell_library);
	return OSSL_PROVIDER_try_load(NULL, KEY_PROVIDER, 1);
}

EVP_PKEY *
tw_keys_wrap(struct tw_keys *k, EVP_PKEY *public, const uint8_t id[static KEY_ID])
{
	struct key_remote r = { .keys = k, .public = public }, *at = &r;
	OSSL_PARAM params[2] = {
		OSSL_PARAM_octet_ptr(KEY_PARAMETER, (void **)&at, sizeof(r)), OSSL_PARAM_END
	};
	EVP_PKEY_CTX *c;
	EVP_PKEY *key = NULL;

	memcpy(r.id, id, KEY_ID);
	c = EVP_PKEY_CTX_new_from_name(NULL, EVP_PKEY_get0_type_name(public), PROPERTY);
	if (c == NULL || EVP_PKEY_fromdata_init(c) != 1 ||
	    EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(c);
	ERR_clear_error();
	return key;
}
