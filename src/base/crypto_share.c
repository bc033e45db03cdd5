/* Ephemeral keys of key_share over libcrypto; see crypto.h. */
#include "base/crypto.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "base/crypto_must.h"

struct tw_share {
	EVP_PKEY *key;
	EVP_PKEY_CTX *deriving;	/* of key: one for all peers */
	size_t public_n;
	uint8_t public[TW_SHARE_BYTES];
};

static const struct group {
	uint16_t code;
	const char *type, *curve;
} groups[] = {
	{ 23, "EC", "P-256" },
	{ 24, "EC", "P-384" },
	{ 25, "EC", "P-521" },
	{ 29, "X25519", NULL },
};

/* Takes over key. */
static struct tw_share *
wrap(EVP_PKEY *key)
{
	struct tw_share *s = calloc(1, sizeof(*s));
	uint8_t *public = NULL;

	if (s == NULL || key == NULL)
		tw_crypto_fail();
	s->key = key;
	s->deriving = EVP_PKEY_CTX_new(key, NULL);
	tw_crypto_must(s->deriving != NULL && EVP_PKEY_derive_init(s->deriving) == 1);
	s->public_n = EVP_PKEY_get1_encoded_public_key(key, &public);
	tw_crypto_must(s->public_n > 0 && s->public_n <= sizeof(s->public));
	memcpy(s->public, public, s->public_n);
	OPENSSL_free(public);
	return s;
}

struct tw_share *
tw_share_new(uint16_t group)
{
	for (size_t i = 0; i < TW_COUNT(groups); i++) {
		const struct group *g = &groups[i];

		if (g->code != group)
			continue;
		return wrap(g->curve == NULL ? EVP_PKEY_Q_keygen(NULL, NULL, g->type) :
		    EVP_PKEY_Q_keygen(NULL, NULL, g->type, g->curve));
	}
	return NULL;
}

struct tw_share *
tw_share_from_private(uint16_t group, struct tw_bytes key)
{
	if (group != 29 || key.n != 32)
		return NULL;
	return wrap(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, key.p, key.n));
}

void
tw_share_free(struct tw_share *s)
{
	if (s == NULL)
		return;
	EVP_PKEY_CTX_free(s->deriving);
	EVP_PKEY_free(s->key);
	free(s);
}

struct tw_bytes
tw_share_public(const struct tw_share *s)
{
	return (struct tw_bytes){ s->public, s->public_n };
}

bool
tw_share_derive(const struct tw_share *s, struct tw_bytes peer, uint8_t ret[static 66],
    size_t *ret_n)
{
	EVP_PKEY *other;
	size_t n = 66;
	bool ok;

	/* Uncompressed points only (RFC 8446 4.2.8.2): theirs is as long as ours. */
	if (peer.n != s->public_n || (peer.n > 32 && peer.p[0] != 4))
		return false;
	other = EVP_PKEY_new();
	tw_crypto_must(other != NULL && EVP_PKEY_copy_parameters(other, s->key) == 1);
	/* Setting a public point proves it to be on the curve: no second check. */
	ok = EVP_PKEY_set1_encoded_public_key(other, peer.p, peer.n) == 1 &&
	    EVP_PKEY_derive_set_peer_ex(s->deriving, other, 0) == 1 &&
	    EVP_PKEY_derive(s->deriving, ret, &n) == 1;
	if (ok)
		*ret_n = n;
	EVP_PKEY_free(other);
	return ok;
}
