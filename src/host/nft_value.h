/* nft_value.h -- keys and values of nft's JSON (libnftables-json(5)), for ruleset_nft.c. */
#ifndef TW_HOST_NFT_VALUE_H
#define TW_HOST_NFT_VALUE_H

#include <jansson.h>

#include "host/ruleset.h"

struct tw_nft_reading {
	struct tw_arena *arena;
	const json_t *list;		/* the whole ruleset, for its named sets */
	const char *family, *table;
	struct tw_table *to;
	struct tw_rule *rule;
	const json_t *key, *values;	/* of a map or concatenation; NULL: none */
	bool has_verdicts;		/* values are pairs: value, verdict */
};

const char *tw_nft_value_string(const json_t *object, const char *name);	/* or NULL */
/* A string of the text, escaped, in the arena; NULL gives NULL. */
const char *tw_nft_value_keep(struct tw_nft_reading *rd, const char *s);
bool tw_nft_value_is(const char *a, const char *b);	/* a may be NULL */
/* What is compared (the left side); kind UNKNOWN where it is nothing we know. */
void tw_nft_value_key(struct tw_nft_reading *rd, const json_t *left, struct tw_match *m);
/* With what: m's values; kind UNKNOWN where one of them is not understood. */
void tw_nft_value_take(struct tw_nft_reading *rd, struct tw_match *m, const json_t *right);
/* The bits of names of TCP flags; *ret_odd: there is something else. */
unsigned tw_nft_value_bits(struct tw_nft_reading *rd, const json_t *v, bool *ret_odd);
/* The elements of a named set or map of this table; NULL: there is none. */
const json_t *tw_nft_value_named(struct tw_nft_reading *rd, const char *name);

#endif
