/* A server's answer, any bytes: the answer does not depend on the cut. The first byte
 * says what is wanted and the size of the pieces of a third reading. */
#include <stdio.h>
#include <stdlib.h>

#include "../tests/unit/flights.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct reading r = { .arena = tw_arena_new() };
	struct tw_flight whole, pieces;
	const char *difference;

	if (n > 0) {
		struct tw_bytes answer = { p + 1, n - 1 };

		r.want = (p[0] & 1) != 0 ? TW_WANT_HELLO : TW_WANT_FLIGHT;
		difference = read_both_ways(&whole, &r, answer);
		read_in_pieces(&pieces, &r, answer, 2u + (p[0] >> 1));
		if (difference == NULL)
			difference = flight_difference(&whole, &pieces);
		if (difference != NULL) {
			fprintf(stderr, "the cut changes %s\n", difference);
			abort();
		}
		tw_flight_clear(&whole);
		tw_flight_clear(&pieces);
	}
	tw_arena_free(r.arena);
	return 0;
}
