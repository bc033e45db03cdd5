/* Escaping, base64, hex, dates; see text.h. */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Length of the UTF-8 character at v (RFC 3629: no overlong form, no surrogate,
 * nothing above U+10FFFF) and its code point; 0 when it is none.
 */
static size_t
utf8(struct tw_bytes v, uint32_t *ret_c)
{
	uint8_t b = v.p[0];
	size_t n = b < 0x80 ? 1 : b >= 0xc2 && b < 0xe0 ? 2 : (b & 0xf0) == 0xe0 ? 3
	    : b >= 0xf0 && b < 0xf5 ? 4 : 0;
	uint32_t c = n == 1 ? b : b & (0x7fu >> n);

	if (n == 0 || v.n < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((v.p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (v.p[i] & 0x3f);
	}
	if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) ||
	    (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	*ret_c = c;
	return n;
}

/* Controls, line and paragraph separators, and what turns text around (Bidi_Control). */
static bool
is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
	    c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069);
}

/* How many bytes at the front of v are plain ASCII, as nearly all are. */
static size_t
plain(struct tw_bytes v)
{
	size_t n = 0;

	while (n < v.n && v.p[n] >= 0x20 && v.p[n] < 0x7f)
		n++;
	return n;
}

void
tw_text_escape(struct tw_buf *b, struct tw_bytes v)
{
	while (v.n > 0) {
		uint32_t c = ' ';
		size_t n = plain(v);

		if (n == 0)
			n = utf8(v, &c);
		if (n == 0) {
			tw_buf_fmt(b, "\\x%02X", v.p[0]);
			n = 1;
		} else if (is_unsafe(c)) {
			tw_buf_fmt(b, "\\u%04X", c);
		} else {
			tw_buf_put(b, v.p, n);
		}
		v.p += n;
		v.n -= n;
	}
}

char *
tw_text_escaped(struct tw_arena *a, struct tw_bytes v)
{
	struct tw_buf b;
	char *s;

	if (v.p == NULL)
		return NULL;
	tw_buf_init(&b, v.n * 6 + 1);
	tw_text_escape(&b, v);
	s = tw_arena_str(a, tw_buf_cstr(&b));
	tw_buf_clear(&b);
	return s;
}

void
tw_text_hex(struct tw_buf *b, struct tw_bytes v)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < v.n; i++)
		tw_buf_put(b, (char[]){ digit[v.p[i] >> 4], digit[v.p[i] & 15] }, 2);
}

static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
tw_text_base64(struct tw_buf *b, struct tw_bytes v)
{
	for (size_t i = 0; i < v.n; i += 3) {
		size_t left = v.n - i;
		uint32_t w = (uint32_t)v.p[i] << 16 |
		    (left > 1 ? (uint32_t)v.p[i + 1] << 8 : 0) | (left > 2 ? v.p[i + 2] : 0u);
		char four[4] = { base64[w >> 18], base64[w >> 12 & 63],
			left > 1 ? base64[w >> 6 & 63] : '=', left > 2 ? base64[w & 63] : '=' };

		tw_buf_put(b, four, 4);
	}
}

bool
tw_text_unbase64(struct tw_arena *a, const char *s, struct tw_bytes *ret_v)
{
	size_t n = strlen(s), pad = 0, out = 0;
	uint8_t *p;

	if (n % 4 != 0)
		return false;
	while (pad < 2 && pad < n && s[n - 1 - pad] == '=')
		pad++;
	p = tw_arena_alloc(a, n / 4 * 3 + 1);
	for (size_t i = 0; i < n; i += 4) {
		uint32_t w = 0;

		for (size_t k = 0; k < 4; k++) {
			const char *at = i + k >= n - pad ? base64 : strchr(base64, s[i + k]);

			if (at == NULL || *at == '\0')
				return false;
			w = w << 6 | (uint32_t)(at - base64);
		}
		p[out++] = (uint8_t)(w >> 16);
		p[out++] = (uint8_t)(w >> 8);
		p[out++] = (uint8_t)w;
	}
	*ret_v = (struct tw_bytes){ p, out - pad };
	return true;
}

/* Days since 1970-01-01; years run from March so that the leap day comes last. */
static int64_t
days_of(int64_t y, unsigned m, unsigned d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

int64_t
tw_text_seconds(int year, unsigned month, unsigned day, unsigned hour, unsigned minute,
    unsigned second)
{
	return days_of(year, month, day) * 86400 + (int64_t)hour * 3600 + minute * 60 + second;
}

char *
tw_text_time(int64_t seconds, char out[static 32])
{
	int64_t days = seconds / 86400 - (seconds % 86400 < 0), rest = seconds - days * 86400;
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	int64_t m = mp < 10 ? mp + 3 : mp - 9;

	snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ",
	    (int)(yoe + era * 400 + (m <= 2)), (int)m, (int)(doy - (153 * mp + 2) / 5 + 1),
	    (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
	return out;
}

bool
tw_text_parse_time(const char *s, int64_t *ret_seconds)
{
	static const unsigned longest[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned y, mo, d, h = 0, mi = 0, se = 0;
	int end = 0;
	char *rest;

	if (*s == '@') {
		long long v = strtoll(s + 1, &rest, 10);

		if (rest == s + 1 || *rest != '\0')
			return false;
		*ret_seconds = v;
		return true;
	}
	if (sscanf(s, "%4u-%2u-%2u%n", &y, &mo, &d, &end) != 3 || end == 0)
		return false;
	s += end;
	if (*s != '\0') {
		end = 0;
		if (sscanf(s, "%*1[Tt ]%2u:%2u:%2u%n", &h, &mi, &se, &end) != 3 || end == 0)
			return false;
		s += end;
		if (strcmp(s, "Z") != 0 && strcmp(s, "z") != 0 && *s != '\0')
			return false;
	}
	if (mo < 1 || mo > 12 || d < 1 || d > longest[mo - 1] || h > 23 || mi > 59 || se > 60)
		return false;
	*ret_seconds = tw_text_seconds((int)y, mo, d, h, mi, se);
	return true;
}

bool
tw_text_parse_duration(const char *s, int64_t *ret_ms)
{
	static const struct { const char *unit; int64_t ms; } units[] = {
		{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
		{ "d", 86400000 },
	};
	char *rest;
	double v;

	if (*s < '0' || *s > '9')
		return false;
	v = strtod(s, &rest);
	for (size_t i = 0; i < TW_COUNT(units); i++)
		if (strcmp(rest, units[i].unit) == 0 && v < 1e9) {
			*ret_ms = (int64_t)(v * (double)units[i].ms + 0.5);
			return true;
		}
	return false;
}

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

unsigned
tw_text_distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	unsigned row[64];

	if (na > 63 || nb > 63)
		return 64;
	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned corner = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned change = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			row[j] = least(change, row[j] + 1, row[j - 1] + 1);
		}
	}
	return row[nb];
}
