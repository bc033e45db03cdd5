/*
 * What the guards read: networks, rates, days, and a file of bans. What was read is
 * written, and read again it is the same; a file is the same from one whole or line by line.
 */
#include <assert.h>
#include <stdlib.h>

#include "guard/bans_text.h"
#include "guard/days.h"
#include "guard/rates.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const struct tw_bans_clock now = { 5000, 1800000000 };

static void
words(const char *s, struct tw_bytes v)
{
	struct tw_network net, again;
	struct tw_rate rate, rate_again;
	struct tw_address a, b;
	struct tw_day day;
	struct tw_err e;
	char out[TW_NETWORK_TEXT];

	if (tw_address_read(v, &a)) {
		assert(tw_address_read(tw_bytes_of(tw_address_text(&a, out)), &b));
		assert(tw_address_equal(&a, &b));
	}
	if (tw_networks_read(s, &net, &e) == 0) {
		assert(tw_networks_read(tw_networks_text(&net, out), &again, &e) == 0);
		assert(net.bits == again.bits && tw_address_equal(&net.address, &again.address));
		assert(tw_address_within(&net.address, &net));
	}
	if (tw_rates_read(s, &rate, &e) == 0) {
		assert(rate.n > 0 && rate.span_ms > 0);
		assert(tw_rates_read(tw_rates_text(rate, out), &rate_again, &e) == 0);
		assert(rate.n == rate_again.n && rate.span_ms == rate_again.span_ms);
	}
	if (tw_days_read(s, &day, &e) == 0)
		assert(day.day >= 1 && day.day <= 31 && day.month >= 1 && day.month <= 12);
}

static void
line(struct tw_bytes v)
{
	struct tw_ban ban, again;
	struct tw_buf out;
	struct tw_err e;

	if (tw_bans_text_read(v, now, &ban, &e) < 0)
		return;
	tw_buf_init(&out, 4096);
	tw_bans_text_line(&out, &ban, now);
	assert(!out.failed && out.p[out.n - 1] == '\n');
	assert(memchr(out.p, '\n', out.n - 1) == NULL);
	out.n--;
	assert(tw_bans_text_read(tw_buf_view(&out), now, &again, &e) == 0);
	assert(ban.until_ms == again.until_ms || ban.until_ms == 0);
	assert(ban.times == again.times && ban.kind == again.kind &&
	    strcmp(ban.reason, again.reason) == 0);
	tw_buf_clear(&out);
}

static void
file(struct tw_bytes v)
{
	static const uint8_t seed[16] = "sixteen of bytes";
	size_t bytes = (tw_bans_bytes(16) + 63) / 64 * 64;
	struct tw_bans *b = aligned_alloc(64, bytes);
	struct tw_bans_loaded loaded;
	struct tw_err e;

	assert(b != NULL);
	memset((void *)b, 0, bytes);
	tw_bans_init(b, 16, seed);
	if (tw_bans_text_load(b, 0, v, now, &loaded, &e) == 0) {
		assert((loaded.wrong == 0) == (loaded.wrong_line == 0));
		assert(tw_bans_count(b, now.now_ms) <= loaded.in);
	}
	free(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *s = malloc(n + 1);

	assert(s != NULL);
	memcpy(s, p, n);
	s[n] = '\0';
	words(s, (struct tw_bytes){ p, n });
	line((struct tw_bytes){ p, n });
	/* Half a megabyte to clear for what is no file of bans is not worth its while. */
	if (n > 18 && p[0] == '#')
		file((struct tw_bytes){ p, n });
	free(s);
	return 0;
}
