/*
 * This machine's tables: sets of addresses held to brute force, /proc's tables, and
 * rulesets as nft and iptables-save print them, judged connection by connection.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "data/access.h"
#include "golden.h"
#include "host/machine.h"
#include "report/nftables.h"

static struct tw_ranges
set_of(struct tw_arena *a, unsigned bits)
{
	struct { struct tw_range *v; size_t n, cap; } list = { 0 };

	for (unsigned i = 0; i < 16; i++)
		if (bits >> i & 1)
			TW_PUSH(a, &list, (struct tw_range){ i, i });
	return tw_ranges_of(a, list.v, list.n);
}

static unsigned
bits_of(struct tw_ranges x)
{
	unsigned bits = 0;

	for (size_t i = 0; i < x.n; i++) {
		assert_true(x.v[i].first <= x.v[i].last && x.v[i].last < 16);
		assert_true(i == 0 || x.v[i - 1].last + 1 < x.v[i].first);
		for (tw_u128 v = x.v[i].first; v <= x.v[i].last; v++)
			bits |= 1u << v;
	}
	return bits;
}

static void
test_sets(void **state)
{
	(void)state;
	for (unsigned x = 0; x < 65536; x += 23) {
		struct tw_arena *a = tw_arena_new();

		for (unsigned y = 5; y < 65536; y += 977) {
			struct tw_ranges p = set_of(a, x), q = set_of(a, y);

			assert_int_equal(bits_of(tw_ranges_union(a, p, q)), x | y);
			assert_int_equal(bits_of(tw_ranges_common(a, p, q)), x & y);
			assert_int_equal(bits_of(tw_ranges_without(a, p, q)), x & ~y);
		}
		tw_arena_free(a);
	}
}

static void
test_sets_at_the_top(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_ranges all = tw_ranges_all(a, true), half, one;

	(void)state;
	half = tw_ranges_one(a, (tw_u128)1 << 127, ~(tw_u128)0);
	one = tw_ranges_one(a, ~(tw_u128)0, ~(tw_u128)0);
	assert_true(tw_ranges_equal(tw_ranges_union(a, half, one), half));
	assert_true(tw_ranges_equal(tw_ranges_common(a, all, half), half));
	assert_int_equal(tw_ranges_without(a, all, all).n, 0);
	assert_int_equal(tw_ranges_without(a, all, half).n, 1);
	assert_true(tw_ranges_without(a, half, one).v[0].last == ~(tw_u128)0 - 1);
	tw_arena_free(a);
}

static void
test_addresses(void **state)
{
	static const char *const good[] = { "0.0.0.0", "192.0.2.255", "::", "::1", "2001:db8::7",
		"fe80::1:0:0:2", "1:2:3:4:5:6:7:8", "2001:db8:0:1:1:1:1:1", "1::" };
	static const char *const bad[] = { "", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4 ",
		":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::g",
		"1:2:3:4:5:6:7:", "fe80::1%eth0", "::1.2.3", "1.2.3.4/24", "::1/64" };
	static const char *const prefixes[] = { "10.0.0.0/8", "0.0.0.0/0", "192.0.2.1", "::/0",
		"2001:db8::/32", "fe80::/10", "::1" };
	struct tw_arena *a = tw_arena_new();
	struct tw_prefixes list;
	struct tw_range r;
	tw_u128 v;
	bool v6;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(good); i++) {
		assert_true(tw_ranges_read_address(good[i], &v, &v6));
		assert_string_equal(tw_ranges_address(a, v, v6), good[i]);
	}
	for (size_t i = 0; i < TW_COUNT(bad); i++)
		assert_false(tw_ranges_read_address(bad[i], &v, &v6));
	assert_true(tw_ranges_read_address("::ffff:192.0.2.1", &v, &v6) && v6);
	assert_true(v >> 32 == 0xffff && (uint32_t)v == 0xc0000201);
	for (size_t i = 0; i < TW_COUNT(prefixes); i++) {
		assert_true(tw_ranges_read(prefixes[i], &r, &v6));
		tw_ranges_prefixes(a, tw_ranges_one(a, r.first, r.last), v6, 9, &list);
		assert_int_equal(list.n, 1);
		assert_string_equal(list.v[0], prefixes[i]);
	}
	assert_false(tw_ranges_read("10.0.0.0/33", &r, &v6));
	assert_false(tw_ranges_read("10.0.0.0/", &r, &v6));
	tw_ranges_prefixes(a, tw_ranges_one(a, 1, 6), false, 9, &list);
	assert_int_equal(list.n, 4);	/* .1 .2/31 .4/31 .6 */
	assert_string_equal(list.v[1], "0.0.0.2/31");
	tw_arena_free(a);
}

static void
test_sockets(void **state)
{
	/* As a little-endian kernel writes them; another's would be read there. */
	static const char tcp[] = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
	    "retrnsmt   uid  timeout inode\n"
	    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000"
	    "        0 4711 1 0000000000000000 100 0 0 10 0\n"
	    "   1: 020200C0:A3CC 507100CB:0050 06 00000000:00000000 03:0000071A 00000000     0"
	    "        0 0 3 0000000000000000\n"
	    "   2: 00000000:01BB 00000000:0000 0A 0:0 00:0 0 0 0 4712\n"
	    "   3: garbage\n   4: 00000000:01BBF 0:0 0A 0:0 00:0 0 0 0 1\n   5:";
	static const char tcp6[] = "   0: 00000000000000000000000001000000:0019 "
	    "00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 1\n"
	    "   1: 0000000000000000FFFF00000100007F:006E "
	    "00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 2\n";
	const uint32_t one = 1;
	struct tw_arena *a = tw_arena_new();
	struct tw_sockets s = { 0 };

	(void)state;
	if (*(const uint8_t *)&one != 1)
		skip();
	assert_int_equal(tw_sockets_read(a, TW_BYTES(tcp), TW_TCP, false, &s), 2);
	assert_string_equal(tw_ranges_address(a, s.v[0].address, false), "127.0.0.1");
	assert_int_equal(s.v[0].port, 8080);
	assert_int_equal(s.v[0].uid, 1000);
	assert_int_equal(s.v[0].inode, 4711);
	assert_int_equal(s.v[1].port, 443);
	assert_true(s.v[1].address == 0);
	assert_int_equal(tw_sockets_read(a, TW_BYTES(tcp6), TW_TCP, true, &s), 2);
	assert_string_equal(tw_ranges_address(a, s.v[2].address, true), "::1");
	assert_true(s.v[2].v6 && !s.v[3].v6);	/* ::ffff:127.0.0.1 is IPv4 */
	assert_string_equal(tw_ranges_address(a, s.v[3].address, false), "127.0.0.1");
	assert_int_equal(tw_sockets_read(a, TW_BYTES(tcp), TW_TCP, true, &s), 0);
	tw_arena_free(a);
}

static void
test_routes(void **state)
{
	static const char v4[] = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n"
	    "eth1\t00000000\t0101A8C0\t0003\t0\t0\t200\t00000000\t0\t0\t0\n"
	    "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
	    "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
	static const char v6[] = "00000000000000000000000000000000 00 "
	    "00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 "
	    "00000000 00000003     eth0\n"
	    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
	    "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";
	struct tw_arena *a = tw_arena_new();
	struct tw_route r;
	const uint32_t one = 1;
	tw_u128 v;
	bool is6;

	(void)state;
	if (*(const uint8_t *)&one != 1)
		skip();
	tw_routes_read(a, TW_BYTES(v4), false, &r);
	assert_string_equal(r.interface, "eth0");
	assert_string_equal(tw_ranges_address(a, r.gateway, false), "192.0.2.1");
	tw_routes_read(a, TW_BYTES(v6), true, &r);
	assert_string_equal(r.interface, "eth0");
	assert_string_equal(tw_ranges_address(a, r.gateway, true), "fe80::1");
	tw_routes_read(a, TW_BYTES("nothing\n"), false, &r);
	assert_null(r.interface);
	assert_true(tw_ranges_read_address("172.31.0.1", &v, &is6));
	assert_int_equal(tw_scope_of(v, is6), TW_SCOPE_PRIVATE);
	assert_true(tw_ranges_read_address("172.32.0.1", &v, &is6));
	assert_int_equal(tw_scope_of(v, is6), TW_SCOPE_PUBLIC);
	assert_true(tw_ranges_read_address("fdaa::1", &v, &is6));
	assert_int_equal(tw_scope_of(v, is6), TW_SCOPE_PRIVATE);
	tw_arena_free(a);
}

/* What a passage is, as one line of text. */
static const char *
told(struct tw_arena *a, const struct tw_passage *p, bool v6)
{
	const struct { const char *name; const struct tw_ranges *set; } parts[] = {
		{ "open", &p->open }, { "perhaps", &p->perhaps }, { "drop", &p->dropped },
		{ "reject", &p->rejected }, { "elsewhere", &p->elsewhere } };
	const char *s = "";

	for (size_t i = 0; i < TW_COUNT(parts); i++) {
		struct tw_prefixes list;

		if (parts[i].set->n == 0)
			continue;
		tw_ranges_prefixes(a, *parts[i].set, v6, 4, &list);
		s = tw_arena_fmt(a, "%s%s%s", s, *s != '\0' ? "; " : "", parts[i].name);
		if (list.more)
			s = tw_arena_fmt(a, "%s most", s);
		for (size_t k = 0; !list.more && k < list.n; k++)
			s = strcmp(list.v[k], v6 ? "::/0" : "0.0.0.0/0") == 0 ? s :
			    tw_arena_fmt(a, "%s %s", s, list.v[k]);
	}
	return p->limited ? tw_arena_fmt(a, "%s, limited", s) : s;
}

static const char *
judge(struct tw_arena *a, const struct tw_ruleset *r, enum tw_transport transport, bool v6,
    unsigned port, const char *interface)
{
	struct tw_passage p;
	struct tw_packet packet = { .transport = transport, .v6 = v6, .port = (uint16_t)port,
		.interface = interface, .local = tw_ranges_one(a, 0x0a010203, 0x0a010203),
		.from = tw_ranges_all(a, v6) };

	tw_firewall_judge(a, r, &packet, &p);
	return told(a, &p, v6);
}

static struct tw_bytes
golden(const char *name)
{
	char path[512], *text;
	FILE *f;
	long n;

	snprintf(path, sizeof(path), "%s/host/%s", TW_GOLDEN, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	text = malloc((size_t)n);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)n, f), n);
	fclose(f);
	return (struct tw_bytes){ (const uint8_t *)text, (size_t)n };
}

static void
test_nft(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_bytes text = golden("nft.json");
	struct tw_ruleset all = { 0 }, r = { 0 };
	struct tw_forwards forwards;

	(void)state;
	assert_int_equal(tw_ruleset_read_nft(a, text, &all, NULL), 0);
	free((void *)(uintptr_t)text.p);
	assert_true(tw_ruleset_is_foreign(&all, false) && !tw_ruleset_is_foreign(&all, true));
	for (size_t i = 0; i < all.tables.n; i++)	/* the tables that are nft's own */
		if (strcmp(all.tables.v[i]->family, "ip") != 0)
			TW_PUSH(a, &r.tables, all.tables.v[i]);
	assert_int_equal(r.tables.n, 2);
	assert_true(tw_firewall_filters(&r));
	/* netdev x drops 1.2.3.4 on an unnamed device: perhaps. A mark lets in, perhaps. */
	assert_string_equal(judge(a, &r, TW_TCP, false, 80, "lo"), "open most; perhaps 1.2.3.4");
	assert_string_equal(judge(a, &r, TW_TCP, true, 25, "eth0"), "open");
	assert_string_equal(judge(a, &r, TW_TCP, true, 110, "eth0"),
	    "open fe80::/10; drop most");
	assert_string_equal(judge(a, &r, TW_TCP, true, 8005, "eth0"), "open");
	assert_string_equal(judge(a, &r, TW_TCP, false, 8080, "eth0"),
	    "perhaps 1.2.3.4; elsewhere most");
	assert_string_equal(judge(a, &r, TW_UDP, true, 443, "eth0"), "open");
	assert_string_equal(judge(a, &r, TW_UDP, true, 444, "eth0"),
	    "open fe80::/10; perhaps most");
	tw_firewall_forwards(a, &r, &forwards);
	assert_int_equal(forwards.n, 2);
	assert_string_equal(forwards.v[0],
	    "port 8080 goes to port 80 of this machine (inet filter, chain pre)");
	tw_arena_free(a);
}

static void
test_saved(void **state)
{
	static const struct { unsigned port; const char *interface, *told; } rows[] = {
		{ 22, "eth0", "open most; drop 203.0.113.9" },
		{ 22, "lo", "open" },
		{ 443, "eth0", "open 10.0.0.0/8; drop most" },
		{ 8009, "wlan0", "open 10.0.0.0/8; drop most" },
		{ 25, "eth0", "drop 10.0.0.0/8 203.0.113.9; reject most" },
		{ 993, "eth0", "perhaps most; drop 203.0.113.9" },
		{ 9999, "eth3", "open 192.0.2.10/31 192.0.2.12/30 192.0.2.16/30 192.0.2.20; drop most" },
		{ 9999, "wlan0", "drop" },
		{ 81, "eth0", "elsewhere" },
	};
	struct tw_arena *a = tw_arena_new();
	struct tw_bytes text = golden("iptables-nft.txt"), json = golden("nft.json");
	struct tw_ruleset r = { 0 }, both = { 0 };

	(void)state;
	assert_int_equal(tw_ruleset_read_save(a, text, false, "iptables-legacy", &r, NULL), 0);
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		assert_string_equal(judge(a, &r, TW_TCP, false, rows[i].port, rows[i].interface),
		    rows[i].told);
	assert_string_equal(judge(a, &r, TW_UDP, false, 53, "eth0"),
	    "open most; drop 203.0.113.9, limited");
	assert_string_equal(judge(a, &r, TW_TCP, true, 993, "eth0"), "open");	/* IPv4's rules */
	/* What nft could not read gives way to iptables-save's text. */
	assert_int_equal(tw_ruleset_read_nft(a, json, &both, NULL), 0);
	assert_int_equal(tw_ruleset_read_save(a, text, false, "iptables-nft", &both, NULL), 0);
	assert_false(tw_ruleset_is_foreign(&both, false));
	assert_int_equal(tw_ruleset_read_save(a, TW_BYTES("nonsense here\n"), false, "iptables-nft",
	    &both, NULL), -1);
	free((void *)(uintptr_t)text.p);
	free((void *)(uintptr_t)json.p);
	tw_arena_free(a);
}

/* A small ruleset of one input chain: the JSON of its rules' expressions. */
static const char *
judge_rules(struct tw_arena *a, const char *policy, const char *rules, unsigned port)
{
	const char *text = tw_arena_fmt(a, "{\"nftables\": [{\"table\": {\"family\": \"inet\", "
	    "\"name\": \"t\"}}, {\"chain\": {\"family\": \"inet\", \"table\": \"t\", \"name\": \"i\", "
	    "\"type\": \"filter\", \"hook\": \"input\", \"prio\": 0, \"policy\": \"%s\"}}%s]}",
	    policy, rules);
	struct tw_ruleset r = { 0 };

	assert_int_equal(tw_ruleset_read_nft(a, tw_bytes_of(text), &r, NULL), 0);
	return judge(a, &r, TW_TCP, false, port, "eth0");
}

#define RULE(expr) ", {\"rule\": {\"family\": \"inet\", \"table\": \"t\", \"chain\": \"i\", " \
	"\"expr\": [" expr "]}}"
#define IN(chain, expr) ", {\"rule\": {\"family\": \"inet\", \"table\": \"t\", \"chain\": \"" chain \
	"\", \"expr\": [" expr "]}}"
#define MATCH(op, left, right) "{\"match\": {\"op\": \"" op "\", \"left\": " left \
	", \"right\": " right "}}"
#define DPORT "{\"payload\": {\"protocol\": \"tcp\", \"field\": \"dport\"}}"
#define SADDR "{\"payload\": {\"protocol\": \"ip\", \"field\": \"saddr\"}}"
#define MARK "{\"meta\": {\"key\": \"mark\"}}"
#define ACCEPT ", {\"accept\": null}"
#define DROP ", {\"drop\": null}"

/* Never a false "open": what cannot be known is "perhaps", from both sides. */
static void
test_doubts(void **state)
{
	static const struct { const char *policy, *rules, *told; } rows[] = {
		{ "accept", "", "open" },
		{ "drop", "", "drop" },
		{ "drop", RULE(MATCH("==", MARK, "1") ACCEPT), "perhaps" },
		{ "accept", RULE(MATCH("==", MARK, "1") DROP), "perhaps" },
		{ "accept", RULE(MATCH("==", MARK, "1") ACCEPT), "open" },
		{ "drop", RULE(MATCH("==", MARK, "1") DROP), "drop" },
		{ "drop", RULE("{\"newstatement\": {}}" ACCEPT), "perhaps" },
		{ "accept", RULE("{\"xt\": {\"type\": \"target\", \"name\": \"GUESS\"}}"), "perhaps" },
		{ "drop", RULE(MATCH("==", DPORT, "\"@missing\"") ACCEPT), "perhaps" },
		{ "drop", RULE(MATCH(">=", DPORT, "1") ACCEPT), "perhaps" },
		{ "drop", RULE("{\"jump\": {\"target\": \"nowhere\"}}"), "perhaps" },
		{ "drop", RULE("{\"jump\": {\"target\": \"i\"}}"), "perhaps" },
		{ "drop", RULE("{\"queue\": {\"num\": 1}}"), "perhaps" },
		{ "drop", RULE(MATCH("==", SADDR, "\"10.0.0.1\"") "," MATCH("==", MARK, "1") ACCEPT),
		    "perhaps 10.0.0.1; drop most" },
		{ "accept", RULE("{\"limit\": {\"rate\": 1, \"per\": \"second\", \"inv\": true}}" DROP),
		    "open" },
		{ "drop", RULE("{\"limit\": {\"rate\": 1, \"per\": \"second\"}}" ACCEPT),
		    "open, limited" },
		{ "accept", RULE("{\"newstatement\": {}}"), "perhaps" },
		{ "accept", RULE("{\"notrack\": null}"), "perhaps" },
		{ "accept", RULE("{\"mangle\": {\"key\": " DPORT ", \"value\": 7}}"), "perhaps" },
		{ "accept", RULE("{\"mangle\": {\"key\": " MARK ", \"value\": 7}}"), "open" },
		{ "accept", ", {\"chain\": {\"family\": \"bridge\", \"table\": \"b\", \"name\": \"i\", "
		    "\"type\": \"filter\", \"hook\": \"input\", \"prio\": 0, \"policy\": \"drop\"}}",
		    "perhaps" },
		/* A chain that perhaps accepts, and comes back. */
		{ "drop", IN("s", MATCH("==", MARK, "1") ACCEPT) IN("s", "{\"return\": null}")
		    RULE("{\"jump\": {\"target\": \"s\"}}") RULE(MATCH("==", SADDR, "\"10.0.0.1\"")
		    ACCEPT), "open 10.0.0.1; perhaps most" },
		/* goto does not come back to the rules behind it. */
		{ "drop", IN("s", "{\"counter\": null}") RULE("{\"goto\": {\"target\": \"s\"}}")
		    RULE("{\"accept\": null}"), "drop" },
		/* Whatever the answer must pass, too. */
		{ "accept", ", {\"chain\": {\"family\": \"inet\", \"table\": \"t\", \"name\": \"o\", "
		    "\"type\": \"filter\", \"hook\": \"output\", \"prio\": 0, \"policy\": \"drop\"}}",
		    "drop" },
	};
	struct tw_arena *a = tw_arena_new();

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		assert_string_equal(judge_rules(a, rows[i].policy, rows[i].rules, 443), rows[i].told);
	tw_arena_free(a);
}

/* What is about one family's header never holds for the other's packets. */
static void
test_families(void **state)
{
	static const char text[] = "{\"nftables\": [{\"chain\": {\"family\": \"inet\", \"table\": "
	    "\"t\", \"name\": \"i\", \"type\": \"filter\", \"hook\": \"input\", \"prio\": 0, "
	    "\"policy\": \"drop\"}}" RULE(MATCH("==", "{\"payload\": {\"protocol\": \"ip\", \"field\": "
	    "\"protocol\"}}", "\"tcp\"") "," MATCH("==", DPORT, "1") ACCEPT)
	    RULE(MATCH("!=", "{\"payload\": {\"protocol\": \"ip6\", \"field\": \"nexthdr\"}}",
	    "\"udp\"") "," MATCH("==", DPORT, "2") ACCEPT) RULE(MATCH("!=", SADDR, "\"10.0.0.1\"") ","
	    MATCH("==", DPORT, "3") ACCEPT) "]}";
	struct tw_arena *a = tw_arena_new();
	struct tw_ruleset r = { 0 };

	(void)state;
	assert_int_equal(tw_ruleset_read_nft(a, TW_BYTES(text), &r, NULL), 0);
	assert_string_equal(judge(a, &r, TW_TCP, false, 1, "eth0"), "open");
	assert_string_equal(judge(a, &r, TW_TCP, true, 1, "eth0"), "drop");
	assert_string_equal(judge(a, &r, TW_TCP, false, 2, "eth0"), "drop");
	assert_string_equal(judge(a, &r, TW_TCP, true, 2, "eth0"), "open");
	assert_string_equal(judge(a, &r, TW_TCP, false, 3, "eth0"), "open most; drop 10.0.0.1");
	assert_string_equal(judge(a, &r, TW_TCP, true, 3, "eth0"), "drop");
	tw_arena_free(a);
}

/* Chains that call each other twice, sixteen deep: bounded, and then not called open. */
static void
test_many_paths(void **state)
{
	struct tw_arena *a = tw_arena_new();
	const char *rules = RULE("{\"jump\": {\"target\": \"c0\"}}");

	(void)state;
	for (int i = 0; i < 14; i++)
		for (int k = 0; k < 4; k++)
			rules = tw_arena_fmt(a, "%s, {\"rule\": {\"family\": \"inet\", \"table\": \"t\", "
			    "\"chain\": \"c%d\", \"expr\": [{\"jump\": {\"target\": \"c%d\"}}]}}", rules,
			    i, i + 1);
	rules = tw_arena_fmt(a, "%s" IN("c14", "{\"counter\": null}"), rules);
	assert_string_equal(judge_rules(a, "accept", rules, 443), "perhaps");
	tw_arena_free(a);
}

static struct tw_machine
machine(const char *address, const char *interface, bool has_rules)
{
	struct tw_machine m = { .arena = tw_arena_new(), .has_rules = has_rules, .now = 1795478400 };
	struct tw_address a = { .interface = interface };

	assert_true(tw_ranges_read_address(address, &a.value, &a.v6));
	a.scope = tw_scope_of(a.value, a.v6);
	TW_PUSH(m.arena, &m.addresses, a);
	m.route.interface = interface;
	return m;
}

static enum tw_exposure
exposure(struct tw_machine *m, tw_u128 address, bool v6, unsigned port)
{
	struct tw_socket s = { .transport = TW_TCP, .v6 = v6, .address = address,
		.port = (uint16_t)port };

	m->listeners.n = 0;
	tw_machine_add(m, &s, NULL, 0, "root");
	tw_machine_conclude(m);
	return m->listeners.v[0].exposure;
}

static void
test_exposure(void **state)
{
	struct tw_machine m = machine("192.0.2.7", "eth0", true);
	const struct tw_address *nat;

	(void)state;
	assert_int_equal(exposure(&m, 0, false, 443), TW_EXPOSED_PUBLIC);
	assert_true(m.listeners.v[0].certain);
	assert_int_equal(exposure(&m, 0x7f000001, false, 443), TW_EXPOSED_LOOPBACK);
	assert_int_equal(exposure(&m, 0xc0000208, false, 443), TW_EXPOSED_LOOPBACK);	/* not ours */
	assert_false(tw_machine_is_behind_nat(&m, &nat));
	tw_arena_free(m.arena);
	m = machine("192.168.1.5", "eth0", true);
	assert_int_equal(exposure(&m, 0, false, 443), TW_EXPOSED_PRIVATE);
	assert_true(tw_machine_is_behind_nat(&m, &nat));
	tw_arena_free(m.arena);
	m = machine("192.0.2.7", "eth0", false);	/* rules that could not be read */
	assert_int_equal(exposure(&m, 0, false, 443), TW_EXPOSED_PUBLIC);
	assert_false(m.listeners.v[0].certain);
	tw_arena_free(m.arena);
	m = machine("fe80::1", "eth0", true);
	assert_int_equal(exposure(&m, 0, true, 443), TW_EXPOSED_LINK);
	tw_arena_free(m.arena);
}

/* IPv4 and IPv6 of one process are one listener, workers' sockets too; others are not. */
static void
test_listeners(void **state)
{
	struct tw_machine m = machine("192.0.2.7", "eth0", true);
	const struct tw_process nginx[] = { { 10, "nginx" }, { 11, "nginx" } };
	const struct tw_process other = { 12, "other" };
	struct tw_socket s = { .transport = TW_TCP, .port = 443 };

	(void)state;
	tw_machine_add(&m, &s, nginx, 2, "root");
	tw_machine_add(&m, &s, &nginx[1], 1, "root");
	s.v6 = true;
	tw_machine_add(&m, &s, nginx, 1, "root");
	assert_int_equal(m.listeners.n, 1);
	assert_int_equal(m.listeners.v[0].sockets.n, 2);
	assert_int_equal(m.listeners.v[0].processes.n, 2);
	assert_string_equal(m.listeners.v[0].row->scheme, "https");
	s.address = 1;
	tw_machine_add(&m, &s, nginx, 1, "root");	/* ::1 is another thing than :: */
	s.address = 0;
	s.port = 444;
	tw_machine_add(&m, &s, &other, 1, "root");
	s.transport = TW_UDP;
	s.port = 443;
	tw_machine_add(&m, &s, nginx, 1, "root");
	assert_int_equal(m.listeners.n, 4);
	assert_string_equal(m.listeners.v[3].row->scheme, "h3");
	tw_arena_free(m.arena);
}

static void
test_access(void **state)
{
	static const struct { const char *service; uint16_t port; enum tw_access access; } rows[] = {
		{ "https", 443, TW_ACCESS_PUBLIC }, { "https", 9200, TW_ACCESS_INTERNAL },
		{ "https", 10000, TW_ACCESS_ADMIN }, { "https", 41234, TW_ACCESS_PUBLIC },
		{ "imap", 993, TW_ACCESS_PUBLIC }, { "imap", 41234, TW_ACCESS_PUBLIC },
		{ "ldap", 636, TW_ACCESS_INTERNAL }, { "ldap", 443, TW_ACCESS_INTERNAL },
		{ "redis", 6379, TW_ACCESS_INTERNAL }, { "ssh", 22, TW_ACCESS_SHELL },
		{ "ssh", 41234, TW_ACCESS_SHELL }, { "https", 22, TW_ACCESS_PUBLIC },
		{ NULL, 25, TW_ACCESS_PUBLIC }, { NULL, 41234, TW_ACCESS_INTERNAL },
		{ "nonsense", 443, TW_ACCESS_INTERNAL }, { "rdp", 3389, TW_ACCESS_ADMIN },
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		assert_int_equal(tw_access_of(rows[i].service, tw_port_by_number(rows[i].port)),
		    rows[i].access);
}

/* The whole text, so that a change to a rule is looked at; nft itself checks it in tests/local. */
static void
test_nftables(void **state)
{
	static const char found[] = "{\"schema\": 1, \"tool\": \"tlswright\", \"kind\": \"local\", "
	    "\"host\": \"mail.example.com\", \"started\": \"2026-11-24T00:00:00Z\", \"addresses\": ["
	    "{\"interface\": \"eth0\", \"address\": \"10.1.2.3\", \"prefix\": 24, \"scope\": "
	    "\"private\"}, {\"interface\": \"eth0\", \"address\": \"fd00:1::3\", \"prefix\": 64, "
	    "\"scope\": \"private\"}], \"listeners\": ["
	    "{\"transport\": \"tcp\", \"port\": 993, \"service\": \"imap\", \"process\": {\"name\": "
	    "\"dovecot\"}, \"exposure\": \"private\"},"
	    "{\"transport\": \"tcp\", \"port\": 21, \"service\": \"ftp\", \"exposure\": \"private\"},"
	    "{\"transport\": \"udp\", \"port\": 443, \"service\": \"h3\", \"exposure\": \"private\"},"
	    "{\"transport\": \"tcp\", \"port\": 2222, \"service\": \"ssh\", \"exposure\": \"private\"},"
	    "{\"transport\": \"tcp\", \"port\": 5432, \"service\": \"postgres\", \"exposure\": "
	    "\"private\"},"
	    "{\"transport\": \"tcp\", \"port\": 10000, \"service\": \"https\", \"exposure\": "
	    "\"private\"},"
	    "{\"transport\": \"tcp\", \"port\": 6379, \"service\": \"redis\", \"exposure\": "
	    "\"loopback\"}]}";
	struct tw_nftables n = { .arena = tw_arena_new() };
	struct tw_err err = { 0 };
	struct tw_buf out;

	(void)state;
	tw_buf_init(&out, 1 << 20);
	assert_int_equal(tw_nftables_read(&n, found, sizeof(found) - 1, NULL, &err), 0);
	tw_nftables_write(&n, &out);
	check_golden("host/nftables.txt", tw_buf_cstr(&out));
	tw_buf_clear(&out);
	tw_arena_free(n.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_sets_at_the_top),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_nft),
		cmocka_unit_test(test_saved),
		cmocka_unit_test(test_doubts),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_many_paths),
		cmocka_unit_test(test_exposure),
		cmocka_unit_test(test_listeners),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_nftables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
