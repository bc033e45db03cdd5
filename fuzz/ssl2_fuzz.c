/* The body of a first SSL 2.0 record: its head is written here, so that the input always
 * reaches the reader behind it; cut anywhere, with the same answer. */
#include <stdio.h>
#include <stdlib.h>

#include "../tests/unit/flights.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct reading r = { .arena = tw_arena_new(), .want = TW_WANT_FLIGHT };
	struct tw_flight f;
	struct tw_buf b;
	const char *difference;

	if (n > 0x7ffe)
		n = 0x7ffe;
	tw_buf_init(&b, 0x10000);
	tw_buf_u16(&b, (uint16_t)(0x8000 | (n + 1)));
	tw_buf_u8(&b, n > 0 && (p[0] & 1) != 0 ? 0 : 4);	/* ERROR or SERVER-HELLO */
	tw_buf_put(&b, p, n);
	difference = read_both_ways(&f, &r, tw_buf_view(&b));
	if (difference != NULL) {
		fprintf(stderr, "the cut changes %s\n", difference);
		abort();
	}
	if (f.turn == TW_FLIGHT_MORE || f.chain_n > 1 || f.ssl2_kinds_n > n / 3)
		abort();
	tw_flight_clear(&f);
	tw_buf_clear(&b);
	tw_arena_free(r.arena);
	return 0;
}
