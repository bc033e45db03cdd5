/* HTTP inside TLS from request to answer: what is told, what is put in, however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/http2_follow.h"
#include "wire/http_follow.h"

#define FIELD	"Strict-Transport-Security: max-age=60\r\n"
#define GET	"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define HEAD	"HEAD /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define OK	"HTTP/1.1 200 OK\r\n"
#define TWO	"Content-Length: 2\r\n"

struct told {
	char line[64], host[64];
	unsigned n;
};

static void
asked(void *ctx, struct tw_bytes line, struct tw_bytes host)
{
	struct told *t = ctx;

	snprintf(t->line, sizeof(t->line), "%.*s", (int)line.n, (const char *)line.p);
	snprintf(t->host, sizeof(t->host), "%.*s", (int)host.n, (const char *)host.p);
	t->n++;
}

#define L(lit)	{ (const uint8_t *)(lit), sizeof(lit) - 1 }

static const struct row {
	const char *what;
	struct tw_bytes client, backend, gets;	/* gets: where the field is wanted */
	const char *line;			/* NULL: none is told */
	unsigned status;
} rows[] = {
	{ "a length", L(GET), L(OK TWO "\r\nhi"), L(OK TWO FIELD "\r\nhi"), "GET /x HTTP/1.1", 200 },
	{ "three at once", L(GET GET GET), L(OK TWO "\r\nhi" "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
	    OK "Content-Length: 1\r\n\r\n!"), L(OK TWO FIELD "\r\nhi" "HTTP/1.1 404 No\r\nContent-Length: 0\r\n"
	    FIELD "\r\n" OK "Content-Length: 1\r\n" FIELD "\r\n!"), "GET /x HTTP/1.1", 200 },
	{ "chunks and trailers", L(GET GET), L(OK "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nHTTP/\r\n0\r\nX: y\r\n\r\n"
	    OK TWO "\r\nhi"), L(OK "Transfer-Encoding: chunked\r\n" FIELD
	    "\r\n5;a=b\r\nHTTP/\r\n0\r\nX: y\r\n\r\n" OK TWO FIELD "\r\nhi"), "GET /x HTTP/1.1", 200 },
	{ "until the close", L(GET), L(OK "\r\nHTTP/1.1 200 OK\r\n\r\n"), L(OK FIELD "\r\nHTTP/1.1 200 OK\r\n\r\n"),
	    "GET /x HTTP/1.1", 200 },
	{ "the answer to HEAD has no body", L(HEAD GET), L(OK TWO "\r\n" OK TWO "\r\nhi"),
	    L(OK TWO FIELD "\r\n" OK TWO FIELD "\r\nhi"), "HEAD /x HTTP/1.1", 200 },
	{ "204 and 304 neither", L(GET GET GET), L("HTTP/1.1 204 No\r\n\r\nHTTP/1.1 304 Not\r\n" TWO "\r\n" OK TWO "\r\nhi"),
	    L("HTTP/1.1 204 No\r\n" FIELD "\r\nHTTP/1.1 304 Not\r\n" TWO FIELD "\r\n" OK TWO FIELD "\r\nhi"),
	    "GET /x HTTP/1.1", 204 },
	{ "1xx first", L("POST /u HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody"),
	    L("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" OK TWO "\r\nhi"),
	    L("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" OK TWO FIELD "\r\nhi"),
	    "POST /u HTTP/1.1", 200 },
	{ "a WebSocket", L("GET /ws HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
	    L("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
	    L("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
	    "GET /ws HTTP/1.1", 101 },
	{ "CONNECT", L("CONNECT a.example:1 HTTP/1.1\r\nHost: a.example:1\r\n\r\nHEAD"), L(OK "\r\n" OK "\r\n"),
	    L(OK "\r\n" OK "\r\n"), "CONNECT a.example:1 HTTP/1.1", 200 },
	{ "it is there already", L(GET), L(OK "strict-transport-security: max-age=1\r\n" TWO "\r\nhi"),
	    L(OK "strict-transport-security: max-age=1\r\n" TWO "\r\nhi"), "GET /x HTTP/1.1", 200 },
	{ "HTTP/1.0", L("GET / HTTP/1.0\r\n\r\n"), L("HTTP/1.0 200 OK\r\n\r\nhi"), L("HTTP/1.0 200 OK\r\n" FIELD "\r\nhi"),
	    "GET / HTTP/1.0", 200 },
	{ "bodies of requests", L("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n\r\nGET "
	    "PUT / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nHEAD\r\n0\r\n\r\n" HEAD),
	    L(OK TWO "\r\nhi" OK TWO "\r\nhi" OK TWO "\r\n"), L(OK TWO FIELD "\r\nhi" OK TWO FIELD "\r\nhi" OK TWO FIELD "\r\n"),
	    "POST / HTTP/1.1", 200 },
	{ "a head that two could read in two ways", L("GET / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"), L(OK TWO "\r\nhi"), L(OK TWO "\r\nhi"), NULL, 0 },
	{ "a second one", L(GET "GET / HTTP/1.1\nHost: a.example\n\n"), L(OK TWO "\r\nhi" OK TWO "\r\nhi"),
	    L(OK TWO FIELD "\r\nhi" OK TWO "\r\nhi"), "GET /x HTTP/1.1", 200 },
	{ "no HTTP", L("EHLO me\r\n"), L("250 hello\r\n"), L("250 hello\r\n"), NULL, 0 },
	{ "an answer nobody asked for", L(GET), L("HTTP/1.1 408 Late\r\n" TWO "\r\nhi" OK TWO "\r\nhi"),
	    L("HTTP/1.1 408 Late\r\n" TWO FIELD "\r\nhi" OK TWO "\r\nhi"), "GET /x HTTP/1.1", 408 },
	{ "an answer that is none", L(GET), L("HTTP/1.1 200 OK\nX: y\n\nhi"), L("HTTP/1.1 200 OK\nX: y\n\nhi"),
	    "GET /x HTTP/1.1", 0 },
	{ "an answer with two lengths", L(GET), L(OK TWO "Content-Length: 3\r\n\r\nhi"),
	    L(OK TWO "Content-Length: 3\r\n\r\nhi"), "GET /x HTTP/1.1", 0 },
	{ "chunks that are none", L(GET), L(OK "Transfer-Encoding: chunked\r\n\r\nxyz\r\n" OK TWO "\r\nhi"),
	    L(OK "Transfer-Encoding: chunked\r\n" FIELD "\r\nxyz\r\n" OK TWO "\r\nhi"), "GET /x HTTP/1.1", 200 },
	{ "half a head", L(GET), L(OK "Content-Len"), L(OK "Content-Len"), "GET /x HTTP/1.1", 0 },
};

/* Both sides in pieces; what comes out, put together. */
static void
run(const struct row *r, bool field, size_t client_cut, size_t cut, struct told *t, unsigned *ret_status,
    struct tw_buf *out)
{
	uint8_t room[1024 + TW_HTTP_FOLLOW_MORE];
	struct tw_http_follow f;

	memset(t, 0, sizeof(*t));
	tw_http_follow_open(&f, field ? FIELD : NULL, asked, t);
	for (size_t at = 0; at < r->client.n; at += client_cut)
		tw_http_follow_client(&f, (struct tw_bytes){ r->client.p + at,
		    r->client.n - at < client_cut ? r->client.n - at : client_cut });
	tw_buf_init(out, 1u << 20);
	for (size_t at = 0; at < r->backend.n; at += cut) {
		size_t n = tw_http_follow_backend(&f, (struct tw_bytes){ r->backend.p + at,
		    r->backend.n - at < cut ? r->backend.n - at : cut }, room);

		tw_buf_put(out, room, n);
		assert_true(field || out->n == (at + cut < r->backend.n ? at + cut : r->backend.n));
	}
	tw_buf_put(out, room, tw_http_follow_end(&f, room));
	*ret_status = f.status;
	tw_http_follow_clear(&f);
}

static void
one(void **state)
{
	struct tw_buf out;
	struct told t;
	unsigned status;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		for (size_t cut = 1; cut <= rows[i].backend.n; cut++)
			for (unsigned field = 0; field < 2; field++) {
				const struct row *r = &rows[i];

				run(r, field == 1, cut == 1 ? 1 : r->client.n, cut, &t, &status, &out);
				if (!tw_bytes_equal(tw_buf_view(&out), field == 1 ? r->gets : r->backend))
					fail_msg("%s, cut at %zu: %s", r->what, cut, tw_buf_cstr(&out));
				if (t.n != (r->line != NULL) || (t.n > 0 && strcmp(t.line, r->line) != 0) ||
				    status != r->status)
					fail_msg("%s: %u \"%s\" %u", r->what, t.n, t.line, status);
				tw_buf_clear(&out);
			}
	assert_string_equal(rows[0].line, "GET /x HTTP/1.1");
}

/* More requests at once than are followed; a head that never ends; one of the most bytes. */
static void
bounds(void **state)
{
	uint8_t room[4096 + TW_HTTP_FOLLOW_MORE];
	struct tw_http_follow f;
	struct told t = { .n = 0 };
	struct tw_buf answers;
	unsigned fields = 0;
	size_t n = 0;

	(void)state;
	tw_buf_init(&answers, 4096);
	tw_http_follow_open(&f, FIELD, asked, &t);
	for (unsigned i = 0; i < TW_HTTP_FOLLOW_ASKED + 1; i++) {
		tw_http_follow_client(&f, TW_BYTES(GET));
		tw_buf_str(&answers, OK TWO "\r\nhi");
	}
	n = tw_http_follow_backend(&f, tw_buf_view(&answers), room);
	for (size_t i = 0; i + sizeof(FIELD) - 1 <= n; i++)
		fields += memcmp(room + i, FIELD, sizeof(FIELD) - 1) == 0;
	assert_int_equal(fields, TW_HTTP_FOLLOW_ASKED);
	assert_int_equal(n, answers.n + fields * (sizeof(FIELD) - 1));
	assert_true(f.done);
	tw_http_follow_clear(&f);
	tw_buf_clear(&answers);

	tw_http_follow_open(&f, FIELD, asked, &t);
	tw_http_follow_client(&f, TW_BYTES(GET));
	n = tw_http_follow_backend(&f, TW_BYTES(OK "X: "), room);
	for (unsigned i = 0; i < TW_HTTP_HEAD_MAX; i++)
		n += tw_http_follow_backend(&f, TW_BYTES("x"), room);
	assert_int_equal(n, sizeof(OK "X: ") - 1 + TW_HTTP_HEAD_MAX);
	assert_true(f.done && f.backend.head.p == NULL);
	tw_http_follow_clear(&f);
}

#ifdef TW_NGHTTP2

#define PREFACE	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\4\0\0\0\0\0"
/* :method GET, :scheme https, :path /index.html of the static table; :authority a.example. */
#define REQUEST	"\x82\x87\x85\x41\x09" "a.example"

static const struct two {
	const char *what;
	struct tw_bytes client, backend;
	const char *line;
	unsigned status;
	bool over;
} twos[] = {
	{ "the least", L(PREFACE SETTINGS "\0\0\x0e\1\5\0\0\0\1" REQUEST),
	    L(SETTINGS "\0\0\1\1\5\0\0\0\1\x88"), "GET /index.html HTTP/2", 200, true },
	{ "padding, a priority, pieces", L(PREFACE "\0\0\x0a\1\x29\0\0\0\1\3\0\0\0\0\x10\x82\0\0\0"
	    "\0\0\0\x09\0\0\0\0\1" "\0\0\x0d\x09\4\0\0\0\1\x87\x85\x41\x09" "a.example"),
	    L("\0\0\5\1\x0d\0\0\0\1\3\x8d\0\0\0"), "GET /index.html HTTP/2", 404, true },
	{ "1xx, another stream, a push first", L(PREFACE "\0\0\x0e\1\5\0\0\0\3" REQUEST),
	    L("\0\0\5\1\4\0\0\0\3\x08\3" "103" "\0\0\1\1\4\0\0\0\1\x8d" "\0\0\5\5\4\0\0\0\1\0\0\0\2\x82"
	    "\0\0\4\0\0\0\0\0\1abcd" "\0\0\1\1\5\0\0\0\3\x88"), "GET /index.html HTTP/2", 200, true },
	{ "the largest table that is borne", L(PREFACE "\0\0\x0e\1\5\0\0\0\1" REQUEST),
	    L("\0\0\5\1\5\0\0\0\1\x3f\xe1\xff\x03\x88"), "GET /index.html HTTP/2", 200, true },
	{ "a larger one", L(PREFACE "\0\0\x0e\1\5\0\0\0\1" REQUEST),
	    L("\0\0\5\1\5\0\0\0\1\x3f\xe2\xff\x03\x88"), "GET /index.html HTTP/2", 0, true },
	{ "a table of the client's", L(PREFACE "\0\0\x05\1\5\0\0\0\1\x3f\xe1\xff\x03\x82"),
	    L("\0\0\1\1\5\0\0\0\1\x88"), NULL, 0, true },
	{ "an index that is not there", L(PREFACE "\0\0\2\1\5\0\0\0\1\xff\x7f"), L("\0\0\1\1\5\0\0\0\1\x88"), NULL, 0, true },
	{ "a frame between the pieces", L(PREFACE "\0\0\1\1\1\0\0\0\1\x82" "\0\0\0\0\0\0\0\0\1"),
	    L("\0\0\1\1\5\0\0\0\1\x88"), NULL, 0, true },
	{ "more padding than frame", L(PREFACE "\0\0\2\1\x0d\0\0\0\1\x09\x82"), L("\0\0\1\1\5\0\0\0\1\x88"), NULL, 0, true },
	{ "another protocol", L("GET / HTTP/1.1\r\n\r\n"), L("HTTP/1.1 200 OK\r\n\r\n"), NULL, 0, true },
	{ "reset", L(PREFACE "\0\0\x0e\1\5\0\0\0\1" REQUEST), L("\0\0\4\3\0\0\0\0\1\0\0\0\1"),
	    "GET /index.html HTTP/2", 0, true },
	{ "not yet", L(PREFACE "\0\0\x0e\1\5\0\0\0\1" REQUEST), L("\0\0\1\1\5\0\0\0\1"), "GET /index.html HTTP/2", 0, false },
};

static void
two(void **state)
{
	(void)state;
	for (size_t i = 0; i < TW_COUNT(twos); i++)
		for (size_t cut = 1; cut < 60; cut++) {
			const struct two *r = &twos[i];
			struct told t = { .n = 0 };
			struct tw_http2_follow *f = tw_http2_follow_new(asked, &t);
			unsigned status = 0;
			bool over = false;

			assert_non_null(f);
			for (size_t at = 0; at < r->client.n; at += cut)
				tw_http2_follow_client(f, (struct tw_bytes){ r->client.p + at,
				    r->client.n - at < cut ? r->client.n - at : cut });
			for (size_t at = 0; at < r->backend.n; at += cut)
				over = tw_http2_follow_backend(f, (struct tw_bytes){ r->backend.p + at,
				    r->backend.n - at < cut ? r->backend.n - at : cut }, &status);
			if (t.n != (r->line != NULL) || (t.n > 0 && (strcmp(t.line, r->line) != 0 ||
			    strcmp(t.host, "a.example") != 0)) || status != r->status || over != r->over)
				fail_msg("%s, cut at %zu: %u \"%s\" %u %d", r->what, cut, t.n, t.line, status, over);
			tw_http2_follow_free(f);
		}
}

/* One that repeats a long field by a byte each, and one that sends frames without end. */
static void
hostile(void **state)
{
	struct told t = { .n = 0 };
	struct tw_http2_follow *f = tw_http2_follow_new(asked, &t);
	unsigned status, frames = 0;
	uint8_t block[16000];

	(void)state;
	assert_non_null(f);
	tw_http2_follow_client(f, TW_BYTES(PREFACE "\0\x3e\x80\1\4\0\0\0\1" "\x40\1x\x7f\x96\x01"));
	memset(block, 'a', 277);
	tw_http2_follow_client(f, (struct tw_bytes){ block, 277 });
	memset(block, 0xbe, sizeof(block));
	tw_http2_follow_client(f, (struct tw_bytes){ block, 300 });
	assert_true(tw_http2_follow_backend(f, TW_BYTES(""), &status));
	assert_int_equal(t.n, 0);
	tw_http2_follow_free(f);

	f = tw_http2_follow_new(asked, &t);
	tw_http2_follow_client(f, TW_BYTES(PREFACE));
	while (!tw_http2_follow_backend(f, TW_BYTES(""), &status) && frames < 10 * TW_HTTP2_FRAMES) {
		tw_http2_follow_client(f, TW_BYTES("\0\0\0\0\0\0\0\0\1"));
		frames++;
	}
	assert_int_equal(frames, TW_HTTP2_FRAMES + 1);
	tw_http2_follow_free(f);
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one),
		cmocka_unit_test(bounds),
#ifdef TW_NGHTTP2
		cmocka_unit_test(two),
		cmocka_unit_test(hostile),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
