/*
 * TLS 1.3 behind its ServerHello: the key schedule (RFC 8446 7.1) as far as the
 * server's handshake keys, its records (5.2), its messages up to Finished (4.3,
 * 4.4). record.c opens with it; handshake.c finds the rows here.
 */
#include "wire/reader.h"

static const struct sealing {
	uint16_t suite;
	enum tw_aead aead;
	enum tw_hash hash;
} sealings[] = {
	{ 0x1301, TW_AES_128_GCM, TW_SHA256 },
	{ 0x1302, TW_AES_256_GCM, TW_SHA384 },
	{ 0x1303, TW_CHACHA20_POLY1305, TW_SHA256 },
	{ 0x1304, TW_AES_128_CCM, TW_SHA256 },
	{ 0x1305, TW_AES_128_CCM_8, TW_SHA256 },
};

/*
 * Where no key was agreed before, what the schedule begins with is always the same:
 * Derive-Secret(HKDF-Extract(0, 0), "derived", "") of RFC 8446 7.1.
 */
static const uint8_t early[][TW_HASH_BYTES] = {
	[TW_SHA256] = {
		0x6f, 0x26, 0x15, 0xa1, 0x08, 0xc7, 0x02, 0xc5, 0x67, 0x8f, 0x54, 0xfc,
		0x9d, 0xba, 0xb6, 0x97, 0x16, 0xc0, 0x76, 0x18, 0x9c, 0x48, 0x25, 0x0c,
		0xeb, 0xea, 0xc3, 0x57, 0x6c, 0x36, 0x11, 0xba,
	},
	[TW_SHA384] = {
		0x15, 0x91, 0xda, 0xc5, 0xcb, 0xbf, 0x03, 0x30, 0xa4, 0xa8, 0x4d, 0xe9,
		0xc7, 0x53, 0x33, 0x0e, 0x92, 0xd0, 0x1f, 0x0a, 0x88, 0x21, 0x4b, 0x44,
		0x64, 0x97, 0x2f, 0xd6, 0x68, 0x04, 0x9e, 0x93, 0xe5, 0x2f, 0x2b, 0x16,
		0xfa, 0xd9, 0x22, 0xfd, 0xc0, 0x58, 0x44, 0x78, 0x42, 0x8f, 0x28, 0x2b,
	},
};

/* The server's handshake traffic secret into its keys (RFC 8446 7.3, 4.4.4). */
static void
derive_keys(struct tw_flight_reader *r, const uint8_t *shared, size_t shared_n)
{
	const struct tw_bytes none = { NULL, 0 };
	size_t n = tw_hash_size(r->hash);
	uint8_t secret[TW_HASH_BYTES], digest[TW_HASH_BYTES];
	const struct tw_bytes s = { secret, n }, d = { digest, n };

	tw_hkdf_extract(r->hash, (struct tw_bytes){ early[r->hash], n },
	    (struct tw_bytes){ shared, shared_n }, secret);
	tw_hasher_peek(r->transcript, digest);
	tw_hkdf_expand_label(r->hash, s, "s hs traffic", d, secret, n);
	tw_hkdf_expand_label(r->hash, s, "key", none, r->key, tw_aead_key_size(r->aead));
	tw_hkdf_expand_label(r->hash, s, "iv", none, r->iv, sizeof(r->iv));
	tw_hkdf_expand_label(r->hash, s, "finished", none, r->finished_key, n);
}

static const struct sealing *
sealing_of(uint32_t suite)
{
	for (size_t i = 0; i < TW_COUNT(sealings); i++)
		if (sealings[i].suite == suite)
			return &sealings[i];
	return NULL;
}

static const struct tw_share *
share_of(const struct tw_flight_reader *r, uint16_t group)
{
	for (size_t i = 0; i < r->shares_n; i++)
		if (r->share_groups[i] == group)
			return r->shares[i];
	return NULL;
}

void
tw_tls13_begin(struct tw_flight *f, struct tw_bytes server_hello)
{
	struct tw_flight_reader *r = f->reader;
	const struct sealing *sealing = sealing_of(f->suite);
	const struct tw_share *share = share_of(r, f->group);
	uint8_t shared[66];
	size_t shared_n;

	/* Without keys, or in a draft's version, it stays closed. */
	if (f->version != 0x0304 || r->message.n == 0 || sealing == NULL || share == NULL)
		return;
	if (!tw_share_derive(share, f->share, shared, &shared_n)) {
		tw_flight_fail(f, "the server's key share is not a point of its group");
		return;
	}
	r->hash = sealing->hash;
	r->aead = sealing->aead;
	r->transcript = tw_hasher_new(r->hash);
	tw_hasher_put(r->transcript, r->message);
	tw_hasher_put(r->transcript, server_hello);
	derive_keys(r, shared, shared_n);
	f->opened = true;
}

bool
tw_tls13_open(struct tw_flight *f, const uint8_t *head, struct tw_bytes body,
    struct tw_bytes *ret_plain, uint8_t *ret_type)
{
	struct tw_flight_reader *r = f->reader;
	const struct tw_bytes aad = { head, TW_RECORD_HEAD };
	uint8_t nonce[12];
	size_t n;

	/* Opened where it is copied to: what was fed belongs to the caller. */
	r->plain.n = 0;
	tw_buf_bytes(&r->plain, body);
	if (r->plain.failed) {
		tw_flight_fail(f, "no memory was left to read it");
		return false;
	}
	memcpy(nonce, r->iv, sizeof(nonce));
	for (unsigned i = 0; i < 8; i++)
		nonce[4 + i] ^= (uint8_t)(r->sequence >> (8 * (7 - i)));
	r->sequence++;
	if (!tw_aead_open(r->aead, r->key, nonce, aad, tw_buf_view(&r->plain), r->plain.p,
	    &n)) {
		tw_flight_fail(f, "an encrypted record is not authentic");
		return false;
	}
	while (n > 0 && r->plain.p[n - 1] == 0)		/* padding (RFC 8446 5.4) */
		n--;
	if (n == 0) {
		tw_flight_fail(f, "an encrypted record holds nothing but padding");
		return false;
	}
	*ret_type = r->plain.p[n - 1];
	*ret_plain = (struct tw_bytes){ r->plain.p, n - 1 };
	return true;
}

static bool
read_encrypted_extensions(struct tw_flight *f, struct tw_bytes body)
{
	struct tw_bytes block;

	return tw_bytes_vec16(&body, &block) && body.n == 0 &&
	    tw_extension_read(f, TW_IN_ENCRYPTED, block);
}

static bool
read_request(struct tw_flight *f, struct tw_bytes body)
{
	struct tw_bytes context, block;

	f->certificate_request = true;
	return tw_bytes_vec8(&body, &context) && tw_bytes_vec16(&body, &block) &&
	    body.n == 0;
}

/* Each entry is a certificate and its own extensions; those of the leaf are read. */
static bool
read_certificate(struct tw_flight *f, struct tw_bytes body)
{
	struct tw_bytes context, list, der, block;

	if (!tw_bytes_vec8(&body, &context) || !tw_bytes_vec24(&body, &list) ||
	    body.n > 0)
		return false;
	for (bool leaf = true; list.n > 0; leaf = false) {
		if (!tw_bytes_vec24(&list, &der) || der.n == 0 ||
		    !tw_bytes_vec16(&list, &block))
			return false;
		tw_tls12_keep(f, der);
		if (leaf && !tw_extension_read(f, TW_IN_LEAF, block))
			return false;
	}
	return true;
}

/* The signature is not checked: it would prove the key, which nobody asks here. */
static bool
read_verify(struct tw_flight *f, struct tw_bytes body)
{
	struct tw_bytes signature;

	return tw_bytes_u16(&body, &f->verify_scheme) &&
	    tw_bytes_vec16(&body, &signature) && body.n == 0;
}

/* Its MAC proves that the whole flight was read as it was sent. */
static bool
read_finished(struct tw_flight *f, struct tw_bytes body)
{
	struct tw_flight_reader *r = f->reader;
	uint8_t digest[TW_HASH_BYTES], mac[TW_HASH_BYTES];
	size_t n = tw_hash_size(r->hash);
	const struct tw_bytes key = { r->finished_key, n };

	tw_hasher_peek(r->transcript, digest);
	tw_hmac(r->hash, key, (struct tw_bytes){ digest, n }, mac);
	if (!tw_bytes_equal(body, (struct tw_bytes){ mac, n })) {
		tw_flight_fail(f, "the server's Finished does not fit its handshake");
		return true;
	}
	f->finished_ok = true;
	tw_flight_end(f, TW_FLIGHT_DONE);
	return true;
}

const struct tw_message_row tw_tls13_messages[] = {
	{ 8, 2, read_encrypted_extensions },
	{ 13, 3, read_request },
	{ 11, 4, read_certificate },
	{ 15, 5, read_verify },
	{ 20, 6, read_finished },
	{ 0, 0, NULL },
};
