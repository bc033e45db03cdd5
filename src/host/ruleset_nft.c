/*
 * `nft -j list ruleset` (libnftables-json(5)) as a struct tw_ruleset. What is not
 * understood stays in the rule as TW_MATCH_UNKNOWN, so nothing is taken for open
 * that may not be. The text is the kernel's, but names and comments are anybody's.
 */
#include "host/nft_value.h"

#define SPREAD 1024 /* rules that one rule with a map or a concatenation becomes */

static void
push_match(struct tw_nft_reading *rd, struct tw_rule *rule, struct tw_match m)
{
	TW_PUSH(rd->arena, &rule->matches, m);
}

/* The matches of one value against its key, which may be a concatenation of keys. */
static void
push_pair(struct tw_nft_reading *rd, struct tw_rule *rule, const json_t *key,
    const json_t *value)
{
	const json_t *parts = json_object_get(key, "concat"), *elem, *values;
	size_t n = parts != NULL ? json_array_size(parts) : 1;

	if ((elem = json_object_get(value, "elem")) != NULL)
		value = json_object_get(elem, "val");
	values = json_object_get(value, "concat");
	for (size_t i = 0; i < n && i < 16; i++) {
		struct tw_match m = { 0 };

		tw_nft_value_key(rd, parts != NULL ? json_array_get(parts, i) : key, &m);
		if (parts != NULL && json_array_size(values) != n)
			m.kind = TW_MATCH_UNKNOWN;
		tw_nft_value_take(
		    rd, &m, parts != NULL ? json_array_get(values, i) : value);
		push_match(rd, rule, m);
	}
}

static void
push_unknown(struct tw_nft_reading *rd, const char *words)
{
	push_match(rd, rd->rule,
	    (struct tw_match){
	        .kind = TW_MATCH_UNKNOWN, .words = tw_nft_value_keep(rd, words) });
}

/* The values of a set, named or written out; NULL: too many, or none that we can see. */
static const json_t *
elements(struct tw_nft_reading *rd, const json_t *v)
{
	const char *s = json_string_value(v);
	const json_t *list = s != NULL && s[0] == '@' ? tw_nft_value_named(rd, s + 1)
	                                              : json_object_get(v, "set");

	return json_is_array(list) && json_array_size(list) <= SPREAD ? list : NULL;
}

static void
spread(
    struct tw_nft_reading *rd, const json_t *key, const json_t *data, bool has_verdicts)
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
read_flags(struct tw_nft_reading *rd, const json_t *left, const json_t *right,
    struct tw_match *m)
{
	const json_t *parts = json_object_get(left, "&");
	bool odd;

	tw_nft_value_key(rd, json_array_get(parts, 0), m);
	if (m->kind != TW_MATCH_FLAGS) {
		m->kind = TW_MATCH_UNKNOWN;
		return;
	}
	m->mask = tw_nft_value_bits(rd, json_array_get(parts, 1), &odd);
	if (json_object_get(right, "|") != NULL)
		right = json_object_get(right, "|");
	tw_nft_value_take(rd, m, right);
	if (odd || json_is_object(right))
		m->kind = TW_MATCH_UNKNOWN;
}

static void
on_match(struct tw_nft_reading *rd, const json_t *v)
{
	const json_t *left = json_object_get(v, "left"),
	             *right = json_object_get(v, "right");
	const char *op = tw_nft_value_string(v, "op");
	struct tw_match m = { 0 };

	if (json_object_get(left, "concat") != NULL) {
		if (tw_nft_value_is(op, "!="))
			push_unknown(rd, "what a concatenation is not");
		else
			spread(rd, left, right, false);
		return;
	}
	if (json_object_get(left, "&") != NULL) {
		read_flags(rd, left, right, &m);
	} else {
		tw_nft_value_key(rd, left, &m);
		tw_nft_value_take(rd, &m, right);
		if (m.kind == TW_MATCH_FLAGS) { /* any of them; alone: exactly these */
			m.mask = tw_nft_value_is(op, "in") ? m.bits : 255;
			m.inverted = tw_nft_value_is(op, "in");
			m.bits = tw_nft_value_is(op, "in") ? 0 : m.bits;
		}
	}
	if (tw_nft_value_is(op, "!="))
		m.inverted = !m.inverted;
	else if (!tw_nft_value_is(op, "==") && !tw_nft_value_is(op, "in"))
		m.kind = TW_MATCH_UNKNOWN;
	/* Whatever it is compared with: other protocols' packets are not ours. */
	if (m.kind == TW_MATCH_NEVER)
		m.inverted = false;
	push_match(rd, rd->rule, m);
}

static void
on_vmap(struct tw_nft_reading *rd, const json_t *v)
{
	spread(rd, json_object_get(v, "key"), json_object_get(v, "data"), true);
}

static void
on_limit(struct tw_nft_reading *rd, const json_t *v)
{
	push_match(rd, rd->rule,
	    (struct tw_match){ .kind = TW_MATCH_LIMIT,
	        .inverted = json_is_true(json_object_get(v, "inv")) });
}

/* "update @seen { ip saddr limit rate over 5/second }", and the older meters. */
static void
on_set(struct tw_nft_reading *rd, const json_t *v)
{
	const json_t *statement, *list = json_object_get(v, "stmt"), *limit;
	size_t i;

	if (json_is_object(list) && (limit = json_object_get(list, "limit")) != NULL)
		on_limit(rd, limit);
	json_array_foreach(list, i, statement)
	{
		if ((limit = json_object_get(statement, "limit")) != NULL ||
		    (limit = json_object_get(statement, "ct count")) != NULL)
			on_limit(rd, limit);
		else if (json_object_get(statement, "counter") == NULL &&
		         json_object_get(statement, "last") == NULL)
			push_unknown(rd, "a statement of a set");
	}
}

static void
on_xt(struct tw_nft_reading *rd, const json_t *v)
{
	const char *name = tw_nft_value_string(v, "name");

	rd->to->foreign = true;
	if (tw_nft_value_is(tw_nft_value_string(v, "type"), "match") &&
	    tw_nft_value_is(name, "comment"))
		return;
	push_unknown(rd,
	    tw_arena_fmt(rd->arena, "iptables' %s", name != NULL ? name : "extension"));
	if (tw_nft_value_is(tw_nft_value_string(v, "type"), "target")) {
		rd->rule->verdict = TW_FW_UNKNOWN;
		rd->rule->words = tw_nft_value_keep(rd, name);
	}
}

/* {"dnat": {"addr": "10.0.0.2", "port": 22}}, {"redirect": {"port": 80}} */
static void
on_elsewhere(struct tw_nft_reading *rd, const json_t *v)
{
	const char *addr = tw_nft_value_string(v, "addr");
	const json_t *port = json_object_get(v, "port");

	rd->rule->verdict = TW_FW_ELSEWHERE;
	rd->rule->target = tw_nft_value_keep(
	    rd, addr != NULL && port != NULL ? tw_arena_fmt(rd->arena, "%s, port %d",
	                                           addr, (int)json_integer_value(port))
	        : addr != NULL               ? addr
	        : port != NULL ? tw_arena_fmt(rd->arena, "port %d of this machine",
	                             (int)json_integer_value(port))
	                       : "another place");
}

static void
on_queue(struct tw_nft_reading *rd, const json_t *v)
{
	(void)v;
	rd->rule->verdict = TW_FW_UNKNOWN;
	rd->rule->words = "a program decides (queue)";
}

static void
on_quota(struct tw_nft_reading *rd, const json_t *v)
{
	(void)v;
	push_unknown(rd, "a quota");
}

/* Not tracked, it has no state that later rules ask for. */
static void
on_notrack(struct tw_nft_reading *rd, const json_t *v)
{
	(void)v;
	rd->rule->verdict = TW_FW_UNKNOWN;
	rd->rule->words = "a rule that switches tracking off";
}

/* A mark changes nothing by itself; an address or port that is written over does. */
static void
on_mangle(struct tw_nft_reading *rd, const json_t *v)
{
	if (json_object_get(json_object_get(v, "key"), "payload") == NULL)
		return;
	rd->rule->verdict = TW_FW_UNKNOWN;
	rd->rule->words = "a rule that rewrites packets";
}

static void
on_nothing(struct tw_nft_reading *rd, const json_t *v)
{
	(void)rd;
	(void)v;
}

static const struct {
	const char *name;
	enum tw_verdict_kind verdict;
	void (*on)(struct tw_nft_reading *rd,
	    const json_t *v); /* NULL: a verdict, and no more */
} statements[] = {
	{ "match", TW_FW_NONE, on_match },
	{ "vmap", TW_FW_NONE, on_vmap },
	{ "limit", TW_FW_NONE, on_limit },
	{ "ct count", TW_FW_NONE, on_limit },
	{ "set", TW_FW_NONE, on_set },
	{ "meter", TW_FW_NONE, on_set },
	{ "map", TW_FW_NONE, on_set },
	{ "xt", TW_FW_NONE, on_xt },
	{ "queue", TW_FW_NONE, on_queue },
	{ "quota", TW_FW_NONE, on_quota },
	{ "dnat", TW_FW_NONE, on_elsewhere },
	{ "redirect", TW_FW_NONE, on_elsewhere },
	{ "tproxy", TW_FW_NONE, on_elsewhere },
	{ "fwd", TW_FW_NONE, on_elsewhere },
	{ "counter", TW_FW_NONE, on_nothing },
	{ "log", TW_FW_NONE, on_nothing },
	{ "mangle", TW_FW_NONE, on_mangle },
	{ "notrack", TW_FW_NONE, on_notrack },
	{ "last", TW_FW_NONE, on_nothing },
	{ "snat", TW_FW_NONE, on_nothing },
	{ "masquerade", TW_FW_NONE, on_nothing },
	{ "dup", TW_FW_NONE, on_nothing },
	{ "flow", TW_FW_NONE, on_nothing },
	{ "ct helper", TW_FW_NONE, on_nothing },
	{ "ct timeout", TW_FW_NONE, on_nothing },
	{ "ct expectation", TW_FW_NONE, on_nothing },
	{ "continue", TW_FW_NONE, on_nothing },
	{ "accept", TW_FW_ACCEPT, NULL },
	{ "drop", TW_FW_DROP, NULL },
	{ "reject", TW_FW_REJECT, NULL },
	{ "return", TW_FW_RETURN, NULL },
	{ "jump", TW_FW_JUMP, NULL },
	{ "goto", TW_FW_GOTO, NULL },
};

static void
read_statement(struct tw_nft_reading *rd, struct tw_rule *rule, const json_t *s)
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
			rule->target =
			    tw_nft_value_keep(rd, tw_nft_value_string(inside, "target"));
		}
		name = NULL;
	}
	if (name != NULL) {	/* whatever it does: perhaps it decides */
		push_unknown(rd, name);
		rule->verdict = TW_FW_UNKNOWN;
		rule->words = tw_nft_value_keep(rd, name);
	}
	rd->rule = outer;
}

/* A rule with a map or a concatenation is as many rules as that has values. */
static void
push_rules(struct tw_nft_reading *rd, struct tw_chain *c, const struct tw_rule *rule)
{
	const json_t *v;
	size_t i;

	if (rd->key == NULL) {
		TW_PUSH(rd->arena, &c->rules, *rule);
		return;
	}
	json_array_foreach(rd->values, i, v)
	{
		struct tw_rule one = *rule;

		one.matches.v = NULL; /* a list of its own */
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
read_rule(struct tw_nft_reading *rd, const json_t *v)
{
	struct tw_chain *c = tw_ruleset_chain(
	    rd->arena, rd->to, tw_nft_value_keep(rd, tw_nft_value_string(v, "chain")));
	struct tw_rule rule = { .comment = tw_nft_value_keep(
		                    rd, tw_nft_value_string(v, "comment")),
		.handle = (unsigned)json_integer_value(json_object_get(v, "handle")) };
	const json_t *statement;
	size_t i;

	rd->key = NULL;
	json_array_foreach(json_object_get(v, "expr"), i, statement)
	    read_statement(rd, &rule, statement);
	push_rules(rd, c, &rule);
}

static void
read_chain(struct tw_nft_reading *rd, const json_t *v)
{
	static const char *const hooks[] = { [TW_HOOK_INGRESS] = "ingress",
		[TW_HOOK_PREROUTING] = "prerouting",
		[TW_HOOK_INPUT] = "input",
		[TW_HOOK_OUTPUT] = "output",
		[TW_HOOK_POSTROUTING] = "postrouting" };
	struct tw_chain *c = tw_ruleset_chain(
	    rd->arena, rd->to, tw_nft_value_keep(rd, tw_nft_value_string(v, "name")));
	const char *hook = tw_nft_value_string(v, "hook");

	c->hook = hook == NULL ? TW_HOOK_NONE : TW_HOOK_OTHER;
	for (size_t i = TW_HOOK_INGRESS; hook != NULL && i < TW_COUNT(hooks); i++)
		if (strcmp(hooks[i], hook) == 0)
			c->hook = (enum tw_hook)i;
	c->priority = (int)json_integer_value(json_object_get(v, "prio"));
	c->drops = tw_nft_value_is(tw_nft_value_string(v, "policy"), "drop");
	c->is_nat = tw_nft_value_is(tw_nft_value_string(v, "type"), "nat");
	c->device = tw_nft_value_keep(rd, tw_nft_value_string(v, "dev"));
}

/* The chains of a table that sleeps are not registered with the kernel. */
static bool
is_dormant(const json_t *flags)
{
	const json_t *flag;
	size_t i;

	json_array_foreach(flags, i,
	    flag) if (tw_nft_value_is(json_string_value(flag), "dormant")) return true;
	return tw_nft_value_is(json_string_value(flags), "dormant");
}

/* The flags of the table we are in; NULL: none. */
static const json_t *
flags_of_table(struct tw_nft_reading *rd)
{
	const json_t *object;
	size_t i;

	json_array_foreach(rd->list, i, object)
	{
		const json_t *table = json_object_get(object, "table");

		if (table != NULL &&
		    tw_nft_value_is(tw_nft_value_string(table, "name"), rd->table) &&
		    tw_nft_value_is(tw_nft_value_string(table, "family"), rd->family))
			return json_object_get(table, "flags");
	}
	return NULL;
}

static void
read_object(struct tw_nft_reading *rd, struct tw_ruleset *r, const json_t *object)
{
	const json_t *rule = json_object_get(object, "rule"),
	             *chain = json_object_get(object, "chain");
	const json_t *v = rule != NULL ? rule : chain, *flags;

	rd->family = tw_nft_value_string(v, "family");
	rd->table = tw_nft_value_string(v, "table");
	if (rd->family == NULL || rd->table == NULL ||
	    tw_nft_value_string(v, rule != NULL ? "chain" : "name") == NULL)
		return;
	flags = flags_of_table(rd);
	if (is_dormant(flags))
		return;
	rd->to = tw_ruleset_table(rd->arena, r, tw_nft_value_keep(rd, rd->family),
	    tw_nft_value_keep(rd, rd->table), "nftables");
	/* nft 1.0.6 writes the table's name where the name of its flag should stand. */
	rd->to->doubtful = tw_nft_value_is(json_string_value(flags), rd->table);
	if (rule != NULL)
		read_rule(rd, rule);
	else
		read_chain(rd, chain);
}

int
tw_ruleset_read_nft(
    struct tw_arena *a, struct tw_bytes json, struct tw_ruleset *r, struct tw_err *err)
{
	struct tw_nft_reading rd = { .arena = a };
	json_error_t where;
	json_t *root = json_loadb((const char *)json.p, json.n, 0, &where);
	const json_t *object;
	size_t i;

	rd.list = json_object_get(root, "nftables");
	if (!json_is_array(rd.list)) {
		json_decref(root);
		return tw_err_set(
		    err, TW_ERR_FORMAT, "that is not what `nft -j list ruleset` prints");
	}
	json_array_foreach(rd.list, i, object) read_object(&rd, r, object);
	json_decref(root);
	return 0;
}
