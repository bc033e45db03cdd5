/*
 * So many in such a time; see rates.h. The generic cell rate algorithm: a bucket is the
 * moment at which it will be full again; each token taken moves that on by span / n, and
 * none is there when it would lie more than n tokens ahead.
 */
#include "guard/rates.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define MOST		1000000u
#define SPAN_MOST_MS	86400000u

static int
refuse(struct tw_err *e, const char *text)
{
	struct tw_buf b;

	tw_buf_init(&b, 120);
	tw_text_escape(&b, tw_bytes_of(text));
	tw_err_set(e, TW_ERR_FORMAT, "\"%s\" is no rate: one looks like 20/s, 100/m or 5/10s "
	    "(1 to %u, in at most a day)", b.failed ? "…" : tw_buf_cstr(&b), MOST);
	tw_buf_clear(&b);
	return -1;
}

static bool
take_number(const char **p, unsigned *ret)
{
	unsigned v = 0, digits = 0;

	for (; **p >= '0' && **p <= '9'; (*p)++, digits++) {
		v = v * 10 + (unsigned)(**p - '0');
		if (v > SPAN_MOST_MS)
			return false;
	}
	*ret = v;
	return digits > 0 && v > 0;
}

static const struct {
	const char *word;
	unsigned ms;
} units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", SPAN_MOST_MS },
};

int
tw_rates_read(const char *text, struct tw_rate *ret, struct tw_err *e)
{
	const char *p = text;
	unsigned n, times = 1;

	if (!take_number(&p, &n) || n > MOST || *p++ != '/')
		return refuse(e, text);
	if (*p >= '0' && *p <= '9' && !take_number(&p, &times))
		return refuse(e, text);
	for (size_t i = 0; i < TW_COUNT(units); i++)
		if (strcmp(p, units[i].word) == 0 && times <= SPAN_MOST_MS / units[i].ms) {
			*ret = (struct tw_rate){ n, times * units[i].ms };
			return 0;
		}
	return refuse(e, text);
}

char *
tw_rates_text(struct tw_rate r, char out[static 32])
{
	size_t i = TW_COUNT(units) - 1;
	unsigned times;

	while (i > 0 && r.span_ms % units[i].ms != 0)
		i--;
	times = r.span_ms / units[i].ms;
	if (times == 1)
		snprintf(out, 32, "%u/%s", r.n, units[i].word);
	else
		snprintf(out, 32, "%u/%u%s", r.n, times, units[i].word);
	return out;
}

bool
tw_rates_take(tw_bucket *b, struct tw_rate r, uint64_t now_ms)
{
	uint64_t now = now_ms * 1000000, each, empty, was, full, next;

	if (r.n == 0)
		return true;
	each = (uint64_t)r.span_ms * 1000000 / r.n;
	empty = now + each * r.n;
	was = atomic_load_explicit(b, memory_order_relaxed);
	do {
		full = was > now ? was : now;
		/* Emptier than empty: a reload made the rate another. It is empty, then. */
		if (full > empty)
			full = empty;
		next = full + each <= empty ? full + each : full;
		if (next == was)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(b, &was, next, memory_order_relaxed,
	    memory_order_relaxed));
	return next != full;
}

bool
tw_rates_full(const tw_bucket *b, uint64_t now_ms)
{
	return atomic_load_explicit(b, memory_order_relaxed) <= now_ms * 1000000;
}
