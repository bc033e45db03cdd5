/* The kernel's tables of sockets and routes: read line by line, the same from one whole or two halves. */
#include <assert.h>

#include "host/routes.h"
#include "host/sockets.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_bytes all = { p, n };

	for (int v6 = 0; v6 < 2; v6++)
		for (int udp = 0; udp < 2; udp++) {
			struct tw_sockets whole = { 0 }, parts = { 0 };
			const uint8_t *cut = n > 0 ? memchr(p + n / 2, '\n', n - n / 2) : NULL;
			size_t first = cut != NULL ? (size_t)(cut - p) + 1 : n;

			tw_sockets_read(a, all, udp ? TW_UDP : TW_TCP, v6, &whole);
			tw_sockets_read(a, (struct tw_bytes){ p, first }, udp ? TW_UDP : TW_TCP, v6,
			    &parts);
			tw_sockets_read(a, (struct tw_bytes){ p + first, n - first },
			    udp ? TW_UDP : TW_TCP, v6, &parts);
			assert(whole.n == parts.n);
			for (size_t i = 0; i < whole.n; i++)
				assert(whole.v[i].port == parts.v[i].port && whole.v[i].port != 0 &&
				    (whole.v[i].v6 || whole.v[i].address <= UINT32_MAX));
		}
	for (int v6 = 0; v6 < 2; v6++) {
		struct tw_route r;

		tw_routes_read(a, all, v6, &r);
		assert(r.interface == NULL || r.interface[0] != '\0');
	}
	tw_arena_free(a);
	return 0;
}
