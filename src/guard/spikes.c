/* Far more than usual, told once; see spikes.h. */
#include "guard/spikes.h"

/*
 * The average forgets in about ten minutes: it knows the time of day, and a slow rise is no
 * spike. What a spike brings is not usual and is not learned, but for a spike that does not
 * end: after an hour it is what is usual now.
 */
#define LEARN		(1.0 / 64)
#define BEGINS_AT	4.0	/* times the usual */
#define ENDS_BELOW	2.0
#define CALM_SLOTS	3u
#define WARM_SLOTS	6u	/* one minute is seen before anything is said */
#define LONGEST_SLOTS	360u

static double
floor_of(const struct tw_spikes *s)
{
	double least = s->least / BEGINS_AT;

	return s->usual > least ? s->usual : least;
}

/* One slot is over: n were in it. */
static enum tw_spikes_news
close_slot(struct tw_spikes *s, uint64_t n, uint64_t end_ms)
{
	s->now_per_slot = n;
	if (s->seen < UINT32_MAX)
		s->seen++;
	if (s->on) {
		uint64_t slots = (end_ms - s->since_ms) / TW_SPIKES_SLOT_MS;

		s->sum += n;
		if (n > s->most_per_slot)
			s->most_per_slot = n;
		s->calm = (double)n < ENDS_BELOW * floor_of(s) ? s->calm + 1 : 0;
		if (s->calm < CALM_SLOTS && slots < LONGEST_SLOTS)
			return TW_SPIKES_NOTHING;
		if (s->calm < CALM_SLOTS)
			s->usual = (double)s->sum / (double)(slots > 0 ? slots : 1);
		s->on = false;
		return TW_SPIKES_ENDED;
	}
	if (s->seen > WARM_SLOTS && n >= s->least && (double)n >= BEGINS_AT * floor_of(s)) {
		s->on = true;
		s->calm = 0;
		s->since_ms = end_ms - TW_SPIKES_SLOT_MS;
		s->most_per_slot = s->sum = n;
		return TW_SPIKES_BEGAN;
	}
	/* While there is little to go by, the plain mean; then the slow average. */
	s->usual += ((double)n - s->usual) * (s->seen < 64 ? 1.0 / s->seen : LEARN);
	return TW_SPIKES_NOTHING;
}

enum tw_spikes_news
tw_spikes_see(struct tw_spikes *s, uint64_t total, uint64_t now_ms)
{
	enum tw_spikes_news news = TW_SPIKES_NOTHING;
	uint64_t slots, n;

	if (!s->started || total < s->slot_total || now_ms < s->slot_begin_ms) {
		s->started = true;
		s->slot_begin_ms = now_ms;
		s->slot_total = total;
		return TW_SPIKES_NOTHING;
	}
	slots = (now_ms - s->slot_begin_ms) / TW_SPIKES_SLOT_MS;
	if (slots == 0)
		return TW_SPIKES_NOTHING;
	n = (total - s->slot_total) / slots;
	s->slot_total = total;
	/* An hour asleep is an hour of the same: the average needs no more to know it. */
	if (slots > LONGEST_SLOTS) {
		s->slot_begin_ms = now_ms - LONGEST_SLOTS * TW_SPIKES_SLOT_MS;
		slots = LONGEST_SLOTS;
	}
	while (slots-- > 0) {
		enum tw_spikes_news more;

		s->slot_begin_ms += TW_SPIKES_SLOT_MS;
		more = close_slot(s, n, s->slot_begin_ms);
		news = more != TW_SPIKES_NOTHING ? more : news;
	}
	return news;
}
