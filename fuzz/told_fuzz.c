/* A handshake told: words, messages and alerts of either side, each behind its kind and length. */
#include <stdlib.h>

#include "report/told.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What the story shows is text: no control byte but the newline is left in it. */
static void
check(struct tw_bytes text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((text.p[i] < 0x20 && text.p[i] != '\n') || text.p[i] == 0x7f)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct tw_report_style style;
	struct tw_bytes in = { p, n }, piece;
	struct tw_arena *arena = tw_arena_new();
	struct tw_trust *trust = tw_trust_new();
	struct tw_buf out;
	struct tw_told t;
	uint8_t kind;

	tw_buf_init(&out, 1u << 20);
	tw_told_init(&t, arena, &style, &out);
	t.host = "www.example.com";
	t.at = 1790000000;
	t.trust = trust;
	while (tw_bytes_u8(&in, &kind) && tw_bytes_vec16(&in, &piece)) {
		if (kind % 3 == 0)
			tw_told_words(&t, 1, kind & 4, piece);
		else if (kind % 3 == 1)
			tw_told_message(&t, 1, kind & 4, piece);
		else
			tw_told_alert(&t, 1, kind & 4, piece);
	}
	check(tw_buf_view(&out));
	tw_told_clear(&t);
	tw_buf_clear(&out);
	tw_trust_free(trust);
	tw_arena_free(arena);
	return 0;
}
