/* Words and numbers of the kernel's tables; see words.h. */
#include "host/words.h"

bool
tw_words_line(struct tw_bytes *text, struct tw_bytes *ret)
{
	const uint8_t *end;

	if (text->n == 0)
		return false;
	end = memchr(text->p, '\n', text->n);
	ret->p = text->p;
	ret->n = end != NULL ? (size_t)(end - text->p) : text->n;
	text->p += ret->n + (end != NULL);
	text->n -= ret->n + (end != NULL);
	return true;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

bool
tw_words_next(struct tw_bytes *line, struct tw_bytes *ret)
{
	size_t n = 0;

	while (line->n > 0 && is_blank(line->p[0])) {
		line->p++;
		line->n--;
	}
	while (n < line->n && !is_blank(line->p[n]))
		n++;
	*ret = (struct tw_bytes){ line->p, n };
	if (n == 0)
		return false;
	line->p += n;
	line->n -= n;
	return true;
}

bool
tw_words_are(struct tw_bytes word, const char *s)
{
	return word.n == strlen(s) && memcmp(word.p, s, word.n) == 0;
}

static int
digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	    c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

bool
tw_words_number(struct tw_bytes word, unsigned base, uint64_t most, uint64_t *ret)
{
	uint64_t v = 0;

	if (word.n == 0)
		return false;
	for (size_t i = 0; i < word.n; i++) {
		unsigned d = (unsigned)digit(word.p[i]);

		if (d >= base || d > most || v > (most - d) / base)
			return false;
		v = v * base + d;
	}
	*ret = v;
	return true;
}

bool
tw_words_address(struct tw_bytes word, tw_u128 *ret, bool *ret_v6)
{
	tw_u128 v = 0;

	if (word.n != 8 && word.n != 32)
		return false;
	for (size_t i = 0; i < word.n; i += 8) {
		uint64_t part;
		uint32_t raw;
		uint8_t b[4];

		if (!tw_words_number((struct tw_bytes){ word.p + i, 8 }, 16, UINT32_MAX, &part))
			return false;
		raw = (uint32_t)part;
		memcpy(b, &raw, sizeof(b));	/* as they lie in memory: network order */
		v = v << 32 | ((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
		    (uint32_t)b[2] << 8 | b[3]);
	}
	*ret = v;
	*ret_v6 = word.n == 32;
	return true;
}
