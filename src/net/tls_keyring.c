/* The key process: keys are read, tried, and sign for the workers; see tls_keys.h. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/crypto.h"
#include "net/fd_pass.h"
#include "net/tls_keys_inside.h"

#define AT_ONCE	64	/* requests of one packet that are answered; a worker sends fewer */

struct ring_key {
	EVP_PKEY *key;
	uint8_t *spki;
	int spki_n;
	uint8_t id[KEY_ID];
	EVP_PKEY_CTX *ready[KEY_HOWS][KEY_MDS];	/* made once, used for every signature */
	EVP_MD_CTX *whole;			/* Ed25519 */
};

struct ring_worker {
	int fd;
	size_t n;		/* answers that could not be sent yet */
	uint8_t out[KEY_PACKET];
};

struct tw_keyring {
	struct ring_key *keys;
	size_t n;
	struct ring_worker *workers[TW_KEYRING_WORKERS];
	size_t workers_n;
	uint8_t in[KEY_PACKET];
};

const struct key_digest tw_key_digests[KEY_MDS] = {
	[KEY_MD5_SHA1] = { "MD5-SHA1", "MD5-SHA1", 36 },
	[KEY_SHA1] = { "SHA1", "SHA1", 20 },
	[KEY_SHA224] = { "SHA2-224", "SHA224", 28 },
	[KEY_SHA256] = { "SHA2-256", "SHA256", 32 },
	[KEY_SHA384] = { "SHA2-384", "SHA384", 48 },
	[KEY_SHA512] = { "SHA2-512", "SHA512", 64 },
};

void
tw_key_id(struct tw_bytes spki, uint8_t ret[static KEY_ID])
{
	uint8_t all[TW_HASH_BYTES];

	tw_hash(TW_SHA256, spki, all);
	memcpy(ret, all, KEY_ID);
}

/* Which signatures a kind of key makes. */
static bool
may(const EVP_PKEY *key, enum key_how how)
{
	switch (how) {
	case KEY_PKCS1:
		return EVP_PKEY_is_a(key, "RSA") == 1;
	case KEY_PSS:
		return EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1;
	case KEY_ECDSA:
		return EVP_PKEY_is_a(key, "EC") == 1;
	case KEY_ED25519:
		return EVP_PKEY_is_a(key, "ED25519") == 1;
	default:
		return false;
	}
}

static EVP_PKEY_CTX *
prepare(EVP_PKEY *key, enum key_how how, enum key_md md)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	const EVP_MD *digest = EVP_get_digestbyname(tw_key_digests[md].old_name);

	if (c == NULL || digest == NULL || EVP_PKEY_sign_init(c) != 1)
		goto fail;
	if (how != KEY_ECDSA && EVP_PKEY_CTX_set_rsa_padding(c,
	    how == KEY_PSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) != 1)
		goto fail;
	if (EVP_PKEY_CTX_set_signature_md(c, digest) != 1)
		goto fail;
	if (how == KEY_PSS && (EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(c, digest) != 1))
		goto fail;
	return c;
fail:
	EVP_PKEY_CTX_free(c);
	return NULL;
}

/* 0: not a signature of TLS, or not with this key. */
static size_t
sign(struct ring_key *k, const struct key_request *q, const uint8_t *tbs, uint8_t *out,
    size_t room)
{
	size_t n = room;
	EVP_PKEY_CTX **c;

	if (q->how >= KEY_HOWS || !may(k->key, q->how) ||
	    (size_t)EVP_PKEY_get_size(k->key) > room)
		return 0;
	if (q->how == KEY_ED25519) {
		if (q->n > KEY_TBS || EVP_DigestSignInit(k->whole, NULL, NULL, NULL, k->key) != 1)
			return 0;
		return EVP_DigestSign(k->whole, out, &n, tbs, q->n) == 1 ? n : 0;
	}
	if (q->md >= KEY_MDS || q->n != tw_key_digests[q->md].bytes ||
	    (q->md == KEY_MD5_SHA1 && q->how != KEY_PKCS1))
		return 0;
	c = &k->ready[q->how][q->md];
	if (*c == NULL)
		*c = prepare(k->key, q->how, q->md);
	if (*c == NULL)
		return 0;
	return EVP_PKEY_sign(*c, out, &n, tbs, q->n) == 1 ? n : 0;
}

/* Every kind of signature is made once: what the library loads late is loaded, and files are shut. */
static bool
try_all(struct ring_key *k)
{
	uint8_t tbs[64] = { 1 }, out[KEY_SIGNATURE];
	bool any = false;

	for (int how = 0; how < KEY_HOWS; how++)
		for (int md = 0; md < KEY_MDS; md++) {
			struct key_request q = { .how = (uint8_t)how, .md = (uint8_t)md,
				.n = tw_key_digests[md].bytes };

			any |= sign(k, &q, tbs, out, sizeof(out)) > 0;
		}
	OPENSSL_cleanse(out, sizeof(out));
	ERR_clear_error();
	return any;
}

static int
no_words(char *out, int room, int writing, void *arg)
{
	(void)out, (void)room, (void)writing, (void)arg;
	return 0;	/* a key with a password: nobody is there to type it */
}

/* pem: what is in the file, NULL: it is read. */
static int
load(struct ring_key *k, const char *path, const struct tw_bytes *pem, struct tw_err *e)
{
	BIO *in = pem == NULL ? BIO_new_file(path, "r") : BIO_new_mem_buf(pem->p, (int)pem->n);
	const char *why;

	if (in == NULL) {
		ERR_clear_error();
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot read the key %s", path);
	}
	k->key = PEM_read_bio_PrivateKey(in, NULL, no_words, NULL);
	BIO_free(in);
	if (k->key == NULL) {
		why = ERR_reason_error_string(ERR_peek_last_error());
		tw_err_set(e, TW_ERR_FORMAT, "%s is no key in PEM that can be used: %s", path,
		    why == NULL ? "not understood" : why);
		ERR_clear_error();
		return -1;
	}
	k->spki_n = i2d_PUBKEY(k->key, &k->spki);
	k->whole = EVP_MD_CTX_new();
	if (k->spki_n <= 0 || k->spki_n > 4096 || k->whole == NULL || !try_all(k))
		return tw_err_set(e, TW_ERR_FORMAT, "the key %s does not sign for TLS: RSA, "
		    "ECDSA and Ed25519 keys do", path);
	tw_key_id((struct tw_bytes){ k->spki, (size_t)k->spki_n }, k->id);
	return 0;
}

struct tw_keyring *
tw_keyring_load(const char *const *paths, size_t n, struct tw_err *e)
{
	return tw_keyring_read(paths, NULL, n, e);
}

struct tw_keyring *
tw_keyring_read(const char *const *paths, const struct tw_bytes *pems, size_t n,
    struct tw_err *e)
{
	struct tw_keyring *r;

	if (n > TW_KEYRING_KEYS) {
		tw_err_set(e, TW_ERR_USAGE, "%zu keys are too many: %d at most", n, TW_KEYRING_KEYS);
		return NULL;
	}
	r = calloc(1, sizeof(*r));
	if (r != NULL)
		r->keys = calloc(n + 1, sizeof(*r->keys));
	if (r == NULL || r->keys == NULL) {
		free(r);
		tw_err_set(e, TW_ERR_SYSTEM, "no memory for keys");
		return NULL;
	}
	for (; r->n < n; r->n++)
		if (load(&r->keys[r->n], paths[r->n], pems == NULL ? NULL : &pems[r->n], e) != 0) {
			r->n++;
			tw_keyring_free(r);
			return NULL;
		}
	return r;
}

static void
part(struct tw_keyring *r, size_t i)
{
	close(r->workers[i]->fd);
	free(r->workers[i]);
	r->workers[i] = r->workers[--r->workers_n];
}

void
tw_keyring_free(struct tw_keyring *r)
{
	if (r == NULL)
		return;
	while (r->workers_n > 0)
		part(r, 0);
	for (size_t i = 0; i < r->n; i++) {
		for (int h = 0; h < KEY_HOWS; h++)
			for (int m = 0; m < KEY_MDS; m++)
				EVP_PKEY_CTX_free(r->keys[i].ready[h][m]);
		EVP_MD_CTX_free(r->keys[i].whole);
		EVP_PKEY_free(r->keys[i].key);
		OPENSSL_free(r->keys[i].spki);
	}
	free(r->keys);
	free(r);
}

static size_t
answer(struct tw_keyring *r, const struct key_request *q, const uint8_t *tbs, uint8_t *out,
    size_t room)
{
	if (q->op == KEY_PUBLIC) {
		size_t at = (size_t)q->key[0] << 8 | q->key[1];

		if (at >= r->n || (size_t)r->keys[at].spki_n > room)
			return 0;
		memcpy(out, r->keys[at].spki, (size_t)r->keys[at].spki_n);
		return (size_t)r->keys[at].spki_n;
	}
	if (q->op != KEY_SIGN)
		return 0;
	for (size_t i = 0; i < r->n; i++)
		if (memcmp(r->keys[i].id, q->key, KEY_ID) == 0)
			return sign(&r->keys[i], q, tbs, out, room);
	return 0;
}

/* false: it is gone. What cannot be sent now stays, and nothing more is read until it is. */
static bool
reply(struct ring_worker *w)
{
	if (w->n == 0)
		return true;
	if (send(w->fd, w->out, w->n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
	w->n = 0;
	return true;
}

/* Signs what stands in one packet. false: it is gone, or does not keep to the form. */
static bool
serve(struct tw_keyring *r, struct ring_worker *w)
{
	ssize_t got = recv(w->fd, r->in, sizeof(r->in), MSG_DONTWAIT | MSG_TRUNC);
	struct key_request q;
	struct key_answer a;
	size_t at = 0;

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got == 0 || (size_t)got > sizeof(r->in))
		return false;
	for (unsigned turn = 0; at < (size_t)got; turn++) {
		if (turn == AT_ONCE || (size_t)got - at < sizeof(q))
			return false;
		memcpy(&q, r->in + at, sizeof(q));
		at += sizeof(q);
		if (q.n > (size_t)got - at)
			return false;
		/* Not many answers wait for each other, and the room is kept for the longest. */
		if (sizeof(w->out) - w->n < sizeof(a) + 4096 && (!reply(w) || w->n > 0))
			return false;
		a = (struct key_answer){ .id = q.id };
		a.n = (uint32_t)answer(r, &q, r->in + at, w->out + w->n + sizeof(a),
		    sizeof(w->out) - w->n - sizeof(a));
		memcpy(w->out + w->n, &a, sizeof(a));
		w->n += sizeof(a) + a.n;
		at += q.n;
		if (turn % 8 == 7 && !reply(w))
			return false;
	}
	ERR_clear_error();
	return reply(w);
}

/* A worker's socket comes in. false: control is closed. */
static bool
welcome(struct tw_keyring *r, int control)
{
	uint8_t text[TW_FD_TEXT];
	int fds[TW_FD_PASS];
	size_t n;
	ptrdiff_t got = tw_fd_receive(control, fds, &n, text);

	for (size_t i = 0; i < n; i++) {
		struct ring_worker *w = r->workers_n == TW_KEYRING_WORKERS ? NULL :
		    malloc(sizeof(*w));

		if (w == NULL) {
			close(fds[i]);
			continue;
		}
		w->fd = fds[i];
		w->n = 0;
		r->workers[r->workers_n++] = w;
	}
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

int
tw_keyring_serve(struct tw_keyring *r, int control, struct tw_err *e)
{
	struct pollfd p[TW_KEYRING_WORKERS + 1];

	for (;;) {
		for (size_t i = 0; i < r->workers_n; i++)
			p[i] = (struct pollfd){ .fd = r->workers[i]->fd,
				.events = r->workers[i]->n > 0 ? POLLOUT : POLLIN };
		/* The parent has another by now; this one ends with the last worker that asks it. */
		if (control < 0 && r->workers_n == 0)
			return 0;
		p[r->workers_n] = (struct pollfd){ .fd = control, .events = POLLIN };
		if (poll(p, r->workers_n + 1, -1) < 0) {
			if (errno == EINTR)
				continue;
			return tw_err_set(e, TW_ERR_SYSTEM, "the key process cannot wait");
		}
		/* From the end: the last takes the place of one that leaves. */
		bool more = p[r->workers_n].revents == 0;

		for (size_t i = r->workers_n; i-- > 0;)
			if (p[i].revents != 0 && !(p[i].revents & POLLOUT ?
			    reply(r->workers[i]) : serve(r, r->workers[i])))
				part(r, i);
		if (!more && !welcome(r, control))
			control = -1;
	}
}
