/*
 * The facts of a usual certificate by a walk over its DER, a tenth of what libcrypto's
 * reading costs, most of which is for a key nobody asks for. Every doubt is left to
 * read.c: what is read here is what it would say, to the last bit, which the fuzzer
 * holds. Called by read.c and shelf.c.
 */
#include <arpa/inet.h>

#include "base/crypto.h"
#include "cert/asn1.h"
#include "cert/der.h"
#include "cert/facts.h"

#define SERIAL_BYTES	20	/* RFC 5280 4.1.2.2 */
#define RSA_BYTES_MIN	64
#define RSA_BYTES_MAX	2048

struct reading {
	struct tw_arena *arena;
	struct tw_cert *cert;
};

static bool
is(struct tw_bytes v, const char *row, size_t n)
{
	return v.n == n && memcmp(v.p, row, n) == 0;
}

#define ROW(lit)	lit, sizeof(lit) - 1

/* ---- names ---- */

static const struct attribute {
	const char *oid;
	size_t n;
	const char *name;
} attributes[] = {
	{ ROW("\x55\x04\x03"), "CN" },
	{ ROW("\x55\x04\x06"), "C" },
	{ ROW("\x55\x04\x07"), "L" },
	{ ROW("\x55\x04\x08"), "ST" },
	{ ROW("\x55\x04\x0a"), "O" },
	{ ROW("\x55\x04\x0b"), "OU" },
	{ ROW("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"), "emailAddress" },
	{ ROW("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"), "DC" },
};

static const struct attribute *
attribute_of(struct tw_bytes oid)
{
	for (size_t i = 0; i < TW_COUNT(attributes); i++)
		if (is(oid, attributes[i].oid, attributes[i].n))
			return &attributes[i];
	return NULL;
}

static bool
take_text(struct tw_bytes *b, struct tw_bytes *ret)
{
	if (!tw_der_take(b, TW_DER_UTF8, ret) && !tw_der_take(b, TW_DER_PRINTABLE, ret) &&
	    !tw_der_take(b, TW_DER_IA5, ret))
		return false;
	for (size_t i = 0; i < ret->n; i++)
		if (ret->p[i] < ' ' || ret->p[i] > '~')
			return false;
	return true;
}

static uint8_t *
put(uint8_t *at, const void *p, size_t n)
{
	memcpy(at, p, n);
	return at + n;
}

/* As tw_asn1_name() writes it; *ret_common is its last common name. */
static bool
read_name(struct reading *r, struct tw_bytes *b, struct tw_bytes *ret, struct tw_bytes *ret_common)
{
	struct tw_bytes name, set, pair, oid, value;
	uint8_t *text, *at;

	if (!tw_der_take(b, TW_DER_SEQUENCE, &name))
		return false;
	/* DER spends at least half as much on an attribute as its name and marks here. */
	text = at = tw_arena_alloc(r->arena, 2 * name.n + 1);
	while (name.n > 0) {
		const struct attribute *a;
		bool quote = false;

		if (!tw_der_take(&name, TW_DER_SET, &set) ||
		    !tw_der_whole(set, TW_DER_SEQUENCE, &pair) || !tw_der_oid(&pair, &oid) ||
		    !take_text(&pair, &value) || pair.n > 0)
			return false;
		a = attribute_of(oid);
		if (a == NULL)
			return false;
		for (size_t i = 0; i < value.n; i++)
			quote |= value.p[i] == ',' || value.p[i] == '+' || value.p[i] == '"';
		if (at > text)
			at = put(at, ", ", 2);
		at = put(at, a->name, strlen(a->name));
		at = put(at, "=\"", quote ? 2 : 1);
		at = put(at, value.p, value.n);
		if (quote)
			at = put(at, "\"", 1);
		if (a == attributes)
			*ret_common = value;
	}
	*ret = (struct tw_bytes){ text, (size_t)(at - text) };
	return true;
}

/* May both be the same name? Case and spaces may differ (RFC 5280 7.1). */
static bool
are_alike(struct tw_bytes x, struct tw_bytes y)
{
	size_t i = 0, k = 0;

	for (;; i++, k++) {
		while (i < x.n && x.p[i] == ' ')
			i++;
		while (k < y.n && y.p[k] == ' ')
			k++;
		if (i == x.n || k == y.n)
			return i == x.n && k == y.n;
		if ((x.p[i] | 0x20) != (y.p[k] | 0x20))
			return false;
	}
}

/* ---- keys and signatures ---- */

static const struct {
	const char *algorithm;	/* the body of its AlgorithmIdentifier */
	size_t n;
	const char *name, *hash;
} signatures[] = {
	{ ROW("\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"), "ecdsa-with-SHA256", "SHA256" },
	{ ROW("\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"), "ecdsa-with-SHA384", "SHA384" },
	{ ROW("\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04"), "ecdsa-with-SHA512", "SHA512" },
	{ ROW("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"), "sha256WithRSAEncryption",
		"SHA256" },
	{ ROW("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00"), "sha384WithRSAEncryption",
		"SHA384" },
	{ ROW("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00"), "sha512WithRSAEncryption",
		"SHA512" },
};

static bool
read_signature(struct tw_cert *c, struct tw_bytes algorithm)
{
	for (size_t i = 0; i < TW_COUNT(signatures); i++)
		if (is(algorithm, signatures[i].algorithm, signatures[i].n)) {
			c->signature = signatures[i].name;
			c->signature_hash = signatures[i].hash;
			return true;
		}
	return false;
}

static unsigned
residue(const void *modulus, unsigned p)
{
	const struct tw_bytes *n = modulus;
	unsigned rest = 0;

	for (size_t i = 0; i < n->n; i++)
		rest = (rest << 8 | n->p[i]) % p;
	return rest;
}

static bool
read_rsa(struct tw_cert *c, struct tw_bytes key)
{
	struct tw_bytes pair, n, e;

	if (!tw_der_whole(key, TW_DER_SEQUENCE, &pair) || !tw_der_number(&pair, &n) ||
	    !tw_der_number(&pair, &e) || pair.n > 0 || n.n < RSA_BYTES_MIN ||
	    n.n > RSA_BYTES_MAX || e.n > 8 || (e.p[e.n - 1] & 1) == 0)
		return false;
	c->key_type = "RSA";
	c->key_bits = (unsigned)n.n * 8;
	for (uint8_t top = n.p[0]; (top & 0x80) == 0; top = (uint8_t)(top << 1))
		c->key_bits--;
	c->rsa_exponent_one = e.n == 1 && e.p[0] == 1;
	c->roca = tw_roca_fits(residue, &n);
	return true;
}

/* Points of curves whose size in bits is that of their bytes: on the curve or not, it is theirs. */
static const struct {
	const char *algorithm;
	size_t n, point;
	const char *curve;
	unsigned bits;
} curves[] = {
	{ ROW("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"), 65,
		"P-256", 256 },
	{ ROW("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22"), 97, "P-384", 384 },
};

static bool
read_key(struct tw_cert *c, struct tw_bytes *b)
{
	struct tw_bytes all = *b, info, algorithm, key;

	if (!tw_der_take(b, TW_DER_SEQUENCE, &info) ||
	    !tw_der_take(&info, TW_DER_SEQUENCE, &algorithm) || !tw_der_bytes(&info, &key) ||
	    info.n > 0)
		return false;
	all.n -= b->n;
	tw_hash(TW_SHA256, all, c->spki_sha256);
	if (is(algorithm, ROW("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00")))
		return read_rsa(c, key);
	for (size_t i = 0; i < TW_COUNT(curves); i++)
		if (is(algorithm, curves[i].algorithm, curves[i].n) && key.n == curves[i].point &&
		    key.p[0] == 4) {
			c->key_type = "ECDSA";
			c->curve = curves[i].curve;
			c->key_bits = curves[i].bits;
			return true;
		}
	return false;
}

/* ---- extensions ---- */

static struct tw_bytes
address(struct tw_arena *a, struct tw_bytes v)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(v.n == 4 ? AF_INET : AF_INET6, v.p, text, sizeof(text));
	return tw_arena_bytes(a, tw_bytes_of(text));
}

static bool
read_names(struct reading *r, struct tw_bytes value)
{
	static const enum tw_name_kind kinds[] = { [1] = TW_NAME_EMAIL, [2] = TW_NAME_DNS,
		[6] = TW_NAME_URI };
	struct tw_bytes list, v;

	if (!tw_der_whole(value, TW_DER_SEQUENCE, &list))
		return false;
	while (list.n > 0) {
		struct tw_name name = { 0 };
		unsigned tag = list.p[0] - (unsigned)TW_DER_CONTEXT;

		if ((tag != 1 && tag != 2 && tag != 6 && tag != 7) ||
		    !tw_der_take(&list, TW_DER_CONTEXT + tag, &v) ||
		    (tag == 7 && v.n != 4 && v.n != 16) || r->cert->names.n == TW_ASN1_ITEMS)
			return false;
		name.kind = tag == 7 ? TW_NAME_IP : kinds[tag];
		name.value = tag == 7 ? address(r->arena, v) : tw_arena_bytes(r->arena, v);
		TW_PUSH(r->arena, &r->cert->names, name);
		if (tag == 2 && tw_bytes_begin_with(name.value, "*."))
			r->cert->wildcard = true;
	}
	return true;
}

static bool
read_constraints(struct reading *r, struct tw_bytes value)
{
	struct tw_bytes body, ca, length;

	if (!tw_der_whole(value, TW_DER_SEQUENCE, &body))
		return false;
	if (tw_der_take(&body, TW_DER_BOOLEAN, &ca)) {
		if (!is(ca, ROW("\xff")))
			return false;
		r->cert->is_ca = true;
	}
	return body.n == 0 || (tw_der_number(&body, &length) && length.n == 1 && body.n == 0);
}

static bool
read_usage(struct reading *r, struct tw_bytes value)
{
	struct tw_bytes list, oid;

	r->cert->server_usage = false;
	if (!tw_der_whole(value, TW_DER_SEQUENCE, &list))
		return false;
	for (int i = 0; list.n > 0; i++) {
		if (i == TW_ASN1_ITEMS || !tw_der_oid(&list, &oid))
			return false;
		if (is(oid, ROW("\x2b\x06\x01\x05\x05\x07\x03\x01")) ||	/* serverAuth */
		    is(oid, ROW("\x55\x1d\x25\x00")))			/* any */
			r->cert->server_usage = true;
	}
	return true;
}

static bool
read_features(struct reading *r, struct tw_bytes value)
{
	struct tw_bytes list, v;

	if (!tw_der_whole(value, TW_DER_SEQUENCE, &list))
		return false;
	for (int i = 0; list.n > 0; i++) {
		if (i == TW_ASN1_ITEMS || !tw_der_number(&list, &v) || v.n > 2)
			return false;
		if (v.n == 1 && (v.p[0] == 5 || v.p[0] == 17))
			r->cert->must_staple = true;
	}
	return true;
}

static bool
read_scts(struct reading *r, struct tw_bytes value)
{
	struct tw_bytes list;

	if (!tw_der_whole(value, TW_DER_OCTETS, &list))
		return false;
	r->cert->scts = tw_cert_count_scts(list);
	return true;
}

static bool
read_poison(struct reading *r, struct tw_bytes value)
{
	(void)value;
	r->cert->precertificate = true;
	return true;
}

static bool
read_access(struct reading *r, struct tw_bytes value)
{
	struct tw_bytes list, one, oid, uri;

	if (!tw_der_whole(value, TW_DER_SEQUENCE, &list))
		return false;
	for (int i = 0; list.n > 0; i++) {
		if (i == TW_ASN1_ITEMS || !tw_der_take(&list, TW_DER_SEQUENCE, &one) ||
		    !tw_der_oid(&one, &oid) || !tw_der_take(&one, TW_DER_CONTEXT + 6, &uri) ||
		    one.n > 0)
			return false;
		if (is(oid, ROW("\x2b\x06\x01\x05\x05\x07\x30\x01")))	/* OCSP */
			r->cert->ocsp_uri = true;
	}
	return true;
}

static bool
read_points(struct reading *r, struct tw_bytes value)
{
	struct tw_bytes list, one, point, names, uri;

	if (!tw_der_whole(value, TW_DER_SEQUENCE, &list))
		return false;
	for (int i = 0; list.n > 0; i++) {
		if (i == TW_ASN1_ITEMS || !tw_der_take(&list, TW_DER_SEQUENCE, &one) ||
		    !tw_der_whole(one, TW_DER_INSIDE, &point) ||
		    !tw_der_whole(point, TW_DER_INSIDE, &names))
			return false;
		while (names.n > 0) {
			if (!tw_der_take(&names, TW_DER_CONTEXT + 6, &uri))
				return false;
			r->cert->crl_uri = true;
		}
	}
	return true;
}

static const struct extension {
	const char *oid;
	size_t n;
	bool (*read)(struct reading *r, struct tw_bytes value);
} extensions[] = {
	{ ROW("\x55\x1d\x11"), read_names },
	{ ROW("\x55\x1d\x13"), read_constraints },
	{ ROW("\x55\x1d\x1f"), read_points },
	{ ROW("\x55\x1d\x25"), read_usage },
	{ ROW("\x2b\x06\x01\x05\x05\x07\x01\x01"), read_access },
	{ ROW("\x2b\x06\x01\x05\x05\x07\x01\x18"), read_features },
	{ ROW("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02"), read_scts },
	{ ROW("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x03"), read_poison },
};

static bool
read_extensions(struct reading *r, struct tw_bytes *tbs)
{
	struct tw_bytes outer, list, one, oid, critical, value;
	unsigned seen = 0;

	r->cert->server_usage = true;		/* unless an extension says for what else */
	if (!tw_der_take(tbs, TW_DER_INSIDE + 3, &outer) || tbs->n > 0 ||
	    !tw_der_whole(outer, TW_DER_SEQUENCE, &list) || list.n == 0)
		return false;
	while (list.n > 0) {
		if (!tw_der_take(&list, TW_DER_SEQUENCE, &one) || !tw_der_oid(&one, &oid) ||
		    (tw_der_take(&one, TW_DER_BOOLEAN, &critical) && !is(critical, ROW("\xff"))) ||
		    !tw_der_whole(one, TW_DER_OCTETS, &value))
			return false;
		for (size_t i = 0; i < TW_COUNT(extensions); i++) {
			if (!is(oid, extensions[i].oid, extensions[i].n))
				continue;
			if ((seen & 1u << i) != 0 || !extensions[i].read(r, value))
				return false;
			seen |= 1u << i;
		}
	}
	return true;
}

/* ---- the whole ---- */

static bool
read_serial(struct reading *r, struct tw_bytes *b)
{
	static const char hex[] = "0123456789ABCDEF";
	struct tw_bytes v;
	uint8_t *text;

	if (!tw_der_number(b, &v) || v.n > SERIAL_BYTES)
		return false;
	text = tw_arena_alloc(r->arena, 2 * v.n + 1);
	for (size_t i = 0; i < v.n; i++) {
		text[2 * i] = (uint8_t)hex[v.p[i] >> 4];
		text[2 * i + 1] = (uint8_t)hex[v.p[i] & 15];
	}
	r->cert->serial = (struct tw_bytes){ text, 2 * v.n };
	return true;
}

static bool
read_signed(struct reading *r, struct tw_bytes tbs, struct tw_bytes signature)
{
	struct tw_cert *c = r->cert;
	struct tw_bytes version, algorithm, dates, common = { NULL, 0 }, of_issuer;

	if (!tw_der_take(&tbs, TW_DER_INSIDE, &version) || !is(version, ROW("\x02\x01\x02")) ||
	    !read_serial(r, &tbs) || !tw_der_take(&tbs, TW_DER_SEQUENCE, &algorithm) ||
	    !tw_bytes_equal(algorithm, signature) || !read_signature(c, algorithm) ||
	    !read_name(r, &tbs, &c->issuer, &of_issuer) ||
	    !tw_der_take(&tbs, TW_DER_SEQUENCE, &dates) || !tw_der_time(&dates, &c->not_before) ||
	    !tw_der_time(&dates, &c->not_after) || dates.n > 0 ||
	    !read_name(r, &tbs, &c->subject, &common) || are_alike(c->subject, c->issuer) ||
	    !read_key(c, &tbs) || !read_extensions(r, &tbs))
		return false;
	c->common_name = tw_arena_bytes(r->arena, common);
	return true;
}

bool
tw_usual_read(struct tw_arena *a, struct tw_bytes der, const uint8_t sha256[static 32],
    struct tw_cert *ret)
{
	struct reading r = { a, ret };
	struct tw_bytes all, tbs, algorithm, signature;

	*ret = (struct tw_cert){ .parsed = true };
	if (der.p == NULL || der.n > TW_ASN1_DER_BYTES ||
	    !tw_der_whole(der, TW_DER_SEQUENCE, &all) ||
	    !tw_der_take(&all, TW_DER_SEQUENCE, &tbs) ||
	    !tw_der_take(&all, TW_DER_SEQUENCE, &algorithm) || !tw_der_bytes(&all, &signature) ||
	    all.n > 0 || !read_signed(&r, tbs, algorithm))
		return false;
	ret->der = tw_arena_bytes(a, der);
	memcpy(ret->sha256, sha256, sizeof(ret->sha256));
	return true;
}
