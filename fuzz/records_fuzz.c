/*
 * Records of our own, keyed, under a peer's bytes. The first byte chooses the suite and
 * whether the rest is records as they come, or a list of plaintexts that are sealed as a
 * peer with the keys could: each with its type, its padding and its length before it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/crypto_record.h"
#include "wire/records.h"

#define MOST 40000

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const struct { uint16_t suite; bool tls13; } suites[] = {
	{ 0x1301, true }, { 0x1302, true }, { 0x1303, true }, { 0xC02F, false },
	{ 0xC030, false }, { 0xCCA8, false },
};

static void
key(struct tw_records *r, unsigned which)
{
	static const uint8_t secret[64] = { 7 };
	size_t n = suites[which].suite == 0x1302 ? 48 : 32;
	struct tw_bytes s = { secret, n };

	if (!(suites[which].tls13 ? tw_records_own13(r, suites[which].suite, s, s, 1) :
	    tw_records_own12(r, suites[which].suite, secret, secret, 1, 9)))
		abort();
}

/* One record sealed under what the server opens with; its length. */
static size_t
seal(struct tw_aeads *aeads, struct tw_records *r, uint8_t type, uint8_t padding,
    struct tw_bytes plain, uint8_t *out)
{
	bool is13 = r->version == 0x0304;
	size_t ex = is13 || r->aead == TW_CHACHA20_POLY1305 ? 0 : 8, inner_n = plain.n, aad_n = 5;
	static uint8_t inner[70000];
	uint8_t nonce[12], aad[13];

	memcpy(inner, plain.p, plain.n);
	if (is13) {
		inner[inner_n++] = type;
		memset(inner + inner_n, 0, padding);
		inner_n += padding;
	}
	out[0] = is13 ? 23 : type;
	out[1] = out[2] = 3;
	out[3] = (uint8_t)((ex + inner_n + TW_AEAD_TAG) >> 8);
	out[4] = (uint8_t)(ex + inner_n + TW_AEAD_TAG);
	memcpy(nonce, r->in.iv, 12);
	for (unsigned i = 0; i < 8; i++) {
		uint8_t b = (uint8_t)(r->in.sequence >> (56 - 8 * i));

		aad[i] = b;
		nonce[4 + i] ^= b;
	}
	if (ex > 0)
		memcpy(out + 5, nonce + 4, ex);
	if (is13) {
		memcpy(aad, out, 5);
	} else {
		memcpy(aad + 8, out, 3);
		aad[11] = (uint8_t)(inner_n >> 8);
		aad[12] = (uint8_t)inner_n;
		aad_n = 13;
	}
	if (!tw_crypto_record_seal(aeads, r->aead, r->in.key, nonce,
	    (struct tw_bytes){ aad, aad_n }, (struct tw_bytes){ inner, inner_n }, out + 5 + ex))
		abort();
	return 5 + ex + inner_n + TW_AEAD_TAG;
}

/* What must hold of every answer. */
static void
judge(const struct tw_records *r, const struct tw_records_opened *o, size_t in_n)
{
	if (o->used > in_n || o->plain_n > in_n || o->reply_n > TW_RECORDS_REPLY ||
	    (o->state == TW_RECORDS_FAILED) != (o->reason != NULL) ||
	    (o->state == TW_RECORDS_FAILED && !r->closed) || r->updates > 40 || r->empty > 40)
		abort();
}

static void
raw(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes in, uint8_t *plain)
{
	struct tw_records_opened o;

	tw_records_open(r, s, in, plain, &o);
	judge(r, &o, in.n);
	if (o.plain_n > 0)	/* nobody without the keys makes one */
		abort();
}

static void
sealed(struct tw_aeads *aeads, struct tw_records *r, struct tw_records_scratch *s,
    struct tw_bytes in, uint8_t *plain)
{
	static uint8_t record[70000];
	struct tw_records_opened o = { .state = TW_RECORDS_GOING };
	struct tw_bytes text;
	uint8_t type, padding, scale;
	size_t all = 0;

	while (o.state == TW_RECORDS_GOING && all < 100 && tw_bytes_u8(&in, &type) &&
	    tw_bytes_u8(&in, &padding) && tw_bytes_u8(&in, &scale)) {
		size_t n = scale < 250 ? scale : 16381 + (size_t)scale - 250;
		static uint8_t big[16400];

		if (!tw_bytes_take(&in, n < in.n ? n : in.n, &text))
			abort();
		if (scale >= 250) {
			memcpy(big, text.p, text.n);
			text = (struct tw_bytes){ big, n };
		}
		n = seal(aeads, r, type, padding, text, record);
		tw_records_open(r, s, (struct tw_bytes){ record, n }, plain, &o);
		judge(r, &o, n);
		if (o.state == TW_RECORDS_GOING && o.used != n)
			abort();
		/* Of TLS 1.3 a type of 0 is padding: the type is the text's last byte. */
		if (o.plain_n > 0 && type != 23 && (type != 0 || r->version != 0x0304))
			abort();
		all++;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct tw_records_scratch *s;
	static struct tw_aeads *aeads;
	struct tw_records r;
	uint8_t *plain;

	if (s == NULL) {
		s = tw_records_scratch_new();
		aeads = tw_crypto_record_new();
	}
	if (n == 0 || n > MOST)
		return 0;
	plain = malloc(TW_RECORDS_ROOM(MOST));
	if (plain == NULL)
		abort();
	key(&r, (p[0] >> 1) % TW_COUNT(suites));
	if (p[0] & 1)
		sealed(aeads, &r, s, (struct tw_bytes){ p + 1, n - 1 }, plain);
	else
		raw(&r, s, (struct tw_bytes){ p + 1, n - 1 }, plain);
	tw_records_clear(&r);
	free(plain);
	return 0;
}
