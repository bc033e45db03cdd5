/*
 * What was found, as stored JSON (config nftables --from): read or refused, and whatever it
 * says, the rule set is plain text whose brackets and quotes are its own.
 */
#include <assert.h>
#include <string.h>

#include "report/nftables.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tw_nftables plan = { .arena = tw_arena_new() };
	struct tw_err err = { 0 };
	struct tw_buf out;
	int deep = 0, quotes = 0;

	tw_buf_init(&out, 1 << 22);
	if (tw_nftables_read(&plan, (const char *)p, n, NULL, &err) == 0 && plan.host != NULL) {
		tw_nftables_write(&plan, &out);
		for (size_t i = 0; i < out.n; i++) {
			assert(out.p[i] == '\n' || out.p[i] == '\t' ||
			    (out.p[i] >= ' ' && out.p[i] < 0x7f));
			deep += (out.p[i] == '{') - (out.p[i] == '}');
			quotes += out.p[i] == '"';
			assert(deep >= 0 && deep <= 3);
			assert(out.p[i] != '\n' || quotes % 2 == 0);
		}
		assert(out.failed || deep == 0);
	}
	tw_buf_clear(&out);
	tw_arena_free(plan.arena);
	return 0;
}
