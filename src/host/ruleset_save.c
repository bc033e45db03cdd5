/*
 * The text of iptables-save(8) and ip6tables-save as a struct tw_ruleset: for
 * iptables-legacy, which nft does not show, and for iptables-nft, whose extensions
 * nft only names. An option that is not known makes its rule "perhaps".
 */
#include <stdlib.h>

#include "base/text.h"
#include "host/ruleset.h"
#include "host/words.h"

#define WORDS 128	/* of one line */

struct saved {
	struct tw_arena *arena;
	bool v6;
	const char *source;
	struct tw_ruleset *to;
	struct tw_table *table;
	char *words[WORDS];
	size_t n, at;
	bool inverted;		/* a "!" stood before the option */
	struct tw_rule rule;
};

/* A line's words: blanks between, "…" around some, \" and \\ inside those. */
static void
split(struct saved *s, struct tw_bytes line)
{
	char *p = tw_arena_alloc(s->arena, line.n + 1), *to;
	size_t i = 0;

	s->n = s->at = 0;
	while (s->n < WORDS) {
		bool quoted;

		while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
			i++;
		if (i == line.n)
			break;
		quoted = line.p[i] == '"';
		i += quoted;
		for (to = p; i < line.n && line.p[i] != (quoted ? '"' : ' '); i++) {
			if (quoted && line.p[i] == '\\' && i + 1 < line.n)
				i++;
			*to++ = (char)line.p[i];
		}
		i += i < line.n;
		*to = '\0';
		s->words[s->n++] = tw_text_escaped(s->arena,
		    (struct tw_bytes){ (const uint8_t *)p, (size_t)(to - p) });
	}
}

static const char *
next(struct saved *s)
{
	return s->at < s->n ? s->words[s->at++] : "";
}

static void
push(struct saved *s, struct tw_match m)
{
	m.inverted = s->inverted;
	TW_PUSH(s->arena, &s->rule.matches, m);
}

static void
push_unknown(struct saved *s, const char *what)
{
	push(s, (struct tw_match){ .kind = TW_MATCH_UNKNOWN, .words = what });
}

/* "22", "1000:2000", "1000:", "80,443,8000:8010" */
static bool
read_ports(struct saved *s, const char *text, struct tw_ranges *ret)
{
	struct { struct tw_range *v; size_t n, cap; } list = { 0 };

	while (*text != '\0') {
		char *end;
		unsigned long first = *text == ':' ? 0 : strtoul(text, &end, 10), last = first;

		if (*text == ':')
			end = (char *)(uintptr_t)text;
		if (*end == ':')
			last = end[1] == '\0' || end[1] == ',' ? (end++, 65535) :
			    strtoul(end + 1, &end, 10);
		if (end == text || (*end != '\0' && *end != ',') || last > 65535)
			return false;
		TW_PUSH(s->arena, &list, (struct tw_range){ first, last });
		text = end + (*end == ',');
	}
	*ret = tw_ranges_of(s->arena, list.v, list.n);
	return true;
}

static uint8_t
proto_of(const struct saved *s)
{
	for (size_t i = 0; i < s->rule.matches.n; i++) {
		const struct tw_match *m = &s->rule.matches.v[i];

		if (m->kind == TW_MATCH_PROTO && !m->inverted && m->ranges.n == 1)
			return (uint8_t)m->ranges.v[0].first;
	}
	return 0;
}

static void
on_ports(struct saved *s, int source)
{
	const char *text = next(s);
	struct tw_match m = { .kind = source ? TW_MATCH_SPORT : TW_MATCH_DPORT,
		.proto = proto_of(s) };

	if (!read_ports(s, text, &m.ranges))
		m = (struct tw_match){ .kind = TW_MATCH_UNKNOWN, .words = text };
	push(s, m);
}

static void
on_either_port(struct saved *s, int unused)
{
	(void)unused;
	next(s);
	push_unknown(s, "--ports");
}

static void
on_address(struct saved *s, int destination)
{
	const char *text = next(s);
	struct tw_match m = { .kind = destination ? TW_MATCH_DADDR : TW_MATCH_SADDR, .v6 = s->v6 };
	struct tw_range r;
	bool v6;

	if (tw_ranges_read(text, &r, &v6) && v6 == s->v6)
		m.ranges = tw_ranges_one(s->arena, r.first, r.last);
	else
		m = (struct tw_match){ .kind = TW_MATCH_UNKNOWN, .words = text };
	push(s, m);
}

/* --src-range 10.0.0.1-10.0.0.9 */
static void
on_range(struct saved *s, int destination)
{
	char *text = tw_arena_str(s->arena, next(s)), *dash = strchr(text, '-');
	struct tw_match m = { .kind = destination ? TW_MATCH_DADDR : TW_MATCH_SADDR, .v6 = s->v6 };
	tw_u128 first, last;
	bool v6;

	if (dash != NULL)
		*dash++ = '\0';
	if (dash != NULL && tw_ranges_read_address(text, &first, &v6) && v6 == s->v6 &&
	    tw_ranges_read_address(dash, &last, &v6) && v6 == s->v6)
		m.ranges = tw_ranges_one(s->arena, first, last);
	else
		m = (struct tw_match){ .kind = TW_MATCH_UNKNOWN, .words = "an address range" };
	push(s, m);
}

/* iptables writes eth+ where nft writes eth*. */
static void
on_interface(struct saved *s, int out)
{
	char *name = tw_arena_str(s->arena, next(s));
	struct tw_match m = { .kind = out ? TW_MATCH_OIF : TW_MATCH_IIF };
	size_t n = strlen(name);

	if (n > 0 && name[n - 1] == '+')
		name[n - 1] = '*';
	TW_PUSH(s->arena, &m.names, name);
	push(s, m);
}

static void
on_protocol(struct saved *s, int unused)
{
	static const struct { const char *name; unsigned number; } known[] = { { "tcp", 6 },
		{ "udp", 17 }, { "6", 6 }, { "17", 17 } };
	const char *name = next(s);
	unsigned number = 255;

	(void)unused;
	if (strcmp(name, "all") == 0 || strcmp(name, "0") == 0)
		return;
	for (size_t i = 0; i < TW_COUNT(known); i++)
		if (strcmp(known[i].name, name) == 0)
			number = known[i].number;
	push(s, (struct tw_match){ .kind = TW_MATCH_PROTO,
	    .ranges = tw_ranges_one(s->arena, number, number) });
}

/* A list of words in capitals: NEW,ESTABLISHED; LOCAL */
static void
on_words(struct saved *s, int word)
{
	char *list = tw_arena_str(s->arena, next(s)), *one;
	struct tw_match m = { .kind = TW_MATCH_WORD, .word = (enum tw_word)word };

	while ((one = strsep(&list, ",")) != NULL) {
		for (char *p = one; *p != '\0'; p++)
			*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
		TW_PUSH(s->arena, &m.names, one);
	}
	push(s, m);
}

static unsigned
flags_of(struct saved *s, const char *text)
{
	static const char *const names[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG" };
	char *list = tw_arena_str(s->arena, text), *one;
	unsigned bits = 0;

	while ((one = strsep(&list, ",")) != NULL)
		for (unsigned i = 0; i < TW_COUNT(names); i++)
			if (strcmp(one, names[i]) == 0 || strcmp(one, "ALL") == 0)
				bits |= 1u << i;
	return bits;
}

static void
on_flags(struct saved *s, int unused)
{
	unsigned mask = flags_of(s, next(s));

	(void)unused;
	push(s, (struct tw_match){ .kind = TW_MATCH_FLAGS, .proto = 6, .mask = mask,
	    .bits = flags_of(s, next(s)) });
}

static void
on_icmp(struct saved *s, int unused)
{
	(void)unused;
	next(s);
	s->inverted = false;
	push(s, (struct tw_match){ .kind = TW_MATCH_NEVER });
}

static void
on_limit(struct saved *s, int over)
{
	next(s);
	s->inverted = s->inverted != (over != 0);
	push(s, (struct tw_match){ .kind = TW_MATCH_LIMIT });
}

static void
on_comment(struct saved *s, int unused)
{
	(void)unused;
	s->rule.comment = next(s);
}

/* Options that change nothing for us, with so many words behind them. */
static void
on_skip(struct saved *s, int words)
{
	while (words-- > 0)
		next(s);
}

static void
on_target(struct saved *s, int is_goto)
{
	static const struct { const char *name; enum tw_verdict_kind verdict; } known[] = {
		{ "ACCEPT", TW_FW_ACCEPT }, { "DROP", TW_FW_DROP }, { "REJECT", TW_FW_REJECT },
		{ "RETURN", TW_FW_RETURN }, { "LOG", TW_FW_NONE }, { "NFLOG", TW_FW_NONE },
		{ "ULOG", TW_FW_NONE }, { "AUDIT", TW_FW_NONE }, { "MARK", TW_FW_NONE },
		{ "CONNMARK", TW_FW_NONE }, { "TCPMSS", TW_FW_NONE }, { "CT", TW_FW_NONE },
		{ "MASQUERADE", TW_FW_NONE }, { "SNAT", TW_FW_NONE }, { "DSCP", TW_FW_NONE },
		{ "CHECKSUM", TW_FW_NONE }, { "NOTRACK", TW_FW_UNKNOWN }, { "SET", TW_FW_NONE },
		{ "DNAT", TW_FW_ELSEWHERE }, { "REDIRECT", TW_FW_ELSEWHERE },
		{ "TPROXY", TW_FW_ELSEWHERE },
	};
	const char *name = next(s);

	s->rule.verdict = is_goto ? TW_FW_GOTO : TW_FW_JUMP;
	s->rule.target = name;
	for (size_t i = 0; i < TW_COUNT(known); i++)
		if (strcmp(known[i].name, name) == 0) {
			s->rule.verdict = known[i].verdict;
			s->rule.target = "another place";
		}
}

static void
on_notrack(struct saved *s, int unused)
{
	(void)unused;
	s->rule.verdict = TW_FW_UNKNOWN;
	s->rule.words = "a rule that switches tracking off";
}

static void
on_place(struct saved *s, int is_port)
{
	s->rule.target = tw_arena_fmt(s->arena, is_port ? "port %s of this machine" : "%s", next(s));
}

static const struct {
	const char *option;
	void (*on)(struct saved *s, int detail);
	int detail;
} options[] = {
	{ "-p", on_protocol, 0 }, { "-s", on_address, 0 }, { "-d", on_address, 1 },
	{ "-i", on_interface, 0 }, { "-o", on_interface, 1 }, { "-j", on_target, 0 },
	{ "-g", on_target, 1 }, { "-m", on_skip, 1 }, { "--dport", on_ports, 0 },
	{ "--sport", on_ports, 1 }, { "--dports", on_ports, 0 }, { "--sports", on_ports, 1 },
	{ "--ports", on_either_port, 0 }, { "--src-range", on_range, 0 },
	{ "--dst-range", on_range, 1 }, { "--ctstate", on_words, TW_WORD_STATE },
	{ "--state", on_words, TW_WORD_STATE }, { "--ctstatus", on_words, TW_WORD_STATUS },
	{ "--ctdir", on_words, TW_WORD_DIRECTION },
	{ "--dst-type", on_words, TW_WORD_TYPE }, { "--src-type", on_words, TW_WORD_SOURCE_TYPE },
	{ "--pkt-type", on_words, TW_WORD_PACKET }, { "--tcp-flags", on_flags, 0 },
	{ "--icmp-type", on_icmp, 0 }, { "--icmpv6-type", on_icmp, 0 },
	{ "--limit", on_limit, 0 }, { "--limit-burst", on_skip, 1 },
	{ "--hashlimit-upto", on_limit, 0 }, { "--hashlimit-above", on_limit, 1 },
	{ "--hashlimit-burst", on_skip, 1 }, { "--hashlimit-mode", on_skip, 1 },
	{ "--hashlimit-name", on_skip, 1 }, { "--hashlimit-srcmask", on_skip, 1 },
	{ "--hashlimit-htable-expire", on_skip, 1 }, { "--connlimit-above", on_limit, 1 },
	{ "--connlimit-upto", on_limit, 0 }, { "--connlimit-mask", on_skip, 1 },
	{ "--connlimit-saddr", on_skip, 0 }, { "--comment", on_comment, 0 },
	{ "--reject-with", on_skip, 1 }, { "--log-prefix", on_skip, 1 },
	{ "--log-level", on_skip, 1 }, { "--log-tcp-options", on_skip, 0 },
	{ "--log-ip-options", on_skip, 0 }, { "--log-uid", on_skip, 0 },
	{ "--nflog-prefix", on_skip, 1 }, { "--nflog-group", on_skip, 1 },
	{ "--set-xmark", on_skip, 1 }, { "--set-mark", on_skip, 1 }, { "--random", on_skip, 0 },
	{ "--to-source", on_skip, 1 }, { "--to-destination", on_place, 0 },
	{ "--to-ports", on_place, 1 }, { "--notrack", on_notrack, 0 },
};

/* Behind an option that is not known its values are skipped: words without a dash. */
static void
take_option(struct saved *s, const char *word)
{
	for (size_t i = 0; i < TW_COUNT(options); i++)
		if (strcmp(options[i].option, word) == 0) {
			options[i].on(s, options[i].detail);
			return;
		}
	s->inverted = false;
	push_unknown(s, tw_arena_fmt(s->arena, "iptables' %s", word));
	while (s->at < s->n && s->words[s->at][0] != '-' && strcmp(s->words[s->at], "!") != 0)
		s->at++;
}

static void
read_rule(struct saved *s)
{
	struct tw_chain *c;

	s->at = 1;	/* behind "-A" */
	c = tw_ruleset_chain(s->arena, s->table, next(s));
	s->rule = (struct tw_rule){ 0 };
	s->inverted = false;
	while (s->at < s->n) {
		const char *word = next(s);

		if (strcmp(word, "!") == 0) {
			s->inverted = true;
			continue;
		}
		take_option(s, word);
		s->inverted = false;
	}
	TW_PUSH(s->arena, &c->rules, s->rule);
}

/* ":INPUT DROP [0:0]", with the hook and priority that table's chains have in the kernel. */
static void
read_chain(struct saved *s)
{
	static const struct { const char *name; enum tw_hook hook; } hooks[] = {
		{ "PREROUTING", TW_HOOK_PREROUTING }, { "INPUT", TW_HOOK_INPUT },
		{ "OUTPUT", TW_HOOK_OUTPUT }, { "POSTROUTING", TW_HOOK_POSTROUTING },
		{ "FORWARD", TW_HOOK_OTHER } };
	static const struct { const char *name; int priority; } tables[] = { { "raw", -300 },
		{ "mangle", -150 }, { "nat", -100 }, { "filter", 0 }, { "security", 50 } };
	struct tw_chain *c = tw_ruleset_chain(s->arena, s->table, s->words[0] + 1);

	for (size_t i = 0; i < TW_COUNT(hooks); i++)
		if (s->n > 1 && strcmp(s->words[1], "-") != 0 && strcmp(c->name, hooks[i].name) == 0)
			c->hook = hooks[i].hook;
	for (size_t i = 0; i < TW_COUNT(tables); i++)
		if (strcmp(s->table->name, tables[i].name) == 0)
			c->priority = tables[i].priority;
	c->drops = s->n > 1 && strcmp(s->words[1], "DROP") == 0;
	c->is_nat = strcmp(s->table->name, "nat") == 0;
}

/* The table as nft showed it, if it could not read all of it, gives way. */
static void
begin_table(struct saved *s, const char *name)
{
	const char *family = s->v6 ? "ip6" : "ip";

	for (size_t i = 0; i < s->to->tables.n; i++) {
		struct tw_table *t = s->to->tables.v[i];

		if (t->foreign && strcmp(s->source, "iptables-nft") == 0 &&
		    strcmp(t->family, family) == 0 && strcmp(t->name, name) == 0) {
			t->chains.n = 0;
			t->foreign = false;
		}
	}
	s->table = tw_ruleset_table(s->arena, s->to, family, name, s->source);
}

int
tw_ruleset_read_save(struct tw_arena *a, struct tw_bytes text, bool v6, const char *source,
    struct tw_ruleset *r, struct tw_err *err)
{
	struct saved s = { .arena = a, .v6 = v6, .source = source, .to = r };
	struct tw_bytes line;

	while (tw_words_line(&text, &line)) {
		split(&s, line);
		if (s.n == 0 || s.words[0][0] == '#')
			continue;
		if (s.words[0][0] == '*')
			begin_table(&s, s.words[0] + 1);
		else if (s.table == NULL)
			return tw_err_set(err, TW_ERR_FORMAT, "that is not what iptables-save prints");
		else if (s.words[0][0] == ':')
			read_chain(&s);
		else if (strcmp(s.words[0], "-A") == 0)
			read_rule(&s);
	}
	return 0;
}
