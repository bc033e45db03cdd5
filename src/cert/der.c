/* Cursor reads of strict DER; see der.h. */
#include "cert/der.h"

#include "base/text.h"

bool
tw_der_take(struct tw_bytes *b, unsigned tag, struct tw_bytes *ret)
{
	struct tw_bytes at = *b;
	uint8_t t, len;
	uint16_t two;
	size_t n;

	if (!tw_bytes_u8(&at, &t) || t != tag || !tw_bytes_u8(&at, &len))
		return false;
	n = len;
	if (len == 0x81) {
		if (!tw_bytes_u8(&at, &len) || len < 0x80)
			return false;
		n = len;
	} else if (len == 0x82) {
		if (!tw_bytes_u16(&at, &two) || two < 0x100)
			return false;
		n = two;
	} else if (len >= 0x80) {
		return false;
	}
	if (!tw_bytes_take(&at, n, ret))
		return false;
	*b = at;
	return true;
}

bool
tw_der_whole(struct tw_bytes b, unsigned tag, struct tw_bytes *ret)
{
	return tw_der_take(&b, tag, ret) && b.n == 0;
}

bool
tw_der_oid(struct tw_bytes *b, struct tw_bytes *ret)
{
	if (!tw_der_take(b, TW_DER_OID, ret) || ret->n == 0 || (ret->p[ret->n - 1] & 0x80) != 0)
		return false;
	for (size_t i = 0; i < ret->n; i++)
		if (ret->p[i] == 0x80 && (i == 0 || (ret->p[i - 1] & 0x80) == 0))
			return false;
	return true;
}

bool
tw_der_number(struct tw_bytes *b, struct tw_bytes *ret)
{
	if (!tw_der_take(b, TW_DER_INTEGER, ret) || ret->n == 0 || (ret->p[0] & 0x80) != 0)
		return false;
	if (ret->n > 1 && ret->p[0] == 0) {
		if ((ret->p[1] & 0x80) == 0)
			return false;
		ret->p++;
		ret->n--;
	}
	return true;
}

bool
tw_der_bytes(struct tw_bytes *b, struct tw_bytes *ret)
{
	uint8_t unused;

	return tw_der_take(b, TW_DER_BITS, ret) && tw_bytes_u8(ret, &unused) && unused == 0;
}

/* The number that the n digits at p are; -1: they are none. */
static int
digits(const uint8_t *p, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

static int
days_of(int year, int month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

bool
tw_der_time(struct tw_bytes *b, int64_t *ret_seconds)
{
	struct tw_bytes v;
	int year, part[5];		/* month, day, hour, minute, second */

	if (tw_der_take(b, TW_DER_UTC_TIME, &v)) {
		year = v.n == 13 ? digits(v.p, 2) : -1;
		if (year >= 0)
			year += year < 50 ? 2000 : 1900;
	} else {
		year = tw_der_take(b, TW_DER_TIME, &v) && v.n == 15 ? digits(v.p, 4) : -1;
	}
	if (year < 1950 || v.p[v.n - 1] != 'Z')
		return false;
	for (size_t i = 0; i < TW_COUNT(part); i++)
		part[i] = digits(v.p + v.n - 11 + 2 * i, 2);
	if (part[0] < 1 || part[0] > 12 || part[1] < 1 || part[1] > days_of(year, part[0]) ||
	    part[2] < 0 || part[2] > 23 || part[3] < 0 || part[3] > 59 || part[4] < 0 ||
	    part[4] > 59)
		return false;
	*ret_seconds = tw_text_seconds(year, (unsigned)part[0], (unsigned)part[1],
	    (unsigned)part[2], (unsigned)part[3], (unsigned)part[4]);
	return true;
}
