/*
 * bans_text.h -- bans as a file, so that they outlive a restart. One line a ban:
 *	ADDRESS UNTIL REMEMBERED TIMES KIND FIREWALL REASON
 * UNTIL and until when the number of times is REMEMBERED in seconds UTC, KIND login,
 * handshake or hand, FIREWALL yes or no, the reason escaped to the end of the line. The
 * gate reads and writes the file.
 */
#ifndef TW_GUARD_BANS_TEXT_H
#define TW_GUARD_BANS_TEXT_H

#include "base/buf.h"
#include "guard/bans.h"

struct tw_bans_clock {		/* one moment on both clocks */
	uint64_t now_ms;	/* monotonic, as the table's */
	int64_t utc_s;
};

/* The first line of a file. */
void tw_bans_text_head(struct tw_buf *out);
/* One ban's line. */
void tw_bans_text_line(struct tw_buf *out, const struct tw_ban *ban, struct tw_bans_clock now);
/* Reads one line, without its end. -1: it is none, and e says why. */
int tw_bans_text_read(struct tw_bytes line, struct tw_bans_clock now, struct tw_ban *ret,
    struct tw_err *e);

struct tw_bans_loaded {
	size_t in, over;	/* bans put in; bans that had ended meanwhile */
	size_t wrong, wrong_line;	/* lines that are none, and the first of them */
	struct tw_err why;	/* what is wrong with that one */
};
/*
 * Reads a whole file into the table. A wrong line is passed over and told: bans behind it
 * still hold. -1: it is no such file at all (its first line), and nothing was read.
 */
int tw_bans_text_load(struct tw_bans *b, unsigned worker, struct tw_bytes file,
    struct tw_bans_clock now, struct tw_bans_loaded *ret, struct tw_err *e);

#endif
