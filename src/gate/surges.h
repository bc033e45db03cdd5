/*
 * surges.h -- far more than usual at a listener: told the administrator once when it
 * begins and once when it is over, and counted for the metrics. The parent looks now and
 * then at what the workers have counted.
 */
#ifndef TW_GATE_SURGES_H
#define TW_GATE_SURGES_H

#include "gate/counters.h"
#include "gate/names.h"
#include "guard/admission.h"
#include "guard/spikes.h"

enum tw_surge { TW_SURGE_CONNECTIONS, TW_SURGE_HANDSHAKES, TW_SURGE_LOGINS, TW_SURGE_DENIED,
	TW_SURGES };
extern const char *const tw_surges_words[TW_SURGES];	/* "handshakes-failed" */

struct tw_surges {		/* all zero: nothing was seen yet */
	struct tw_surges_listener {
		struct tw_spikes spikes[TW_SURGES];
		uint64_t totals[TW_SURGES];	/* as last seen */
		uint64_t count[TW_SURGES];	/* spikes there were */
	} listeners[TW_GATE_LISTENS];
};

/* To be called every TW_SPIKES_SLOT_MS; now_ms is monotonic. say gets a sentence of each news. */
void tw_surges_look(struct tw_surges *s, const struct tw_gate_names *names,
    struct tw_counters *counters, const struct tw_guard *guard, uint64_t now_ms,
    void (*say)(void *ctx, const char *line), void *ctx);
/* The number is another listener's from now on. */
void tw_surges_clear(struct tw_surges *s, unsigned listener);

#endif
