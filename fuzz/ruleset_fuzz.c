/*
 * Rulesets, as nft's JSON or as iptables-save's text: read or refused, and judged. Whatever
 * they say, every source ends in exactly one way, and what accepts nobody opens for nobody.
 */
#include <assert.h>
#include <stdlib.h>

#include "host/firewall.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(struct tw_arena *a, const struct tw_packet *packet, const struct tw_passage *p)
{
	const struct tw_ranges *parts[] = { &p->open, &p->perhaps, &p->dropped, &p->rejected,
		&p->elsewhere };
	struct tw_ranges all = { 0 };

	for (size_t i = 0; i < TW_COUNT(parts); i++) {
		assert(tw_ranges_common(a, all, *parts[i]).n == 0);
		all = tw_ranges_union(a, all, *parts[i]);
	}
	assert(tw_ranges_equal(all, packet->from));
	assert(p->perhaps.n == 0 || p->doubts.n > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct { enum tw_transport transport; bool v6; uint16_t port; } asked[] = {
		{ TW_TCP, false, 443 }, { TW_TCP, true, 22 }, { TW_UDP, false, 53 } };
	struct tw_arena *a = tw_arena_new();
	struct tw_bytes text = { p, n };
	struct tw_ruleset r = { 0 };
	struct tw_forwards forwards;

	if (n > 65536)
		goto out;
	if (n > 0 && p[0] == '{') {
		if (tw_ruleset_read_nft(a, text, &r, NULL) != 0)
			goto out;
	} else if (tw_ruleset_read_save(a, text, n % 2 == 1, "iptables-legacy", &r, NULL) != 0) {
		goto out;
	}
	tw_firewall_forwards(a, &r, &forwards);
	for (size_t i = 0; i < TW_COUNT(asked); i++) {
		struct tw_packet packet = { .transport = asked[i].transport, .v6 = asked[i].v6,
			.port = asked[i].port, .interface = "eth0",
			.local = tw_ranges_one(a, 0xc0000207, 0xc0000207),
			.from = tw_ranges_all(a, asked[i].v6) };
		struct tw_passage passage;

		tw_firewall_judge(a, &r, &packet, &passage);
		check(a, &packet, &passage);
	}
out:
	tw_arena_free(a);
	return 0;
}
