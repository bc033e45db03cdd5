/*
 * Sets of networks; see networks.h. A set is kept as the points where the answer changes,
 * sorted, each with the index of the longest network from there on: one binary search in
 * one array of numbers, however the networks lie in each other.
 */
#include "guard/networks.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "host/ranges.h"

struct points {
	tw_u128 *from;
	int *longest;		/* index of the network from there to the next point; -1: none */
	size_t n;
};

struct tw_networks {
	uint8_t *bits;		/* of each network */
	struct points of[2];	/* IPv4, IPv6: "::/0" holds nobody of the other family */
	size_t n;
};

struct member {
	tw_u128 first, last;
	int index;
};

static int
refuse(struct tw_err *e, const char *text, const char *why)
{
	struct tw_buf b;

	tw_buf_init(&b, 120);
	tw_text_escape(&b, tw_bytes_of(text));
	tw_err_set(e, TW_ERR_FORMAT, "\"%s\" is no network: %s",
	    b.failed ? "…" : tw_buf_cstr(&b), why);
	tw_buf_clear(&b);
	return -1;
}

/* One to three digits to the end of the text. */
static bool
read_length(const char *s, unsigned *ret)
{
	size_t n = strlen(s);
	unsigned v = 0;

	if (n == 0 || n > 3 || strspn(s, "0123456789") != n || (s[0] == '0' && n > 1))
		return false;
	for (; *s != '\0'; s++)
		v = v * 10 + (unsigned)(*s - '0');
	*ret = v;
	return true;
}

int
tw_networks_read(const char *text, struct tw_network *ret, struct tw_err *e)
{
	const char *slash = strchr(text, '/');
	size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);
	char meant[TW_NETWORK_TEXT], why[120];
	struct tw_address a;
	struct tw_network network;
	unsigned bits, most;

	if (!tw_address_read((struct tw_bytes){ (const uint8_t *)text, n }, &a))
		return refuse(e, text, "one looks like 192.0.2.0/24, 2001:db8::/32 or 192.0.2.1");
	bits = most = tw_address_is4(&a) ? 32 : 128;
	/* "::ffff:10.0.0.0/104" is 10.0.0.0/8, said the long way. */
	if (slash != NULL) {
		if (!read_length(slash + 1, &bits))
			return refuse(e, text, "behind the slash stands the number of its bits, "
			    "as in 192.0.2.0/24");
		if (most == 32 && memchr(text, ':', n) != NULL)
			bits = bits >= 96 ? bits - 96 : 129;
		if (bits > most) {
			snprintf(why, sizeof(why), "an %s network has at most %u bits",
			    most == 32 ? "IPv4" : "IPv6", most);
			return refuse(e, text, why);
		}
	}
	network = tw_address_network(&a, bits);
	if (!tw_address_equal(&network.address, &a)) {
		char alone[TW_NETWORK_TEXT];

		snprintf(why, sizeof(why), "it has bits set behind its first %u; "
		    "%s or %s was probably meant", bits, tw_networks_text(&network, meant),
		    tw_address_text(&a, alone));
		return refuse(e, text, why);
	}
	*ret = network;
	return 0;
}

char *
tw_networks_text(const struct tw_network *n, char out[static TW_NETWORK_TEXT])
{
	size_t at = strlen(tw_address_text(&n->address, out));

	if (n->bits != (tw_address_is4(&n->address) ? 32 : 128))
		snprintf(out + at, TW_NETWORK_TEXT - at, "/%u", n->bits);
	return out;
}

/* Outer networks stand before what lies in them; of two that are the same, the first said last. */
static int
by_place(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return y->index - x->index;
}

static void
put_point(struct points *p, tw_u128 from, int longest)
{
	if (p->n > 0 && p->from[p->n - 1] == from) {
		p->longest[p->n - 1] = longest;
	} else if ((p->n > 0 ? p->longest[p->n - 1] : -1) != longest) {
		p->from[p->n] = from;
		p->longest[p->n++] = longest;
	}
}

/*
 * Networks lie in each other or apart, never across: those that are open at a place are a
 * stack, at most one a length, but for doubled ones, which replace each other.
 */
static void
make_points(struct tw_arena *a, struct points *p, const struct member *v, size_t n)
{
	const struct member *open[130];
	size_t depth = 0;

	p->from = tw_arena_alloc(a, (2 * n + 1) * sizeof(*p->from));
	p->longest = tw_arena_alloc(a, (2 * n + 1) * sizeof(*p->longest));
	for (size_t i = 0; i <= n; i++) {
		while (depth > 0 && (i == n || open[depth - 1]->last < v[i].first)) {
			const struct member *m = open[--depth];

			if (m->last != ~(tw_u128)0)
				put_point(p, m->last + 1,
				    depth > 0 ? open[depth - 1]->index : -1);
		}
		if (i == n)
			break;
		if (depth > 0 && open[depth - 1]->first == v[i].first &&
		    open[depth - 1]->last == v[i].last)
			depth--;
		open[depth++] = &v[i];
		put_point(p, v[i].first, v[i].index);
	}
}

struct tw_networks *
tw_networks_new(struct tw_arena *a, const struct tw_network *v, size_t n)
{
	struct tw_networks *s = tw_arena_alloc(a, sizeof(*s));
	struct member *members = tw_arena_alloc(a, (n + 1) * sizeof(*members));

	s->n = n;
	s->bits = tw_arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++)
		s->bits[i] = v[i].bits;
	for (int family = 0; family < 2; family++) {
		size_t k = 0;

		for (size_t i = 0; i < n; i++) {
			bool v4 = tw_address_is4(&v[i].address);
			unsigned host = (v4 ? 32u : 128u) - v[i].bits;
			tw_u128 first = tw_address_number(&v[i].address);
			tw_u128 rest = host == 128 ? ~(tw_u128)0 : ((tw_u128)1 << host) - 1;

			if (v4 == (family == 0))
				members[k++] = (struct member){ first, first | rest, (int)i };
		}
		if (k > 1)
			qsort(members, k, sizeof(*members), by_place);
		make_points(a, &s->of[family], members, k);
	}
	return s;
}

int
tw_networks_find(const struct tw_networks *s, const struct tw_address *a)
{
	const struct points *p;
	tw_u128 v;
	size_t low = 0, high;

	if (s == NULL || s->n == 0)
		return -1;
	p = &s->of[tw_address_is4(a) ? 0 : 1];
	v = tw_address_number(a);
	for (high = p->n; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (p->from[middle] <= v)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? -1 : p->longest[low - 1];
}

int
tw_networks_longest(const struct tw_networks *s, const struct tw_address *a)
{
	int i = tw_networks_find(s, a);

	return i >= 0 ? s->bits[i] : -1;
}

bool
tw_networks_have(const struct tw_networks *s, const struct tw_address *a)
{
	return tw_networks_find(s, a) >= 0;
}

size_t
tw_networks_count(const struct tw_networks *s)
{
	return s != NULL ? s->n : 0;
}
