/*
 * `nft -j list ruleset` (libnftables-json(5)) as a struct tw_ruleset. What is not
 * understood stays in the rule as TW_MATCH_UNKNOWN, so nothing is taken for open
 * that may not be. The text is the kernel's, but names and comments are anybody's.
 */
#include <jansson.h>

#include "base/text.h"
#include "host/ruleset.h"

#define ELEMENTS 65536	/* of one set; larger ones are not read */
#define DEEP 6		/* how far values of values are followed */
#define SPREAD 1024	/* rules that one rule with a map or a concatenation becomes */

struct reading {
	struct tw_arena *arena;
	const json_t *list;		/* the whole ruleset, for its named sets */
	const char *family, *table;
	struct tw_table *to;
	struct tw_rule *rule;
	const json_t *key, *values;	/* of a map or concatenation; NULL: none */
	bool has_verdicts;		/* values are pairs: value, verdict */
};

static const char *
string_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static const char *
keep(struct reading *rd, const char *s)
{
	return s == NULL ? NULL : tw_text_escaped(rd->arena, tw_bytes_of(s));
}

static bool
is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static const struct {
	const char *kind, *owner, *field;	/* {"payload": {"protocol": owner, "field": field}} */
	enum tw_match_kind match;
	unsigned detail;			/* protocol, IPv6 or enum tw_word */
} keys[] = {
	{ "payload", "tcp", "dport", TW_MATCH_DPORT, 6 },
	{ "payload", "tcp", "sport", TW_MATCH_SPORT, 6 },
	{ "payload", "tcp", "flags", TW_MATCH_FLAGS, 6 },
	{ "payload", "udp", "dport", TW_MATCH_DPORT, 17 },
	{ "payload", "udp", "sport", TW_MATCH_SPORT, 17 },
	{ "payload", "th", "dport", TW_MATCH_DPORT, 0 },
	{ "payload", "th", "sport", TW_MATCH_SPORT, 0 },
	{ "payload", "ip", "saddr", TW_MATCH_SADDR, 0 },
	{ "payload", "ip", "daddr", TW_MATCH_DADDR, 0 },
	{ "payload", "ip", "protocol", TW_MATCH_PROTO, 0 },
	{ "payload", "ip6", "saddr", TW_MATCH_SADDR, 1 },
	{ "payload", "ip6", "daddr", TW_MATCH_DADDR, 1 },
	{ "payload", "ip6", "nexthdr", TW_MATCH_PROTO, 1 },
	{ "payload", "icmp", NULL, TW_MATCH_NEVER, 0 },
	{ "payload", "icmpv6", NULL, TW_MATCH_NEVER, 0 },
	{ "payload", "igmp", NULL, TW_MATCH_NEVER, 0 },
	{ "payload", "arp", NULL, TW_MATCH_NEVER, 0 },
	{ "payload", "sctp", NULL, TW_MATCH_NEVER, 0 },
	{ "payload", "dccp", NULL, TW_MATCH_NEVER, 0 },
	{ "payload", "udplite", NULL, TW_MATCH_NEVER, 0 },
	{ "payload", "esp", NULL, TW_MATCH_NEVER, 0 },
	{ "payload", "ah", NULL, TW_MATCH_NEVER, 0 },
	{ "meta", NULL, "iif", TW_MATCH_IIF, 0 },
	{ "meta", NULL, "iifname", TW_MATCH_IIF, 0 },
	{ "meta", NULL, "oif", TW_MATCH_OIF, 0 },
	{ "meta", NULL, "oifname", TW_MATCH_OIF, 0 },
	{ "meta", NULL, "l4proto", TW_MATCH_PROTO, 0 },
	{ "meta", NULL, "nfproto", TW_MATCH_FAMILY, 0 },
	{ "meta", NULL, "protocol", TW_MATCH_FAMILY, 0 },
	{ "meta", NULL, "pkttype", TW_MATCH_WORD, TW_WORD_PACKET },
	{ "ct", NULL, "state", TW_MATCH_WORD, TW_WORD_STATE },
	{ "ct", NULL, "direction", TW_MATCH_WORD, TW_WORD_DIRECTION },
	{ "ct", NULL, "status", TW_MATCH_WORD, TW_WORD_STATUS },
};

static const struct { const char *name; unsigned number; } numbers[] = {
	{ "tcp", 6 }, { "udp", 17 }, { "icmp", 1 }, { "igmp", 2 }, { "icmpv6", 58 },
	{ "ipv6-icmp", 58 }, { "ipv4", 4 }, { "ipv6", 6 }, { "ip", 4 }, { "ip6", 6 },
};

static const struct { const char *name; unsigned bit; } tcp_flags[] = {
	{ "fin", 1 }, { "syn", 2 }, { "rst", 4 }, { "psh", 8 }, { "ack", 16 }, { "urg", 32 },
	{ "ecn", 64 }, { "cwr", 128 },
};

/* {"fib": {"result": "type", "flags": ["daddr"]}}: what routing says of an address. */
static void
read_fib(const json_t *fib, struct tw_match *m)
{
	const json_t *flag, *list = json_object_get(fib, "flags");
	const char *result = string_of(fib, "result");
	bool source = is(json_string_value(list), "saddr");
	size_t i;

	json_array_foreach(list, i, flag)
		source = source || is(json_string_value(flag), "saddr");
	if (is(result, "type")) {
		m->kind = TW_MATCH_WORD;
		m->word = source ? TW_WORD_SOURCE_TYPE : TW_WORD_TYPE;
	} else if ((is(result, "oif") || is(result, "oifname")) && source) {
		m->kind = TW_MATCH_WORD;
		m->word = TW_WORD_ROUTE;	/* of the source, as a reverse path filter asks */
	}
}

/* What is compared; kind UNKNOWN where it is nothing we know. */
static void
read_key(struct reading *rd, const json_t *left, struct tw_match *m)
{
	const char *kind = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)left));
	const json_t *inside = kind != NULL ? json_object_get(left, kind) : NULL;
	const char *owner = string_of(inside, "protocol"), *field;

	m->kind = TW_MATCH_UNKNOWN;
	field = string_of(inside, is(kind, "payload") ? "field" : "key");
	m->words = keep(rd, tw_arena_fmt(rd->arena, "%s %s", owner != NULL ? owner :
	    kind != NULL ? kind : "something", field != NULL ? field : ""));
	if (is(kind, "fib"))
		read_fib(inside, m);
	for (size_t i = 0; i < TW_COUNT(keys); i++) {
		if (!is(kind, keys[i].kind) ||
		    (keys[i].owner != NULL && !is(owner, keys[i].owner)) ||
		    (keys[i].field != NULL && !is(field, keys[i].field)))
			continue;
		m->kind = keys[i].match;
		if (m->kind == TW_MATCH_WORD)
			m->word = (enum tw_word)keys[i].detail;
		m->v6 = keys[i].detail == 1;
		m->proto = (uint8_t)(keys[i].detail > 1 ? keys[i].detail : 0);
		return;
	}
}

struct values {
	struct { struct tw_range *v; size_t n, cap; } ranges;
	bool odd;	/* something in it was not understood */
};

static bool
number_of(const struct tw_match *m, const char *s, tw_u128 *ret)
{
	bool v6;

	if (m->kind == TW_MATCH_SADDR || m->kind == TW_MATCH_DADDR)
		return tw_ranges_read_address(s, ret, &v6) && v6 == m->v6;
	if (m->kind != TW_MATCH_PROTO && m->kind != TW_MATCH_FAMILY)
		return false;
	for (size_t i = 0; i < TW_COUNT(numbers); i++)
		if (strcmp(numbers[i].name, s) == 0) {
			*ret = numbers[i].number;
			return true;
		}
	*ret = 255;	/* some protocol that is neither TCP nor UDP */
	return true;
}

static void
take_word(struct reading *rd, struct tw_match *m, const char *s, struct values *to)
{
	tw_u128 v;

	if (m->kind == TW_MATCH_IIF || m->kind == TW_MATCH_OIF || m->kind == TW_MATCH_WORD) {
		TW_PUSH(rd->arena, &m->names, keep(rd, s));
	} else if (m->kind == TW_MATCH_FLAGS) {
		for (size_t i = 0; i < TW_COUNT(tcp_flags); i++)
			if (strcmp(tcp_flags[i].name, s) == 0)
				m->bits |= tcp_flags[i].bit;
	} else if (number_of(m, s, &v)) {
		TW_PUSH(rd->arena, &to->ranges, (struct tw_range){ v, v });
	} else {
		to->odd = true;
	}
}

/* One end of a range: a number, or an address in text. */
static bool
end_of(const struct tw_match *m, const json_t *v, tw_u128 *ret)
{
	if (json_is_integer(v) && json_integer_value(v) >= 0) {
		*ret = (tw_u128)json_integer_value(v);
		return true;
	}
	return json_is_string(v) && number_of(m, json_string_value(v), ret);
}

static void
take_span(struct reading *rd, struct tw_match *m, const json_t *v, struct values *to)
{
	const json_t *range = json_object_get(v, "range"), *prefix = json_object_get(v, "prefix");
	struct tw_range r;
	bool v6;

	if (prefix != NULL && string_of(prefix, "addr") != NULL) {
		const char *text = tw_arena_fmt(rd->arena, "%s/%d", string_of(prefix, "addr"),
		    (int)json_integer_value(json_object_get(prefix, "len")));

		to->odd = to->odd || !tw_ranges_read(text, &r, &v6) || v6 != m->v6;
	} else {
		to->odd = to->odd || json_array_size(range) != 2 ||
		    !end_of(m, json_array_get(range, 0), &r.first) ||
		    !end_of(m, json_array_get(range, 1), &r.last);
	}
	if (!to->odd)
		TW_PUSH(rd->arena, &to->ranges, r);
}

/* The elements of a named set or map of this table; NULL: there is none. */
static const json_t *
named(struct reading *rd, const char *name)
{
	static const char *const kinds[] = { "set", "map" };
	const json_t *object;
	size_t i;

	json_array_foreach(rd->list, i, object)
		for (size_t k = 0; k < TW_COUNT(kinds); k++) {
			const json_t *set = json_object_get(object, kinds[k]);

			if (is(string_of(set, "name"), name) &&
			    is(string_of(set, "table"), rd->table) &&
			    is(string_of(set, "family"), rd->family))
				return json_object_get(set, "elem") != NULL ?
				    json_object_get(set, "elem") : set;
		}
	return NULL;
}

static void take_values(struct reading *rd, struct tw_match *m, const json_t *v,
    struct values *to, unsigned deep);

static void
take_list(struct reading *rd, struct tw_match *m, const json_t *list, struct values *to,
    unsigned deep)
{
	const json_t *v;
	size_t i;

	to->odd = to->odd || json_array_size(list) > ELEMENTS || deep == 0;
	if (!to->odd)
		json_array_foreach(list, i, v)
			take_values(rd, m, v, to, deep - 1);
}

/* A value, a list of them, or a set; DEEP bounds how far a text may lead us. */
static void
take_values(struct reading *rd, struct tw_match *m, const json_t *v, struct values *to,
    unsigned deep)
{
	const char *s = json_string_value(v);
	const json_t *inside;

	if (s != NULL && s[0] == '@' && deep == DEEP) {	/* no set names another */
		inside = named(rd, s + 1);
		to->odd = to->odd || inside == NULL;
		if (json_is_array(inside))
			take_list(rd, m, inside, to, deep);
	} else if (s != NULL) {
		take_word(rd, m, s, to);
	} else if (json_is_boolean(v)) {
		take_word(rd, m, json_is_true(v) ? "exists" : "missing", to);
	} else if (json_is_integer(v)) {
		json_int_t n = json_integer_value(v);

		if (n < 0 || m->kind == TW_MATCH_FLAGS || m->kind == TW_MATCH_WORD)
			to->odd = true;
		else
			TW_PUSH(rd->arena, &to->ranges, (struct tw_range){ (tw_u128)n, (tw_u128)n });
	} else if (json_is_array(v)) {
		take_list(rd, m, v, to, deep);
	} else if ((inside = json_object_get(v, "set")) != NULL) {
		take_list(rd, m, inside, to, deep);
	} else if ((inside = json_object_get(v, "elem")) != NULL && deep > 0) {
		take_values(rd, m, json_object_get(inside, "val"), to, deep - 1);
	} else {
		take_span(rd, m, v, to);
	}
}

static void
take_right(struct reading *rd, struct tw_match *m, const json_t *right)
{
	struct values to = { 0 };

	if (m->kind == TW_MATCH_UNKNOWN || m->kind == TW_MATCH_NEVER)
		return;
	take_values(rd, m, right, &to, DEEP);
	m->ranges = tw_ranges_of(rd->arena, to.ranges.v, to.ranges.n);
	if (to.odd)
		m->kind = TW_MATCH_UNKNOWN;
}

static void
push_match(struct reading *rd, struct tw_rule *rule, struct tw_match m)
{
	TW_PUSH(rd->arena, &rule->matches, m);
}

/* The matches of one value against its key, which may be a concatenation of keys. */
static void
push_pair(struct reading *rd, struct tw_rule *rule, const json_t *key, const json_t *value)
{
	const json_t *parts = json_object_get(key, "concat"), *elem, *values;
	size_t n = parts != NULL ? json_array_size(parts) : 1;

	if ((elem = json_object_get(value, "elem")) != NULL)
		value = json_object_get(elem, "val");
	values = json_object_get(value, "concat");
	for (size_t i = 0; i < n && i < 16; i++) {
		struct tw_match m = { 0 };

		read_key(rd, parts != NULL ? json_array_get(parts, i) : key, &m);
		if (parts != NULL && json_array_size(values) != n)
			m.kind = TW_MATCH_UNKNOWN;
		take_right(rd, &m, parts != NULL ? json_array_get(values, i) : value);
		push_match(rd, rule, m);
	}
}

static void
push_unknown(struct reading *rd, const char *words)
{
	push_match(rd, rd->rule, (struct tw_match){ .kind = TW_MATCH_UNKNOWN,
	    .words = keep(rd, words) });
}

/* The values of a set, named or written out; NULL: too many, or none that we can see. */
static const json_t *
elements(struct reading *rd, const json_t *v)
{
	const char *s = json_string_value(v);
	const json_t *list = s != NULL && s[0] == '@' ? named(rd, s + 1) : json_object_get(v, "set");

	return json_is_array(list) && json_array_size(list) <= SPREAD ? list : NULL;
}

static void
spread(struct reading *rd, const json_t *key, const json_t *data, bool has_verdicts)
{
	const json_t *list = elements(rd, data);

	if (list == NULL || rd->key != NULL) {
		push_unknown(rd, "a map or a concatenation");
		return;
	}
	rd->key = key;
	rd->values = list;
	rd->has_verdicts = has_verdicts;
}

/* "tcp flags & (fin|syn|rst|ack) == syn": the mask, and then the bits. */
static void
read_flags(struct reading *rd, const json_t *left, const json_t *right, struct tw_match *m)
{
	const json_t *parts = json_object_get(left, "&");
	struct tw_match mask = { .kind = TW_MATCH_FLAGS };
	struct values to = { 0 };

	read_key(rd, json_array_get(parts, 0), m);
	if (m->kind != TW_MATCH_FLAGS) {
		m->kind = TW_MATCH_UNKNOWN;
		return;
	}
	take_values(rd, &mask, json_object_get(json_array_get(parts, 1), "|") != NULL ?
	    json_object_get(json_array_get(parts, 1), "|") : json_array_get(parts, 1), &to, DEEP);
	m->mask = mask.bits;
	if (json_object_get(right, "|") != NULL)
		right = json_object_get(right, "|");
	take_right(rd, m, right);
	if (to.odd || json_is_object(right))
		m->kind = TW_MATCH_UNKNOWN;
}

static void
on_match(struct reading *rd, const json_t *v)
{
	const json_t *left = json_object_get(v, "left"), *right = json_object_get(v, "right");
	const char *op = string_of(v, "op");
	struct tw_match m = { 0 };

	if (json_object_get(left, "concat") != NULL) {
		if (is(op, "!="))
			push_unknown(rd, "what a concatenation is not");
		else
			spread(rd, left, right, false);
		return;
	}
	if (json_object_get(left, "&") != NULL) {
		read_flags(rd, left, right, &m);
	} else {
		read_key(rd, left, &m);
		take_right(rd, &m, right);
		if (m.kind == TW_MATCH_FLAGS) {	/* any of them; alone: exactly these */
			m.mask = is(op, "in") ? m.bits : 255;
			m.inverted = is(op, "in");
			m.bits = is(op, "in") ? 0 : m.bits;
		}
	}
	if (is(op, "!="))
		m.inverted = !m.inverted;
	else if (!is(op, "==") && !is(op, "in"))
		m.kind = TW_MATCH_UNKNOWN;
	/* Whatever it is compared with: other protocols' packets are not ours. */
	if (m.kind == TW_MATCH_NEVER)
		m.inverted = false;
	push_match(rd, rd->rule, m);
}

static void
on_vmap(struct reading *rd, const json_t *v)
{
	spread(rd, json_object_get(v, "key"), json_object_get(v, "data"), true);
}

static void
on_limit(struct reading *rd, const json_t *v)
{
	push_match(rd, rd->rule, (struct tw_match){ .kind = TW_MATCH_LIMIT,
	    .inverted = json_is_true(json_object_get(v, "inv")) });
}

/* "update @seen { ip saddr limit rate over 5/second }", and the older meters. */
static void
on_set(struct reading *rd, const json_t *v)
{
	const json_t *statement, *list = json_object_get(v, "stmt"), *limit;
	size_t i;

	if (json_is_object(list) && (limit = json_object_get(list, "limit")) != NULL)
		on_limit(rd, limit);
	json_array_foreach(list, i, statement) {
		if ((limit = json_object_get(statement, "limit")) != NULL ||
		    (limit = json_object_get(statement, "ct count")) != NULL)
			on_limit(rd, limit);
		else if (json_object_get(statement, "counter") == NULL &&
		    json_object_get(statement, "last") == NULL)
			push_unknown(rd, "a statement of a set");
	}
}

static void
on_xt(struct reading *rd, const json_t *v)
{
	const char *name = string_of(v, "name");

	rd->to->foreign = true;
	if (is(string_of(v, "type"), "match") && is(name, "comment"))
		return;
	push_unknown(rd, tw_arena_fmt(rd->arena, "iptables' %s", name != NULL ? name : "extension"));
	if (is(string_of(v, "type"), "target")) {
		rd->rule->verdict = TW_FW_UNKNOWN;
		rd->rule->words = keep(rd, name);
	}
}

/* {"dnat": {"addr": "10.0.0.2", "port": 22}}, {"redirect": {"port": 80}} */
static void
on_elsewhere(struct reading *rd, const json_t *v)
{
	const char *addr = string_of(v, "addr");
	const json_t *port = json_object_get(v, "port");

	rd->rule->verdict = TW_FW_ELSEWHERE;
	rd->rule->target = keep(rd, addr != NULL && port != NULL ?
	    tw_arena_fmt(rd->arena, "%s, port %d", addr, (int)json_integer_value(port)) :
	    addr != NULL ? addr : port != NULL ? tw_arena_fmt(rd->arena, "port %d of this machine",
	    (int)json_integer_value(port)) : "another place");
}

static void
on_queue(struct reading *rd, const json_t *v)
{
	(void)v;
	rd->rule->verdict = TW_FW_UNKNOWN;
	rd->rule->words = "a program decides (queue)";
}

static void
on_quota(struct reading *rd, const json_t *v)
{
	(void)v;
	push_unknown(rd, "a quota");
}

static void
on_nothing(struct reading *rd, const json_t *v)
{
	(void)rd;
	(void)v;
}

static const struct {
	const char *name;
	enum tw_verdict_kind verdict;
	void (*on)(struct reading *rd, const json_t *v);	/* NULL: a verdict, and no more */
} statements[] = {
	{ "match", TW_FW_NONE, on_match }, { "vmap", TW_FW_NONE, on_vmap },
	{ "limit", TW_FW_NONE, on_limit }, { "ct count", TW_FW_NONE, on_limit },
	{ "set", TW_FW_NONE, on_set }, { "meter", TW_FW_NONE, on_set }, { "map", TW_FW_NONE, on_set },
	{ "xt", TW_FW_NONE, on_xt }, { "queue", TW_FW_NONE, on_queue },
	{ "quota", TW_FW_NONE, on_quota },
	{ "dnat", TW_FW_NONE, on_elsewhere }, { "redirect", TW_FW_NONE, on_elsewhere },
	{ "tproxy", TW_FW_NONE, on_elsewhere }, { "fwd", TW_FW_NONE, on_elsewhere },
	{ "counter", TW_FW_NONE, on_nothing }, { "log", TW_FW_NONE, on_nothing },
	{ "mangle", TW_FW_NONE, on_nothing }, { "notrack", TW_FW_NONE, on_nothing },
	{ "last", TW_FW_NONE, on_nothing }, { "snat", TW_FW_NONE, on_nothing },
	{ "masquerade", TW_FW_NONE, on_nothing }, { "dup", TW_FW_NONE, on_nothing },
	{ "flow", TW_FW_NONE, on_nothing }, { "ct helper", TW_FW_NONE, on_nothing },
	{ "ct timeout", TW_FW_NONE, on_nothing }, { "ct expectation", TW_FW_NONE, on_nothing },
	{ "continue", TW_FW_NONE, on_nothing },
	{ "accept", TW_FW_ACCEPT, NULL }, { "drop", TW_FW_DROP, NULL },
	{ "reject", TW_FW_REJECT, NULL }, { "return", TW_FW_RETURN, NULL },
	{ "jump", TW_FW_JUMP, NULL }, { "goto", TW_FW_GOTO, NULL },
};

static void
read_statement(struct reading *rd, struct tw_rule *rule, const json_t *s)
{
	const char *name = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)s));
	const json_t *inside = name != NULL ? json_object_get(s, name) : NULL;
	struct tw_rule *outer = rd->rule;

	rd->rule = rule;
	for (size_t i = 0; name != NULL && i < TW_COUNT(statements); i++) {
		if (strcmp(statements[i].name, name) != 0)
			continue;
		if (statements[i].on != NULL) {
			statements[i].on(rd, inside);
		} else {
			rule->verdict = statements[i].verdict;
			rule->target = keep(rd, string_of(inside, "target"));
		}
		name = NULL;
	}
	if (name != NULL)
		push_unknown(rd, name);
	rd->rule = outer;
}

/* A rule with a map or a concatenation is as many rules as that has values. */
static void
push_rules(struct reading *rd, struct tw_chain *c, const struct tw_rule *rule)
{
	const json_t *v;
	size_t i;

	if (rd->key == NULL) {
		TW_PUSH(rd->arena, &c->rules, *rule);
		return;
	}
	json_array_foreach(rd->values, i, v) {
		struct tw_rule one = *rule;

		one.matches.v = NULL;	/* a list of its own */
		one.matches.n = one.matches.cap = 0;
		for (size_t k = 0; k < rule->matches.n; k++)
			push_match(rd, &one, rule->matches.v[k]);
		push_pair(rd, &one, rd->key, rd->has_verdicts ? json_array_get(v, 0) : v);
		if (rd->has_verdicts)
			read_statement(rd, &one, json_array_get(v, 1));
		TW_PUSH(rd->arena, &c->rules, one);
	}
}

static void
read_rule(struct reading *rd, const json_t *v)
{
	struct tw_chain *c = tw_ruleset_chain(rd->arena, rd->to, keep(rd, string_of(v, "chain")));
	struct tw_rule rule = { .comment = keep(rd, string_of(v, "comment")),
		.handle = (unsigned)json_integer_value(json_object_get(v, "handle")) };
	const json_t *statement;
	size_t i;

	rd->key = NULL;
	json_array_foreach(json_object_get(v, "expr"), i, statement)
		read_statement(rd, &rule, statement);
	push_rules(rd, c, &rule);
}

static void
read_chain(struct reading *rd, const json_t *v)
{
	static const char *const hooks[] = { [TW_HOOK_INGRESS] = "ingress",
		[TW_HOOK_PREROUTING] = "prerouting", [TW_HOOK_INPUT] = "input",
		[TW_HOOK_OUTPUT] = "output", [TW_HOOK_POSTROUTING] = "postrouting" };
	struct tw_chain *c = tw_ruleset_chain(rd->arena, rd->to, keep(rd, string_of(v, "name")));
	const char *hook = string_of(v, "hook");

	c->hook = hook == NULL ? TW_HOOK_NONE : TW_HOOK_OTHER;
	for (size_t i = TW_HOOK_INGRESS; hook != NULL && i < TW_COUNT(hooks); i++)
		if (strcmp(hooks[i], hook) == 0)
			c->hook = (enum tw_hook)i;
	c->priority = (int)json_integer_value(json_object_get(v, "prio"));
	c->drops = is(string_of(v, "policy"), "drop");
	c->is_nat = is(string_of(v, "type"), "nat");
	c->device = keep(rd, string_of(v, "dev"));
}

/* The chains of a table that sleeps are not registered with the kernel. */
static bool
is_dormant(const json_t *flags)
{
	const json_t *flag;
	size_t i;

	json_array_foreach(flags, i, flag)
		if (is(json_string_value(flag), "dormant"))
			return true;
	return is(json_string_value(flags), "dormant");
}

/* The flags of the table we are in; NULL: none. */
static const json_t *
flags_of_table(struct reading *rd)
{
	const json_t *object;
	size_t i;

	json_array_foreach(rd->list, i, object) {
		const json_t *table = json_object_get(object, "table");

		if (table != NULL && is(string_of(table, "name"), rd->table) &&
		    is(string_of(table, "family"), rd->family))
			return json_object_get(table, "flags");
	}
	return NULL;
}

static void
read_object(struct reading *rd, struct tw_ruleset *r, const json_t *object)
{
	const json_t *rule = json_object_get(object, "rule"), *chain = json_object_get(object, "chain");
	const json_t *v = rule != NULL ? rule : chain, *flags;

	rd->family = string_of(v, "family");
	rd->table = string_of(v, "table");
	if (rd->family == NULL || rd->table == NULL ||
	    string_of(v, rule != NULL ? "chain" : "name") == NULL)
		return;
	flags = flags_of_table(rd);
	if (is_dormant(flags))
		return;
	rd->to = tw_ruleset_table(rd->arena, r, keep(rd, rd->family), keep(rd, rd->table),
	    "nftables");
	/* nft 1.0.6 writes the table's name where the name of its flag should stand. */
	rd->to->doubtful = is(json_string_value(flags), rd->table);
	if (rule != NULL)
		read_rule(rd, rule);
	else
		read_chain(rd, chain);
}

int
tw_ruleset_read_nft(struct tw_arena *a, struct tw_bytes json, struct tw_ruleset *r,
    struct tw_err *err)
{
	struct reading rd = { .arena = a };
	json_error_t where;
	json_t *root = json_loadb((const char *)json.p, json.n, 0, &where);
	const json_t *object;
	size_t i;

	rd.list = json_object_get(root, "nftables");
	if (!json_is_array(rd.list)) {
		json_decref(root);
		return tw_err_set(err, TW_ERR_FORMAT, "that is not what `nft -j list ruleset` prints");
	}
	json_array_foreach(rd.list, i, object)
		read_object(&rd, r, object);
	json_decref(root);
	return 0;
}
