/* Counting without contention; see counters.h. */
#include "gate/counters.h"
#include "gate/lacks.h"
#include "gate/parent.h"

/* From what a handshake without a signature takes to what a slow client does. */
const uint32_t tw_counters_bounds_us[TW_COUNT_BOUNDS] = { 500, 1000, 2500, 5000, 10000, 25000,
	50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000 };

#define WORDS	(sizeof(struct tw_counts) / sizeof(uint64_t))

/* Rows of different workers never lie in one cache line. */
struct row {
	_Alignas(64) struct tw_counts listeners[TW_GATE_LISTENS];
};

struct tw_counters {
	struct row workers[TW_GATE_WORKERS];
};

size_t
tw_counters_bytes(void)
{
	return sizeof(struct tw_counters);
}

struct tw_counts *
tw_counters_row(struct tw_counters *c, unsigned worker, unsigned listener)
{
	return &c->workers[worker].listeners[listener];
}

static _Atomic uint64_t *
words(struct tw_counts *c)
{
	_Static_assert(sizeof(*c) % sizeof(uint64_t) == 0, "nothing but words");
	return (void *)c;
}

void
tw_counters_sum(struct tw_counters *c, unsigned listener, struct tw_counts *ret)
{
	_Atomic uint64_t *sum = words(ret);

	for (size_t i = 0; i < WORDS; i++)
		atomic_init(&sum[i], 0);
	for (unsigned w = 0; w < TW_GATE_WORKERS; w++) {
		_Atomic uint64_t *row = words(tw_counters_row(c, w, listener));

		for (size_t i = 0; i < WORDS; i++)
			tw_count(&sum[i], atomic_load_explicit(&row[i], memory_order_relaxed));
	}
}

void
tw_counters_clear(struct tw_counters *c, unsigned listener)
{
	for (unsigned w = 0; w < TW_GATE_WORKERS; w++) {
		_Atomic uint64_t *row = words(tw_counters_row(c, w, listener));

		for (size_t i = 0; i < WORDS; i++)
			atomic_store_explicit(&row[i], 0, memory_order_relaxed);
	}
}

void
tw_counters_handshake(struct tw_counts *c, uint16_t version, bool resumed, bool done, uint32_t us)
{
	int v = version == 0 ? -1 : tw_version_by_wire(version);
	unsigned i = 0;

	tw_count(&c->handshakes[v < 0 ? TW_VERSIONS : v][resumed][done], 1);
	if (!done)
		return;
	while (i < TW_COUNT_BOUNDS && us > tw_counters_bounds_us[i])
		i++;
	tw_count(&c->seconds[i], 1);
	tw_count(&c->seconds_us, us);
}
