/*
 * Bans as input for nft; see nftables.h. Addresses lie in sets that are hashed (an IPv6
 * address is looked up by its first 64 bits), so that 100,000 of them cost a packet one
 * look. Networks lie in sets of intervals, which may not overlap.
 *
 * nft says no to a whole transaction that takes out what is not there, and elements end by
 * themselves at any moment: so what is taken out is put in first. The kernel keeps the old
 * end of an element that is put in again: so it is taken out in between.
 */
#include "guard/nftables.h"

#include <stdlib.h>

#define AT	"inet " TW_NFTABLES_TABLE " "

static const char table[] =
    "table inet " TW_NFTABLES_TABLE " {}\n"
    "delete table inet " TW_NFTABLES_TABLE "\n"
    "table inet " TW_NFTABLES_TABLE " {\n"
    "\tset banned4 {\n\t\ttype ipv4_addr\n\t\tflags timeout\n\t}\n"
    "\tset banned6 {\n\t\ttype ipv6_addr\n\t\tflags timeout\n\t}\n"
    "\tset networks4 {\n\t\ttype ipv4_addr\n\t\tflags interval, timeout\n\t}\n"
    "\tset networks6 {\n\t\ttype ipv6_addr\n\t\tflags interval, timeout\n\t}\n"
    "\tchain banned {\n"
    "\t\tip saddr @banned4 drop\n"
    "\t\tip saddr @networks4 drop\n"
    "\t\tip6 saddr & ffff:ffff:ffff:ffff:: @banned6 drop\n"
    "\t\tip6 saddr @networks6 drop\n"
    "\t}\n"
    /* Before the machine's own filter: what that accepts is still looked at here. */
    "\tchain input {\n"
    "\t\ttype filter hook input priority filter - 10; policy accept;\n";

void
tw_nftables_begin(struct tw_buf *out, const uint16_t *ports, size_t n)
{
	tw_buf_str(out, table);
	if (n > 0) {
		tw_buf_str(out, "\t\ttcp dport { ");
		for (size_t i = 0; i < n; i++)
			tw_buf_fmt(out, "%s%u", i > 0 ? ", " : "", ports[i]);
		tw_buf_str(out, " } jump banned\n");
	} else {
		tw_buf_str(out, "\t\tjump banned\n");
	}
	tw_buf_str(out, "\t}\n}\n");
}

static bool
is4(const struct tw_network *n)
{
	return tw_address_is4(&n->address);
}

/* Addresses, and what the table of bans knows as such: a /64. */
static bool
is_network(const struct tw_network *n)
{
	return n->bits < (is4(n) ? 32 : 64);
}

bool
tw_nftables_has_network(const struct tw_ban_change *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_network(&v[i].network))
			return true;
	return false;
}

static int
by_address(const void *a, const void *b)
{
	const struct tw_ban_change *x = a, *y = b;
	int d = memcmp(x->network.address.b, y->network.address.b, 16);

	if (d == 0)
		d = x->network.bits - y->network.bits;
	/* The latest first. */
	return d != 0 ? d : x->number < y->number ? 1 : -(x->number > y->number);
}

/* Of what is left, in seconds: at least one, rounded up. */
static unsigned long long
left_s(uint64_t until_ms, uint64_t now_ms)
{
	/* A timeout of more than three hundred years is too long for nft. */
	uint64_t ms = until_ms - now_ms < TW_BANS_FOREVER_MS ? until_ms - now_ms :
	    TW_BANS_FOREVER_MS;

	return ms / 1000 + (ms % 1000 > 0);
}

struct line {		/* "add element … { a, b }", opened by its first element */
	struct tw_buf *out;
	const char *verb, *set;
	bool open;
};

static void
put_element(struct line *l, const struct tw_network *n)
{
	char text[TW_NETWORK_TEXT];

	if (l->open)
		tw_buf_str(l->out, ", ");
	else
		tw_buf_fmt(l->out, "%s element " AT "%s { ", l->verb, l->set);
	l->open = true;
	tw_buf_str(l->out, is_network(n) ? tw_networks_text(n, text) :
	    tw_address_text(&n->address, text));
}

static void
close_line(struct line *l)
{
	if (l->open)
		tw_buf_str(l->out, " }\n");
}

static void
put_family(struct tw_buf *out, const struct tw_ban_change *v, size_t n, bool v4, bool fresh,
    uint64_t now_ms)
{
	const char *set = v4 ? "banned4" : "banned6";
	struct line lines[3] = { { out, "add", set, false }, { out, "delete", set, false },
		{ out, "add", set, false } };

	for (int step = fresh ? 2 : 0; step < 3; step++) {
		for (size_t i = 0; i < n; i++) {
			if (is4(&v[i].network) != v4 || is_network(&v[i].network) ||
			    (i > 0 && tw_address_equal(&v[i].network.address,
			    &v[i - 1].network.address) &&
			    v[i].network.bits == v[i - 1].network.bits))
				continue;
			if (step == 2 && v[i].until_ms <= now_ms)
				continue;
			put_element(&lines[step], &v[i].network);
			if (step == 2)
				tw_buf_fmt(out, " timeout %llus", left_s(v[i].until_ms, now_ms));
		}
		close_line(&lines[step]);
	}
}

void
tw_nftables_batch(struct tw_buf *out, struct tw_ban_change *v, size_t n, bool fresh,
    uint64_t now_ms)
{
	if (n > 1)
		qsort(v, n, sizeof(*v), by_address);
	put_family(out, v, n, true, fresh, now_ms);
	put_family(out, v, n, false, fresh, now_ms);
}

static int
by_end(const void *a, const void *b)
{
	const struct tw_ban *x = a, *y = b;

	return x->until_ms < y->until_ms ? 1 : -(x->until_ms > y->until_ms);
}

static bool
overlap(const struct tw_network *x, const struct tw_network *y)
{
	return tw_address_within(&x->address, y) || tw_address_within(&y->address, x);
}

/* Not in, nor around, one that was put in before and so ends later. */
static bool
stands_alone(const struct tw_ban *v, size_t i, uint64_t now_ms)
{
	for (size_t k = 0; k < i; k++)
		if (v[k].firewall && v[k].until_ms > now_ms &&
		    overlap(&v[i].network, &v[k].network))
			return false;
	return true;
}

void
tw_nftables_networks(struct tw_buf *out, struct tw_ban *v, size_t n, uint64_t now_ms)
{
	if (n > 1)
		qsort(v, n, sizeof(*v), by_end);
	for (int v4 = 1; v4 >= 0; v4--) {
		const char *set = v4 ? "networks4" : "networks6";
		struct line line = { out, "add", set, false };

		tw_buf_fmt(out, "flush set " AT "%s\n", set);
		for (size_t i = 0; i < n; i++) {
			if (!v[i].firewall || v[i].until_ms <= now_ms ||
			    is4(&v[i].network) != (v4 != 0) || !is_network(&v[i].network) ||
			    !stands_alone(v, i, now_ms))
				continue;
			put_element(&line, &v[i].network);
			tw_buf_fmt(out, " timeout %llus", left_s(v[i].until_ms, now_ms));
		}
		close_line(&line);
	}
}

void
tw_nftables_end(struct tw_buf *out)
{
	tw_buf_str(out, "table inet " TW_NFTABLES_TABLE " {}\n"
	    "delete table inet " TW_NFTABLES_TABLE "\n");
}
