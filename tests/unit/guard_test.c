/* The guards, one by one: networks, rates, the tally, bans, their file, days, spikes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guard/admission.h"
#include "guard/bans_text.h"
#include "guard/days.h"
#include "guard/hash.h"
#include "guard/spikes.h"
#include "guard/tally.h"
#include "base/text.h"

static const uint8_t seed[16] = "sixteen of bytes";

static void *
zeroed(size_t n)
{
	void *p = aligned_alloc(64, (n + 63) / 64 * 64);

	assert_non_null(p);
	return memset(p, 0, (n + 63) / 64 * 64);
}

static struct tw_address
address(const char *s)
{
	struct tw_address a;

	assert_true(tw_address_read(tw_bytes_of(s), &a));
	return a;
}

static struct tw_network
network(const char *s)
{
	struct tw_network n;
	struct tw_err e = { 0 };

	if (tw_networks_read(s, &n, &e) < 0)
		fail_msg("%s", e.text);
	return n;
}

static uint32_t
chance(void)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 16);
}

static void
addresses_as_text(void **state)
{
	static const char *const same[] = { "192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1",
		"2001:db8::1", "2001:db8:0:1:1:1:1:1", "fe80::1", "1::", "64:ff9b::c000:201" };
	static const char *const none[] = { "", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.04",
		"1.2.3.256", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1.2.3.4%eth0", "fe80::1%",
		"g::", " 1.2.3.4", "1.2.3.4 ", "::ffff:1.2.3", "::ffff:01.2.3.4",
		"2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001" };
	char out[TW_NETWORK_TEXT];
	struct tw_address a, b;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(same); i++) {
		a = address(same[i]);
		assert_string_equal(tw_address_text(&a, out), same[i]);
	}
	for (size_t i = 0; i < TW_COUNT(none); i++)
		if (tw_address_read(tw_bytes_of(none[i]), &a))
			fail_msg("%s is no address", none[i]);
	assert_false(tw_address_read((struct tw_bytes){ (const uint8_t *)"1.2.3.4\0", 8 }, &a));
	/* One value, however it came. */
	a = address("::ffff:192.0.2.1");
	b = tw_address_of4((const uint8_t[]){ 192, 0, 2, 1 });
	assert_true(tw_address_is4(&a) && tw_address_equal(&a, &b));
	b = tw_address_of16(a.b);
	assert_string_equal(tw_address_text(&b, out), "192.0.2.1");
	a = address("fe80::1%eth0");
	b = address("fe80::1");
	assert_true(tw_address_equal(&a, &b));
}

static void
networks_as_text(void **state)
{
	static const struct {
		const char *text, *why;
	} wrong[] = {
		{ "10.1.2.3/8", "10.0.0.0/8 or 10.1.2.3 was probably meant" },
		{ "2001:db8::1/64", "2001:db8::/64 or 2001:db8::1 was probably meant" },
		{ "10.0.0.0/33", "at most 32 bits" },
		{ "2001:db8::/129", "at most 128 bits" },
		{ "10.0.0.0/", "the number of its bits" },
		{ "10.0.0.0/255.0.0.0", "the number of its bits" },
		{ "10.0.0.0/08", "the number of its bits" },
		{ "10.0.0.0/ 8", "the number of its bits" },
		{ "10/8", "one looks like" },
		{ "example.org", "one looks like" },
		{ "::ffff:10.0.0.0/95", "at most 32 bits" },
		{ "a\x1b[31mb", "\\u001B[31m" },
	};
	static const char *const same[] = { "10.0.0.0/8", "0.0.0.0/0", "::/0", "192.0.2.1",
		"2001:db8::/32", "2001:db8::1" };
	char out[TW_NETWORK_TEXT];
	struct tw_network n = { 0 };
	struct tw_err e;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(same); i++) {
		n = network(same[i]);
		assert_string_equal(tw_networks_text(&n, out), same[i]);
	}
	n = network("::ffff:10.0.0.0/104");
	assert_string_equal(tw_networks_text(&n, out), "10.0.0.0/8");
	for (size_t i = 0; i < TW_COUNT(wrong); i++) {
		assert_int_equal(tw_networks_read(wrong[i].text, &n, &e), -1);
		if (strstr(e.text, wrong[i].why) == NULL)
			fail_msg("%s: %s", wrong[i].text, e.text);
	}
	assert_string_equal(tw_networks_text(&n, out), "10.0.0.0/8");	/* untouched */
}

static void
longest_network_wins(void **state)
{
	struct tw_arena *arena = tw_arena_new();
	struct tw_network v[200];
	struct tw_networks *s;

	(void)state;
	/* Against the plain way to say it, in a small space where networks nest and touch. */
	for (int round = 0; round < 400; round++) {
		size_t n = chance() % 20 + (round % 50 == 0 ? 180 : 0);

		for (size_t i = 0; i < n; i++) {
			struct tw_address a = chance() % 2 ? address("255.255.255.0") :
			    address("::ffff:ffff:ffff:ffff:ff00");
			bool v4 = tw_address_is4(&a);

			a.b[15] = (uint8_t)chance();
			v[i] = tw_address_network(&a, chance() % 12 == 0 ? 0 :
			    (v4 ? 24u : 120u) + chance() % 9);
		}
		s = tw_networks_new(arena, v, n);
		assert_int_equal(tw_networks_count(s), n);
		for (unsigned k = 0; k < 512; k++) {
			struct tw_address a = k < 256 ? address("255.255.255.0") :
			    address("::ffff:ffff:ffff:ffff:ff00");
			int best = -1;

			a.b[15] = (uint8_t)k;
			for (size_t i = 0; i < n; i++)
				if (tw_address_within(&a, &v[i]) &&
				    (best < 0 || v[i].bits > v[best].bits))
					best = (int)i;
			assert_int_equal(tw_networks_find(s, &a), best);
			assert_int_equal(tw_networks_longest(s, &a),
			    best < 0 ? -1 : v[best].bits);
		}
	}
	assert_int_equal(tw_networks_find(NULL, &v[0].address), -1);
	tw_arena_free(arena);
}

static void
hash_is_siphash(void **state)
{
	/* SipHash-1-3 of 00..0f under 00..0f, as other implementations have it. */
	uint8_t key[16];

	(void)state;
	for (uint8_t i = 0; i < 16; i++)
		key[i] = i;
	assert_int_equal(tw_hash_pair(tw_hash_secret(key), UINT64_C(0x0706050403020100),
	    UINT64_C(0x0f0e0d0c0b0a0908)), UINT64_C(0xcc4fdd1a7d908b66));
	for (int i = 0; i < 10000; i++)
		assert_true(tw_hash_place((uint64_t)chance() << 32 | chance(), 7) < 7);
}

static void
rates_as_text(void **state)
{
	static const char *const same[] = { "20/s", "100/m", "5/10s", "1/d", "1000000/ms", "3/90s" };
	static const char *const none[] = { "", "20", "/s", "20/", "0/s", "20/0s", "-1/s", "20/s ",
		" 20/s", "20/w", "1000001/s", "20/2d", "20/25h", "99999999999/s", "20//s",
		"20/s/s", "2.5/s", "20/99999999999s" };
	struct tw_rate r;
	struct tw_err e;
	char out[32];

	(void)state;
	for (size_t i = 0; i < TW_COUNT(same); i++) {
		assert_int_equal(tw_rates_read(same[i], &r, &e), 0);
		assert_string_equal(tw_rates_text(r, out), same[i]);
	}
	for (size_t i = 0; i < TW_COUNT(none); i++)
		if (tw_rates_read(none[i], &r, &e) == 0)
			fail_msg("%s is no rate", none[i]);
	assert_int_equal(tw_rates_read("5/10s", &r, &e), 0);
	assert_int_equal(r.n, 5);
	assert_int_equal(r.span_ms, 10000);
}

/* In any span never more than twice n, over a long time n a span, and one in hand at the start. */
static void
rates_hold(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct tw_rate r = { 1 + chance() % 50, 1 + chance() % 5000 };
		uint64_t now = 1000000 + chance(), begin = now, taken = 0;
		tw_bucket b = 0;

		for (unsigned i = 0; i < r.n; i++)
			assert_true(tw_rates_take(&b, r, now));
		assert_false(tw_rates_take(&b, r, now));
		assert_false(tw_rates_full(&b, now));
		assert_true(tw_rates_full(&b, now + r.span_ms));
		while (now < begin + 100 * (uint64_t)r.span_ms) {
			now += chance() % (r.span_ms / r.n + 2);
			taken += tw_rates_take(&b, r, now);
		}
		assert_true(taken <= (now - begin) * r.n / r.span_ms + 1);
		/* A reload to a quick rate is not kept waiting by the slow one's debt. */
		r = (struct tw_rate){ 1, 86400000 };
		b = 0;
		assert_true(tw_rates_take(&b, r, now));
		assert_false(tw_rates_take(&b, r, now));
		r = (struct tw_rate){ 20, 1000 };
		assert_false(tw_rates_take(&b, r, now));
		assert_true(tw_rates_take(&b, r, now + 51));
		assert_true(tw_rates_take(&b, (struct tw_rate){ 0, 0 }, now));
	}
}

static void
tally_counts(void **state)
{
	size_t bytes = tw_tally_bytes(1000, 3, 4);
	struct tw_tally *t = tw_tally_init(zeroed(bytes), 1000, 3, 4, seed);
	struct tw_network n = network("192.0.2.1"), net = network("192.0.2.0/24");
	struct tw_network six = network("2001:db8::/64");
	uint32_t a, b, c;

	(void)state;
	a = tw_tally_enter(t, 0, 0, &n);
	b = tw_tally_enter(t, 1, 0, &n);
	c = tw_tally_enter(t, 1, 1, &n);
	assert_int_equal(a, b);
	assert_int_not_equal(a, c);
	assert_int_equal(tw_tally_connected(t, a), 2);
	assert_int_equal(tw_tally_connected(t, c), 1);
	assert_int_not_equal(tw_tally_enter(t, 2, 0, &net), a);
	assert_int_not_equal(tw_tally_enter(t, 2, 0, &six), a);
	tw_tally_leave(t, 0, a);
	assert_int_equal(tw_tally_connected(t, a), 1);
	/* The bucket outlives its connections. */
	assert_true(tw_tally_take(t, a, TW_TALLY_HANDSHAKES, (struct tw_rate){ 1, 60000 }, 5));
	assert_true(tw_tally_take(t, a, TW_TALLY_CONNECTIONS, (struct tw_rate){ 1, 60000 }, 5));
	tw_tally_forget_worker(t, 1);
	assert_int_equal(tw_tally_connected(t, a), 0);
	b = tw_tally_enter(t, 0, 0, &n);
	assert_int_equal(a, b);
	assert_false(tw_tally_take(t, b, TW_TALLY_HANDSHAKES, (struct tw_rate){ 1, 60000 }, 5));
	for (unsigned w = 0; w < 3; w++)
		tw_tally_listener_enter(t, w, 3);
	assert_int_equal(tw_tally_listener(t, 3), 3);
	tw_tally_forget_worker(t, 2);
	assert_int_equal(tw_tally_listener(t, 3), 2);
	assert_int_equal(tw_tally_worker(t, 2), 0);
	tw_tally_listener_leave(t, 1, 3);
	assert_int_equal(tw_tally_worker(t, 1), 0);
	free(t);
}

/* However many pass by, an entry that is held stays, and a full table says so. */
static void
tally_keeps_what_is_held(void **state)
{
	struct tw_tally *t = tw_tally_init(zeroed(tw_tally_bytes(150, 2, 1)), 150, 2, 1, seed);
	struct tw_network n = network("10.0.0.0");
	uint32_t held[100], none = 0;
	int kept = 0;

	(void)state;
	for (uint8_t i = 0; i < 100; i++) {
		n.address.b[15] = i;
		held[i] = tw_tally_enter(t, i % 2, 0, &n);
		kept += held[i] != TW_TALLY_NONE;
	}
	assert_true(kept > 80);
	for (int i = 0; i < 20000; i++) {
		uint32_t e;

		n.address.b[13] = 1;
		n.address.b[14] = (uint8_t)(i >> 8);
		n.address.b[15] = (uint8_t)i;
		e = tw_tally_enter(t, 0, 0, &n);
		none += e == TW_TALLY_NONE;
		tw_tally_take(t, e, TW_TALLY_CONNECTIONS, (struct tw_rate){ 5, 1000 },
		    (uint64_t)i);
		if (e != TW_TALLY_NONE)
			assert_int_equal(tw_tally_connected(t, e), 1);
		tw_tally_leave(t, 0, e);
	}
	n.address.b[13] = n.address.b[14] = 0;
	for (uint8_t i = 0; i < 100; i++)
		if (held[i] != TW_TALLY_NONE) {
			n.address.b[15] = i;
			assert_int_equal(tw_tally_enter(t, 0, 0, &n), held[i]);
			assert_int_equal(tw_tally_connected(t, held[i]), 2);
		}
	assert_true(none < 20000);
	free(t);
}

static const struct tw_ban_rule rule = { .number = 1, .kinds = TW_BAN_LOGIN, .after = 5,
	.within_ms = 600000, .for_ms = 600000, .longest_ms = 4 * 3600000, .firewall = true };

static bool
fails(struct tw_bans *b, const char *who, uint64_t now)
{
	struct tw_address a = address(who);

	return tw_bans_fail(b, 0, &rule, &a, TW_BAN_LOGIN, NULL, now);
}

static bool
banned(const struct tw_bans *b, const char *who, uint64_t now)
{
	struct tw_address a = address(who);

	return tw_bans_match(b, &a, now, NULL);
}

static void
bans_grow_and_end(void **state)
{
	struct tw_bans *b = tw_bans_init(zeroed(tw_bans_bytes(100)), 100, seed);
	uint64_t now = 1000, length = rule.for_ms, until;
	struct tw_network n = network("192.0.2.1");

	(void)state;
	for (int round = 0; round < 8; round++) {
		for (int i = 0; i < 4; i++)
			assert_false(fails(b, "192.0.2.1", now++));
		assert_false(banned(b, "192.0.2.1", now));
		assert_true(fails(b, "192.0.2.1", now));
		assert_true(tw_bans_match(b, &n.address, now, &until));
		assert_int_equal(until, now + length);
		assert_false(banned(b, "192.0.2.2", now));
		assert_true(fails(b, "192.0.2.1", now + 1));	/* nothing grows */
		assert_true(banned(b, "192.0.2.1", now + length - 1));
		assert_false(banned(b, "192.0.2.1", now + length));
		assert_int_equal(tw_bans_count(b, now), 1);
		assert_int_equal(tw_bans_count(b, now + length), 0);
		now += length;
		length = length * 2 < rule.longest_ms ? length * 2 : rule.longest_ms;
	}
	now += rule.longest_ms;		/* forgotten */
	for (int i = 0; i < 5; i++)
		fails(b, "192.0.2.1", now);
	assert_true(tw_bans_match(b, &n.address, now, &until));
	assert_int_equal(until, now + rule.for_ms);
	/* unban forgets all of it */
	assert_true(tw_bans_remove(b, 0, &n, now));
	assert_false(tw_bans_remove(b, 0, &n, now));
	assert_false(banned(b, "192.0.2.1", now));
	for (int i = 0; i < 4; i++)
		assert_false(fails(b, "192.0.2.1", now));
	free(b);
}

static void
bans_count_what_they_should(void **state)
{
	struct tw_bans *b = tw_bans_init(zeroed(tw_bans_bytes(100)), 100, seed);
	struct tw_arena *arena = tw_arena_new();
	struct tw_network lists[] = { network("198.51.100.0/24") };
	struct tw_ban_rule mine = rule;
	struct tw_address a = address("198.51.100.7");

	(void)state;
	/* IPv6 is one by its /64, and its neighbour is not. */
	for (int i = 0; i < 5; i++) {
		char who[64];

		snprintf(who, sizeof(who), "2001:db8:0:1::%d", i + 1);
		assert_int_equal(fails(b, who, 10), i == 4);
	}
	assert_true(banned(b, "2001:db8:0:1:ffff::", 10));
	assert_false(banned(b, "2001:db8:0:2::1", 10));
	for (int i = 0; i < 5; i++)
		fails(b, "::1", 10);
	assert_true(banned(b, "::1", 10));
	assert_false(banned(b, "0.0.0.0", 10));
	/* Other kinds and other rules are not added up. */
	a = address("203.0.113.9");
	mine.kinds = TW_BAN_LOGIN | TW_BAN_HANDSHAKE;
	for (int i = 0; i < 4; i++) {
		assert_false(tw_bans_fail(b, 0, &rule, &a, TW_BAN_HANDSHAKE, NULL, 10));
		assert_false(tw_bans_fail(b, 0, &mine, &a, TW_BAN_HANDSHAKE, NULL, 10));
		assert_false(tw_bans_fail(b, 0, &mine, &a, TW_BAN_LOGIN, NULL, 10));
		mine.number = 2;
		assert_false(tw_bans_fail(b, 0, &mine, &a, TW_BAN_LOGIN, NULL, 10));
		mine.number = 1;
	}
	assert_true(tw_bans_fail(b, 0, &mine, &a, TW_BAN_HANDSHAKE, "said \x1b", 10));
	/* The allow-list first; multicast is nobody. */
	mine.allow = tw_networks_new(arena, lists, 1);
	a = address("198.51.100.7");
	for (int i = 0; i < 20; i++)
		assert_false(tw_bans_fail(b, 0, &mine, &a, TW_BAN_LOGIN, NULL, 10));
	for (int i = 0; i < 20; i++)
		assert_false(fails(b, "ff02::1", 10));
	tw_arena_free(arena);
	free(b);
}

/* Fewer than `after` in any time never ban; `after` within seven eighths of it always do. */
static void
bans_windows(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct tw_bans *b = tw_bans_init(zeroed(tw_bans_bytes(10)), 10, seed);
		struct tw_ban_rule r = rule;
		struct tw_address a = address("192.0.2.1");
		uint64_t times[200], now = chance();
		size_t n = 0;

		r.after = 1 + chance() % 8;
		r.within_ms = 8 + chance() % 10000;
		for (bool in = false; !in && n < 200; n++) {
			size_t whole = 0, most = 0;

			now += chance() % (2 * r.within_ms / r.after + 1);
			times[n] = now;
			for (size_t i = 0; i <= n; i++) {
				whole += now - times[i] < r.within_ms;
				most += now - times[i] <= r.within_ms / 8 * 7;
			}
			in = tw_bans_fail(b, 0, &r, &a, TW_BAN_LOGIN, NULL, now);
			if (in)
				assert_true(whole >= r.after);
			else
				assert_true(most < r.after);
		}
		free(b);
	}
}

static struct tw_ban
by_hand(const char *what, uint64_t until_ms)
{
	return (struct tw_ban){ network(what), until_ms, until_ms, 1, TW_BAN_HAND, true, "asked" };
}

static void
bans_by_hand(void **state)
{
	struct tw_bans *b = tw_bans_init(zeroed(tw_bans_bytes(100)), 100, seed);
	struct tw_ban ban = by_hand("10.0.0.0/8", 5000), list[TW_BANS_NETWORKS_MOST];
	struct tw_network n;
	struct tw_err e;
	uint64_t until;

	(void)state;
	assert_int_equal(tw_bans_put(b, 0, &ban, 10, &e), 0);
	ban = by_hand("::/0", 3000);
	assert_int_equal(tw_bans_put(b, 0, &ban, 10, &e), 0);
	assert_true(banned(b, "10.255.0.1", 4999));
	assert_false(banned(b, "10.255.0.1", 5000));
	assert_false(banned(b, "11.0.0.1", 10));
	assert_true(banned(b, "2001:db8::1", 10));
	assert_int_equal(tw_bans_networks(b, 0, list, 10), 2);
	ban = by_hand("2001:db8::77", 9000);	/* by its /64 */
	assert_int_equal(tw_bans_put(b, 0, &ban, 10, &e), 0);
	n = network("2001:db8::/64");
	assert_true(tw_bans_match(b, &n.address, 8000, &until) && until == 9000);
	assert_true(tw_bans_remove(b, 0, &n, 10));
	n = network("::/0");
	assert_true(tw_bans_remove(b, 0, &n, 10));
	assert_false(banned(b, "2001:db8::1", 10));
	ban = by_hand("ff02::/16", 9000);
	assert_int_equal(tw_bans_put(b, 0, &ban, 10, &e), -1);
	for (unsigned i = 1; i < TW_BANS_NETWORKS_MOST + 9; i++) {
		ban = by_hand("172.0.0.0/24", 9000);
		ban.network.address.b[13] = (uint8_t)(i >> 8);
		ban.network.address.b[14] = (uint8_t)i;
		assert_int_equal(tw_bans_put(b, 0, &ban, 10, &e),
		    i < TW_BANS_NETWORKS_MOST ? 0 : -1);
	}
	/* What has ended makes room. */
	assert_int_equal(tw_bans_put(b, 0, &ban, 6000, &e), 0);
	free(b);
}

static void
bans_tell_the_firewall(void **state)
{
	struct tw_bans *b = tw_bans_init(zeroed(tw_bans_bytes(20000)), 20000, seed);
	struct tw_ban ban = by_hand("10.0.0.1", 5000);
	struct tw_ban_change v[16];
	uint64_t cursor = 0;
	struct tw_err e;
	bool lost;

	(void)state;
	assert_int_equal(tw_bans_changes(b, 0, &cursor, v, 16, &lost), 0);
	assert_int_equal(tw_bans_put(b, 0, &ban, 10, &e), 0);
	ban.firewall = false;		/* from now on not in the firewall: taken out of it */
	assert_int_equal(tw_bans_put(b, 0, &ban, 10, &e), 0);
	assert_int_equal(tw_bans_put(b, 0, &ban, 10, &e), 0);
	for (int i = 0; i < 5; i++)
		fails(b, "10.0.0.2", 10);
	ban.network = network("10.0.0.2");
	tw_bans_remove(b, 0, &ban.network, 10);
	assert_int_equal(tw_bans_changes(b, 0, &cursor, v, 3, &lost), 3);
	assert_false(lost);
	assert_int_equal(v[0].until_ms, 5000);
	assert_int_equal(v[1].until_ms, 0);
	assert_int_equal(v[2].until_ms, 10 + rule.for_ms);
	assert_int_equal(tw_bans_changes(b, 0, &cursor, v, 16, &lost), 1);
	assert_int_equal(v[0].until_ms, 0);
	assert_int_equal(v[0].number, 3);
	for (unsigned i = 0; i < 9000; i++) {
		ban = by_hand("10.1.0.0", 5000);
		ban.network.address.b[14] = (uint8_t)(i >> 8);
		ban.network.address.b[15] = (uint8_t)i;
		assert_int_equal(tw_bans_put(b, 0, &ban, 10, &e), 0);
	}
	assert_int_equal(tw_bans_changes(b, 0, &cursor, v, 16, &lost), 0);
	assert_true(lost);
	assert_int_equal(tw_bans_changes(b, 0, &cursor, v, 16, &lost), 0);
	assert_false(lost);
	free(b);
}

/* As many as it was made for, and none is lost; more, and those that end first give way. */
static void
bans_hold_what_they_promise(void **state)
{
	const unsigned most = 50000;
	struct tw_bans *b = tw_bans_init(zeroed(tw_bans_bytes(most)), most, seed);
	struct tw_ban v[100], ban = by_hand("10.0.0.0", 0);
	size_t cursor = 0, n, seen = 0;
	struct tw_err e;

	(void)state;
	for (unsigned i = 0; i < 4 * most; i++) {
		ban.network.address.b[12] = (uint8_t)(10 + (i >> 24));
		ban.network.address.b[13] = (uint8_t)(i >> 16);
		ban.network.address.b[14] = (uint8_t)(i >> 8);
		ban.network.address.b[15] = (uint8_t)i;
		ban.until_ms = ban.forget_ms = 1000 + i;
		assert_int_equal(tw_bans_put(b, 0, &ban, 10, &e), 0);
		assert_true(tw_bans_match(b, &ban.network.address, 10, NULL));
		if (i + 1 == most)
			assert_int_equal(tw_bans_count(b, 10), most);
	}
	while ((n = tw_bans_list(b, 0, &cursor, false, v, 100, 10)) > 0)
		seen += n;
	assert_int_equal(seen, tw_bans_count(b, 10));
	assert_true(seen > most);
	/* They end one by one, by themselves. */
	for (uint64_t now = 1000; now < 1000 + 4 * most; now += 10000)
		assert_true(tw_bans_count(b, now) <= 1000 + 4 * most - now);
	free(b);
}

static void
bans_as_a_file(void **state)
{
	struct tw_bans *b = tw_bans_init(zeroed(tw_bans_bytes(100)), 100, seed);
	struct tw_bans *c = tw_bans_init(zeroed(tw_bans_bytes(100)), 100, seed);
	const struct tw_bans_clock before = { 50000, 1800000000 }, after = { 700, 1800000060 };
	struct tw_ban v[8], ban = by_hand("10.0.0.0/8", 50000 + 120000);
	struct tw_bans_loaded loaded;
	size_t cursor = 0, n;
	struct tw_buf out;
	struct tw_err e;
	uint64_t until;
	struct tw_address a = address("10.1.1.1");

	(void)state;
	strcpy(ban.reason, "he \x1b[31masked\n");
	assert_int_equal(tw_bans_put(b, 0, &ban, before.now_ms, &e), 0);
	for (int i = 0; i < 5; i++)
		fails(b, "2001:db8::1", before.now_ms);
	ban = by_hand("10.0.0.1", before.now_ms + 30000);	/* over when it is read */
	ban.forget_ms = before.now_ms + 90000;			/* but not forgotten */
	ban.times = 7;
	assert_int_equal(tw_bans_put(b, 0, &ban, before.now_ms, &e), 0);
	tw_buf_init(&out, 10000);
	tw_bans_text_head(&out);
	n = tw_bans_list(b, 0, &cursor, true, v, 8, before.now_ms);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		tw_bans_text_line(&out, &v[i], before);
	assert_non_null(strstr(tw_buf_cstr(&out),
	    "\n10.0.0.0/8 1800000120 1800000120 1 hand yes he \\u001B[31masked\\u000A\n"));
	assert_non_null(strstr(tw_buf_cstr(&out),
	    "\n2001:db8::/64 1800000600 1800015000 1 login yes failed logins\n"));
	tw_buf_str(&out, "# by hand\n\n10.0.0.9/8 1 1 1 hand yes x\n192.0.2.1 1900000000\n");
	assert_int_equal(tw_bans_text_load(c, 0, tw_buf_view(&out), after, &loaded, &e), 0);
	assert_int_equal(loaded.in, 2);
	assert_int_equal(loaded.over, 1);
	assert_int_equal(loaded.wrong, 2);
	assert_int_equal(loaded.wrong_line, 7);
	assert_non_null(strstr(loaded.why.text, "10.0.0.0/8 or 10.0.0.9"));
	assert_true(tw_bans_match(c, &a, after.now_ms, &until));
	assert_int_equal(until, 700 + 60000);
	assert_false(banned(c, "11.0.0.1", after.now_ms));
	assert_true(banned(c, "2001:db8::2", after.now_ms));
	tw_buf_clear(&out);
	assert_int_equal(tw_bans_text_load(c, 0, TW_BYTES("192.0.2.1 1 1 1 hand yes x\n"), after,
	    &loaded, &e), -1);
	free(b);
	free(c);
}

static void
admission_asks_in_order(void **state)
{
	struct tw_admission_size size = { 2, 3, 100, 100 };
	struct tw_guard *g = tw_admission_init(zeroed(tw_admission_bytes(size)), size, seed);
	struct tw_arena *arena = tw_arena_new();
	struct tw_network allow[] = { network("10.0.0.0/8"), network("10.1.1.1") };
	struct tw_network deny[] = { network("10.1.1.0/24"), network("::/0") };
	struct tw_network spare[] = { network("10.9.0.0/16") };
	struct tw_ban_rule mine = rule;
	struct tw_admission_policy p = { .listener = 2, .most = 5, .most_per_address = 2,
		.most_per_network = 3, .ban = &mine,
		.connections_per_address = { 4, 1000 }, .handshakes_per_address = { 1, 1000 } };
	struct tw_address a = address("10.2.0.1"), other = address("10.2.0.2");
	struct tw_seat s[8] = { 0 };

	(void)state;
	p.allow = tw_networks_new(arena, allow, 2);
	p.deny = tw_networks_new(arena, deny, 2);
	mine.allow = tw_networks_new(arena, spare, 1);
#define ENTER(who, seat) tw_admission_enter(g, 0, 6, &p, (who), 1000, (seat))
	for (size_t i = 0; i < 4; i++) {
		static const struct { const char *who; enum tw_admission said; } rows[] = {
			{ "11.0.0.1", TW_DENIED_ACCESS }, { "10.1.1.2", TW_DENIED_ACCESS },
			{ "10.1.1.1", TW_ADMITTED }, { "2001:db8::1", TW_DENIED_ACCESS } };
		struct tw_address w = address(rows[i].who);

		assert_int_equal(ENTER(&w, &s[7]), rows[i].said);
		tw_admission_leave(g, 0, &s[7]);
	}
	assert_int_equal(ENTER(&a, &s[0]), TW_ADMITTED);
	assert_int_equal(ENTER(&a, &s[1]), TW_ADMITTED);
	assert_int_equal(ENTER(&a, &s[2]), TW_DENIED_LIMIT);
	assert_int_equal(ENTER(&other, &s[2]), TW_ADMITTED);
	assert_int_equal(ENTER(&other, &s[3]), TW_DENIED_LIMIT);	/* the network's */
	assert_int_equal(tw_admission_connected(g, 2), 3);
	assert_int_equal(tw_admission_handshake(g, &p, &s[0], 1000), TW_ADMITTED);
	assert_int_equal(tw_admission_handshake(g, &p, &s[1], 1000), TW_DENIED_RATE);
	tw_admission_leave(g, 0, &s[0]);
	tw_admission_leave(g, 0, &s[0]);	/* once is enough */
	assert_int_equal(ENTER(&a, &s[0]), TW_ADMITTED);
	tw_admission_leave(g, 0, &s[0]);
	assert_int_equal(ENTER(&a, &s[0]), TW_ADMITTED);
	tw_admission_leave(g, 0, &s[0]);
	assert_int_equal(ENTER(&a, &s[0]), TW_DENIED_RATE);
	/* Who comes behind a PROXY header: the listener's limit first, its own later. */
	for (int i = 3; i < 6; i++)
		assert_int_equal(ENTER(NULL, &s[i]), i < 6 ? TW_ADMITTED : TW_DENIED_LIMIT);
	assert_int_equal(ENTER(NULL, &s[6]), TW_DENIED_LIMIT);
	assert_int_equal(tw_admission_name(g, 0, &p, &other, 1000, &s[3]), TW_ADMITTED);
	assert_int_equal(tw_admission_name(g, 0, &p, &other, 1000, &s[4]), TW_DENIED_LIMIT);
	tw_admission_leave(g, 0, &s[4]);
	/* Room is the worker's own. */
	assert_int_equal(tw_admission_enter(g, 1, 0, &p, &a, 9000, &s[6]), TW_DENIED_LIMIT);
	for (int i = 0; i < 5; i++)
		tw_bans_fail(tw_admission_bans(g), 0, &mine, &a, TW_BAN_LOGIN, NULL, 1000);
	assert_int_equal(ENTER(&a, &s[6]), TW_DENIED_BANNED);
	assert_string_equal(tw_admission_word(TW_DENIED_BANNED), "denied-banned");
	/* Banned with its whole network, but on the list of those who never are. */
	{
		struct tw_ban ban = by_hand("10.9.0.0/24", 100000);
		struct tw_address w = address("10.9.0.1");

		assert_int_equal(tw_bans_put(tw_admission_bans(g), 0, &ban, 1000, NULL), 0);
		assert_int_equal(ENTER(&w, &s[6]), TW_ADMITTED);
	}
	tw_admission_forget_worker(g, 0);
	assert_int_equal(tw_admission_connected(g, 2), 0);
#undef ENTER
	tw_arena_free(arena);
	free(g);
}

struct zone {			/* before and after one moment */
	int64_t at, before, after;
};

static int64_t
zone_offset(void *context, int64_t utc)
{
	const struct zone *z = context;

	return utc < z->at ? z->before : z->after;
}

static void
days_end_at_midnight(void **state)
{
	static const struct {
		const char *day, *change;
		int64_t before, after;
		const char *end;
	} rows[] = {
		{ "2027-06-30", "@0", 0, 0, "2027-07-01T00:00:00Z" },
		{ "2027-06-30", "@0", 7200, 7200, "2027-06-30T22:00:00Z" },
		{ "2027-12-31", "@0", -12 * 3600, -12 * 3600, "2028-01-01T12:00:00Z" },
		{ "2024-02-29", "@0", 14 * 3600, 14 * 3600, "2024-02-29T10:00:00Z" },
		/* Berlin, the evening before the change, and the day of it. */
		{ "2027-03-27", "2027-03-28T01:00:00Z", 3600, 7200, "2027-03-27T23:00:00Z" },
		{ "2027-03-28", "2027-03-28T01:00:00Z", 3600, 7200, "2027-03-28T22:00:00Z" },
		/* São Paulo 2018: no midnight (the clock goes from 23:59:59 to 01:00). */
		{ "2018-11-03", "2018-11-04T03:00:00Z", -10800, -7200, "2018-11-04T03:00:00Z" },
		/* and 2018-02-17: two of them; the day is an hour longer. */
		{ "2018-02-17", "2018-02-18T02:00:00Z", -7200, -10800, "2018-02-18T03:00:00Z" },
		/* Samoa left out a day: 29 December 2011 is followed by the 31st. */
		{ "2011-12-29", "2011-12-30T10:00:00Z", -36000, 50400, "2011-12-30T10:00:00Z" },
		{ "2011-12-30", "2011-12-30T10:00:00Z", -36000, 50400, "2011-12-30T10:00:00Z" },
	};
	static const char *const none[] = { "", "2027", "2027-6-30", "2027-06-31", "2027-13-01",
		"2027-00-10", "2027-02-29", "2027-06-30 ", "27-06-30", "30.06.2027", "2027-06-00",
		"1969-12-31" };
	struct tw_day day;
	struct tw_err e;
	char out[32];

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct zone z = { 0, rows[i].before, rows[i].after };

		assert_true(tw_text_parse_time(rows[i].change, &z.at));
		assert_int_equal(tw_days_read(rows[i].day, &day, &e), 0);
		assert_string_equal(tw_text_time(tw_days_end(day, zone_offset, &z), out),
		    rows[i].end);
	}
	for (size_t i = 0; i < TW_COUNT(none); i++)
		if (tw_days_read(none[i], &day, &e) == 0)
			fail_msg("%s is no day", none[i]);
	tw_days_read("2027-30-06", &day, &e);
	assert_non_null(strstr(e.text, "the month stands before the day"));
}

static void
spikes_are_told_once(void **state)
{
	struct tw_spikes s = { .least = 20 };
	uint64_t total = 0, now = 5;
	int began = 0, ended = 0;

	(void)state;
	for (int slot = 0; slot < 2000; slot++) {
		bool in = slot >= 500 && slot < 530;
		enum tw_spikes_news news;

		now += TW_SPIKES_SLOT_MS;
		total += in ? 200 : 5 + chance() % 10;	/* noise is no spike */
		news = tw_spikes_see(&s, total, now);
		began += news == TW_SPIKES_BEGAN;
		ended += news == TW_SPIKES_ENDED;
		if (news == TW_SPIKES_BEGAN)
			assert_int_equal(slot, 500);
		if (news == TW_SPIKES_ENDED)
			assert_true(slot >= 530 && slot < 540 && s.most_per_slot == 200);
	}
	assert_true(began == 1 && ended == 1);
	assert_true(s.usual > 5 && s.usual < 15);
	/* A new usual is learned at last, and asleep for a day or begun anew is no spike. */
	for (int slot = 0; slot < 1000; slot++) {
		now += TW_SPIKES_SLOT_MS;
		total += 200;
		began += tw_spikes_see(&s, total, now) == TW_SPIKES_BEGAN;
	}
	assert_true(began == 2 && !s.on && s.usual > 150);
	assert_int_equal(tw_spikes_see(&s, total + 100, now + 86400000), TW_SPIKES_NOTHING);
	assert_int_equal(tw_spikes_see(&s, 3, now + 86400001), TW_SPIKES_NOTHING);
	assert_int_equal(tw_spikes_see(&s, 3, now + 5), TW_SPIKES_NOTHING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_as_text),
		cmocka_unit_test(networks_as_text),
		cmocka_unit_test(longest_network_wins),
		cmocka_unit_test(hash_is_siphash),
		cmocka_unit_test(rates_as_text),
		cmocka_unit_test(rates_hold),
		cmocka_unit_test(tally_counts),
		cmocka_unit_test(tally_keeps_what_is_held),
		cmocka_unit_test(bans_grow_and_end),
		cmocka_unit_test(bans_count_what_they_should),
		cmocka_unit_test(bans_windows),
		cmocka_unit_test(bans_by_hand),
		cmocka_unit_test(bans_tell_the_firewall),
		cmocka_unit_test(bans_hold_what_they_promise),
		cmocka_unit_test(bans_as_a_file),
		cmocka_unit_test(admission_asks_in_order),
		cmocka_unit_test(days_end_at_midnight),
		cmocka_unit_test(spikes_are_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
