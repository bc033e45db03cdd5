/*
 * bundle.h -- what a configuration takes from the disk, read once into a file in memory:
 * whoever serves it, now or after a death, has the same bytes, and needs no right to open
 * anything. One for what everybody may see, one for keys. Each piece has its path's name.
 */
#ifndef TW_GATE_BUNDLE_H
#define TW_GATE_BUNDLE_H

#include "base/buf.h"
#include "base/err.h"

#define TW_BUNDLE_BYTES	(64u << 20)	/* of all of it at most */

struct tw_bundle {
	struct tw_bytes all;	/* mapped */
};

/* Putting together. A piece that is there already is not put again. */
void tw_bundle_put(struct tw_buf *out, const char *name, struct tw_bytes v);
int tw_bundle_put_file(struct tw_buf *out, const char *path, struct tw_err *e);

bool tw_bundle_open(struct tw_bundle *b, int fd);	/* false: errno */
void tw_bundle_close(struct tw_bundle *b);		/* one that was never opened, too */
/* A piece, while b is open; p NULL: it has none of that name. b may be NULL. */
struct tw_bytes tw_bundle_find(const struct tw_bundle *b, const char *name);

#endif
