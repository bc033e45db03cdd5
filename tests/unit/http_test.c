/* Heads and bodies of HTTP/1 at every cut, against a corpus of smuggling (http_heads.def). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/http_chunks.h"
#include "wire/http_redirect.h"
#include "wire/http_reply.h"

#define ROW(why, lit) { why, { (const uint8_t *)(lit), sizeof(lit) - 1 } },

static const struct {
	const char *why;	/* NULL: it is good */
	struct tw_bytes in;
} heads[] = {
#define BAD(why, lit)	ROW(why, lit)
#define GOOD(lit)	ROW(NULL, lit)
#include "http_heads.def"
};

static ptrdiff_t
read_at_every_cut(struct tw_bytes in, struct tw_http_head *h)
{
	ptrdiff_t whole = tw_http_head_read(in, h), n;
	struct tw_http_head cut;

	for (size_t i = 0; i <= in.n; i++) {
		n = tw_http_head_read((struct tw_bytes){ in.p, i }, &cut);
		assert_true(n == whole || n == 0);
		assert_true(whole <= 0 || (n > 0) == (i >= (size_t)whole));
		assert_true(n != -1 || cut.why == h->why);
	}
	return whole;
}

static void
corpus(void **state)
{
	unsigned bad = 0, good = 0;
	struct tw_http_head h;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(heads); i++) {
		ptrdiff_t n = read_at_every_cut(heads[i].in, &h);

		if (heads[i].why == NULL ? n != (ptrdiff_t)heads[i].in.n :
		    n != -1 || strcmp(h.why, heads[i].why) != 0)
			fail_msg("row %zu, \"%s\": %td, %s", i,
			    heads[i].why == NULL ? "good" : heads[i].why, n, h.why);
		*(heads[i].why == NULL ? &good : &bad) += 1;
	}
	assert_true(bad >= 60 && good >= 12);
}

/* A head with a field so long, and so many of them. */
static ptrdiff_t
read_big(size_t bytes, size_t fields, struct tw_http_head *h)
{
	struct tw_buf b;
	ptrdiff_t n;

	tw_buf_init(&b, 1u << 20);
	tw_buf_str(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (size_t f = 1; f < fields; f++) {
		tw_buf_str(&b, "X:");
		for (size_t i = 2; i < bytes; i++)
			tw_buf_u8(&b, 'x');
		tw_buf_str(&b, "\r\n");
	}
	tw_buf_str(&b, "\r\n");
	n = tw_http_head_read(tw_buf_view(&b), h);
	assert_true(n <= 0 || (n == (ptrdiff_t)b.n && n <= (ptrdiff_t)TW_HTTP_HEAD_MAX));
	tw_buf_clear(&b);
	return n;
}

static void
bounds(void **state)
{
	struct tw_http_head h;

	(void)state;
	assert_true(read_big(TW_HTTP_LINE_MAX, 2, &h) > 0);
	assert_int_equal(read_big(TW_HTTP_LINE_MAX + 1, 2, &h), -1);
	assert_string_equal(h.why, "a line of the head is too long");
	assert_true(read_big(20, TW_HTTP_FIELDS_MAX, &h) > 0);
	assert_int_equal(read_big(20, TW_HTTP_FIELDS_MAX + 1, &h), -1);
	assert_string_equal(h.why, "the head has too many fields");
	/* 16384 - 25 - 2 are left: 53 lines of 300 bytes and CR LF fit, with 2 more each they do not. */
	assert_true(read_big(300, 55, &h) > 0);
	assert_int_equal(read_big(302, 55, &h), -1);
	assert_string_equal(h.why, "the head is too long");
}

#define READ(lit, h)	assert_int_equal(tw_http_head_read(TW_BYTES(lit), h), sizeof(lit) - 1)
#define SAYS(b, text)	assert_true(tw_bytes_equal(b, TW_BYTES(text)))

static void
what_heads_say(void **state)
{
	struct tw_http_head h;

	(void)state;
	READ("POST /form?x=1 HTTP/1.1\r\nHost: A.example:8080\r\nContent-Length: 12\r\n\r\n", &h);
	SAYS(h.method, "POST");
	SAYS(h.target, "/form?x=1");
	SAYS(h.path, "/form?x=1");
	SAYS(h.host, "A.example:8080");
	SAYS(h.name, "A.example");
	assert_int_equal(h.form, TW_HTTP_ORIGIN);
	assert_int_equal(h.minor, 1);
	assert_int_equal(h.body.kind, TW_HTTP_LENGTH);
	assert_int_equal(h.body.length, 12);
	assert_false(h.close);
	READ("GET http://[::1]:81/x HTTP/1.0\r\nHost: [::1]:81\r\nConnection: Keep-Alive\r\n\r\n", &h);
	assert_int_equal(h.form, TW_HTTP_ABSOLUTE);
	SAYS(h.path, "/x");
	SAYS(h.name, "[::1]");
	assert_int_equal(h.minor, 0);
	assert_false(h.close);
	assert_int_equal(h.body.kind, TW_HTTP_NO_BODY);
	READ("GET / HTTP/1.0\r\n\r\n", &h);
	assert_true(h.close && h.host.p == NULL);
	READ("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", &h);
	SAYS(h.upgrade, "websocket");
	READ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: close\r\n\r\n", &h);
	assert_true(h.upgrade.p == NULL && h.close);
	READ("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", &h);
	assert_int_equal(h.body.kind, TW_HTTP_CHUNKED);
	assert_int_equal(tw_http_head_read(TW_BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), &h), -1);
	assert_true(h.http2);
}

static void
chunks(void **state)
{
	static const struct { const char *why; struct tw_bytes in; size_t n; } rows[] = {
#define C(why, lit, n)	{ why, { (const uint8_t *)(lit), sizeof(lit) - 1 }, n },
		C(NULL, "0\r\n\r\nGET /", 5)
		C(NULL, "5\r\nhello\r\n00;x=\"y\"\r\n\r\n", 22)
		C("the size of a chunk is malformed", "5 \r\nhello\r\n", 0)
		C(NULL, "1\r\n\n\r\n0\r\nX: y\r\nContent-Type: \xe9\r\n\r\nmore", 34)
		C("the size of a chunk is malformed", "\r\n", 0)
		C("the size of a chunk is malformed", " 5\r\nhello\r\n", 0)
		C("the size of a chunk is malformed", "0x5\r\nhello\r\n", 0)
		C("the size of a chunk is malformed", "-5\r\n", 0)
		C("the size of a chunk is malformed", "5\nhello\n", 0)
		C("the size of a chunk is too large", "10000000000000000\r\n", 0)
		C("the line of a chunk's size ends without LF", "5\rhello\r\n", 0)
		C("a control byte stands in the extension of a chunk", "5;a\nhello\r\n", 0)
		C("a chunk is longer than its size", "4\r\nhello\r\n", 0)
		C("a chunk is longer than its size", "5\r\nhello\n0\r\n\r\n", 0)
		C("a chunk is longer than its size", "5\r\nhello\rx", 0)
		C("a trailer has the name of a framing field", "0\r\nContent-Length: 5\r\n\r\n", 0)
		C("a trailer has the name of a framing field", "0\r\ntransfer_encoding: x\r\n\r\n", 0)
		C("a trailer has the name of a framing field", "0\r\nhost: x\r\n\r\n", 0)
		C("the name of a trailer is malformed", "0\r\nX : y\r\n\r\n", 0)
		C("the name of a trailer is malformed", "0\r\n x: y\r\n\r\n", 0)
		C("the name of a trailer is malformed", "0\r\nGET / HTTP/1.1\r\n", 0)
		C("a trailer has no name", "0\r\n: y\r\n\r\n", 0)
		C("a control byte stands in a trailer", "0\r\nX: y\n\r\n", 0)
		C("the end of the chunks has no LF", "0\r\n\r\r\n", 0)
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		for (size_t step = 1; step <= rows[i].in.n; step++) {
			struct tw_http_chunks c = { 0 };
			struct tw_bytes rest = rows[i].in, piece;
			size_t taken = 0;
			ptrdiff_t n = 0;

			while (rest.n > 0 && n >= 0 && !c.done) {
				tw_bytes_take(&rest, step < rest.n ? step : rest.n, &piece);
				n = tw_http_chunks_feed(&c, piece);
				taken += n > 0 ? (size_t)n : 0;
			}
			if (rows[i].why == NULL ? taken != rows[i].n || !c.done :
			    n != -1 || strcmp(c.why, rows[i].why) != 0)
				fail_msg("row %zu by %zu: %td, %zu, %s", i, step, n, taken, c.why);
		}
	}
}

static void
replies(void **state)
{
	static const struct {
		const char *in, *method;
		unsigned status;
		enum tw_http_body_kind kind;
		bool hsts, tunnel;
	} rows[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "GET", 200, TW_HTTP_LENGTH, 0, 0 },
		{ "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "GET", 200, TW_HTTP_NO_BODY, 0, 0 },
		{ "HTTP/1.1 200 \r\n\r\n", "GET", 200, TW_HTTP_UNTIL_CLOSE, 0, 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", 200, TW_HTTP_NO_BODY, 0, 0 },
		{ "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", "GET", 304, TW_HTTP_NO_BODY, 0, 0 },
		{ "HTTP/1.1 204 x\r\n\r\n", "GET", 204, TW_HTTP_NO_BODY, 0, 0 },
		{ "HTTP/1.1 100 Continue\r\n\r\n", "POST", 100, TW_HTTP_NO_BODY, 0, 0 },
		{ "HTTP/1.1 101 x\r\n\r\n", "GET", 101, TW_HTTP_UNTIL_CLOSE, 0, 1 },
		{ "HTTP/1.1 200 x\r\n\r\n", "CONNECT", 200, TW_HTTP_UNTIL_CLOSE, 0, 1 },
		{ "HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\nstrict-transport-security: max-age=1"
		  "\r\n\r\n", "GET", 404, TW_HTTP_CHUNKED, 1, 0 },
	};
	static const char *const bad[] = {
		"HTTP/2 200\r\n", "HTTP/1.1 99 x\r\n", "HTTP/1.1 2000 x\r\n", "HTTP/1.1 600 x\r\n",
		"HTTP/1.1  200 x\r\n", "ICY 200 OK\r\n", "HTTP/1.1 200 OK\n", "\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "HTTP/1.1 200 OK\r\n X: y\r\n\r\n",
	};
	struct tw_http_reply r, cut;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct tw_bytes in = tw_bytes_of(rows[i].in), method = tw_bytes_of(rows[i].method);

		for (size_t n = 0; n < in.n; n++)
			assert_int_equal(tw_http_reply_read((struct tw_bytes){ in.p, n }, method,
			    &cut), 0);
		assert_int_equal(tw_http_reply_read(in, method, &r), in.n);
		assert_int_equal(r.status, rows[i].status);
		assert_int_equal(r.body.kind, rows[i].kind);
		assert_int_equal(r.hsts, rows[i].hsts);
		assert_int_equal(r.tunnel, rows[i].tunnel);
		assert_int_equal(r.interim, rows[i].status == 100);
		assert_int_equal(r.insert_at, in.n - 2);
	}
	for (size_t i = 0; i < TW_COUNT(bad); i++)
		if (tw_http_reply_read(tw_bytes_of(bad[i]), TW_BYTES("GET"), &r) != -1)
			fail_msg("taken: %s", bad[i]);
}

static void
redirects(void **state)
{
	static const struct { const char *head; uint16_t port; const char *answer; } rows[] = {
#define H(line, host)	line " HTTP/1.1\r\nHost: " host "\r\n\r\n"
#define TO(status, where) "HTTP/1.1 " status "\r\nLocation: https://" where \
	"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
		{ H("GET /x?y", "a.example"), 443, TO("301 Moved Permanently", "a.example/x?y") },
		{ H("HEAD /", "a.example:80"), 8443, TO("301 Moved Permanently", "a.example:8443/") },
		{ H("POST /", "[::1]:80"), 443, TO("308 Permanent Redirect", "[::1]/") },
		{ H("GET http://a.example?y", "a.example"), 443,
		  TO("301 Moved Permanently", "a.example/?y") },
		{ H("GET //b.example/", "a.example"), 443,
		  TO("301 Moved Permanently", "a.example//b.example/") },
		{ H("OPTIONS *", "a.example"), 443, NULL },
		{ H("CONNECT a.example:80", "a.example:80"), 443, NULL },
		{ "GET / HTTP/1.0\r\n\r\n", 443, NULL },
	};
	struct tw_http_head h;
	struct tw_buf out;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		tw_buf_init(&out, 1u << 15);
		assert_true(tw_http_head_read(tw_bytes_of(rows[i].head), &h) > 0);
		assert_int_equal(tw_http_redirect_write(&h, rows[i].port, &out),
		    rows[i].answer != NULL);
		assert_string_equal(tw_buf_cstr(&out), rows[i].answer == NULL ? "" : rows[i].answer);
		tw_buf_clear(&out);
	}
	tw_buf_init(&out, 1000);
	tw_http_redirect_refuse(&out);
	assert_true(tw_bytes_begin_with(tw_buf_view(&out), "HTTP/1.1 400 "));
	tw_buf_clear(&out);
}

static void
acme(void **state)
{
#define ACME "/.well-known/acme-challenge/"
	static const struct { const char *line, *token; } rows[] = {
		{ "GET " ACME "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0",
		  "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0" },	/* RFC 8555 8.3 */
		{ "GET http://a.example" ACME "a-_9", "a-_9" },
		{ "HEAD " ACME "x", "x" },
		{ "POST " ACME "x", NULL },
		{ "GET " ACME, NULL },
		{ "GET " ACME "../x", NULL },
		{ "GET " ACME "a/b", NULL },
		{ "GET " ACME "a.b", NULL },
		{ "GET " ACME "%61", NULL },
		{ "GET " ACME "x?y", NULL },
		{ "GET /x" ACME "x", NULL },
		{ "GET /.WELL-KNOWN/acme-challenge/x", NULL },
		{ "GET /.well-known/acme-challengex", NULL },
		{ "OPTIONS *", NULL },
	};
	struct tw_bytes token;
	struct tw_http_head h;
	char head[300];

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		snprintf(head, sizeof(head), "%s HTTP/1.1\r\nHost: a.example\r\n\r\n", rows[i].line);
		assert_true(tw_http_head_read(tw_bytes_of(head), &h) > 0);
		assert_int_equal(tw_http_redirect_is_acme(&h, &token), rows[i].token != NULL);
		if (rows[i].token != NULL)
			assert_true(tw_bytes_equal(token, tw_bytes_of(rows[i].token)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(corpus),
		cmocka_unit_test(bounds),
		cmocka_unit_test(what_heads_say),
		cmocka_unit_test(chunks),
		cmocka_unit_test(replies),
		cmocka_unit_test(redirects),
		cmocka_unit_test(acme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
