/*
 * What stands behind TLS 1.3's seal. After the ServerHello of RFC 8448 the input is
 * either handshake bytes (first byte even), handed to the message reader in pieces,
 * or plain records (odd), each one's type and length of two bytes before it, sealed
 * here with the keys of the RFC: so the readers behind the seal are reached.
 */
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "../tests/unit/flights.h"
#include "wire/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char client_key[] =
	"49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005";
static const char client_hello[] =
	"010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece700000613"
	"0113031302010000910000000b0009000006736572766572ff01000100000a00140012001d0017001800"
	"190100010101020103010400230000003300260024001d002099381de560e4bd43d23d8e435a7dbafeb3"
	"c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e0403050306030203080408050806"
	"04010501060102010402050206020202002d00020101001c00024001";
static const char server_hello[] =
	"160303005a"
	"020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100"
	"002e00330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f"
	"002b00020304";
static const char write_key[] = "3fce516009c21727d0f2e4e86ee403bc";
static const char write_iv[] = "5d313eb2671276ee13000b30";

static struct tw_share *share;
static struct tw_buf key, iv, message, hello;

static void
put_hex(struct tw_buf *b, const char *hex)
{
	unsigned v = 0;

	for (; *hex != '\0'; hex += 2) {
		sscanf(hex, "%2x", &v);
		tw_buf_u8(b, (uint8_t)v);
	}
}

static void
set_up(void)
{
	struct tw_buf private;

	tw_buf_init(&private, 64);
	tw_buf_init(&key, 64);
	tw_buf_init(&iv, 64);
	tw_buf_init(&message, 1024);
	tw_buf_init(&hello, 1024);
	put_hex(&private, client_key);
	put_hex(&key, write_key);
	put_hex(&iv, write_iv);
	put_hex(&message, client_hello);
	put_hex(&hello, server_hello);
	share = tw_share_from_private(29, tw_buf_view(&private));
	tw_buf_clear(&private);
}

/* Seals one record, the number-th, behind what is in out. */
static void
seal(struct tw_buf *out, uint64_t number, struct tw_bytes plain, uint8_t type)
{
	static EVP_CIPHER_CTX *ctx;
	uint8_t sealed[0x10000 + 64], nonce[12], head[5] = { 23, 3, 3 };
	int n, last;

	if (ctx == NULL)
		ctx = EVP_CIPHER_CTX_new();
	memcpy(nonce, iv.p, 12);
	for (unsigned i = 0; i < 8; i++)
		nonce[4 + i] ^= (uint8_t)(number >> (8 * (7 - i)));
	head[3] = (uint8_t)((plain.n + 17) >> 8);
	head[4] = (uint8_t)(plain.n + 17);
	EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key.p, nonce);
	EVP_EncryptUpdate(ctx, NULL, &n, head, 5);
	EVP_EncryptUpdate(ctx, sealed, &n, plain.p, (int)plain.n);
	EVP_EncryptUpdate(ctx, sealed + n, &last, &type, 1);
	EVP_EncryptFinal_ex(ctx, sealed + n + last, &last);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, sealed + plain.n + 1);
	tw_buf_put(out, head, 5);
	tw_buf_put(out, sealed, plain.n + 17);
}

static const char *
try_records(struct tw_flight *f, const struct reading *r, struct tw_bytes in)
{
	struct tw_buf answer;
	struct tw_bytes plain;
	const char *difference;
	uint8_t type;

	tw_buf_init(&answer, 1 << 20);
	tw_buf_bytes(&answer, tw_buf_view(&hello));
	for (uint64_t number = 0; tw_bytes_u8(&in, &type) && tw_bytes_vec16(&in, &plain);) {
		if (type == TW_REC_CCS) {		/* the disguise stands in the clear */
			tw_buf_put(&answer, "\24\3\3\0\1\1", 6);
			continue;
		}
		if (plain.n <= TW_RECORD_MAX - 17)
			seal(&answer, number++, plain, type);
	}
	difference = read_both_ways(f, r, tw_buf_view(&answer));
	tw_buf_clear(&answer);
	return difference;
}

static const char *
try_handshake(struct tw_flight *f, const struct reading *r, struct tw_bytes in, size_t size)
{
	struct tw_flight pieces;
	struct tw_bytes piece;
	const char *difference;
	bool fits = in.n <= TW_FLIGHT_BYTES - 1024;	/* that bound is kept by record */

	read_in_pieces(f, r, tw_buf_view(&hello), SIZE_MAX);
	read_in_pieces(&pieces, r, tw_buf_view(&hello), SIZE_MAX);
	tw_handshake_put(f, in);
	while (in.n > 0 && pieces.turn == TW_FLIGHT_MORE) {
		tw_bytes_take(&in, in.n < size ? in.n : size, &piece);
		tw_handshake_put(&pieces, piece);
	}
	difference = fits ? flight_difference(f, &pieces) : NULL;
	tw_flight_clear(&pieces);
	return difference;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint16_t group = 29;
	const struct tw_share *const *shares = (const struct tw_share *const *)&share;
	struct reading r = { .arena = tw_arena_new(), .want = TW_WANT_FLIGHT };
	struct tw_flight f;
	const char *difference;

	if (share == NULL)
		set_up();
	r.message = tw_buf_view(&message);
	r.shares = shares;
	r.groups = &group;
	r.shares_n = 1;
	if (n > 0) {
		struct tw_bytes in = { p + 1, n - 1 };

		difference = (p[0] & 1) != 0 ? try_records(&f, &r, in) :
		    try_handshake(&f, &r, in, 1u + (p[0] >> 1));
		if (difference != NULL || !f.opened) {
			fprintf(stderr, "the cut changes %s\n", difference);
			abort();
		}
		tw_flight_clear(&f);
	}
	tw_arena_free(r.arena);
	return 0;
}
