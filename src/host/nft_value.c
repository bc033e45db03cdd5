/*
 * What nft's JSON compares and with what: keys, and values written out or named. See
 * nft_value.h; ruleset_nft.c reads the rules around them.
 */
#include "host/nft_value.h"

#include "base/text.h"

#define ELEMENTS 65536 /* of one set; larger ones are not read */
#define DEEP     6     /* how far values of values are followed */

const char *
tw_nft_value_string(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

const char *
tw_nft_value_keep(struct tw_nft_reading *rd, const char *s)
{
	return s == NULL ? NULL : tw_text_escaped(rd->arena, tw_bytes_of(s));
}

bool
tw_nft_value_is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static const struct {
	const char *kind, *owner,
	    *field; /* {"payload": {"protocol": owner, "field": field}} */
	enum tw_match_kind match;
	unsigned detail; /* protocol, IPv6 or enum tw_word */
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

static const struct {
	const char *name;
	unsigned number;
} numbers[] = {
	{ "tcp", 6 },
	{ "udp", 17 },
	{ "icmp", 1 },
	{ "igmp", 2 },
	{ "icmpv6", 58 },
	{ "ipv6-icmp", 58 },
	{ "ipv4", 4 },
	{ "ipv6", 6 },
	{ "ip", 4 },
	{ "ip6", 6 },
};

static const struct {
	const char *name;
	unsigned bit;
} tcp_flags[] = {
	{ "fin", 1 },
	{ "syn", 2 },
	{ "rst", 4 },
	{ "psh", 8 },
	{ "ack", 16 },
	{ "urg", 32 },
	{ "ecn", 64 },
	{ "cwr", 128 },
};

/* {"fib": {"result": "type", "flags": ["daddr"]}}: what routing says of an address. */
static void
read_fib(const json_t *fib, struct tw_match *m)
{
	const json_t *flag, *list = json_object_get(fib, "flags");
	const char *result = tw_nft_value_string(fib, "result");
	bool source = tw_nft_value_is(json_string_value(list), "saddr");
	size_t i;

	json_array_foreach(list, i, flag) source =
	    source || tw_nft_value_is(json_string_value(flag), "saddr");
	if (tw_nft_value_is(result, "type")) {
		m->kind = TW_MATCH_WORD;
		m->word = source ? TW_WORD_SOURCE_TYPE : TW_WORD_TYPE;
	} else if ((tw_nft_value_is(result, "oif") ||
	               tw_nft_value_is(result, "oifname")) &&
	           source) {
		m->kind = TW_MATCH_WORD;
		m->word =
		    TW_WORD_ROUTE; /* of the source, as a reverse path filter asks */
	}
}

/* What is compared; kind UNKNOWN where it is nothing we know. */
void
tw_nft_value_key(struct tw_nft_reading *rd, const json_t *left, struct tw_match *m)
{
	const char *kind =
	    json_object_iter_key(json_object_iter((json_t *)(uintptr_t)left));
	const json_t *inside = kind != NULL ? json_object_get(left, kind) : NULL;
	const char *owner = tw_nft_value_string(inside, "protocol"), *field;

	m->kind = TW_MATCH_UNKNOWN;
	field = tw_nft_value_string(
	    inside, tw_nft_value_is(kind, "payload") ? "field" : "key");
	m->words = tw_nft_value_keep(rd, tw_arena_fmt(rd->arena, "%s %s",
	                                     owner != NULL  ? owner
	                                     : kind != NULL ? kind
	                                                    : "something",
	                                     field != NULL ? field : ""));
	if (tw_nft_value_is(kind, "fib"))
		read_fib(inside, m);
	for (size_t i = 0; i < TW_COUNT(keys); i++) {
		if (!tw_nft_value_is(kind, keys[i].kind) ||
		    (keys[i].owner != NULL && !tw_nft_value_is(owner, keys[i].owner)) ||
		    (keys[i].field != NULL && !tw_nft_value_is(field, keys[i].field)))
			continue;
		m->kind = keys[i].match;
		if (m->kind == TW_MATCH_WORD)
			m->word = (enum tw_word)keys[i].detail;
		m->v6 = keys[i].detail == 1;
		m->proto = (uint8_t)(keys[i].detail > 1 ? keys[i].detail : 0);
		if (tw_nft_value_is(owner, "ip") || tw_nft_value_is(owner, "ip6"))
			m->family = tw_nft_value_is(owner, "ip") ? 4 : 6;
		return;
	}
}

struct values {
	struct {
		struct tw_range *v;
		size_t n, cap;
	} ranges;
	bool odd; /* something in it was not understood */
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
	*ret = 255; /* some protocol that is neither TCP nor UDP */
	return true;
}

static void
take_word(struct tw_nft_reading *rd, struct tw_match *m, const char *s, struct values *to)
{
	tw_u128 v;

	if (m->kind == TW_MATCH_IIF || m->kind == TW_MATCH_OIF ||
	    m->kind == TW_MATCH_WORD) {
		TW_PUSH(rd->arena, &m->names, tw_nft_value_keep(rd, s));
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
take_span(
    struct tw_nft_reading *rd, struct tw_match *m, const json_t *v, struct values *to)
{
	const json_t *range = json_object_get(v, "range"),
	             *prefix = json_object_get(v, "prefix");
	struct tw_range r;
	bool v6;

	if (prefix != NULL && tw_nft_value_string(prefix, "addr") != NULL) {
		const char *text =
		    tw_arena_fmt(rd->arena, "%s/%d", tw_nft_value_string(prefix, "addr"),
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
const json_t *
tw_nft_value_named(struct tw_nft_reading *rd, const char *name)
{
	static const char *const kinds[] = { "set", "map" };
	const json_t *object;
	size_t i;

	json_array_foreach(rd->list, i, object) for (size_t k = 0; k < TW_COUNT(kinds);
	                                             k++)
	{
		const json_t *set = json_object_get(object, kinds[k]);

		if (tw_nft_value_is(tw_nft_value_string(set, "name"), name) &&
		    tw_nft_value_is(tw_nft_value_string(set, "table"), rd->table) &&
		    tw_nft_value_is(tw_nft_value_string(set, "family"), rd->family))
			return json_object_get(set, "elem") != NULL
			           ? json_object_get(set, "elem")
			           : set;
	}
	return NULL;
}

static void take_values(struct tw_nft_reading *rd, struct tw_match *m, const json_t *v,
    struct values *to, unsigned deep);

static void
take_list(struct tw_nft_reading *rd, struct tw_match *m, const json_t *list,
    struct values *to, unsigned deep)
{
	const json_t *v;
	size_t i;

	to->odd = to->odd || json_array_size(list) > ELEMENTS || deep == 0;
	if (!to->odd)
		json_array_foreach(list, i, v) take_values(rd, m, v, to, deep - 1);
}

/* A value, a list of them, or a set; DEEP bounds how far a text may lead us. */
static void
take_values(struct tw_nft_reading *rd, struct tw_match *m, const json_t *v,
    struct values *to, unsigned deep)
{
	const char *s = json_string_value(v);
	const json_t *inside;

	if (s != NULL && s[0] == '@' && deep == DEEP) { /* no set names another */
		inside = tw_nft_value_named(rd, s + 1);
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
			TW_PUSH(rd->arena, &to->ranges,
			    (struct tw_range){ (tw_u128)n, (tw_u128)n });
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

void
tw_nft_value_take(struct tw_nft_reading *rd, struct tw_match *m, const json_t *right)
{
	struct values to = { 0 };

	if (m->kind == TW_MATCH_UNKNOWN || m->kind == TW_MATCH_NEVER)
		return;
	take_values(rd, m, right, &to, DEEP);
	m->ranges = tw_ranges_of(rd->arena, to.ranges.v, to.ranges.n);
	if (to.odd)
		m->kind = TW_MATCH_UNKNOWN;
}

unsigned
tw_nft_value_bits(struct tw_nft_reading *rd, const json_t *v, bool *ret_odd)
{
	struct tw_match mask = { .kind = TW_MATCH_FLAGS };
	struct values to = { 0 };

	take_values(rd, &mask,
	    json_object_get(v, "|") != NULL ? json_object_get(v, "|") : v, &to, DEEP);
	*ret_odd = to.odd;
	return mask.bits;
}
