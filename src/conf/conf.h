/*
 * conf.h -- a server's configuration as text: its lines and the blocks they stand in. One
 * tokenizer a family of syntaxes (read_*.c); check.h says what contradicts a policy.
 * Pure: the verb config reads the file and says what the server's version is.
 */
#ifndef TW_CONF_CONF_H
#define TW_CONF_CONF_H

#include "base/arena.h"
#include "base/err.h"
#include "data/target.h"

/* The servers whose configuration is read: a row each in conf.c. */
enum tw_conf_server { TW_NGINX, TW_APACHE, TW_POSTFIX, TW_DOVECOT, TW_HAPROXY, TW_CONF_SERVERS };

#define TW_CONF_LINES	200000u	/* directives of a configuration, at most */
#define TW_CONF_DEPTH	32u	/* blocks in blocks, files in files */
#define TW_CONF_WORDS	256u	/* words of a directive */

struct tw_conf_line {
	const char *file;		/* the real one, where the dump names it */
	unsigned line;			/* in that file, from 1 */
	size_t block;			/* the block it stands in */
	const char *const *words;	/* the name first; NULL behind the last */
	size_t n;
};

/* The first block is the whole configuration: its own parent. */
struct tw_conf_block {
	size_t parent;
	const char *kind;	/* "server", "VirtualHost", "bind", "protocol"; "" the whole */
	const char *label;	/* the words behind it: "*:443"; "" none */
	const char *file;
	unsigned line;
	size_t at;		/* lines read before it: its place among them */
};

struct tw_conf {
	struct tw_arena *arena;
	enum tw_conf_server server;
	const char *version, *openssl;	/* where the text says so; or NULL */
	TW_LIST(struct tw_conf_line) lines;
	TW_LIST(struct tw_conf_block) blocks;
	/* What was not looked at, a sentence each, without what a file said. */
	TW_LIST(const char *) notes;
};

/*
 * Reads text, from a file called path, into ret; all of it lives in a. target says whose it
 * is; NULL: what it looks like. -1 with a sentence in e: not recognised, or not readable.
 */
int tw_conf_read(struct tw_arena *a, struct tw_bytes text, const char *path,
    const struct tw_target *target, struct tw_conf *ret, struct tw_err *e);
/* The server whose configuration is read by that name in `config`, or -1. */
int tw_conf_server_of(const struct tw_target *target);
/* Its name in `config` ("nginx"). */
const char *tw_conf_name(enum tw_conf_server server);

#endif
