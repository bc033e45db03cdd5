/* A handshake told: what a person reads of offers, choices, alerts and of a peer's hostile words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "report/told.h"
#include "wire/hello.h"

struct story {
	struct tw_arena *arena;
	struct tw_buf out;
	struct tw_told t;
};

static void
begin(struct story *s)
{
	static const struct tw_report_style style = { .width = 200 };

	s->arena = tw_arena_new();
	tw_buf_init(&s->out, 1u << 20);
	tw_told_init(&s->t, s->arena, &style, &s->out);
}

static void
end(struct story *s)
{
	tw_told_clear(&s->t);
	tw_buf_clear(&s->out);
	tw_arena_free(s->arena);
}

static bool
says(struct story *s, const char *words)
{
	return strstr(tw_buf_cstr(&s->out), words) != NULL;
}

/* A hello of TLS 1.3 that offers two suites and two groups, by our own writer. */
static void
tell_hello(struct story *s)
{
	static const uint16_t versions[] = { 0x0304, 0x0303 }, suites[] = { 0x1301, 0x1302 },
	    groups[] = { 0x001d, 0x0017 }, schemes[] = { 0x0804 };
	struct tw_hello h = { .version = 0x0303, .versions = TW_U16S(versions),
		.suites = TW_U16S(suites), .groups = TW_U16S(groups),
		.schemes = TW_U16S(schemes), .sni = "www.example.com" };
	struct tw_buf b;

	tw_buf_init(&b, TW_HELLO_MAX);
	tw_hello_message(&h, &b);
	tw_told_message(&s->t, 0.5, false, tw_buf_view(&b));
	tw_buf_clear(&b);
}

/* ServerHello of TLS 1.3 with a suite and a group; or, by its random, a HelloRetryRequest. */
static void
tell_reply(struct story *s, const uint8_t *random, uint16_t suite, uint16_t group, bool share)
{
	struct tw_buf b;
	size_t whole, block, body;

	tw_buf_init(&b, 512);
	tw_buf_u8(&b, 2);
	whole = tw_buf_open_len(&b, 3);
	tw_buf_u16(&b, 0x0303);
	tw_buf_put(&b, random, 32);
	tw_buf_u8(&b, 0);
	tw_buf_u16(&b, suite);
	tw_buf_u8(&b, 0);
	block = tw_buf_open_len(&b, 2);
	tw_buf_u16(&b, 43);
	tw_buf_u16(&b, 2);
	tw_buf_u16(&b, 0x0304);
	tw_buf_u16(&b, 51);
	body = tw_buf_open_len(&b, 2);
	tw_buf_u16(&b, group);
	if (share) {
		tw_buf_u16(&b, 32);
		tw_buf_put(&b, random, 32);
	}
	tw_buf_close_len(&b, body, 2);
	tw_buf_close_len(&b, block, 2);
	tw_buf_close_len(&b, whole, 3);
	tw_told_message(&s->t, 1.5, true, tw_buf_view(&b));
	tw_buf_clear(&b);
}

static const uint8_t plain[32] = { 1 };
static const uint8_t retry[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static void
offers_and_choices(void **state)
{
	struct story s;

	(void)state;
	begin(&s);
	tell_hello(&s);
	assert_true(says(&s, "ClientHello"));
	assert_true(says(&s, "www.example.com"));
	assert_true(says(&s, "TLS 1.3, TLS 1.2"));
	assert_true(says(&s, "TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384"));
	assert_true(says(&s, "x25519, secp256r1"));
	tell_reply(&s, plain, 0x1302, 0x001d, true);
	assert_true(says(&s, "TLS 1.3: the newest we offer"));
	assert_true(says(&s, "TLS_AES_256_GCM_SHA384: we put TLS_AES_128_GCM_SHA256 before it"));
	assert_false(says(&s, "HelloRetryRequest"));
	end(&s);
}

static void
a_retry_is_told(void **state)
{
	struct story s;

	(void)state;
	begin(&s);
	tell_hello(&s);
	tell_reply(&s, retry, 0x1301, 0x0017, false);
	assert_true(says(&s, "HelloRetryRequest"));
	assert_true(says(&s, "secp256r1: the server wants that one"));
	tell_hello(&s);
	tell_reply(&s, plain, 0x1301, 0x0017, true);
	assert_true(says(&s, "TLS_AES_128_GCM_SHA256: our first of that version"));
	end(&s);
}

static void
alerts_are_explained(void **state)
{
	struct story s;

	(void)state;
	begin(&s);
	tw_told_alert(&s.t, 2, true, TW_BYTES("\2\x46"));
	assert_true(says(&s, "fatal alert protocol_version (70)"));
	assert_true(says(&s, "tlswright explain protocol_version"));
	end(&s);
}

static void
hostile_words_are_harmless(void **state)
{
	struct story s;

	(void)state;
	begin(&s);
	tw_told_words(&s.t, 1, true, TW_BYTES("220 \x9b[2J\xe2\x80\xae hello\r\n"));
	tw_told_words(&s.t, 1, true, TW_BYTES("\x1b]0;x\7"));
	tw_told_message(&s.t, 1, true, TW_BYTES("\2\0\0\4\3\3\0\0"));
	for (size_t i = 0; i < s.out.n; i++)
		assert_true(s.out.p[i] >= 0x20 || s.out.p[i] == '\n');
	assert_true(says(&s, "\\x9B[2J"));
	assert_true(says(&s, "broken"));
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offers_and_choices),
		cmocka_unit_test(a_retry_is_told),
		cmocka_unit_test(alerts_are_explained),
		cmocka_unit_test(hostile_words_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
