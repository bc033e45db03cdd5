/*
 * ruleset.h -- a firewall as far as it decides about connections to this machine:
 * tables, chains and rules of nftables (`nft -j list ruleset`, libnftables-json(5))
 * and of iptables (`iptables-save`) in one small model. firewall.h judges by it.
 */
#ifndef TW_HOST_RULESET_H
#define TW_HOST_RULESET_H

#include "base/err.h"
#include "host/ranges.h"

enum tw_match_kind {
	TW_MATCH_NEVER,		/* not for the first packet of a connection to us */
	TW_MATCH_UNKNOWN,	/* not understood: words say what */
	TW_MATCH_LIMIT,		/* holds while the rate is kept (inverted: once it is not) */
	TW_MATCH_DPORT, TW_MATCH_SPORT,		/* ranges; proto, 0: either */
	TW_MATCH_SADDR, TW_MATCH_DADDR,		/* ranges of family v6 */
	TW_MATCH_IIF, TW_MATCH_OIF,		/* names, "eth*" too */
	TW_MATCH_WORD,		/* names; what the packet has is known: see enum tw_word */
	TW_MATCH_PROTO,		/* ranges of protocol numbers */
	TW_MATCH_FAMILY,	/* ranges: 4 and 6 */
	TW_MATCH_FLAGS,		/* TCP flags: (flags & mask) is bits */
};

/* What a connection that begins has for certain. */
enum tw_word { TW_WORD_STATE, TW_WORD_DIRECTION, TW_WORD_STATUS, TW_WORD_PACKET, TW_WORD_TYPE,
	TW_WORD_SOURCE_TYPE, TW_WORD_ROUTE };

struct tw_match {
	enum tw_match_kind kind;
	enum tw_word word;
	bool inverted, v6;
	uint8_t proto;
	uint8_t family;		/* 4, 6: never for the other's packets, inverted or not; 0: either */
	struct tw_ranges ranges;
	struct { const char **v; size_t n, cap; } names;
	unsigned mask, bits;
	const char *words;
};

enum tw_verdict_kind { TW_FW_NONE, TW_FW_ACCEPT, TW_FW_DROP, TW_FW_REJECT, TW_FW_JUMP, TW_FW_GOTO,
	TW_FW_RETURN, TW_FW_ELSEWHERE /* dnat, redirect */, TW_FW_UNKNOWN };

struct tw_rule {
	struct { struct tw_match *v; size_t n, cap; } matches;	/* all must hold */
	enum tw_verdict_kind verdict;
	const char *target;	/* of jump and goto a chain; of ELSEWHERE the place in words */
	const char *words;	/* of UNKNOWN: what it was */
	const char *comment;	/* or NULL */
	unsigned handle;	/* 0: none */
};

enum tw_hook { TW_HOOK_NONE, TW_HOOK_INGRESS, TW_HOOK_PREROUTING, TW_HOOK_INPUT, TW_HOOK_OUTPUT,
	TW_HOOK_POSTROUTING, TW_HOOK_OTHER };

struct tw_chain {
	const char *name;
	enum tw_hook hook;
	int priority;
	bool drops;		/* policy drop */
	bool is_nat;
	const char *device;	/* of ingress, or NULL */
	struct { struct tw_rule *v; size_t n, cap; } rules;
};

struct tw_table {
	const char *family;	/* "ip" "ip6" "inet" "netdev" … */
	const char *name;
	const char *source;	/* "nftables", "iptables-legacy", … */
	bool doubtful;		/* it may be asleep: nft did not say which flag it has */
	bool foreign;		/* holds iptables' own expressions: iptables-save reads it better */
	struct { struct tw_chain **v; size_t n, cap; } chains;
};

struct tw_ruleset {
	struct { struct tw_table **v; size_t n, cap; } tables;
};

/* Adds what `nft -j list ruleset` printed; -1: it is not that. */
int tw_ruleset_read_nft(struct tw_arena *a, struct tw_bytes json, struct tw_ruleset *r,
    struct tw_err *err);
/*
 * Adds what iptables-save (ip6tables-save: v6) printed. Tables of the same family and name
 * that nft could not read in full give way to these.
 */
int tw_ruleset_read_save(struct tw_arena *a, struct tw_bytes text, bool v6, const char *source,
    struct tw_ruleset *r, struct tw_err *err);
/* Is there a table that iptables-save of this family would read better? */
bool tw_ruleset_is_foreign(const struct tw_ruleset *r, bool v6);

/* For the readers: a table and a chain by name, made where missing. */
struct tw_table *tw_ruleset_table(struct tw_arena *a, struct tw_ruleset *r, const char *family,
    const char *name, const char *source);
struct tw_chain *tw_ruleset_chain(struct tw_arena *a, struct tw_table *t, const char *name);

#endif
