/*
 * Certificates read lately, kept a while by their SHA-256; see cert.h. Reading one
 * by libcrypto is dear, most of all its key, and it is wanted again at once: its chain,
 * its trust, and its facts where usual.c leaves them to libcrypto. Intermediates and
 * certificates of many endpoints are wanted all day.
 */
#include <stdlib.h>

#include <openssl/err.h>

#include "base/crypto.h"
#include "cert/facts.h"
#include "cert/shelf.h"

#define KEPT 128		/* some 10 KB each, as libcrypto holds them */
#define KEPT_BYTES 8192		/* a longer one is read each time: who pads must not fill the memory */

struct book {
	uint8_t sha256[32];
	uint64_t used;		/* the lowest of all goes first */
	X509 *x;
	struct tw_arena *arena;	/* of cert; NULL: its facts were not asked for yet */
	struct tw_cert cert;
};

struct tw_shelf {
	struct book books[KEPT];
	size_t n;
	uint64_t turn;
};

struct tw_shelf *
tw_shelf_new(void)
{
	struct tw_shelf *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();	/* out of memory at start, as an arena would */
	return s;
}

static void
clear(struct book *b)
{
	X509_free(b->x);
	tw_arena_free(b->arena);
	*b = (struct book){ 0 };
}

void
tw_shelf_free(struct tw_shelf *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		clear(&s->books[i]);
	free(s);
}

/* A free place, or that of the one nobody asked for the longest. */
static struct book *
place(struct tw_shelf *s)
{
	struct book *oldest = s->books;

	if (s->n < KEPT)
		return &s->books[s->n++];
	for (size_t i = 1; i < KEPT; i++)
		if (s->books[i].used < oldest->used)
			oldest = &s->books[i];
	clear(oldest);
	return oldest;
}

/* The one in der, whose digest is given; NULL: it is no certificate, and is not kept. */
static struct book *
book_of(struct tw_shelf *s, struct tw_bytes der, const uint8_t sha256[static 32])
{
	struct book *b = NULL;
	X509 *x;

	for (size_t i = 0; i < s->n && b == NULL; i++)
		if (memcmp(s->books[i].sha256, sha256, 32) == 0)
			b = &s->books[i];
	if (b == NULL) {
		x = tw_asn1_read(der);
		if (x == NULL)
			return NULL;
		b = place(s);
		b->x = x;
		memcpy(b->sha256, sha256, 32);
	}
	b->used = ++s->turn;
	return b;
}

X509 *
tw_shelf_x509(struct tw_shelf *s, struct tw_bytes der)
{
	uint8_t sha256[32];
	struct book *b;

	if (der.n > KEPT_BYTES)
		return tw_asn1_read(der);
	if (der.p == NULL)
		return NULL;
	tw_hash(TW_SHA256, der, sha256);
	b = book_of(s, der, sha256);
	if (b == NULL || X509_up_ref(b->x) != 1)
		return NULL;
	return b->x;
}

/* c as it lies in another arena, copied into a. */
static void
copy(struct tw_arena *a, const struct tw_cert *c, struct tw_cert *ret)
{
	*ret = *c;
	ret->der = tw_arena_bytes(a, c->der);
	ret->subject = tw_arena_bytes(a, c->subject);
	ret->issuer = tw_arena_bytes(a, c->issuer);
	ret->common_name = tw_arena_bytes(a, c->common_name);
	ret->serial = tw_arena_bytes(a, c->serial);
	ret->key_type = tw_arena_str(a, c->key_type);
	ret->curve = tw_arena_str(a, c->curve);
	ret->signature = tw_arena_str(a, c->signature);
	ret->names.v = tw_arena_alloc(a, c->names.n * sizeof(*c->names.v));
	ret->names.cap = c->names.n;
	for (size_t i = 0; i < c->names.n; i++)
		ret->names.v[i] = (struct tw_name){ c->names.v[i].kind,
			tw_arena_bytes(a, c->names.v[i].value) };
}

void
tw_shelf_read(struct tw_shelf *s, struct tw_arena *a, struct tw_bytes der, struct tw_cert *ret)
{
	uint8_t sha256[32];
	struct book *b;

	if (s == NULL || der.n > KEPT_BYTES) {
		tw_cert_read(a, der, ret);
		return;
	}
	tw_hash(TW_SHA256, der, sha256);
	if (tw_usual_read(a, der, sha256, ret))		/* cheaper than looking for it */
		return;
	ERR_set_mark();
	b = book_of(s, der, sha256);
	if (b != NULL && b->arena == NULL) {
		b->arena = tw_arena_new();
		tw_facts_read(b->arena, b->x, der, sha256, &b->cert);
	}
	if (b != NULL)
		copy(a, &b->cert, ret);
	else
		tw_facts_read(a, NULL, der, sha256, ret);
	ERR_pop_to_mark();
}

void
tw_shelf_read_link(struct tw_shelf *s, struct tw_arena *a, struct tw_bytes der,
    struct tw_link *ret)
{
	uint8_t sha256[32];
	struct book *b;

	if (s == NULL || der.n > KEPT_BYTES) {
		tw_cert_read_link(a, der, ret);
		return;
	}
	tw_hash(TW_SHA256, der, sha256);
	ERR_set_mark();
	b = book_of(s, der, sha256);
	tw_facts_read_link(a, b == NULL ? NULL : b->x, der, sha256, ret);
	ERR_pop_to_mark();
}
