/* Far more than usual, told once; see surges.h. */
#include <inttypes.h>
#include <stdio.h>

#include "gate/surges.h"

/*
 * Fewer than this in ten seconds are nothing to speak of, however few are usual: a mail
 * client opens five connections at once, and a dozen wrong passwords are one person.
 */
static const struct {
	uint32_t least;
	const char *what;
} kinds[TW_SURGES] = {
	[TW_SURGE_CONNECTIONS] = { 200, "connections" },
	[TW_SURGE_HANDSHAKES] = { 50, "failed handshakes" },
	[TW_SURGE_LOGINS] = { 30, "failed logins" },
	[TW_SURGE_DENIED] = { 200, "connections turned away" },
};

const char *const tw_surges_words[TW_SURGES] = {
	[TW_SURGE_CONNECTIONS] = "connections",
	[TW_SURGE_HANDSHAKES] = "handshakes-failed",
	[TW_SURGE_LOGINS] = "logins-failed",
	[TW_SURGE_DENIED] = "denied",
};

static void
add_up(const struct tw_counts *c, uint32_t connected, uint64_t ret[static TW_SURGES])
{
	ret[TW_SURGE_CONNECTIONS] = connected;
	for (int i = 0; i < TW_GATE_ENDS; i++)
		ret[TW_SURGE_CONNECTIONS] += c->ends[i];
	ret[TW_SURGE_HANDSHAKES] = 0;
	for (int i = 0; i < (TW_VERSIONS + 1) * 2; i++)
		ret[TW_SURGE_HANDSHAKES] += c->handshakes[i / 2][i % 2][0];
	ret[TW_SURGE_LOGINS] = c->logins_failed;
	ret[TW_SURGE_DENIED] = c->ends[TW_GATE_DENIED_ACCESS] + c->ends[TW_GATE_DENIED_BANNED] +
	    c->ends[TW_GATE_DENIED_RATE] + c->ends[TW_GATE_DENIED_LIMIT];
}

static void
tell(const char *name, enum tw_surge k, const struct tw_spikes *s, enum tw_spikes_news news,
    uint64_t now_ms, void (*say)(void *ctx, const char *line), void *ctx)
{
	char line[320];

	if (news == TW_SPIKES_BEGAN)
		snprintf(line, sizeof(line), "listener %.100s: far more %s than usual, %" PRIu64
		    " in ten seconds; usual are %.0f", name, kinds[k].what, s->now_per_slot, s->usual);
	else
		snprintf(line, sizeof(line), "listener %.100s: %s are as usual again; %" PRIu64
		    " came in %" PRIu64 " seconds, at most %" PRIu64 " in ten", name, kinds[k].what,
		    s->sum, (now_ms - s->since_ms) / 1000, s->most_per_slot);
	say(ctx, line);
}

void
tw_surges_look(struct tw_surges *s, const struct tw_gate_names *names,
    struct tw_counters *counters, const struct tw_guard *guard, uint64_t now_ms,
    void (*say)(void *ctx, const char *line), void *ctx)
{
	for (unsigned i = 0; i < TW_GATE_LISTENS; i++) {
		struct tw_surges_listener *l = &s->listeners[i];
		uint64_t totals[TW_SURGES];
		struct tw_counts sum;

		if (names->v[i].users == 0)
			continue;
		tw_counters_sum(counters, i, &sum);
		add_up(&sum, tw_admission_connected(guard, i), totals);
		for (unsigned k = 0; k < TW_SURGES; k++) {
			enum tw_spikes_news news;

			/* One that ends is for a moment counted twice: what was seen stands. */
			if (totals[k] > l->totals[k])
				l->totals[k] = totals[k];
			l->spikes[k].least = kinds[k].least;
			news = tw_spikes_see(&l->spikes[k], l->totals[k], now_ms);
			l->count[k] += news == TW_SPIKES_BEGAN;
			if (news != TW_SPIKES_NOTHING)
				tell(names->v[i].name, k, &l->spikes[k], news, now_ms, say, ctx);
		}
	}
}

void
tw_surges_clear(struct tw_surges *s, unsigned listener)
{
	s->listeners[listener] = (struct tw_surges_listener){ 0 };
}
