/*
 * rates.h -- so many in such a time: a bucket of n tokens that fills evenly in
 * a span. A bucket is one word, so taking from it is one compare-and-swap: it needs
 * no lock, and a process killed at any point leaves it whole.
 */
#ifndef TW_GUARD_RATES_H
#define TW_GUARD_RATES_H

#include <stdatomic.h>

#include "base/err.h"
#include "base/bytes.h"

struct tw_rate {
	unsigned n, span_ms;	/* n 0: no limit */
};

/* All of a bucket: when it will be full again, in nanoseconds of the caller's clock. 0: full. */
typedef _Atomic uint64_t tw_bucket;

/*
 * Reads "20/s", "100/m", "1000/h", "5/10s". -1: it is none, and e says what one looks like.
 * 1 to 1,000,000 in 1 ms to a day.
 */
int tw_rates_read(const char *text, struct tw_rate *ret, struct tw_err *e);
/* "20/s"; out holds 32 bytes. Returns out. */
char *tw_rates_text(struct tw_rate r, char out[static 32]);
/*
 * Takes one token; false: there is none, and nothing was taken. So n may come at once,
 * then one each span_ms / n. now_ms is monotonic, the same clock for all who share it.
 */
bool tw_rates_take(tw_bucket *b, struct tw_rate r, uint64_t now_ms);
/* Whether the bucket is full: then it remembers nothing, and may be thrown away. */
bool tw_rates_full(const tw_bucket *b, uint64_t now_ms);

#endif
