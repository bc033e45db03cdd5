/* Sets of addresses as ranges; see ranges.h. The firewall's evaluator is made of them. */
#include "host/ranges.h"

#include <stdio.h>
#include <stdlib.h>

#define TOP(v6) ((v6) ? ~(tw_u128)0 : (tw_u128)UINT32_MAX)

static void
push(struct tw_arena *a, struct tw_ranges *x, tw_u128 first, tw_u128 last)
{
	/* One that touches the last is part of it; none follows the highest value of all. */
	if (x->n > 0 && x->v[x->n - 1].last != ~(tw_u128)0 &&
	    x->v[x->n - 1].last + 1 >= first) {
		if (last > x->v[x->n - 1].last)
			x->v[x->n - 1].last = last;
		return;
	}
	if (x->n > 0 && x->v[x->n - 1].last == ~(tw_u128)0)
		return;
	TW_PUSH(a, x, (struct tw_range){ first, last });
}

struct tw_ranges
tw_ranges_one(struct tw_arena *a, tw_u128 first, tw_u128 last)
{
	struct tw_ranges x = { 0 };

	if (first <= last)
		push(a, &x, first, last);
	return x;
}

struct tw_ranges
tw_ranges_all(struct tw_arena *a, bool v6)
{
	return tw_ranges_one(a, 0, TOP(v6));
}

static int
compare(const void *a, const void *b)
{
	const struct tw_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

struct tw_ranges
tw_ranges_of(struct tw_arena *a, struct tw_range *v, size_t n)
{
	struct tw_ranges x = { 0 };

	if (n > 1)
		qsort(v, n, sizeof(*v), compare);
	for (size_t i = 0; i < n; i++)
		if (v[i].first <= v[i].last)
			push(a, &x, v[i].first, v[i].last);
	return x;
}

struct tw_ranges
tw_ranges_union(struct tw_arena *a, struct tw_ranges x, struct tw_ranges y)
{
	struct tw_ranges u = { 0 };
	size_t i = 0, k = 0;

	if (x.n == 0 || y.n == 0)
		return x.n == 0 ? y : x;
	while (i < x.n || k < y.n) {
		const struct tw_range *r = k == y.n ||
		    (i < x.n && x.v[i].first <= y.v[k].first) ? &x.v[i++] : &y.v[k++];

		push(a, &u, r->first, r->last);
	}
	return u;
}

struct tw_ranges
tw_ranges_common(struct tw_arena *a, struct tw_ranges x, struct tw_ranges y)
{
	struct tw_ranges c = { 0 };

	for (size_t i = 0, k = 0; i < x.n && k < y.n;) {
		tw_u128 first = x.v[i].first > y.v[k].first ? x.v[i].first : y.v[k].first;
		tw_u128 last = x.v[i].last < y.v[k].last ? x.v[i].last : y.v[k].last;

		if (first <= last)
			push(a, &c, first, last);
		if (x.v[i].last < y.v[k].last)
			i++;
		else
			k++;
	}
	return c;
}

struct tw_ranges
tw_ranges_without(struct tw_arena *a, struct tw_ranges x, struct tw_ranges y)
{
	struct tw_ranges d = { 0 };
	size_t k = 0;

	if (x.n == 0 || y.n == 0)
		return x;
	for (size_t i = 0; i < x.n; i++) {
		tw_u128 first = x.v[i].first;
		bool left = true;

		while (k < y.n && y.v[k].last < first)
			k++;
		for (size_t m = k; left && m < y.n && y.v[m].first <= x.v[i].last; m++) {
			if (y.v[m].first > first)
				push(a, &d, first, y.v[m].first - 1);
			left = y.v[m].last < x.v[i].last;
			if (left && y.v[m].last >= first)
				first = y.v[m].last + 1;
		}
		if (left)
			push(a, &d, first, x.v[i].last);
	}
	return d;
}

bool
tw_ranges_have(struct tw_ranges x, tw_u128 value)
{
	for (size_t i = 0; i < x.n; i++)
		if (x.v[i].first <= value && value <= x.v[i].last)
			return true;
	return false;
}

bool
tw_ranges_equal(struct tw_ranges x, struct tw_ranges y)
{
	if (x.n != y.n)
		return false;
	for (size_t i = 0; i < x.n; i++)
		if (x.v[i].first != y.v[i].first || x.v[i].last != y.v[i].last)
			return false;
	return true;
}

/* A number of at most `most` in the given base at *p, which moves past it. */
static bool
take_number(const char **p, unsigned base, unsigned most, unsigned *ret)
{
	unsigned v = 0, digits = 0;

	for (;; (*p)++, digits++) {
		unsigned char c = (unsigned char)**p;
		unsigned d = c >= '0' && c <= '9' ? c - 48u : base == 16 && (c | 32) >= 'a' &&
		    (c | 32) <= 'f' ? (c | 32) - 87u : 99u;

		if (d >= base)
			break;
		v = v * base + d;
		if (v > most)
			return false;
	}
	*ret = v;
	return digits > 0;
}

static bool
take_v4(const char **p, tw_u128 *ret)
{
	tw_u128 v = 0;
	unsigned part;

	for (int i = 0; i < 4; i++) {
		if ((i > 0 && *(*p)++ != '.') || !take_number(p, 10, 255, &part))
			return false;
		v = v << 8 | part;
	}
	*ret = v;
	return true;
}

/* RFC 4291 2.2: groups of hex, one "::" for any number of zeros, IPv4 at the end perhaps. */
static bool
take_v6(const char **p, tw_u128 *ret)
{
	uint16_t group[8] = { 0 };
	int n = 0, gap = -1;
	unsigned part;
	tw_u128 v4, v = 0;

	if ((*p)[0] == ':' && (*p)[1] == ':') {
		gap = 0;
		*p += 2;
	}
	while (n < 8 && **p != '\0' && **p != '/') {
		const char *begin = *p;

		if (!take_number(p, 16, 0xffff, &part))
			return false;
		if (**p == '.') {
			*p = begin;
			if (n > 6 || !take_v4(p, &v4))
				return false;
			group[n++] = (uint16_t)(v4 >> 16);
			group[n++] = (uint16_t)v4;
			break;
		}
		group[n++] = (uint16_t)part;
		if (**p != ':')
			break;
		if ((*p)[1] == ':') {
			if (gap >= 0)
				return false;
			gap = n;
			++*p;
		} else if ((*p)[1] == '\0' || (*p)[1] == '/') {
			return false;	/* one colon, and nothing behind it */
		}
		++*p;
	}
	if (gap < 0 ? n != 8 : n == 8)
		return false;
	for (int i = 0; i < 8; i++) {
		int tail = 8 - (n - gap);	/* where what follows the gap begins */
		int from = gap < 0 || i < gap ? i : i >= tail ? gap + (i - tail) : -1;

		v = v << 16 | (from < 0 ? 0u : group[from]);
	}
	*ret = v;
	return true;
}

static bool
take_address(const char **p, tw_u128 *ret, bool *ret_v6)
{
	const char *colon = strchr(*p, ':');

	*ret_v6 = colon != NULL;
	return colon != NULL ? take_v6(p, ret) : take_v4(p, ret);
}

bool
tw_ranges_read_address(const char *text, tw_u128 *ret, bool *ret_v6)
{
	return take_address(&text, ret, ret_v6) && *text == '\0';
}

bool
tw_ranges_read(const char *text, struct tw_range *ret, bool *ret_v6)
{
	const char *p = text;
	tw_u128 address, rest;
	unsigned bits, length;

	if (!take_address(&p, &address, ret_v6))
		return false;
	bits = *ret_v6 ? 128 : 32;
	length = bits;
	if (*p == '/') {
		p++;
		if (!take_number(&p, 10, bits, &length))
			return false;
	}
	if (*p != '\0')
		return false;
	rest = length == 0 ? TOP(*ret_v6) : (((tw_u128)1 << (bits - length)) - 1);
	ret->first = address & ~rest;
	ret->last = address | rest;
	return true;
}

char *
tw_ranges_format(tw_u128 value, bool v6, char out[static 40])
{
	unsigned group[8], v = (unsigned)value;
	int best = -1, best_n = 1;	/* RFC 5952 4.2.2: one zero group is not shortened */
	size_t at = 0;

	if (!v6) {
		snprintf(out, 40, "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
		return out;
	}
	for (int i = 0; i < 8; i++)
		group[i] = (unsigned)(value >> (112 - 16 * i)) & 0xffff;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && group[i + n] == 0)
			n++;
		if (n > best_n) {
			best = i;
			best_n = n;
		}
	}
	for (int i = 0; i < 8;) {
		if (i == best) {
			at += (size_t)snprintf(out + at, 40 - at, "::");
			i += best_n;
			continue;
		}
		at += (size_t)snprintf(out + at, 40 - at, "%s%x",
		    i > 0 && i != best + best_n ? ":" : "", group[i]);
		i++;
	}
	return out;
}

const char *
tw_ranges_address(struct tw_arena *a, tw_u128 value, bool v6)
{
	char text[40];

	return tw_arena_str(a, tw_ranges_format(value, v6, text));
}

void
tw_ranges_prefixes(struct tw_arena *a, struct tw_ranges x, bool v6, size_t most,
    struct tw_prefixes *ret)
{
	unsigned bits = v6 ? 128 : 32;

	*ret = (struct tw_prefixes){ 0 };
	for (size_t i = 0; i < x.n; i++) {
		tw_u128 at = x.v[i].first, last = x.v[i].last;

		for (;;) {
			unsigned host = 0;	/* bits of the largest prefix that begins here */
			tw_u128 end;

			while (host < bits && (at & ((tw_u128)1 << host)) == 0 &&
			    (host == bits - 1 ? at == 0 && last == TOP(v6) :
			    last - at >= ((tw_u128)2 << host) - 1))
				host++;
			end = host == bits ? TOP(v6) : at + (((tw_u128)1 << host) - 1);
			if (ret->n == most) {
				ret->more = true;
				return;
			}
			TW_PUSH(a, ret, host == 0 ? tw_ranges_address(a, at, v6) :
			    tw_arena_fmt(a, "%s/%u", tw_ranges_address(a, at, v6), bits - host));
			if (end == last)
				break;
			at = end + 1;
		}
	}
}
