/*
 * How often a peer failed lately; see failures.h. The time is cut into eighths: what is
 * counted is the running eighth and the seven before it. So more failures than are told
 * here there never were in the whole time, and within seven eighths of it none is missed.
 */
#include "guard/failures.h"

static struct tw_failure *
set_of(struct tw_failures f, uint64_t hash)
{
	return f.sets[tw_hash_place(hash, f.n)];
}

/* The entry, or the one that was quiet longest, made new. */
static struct tw_failure *
find(struct tw_failure *set, uint64_t key, uint32_t rule, uint32_t kind)
{
	struct tw_failure *oldest = set;

	for (int i = 0; i < TW_FAILURES_WAYS; i++) {
		if (set[i].key == key && set[i].rule == rule && set[i].kind == kind)
			return &set[i];
		if (set[i].last_ms < oldest->last_ms)
			oldest = &set[i];
	}
	*oldest = (struct tw_failure){ .key = key, .rule = rule, .kind = kind };
	return oldest;
}

uint32_t
tw_failures_add(struct tw_failures f, uint64_t hash, uint64_t key, uint32_t rule, uint32_t kind,
    uint64_t within_ms, uint64_t now_ms)
{
	struct tw_failure *e = find(set_of(f, hash), key, rule, kind);
	uint64_t width = within_ms / TW_FAILURES_SLICES > 0 ? within_ms / TW_FAILURES_SLICES : 1;
	uint64_t now = now_ms / width, last = e->last_ms / width;
	uint32_t sum = 0;

	/* What lies between was quiet. Another worker's clock may be a tick behind. */
	for (uint64_t i = last + 1; i <= now && i <= last + TW_FAILURES_SLICES; i++)
		e->in[i % TW_FAILURES_SLICES] = 0;
	if (now_ms > e->last_ms)
		e->last_ms = now_ms;
	if (e->in[now % TW_FAILURES_SLICES] < UINT16_MAX)
		e->in[now % TW_FAILURES_SLICES]++;
	for (int i = 0; i < TW_FAILURES_SLICES; i++)
		sum += e->in[i];
	return sum;
}

void
tw_failures_forget(struct tw_failures f, uint64_t hash, uint64_t key)
{
	struct tw_failure *set = set_of(f, hash);

	for (int i = 0; i < TW_FAILURES_WAYS; i++)
		if (set[i].key == key)
			set[i] = (struct tw_failure){ 0 };
}
