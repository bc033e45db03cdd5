/* The ground floor: reads never pass the end, escapes hold, dates go both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

static void
test_reads_stop_at_the_end(void **state)
{
	struct tw_bytes b = TW_BYTES("\x00\x03" "abc" "\x05" "x"), v;
	uint32_t w = 7;

	(void)state;
	assert_true(tw_bytes_vec16(&b, &v));
	assert_int_equal(v.n, 3);
	assert_false(tw_bytes_vec8(&b, &v));	/* says 5, holds 1 */
	assert_int_equal(b.n, 2);		/* and moves nothing */
	assert_false(tw_bytes_u32(&b, &w));
	assert_int_equal(w, 7);
}

static void
test_lengths_are_filled_in(void **state)
{
	struct tw_buf b;
	size_t mark;

	(void)state;
	tw_buf_init(&b, 8);
	mark = tw_buf_open_len(&b, 2);
	tw_buf_str(&b, "abc");
	tw_buf_close_len(&b, mark, 2);
	assert_true(tw_bytes_equal(tw_buf_view(&b), TW_BYTES("\0\3abc")));
	tw_buf_str(&b, "too long");
	assert_true(b.failed);
	assert_int_equal(b.n, 5);
	tw_buf_clear(&b);
}

static void
check_escape(struct tw_bytes in, const char *want)
{
	struct tw_arena *a = tw_arena_new();
	char *once = tw_text_escaped(a, in);

	assert_string_equal(once, want);
	assert_string_equal(tw_text_escaped(a, tw_bytes_of(once)), want);
	tw_arena_free(a);
}

static void
test_escape(void **state)
{
	(void)state;
	check_escape(TW_BYTES("a\x1b[31mb\r\n"), "a\\u001B[31mb\\u000D\\u000A");
	check_escape(TW_BYTES("M\xc3\xbcnchen \xe2\x80\xae" "x"), "M\xc3\xbcnchen \\u202Ex");
	check_escape(TW_BYTES("\xff\xc3"), "\\xFF\\xC3");
	check_escape(TW_BYTES("\xc2\x9b\xed\xa0\x80"), "\\u009B\\xED\\xA0\\x80");
	check_escape(TW_BYTES("a\0b"), "a\\u0000b");
	check_escape(TW_BYTES("\\x41"), "\\x41");
}

static void
test_base64(void **state)
{
	static const char *const pairs[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foobar", "Zm9vYmFy" } };
	struct tw_arena *a = tw_arena_new();
	struct tw_bytes v;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(pairs); i++) {
		struct tw_buf b;

		tw_buf_init(&b, 100);
		tw_text_base64(&b, tw_bytes_of(pairs[i][0]));
		assert_string_equal(tw_buf_cstr(&b), pairs[i][1]);
		assert_true(tw_text_unbase64(a, pairs[i][1], &v));
		assert_true(tw_bytes_equal(v, tw_bytes_of(pairs[i][0])));
		tw_buf_clear(&b);
	}
	assert_false(tw_text_unbase64(a, "Zg=", &v));
	assert_false(tw_text_unbase64(a, "Z!==", &v));
	assert_false(tw_text_unbase64(a, "=g==", &v));
	tw_arena_free(a);
}

static void
test_times(void **state)
{
	static const int64_t moments[] = { 0, 951782400, 1767225599, -1, 4102444800, -2208988800 };
	char text[32];
	int64_t back, ms;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(moments); i++) {
		assert_true(tw_text_parse_time(tw_text_time(moments[i], text), &back));
		assert_int_equal(back, moments[i]);
	}
	assert_string_equal(tw_text_time(1795478400, text), "2026-11-24T00:00:00Z");
	assert_true(tw_text_parse_time("2026-11-24", &back));
	assert_int_equal(back, 1795478400);
	assert_false(tw_text_parse_time("2026-13-01", &back));
	assert_false(tw_text_parse_time("2026-11-24Tx", &back));
	assert_true(tw_text_parse_duration("1.5s", &ms));
	assert_int_equal(ms, 1500);
	assert_true(tw_text_parse_duration("10m", &ms));
	assert_int_equal(ms, 600000);
	assert_false(tw_text_parse_duration("-5s", &ms));
	assert_false(tw_text_parse_duration("5 s", &ms));
}

static void
test_arena_lists(void **state)
{
	struct tw_arena *a = tw_arena_new();
	TW_LIST(int) list = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		TW_PUSH(a, &list, i);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list.v[i], i);
	memset(tw_arena_alloc(a, 100000), 1, 100000);
	assert_string_equal(tw_arena_fmt(a, "%d-%s", 7, "x"), "7-x");
	tw_arena_free(a);
}

static void
test_distance(void **state)
{
	(void)state;
	assert_int_equal(tw_text_distance("imaps", "imaps"), 0);
	assert_int_equal(tw_text_distance("imasp", "imaps"), 2);
	assert_int_equal(tw_text_distance("htps", "https"), 1);
	assert_int_equal(tw_text_distance("", "abc"), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_stop_at_the_end),
		cmocka_unit_test(test_lengths_are_filled_in),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_arena_lists),
		cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
