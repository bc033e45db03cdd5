/* Views of bytes and cursor reads; see bytes.h. Every parser calls these. */
#include "base/bytes.h"

struct tw_bytes
tw_bytes_of(const char *s)
{
	return (struct tw_bytes){ (const uint8_t *)s, s == NULL ? 0 : strlen(s) };
}

bool
tw_bytes_equal(struct tw_bytes a, struct tw_bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool
tw_bytes_begin_with(struct tw_bytes b, const char *prefix)
{
	for (size_t i = 0; prefix[i] != '\0'; i++)
		if (i >= b.n || lower(b.p[i]) != lower((uint8_t)prefix[i]))
			return false;
	return true;
}

bool
tw_bytes_contain(struct tw_bytes b, const char *word)
{
	for (; b.n > 0; b.p++, b.n--)
		if (tw_bytes_begin_with(b, word))
			return true;
	return *word == '\0';
}

/* The unsigned number in the next n bytes, n at most 4. */
static bool
number(struct tw_bytes *b, size_t n, uint32_t *ret_v)
{
	uint32_t v = 0;

	if (b->n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | b->p[i];
	b->p += n;
	b->n -= n;
	*ret_v = v;
	return true;
}

bool
tw_bytes_u8(struct tw_bytes *b, uint8_t *ret_v)
{
	uint32_t v;

	if (!number(b, 1, &v))
		return false;
	*ret_v = (uint8_t)v;
	return true;
}

bool
tw_bytes_u16(struct tw_bytes *b, uint16_t *ret_v)
{
	uint32_t v;

	if (!number(b, 2, &v))
		return false;
	*ret_v = (uint16_t)v;
	return true;
}

bool
tw_bytes_u24(struct tw_bytes *b, uint32_t *ret_v)
{
	return number(b, 3, ret_v);
}

bool
tw_bytes_u32(struct tw_bytes *b, uint32_t *ret_v)
{
	return number(b, 4, ret_v);
}

bool
tw_bytes_take(struct tw_bytes *b, size_t n, struct tw_bytes *ret_v)
{
	if (b->n < n)
		return false;
	*ret_v = (struct tw_bytes){ b->p, n };
	if (n > 0) {
		b->p += n;
		b->n -= n;
	}
	return true;
}

/* A vector whose length stands before it in head bytes. */
static bool
vector(struct tw_bytes *b, size_t head, struct tw_bytes *ret_v)
{
	struct tw_bytes at = *b;
	uint32_t n;

	if (!number(&at, head, &n) || !tw_bytes_take(&at, n, ret_v))
		return false;
	*b = at;
	return true;
}

bool
tw_bytes_vec8(struct tw_bytes *b, struct tw_bytes *ret_v)
{
	return vector(b, 1, ret_v);
}

bool
tw_bytes_vec16(struct tw_bytes *b, struct tw_bytes *ret_v)
{
	return vector(b, 2, ret_v);
}

bool
tw_bytes_vec24(struct tw_bytes *b, struct tw_bytes *ret_v)
{
	return vector(b, 3, ret_v);
}
