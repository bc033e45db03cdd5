/* JA3 and JA4 against the examples their authors publish, and for hellos cut short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/ja.h"

/* A hello as its lists; each code in hex, as they stand in the hello. */
struct shape {
	uint16_t version;
	const char *suites, *extensions, *groups, *formats, *schemes, *versions;
	struct tw_bytes alpn;	/* the first protocol */
};

static void
put_codes(struct tw_buf *b, const char *codes)
{
	char *end;

	for (const char *p = codes; p != NULL && *p != '\0'; p = *end == ',' ? end + 1 : end)
		tw_buf_u16(b, (uint16_t)strtoul(p, &end, 16));
}

static void
put_body(struct tw_buf *b, uint16_t type, const struct shape *s)
{
	const char *codes = type == 10 ? s->groups : type == 13 ? s->schemes :
	    type == 43 ? s->versions : NULL;
	size_t head = type == 43 ? 1 : 2, mark;

	if (type == 0) {
		tw_buf_put(b, "\0\x07\0\0\4name", 9);
	} else if (type == 11) {
		tw_buf_u8(b, (uint8_t)strlen(s->formats));
		for (const char *p = s->formats; *p != '\0'; p++)
			tw_buf_u8(b, (uint8_t)(*p - '0'));
	} else if (type == 16) {
		tw_buf_u16(b, (uint16_t)(s->alpn.n + 1));
		tw_buf_u8(b, (uint8_t)s->alpn.n);
		tw_buf_bytes(b, s->alpn);
	} else if (type == 51) {
		tw_buf_u16(b, 0);
	} else if (codes != NULL) {
		mark = tw_buf_open_len(b, head);
		put_codes(b, codes);
		tw_buf_close_len(b, mark, head);
	}
}

static void
make(struct tw_buf *b, const struct shape *s)
{
	size_t message, mark, block;
	struct tw_buf types;
	struct tw_bytes left;
	uint16_t type;

	tw_buf_init(b, 1u << 20);
	tw_buf_u8(b, 1);
	message = tw_buf_open_len(b, 3);
	tw_buf_u16(b, s->version);
	tw_buf_put(b, "0123456789abcdef0123456789abcdef", 32);
	tw_buf_u8(b, 0);
	mark = tw_buf_open_len(b, 2);
	put_codes(b, s->suites);
	tw_buf_close_len(b, mark, 2);
	tw_buf_u16(b, 0x0100);
	if (s->extensions != NULL) {
		block = tw_buf_open_len(b, 2);
		tw_buf_init(&types, 1u << 16);
		put_codes(&types, s->extensions);
		for (left = tw_buf_view(&types); tw_bytes_u16(&left, &type);) {
			tw_buf_u16(b, type);
			mark = tw_buf_open_len(b, 2);
			put_body(b, type, s);
			tw_buf_close_len(b, mark, 2);
		}
		tw_buf_close_len(b, block, 2);
		tw_buf_clear(&types);
	}
	tw_buf_close_len(b, message, 3);
}

static void
check(const struct shape *s, const char *raw3, const char *ja3, const char *raw4, const char *ja4)
{
	struct tw_buf hello, raw;
	struct tw_ja ja;

	make(&hello, s);
	assert_true(tw_ja_read(tw_buf_view(&hello), &ja));
	tw_buf_init(&raw, 1u << 20);
	if (raw3 != NULL) {
		assert_true(tw_ja_raw3(tw_buf_view(&hello), &raw));
		assert_string_equal(tw_buf_cstr(&raw), raw3);
		tw_buf_clear(&raw);
	}
	if (raw4 != NULL) {
		assert_true(tw_ja_raw4(tw_buf_view(&hello), &raw));
		assert_string_equal(tw_buf_cstr(&raw), raw4);
		tw_buf_clear(&raw);
	}
	if (ja3 != NULL)
		assert_string_equal(ja.ja3, ja3);
	if (ja4 != NULL)
		assert_string_equal(ja.ja4, ja4);
	for (size_t n = 0; n < hello.n; n++)	/* a hello cut short has no name */
		assert_false(tw_ja_read((struct tw_bytes){ hello.p, n }, &ja));
	tw_buf_clear(&hello);
}

/* github.com/salesforce/ja3, README.md, "How it works". */
static void
ja3_examples(void **state)
{
	struct shape s = { .version = 0x0301, .formats = "0",
		.suites = "2f,35,5,a,c009,c00a,c013,c014,32,38,13,4",
		.extensions = "0,a,b", .groups = "17,18,19" };

	(void)state;
	check(&s, "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0",
	    "ada70206e40642a3e4461f35503241d5", NULL, NULL);
	/* The same client with GREASE all over is the same client. */
	s.suites = "3a3a,2f,35,5,a,c009,c00a,c013,c014,32,38,13,4,fafa";
	s.extensions = "1a1a,0,a,b,0a0a";
	s.groups = "caca,17,18,19";
	check(&s, NULL, "ada70206e40642a3e4461f35503241d5", NULL, NULL);
	s = (struct shape){ .version = 0x0301, .suites = "4,5,a,9,64,62,3,6,13,12,63" };
	check(&s, "769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6",
	    NULL, "t10i110000_3609b414f052_000000000000");
}

#define SUITES	"1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035"
#define SORTED	"002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9"
#define EXTENSIONS	"001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015"
#define SCHEMES	"0403,0804,0401,0503,0805,0501,0806,0601"

/* github.com/FoxIO-LLC/ja4, technical_details/JA4.md, "Details" and "Example". */
static void
ja4_examples(void **state)
{
	struct shape s = { .version = 0x0303, .suites = "2a2a," SUITES, .groups = "1d",
		.extensions = "dada," EXTENSIONS ",7a7a", .schemes = SCHEMES, .formats = "0",
		.versions = "6a6a,0304,0303", .alpn = TW_BYTES("h2") };

	(void)state;
	check(&s, NULL, NULL, "t13d1516h2_" SORTED
	    "_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_" SCHEMES,
	    "t13d1516h2_8daaf6152771_e5627efa2ab1");
	s.schemes = "";		/* the page's second hash: none in the hello */
	check(&s, NULL, NULL, "t13d1516h2_" SORTED
	    "_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01",
	    "t13d1516h2_8daaf6152771_6d807ffa2a79");
}

/* The same page, "ALPN Extension Value"; the hash is SHA-256 of "1301" by another program. */
static void
ja4_alpn(void **state)
{
	static const struct { struct tw_bytes alpn; const char *ja4; } rows[] = {
#define A(lit, two)	{ { (const uint8_t *)(lit), sizeof(lit) - 1 }, \
	"t12i0101" two "_0f2cb44170f4_000000000000" },
		A("h2", "h2") A("http/1.1", "h1") A("", "00") A("q", "qq") A("\xab", "ab")
		A("\xab\xcd", "ad") A("0\xab", "3b") A("01\xab\xcd", "3d") A("0\xab\xcd" "1", "01")
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct shape s = { .version = 0x0303, .suites = "1301", .extensions = "10",
			.alpn = rows[i].alpn };
		struct tw_buf hello;
		struct tw_ja ja;

		make(&hello, &s);
		assert_true(tw_ja_read(tw_buf_view(&hello), &ja));
		assert_string_equal(ja.ja4, rows[i].ja4);
		tw_buf_clear(&hello);
	}
}

static void
ja4_edges(void **state)
{
	struct shape s = { .version = 0x0302, .suites = "" };
	char many[120 * 5 + 1] = "";

	(void)state;
	check(&s, NULL, NULL, NULL, "t11i000000_000000000000_000000000000");
	s.version = 0x0300;
	check(&s, NULL, NULL, NULL, "ts3i000000_000000000000_000000000000");
	s.version = 0x7f12;
	check(&s, NULL, NULL, NULL, "t00i000000_000000000000_000000000000");
	for (unsigned i = 0; i < 120; i++)
		snprintf(many + strlen(many), 6, "%s%04x", i == 0 ? "" : ",", 0x5000 + i);
	s = (struct shape){ .version = 0x0303, .suites = many, .extensions = "0" };
	check(&s, NULL, NULL, NULL, "t12d990100_787dfb78402d_000000000000");	/* 120 are told as 99 */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ja3_examples),
		cmocka_unit_test(ja4_examples),
		cmocka_unit_test(ja4_alpn),
		cmocka_unit_test(ja4_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
