/*
 * The judgement over a ruleset; see firewall.h. Each chain divides the sources that
 * reach it into those it may accept, may drop, may reject and may send elsewhere; a
 * source that only one of these holds is certain, one that two hold is "perhaps". A
 * base chain's accepted sources reach the next; the answers must pass output, too.
 */
#include "host/firewall.h"

#include <stdio.h>
#include <stdlib.h>

#define DEEP	16		/* jumps below each other: the kernel's own bound */
#define WORK	200000		/* rules looked at for one packet: jumps may multiply */
#define DOUBTS	6		/* told */

struct walk {
	struct tw_arena *arena;
	const struct tw_packet *packet;
	bool answer;		/* the packet is the answer, on its way out */
	const struct tw_table *table;
	const struct tw_chain *chain;	/* the base chain */
	struct tw_ranges accepted, dropped, rejected, elsewhere;	/* may be, each */
	struct tw_passage *to;
	unsigned work;
	bool tired;
};

/* For whom a rule holds for certain, and for whom perhaps. */
struct holds {
	struct tw_ranges sure, perhaps;
	bool limited;
};

static void
doubt(struct walk *w, const char *words)
{
	if (words == NULL)
		words = "a verdict that is not understood here";
	for (size_t i = 0; i < w->to->doubts.n; i++)
		if (strcmp(w->to->doubts.v[i], words) == 0)
			return;
	if (w->to->doubts.n < DOUBTS)
		TW_PUSH(w->arena, &w->to->doubts, words);
}

static bool
name_fits(const struct tw_match *m, const char *name)
{
	for (size_t i = 0; name != NULL && i < m->names.n; i++) {
		const char *want = m->names.v[i];
		size_t n = strlen(want);

		if (n > 0 && want[n - 1] == '*' ? strncmp(want, name, n - 1) == 0 :
		    strcmp(want, name) == 0)
			return true;
	}
	return false;
}

/* The names each word has that fit the first packet, and those that fit its answer. */
static bool
word_fits(const struct walk *w, const struct tw_match *m)
{
	static const char *const words[][2] = {
		[TW_WORD_STATE] = { "new", "established" },
		[TW_WORD_DIRECTION] = { "original", "reply" },
		[TW_WORD_STATUS] = { NULL, "seen-reply" },
		[TW_WORD_PACKET] = { "host", "host" },
		[TW_WORD_TYPE] = { "local", "unicast" },
		[TW_WORD_SOURCE_TYPE] = { "unicast", "local" },
		[TW_WORD_ROUTE] = { "exists", "exists" },
	};

	return name_fits(m, words[m->word][w->answer]) ||
	    (m->word == TW_WORD_PACKET && name_fits(m, "unicast"));
}

enum fit { FIT_NO, FIT_YES, FIT_PERHAPS };

static enum fit
yes_or_no(bool yes, const struct tw_match *m)
{
	return yes != m->inverted ? FIT_YES : FIT_NO;
}

/* Our own addresses: all of them, some or none in the ranges. */
static enum fit
local_fits(struct walk *w, const struct tw_match *m)
{
	struct tw_ranges in = tw_ranges_common(w->arena, w->packet->local, m->ranges);

	if (in.n > 0 && !tw_ranges_equal(in, w->packet->local)) {
		doubt(w, "a rule for some of this machine's addresses only");
		return FIT_PERHAPS;
	}
	return yes_or_no(in.n > 0, m);
}

static enum fit
port_fits(struct walk *w, const struct tw_match *m)
{
	bool ours = (m->kind == TW_MATCH_DPORT) != w->answer;

	if (m->proto != 0 && m->proto != w->packet->transport)
		return FIT_NO;
	if (ours)
		return yes_or_no(tw_ranges_have(m->ranges, w->packet->port), m);
	/* The peer's port is any that is not registered: RFC 6056 3.2. */
	if (m->ranges.n == 1 && m->ranges.v[0].first <= 1024 && m->ranges.v[0].last >= 65535)
		return yes_or_no(true, m);
	if (m->ranges.n > 0 && m->ranges.v[m->ranges.n - 1].last < 1024)
		return yes_or_no(false, m);
	doubt(w, "a rule for some ports of the other side");
	return FIT_PERHAPS;
}

/* Everything but addresses of the other side. */
static enum fit
fits(struct walk *w, const struct tw_match *m)
{
	const struct tw_packet *p = w->packet;
	unsigned flags = w->answer ? 0x12 : 0x02;	/* SYN, ACK */

	if (m->family != 0 && m->family != (p->v6 ? 6 : 4))
		return FIT_NO;
	switch (m->kind) {
	case TW_MATCH_NEVER:
		return FIT_NO;
	case TW_MATCH_LIMIT:
		return m->inverted ? FIT_NO : FIT_YES;
	case TW_MATCH_DPORT:
	case TW_MATCH_SPORT:
		return port_fits(w, m);
	case TW_MATCH_SADDR:
	case TW_MATCH_DADDR:
		return m->v6 != p->v6 ? FIT_NO : local_fits(w, m);
	case TW_MATCH_IIF:
		return yes_or_no(!w->answer && name_fits(m, p->interface), m);
	case TW_MATCH_OIF:
		return yes_or_no(w->answer && name_fits(m, p->interface), m);
	case TW_MATCH_WORD:
		return yes_or_no(word_fits(w, m), m);
	case TW_MATCH_PROTO:
		return yes_or_no(tw_ranges_have(m->ranges, p->transport), m);
	case TW_MATCH_FAMILY:
		return yes_or_no(tw_ranges_have(m->ranges, p->v6 ? 6 : 4), m);
	case TW_MATCH_FLAGS:
		return p->transport != TW_TCP ? FIT_NO : yes_or_no((flags & m->mask) == m->bits, m);
	case TW_MATCH_UNKNOWN:
		break;
	}
	doubt(w, tw_arena_fmt(w->arena, "a rule asks for %s, which is not understood here",
	    m->words != NULL ? m->words : "a value"));
	return FIT_PERHAPS;
}

static void
hold(struct walk *w, const struct tw_rule *rule, struct tw_ranges from, struct holds *ret)
{
	struct tw_arena *a = w->arena;
	enum tw_match_kind theirs = w->answer ? TW_MATCH_DADDR : TW_MATCH_SADDR;

	*ret = (struct holds){ .sure = from };
	for (size_t i = 0; i < rule->matches.n && (ret->sure.n > 0 || ret->perhaps.n > 0); i++) {
		const struct tw_match *m = &rule->matches.v[i];

		if (m->kind == theirs && m->v6 == w->packet->v6) {
			ret->sure = m->inverted ? tw_ranges_without(a, ret->sure, m->ranges) :
			    tw_ranges_common(a, ret->sure, m->ranges);
			ret->perhaps = m->inverted ? tw_ranges_without(a, ret->perhaps, m->ranges) :
			    tw_ranges_common(a, ret->perhaps, m->ranges);
			continue;
		}
		switch (fits(w, m)) {
		case FIT_YES:
			ret->limited = ret->limited || m->kind == TW_MATCH_LIMIT;
			break;
		case FIT_NO:
			*ret = (struct holds){ 0 };
			break;
		case FIT_PERHAPS:
			ret->perhaps = tw_ranges_union(a, ret->perhaps, ret->sure);
			ret->sure = (struct tw_ranges){ 0 };
			break;
		}
	}
}

static const char *
place_of(struct walk *w, const struct tw_chain *c, const struct tw_rule *rule)
{
	const struct tw_table *t = w->table;
	const char *s = tw_arena_fmt(w->arena, "%s %s, chain %s", t->family, t->name, c->name);

	if (strcmp(t->source, "nftables") != 0)
		s = tw_arena_fmt(w->arena, "%s, %s", t->source, s);
	if (rule == NULL)
		return tw_arena_fmt(w->arena, "%s, policy", s);
	if (rule->handle != 0)
		s = tw_arena_fmt(w->arena, "%s, rule %u", s, rule->handle);
	return rule->comment == NULL ? s : tw_arena_fmt(w->arena, "%s (%s)", s, rule->comment);
}

static void
add(struct walk *w, struct tw_ranges *to, struct tw_ranges who)
{
	*to = tw_ranges_union(w->arena, *to, who);
}

/* Takes who as accepted (and so on) in chain c by rule, NULL: by policy. */
static void
end(struct walk *w, enum tw_verdict_kind verdict, struct tw_ranges who, const struct tw_chain *c,
    const struct tw_rule *rule)
{
	bool filters = w->chain->hook == TW_HOOK_INPUT && !w->chain->is_nat;

	if (who.n == 0)
		return;
	if (verdict == TW_FW_ACCEPT || verdict == TW_FW_UNKNOWN)
		add(w, &w->accepted, who);
	if (verdict == TW_FW_DROP || verdict == TW_FW_UNKNOWN)
		add(w, &w->dropped, who);
	if (verdict == TW_FW_REJECT)
		add(w, &w->rejected, who);
	if (verdict == TW_FW_ELSEWHERE) {
		add(w, &w->elsewhere, who);
		if (w->to->place == NULL)
			w->to->place = rule->target;
	}
	if (verdict == TW_FW_UNKNOWN)
		doubt(w, rule->words);
	if ((verdict == TW_FW_DROP || verdict == TW_FW_REJECT) && w->to->closed_by == NULL)
		w->to->closed_by = place_of(w, c, rule);
	if (verdict == TW_FW_ACCEPT && filters && rule != NULL && w->to->opened_by == NULL)
		w->to->opened_by = place_of(w, c, rule);
}

static const struct tw_chain *
find_chain(const struct tw_table *t, const char *name)
{
	for (size_t i = 0; name != NULL && i < t->chains.n; i++)
		if (strcmp(t->chains.v[i]->name, name) == 0)
			return t->chains.v[i];
	return NULL;
}

static struct tw_ranges walk_chain(struct walk *w, const struct tw_chain *c,
    struct tw_ranges from, unsigned deep);

/* A jump or goto of all for whom the rule holds; those who come back. */
static struct tw_ranges
jump(struct walk *w, const struct tw_rule *rule, struct tw_ranges who, unsigned deep)
{
	const struct tw_chain *c = find_chain(w->table, rule->target);

	if (c == NULL || deep == DEEP) {
		doubt(w, c == NULL ? "a chain or target that is not known" : "chains too deep");
		add(w, &w->accepted, who);
		add(w, &w->dropped, who);
		return who;
	}
	return walk_chain(w, c, who, deep + 1);
}

/* One rule: *pending are those not decided yet, *back those who leave the chain. */
static void
walk_rule(struct walk *w, const struct tw_chain *c, const struct tw_rule *rule,
    struct tw_ranges *pending, struct tw_ranges *back, unsigned deep)
{
	struct holds h;
	struct tw_ranges who, returned;

	hold(w, rule, *pending, &h);
	who = tw_ranges_union(w->arena, h.sure, h.perhaps);
	if (who.n == 0 || rule->verdict == TW_FW_NONE)
		return;
	w->to->limited = w->to->limited || (h.limited && rule->verdict == TW_FW_ACCEPT);
	/* Those for whom it holds perhaps go both ways: here, and on to the next rule. */
	*pending = tw_ranges_without(w->arena, *pending, h.sure);
	switch (rule->verdict) {
	case TW_FW_RETURN:
		*back = tw_ranges_union(w->arena, *back, who);
		break;
	case TW_FW_JUMP:
	case TW_FW_GOTO:
		returned = jump(w, rule, who, deep);
		if (rule->verdict == TW_FW_GOTO)
			*back = tw_ranges_union(w->arena, *back, returned);
		else
			*pending = tw_ranges_union(w->arena, *pending, returned);
		break;
	default:
		end(w, rule->verdict, who, c, rule);
		break;
	}
}

/* All rules of a chain for `from`; those who come out at its end or by return. */
static struct tw_ranges
walk_chain(struct walk *w, const struct tw_chain *c, struct tw_ranges from, unsigned deep)
{
	struct tw_ranges pending = from, back = { 0 };

	for (size_t i = 0; i < c->rules.n && pending.n > 0 && !w->tired; i++) {
		w->tired = ++w->work > WORK;
		walk_rule(w, c, &c->rules.v[i], &pending, &back, deep);
	}
	return tw_ranges_union(w->arena, pending, back);
}

/* Its chains see what comes by a bridge, and whether that is ours nobody said. */
static bool
is_bridge(const struct tw_table *t)
{
	return strcmp(t->family, "bridge") == 0;
}

static bool
is_on_the_way(const struct walk *w, const struct tw_table *t, const struct tw_chain *c)
{
	bool family = strcmp(t->family, w->packet->v6 ? "ip6" : "ip") == 0 ||
	    strcmp(t->family, "inet") == 0 || strcmp(t->family, "netdev") == 0 || is_bridge(t);

	if (!family)
		return false;
	if (w->answer)
		return (c->hook == TW_HOOK_OUTPUT || c->hook == TW_HOOK_POSTROUTING) && !c->is_nat;
	if (c->hook == TW_HOOK_INGRESS)
		return c->device == NULL || strcmp(c->device, w->packet->interface) == 0;
	return c->hook == TW_HOOK_PREROUTING || c->hook == TW_HOOK_INPUT;
}

struct base {
	const struct tw_table *table;
	const struct tw_chain *chain;
};

static int
compare(const void *a, const void *b)
{
	const struct tw_chain *x = ((const struct base *)a)->chain, *y = ((const struct base *)b)->chain;

	return x->hook != y->hook ? (int)x->hook - (int)y->hook :
	    x->priority < y->priority ? -1 : x->priority > y->priority;
}

/* One base chain for those still alive: what comes of them is added up in w->to. */
static struct tw_ranges
walk_base(struct walk *w, const struct base *b, struct tw_ranges alive)
{
	struct tw_ranges left;

	w->table = b->table;
	w->chain = b->chain;
	w->accepted = w->dropped = w->rejected = w->elsewhere = (struct tw_ranges){ 0 };
	left = walk_chain(w, b->chain, alive, 0);
	end(w, b->chain->drops ? TW_FW_DROP : TW_FW_ACCEPT, left, b->chain, NULL);
	if (w->tired) {
		doubt(w, "too many rules");
		add(w, &w->accepted, alive);
		add(w, &w->dropped, alive);
	}
	/* Where nft does not say which device's ingress it is, it may be another's. */
	if (b->chain->hook == TW_HOOK_INGRESS && b->chain->device == NULL &&
	    (w->dropped.n > 0 || w->rejected.n > 0)) {
		doubt(w, "an ingress chain of a device that is not named");
		w->accepted = alive;
	}
	if ((b->table->doubtful || is_bridge(b->table)) &&
	    !tw_ranges_equal(w->accepted, alive)) {
		doubt(w, is_bridge(b->table) ? "a table of bridges" : "a table that may be asleep");
		w->accepted = alive;
	}
	w->to->dropped = tw_ranges_union(w->arena, w->to->dropped, w->dropped);
	w->to->rejected = tw_ranges_union(w->arena, w->to->rejected, w->rejected);
	w->to->elsewhere = tw_ranges_union(w->arena, w->to->elsewhere, w->elsewhere);
	return w->accepted;
}

static struct tw_ranges
walk_way(struct walk *w, const struct tw_ruleset *r, struct tw_ranges alive)
{
	struct { struct base *v; size_t n, cap; } bases = { 0 };

	for (size_t i = 0; i < r->tables.n; i++)
		for (size_t k = 0; k < r->tables.v[i]->chains.n; k++) {
			struct base b = { r->tables.v[i], r->tables.v[i]->chains.v[k] };

			if (is_on_the_way(w, b.table, b.chain))
				TW_PUSH(w->arena, &bases, b);
		}
	if (bases.n > 1)
		qsort(bases.v, bases.n, sizeof(*bases.v), compare);
	for (size_t i = 0; i < bases.n && alive.n > 0; i++)
		alive = walk_base(w, &bases.v[i], alive);
	return alive;
}

/* Who may end in two ways is uncertain. */
static void
sort_out(struct tw_arena *a, struct tw_passage *p, struct tw_ranges accepted)
{
	struct tw_ranges closed = tw_ranges_union(a, p->dropped, p->rejected);
	struct tw_ranges sure = tw_ranges_without(a, accepted, closed);

	p->open = tw_ranges_without(a, sure, p->elsewhere);
	p->perhaps = tw_ranges_union(a, tw_ranges_common(a, accepted, closed),
	    tw_ranges_common(a, p->elsewhere, tw_ranges_union(a, accepted, closed)));
	p->elsewhere = tw_ranges_without(a, p->elsewhere, p->perhaps);
	p->dropped = tw_ranges_without(a, p->dropped, p->perhaps);
	p->rejected = tw_ranges_without(a, tw_ranges_without(a, p->rejected, p->perhaps),
	    p->dropped);
}

void
tw_firewall_judge(struct tw_arena *a, const struct tw_ruleset *r, const struct tw_packet *packet,
    struct tw_passage *ret)
{
	struct walk w = { .arena = a, .packet = packet, .to = ret };
	struct tw_ranges alive;

	*ret = (struct tw_passage){ 0 };
	alive = walk_way(&w, r, packet->from);
	w.answer = true;
	alive = walk_way(&w, r, alive);
	sort_out(a, ret, alive);
}

bool
tw_firewall_filters(const struct tw_ruleset *r)
{
	for (size_t i = 0; i < r->tables.n; i++)
		for (size_t k = 0; k < r->tables.v[i]->chains.n; k++) {
			const struct tw_chain *c = r->tables.v[i]->chains.v[k];

			if (!c->is_nat && (c->rules.n > 0 || c->drops) &&
			    c->hook >= TW_HOOK_INGRESS && c->hook <= TW_HOOK_INPUT)
				return true;
		}
	return false;
}

/* The ports a rule of nat is about, "443", "8000-8010"; NULL: any. */
static const char *
ports_of(struct tw_arena *a, const struct tw_rule *rule)
{
	const char *s = NULL;

	for (size_t i = 0; i < rule->matches.n; i++) {
		const struct tw_match *m = &rule->matches.v[i];

		if (m->kind != TW_MATCH_DPORT || m->inverted)
			continue;
		for (size_t k = 0; k < m->ranges.n && k < 8; k++) {
			const struct tw_range *v = &m->ranges.v[k];
			const char *one = v->first == v->last ?
			    tw_arena_fmt(a, "%u", (unsigned)v->first) :
			    tw_arena_fmt(a, "%u-%u", (unsigned)v->first, (unsigned)v->last);

			s = s == NULL ? one : tw_arena_fmt(a, "%s, %s", s, one);
		}
	}
	return s;
}

void
tw_firewall_forwards(struct tw_arena *a, const struct tw_ruleset *r, struct tw_forwards *ret)
{
	*ret = (struct tw_forwards){ 0 };
	for (size_t i = 0; i < r->tables.n; i++)
		for (size_t k = 0; k < r->tables.v[i]->chains.n; k++) {
			const struct tw_chain *c = r->tables.v[i]->chains.v[k];

			for (size_t n = 0; n < c->rules.n && ret->n < 64; n++) {
				const struct tw_rule *rule = &c->rules.v[n];
				const char *ports = ports_of(a, rule);

				/* What this machine itself sends is not what comes in. */
				if (rule->verdict != TW_FW_ELSEWHERE || c->hook == TW_HOOK_OUTPUT)
					continue;
				TW_PUSH(a, ret, tw_arena_fmt(a, "%s%s goes to %s (%s %s, chain %s)",
				    ports == NULL ? "what comes in" : "port ",
				    ports == NULL ? "" : ports, rule->target,
				    r->tables.v[i]->family, r->tables.v[i]->name, c->name));
			}
		}
}
