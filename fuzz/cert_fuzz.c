/*
 * Certificates, one behind the other, as a chain: read, matched with hosts,
 * from a shelf and without one, judged by no root, by the last one as root, and
 * once more from what was kept.
 */
#include <stdlib.h>

#include "base/text.h"
#include "cert/cert.h"

#define CHAIN 40
#define AT 1790000000

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* The DER value at the front of *b; what is none is given whole. */
static struct tw_bytes
next(struct tw_bytes *b)
{
	struct tw_bytes at = *b, value = *b, skipped;
	uint8_t tag, len;
	uint16_t two;
	size_t n;

	if (!tw_bytes_u8(&at, &tag) || !tw_bytes_u8(&at, &len))
		goto all;
	n = len;
	if (len == 0x81 && tw_bytes_u8(&at, &len))
		n = len;
	else if (len == 0x82 && tw_bytes_u16(&at, &two))
		n = two;
	if (!tw_bytes_take(&at, n, &skipped))
		goto all;
	value.n = (size_t)(at.p - b->p);
	*b = at;
	return value;
all:
	b->n = 0;
	return value;
}

/* From the shelf, new or known there: the same as read without one. */
static void
shelve(struct tw_shelf *s, struct tw_arena *a, struct tw_bytes der, const struct tw_cert *c)
{
	struct tw_cert x;

	tw_shelf_read(s, a, der, &x);
	must(x.parsed == c->parsed && x.names.n == c->names.n && x.is_ca == c->is_ca);
	must(x.self_signed == c->self_signed && x.key_bits == c->key_bits);
	must(memcmp(x.sha256, c->sha256, sizeof(x.sha256)) == 0);
	must(tw_bytes_equal(x.subject, c->subject) && tw_bytes_equal(x.der, c->der));
}

static void
judge(struct tw_arena *a, const struct tw_bytes *chain, size_t n, bool root)
{
	struct tw_trust *t = tw_trust_new();
	struct tw_trust_result x, y;
	bool has_root = root && n > 1 && tw_trust_add(t, chain[n - 1], NULL) == 0;

	tw_trust_judge(t, a, chain, n, AT, &x);
	tw_trust_judge(t, a, chain, n, AT, &y);
	must(x.verdict == y.verdict && x.issues == y.issues);
	must((x.verdict == TW_TRUSTED) == (x.reason == NULL));
	must(has_root || x.verdict != TW_TRUSTED);
	tw_trust_free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const hosts[] = { "mail.example.com", "example.com", "192.0.2.1",
		"2001:db8::1", "m\xc3\xbcnchen.example", "a.b.example.com" };
	struct tw_arena *a = tw_arena_new();
	struct tw_bytes rest = { p, n }, chain[CHAIN];
	struct tw_trust *t = tw_trust_new();
	size_t chain_n = 0;
	struct tw_cert c;
	struct tw_link link;

	while (rest.n > 0 && chain_n < CHAIN)
		chain[chain_n++] = next(&rest);
	for (size_t i = 0; i < chain_n; i++) {
		tw_cert_read(a, chain[i], &c);
		tw_cert_read_link(a, chain[i], &link);
		shelve(tw_trust_shelf(t), a, chain[i], &c);
		shelve(tw_trust_shelf(t), a, chain[i], &c);
		must(c.der.n == chain[i].n);
		must(!c.parsed || (c.key_type != NULL && c.signature != NULL));
		for (size_t h = 0; h < TW_COUNT(hosts); h++)
			must(!tw_cert_fits(&c, hosts[h]) || c.names.n > 0);
		for (size_t k = 0; k < c.names.n; k++)
			tw_text_escaped(a, c.names.v[k].value);
	}
	judge(a, chain, chain_n, false);
	judge(a, chain, chain_n, true);
	tw_trust_free(t);
	tw_arena_free(a);
	return 0;
}
