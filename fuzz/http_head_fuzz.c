/*
 * Heads of requests and answers at every cut, what is answered to them, and bodies in chunks
 * cut in two. The first byte says which.
 */
#include <stdlib.h>

#include "wire/http_chunks.h"
#include "wire/http_redirect.h"
#include "wire/http_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check_request(struct tw_bytes in)
{
	struct tw_http_head whole, cut;
	ptrdiff_t got = tw_http_head_read(in, &whole), part;
	struct tw_bytes token;
	struct tw_buf out;

	if (got > (ptrdiff_t)in.n || (got == -1) != (whole.why != NULL) ||
	    (got == 0 && in.n > TW_HTTP_HEAD_MAX))
		abort();
	for (size_t i = 0; i < in.n && i < 2000; i++) {
		part = tw_http_head_read((struct tw_bytes){ in.p, i }, &cut);
		if (part != 0 && (part != got || cut.why != whole.why))
			abort();
	}
	if (got <= 0)
		return;
	/* The answer is a head of one Location, whatever was asked. */
	tw_buf_init(&out, 1u << 16);
	if (tw_http_redirect_write(&whole, 443, &out)) {
		struct tw_http_reply reply;

		if (tw_http_reply_read(tw_buf_view(&out), whole.method, &reply) !=
		    (ptrdiff_t)out.n || reply.hsts || !reply.close)
			abort();
	}
	tw_buf_clear(&out);
	if (tw_http_redirect_is_acme(&whole, &token) && memchr(token.p, '.', token.n) != NULL)
		abort();
}

static void
check_reply(struct tw_bytes in)
{
	struct tw_http_reply whole, cut;
	ptrdiff_t got = tw_http_reply_read(in, TW_BYTES("GET"), &whole), part;

	for (size_t i = 0; i < in.n && i < 2000; i++) {
		part = tw_http_reply_read((struct tw_bytes){ in.p, i }, TW_BYTES("GET"), &cut);
		if (part != 0 && (part != got || cut.why != whole.why))
			abort();
	}
	if (got > 0 && (whole.insert_at + 2 != (size_t)got || whole.status < 100))
		abort();
}

static void
check_chunks(struct tw_bytes in)
{
	struct tw_http_chunks whole = { 0 };
	ptrdiff_t got = tw_http_chunks_feed(&whole, in), first, second;

	for (size_t i = 0; i < in.n && i < 300; i++) {
		struct tw_http_chunks cut = { 0 };

		first = tw_http_chunks_feed(&cut, (struct tw_bytes){ in.p, i });
		second = first < 0 || cut.done ? 0 :
		    tw_http_chunks_feed(&cut, (struct tw_bytes){ in.p + i, in.n - i });
		if (cut.done != whole.done || cut.why != whole.why ||
		    (got >= 0 && first + second != got))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static void (*const checks[])(struct tw_bytes in) = { check_request, check_reply,
		check_chunks };

	if (n > 0)
		checks[p[0] % 3]((struct tw_bytes){ p + 1, n - 1 });
	return 0;
}
