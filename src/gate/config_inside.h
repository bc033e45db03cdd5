/*
 * config_inside.h -- what the files of the configuration share: the table of all keys,
 * what the scanner found of the text, and how something is said of a line of it.
 */
#ifndef TW_GATE_CONFIG_INSIDE_H
#define TW_GATE_CONFIG_INSIDE_H

#include "base/arena.h"
#include "gate/config.h"

enum tw_config_block {
	TW_BLOCK_ROOT,		/* outside all blocks */
	TW_BLOCK_CERTIFICATE, TW_BLOCK_LIMIT, TW_BLOCK_BAN, TW_BLOCK_BACKEND, TW_BLOCK_LISTEN,
	TW_BLOCK_ROUTE, TW_BLOCK_LEGACY, TW_BLOCK_REDIRECT, TW_BLOCK_LOG, TW_BLOCK_METRICS,
	TW_BLOCKS
};

struct tw_config_block_row {
	const char *name;
	enum tw_config_block within;
	bool titled, once;	/* wants a name behind it; there is one at most */
	size_t size;		/* of its struct; 0: it has none of its own */
	const char *help;
};

/* What a value is, and so what its field is. */
enum tw_config_type {
	TW_IS_BOOL,		/* bool */
	TW_IS_COUNT,		/* unsigned, least to most */
	TW_IS_MS,		/* unsigned, milliseconds of "30s" */
	TW_IS_MS64,		/* uint64_t */
	TW_IS_SECONDS,		/* unsigned, seconds of "180d" */
	TW_IS_RATE,		/* struct tw_rate */
	TW_IS_TEXT,		/* const char *; "" is NULL */
	TW_IS_WORD,		/* an enum: the place in words */
	TW_IS_SWITCH,		/* bool: the place in words, 0 or 1 */
	TW_IS_ADDRESS,		/* struct tw_endpoint *; "" is NULL */
	TW_IS_ADDRESSES,	/* struct tw_endpoint *, and their number */
	TW_IS_SOURCE,		/* as an address, without a port */
	TW_IS_NETWORKS,		/* struct tw_networks * */
	TW_IS_TEXTS,		/* const char **, and their number */
	TW_IS_NAME,		/* a pointer to a block of the kind in refers */
	TW_IS_NAMES,		/* an array of such pointers, and their number */
	TW_IS_VERSIONS,		/* bool [TW_VERSIONS] */
	TW_IS_OTHER,		/* one text, read by its block in config_build.c */
};

struct tw_config_key {
	enum tw_config_block block;
	const char *name;
	enum tw_config_type type;
	bool must;		/* it has no default */
	const char *standard;	/* its default, as the file would have it; "": none */
	const char *help;
	size_t at, at_n;	/* of the field, and of its number */
	const char *words;	/* "none verify", or NULL */
	enum tw_config_block refers;
	uint64_t least, most;	/* counts as they are, times in ms */
};

extern const struct tw_config_block_row tw_config_blocks[TW_BLOCKS];
extern const struct tw_config_key tw_config_keys[];
extern const size_t tw_config_keys_n;

const struct tw_config_key *tw_config_key_find(enum tw_config_block block, const char *name);

/* A key as it stands in the text. The values come from libconfuse. */
struct tw_config_entry {
	const struct tw_config_key *key;
	unsigned line;
	unsigned *lines;	/* of each value */
	const char **values;
	size_t n;
};

struct tw_config_found {	/* a block, in the text's order; the first is the root */
	enum tw_config_block block;
	const char *title;	/* "" where it has none */
	unsigned line;
	size_t within;		/* the block it stands in */
	TW_LIST(struct tw_config_entry) entries;
	void *made;		/* its struct */
};

struct tw_config_reader {
	struct tw_arena *arena;
	const char *file;
	int64_t now;
	struct tw_config *config;
	struct tw_config_remarks *remarks;
	bool wrong;		/* something was said that is no warning */
	TW_LIST(struct tw_config_found) found;
	char *clean;		/* the text, without what was said to be wrong and comments */
};

/* Says it of a line. The text is escaped already, or nobody's. */
void tw_config_say(struct tw_config_reader *r, unsigned line, bool warning, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* A word of the file, fit to be shown. */
const char *tw_config_shown(struct tw_config_reader *r, const char *word);
/* "; did you mean \"X\"?" for the nearest of v[0..n) to a word, or "". */
const char *tw_config_meant(struct tw_config_reader *r, const char *word, const char *const *v,
    size_t n);

/* config_scan.c: where everything stands. -1: the syntax is wrong, and that was said. */
int tw_config_scan(struct tw_config_reader *r, struct tw_bytes text);
/* config_confuse.c: puts the values to what was found. -1: likewise. */
int tw_config_confuse(struct tw_config_reader *r);
/* config_value.c: one entry (or the default) into its field of base. */
void tw_config_value(struct tw_config_reader *r, const struct tw_config_key *key,
    const struct tw_config_entry *entry, unsigned line, void *base);
int tw_config_endpoint(struct tw_arena *a, const char *text, bool with_port,
    struct tw_endpoint *ret, struct tw_err *e);
/* config_build.c: all of it into r->config. */
void tw_config_build(struct tw_config_reader *r);
/* The block of a kind with that name; NULL: none. */
const struct tw_config_found *tw_config_named(const struct tw_config_reader *r,
    enum tw_config_block block, const char *title);
/* The entry of a key in a block; NULL: it is not there. */
const struct tw_config_entry *tw_config_entry(const struct tw_config_found *f, const char *name);
/* Its line, or the block's. */
unsigned tw_config_line(const struct tw_config_found *f, const char *name);
/* config_check.c: what does not go together. */
void tw_config_check_all(struct tw_config_reader *r);
/* config_loopback.c: what a backend must be told that sees the gateway's address. */
void tw_config_check_loopback(struct tw_config_reader *r);
/* Is this a loopback address, or a Unix socket? */
bool tw_config_is_here(const struct tw_endpoint *e);

#endif
