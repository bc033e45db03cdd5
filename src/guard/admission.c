/* May this one come in? See admission.h. */
#include "guard/admission.h"

#include <assert.h>

#include "guard/tally.h"

/* A connection may have an entry of its own for its address and one for its network; with
 * twice as many, a set of the tally has room but for one in two hundred when all do. */
#define ENTRIES_PER_CONNECTION	4

struct tw_guard {
	size_t tally_at, bans_at;	/* bytes from here */
};

static size_t
round_up(size_t n)
{
	return (n + 63) / 64 * 64;
}

static struct tw_tally *
tally_of(const struct tw_guard *g)
{
	return (struct tw_tally *)((uintptr_t)g + g->tally_at);
}

struct tw_bans *
tw_admission_bans(struct tw_guard *g)
{
	return (struct tw_bans *)((uintptr_t)g + g->bans_at);
}

size_t
tw_admission_bytes(struct tw_admission_size size)
{
	return round_up(sizeof(struct tw_guard)) +
	    round_up(tw_tally_bytes(size.connections * ENTRIES_PER_CONNECTION, size.workers,
	    size.listeners)) + round_up(tw_bans_bytes(size.bans));
}

struct tw_guard *
tw_admission_init(void *memory, struct tw_admission_size size, const uint8_t seed[static 16])
{
	struct tw_guard *g = memory;
	size_t entries = size.connections * ENTRIES_PER_CONNECTION;
	uint8_t *p = memory;

	assert((uintptr_t)memory % 64 == 0);
	g->tally_at = round_up(sizeof(*g));
	g->bans_at = g->tally_at + round_up(tw_tally_bytes(entries, size.workers, size.listeners));
	tw_tally_init(p + g->tally_at, entries, size.workers, size.listeners, seed);
	tw_bans_init(p + g->bans_at, size.bans, seed);
	return g;
}

/* The longer network decides; of two as long, or the same in both, the refusal. */
static bool
may_enter(const struct tw_admission_policy *p, const struct tw_address *a)
{
	int allowed, denied;

	if (p->allow == NULL && p->deny == NULL)
		return true;
	allowed = tw_networks_longest(p->allow, a);
	denied = tw_networks_longest(p->deny, a);
	return denied >= 0 ? allowed > denied : allowed >= 0 || p->allow == NULL;
}

static enum tw_admission
who(struct tw_guard *g, const struct tw_admission_policy *p, const struct tw_address *a,
    uint64_t now_ms)
{
	if (!may_enter(p, a))
		return TW_DENIED_ACCESS;
	if (p->ban != NULL && tw_bans_match(tw_admission_bans(g), a, now_ms, NULL) &&
	    !tw_networks_have(p->ban->allow, a))
		return TW_DENIED_BANNED;
	return TW_ADMITTED;
}

static bool
over(const struct tw_tally *t, uint32_t entry, uint32_t most)
{
	return most > 0 && tw_tally_connected(t, entry) > most;
}

/* Counts first and looks then: two at once may both be refused, never both be let in. */
static enum tw_admission
count(struct tw_guard *g, unsigned worker, const struct tw_admission_policy *p,
    const struct tw_address *a, uint64_t now_ms, struct tw_seat *seat)
{
	struct tw_tally *t = tally_of(g);
	bool v4 = tw_address_is4(a);

	if (p->most_per_address > 0 || p->connections_per_address.n > 0 ||
	    p->handshakes_per_address.n > 0) {
		struct tw_network n = tw_address_network(a, v4 ? 32 : 64);

		seat->address = tw_tally_enter(t, worker, p->listener, &n);
	}
	if (p->most_per_network > 0 || p->connections_per_network.n > 0 ||
	    p->handshakes_per_network.n > 0) {
		struct tw_network n = tw_address_network(a, v4 ? 24 : 48);

		seat->network = tw_tally_enter(t, worker, p->listener, &n);
	}
	if (over(t, seat->address, p->most_per_address) ||
	    over(t, seat->network, p->most_per_network))
		return TW_DENIED_LIMIT;
	if (!tw_tally_take(t, seat->address, TW_TALLY_CONNECTIONS, p->connections_per_address,
	    now_ms) || !tw_tally_take(t, seat->network, TW_TALLY_CONNECTIONS,
	    p->connections_per_network, now_ms))
		return TW_DENIED_RATE;
	return TW_ADMITTED;
}

enum tw_admission
tw_admission_enter(struct tw_guard *g, unsigned worker, uint32_t room,
    const struct tw_admission_policy *p, const struct tw_address *a, uint64_t now_ms,
    struct tw_seat *ret_seat)
{
	struct tw_tally *t = tally_of(g);
	struct tw_seat seat = { TW_TALLY_NONE, TW_TALLY_NONE, p->listener, true };
	enum tw_admission said = a != NULL ? who(g, p, a, now_ms) : TW_ADMITTED;

	if (said == TW_ADMITTED) {
		tw_tally_listener_enter(t, worker, p->listener);
		if (tw_tally_worker(t, worker) > room ||
		    (p->most > 0 && tw_tally_listener(t, p->listener) > p->most))
			said = TW_DENIED_LIMIT;
		else if (a != NULL)
			said = count(g, worker, p, a, now_ms, &seat);
		if (said != TW_ADMITTED)
			tw_admission_leave(g, worker, &seat);
	}
	if (said == TW_ADMITTED)
		*ret_seat = seat;
	return said;
}

enum tw_admission
tw_admission_name(struct tw_guard *g, unsigned worker, const struct tw_admission_policy *p,
    const struct tw_address *a, uint64_t now_ms, struct tw_seat *seat)
{
	enum tw_admission said = who(g, p, a, now_ms);

	assert(seat->taken && seat->listener == p->listener &&
	    seat->address == TW_TALLY_NONE && seat->network == TW_TALLY_NONE);
	return said == TW_ADMITTED ? count(g, worker, p, a, now_ms, seat) : said;
}

enum tw_admission
tw_admission_handshake(struct tw_guard *g, const struct tw_admission_policy *p,
    const struct tw_seat *seat, uint64_t now_ms)
{
	struct tw_tally *t = tally_of(g);

	return tw_tally_take(t, seat->address, TW_TALLY_HANDSHAKES, p->handshakes_per_address,
	    now_ms) && tw_tally_take(t, seat->network, TW_TALLY_HANDSHAKES,
	    p->handshakes_per_network, now_ms) ? TW_ADMITTED : TW_DENIED_RATE;
}

void
tw_admission_leave(struct tw_guard *g, unsigned worker, struct tw_seat *seat)
{
	struct tw_tally *t = tally_of(g);

	if (!seat->taken)
		return;
	seat->taken = false;
	tw_tally_leave(t, worker, seat->address);
	tw_tally_leave(t, worker, seat->network);
	tw_tally_listener_leave(t, worker, seat->listener);
}

uint32_t
tw_admission_connected(const struct tw_guard *g, unsigned listener)
{
	return tw_tally_listener(tally_of(g), listener);
}

void
tw_admission_forget_worker(struct tw_guard *g, unsigned worker)
{
	tw_tally_forget_worker(tally_of(g), worker);
	tw_bans_forget_worker(tw_admission_bans(g), worker);
}

const char *
tw_admission_word(enum tw_admission a)
{
	static const char *const words[] = {
		[TW_DENIED_ACCESS] = "denied-access",
		[TW_DENIED_BANNED] = "denied-banned",
		[TW_DENIED_LIMIT] = "denied-limit",
		[TW_DENIED_RATE] = "denied-rate",
	};

	return words[a];
}
