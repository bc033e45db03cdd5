/* A ClientHello named: the names have their one form, whatever was in it. */
#include <stdlib.h>

#include "wire/ja.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tw_bytes in = { p, n };
	struct tw_buf raw;
	struct tw_ja ja;
	bool named = tw_ja_read(in, &ja);

	tw_buf_init(&raw, 1u << 20);
	if (tw_ja_raw3(in, &raw) != named || tw_ja_raw4(in, &raw) != named || raw.failed)
		abort();
	tw_buf_clear(&raw);
	if (!named)
		return 0;
	if (strlen(ja.ja3) != TW_JA3_TEXT - 1 || strlen(ja.ja4) != TW_JA4_TEXT - 1 ||
	    ja.ja4[10] != '_' || ja.ja4[23] != '_' ||
	    strspn(ja.ja3, "0123456789abcdef") != TW_JA3_TEXT - 1)
		abort();
	for (size_t i = 0; ja.ja4[i] != '\0'; i++)
		if (ja.ja4[i] <= ' ' || ja.ja4[i] > '~')
			abort();
	if (tw_ja_read((struct tw_bytes){ p, n - 1 }, &ja))	/* cut short it is none */
		abort();
	return 0;
}
