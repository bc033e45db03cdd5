/* tls_keys_inside.h -- what is said between a worker and the key process, and their files. */
#ifndef TW_NET_TLS_KEYS_INSIDE_H
#define TW_NET_TLS_KEYS_INSIDE_H

#include <openssl/evp.h>
#include <openssl/provider.h>

#include "net/tls_keys.h"

#define KEY_PACKET	16384	/* bytes of one packet, in either direction */
#define KEY_ID		16	/* of SHA-256 over the public key: no number can go astray */
#define KEY_TBS		4096	/* bytes Ed25519 signs, at most */
#define KEY_SIGNATURE	2048	/* RSA of 16384 bits */

enum key_op { KEY_PUBLIC, KEY_SIGN };
enum key_how { KEY_PKCS1, KEY_PSS, KEY_ECDSA, KEY_ED25519, KEY_HOWS };

/* Digests of TLS; each with its length, so nothing else is signed with RSA or ECDSA. */
enum key_md { KEY_MD5_SHA1, KEY_SHA1, KEY_SHA224, KEY_SHA256, KEY_SHA384, KEY_SHA512, KEY_MDS };
struct key_digest {
	const char *name, *old_name;
	unsigned bytes;
};
extern const struct key_digest tw_key_digests[KEY_MDS];

/* One after the other in a packet, each with n bytes behind it. One machine, one program. */
struct key_request {
	uint64_t id;
	uint8_t key[KEY_ID];	/* KEY_PUBLIC: the file's number in the first two */
	uint8_t op, how, md, none;
	uint32_t n;
};
struct key_answer {
	uint64_t id;
	uint32_t n;		/* 0: refused */
	uint32_t none;
};

/* A signature that is under way; lies on the stack of who asked for it. */
struct key_pending {
	struct key_pending *next, *before;
	struct key_request request;
	const uint8_t *tbs;
	uint8_t *answer;
	size_t answer_room, answer_n;
	bool sent, answered;
	int (*ready)(void *arg);
	void *arg;
};

/* What the provider's key holds. */
struct key_remote {
	struct tw_keys *keys;
	EVP_PKEY *public;
	uint8_t id[KEY_ID];
	unsigned references;
};

#define KEY_PROVIDER	"tlswright-keys"
#define KEY_PARAMETER	"tlswright-remote"

void tw_key_id(struct tw_bytes spki, uint8_t ret[static KEY_ID]);
/* Signs, by waiting in the job or for the socket. 0: refused. */
size_t tw_keys_sign(struct key_remote *r, enum key_how how, enum key_md md,
    struct tw_bytes tbs, uint8_t *out, size_t room);
/* Each is to be unloaded after its keys (tls_keys_provider.c). NULL: the library would not. */
OSSL_PROVIDER *tw_keys_provide(void);
/* The key with its private half elsewhere. NULL: not by this library. */
EVP_PKEY *tw_keys_wrap(struct tw_keys *k, EVP_PKEY *public, const uint8_t id[static KEY_ID]);

#endif
