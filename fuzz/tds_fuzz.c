/* TDS 7's packets around TLS: what is unsealed lies inside, and sealing is undone by it. */
#include <assert.h>
#include <stdlib.h>

#include "service/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* All packets of a stream, put together; how many bytes of it were whole packets. */
static size_t
unseal_all(const struct tw_service *s, struct tw_bytes in, struct tw_buf *out)
{
	size_t at = 0;

	while (at < in.n) {
		struct tw_bytes rest = { in.p + at, in.n - at }, v = { 0 };
		ptrdiff_t n = s->unseal(rest, &v);

		if (n <= 0)
			break;
		assert((size_t)n <= rest.n);
		assert(v.p >= rest.p && v.p + v.n <= rest.p + n);
		tw_buf_bytes(out, v);
		at += (size_t)n;
	}
	return at;
}

/* What is said of a prefix is said of the whole, unless it was "not yet". */
static void
check_prefixes(const struct tw_service *s, struct tw_bytes in)
{
	struct tw_bytes v;
	ptrdiff_t whole = s->unseal(in, &v);

	for (size_t k = 0; k <= in.n && k < 64; k++) {
		ptrdiff_t n = s->unseal((struct tw_bytes){ in.p, k }, &v);

		assert(n == 0 || n == whole);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct tw_service *s = tw_service_by_name("mssql");
	struct tw_bytes in = { p, n };
	struct tw_buf sealed, back;

	if (n > 1 << 16)
		return 0;
	tw_buf_init(&sealed, 1 << 18);
	tw_buf_init(&back, 1 << 18);
	unseal_all(s, in, &back);
	tw_buf_clear(&back);
	check_prefixes(s, in);
	s->seal(in, &sealed);
	assert(!sealed.failed);
	assert(unseal_all(s, tw_buf_view(&sealed), &back) == sealed.n);
	assert(tw_bytes_equal(tw_buf_view(&back), in));
	tw_buf_clear(&sealed);
	tw_buf_clear(&back);
	return 0;
}
