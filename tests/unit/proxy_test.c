/*
 * The PROXY protocol against bytes written by hand from its specification (HAProxy's
 * doc/proxy-protocol.txt, sections 2.1 and 2.2), at every cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/proxy.h"

/* As TW_BYTES(), for a static table. */
#define ROW(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

/* CRC-32C of headers()' second header, worked out bit by bit apart from this program. */
#define CRC_INET "\x03\x6d\x76\x82"
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

/* All cuts of one header say "not yet" or what the whole says, for the same reason. */
static ptrdiff_t
read_at_every_cut(struct tw_bytes in, struct tw_proxy *p)
{
	ptrdiff_t whole = tw_proxy_read(in, p), n;
	struct tw_proxy cut;

	for (size_t i = 0; i <= in.n; i++) {
		n = tw_proxy_read((struct tw_bytes){ in.p, i }, &cut);
		assert_true(n == 0 || n == whole);
		assert_true(n <= (ptrdiff_t)i);
		if (n == -1)
			assert_string_equal(cut.why, p->why);
		if (whole > 0 && i < (size_t)whole)
			assert_int_equal(n, 0);
	}
	return whole;
}

static void
inet(struct tw_proxy_end *e, uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
	const uint8_t mapped[16] = { [10] = 0xff, 0xff, a, b, c, d };

	memcpy(e->address, mapped, 16);
	e->port = port;
}

static void
assert_ends(const struct tw_proxy *a, const struct tw_proxy *b)
{
	assert_int_equal(a->family, b->family);
	assert_memory_equal(a->source.address, b->source.address, 16);
	assert_memory_equal(a->destination.address, b->destination.address, 16);
	assert_int_equal(a->source.port, b->source.port);
	assert_int_equal(a->destination.port, b->destination.port);
	assert_true(tw_bytes_equal(a->source.path, b->source.path));
	assert_true(tw_bytes_equal(a->destination.path, b->destination.path));
}

/* Written, it is these bytes; they, with the client's first bytes behind, are read back. */
static void
both_ways(const struct tw_proxy *p, struct tw_bytes bytes)
{
	struct tw_proxy back;
	struct tw_buf out;

	tw_buf_init(&out, TW_PROXY_HEADER_MAX + 100);
	if (p->version == 1)
		tw_proxy_write_line(p, &out);
	else
		tw_proxy_write_header(p, &out);
	assert_false(out.failed);
	assert_int_equal(out.n, bytes.n);
	assert_memory_equal(out.p, bytes.p, bytes.n);
	tw_buf_str(&out, "\x16\x03\x01 PROXY");
	assert_int_equal(read_at_every_cut(tw_buf_view(&out), &back), bytes.n);
	assert_int_equal(back.version, p->version);
	assert_int_equal(back.local, p->local);
	assert_ends(&back, p);
	assert_true(tw_bytes_equal(back.alpn, p->alpn));
	assert_true(tw_bytes_equal(back.authority, p->authority));
	assert_true(tw_bytes_equal(back.unique_id, p->unique_id));
	assert_int_equal(back.crc32c, p->crc32c);
	assert_int_equal(back.has_tls, p->has_tls);
	assert_int_equal(back.tls.client, p->tls.client);
	assert_int_equal(back.tls.verify, p->tls.verify);
	assert_true(tw_bytes_equal(back.tls.version, p->tls.version));
	assert_true(tw_bytes_equal(back.tls.name, p->tls.name));
	assert_true(tw_bytes_equal(back.tls.cipher, p->tls.cipher));
	assert_true(tw_bytes_equal(back.tls.signature, p->tls.signature));
	assert_true(tw_bytes_equal(back.tls.key, p->tls.key));
	tw_buf_clear(&out);
}

static void
lines(void **state)
{
	struct tw_proxy p = { .version = 1, .family = TW_PROXY_INET };

	(void)state;
	inet(&p.source, 192, 168, 0, 1, 56324);		/* the specification's example */
	inet(&p.destination, 192, 168, 0, 11, 443);
	both_ways(&p, TW_BYTES("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"));
	p.family = TW_PROXY_INET6;
	memcpy(p.source.address, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	memcpy(p.destination.address, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\2", 16);
	both_ways(&p, TW_BYTES("PROXY TCP6 2001:db8::1 fe80::2 56324 443\r\n"));
	both_ways(&(struct tw_proxy){ .version = 1 }, TW_BYTES("PROXY UNKNOWN\r\n"));
}

static void
longest_lines(void **state)
{
	static const char *const good[] = {
		"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
		"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
		"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
		"PROXY TCP6 ::ffff:192.0.2.1 ::1 0 0\r\n",
	};
	static const size_t sizes[] = { 56, 104, 107, 37 };
	struct tw_proxy p;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(good); i++) {
		assert_int_equal(strlen(good[i]), sizes[i]);
		assert_int_equal(read_at_every_cut(tw_bytes_of(good[i]), &p), sizes[i]);
	}
	assert_int_equal(p.family, TW_PROXY_INET6);
}

static void
bad_lines(void **state)
{
	static const char *const bad[] = {
		"GET / HTTP/1.1\r\n", "PROXY\r\n", "proxy TCP4 1.2.3.4 1.2.3.4 1 1\r\n",
		"PROXY \r\n", "PROXY TCP4\r\n", "PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n",
		"PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n", "PROXY UNKNOWNX\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\rX",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n", "PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n",
		"PROXY TCP4 1.2.3.256 1.2.3.4 1 1\r\n", "PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n",
		"PROXY TCP4 01.2.3.4 1.2.3.4 1 1\r\n", "PROXY TCP4 1.2.3.4 ::1 1 1\r\n",
		"PROXY TCP6 1.2.3.4 ::1 1 1\r\n", "PROXY TCP6 ::1 fe80::1%eth0 1 1\r\n",
		"PROXY TCP6 1::2::3 ::1 1 1\r\n", "PROXY TCP4\t1.2.3.4 1.2.3.4 1 1\r\n",
		"PROXY UNKNOWN \x80\r\n",
		"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 655355\r\n",
	};
	struct tw_proxy p;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(bad); i++)
		if (read_at_every_cut(tw_bytes_of(bad[i]), &p) != -1 || p.why == NULL)
			fail_msg("taken: %s", bad[i]);
}

static void
headers(void **state)
{
	struct tw_proxy p = { .version = 2, .family = TW_PROXY_INET };

	(void)state;
	inet(&p.source, 192, 0, 2, 1, 54321);
	inet(&p.destination, 198, 51, 100, 7, 443);
	both_ways(&p, TW_BYTES(SIGNATURE "\x21\x11\x00\x0c"
	    "\xc0\x00\x02\x01\xc6\x33\x64\x07\xd4\x31\x01\xbb"));
	p.crc32c = true;
	both_ways(&p, TW_BYTES(SIGNATURE "\x21\x11\x00\x13"
	    "\xc0\x00\x02\x01\xc6\x33\x64\x07\xd4\x31\x01\xbb" "\x03\x00\x04" CRC_INET));
	p = (struct tw_proxy){ .version = 2, .family = TW_PROXY_INET6 };
	memcpy(p.source.address, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	memcpy(p.destination.address, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2", 16);
	p.source.port = 0x1234;
	p.destination.port = 993;
	both_ways(&p, TW_BYTES(SIGNATURE "\x21\x21\x00\x24"
	    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1" "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
	    "\x12\x34\x03\xe1"));
	p = (struct tw_proxy){ .version = 2, .local = true };
	both_ways(&p, TW_BYTES(SIGNATURE "\x20\x00\x00\x00"));
	p.local = false;
	both_ways(&p, TW_BYTES(SIGNATURE "\x21\x00\x00\x00"));
}

static void
unix_sockets(void **state)
{
	struct tw_proxy p = { .version = 2, .family = TW_PROXY_UNIX }, back;
	uint8_t bytes[16 + 216] = SIGNATURE "\x21\x31\x00\xd8" "/run/a";

	(void)state;
	memcpy(bytes + 16 + 108, "\0abstract", 9);
	p.source.path = TW_BYTES("/run/a");
	p.destination.path = TW_BYTES("\0abstract");
	both_ways(&p, (struct tw_bytes){ bytes, sizeof(bytes) });
	memset(bytes + 16, 'x', 108);		/* as long as it can be: no NUL */
	assert_int_equal(read_at_every_cut((struct tw_bytes){ bytes, sizeof(bytes) }, &back),
	    sizeof(bytes));
	assert_int_equal(back.source.path.n, 108);
}

static void
values(void **state)
{
	struct tw_proxy p = { .version = 2, .family = TW_PROXY_INET, .has_tls = true,
		.alpn = TW_BYTES("h2"), .authority = TW_BYTES("example.com"),
		.unique_id = TW_BYTES("\0id"),
		.tls = { TW_PROXY_CLIENT_TLS | TW_PROXY_CLIENT_CERT_CONNECTION, 0,
		    TW_BYTES("TLSv1.3"), TW_BYTES("ann"), TW_BYTES("TLS_AES_128_GCM_SHA256"),
		    TW_BYTES("RSA-SHA256"), TW_BYTES("RSA2048") } };

	(void)state;
	inet(&p.source, 192, 0, 2, 1, 54321);
	inet(&p.destination, 198, 51, 100, 7, 443);
	both_ways(&p, TW_BYTES(SIGNATURE "\x21\x11\x00\x6d"
	    "\xc0\x00\x02\x01\xc6\x33\x64\x07\xd4\x31\x01\xbb"
	    "\x01\x00\x02" "h2" "\x02\x00\x0b" "example.com" "\x05\x00\x03" "\0id"
	    "\x20\x00\x45" "\x03\0\0\0\0" "\x21\x00\x07" "TLSv1.3" "\x22\x00\x03" "ann"
	    "\x23\x00\x16" "TLS_AES_128_GCM_SHA256" "\x24\x00\x0a" "RSA-SHA256"
	    "\x25\x00\x07" "RSA2048"));
	p.tls = (struct tw_proxy_tls){ TW_PROXY_CLIENT_TLS, 1, TW_BYTES("TLSv1.2"), { 0 }, { 0 },
		{ 0 }, { 0 } };
	p.alpn = p.authority = p.unique_id = (struct tw_bytes){ NULL, 0 };
	both_ways(&p, TW_BYTES(SIGNATURE "\x21\x11\x00\x1e"
	    "\xc0\x00\x02\x01\xc6\x33\x64\x07\xd4\x31\x01\xbb"
	    "\x20\x00\x0f" "\x01\0\0\0\1" "\x21\x00\x07" "TLSv1.2"));
}

#define INET_BLOCK "\xc0\x00\x02\x01\xc6\x33\x64\x07\xd4\x31\x01\xbb"

/* What is unknown is passed over where the specification says so. */
static void
passed_over(void **state)
{
	static const struct tw_bytes good[] = {
		/* LOCAL with a block and an unknown family; datagrams; NOOP, NETNS, private TLVs */
		ROW(SIGNATURE "\x20\xff\x00\x02" "xx"),
		ROW(SIGNATURE "\x21\x12\x00\x0c" INET_BLOCK),
		ROW(SIGNATURE "\x21\x10\x00\x0c" INET_BLOCK),
		ROW(SIGNATURE "\x21\x01\x00\x01" "x"),
		ROW(SIGNATURE "\x21\x11\x00\x19" INET_BLOCK "\x04\0\0" "\x04\0\1x" "\x30\0\0"
		    "\xe0\0\0"),
	};
	struct tw_proxy p;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(good); i++) {
		assert_int_equal(read_at_every_cut(good[i], &p), good[i].n);
		assert_int_equal(p.family, i + 1 < TW_COUNT(good) ? TW_PROXY_UNSPEC : TW_PROXY_INET);
	}
}

static void
bad_headers(void **state)
{
	static const struct tw_bytes bad[] = {
		ROW("\r\n\r\n\0\r\nQUIX"),
		ROW(SIGNATURE "\x11"),				/* version 1 */
		ROW(SIGNATURE "\x22\x11\0\0"),			/* command 2 */
		ROW(SIGNATURE "\x21\x41\0\0"),			/* family 4 */
		ROW(SIGNATURE "\x21\x13\0\0"),			/* transport 3 */
		ROW(SIGNATURE "\x21\x11\x00\x0b" INET_BLOCK),	/* 11 bytes of 12 */
		ROW(SIGNATURE "\x21\x21\x00\x0c" INET_BLOCK),	/* IPv6 in 12 */
		ROW(SIGNATURE "\x21\x12\x00\x0b" INET_BLOCK),	/* datagrams as well */
		ROW(SIGNATURE "\x21\x11\x0f\xf1" INET_BLOCK),	/* 4097 bytes in all */
		ROW(SIGNATURE "\x20\x00\xff\xff"),
		ROW(SIGNATURE "\x21\x11\x00\x0e" INET_BLOCK "\x01\x00"),
		ROW(SIGNATURE "\x21\x11\x00\x10" INET_BLOCK "\x01\x00\x02h"),
		ROW(SIGNATURE "\x21\x11\x00\x14" INET_BLOCK "\x02\0\1a" "\x02\0\1b"),
		ROW(SIGNATURE "\x21\x11\x00\x13" INET_BLOCK "\x03\0\4\1\2\3\4"),
		ROW(SIGNATURE "\x21\x11\x00\x12" INET_BLOCK "\x03\0\3\1\2\3"),
		ROW(SIGNATURE "\x21\x11\x00\x1a" INET_BLOCK "\x03\0\4" CRC_INET
		    "\x03\0\4" CRC_INET),
		ROW(SIGNATURE "\x21\x11\x00\x13" INET_BLOCK "\x20\0\4\1\0\0\0"),
		ROW(SIGNATURE "\x21\x11\x00\x16" INET_BLOCK "\x20\0\7\1\0\0\0\0\x21\0"),
		ROW(SIGNATURE "\x21\x11\x00\x1a" INET_BLOCK "\x20\0\x0b\1\0\0\0\0"
		    "\x21\0\0" "\x21\0\0"),
		ROW(SIGNATURE "\x21\x11\x00\x1c" INET_BLOCK "\x20\0\5\1\0\0\0\0"
		    "\x20\0\5\1\0\0\0\0"),
	};
	uint8_t id[16 + 12 + 3 + 129] = SIGNATURE "\x21\x11\x00\x90" INET_BLOCK "\x05\x00\x81";
	struct tw_proxy p;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(bad); i++)
		if (read_at_every_cut(bad[i], &p) != -1 || p.why == NULL)
			fail_msg("taken: row %zu", i);
	assert_int_equal(read_at_every_cut((struct tw_bytes){ id, sizeof(id) }, &p), -1);
}

/* One bit flipped anywhere in a header with a checksum: never the same header. */
static void
flipped_bits(void **state)
{
	uint8_t header[35] = SIGNATURE "\x21\x11\x00\x13" INET_BLOCK "\x03\x00\x04" CRC_INET;
	struct tw_proxy p;

	(void)state;
	assert_int_equal(tw_proxy_read((struct tw_bytes){ header, sizeof(header) }, &p), 35);
	for (size_t bit = 0; bit < sizeof(header) * 8; bit++) {
		header[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (tw_proxy_read((struct tw_bytes){ header, sizeof(header) }, &p) == 35)
			assert_true(p.family == TW_PROXY_UNSPEC || !p.crc32c);
		header[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void
too_long(void **state)
{
	static uint8_t name[4096];
	struct tw_proxy p = { .version = 2, .authority = { name, sizeof(name) } };
	struct tw_buf out;

	(void)state;
	tw_buf_init(&out, 1u << 20);
	tw_proxy_write_header(&p, &out);
	assert_true(out.failed);
	tw_buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(longest_lines),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(headers),
		cmocka_unit_test(unix_sockets),
		cmocka_unit_test(values),
		cmocka_unit_test(passed_over),
		cmocka_unit_test(bad_headers),
		cmocka_unit_test(flipped_bits),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
