/* Records of our own after a handshake (RFC 8446 5, RFC 5288, RFC 7905); see records.h. */
#include <string.h>

#include "base/crypto_record.h"
#include "wire/records.h"

enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION = 23 };
enum { CLOSE_NOTIFY = 0, UNEXPECTED_MESSAGE = 10, BAD_RECORD_MAC = 20, RECORD_OVERFLOW = 22,
	DECODE_ERROR = 50, INTERNAL_ERROR = 80, USER_CANCELED = 90, NO_RENEGOTIATION = 100 };

#define HEADER		5
#define EXPLICIT	8	/* AES-GCM of TLS 1.2 sends half its nonce */
/* A peer may change its keys and say nothing, but not for ever. */
#define UPDATES_MOST	32
#define EMPTY_MOST	32
/* RFC 8446 5.5: 2^24.5 full records of AES-GCM under one key; we are done well before. */
#define SEALED_MOST	(1u << 23)

struct tw_records_scratch {
	struct tw_aeads *aeads;
};

struct tw_records_scratch *
tw_records_scratch_new(void)
{
	return (struct tw_records_scratch *)tw_crypto_record_new();
}

void
tw_records_scratch_free(struct tw_records_scratch *s)
{
	tw_crypto_record_free((struct tw_aeads *)s);
}

static struct tw_aeads *
aeads(struct tw_records_scratch *s)
{
	return (struct tw_aeads *)s;
}

/* ---- keys ---- */

static const struct known {
	uint16_t suite;
	uint8_t aead, hash;
} suites[] = {
	{ 0x1301, TW_AES_128_GCM, TW_SHA256 },
	{ 0x1302, TW_AES_256_GCM, TW_SHA384 },
	{ 0x1303, TW_CHACHA20_POLY1305, TW_SHA256 },
	{ 0x009C, TW_AES_128_GCM, TW_SHA256 },		/* RSA */
	{ 0x009D, TW_AES_256_GCM, TW_SHA384 },
	{ 0x009E, TW_AES_128_GCM, TW_SHA256 },		/* DHE-RSA */
	{ 0x009F, TW_AES_256_GCM, TW_SHA384 },
	{ 0xC02B, TW_AES_128_GCM, TW_SHA256 },		/* ECDHE-ECDSA */
	{ 0xC02C, TW_AES_256_GCM, TW_SHA384 },
	{ 0xC02F, TW_AES_128_GCM, TW_SHA256 },		/* ECDHE-RSA */
	{ 0xC030, TW_AES_256_GCM, TW_SHA384 },
	{ 0xCCA8, TW_CHACHA20_POLY1305, TW_SHA256 },	/* ECDHE-RSA */
	{ 0xCCA9, TW_CHACHA20_POLY1305, TW_SHA256 },	/* ECDHE-ECDSA */
	{ 0xCCAA, TW_CHACHA20_POLY1305, TW_SHA256 },	/* DHE-RSA */
};

static const struct known *
find(uint16_t suite, bool tls13)
{
	for (size_t i = 0; i < TW_COUNT(suites); i++)
		if (suites[i].suite == suite && (suite >> 8 == 0x13) == tls13)
			return &suites[i];
	return NULL;
}

/* Key and IV of a traffic secret (RFC 8446 7.3); the count of records begins anew. */
static void
key13(const struct tw_records *r, struct tw_records_way *w)
{
	struct tw_bytes secret = { w->secret, tw_hash_size(r->hash) };

	tw_hkdf_expand_label(r->hash, secret, "key", (struct tw_bytes){ 0 }, w->key,
	    tw_aead_key_size(r->aead));
	tw_hkdf_expand_label(r->hash, secret, "iv", (struct tw_bytes){ 0 }, w->iv,
	    sizeof(w->iv));
	w->sequence = 0;
}

/* The next secret (RFC 8446 7.2). */
static void
next13(const struct tw_records *r, struct tw_records_way *w)
{
	uint8_t next[TW_HASH_BYTES];
	size_t n = tw_hash_size(r->hash);

	tw_hkdf_expand_label(r->hash, (struct tw_bytes){ w->secret, n }, "traffic upd",
	    (struct tw_bytes){ 0 }, next, n);
	memcpy(w->secret, next, n);
	tw_crypto_record_forget(next, sizeof(next));
	key13(r, w);
}

extern const struct tw_records_kind tw_records_own;

bool
tw_records_own13(struct tw_records *r, uint16_t suite, struct tw_bytes client_secret,
    struct tw_bytes server_secret, uint64_t sealed)
{
	const struct known *k = find(suite, true);

	if (k == NULL || client_secret.n != tw_hash_size(k->hash) ||
	    server_secret.n != client_secret.n)
		return false;
	*r = (struct tw_records){ .kind = &tw_records_own, .version = 0x0304,
		.aead = k->aead, .hash = k->hash };
	memcpy(r->in.secret, client_secret.p, client_secret.n);
	memcpy(r->out.secret, server_secret.p, server_secret.n);
	key13(r, &r->in);
	key13(r, &r->out);
	r->out.sequence = sealed;
	return true;
}

/* P_hash of TLS 1.2 (RFC 5246 5), for seeds of a label and two randoms. */
static void
prf12(enum tw_hash h, const uint8_t *secret, const char *label, const uint8_t *randoms,
    uint8_t *out, size_t n)
{
	uint8_t seed[TW_HASH_BYTES + 96], *tail = seed + TW_HASH_BYTES, block[TW_HASH_BYTES];
	size_t label_n = strlen(label), hash_n = tw_hash_size(h);
	struct tw_bytes key = { secret, 48 };
	uint8_t *a = tail - hash_n;	/* A(i) lies right before the seed */

	memcpy(tail, label, label_n);
	memcpy(tail + label_n, randoms, 64);
	tw_hmac(h, key, (struct tw_bytes){ tail, label_n + 64 }, a);
	while (n > 0) {
		size_t m = n < hash_n ? n : hash_n;

		tw_hmac(h, key, (struct tw_bytes){ a, hash_n + label_n + 64 }, block);
		memcpy(out, block, m);
		out += m;
		n -= m;
		tw_hmac(h, key, (struct tw_bytes){ a, hash_n }, block);
		memcpy(a, block, hash_n);
	}
	tw_crypto_record_forget(seed, sizeof(seed));
	tw_crypto_record_forget(block, sizeof(block));
}

bool
tw_records_own12(struct tw_records *r, uint16_t suite, const uint8_t master[static 48],
    const uint8_t randoms[static 64], uint64_t sealed, uint64_t nonce)
{
	const struct known *k = find(suite, false);
	uint8_t block[2 * 32 + 2 * 12];
	size_t key_n, iv_n;

	if (k == NULL)
		return false;
	*r = (struct tw_records){ .kind = &tw_records_own, .version = 0x0303,
		.aead = k->aead, .hash = k->hash };
	key_n = tw_aead_key_size(k->aead);
	iv_n = k->aead == TW_CHACHA20_POLY1305 ? 12 : 4;
	prf12(k->hash, master, "key expansion", randoms, block, 2 * key_n + 2 * iv_n);
	memcpy(r->in.key, block, key_n);
	memcpy(r->out.key, block + key_n, key_n);
	memcpy(r->in.iv, block + 2 * key_n, iv_n);
	memcpy(r->out.iv, block + 2 * key_n + iv_n, iv_n);
	tw_crypto_record_forget(block, sizeof(block));
	r->in.sequence = 1;	/* the client's Finished was 0 */
	r->out.sequence = sealed;
	r->nonce = nonce;
	return true;
}

/* ---- one record ---- */

static bool
is13(const struct tw_records *r)
{
	return r->version == 0x0304;
}

/* Bytes of the nonce that travel in the record. */
static size_t
explicit_bytes(const struct tw_records *r)
{
	return is13(r) || r->aead == TW_CHACHA20_POLY1305 ? 0 : EXPLICIT;
}

static void
put64(uint8_t *out, uint64_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 8)
		out[i] = (uint8_t)v;
}

/* The IV and the count (RFC 8446 5.3, RFC 7905 2), or the IV and what travels (RFC 5288 3). */
static void
make_nonce(const struct tw_records *r, const struct tw_records_way *w, const uint8_t *sent,
    uint8_t nonce[static 12])
{
	uint8_t count[8];

	memcpy(nonce, w->iv, 12);
	if (explicit_bytes(r) > 0) {
		memcpy(nonce + 4, sent, EXPLICIT);
		return;
	}
	put64(count, w->sequence);
	for (unsigned i = 0; i < 8; i++)
		nonce[4 + i] ^= count[i];
}

/* What is authenticated and not sealed: the header, in 1.2 with the count before it. */
static size_t
make_aad(const struct tw_records *r, const struct tw_records_way *w, const uint8_t *header,
    size_t plain_n, uint8_t aad[static 13])
{
	if (is13(r)) {
		memcpy(aad, header, HEADER);
		return HEADER;
	}
	put64(aad, w->sequence);
	memcpy(aad + 8, header, 3);
	aad[11] = (uint8_t)(plain_n >> 8);
	aad[12] = (uint8_t)plain_n;
	return 13;
}

/* Seals one record of at most 2^14 bytes; returns its length, 0: it cannot. */
static size_t
seal_one(struct tw_records *r, struct tw_records_scratch *s, uint8_t type,
    struct tw_bytes plain, uint8_t *out)
{
	size_t ex = explicit_bytes(r), inner = plain.n + (is13(r) ? 1 : 0);
	size_t body = ex + inner + TW_AEAD_TAG, aad_n;
	uint8_t nonce[12], aad[13], *sealed = out + HEADER + ex;

	out[0] = is13(r) ? APPLICATION : type;
	out[1] = 3;
	out[2] = 3;
	out[3] = (uint8_t)(body >> 8);
	out[4] = (uint8_t)body;
	if (ex > 0)
		put64(out + HEADER, r->nonce++);
	make_nonce(r, &r->out, out + HEADER, nonce);
	aad_n = make_aad(r, &r->out, out, plain.n, aad);
	if (is13(r)) {
		/* The type stands behind the text (RFC 8446 5.2), so it is copied first. */
		memcpy(sealed, plain.p, plain.n);
		sealed[plain.n] = type;
		plain.p = sealed;
	}
	if (r->out.sequence == UINT64_MAX || !tw_crypto_record_seal(aeads(s), r->aead, r->out.key,
	    nonce, (struct tw_bytes){ aad, aad_n }, (struct tw_bytes){ plain.p, inner }, sealed))
		return 0;
	r->out.sequence++;
	return HEADER + body;
}

static size_t
seal_alert(struct tw_records *r, struct tw_records_scratch *s, uint8_t description,
    uint8_t *out)
{
	uint8_t alert[2] = { description == CLOSE_NOTIFY || description == NO_RENEGOTIATION ?
		1 : 2, description };

	return seal_one(r, s, ALERT, (struct tw_bytes){ alert, 2 }, out);
}

/* ---- opening ---- */

static void
fail(struct tw_records *r, struct tw_records_scratch *s, struct tw_records_opened *o,
    uint8_t description, const char *reason)
{
	o->state = TW_RECORDS_FAILED;
	o->reason = reason;
	if (!r->closed && o->reply_n + TW_RECORDS_LAST <= sizeof(o->reply))
		o->reply_n += seal_alert(r, s, description, o->reply + o->reply_n);
	r->closed = true;
}

/* The peer changes its keys, and may want ours changed (RFC 8446 4.6.3). */
static void
hear_update(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes body,
    struct tw_records_opened *o)
{
	static const uint8_t answer[] = { 24, 0, 0, 1, 0 };

	if (body.n != 5 || body.p[0] != 24 || body.p[1] != 0 || body.p[2] != 0 || body.p[3] != 1) {
		fail(r, s, o, UNEXPECTED_MESSAGE, "a handshake message after the handshake");
		return;
	}
	if (body.p[4] > 1) {
		fail(r, s, o, 47, "a KeyUpdate that asks for what does not exist");
		return;
	}
	if (++r->updates > UPDATES_MOST) {
		fail(r, s, o, UNEXPECTED_MESSAGE, "the keys are changed over and over");
		return;
	}
	next13(r, &r->in);
	if (body.p[4] == 0)
		return;
	/* Each is answered, for the peer may wait for it; how many come is bounded. */
	o->reply_n += seal_one(r, s, HANDSHAKE, (struct tw_bytes){ answer, sizeof(answer) },
	    o->reply + o->reply_n);
	next13(r, &r->out);
}

static void
hear_alert(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes body,
    struct tw_records_opened *o)
{
	if (body.n != 2)
		fail(r, s, o, DECODE_ERROR, "an alert that is none");
	else if (body.p[1] == CLOSE_NOTIFY)
		o->state = TW_RECORDS_ENDED;
	else if (body.p[1] == USER_CANCELED || (!is13(r) && body.p[0] == 1)) {
		if (++r->empty > EMPTY_MOST)
			fail(r, s, o, UNEXPECTED_MESSAGE, "warnings without end");
	} else {
		r->closed = true;	/* nobody listens any more */
		o->state = TW_RECORDS_FAILED;
		o->reason = "the client sent a fatal alert";
	}
}

/* TLS 1.2: a new handshake is refused, and the connection goes on (RFC 5246 7.2.2). */
static void
hear_handshake(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes body,
    struct tw_records_opened *o)
{
	if (is13(r)) {
		hear_update(r, s, body, o);
		return;
	}
	if (body.n < 4 || body.p[0] != 1 || r->refused) {
		fail(r, s, o, UNEXPECTED_MESSAGE, "a handshake message after the handshake");
		return;
	}
	r->refused = true;
	o->reply_n += seal_alert(r, s, NO_RENEGOTIATION, o->reply + o->reply_n);
}

static void
hear(struct tw_records *r, struct tw_records_scratch *s, uint8_t type, struct tw_bytes body,
    struct tw_records_opened *o)
{
	switch (type) {
	case APPLICATION:
		o->plain_n += body.n;
		if (body.n > 0)
			r->empty = 0;
		else if (++r->empty > EMPTY_MOST)
			fail(r, s, o, UNEXPECTED_MESSAGE, "empty records without end");
		return;
	case ALERT:
		hear_alert(r, s, body, o);
		return;
	case HANDSHAKE:
		hear_handshake(r, s, body, o);
		return;
	default:
		fail(r, s, o, UNEXPECTED_MESSAGE, "a record of a type that may not come here");
	}
}

/* One sealed record, its body to plain; false: o has failed. */
static bool
open_one(struct tw_records *r, struct tw_records_scratch *s, const uint8_t *record,
    size_t body_n, uint8_t *plain, struct tw_records_opened *o)
{
	size_t ex = explicit_bytes(r), inner, aad_n;
	uint8_t nonce[12], aad[13], type = record[0];
	struct tw_bytes sealed = { record + HEADER + ex, body_n - ex };

	if (body_n < ex + TW_AEAD_TAG + (is13(r) ? 1 : 0)) {
		fail(r, s, o, BAD_RECORD_MAC, "a record too short to be one");
		return false;
	}
	inner = sealed.n - TW_AEAD_TAG;
	make_nonce(r, &r->in, record + HEADER, nonce);
	aad_n = make_aad(r, &r->in, record, inner, aad);
	if (r->in.sequence == UINT64_MAX || !tw_crypto_record_open(aeads(s), r->aead, r->in.key,
	    nonce, (struct tw_bytes){ aad, aad_n }, sealed, plain)) {
		fail(r, s, o, BAD_RECORD_MAC, "a record that is not authentic");
		return false;
	}
	r->in.sequence++;
	if (is13(r)) {
		if (inner > TW_RECORDS_MOST + 1) {	/* padding counts (RFC 8446 5.4) */
			fail(r, s, o, RECORD_OVERFLOW, "a record longer than 2^14 bytes");
			return false;
		}
		while (inner > 0 && plain[inner - 1] == 0)	/* padding */
			inner--;
		if (inner == 0) {
			fail(r, s, o, UNEXPECTED_MESSAGE, "a record without a type");
			return false;
		}
		type = plain[--inner];
	}
	if (inner > TW_RECORDS_MOST) {
		fail(r, s, o, RECORD_OVERFLOW, "a record longer than 2^14 bytes");
		return false;
	}
	hear(r, s, type, (struct tw_bytes){ plain, inner }, o);
	return o->state != TW_RECORDS_FAILED;
}

static bool
is_header_good(struct tw_records *r, struct tw_records_scratch *s, const uint8_t *h,
    size_t body_n, struct tw_records_opened *o)
{
	if (h[1] != 3 || (is13(r) && h[0] != APPLICATION))
		fail(r, s, o, UNEXPECTED_MESSAGE, "bytes that are no record");
	else if (body_n > TW_RECORDS_MOST + (is13(r) ? 256 : 2048))
		fail(r, s, o, RECORD_OVERFLOW, "a record longer than 2^14 bytes");
	return o->state != TW_RECORDS_FAILED;
}

static void
open_own(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes in,
    uint8_t *plain, struct tw_records_opened *o)
{
	while (o->state == TW_RECORDS_GOING && in.n - o->used >= HEADER) {
		const uint8_t *h = in.p + o->used;
		size_t body_n = (size_t)h[3] << 8 | h[4];

		/* No room for another answer: it is taken with the next call. */
		if (!is_header_good(r, s, h, body_n, o) || in.n - o->used < HEADER + body_n ||
		    o->reply_n + 2 * TW_RECORDS_LAST > sizeof(o->reply))
			return;
		if (!open_one(r, s, h, body_n, plain + o->plain_n, o))
			return;
		o->used += HEADER + body_n;
	}
}

static size_t
seal_own(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes plain,
    uint8_t *out)
{
	size_t made = 0;

	r->updates = 0;
	while (plain.n > 0) {
		size_t n = plain.n < TW_RECORDS_MOST ? plain.n : TW_RECORDS_MOST, one;

		/* Ours, before the key has sealed more than it should. */
		if (is13(r) && r->out.sequence >= SEALED_MOST) {
			static const uint8_t update[] = { 24, 0, 0, 1, 0 };

			one = seal_one(r, s, HANDSHAKE, (struct tw_bytes){ update, 5 }, out + made);
			if (one == 0)
				return 0;
			made += one;
			next13(r, &r->out);
		}
		one = seal_one(r, s, APPLICATION, (struct tw_bytes){ plain.p, n }, out + made);
		if (one == 0)
			return 0;
		made += one;
		plain.p += n;
		plain.n -= n;
	}
	return made;
}

static size_t
close_own(struct tw_records *r, struct tw_records_scratch *s, uint8_t *out)
{
	return seal_alert(r, s, CLOSE_NOTIFY, out);
}

static void
clear_own(struct tw_records *r)
{
	tw_crypto_record_forget(r, sizeof(*r));
}

const struct tw_records_kind tw_records_own = { open_own, seal_own, close_own, clear_own };

/* ---- the seam ---- */

void
tw_records_open(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes in,
    uint8_t *plain, struct tw_records_opened *ret)
{
	ret->state = TW_RECORDS_GOING;
	ret->used = ret->plain_n = ret->reply_n = 0;
	ret->reason = NULL;
	r->kind->open(r, s, in, plain, ret);
}

size_t
tw_records_seal(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes plain,
    uint8_t *out)
{
	return r->closed ? 0 : r->kind->seal(r, s, plain, out);
}

size_t
tw_records_close(struct tw_records *r, struct tw_records_scratch *s, uint8_t *out)
{
	if (r->closed)
		return 0;
	r->closed = true;
	return r->kind->close(r, s, out);
}

void
tw_records_clear(struct tw_records *r)
{
	r->kind->clear(r);
}
