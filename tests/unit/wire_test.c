/*
 * The flight reader against RFC 8448 and against servers that lie; hellos
 * against the bytes they must be. Real servers: flight_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "flights.h"
#include "wire/hello.h"
#include "wire/reader.h"

/* RFC 8448 3: the client's key, both hellos, the server's whole encrypted flight. */
static const char client_key[] =
	"49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005";
static const char client_hello[] =
	"010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece700000613"
	"0113031302010000910000000b0009000006736572766572ff01000100000a00140012001d0017001800"
	"190100010101020103010400230000003300260024001d002099381de560e4bd43d23d8e435a7dbafeb3"
	"c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e0403050306030203080408050806"
	"04010501060102010402050206020202002d00020101001c00024001";
static const char server_hello[] =
	"020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100"
	"002e00330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f"
	"002b00020304";
static const char sealed_flight[] =
	"17030302a2d1ff334a56f5bff6594a07cc87b580233f500f45e489e7f33af35edf7869fcf40aa40aa2b8"
	"ea73f848a7ca07612ef9f945cb960b4068905123ea78b111b429ba9191cd05d2a389280f526134aadc7f"
	"c78c4b729df828b5ecf7b13bd9aefb0e57f271585b8ea9bb355c7c79020716cfb9b1183ef3ab20e37d57"
	"a6b9d7477609aee6e122a4cf51427325250c7d0e509289444c9b3a648f1d71035d2ed65b0e3cdd0cbae8"
	"bf2d0b227812cbb360987255cc744110c453baa4fcd610928d809810e4b7ed1a8fd991f06aa624820479"
	"7e36a6a73b70a2559c09ead686945ba246ab66e5edd8044b4c6de3fcf2a89441ac66272fd8fb330ef819"
	"0579b3684596c960bd596eea520a56a8d650f563aad27409960dca63d3e688611ea5e22f4415cf9538d5"
	"1a200c27034272968a264ed6540c84838d89f72c24461aad6d26f59ecaba9acbbb317b66d902f4f292a3"
	"6ac1b639c637ce343117b659622245317b49eeda0c6258f100d7d961ffb138647e92ea330faeea6dfa31"
	"c7a84dc3bd7e1b7a6c7178af36879018e3f252107f243d243dc7339d5684c8b0378bf30244da8c87c843"
	"f5e56eb4c5e8280a2b48052cf93b16499a66db7cca71e4599426f7d461e66f99882bd89fc50800becca6"
	"2d6c74116dbd2972fda1fa80f85df881edbe5a37668936b335583b599186dc5c6918a396fa48a181d6b6"
	"fa4f9d62d513afbb992f2b992f67f8afe67f76913fa388cb5630c8ca01e0c65d11c66a1e2ac4c85977b7"
	"c7a6999bbf10dc35ae69f5515614636c0b9b68c19ed2e31c0b3b66763038ebba42f3b38edc0399f3a9f2"
	"3faa63978c317fc9fa66a73f60f0504de93b5b845e275592c12335ee340bbc4fddd502784016e4b3be7e"
	"f04dda49f4b440a30cb5d2af939828fd4ae3794e44f94df5a631ede42c1719bfdabf0253fe5175be898e"
	"750edc53370d2b";
/* The keys that seal it, for records of our own in its place. */
static const char server_write_key[] = "3fce516009c21727d0f2e4e86ee403bc";
static const char server_write_iv[] = "5d313eb2671276ee13000b30";

/* One conversation: an answer put together by hand, and what was read of it. */
struct talk {
	struct tw_arena *arena;
	struct tw_buf out, message;
	struct tw_flight f;
	struct tw_share *share;
	enum tw_want want;
};

static void
put_hex(struct tw_buf *b, const char *hex)
{
	unsigned v;

	for (; *hex != '\0'; hex += 2) {
		assert_int_equal(sscanf(hex, "%2x", &v), 1);
		tw_buf_u8(b, (uint8_t)v);
	}
}

static int
set_up(void **state)
{
	static struct talk t;
	struct tw_buf key;

	t = (struct talk){ .arena = tw_arena_new(), .want = TW_WANT_FLIGHT };
	tw_buf_init(&t.out, 4u << 20);
	tw_buf_init(&t.message, 1 << 16);
	tw_buf_init(&key, 64);
	put_hex(&t.message, client_hello);
	put_hex(&key, client_key);
	t.share = tw_share_from_private(29, tw_buf_view(&key));
	tw_buf_clear(&key);
	*state = &t;
	return 0;
}

static int
tear_down(void **state)
{
	struct talk *t = *state;

	tw_flight_clear(&t->f);
	tw_buf_clear(&t->out);
	tw_buf_clear(&t->message);
	tw_share_free(t->share);
	tw_arena_free(t->arena);
	return 0;
}

/* Reads what stands in out, and begins out anew. */
static enum tw_flight_turn
hear(struct talk *t)
{
	static const uint16_t group = 29;
	const struct tw_share *share = t->share;
	const struct reading r = { t->arena, t->want, tw_buf_view(&t->message), &share, &group,
		1 };

	assert_false(t->out.failed);
	tw_flight_clear(&t->f);
	assert_null(read_both_ways(&t->f, &r, tw_buf_view(&t->out)));
	t->out.n = 0;
	return t->f.turn;
}

static void
put_record(struct talk *t, uint8_t type, struct tw_bytes body)
{
	tw_buf_u8(&t->out, type);
	tw_buf_u16(&t->out, 0x0303);
	tw_buf_u16(&t->out, (uint16_t)body.n);
	tw_buf_bytes(&t->out, body);
}

static void
put_message(struct talk *t, uint8_t type, struct tw_bytes body)
{
	struct tw_buf b;

	tw_buf_init(&b, 1 << 16);
	tw_buf_u8(&b, type);
	tw_buf_u24(&b, (uint32_t)body.n);
	tw_buf_bytes(&b, body);
	put_record(t, 22, tw_buf_view(&b));
	tw_buf_clear(&b);
}

/* A ServerHello up to TLS 1.2 with these extensions (NULL: no block). */
static void
put_server_hello(struct talk *t, uint16_t version, uint16_t suite, const char *extensions_hex)
{
	struct tw_buf b;

	tw_buf_init(&b, 1 << 16);
	tw_buf_u16(&b, version);
	tw_buf_put(&b, "0123456789abcdef0123456789abcdef", 32);
	tw_buf_u8(&b, 0);
	tw_buf_u16(&b, suite);
	tw_buf_u8(&b, 0);
	if (extensions_hex != NULL) {
		size_t mark = tw_buf_open_len(&b, 2);

		put_hex(&b, extensions_hex);
		tw_buf_close_len(&b, mark, 2);
	}
	put_message(t, 2, tw_buf_view(&b));
	tw_buf_clear(&b);
}

/* A record sealed with RFC 8448's keys: the number-th behind its ServerHello. */
static void
put_sealed(struct talk *t, unsigned number, struct tw_bytes plain, uint8_t type)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct tw_buf key, iv;
	uint8_t out[20000];
	int n, last;

	tw_buf_init(&key, 16);
	tw_buf_init(&iv, 12);
	put_hex(&key, server_write_key);
	put_hex(&iv, server_write_iv);
	iv.p[11] ^= (uint8_t)number;
	iv.p[10] ^= (uint8_t)(number >> 8);
	tw_buf_u8(&t->out, 23);
	tw_buf_u16(&t->out, 0x0303);
	tw_buf_u16(&t->out, (uint16_t)(plain.n + 17));
	EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key.p, iv.p);
	EVP_EncryptUpdate(ctx, NULL, &n, t->out.p + t->out.n - 5, 5);
	EVP_EncryptUpdate(ctx, out, &n, plain.p, (int)plain.n);
	EVP_EncryptUpdate(ctx, out + n, &last, &type, 1);
	EVP_EncryptFinal_ex(ctx, out + n + last, &last);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, out + plain.n + 1);
	tw_buf_put(&t->out, out, plain.n + 17);
	EVP_CIPHER_CTX_free(ctx);
	tw_buf_clear(&key);
	tw_buf_clear(&iv);
}

static void
put_tls13_hello(struct talk *t)
{
	struct tw_buf b;

	tw_buf_init(&b, 1024);
	put_hex(&b, server_hello);
	put_record(t, 22, tw_buf_view(&b));
	tw_buf_clear(&b);
}

static void
assert_bad(struct talk *t, const char *why)
{
	assert_int_equal(hear(t), TW_FLIGHT_BAD);
	assert_string_equal(t->f.why, why);
}

static void
test_rfc8448(void **state)
{
	struct talk *t = *state;
	struct tw_flight *f = &t->f;

	put_tls13_hello(t);
	put_record(t, 20, TW_BYTES("\1"));
	put_hex(&t->out, sealed_flight);
	assert_int_equal(hear(t), TW_FLIGHT_DONE);
	assert_true(f->hello && f->encrypted && f->opened && f->finished_ok && f->done);
	assert_int_equal(f->version, 0x0304);
	assert_int_equal(f->suite, 0x1301);
	assert_int_equal(f->group, 29);
	assert_int_equal(f->chain_n, 1);
	assert_int_equal(f->chain[0].n, 432);
	assert_int_equal(f->verify_scheme, 0x0804);
	assert_true(f->sni_ack);
}

static void
test_each_byte_of_a_sealed_flight_counts(void **state)
{
	struct talk *t = *state;

	for (size_t i = 5; i < sizeof(sealed_flight) / 2; i += 13) {
		put_tls13_hello(t);
		put_hex(&t->out, sealed_flight);
		t->out.p[t->out.n - i] ^= 4;
		assert_bad(t, "an encrypted record is not authentic");
		assert_false(t->f.finished_ok);
	}
}

static void
test_sealed_records_that_do_not_belong(void **state)
{
	struct talk *t = *state;

	put_tls13_hello(t);
	put_sealed(t, 0, TW_BYTES("\2\50"), 21);
	assert_int_equal(hear(t), TW_FLIGHT_ALERT);
	assert_int_equal(t->f.alert, 40);
	put_tls13_hello(t);
	put_sealed(t, 0, TW_BYTES("hello"), 23);
	assert_bad(t, "an encrypted record is of a type that has no place there");
	put_tls13_hello(t);
	put_sealed(t, 0, TW_BYTES("\0\0\0"), 0);
	assert_bad(t, "an encrypted record holds nothing but padding");
	put_tls13_hello(t);
	for (unsigned i = 0; i < 20; i++)
		put_sealed(t, i, TW_BYTES(""), 22);
	assert_bad(t, "records with nothing in them came again and again");
	put_tls13_hello(t);
	put_sealed(t, 0, TW_BYTES("\10\0\0\2\0\0"), 22);
	put_sealed(t, 1, TW_BYTES("\24\0\0\2\0\0"), 22);
	assert_bad(t, "the server's Finished does not fit its handshake");
	put_tls13_hello(t);
	put_sealed(t, 0, TW_BYTES("\10\0\0\2\0\0\10\0\0\2\0\0"), 22);
	assert_bad(t, "a handshake message came where it has no place");
	put_tls13_hello(t);
	put_sealed(t, 0, TW_BYTES("\13\xff\xff\xff"), 22);
	assert_bad(t, "a handshake message announces a length past all bounds");
	put_tls13_hello(t);
	put_message(t, 8, TW_BYTES("\0\0"));
	assert_bad(t, "handshake came in the clear after a TLS 1.3 ServerHello");
	put_tls13_hello(t);
	for (int i = 0; i < 5; i++)
		put_record(t, 20, TW_BYTES("\1"));
	assert_bad(t, "ChangeCipherSpec came again and again");
}

/* Records sealed one by one: messages cut over them, with padding, and a staple. */
static void
test_sealed_messages_cut_over_records(void **state)
{
	struct talk *t = *state;

	put_tls13_hello(t);
	put_sealed(t, 0, TW_BYTES("\10\0\0"), 22);
	put_sealed(t, 1, TW_BYTES("\13\0\11\0\20\0\5\0\3\2h2"), 22);
	put_sealed(t, 2, TW_BYTES("\13\0\0\30\0\0\0\24\0\0\1X\0\0\0\0\2"), 22);
	put_sealed(t, 3, TW_BYTES("YZ\0\6\0\22\0\2\0\0\15\0\0\3\0\0\0"), 22);
	hear(t);
	assert_true(tw_bytes_equal(t->f.alpn, TW_BYTES("h2")));
	assert_int_equal(t->f.turn, TW_FLIGHT_BAD);	/* the request stands behind */
	assert_int_equal(t->f.chain_n, 2);
	assert_true(tw_bytes_equal(t->f.chain[1], TW_BYTES("YZ")));
	assert_null(t->f.scts.p);			/* it was not the leaf's */
}

static void
test_a_share_that_is_no_point(void **state)
{
	struct talk *t = *state;
	struct tw_buf b;

	tw_buf_init(&b, 1024);
	put_hex(&b, server_hello);
	memset(b.p + b.n - 6 - 32, 0, 32);	/* X25519 with 0 gives 0 (RFC 8446 7.4.2) */
	put_record(t, 22, tw_buf_view(&b));
	tw_buf_clear(&b);
	assert_bad(t, "the server's key share is not a point of its group");
}

static void
test_what_is_not_tls(void **state)
{
	const struct {
		struct tw_bytes said;
		const char *why;
	} rows[] = {
		{ TW_BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"),
		    "plain text came where TLS was due" },
		{ TW_BYTES("220 mail ready\r\n"), "plain text came where TLS was due" },
		{ TW_BYTES("SSH-2.0-OpenSSH_9.2\r\n"), "plain text came where TLS was due" },
		{ TW_BYTES("\0\0\0\12"), "the first bytes are not TLS" },
		{ TW_BYTES("\xff\xfd\x18\xff"), "the first bytes are not TLS" },
		{ TW_BYTES("\x80\0\4"), "the first bytes are not TLS" },
		{ TW_BYTES("\x16\1\0\0\5hello"), "the first bytes are not TLS" },
		{ TW_BYTES("\x16\3\1\x50\0"), "a record is longer than TLS allows" },
		{ TW_BYTES("\x17\3\3\0\5hello"),
		    "application data came before the handshake was done" },
	};
	struct talk *t = *state;

	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		tw_buf_bytes(&t->out, rows[i].said);
		assert_bad(t, rows[i].why);
		assert_true(tw_bytes_equal(t->f.head, rows[i].said));
	}
	for (int i = 0; i < 100; i++)
		tw_buf_u8(&t->out, 'x');
	hear(t);
	assert_int_equal(t->f.head.n, 64);
}

static void
test_lying_lengths_cost_nothing(void **state)
{
	struct talk *t = *state;

	put_record(t, 22, TW_BYTES("\2\xff\xff\xff\3\3"));
	assert_bad(t, "a handshake message announces a length past all bounds");
	assert_int_equal(t->f.reader->handshake.cap, 0);
	put_server_hello(t, 0x0303, 0xc02f, NULL);
	for (int i = 0; i < 20; i++) {		/* 256 KiB less one, in records of 16 KiB */
		static uint8_t zeros[16384] = { 11, 3, 0xff, 0xf0 };

		put_record(t, 22, (struct tw_bytes){ zeros, sizeof(zeros) });
		zeros[0] = zeros[1] = zeros[2] = zeros[3] = 0;
	}
	assert_bad(t, "a flight is longer than all bounds");
	assert_true(t->f.reader->handshake.cap <= TW_FLIGHT_BYTES);
}

static void
test_alerts(void **state)
{
	struct talk *t = *state;

	put_record(t, 21, TW_BYTES("\2\50"));
	assert_int_equal(hear(t), TW_FLIGHT_ALERT);
	assert_int_equal(t->f.alert, 40);
	put_record(t, 21, TW_BYTES("\1\160"));		/* unrecognized_name, then a hello */
	put_server_hello(t, 0x0303, 0x0035, NULL);
	put_message(t, 14, TW_BYTES(""));
	assert_int_equal(hear(t), TW_FLIGHT_DONE);
	assert_true(t->f.unrecognized_name && t->f.alerted);
	assert_int_equal(t->f.warnings, 1);
	put_record(t, 21, TW_BYTES("\1\160\2\120"));	/* two in one record */
	assert_int_equal(hear(t), TW_FLIGHT_ALERT);
	assert_int_equal(t->f.alert, 80);
	put_record(t, 21, TW_BYTES("\1\0"));
	assert_int_equal(hear(t), TW_FLIGHT_ALERT);
	assert_int_equal(t->f.alert, 0);
	for (int i = 0; i < 50; i++)
		put_record(t, 21, TW_BYTES("\1\132"));
	assert_int_equal(hear(t), TW_FLIGHT_ALERT);
	assert_int_equal(t->f.warnings, TW_FLIGHT_ALERTS + 1);
	put_record(t, 21, TW_BYTES("\2"));
	assert_bad(t, "an alert is malformed");
	put_record(t, 21, TW_BYTES("\3\50"));
	assert_bad(t, "an alert is malformed");
}

static void
test_floods(void **state)
{
	struct talk *t = *state;

	for (int i = 0; i < 100; i++)
		put_record(t, 22, TW_BYTES(""));
	assert_bad(t, "records with nothing in them came again and again");
	for (int i = 0; i < 100; i++)
		put_record(t, 20, TW_BYTES("\1"));
	assert_bad(t, "ChangeCipherSpec came again and again");
	put_server_hello(t, 0x0303, 0x0035, NULL);
	for (int i = 0; i < 100; i++)
		put_message(t, 0, TW_BYTES(""));	/* HelloRequest */
	assert_bad(t, "more handshake messages came than a flight has");
	put_server_hello(t, 0x0303, 0x0035, NULL);
	put_record(t, 20, TW_BYTES("\1"));
	assert_bad(t, "ChangeCipherSpec came where none may come");
}

static void
test_order_of_messages(void **state)
{
	struct talk *t = *state;

	put_message(t, 11, TW_BYTES("\0\0\0"));
	assert_bad(t, "another handshake message came in place of a ServerHello");
	put_server_hello(t, 0x0303, 0x0035, NULL);
	put_server_hello(t, 0x0303, 0x0035, NULL);
	assert_bad(t, "a handshake message came where it has no place");
	put_server_hello(t, 0x0303, 0x0035, NULL);
	put_message(t, 13, TW_BYTES("\1\1\0\0"));
	put_message(t, 11, TW_BYTES("\0\0\0"));
	assert_bad(t, "a handshake message came where it has no place");
	put_server_hello(t, 0x0303, 0x0035, NULL);
	put_message(t, 25, TW_BYTES("\0\1"));	/* CompressedCertificate was not offered */
	assert_bad(t, "a handshake message came where it has no place");
	put_server_hello(t, 0x0200, 0x0035, NULL);
	assert_bad(t, "the server chose a version TLS does not have");
}

static void
test_a_long_chain_is_cut(void **state)
{
	struct talk *t = *state;
	struct tw_buf b;
	size_t mark;

	tw_buf_init(&b, 1 << 16);
	mark = tw_buf_open_len(&b, 3);
	for (uint8_t i = 0; i < 40; i++) {
		tw_buf_u24(&b, 2);
		tw_buf_u16(&b, i);
	}
	tw_buf_close_len(&b, mark, 3);
	put_server_hello(t, 0x0300, 0x0035, NULL);
	put_message(t, 11, tw_buf_view(&b));
	put_message(t, 14, TW_BYTES(""));
	tw_buf_clear(&b);
	assert_int_equal(hear(t), TW_FLIGHT_DONE);
	assert_int_equal(t->f.version, 0x0300);
	assert_int_equal(t->f.chain_n, TW_FLIGHT_CHAIN);
	assert_true(t->f.chain_cut);
	assert_int_equal(t->f.chain[15].p[1], 15);
}

static void
test_extensions_of_a_hello(void **state)
{
	struct talk *t = *state;

	t->want = TW_WANT_HELLO;
	put_server_hello(t, 0x0303, 0xc02f, "ff01000100" "000f000102" "0001000102" "00160000"
	    "00120003aabbcc" "abcd0000");
	assert_int_equal(hear(t), TW_FLIGHT_HELLO);
	assert_true(t->f.renegotiation_info && t->f.heartbeat && t->f.etm && !t->f.ems);
	assert_int_equal(t->f.heartbeat_mode, 2);
	assert_int_equal(t->f.max_fragment, 1024);
	assert_int_equal(t->f.scts.n, 3);
	assert_int_equal(t->f.extensions_n, 6);
	assert_int_equal(t->f.extensions[5], 0xabcd);
	put_server_hello(t, 0x0303, 0xc02f, "0016000000160000");	/* twice */
	assert_bad(t, "a handshake message is malformed");
	put_server_hello(t, 0x0303, 0xc02f, "00160001");
	assert_bad(t, "a handshake message is malformed");
	put_server_hello(t, 0x0303, 0xc02f, "0010000500030268");
	assert_bad(t, "a handshake message is malformed");
}

static void
test_retry_with_cookie(void **state)
{
	struct talk *t = *state;
	struct tw_buf b;

	tw_buf_init(&b, 256);
	put_hex(&b, "0303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
	    "00130200" "0015" "002b00020304" "002c00050003616263" "003300020018");
	b.p[39] = (uint8_t)(b.n - 40);
	put_message(t, 2, tw_buf_view(&b));
	tw_buf_clear(&b);
	assert_int_equal(hear(t), TW_FLIGHT_DONE);
	assert_true(t->f.retry && !t->f.hello);
	assert_int_equal(t->f.group, 24);
	assert_true(tw_bytes_equal(t->f.cookie, TW_BYTES("abc")));
}

/* Each ServerKeyExchange as it should be, and cut short at every byte. */
static void
test_key_exchanges(void **state)
{
	static const struct {
		uint16_t version, suite;
		const char *hex;
		uint16_t group;
		size_t p, public;
		bool is_signed, explicit_curve;
	} rows[] = {
		/* ECDHE_RSA, a named curve, TLS 1.2 and 1.0 */
		{ 0x0303, 0xc02f, "0300170304aabb04010002ffff", 0x17, 0, 3, true, false },
		{ 0x0301, 0xc014, "0300170304aabb0002ffff", 0x17, 0, 3, true, false },
		/* explicit prime; explicit trinomial and pentanomial */
		{ 0x0301, 0xc014, "01010b010a010b0104010e01010304aabb0002ffff", 0, 0, 3, true, true },
		{ 0x0301, 0xc014, "0200a3010107010a010b0104010e01010304aabb0002ffff", 0, 0, 3,
		    true, true },
		{ 0x0301, 0xc014, "0200a302010701060103010a010b0104010e01010304aabb0002ffff", 0, 0,
		    3, true, true },
		/* DHE_RSA, DH_anon, export RSA */
		{ 0x0303, 0x0033, "0004aabbccdd000102" "0002eeff" "08040001ff", 0, 4, 2, true,
		    false },
		{ 0x0300, 0x0034, "0004aabbccdd000102" "0002eeff", 0, 4, 2, false, false },
		{ 0x0301, 0x0003, "0004aabbccdd0003010001" "0001ff", 0, 4, 0, true, false },
		/* PSK hint; DHE_PSK; ECDHE_PSK; SRP */
		{ 0x0303, 0x008c, "000468696e74", 0, 0, 0, false, false },
		{ 0x0303, 0x0090, "00000004aabbccdd0001020002eeff", 0, 4, 2, false, false },
		{ 0x0303, 0xc035, "000003001d0304aabb", 0x1d, 0, 3, false, false },
		{ 0x0303, 0xc01d, "0002aabb00010202ccdd0002eeff", 0, 0, 0, false, false },
	};
	struct talk *t = *state;
	struct tw_buf b;

	tw_buf_init(&b, 256);
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		b.n = 0;
		put_hex(&b, rows[i].hex);
		for (size_t n = 0; n < b.n; n++) {
			put_server_hello(t, rows[i].version, rows[i].suite, NULL);
			put_message(t, 12, (struct tw_bytes){ b.p, n });
			hear(t);	/* without its signature it is still one */
			assert_true(t->f.turn == TW_FLIGHT_BAD || !t->f.ske.is_signed);
		}
		put_server_hello(t, rows[i].version, rows[i].suite, NULL);
		put_message(t, 12, tw_buf_view(&b));
		put_message(t, 14, TW_BYTES(""));
		assert_int_equal(hear(t), TW_FLIGHT_DONE);
		assert_true(t->f.ske.present);
		assert_int_equal(t->f.group, rows[i].group);
		assert_int_equal(t->f.ske.dh_p.n, rows[i].p);
		assert_int_equal(t->f.ske.public.n, rows[i].public);
		assert_int_equal(t->f.ske.is_signed, rows[i].is_signed);
		assert_int_equal(t->f.ske.explicit_curve, rows[i].explicit_curve);
	}
	tw_buf_clear(&b);
}

static void
test_ssl2(void **state)
{
	struct talk *t = *state;

	put_hex(&t->out, "8024" "04" "00" "01" "0002" "0003" "0006" "0010" "aabbcc"
	    "010080" "0700c0" "30313233343536373839616263646566");
	assert_int_equal(hear(t), TW_FLIGHT_DONE);
	assert_true(t->f.ssl2 && t->f.done && !t->f.hello);
	assert_int_equal(t->f.version, 2);
	assert_int_equal(t->f.ssl2_kinds_n, 2);
	assert_int_equal(t->f.ssl2_kinds[0], 0x010080);
	assert_int_equal(t->f.ssl2_kinds[1], 0x0700c0);
	assert_int_equal(t->f.chain[0].n, 3);
	put_hex(&t->out, "8003" "00" "0001");
	assert_int_equal(hear(t), TW_FLIGHT_ALERT);
	assert_true(t->f.ssl2_refused);
	assert_int_equal(t->f.ssl2_error, 1);
	put_hex(&t->out, "8003" "00" "0000");
	assert_int_equal(hear(t), TW_FLIGHT_ALERT);
	assert_true(t->f.ssl2_refused);
	put_hex(&t->out, "800b" "04" "00" "01" "0002" "ffff" "ffff" "ffff");
	assert_bad(t, "an SSL 2.0 message is malformed");
	put_hex(&t->out, "800f" "04" "00" "01" "0002" "0000" "0004" "0000" "01020304");
	assert_bad(t, "an SSL 2.0 message is malformed");
}

static void
assert_hello(const struct tw_hello *h, const char *hex)
{
	struct tw_buf got, want;

	tw_buf_init(&got, TW_HELLO_MAX);
	tw_buf_init(&want, TW_HELLO_MAX);
	tw_hello_write(h, &got);
	put_hex(&want, hex);
	assert_false(got.failed);
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
	tw_buf_clear(&got);
	tw_buf_clear(&want);
}

#define RANDOM_HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void
test_hellos_to_the_byte(void **state)
{
	static const uint32_t kinds[] = { 0x010080, 0x0700c0 };
	static const uint16_t suites[] = { 0x0005, 0x000a };
	static const uint16_t versions[] = { 0x0304 };
	struct tw_hello h = { .ssl2 = true, .ssl2_kinds = kinds, .ssl2_kinds_n = 2 };

	(void)state;
	for (uint8_t i = 0; i < 32; i++)
		h.random[i] = i;
	assert_hello(&h, "801f" "01" "0002" "0006" "0000" "0010" "0100800700c0"
	    "000102030405060708090a0b0c0d0e0f");
	h.version = 0x0301;
	h.suites = TW_U16S(suites);
	assert_hello(&h, "8035" "01" "0301" "000c" "0000" "0020" "0100800700c0" "00000500000a"
	    RANDOM_HEX);
	h = (struct tw_hello){ .version = 0x0300, .record_version = 0x0300,
		.no_extensions = true, .suites = TW_U16S(suites), .fallback_scsv = true };
	for (uint8_t i = 0; i < 32; i++)
		h.random[i] = i;
	assert_hello(&h, "160300" "0031" "0100002d" "0300" RANDOM_HEX "00" "0006" "0005000a5600"
	    "0100");
	h.fallback_scsv = h.no_extensions = false;
	h.sni = "a.b";
	h.versions = TW_U16S(versions);
	h.key_share = true;
	h.fragment = 60;
	assert_hello(&h, "160300" "003c" "01000046" "0300" RANDOM_HEX "00" "0004" "0005000a"
	    "0100" "0019" "0000" "0008" "0006" "00" "0003" "612e"
	    "160300" "000e" "62" "002b" "0003" "020304" "0033" "0002" "0000");
}

static void
test_padding_meets_its_size(void **state)
{
	static const uint16_t suites[] = { 0xc02f };
	struct tw_hello h = { .version = 0x0303, .suites = TW_U16S(suites), .ems = true };
	struct tw_buf b;
	size_t plain;

	(void)state;
	tw_buf_init(&b, TW_HELLO_MAX);
	tw_hello_message(&h, &b);
	plain = b.n;
	for (size_t to = plain; to < 600; to++) {
		h.pad_to = to;
		b.n = 0;
		tw_hello_message(&h, &b);
		/* The least padding takes 5 bytes; from there on it fits exactly. */
		assert_true(to > plain + 5 ? b.n == to : b.n >= to && b.n <= plain + 5);
	}
	h.pad_to = 70000;
	tw_hello_write(&h, &b);
	assert_true(b.failed);
	tw_buf_clear(&b);
}

static void
test_grease_is_grease(void **state)
{
	static const uint16_t suites[] = { 0xc02f };
	struct tw_hello h = { .version = 0x0303, .suites = TW_U16S(suites), .grease = true };
	struct tw_buf b;

	(void)state;
	tw_buf_init(&b, TW_HELLO_MAX);
	for (int i = 0; i < 200; i++) {
		struct tw_bytes at, block, body;
		uint16_t type[2];

		tw_random(h.random, sizeof(h.random));
		b.n = 0;
		tw_hello_message(&h, &b);
		assert_int_equal(b.p[41], b.p[42]);	/* the first suite */
		assert_int_equal(b.p[41] & 0x0f, 0x0a);
		at = (struct tw_bytes){ b.p + 47, b.n - 47 };
		assert_true(tw_bytes_vec16(&at, &block));
		for (int k = 0; k < 2; k++) {
			assert_true(tw_bytes_u16(&block, &type[k]));
			assert_true(tw_bytes_vec16(&block, &body));
			assert_int_equal(type[k] & 0x0f0f, 0x0a0a);
		}
		assert_int_not_equal(type[0], type[1]);
	}
	tw_buf_clear(&b);
}

/* RFC 5869 A.1 and A.4 by the same parts that the key schedule uses; RFC 4231 4.3. */
static void
test_digests(void **state)
{
	uint8_t out[TW_HASH_BYTES], peek[TW_HASH_BYTES];
	struct tw_hasher *s = tw_hasher_new(TW_SHA256);
	struct tw_buf want;

	(void)state;
	tw_buf_init(&want, 128);
	put_hex(&want, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	tw_hash(TW_SHA256, TW_BYTES("abc"), out);
	assert_memory_equal(out, want.p, 32);
	tw_hasher_put(s, TW_BYTES("a"));
	tw_hasher_peek(s, peek);
	tw_hasher_put(s, TW_BYTES("bc"));
	tw_hasher_peek(s, peek);
	assert_memory_equal(peek, want.p, 32);
	tw_hasher_free(s);
	want.n = 0;
	put_hex(&want, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	tw_hmac(TW_SHA256, TW_BYTES("Jefe"), TW_BYTES("what do ya want for nothing?"), out);
	assert_memory_equal(out, want.p, 32);
	want.n = 0;
	put_hex(&want, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	    "8e2240ca5e69e2c78b3239ecfab21649");
	tw_hmac(TW_SHA384, TW_BYTES("Jefe"), TW_BYTES("what do ya want for nothing?"), out);
	assert_memory_equal(out, want.p, 48);
	want.n = 0;
	put_hex(&want, "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a");
	tw_hkdf_extract(TW_SHA256, TW_BYTES(""), TW_BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), out);
	assert_memory_equal(out, want.p, 32);	/* RFC 8448 3: the early secret */
	tw_buf_clear(&want);
}

static void
test_shares(void **state)
{
	static const struct {
		uint16_t group;
		size_t public, secret;
	} rows[] = { { 29, 32, 32 }, { 23, 65, 32 }, { 24, 97, 48 }, { 25, 133, 66 } };

	(void)state;
	assert_null(tw_share_new(0x0100));
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct tw_share *a = tw_share_new(rows[i].group), *b = tw_share_new(rows[i].group);
		uint8_t ab[66], ba[66], bad[TW_SHARE_BYTES] = { 4 };
		size_t n = 0;

		assert_int_equal(tw_share_public(a).n, rows[i].public);
		assert_true(tw_share_derive(a, tw_share_public(b), ab, &n));
		assert_int_equal(n, rows[i].secret);
		assert_true(tw_share_derive(b, tw_share_public(a), ba, &n));
		assert_memory_equal(ab, ba, n);
		bad[0] = rows[i].group == 29 ? 0 : 4;
		assert_false(tw_share_derive(a, (struct tw_bytes){ bad, rows[i].public }, ab, &n));
		assert_false(tw_share_derive(a, (struct tw_bytes){ bad, 5 }, ab, &n));
		tw_share_free(a);
		tw_share_free(b);
	}
}

int
main(void)
{
#define TALK(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TALK(test_rfc8448),
		TALK(test_each_byte_of_a_sealed_flight_counts),
		TALK(test_sealed_records_that_do_not_belong),
		TALK(test_sealed_messages_cut_over_records),
		TALK(test_a_share_that_is_no_point),
		TALK(test_what_is_not_tls),
		TALK(test_lying_lengths_cost_nothing),
		TALK(test_alerts),
		TALK(test_floods),
		TALK(test_order_of_messages),
		TALK(test_a_long_chain_is_cut),
		TALK(test_extensions_of_a_hello),
		TALK(test_retry_with_cookie),
		TALK(test_key_exchanges),
		TALK(test_ssl2),
		cmocka_unit_test(test_hellos_to_the_byte),
		cmocka_unit_test(test_padding_meets_its_size),
		cmocka_unit_test(test_grease_is_grease),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_shares),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
