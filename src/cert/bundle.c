/*
 * A large PEM file of roots, of which a chain needs one: only the subjects are
 * read at first (150 roots cost a millisecond or two instead of fifty), a root
 * when it is asked for. For trust_open.c, where there is no hash directory.
 */
#include <openssl/err.h>
#include <openssl/pem.h>

#include "cert/asn1.h"
#include "cert/cert.h"

struct root {
	uint32_t hash;
	struct tw_bytes der;
};

struct bundle {
	struct tw_arena *arena;
	TW_LIST(struct root) roots;
};

/* The DER value at the front of *b, which moves past it: all of it, and what is in it. */
static bool
take(struct tw_bytes *b, struct tw_bytes *ret_all, struct tw_bytes *ret_inside)
{
	struct tw_bytes at = *b;
	uint8_t tag, first, more;
	size_t n;

	if (!tw_bytes_u8(&at, &tag) || !tw_bytes_u8(&at, &first))
		return false;
	n = first;
	if (first >= 0x80) {
		if (first > 0x83)
			return false;
		for (n = 0; first > 0x80; first--) {
			if (!tw_bytes_u8(&at, &more))
				return false;
			n = n << 8 | more;
		}
	}
	if (!tw_bytes_take(&at, n, ret_inside))
		return false;
	*ret_all = (struct tw_bytes){ b->p, (size_t)(at.p - b->p) };
	*b = at;
	return true;
}

/* RFC 5280 4.1: version, serial number, algorithm, issuer and validity stand before the subject. */
static bool
subject_hash(struct tw_bytes der, uint32_t *ret_hash)
{
	struct tw_bytes all, in, subject, rest;
	const unsigned char *p;
	X509_NAME *name;
	int ok = 0;

	if (!take(&der, &all, &in) || !take(&in, &all, &rest))
		return false;
	if (rest.n > 0 && rest.p[0] == 0xa0 && !take(&rest, &all, &in))
		return false;
	for (int i = 0; i < 4; i++)
		if (!take(&rest, &all, &in))
			return false;
	if (!take(&rest, &subject, &in))
		return false;
	p = subject.p;
	name = d2i_X509_NAME(NULL, &p, (long)subject.n);
	if (name == NULL)
		return false;
	*ret_hash = (uint32_t)X509_NAME_hash_ex(name, NULL, NULL, &ok);
	X509_NAME_free(name);
	return ok != 0;
}

static void
find_root(void *arg, struct tw_trust *t, uint32_t hash)
{
	const struct bundle *b = arg;

	for (size_t i = 0; i < b->roots.n; i++)
		if (b->roots.v[i].hash == hash)
			tw_trust_add(t, b->roots.v[i].der, NULL);
}

static void
end_bundle(void *arg)
{
	struct bundle *b = arg;

	tw_arena_free(b->arena);	/* b lies in it */
}

static void
index_pem(struct bundle *b, BIO *in)
{
	unsigned char *der;
	char *name, *header;
	long n;

	while (PEM_read_bio(in, &name, &header, &der, &n) == 1) {
		struct root root = { .der = { der, n > 0 ? (size_t)n : 0 } };

		if (strcmp(name, PEM_STRING_X509) == 0 && subject_hash(root.der, &root.hash)) {
			root.der = tw_arena_bytes(b->arena, root.der);
			TW_PUSH(b->arena, &b->roots, root);
		}
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
}

int
tw_trust_add_bundle(struct tw_trust *t, struct tw_bytes pem, const char *what,
    struct tw_err *err)
{
	struct tw_arena *a = tw_arena_new();
	struct bundle *b = tw_arena_alloc(a, sizeof(*b));
	BIO *in = pem.n > INT32_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);

	b->arena = a;
	ERR_set_mark();
	if (in != NULL)
		index_pem(b, in);
	ERR_pop_to_mark();
	BIO_free(in);
	if (b->roots.n == 0) {
		tw_arena_free(a);
		return tw_err_set(err, TW_ERR_FORMAT, "no certificate in %s", what);
	}
	tw_trust_add_source(t, find_root, end_bundle, b);
	return 0;
}
