/*
 * spikes.h -- notices that a listener sees far more of something (connections, failed
 * handshakes) than it is used to, says so once, and once when it is over. The parent
 * keeps one for each listener and kind, and shows it a running total now and then.
 */
#ifndef TW_GUARD_SPIKES_H
#define TW_GUARD_SPIKES_H

#include "base/bytes.h"

#define TW_SPIKES_SLOT_MS	10000u

enum tw_spikes_news { TW_SPIKES_NOTHING, TW_SPIKES_BEGAN, TW_SPIKES_ENDED };

struct tw_spikes {		/* all zero but least: nothing was seen yet */
	uint32_t least;		/* fewer than this in ten seconds are no spike */
	bool started, on;
	uint64_t slot_begin_ms, slot_total;	/* the running slot */
	double usual;		/* of ten seconds, a slow average */
	uint32_t seen, calm;	/* slots seen; quiet ones in a row */
	/* To be told with the news: */
	uint64_t now_per_slot, most_per_slot, sum;	/* last slot; highest and sum of the spike */
	uint64_t since_ms;	/* when it began */
};

/*
 * total is all that ever were (it may only grow; smaller: counting began anew), now_ms is
 * monotonic. To be called at least every slot; later calls spread evenly over what passed.
 */
enum tw_spikes_news tw_spikes_see(struct tw_spikes *s, uint64_t total, uint64_t now_ms);

#endif
