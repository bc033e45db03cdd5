/* A PROXY header: cut anywhere with the same answer; what was read is written and read again. */
#include <stdlib.h>

#include "wire/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
write_again(const struct tw_proxy *p)
{
	struct tw_proxy back;
	struct tw_buf out;

	tw_buf_init(&out, 2 * TW_PROXY_HEADER_MAX);
	if (p->version == 1)
		tw_proxy_write_line(p, &out);
	else
		tw_proxy_write_header(p, &out);
	if (out.failed || tw_proxy_read(tw_buf_view(&out), &back) != (ptrdiff_t)out.n)
		abort();
	if (back.family != p->family || back.local != p->local ||
	    memcmp(back.source.address, p->source.address, 16) != 0 ||
	    back.destination.port != p->destination.port ||
	    !tw_bytes_equal(back.source.path, p->source.path) ||
	    !tw_bytes_equal(back.authority, p->authority) ||
	    !tw_bytes_equal(back.tls.cipher, p->tls.cipher) || back.crc32c != p->crc32c ||
	    back.tls.verify != p->tls.verify)
		abort();
	tw_buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tw_proxy whole, cut;
	ptrdiff_t got = tw_proxy_read((struct tw_bytes){ p, n }, &whole), part;

	if (got > (ptrdiff_t)n || got < -1 || (got == 0 && n >= TW_PROXY_HEADER_MAX) ||
	    (got == -1) != (whole.why != NULL))
		abort();
	for (size_t i = 0; i < n && i <= TW_PROXY_HEADER_MAX; i++) {
		part = tw_proxy_read((struct tw_bytes){ p, i }, &cut);
		if (part != 0 && (part != got || cut.why != whole.why))
			abort();
		if (part == 0 && got > 0 && i >= (size_t)got)
			abort();
	}
	if (got > 0)
		write_again(&whole);
	return 0;
}
