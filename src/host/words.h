/* words.h -- the columns of the kernel's tables under /proc: words between blanks. */
#ifndef TW_HOST_WORDS_H
#define TW_HOST_WORDS_H

#include "host/ranges.h"

/* The next line of *text, without its end; false: there is none. */
bool tw_words_line(struct tw_bytes *text, struct tw_bytes *ret);
/* The next word of *line; false: there is none. */
bool tw_words_next(struct tw_bytes *line, struct tw_bytes *ret);
bool tw_words_are(struct tw_bytes word, const char *s);
/* All of word as a number in base 10 or 16, at most `most`. */
bool tw_words_number(struct tw_bytes word, unsigned base, uint64_t most, uint64_t *ret);
/*
 * An address as /proc/net/tcp writes it: each 32 bits of it in hex, in this machine's
 * order of bytes (8 digits: IPv4, 32: IPv6).
 */
bool tw_words_address(struct tw_bytes word, tw_u128 *ret, bool *ret_v6);

#endif
