/*
 * Who is shut out, until when, and why; see bans.h. Every change is made so that it may be
 * cut off anywhere: a ban holds from the moment its end is written, which comes last, and
 * no longer from the moment that is cleared, which comes first.
 */
#include "guard/bans.h"

#include <stdio.h>

#include "guard/bans_table.h"

static const char busy[] = "the table of bans is being repaired; try again";

static bool
network_match(const struct tw_bans_network *n, uint64_t high, uint64_t low, uint64_t now_ms,
    uint64_t *ret_until_ms)
{
	uint64_t until = atomic_load(&n->until_ms);
	unsigned bits = atomic_load(&n->bits);
	uint64_t h = bits == 0 ? 0 : bits >= 64 ? ~UINT64_C(0) : ~UINT64_C(0) << (64 - bits);
	uint64_t l = bits <= 64 ? 0 : ~UINT64_C(0) << (128 - bits);

	if (until <= now_ms || ((high ^ atomic_load(&n->high)) & h) != 0 ||
	    ((low ^ atomic_load(&n->low)) & l) != 0 || atomic_load(&n->until_ms) != until)
		return false;
	*ret_until_ms = until;
	return true;
}

static void
halves(const struct tw_address *a, uint64_t ret[static 2])
{
	for (int i = 0; i < 16; i++)
		ret[i / 8] = ret[i / 8] << 8 | a->b[i];
}

/* IPv4 lies in ::/0 as numbers go; as networks go it does not. */
static bool
networks_match(const struct tw_bans *b, const struct tw_address *a, uint64_t now_ms,
    uint64_t *ret_until_ms)
{
	unsigned n = atomic_load_explicit(&b->networks_n, memory_order_acquire);
	unsigned least = tw_address_is4(a) ? 96 : 0;
	uint64_t v[2] = { 0, 0 };

	if (n == 0)
		return false;
	halves(a, v);
	for (unsigned i = 0; i < n; i++)
		if (atomic_load(&b->networks[i].bits) >= least &&
		    network_match(&b->networks[i], v[0], v[1], now_ms, ret_until_ms))
			return true;
	return false;
}

bool
tw_bans_match(const struct tw_bans *b, const struct tw_address *a, uint64_t now_ms,
    uint64_t *ret_until_ms)
{
	uint64_t key = tw_bans_table_key(a), until;
	struct tw_bans_place p;

	if (key != 0 && tw_bans_table_find(b, key, &p)) {
		until = atomic_load(&p.set->until_ms[p.way]);
		/* Its place may have become another's between the two looks. */
		if (until > now_ms && atomic_load(&p.set->key[p.way]) == key) {
			if (ret_until_ms != NULL)
				*ret_until_ms = until;
			return true;
		}
	}
	if (!networks_match(b, a, now_ms, &until))
		return false;
	if (ret_until_ms != NULL)
		*ret_until_ms = until;
	return true;
}

static void
tell(struct tw_bans *b, const struct tw_network *n, uint64_t until_ms)
{
	uint64_t number = atomic_load(&b->changes);

	b->ring[number % TW_BANS_RING] = (struct tw_ban_change){ *n, until_ms, number };
	atomic_store(&b->changes, number + 1);
}

static void
write_ban(struct tw_bans *b, uint64_t key, const struct tw_ban *ban, uint64_t now_ms)
{
	struct tw_bans_place p;
	uint64_t lost = 0;
	bool was_told = false;

	if (tw_bans_table_find(b, key, &p)) {
		was_told = p.rest->firewall &&
		    atomic_load(&p.set->until_ms[p.way]) > now_ms;
		atomic_store(&p.set->until_ms[p.way], 0);
	} else {
		p = tw_bans_table_make(b, key, now_ms, &lost);
	}
	p.rest->forget_ms = ban->forget_ms;
	p.rest->times = ban->times;
	p.rest->kind = (uint8_t)ban->kind;
	p.rest->firewall = ban->firewall;
	snprintf(p.rest->reason, sizeof(p.rest->reason), "%.*s", TW_BAN_REASON - 1, ban->reason);
	atomic_store(&p.set->until_ms[p.way], ban->until_ms);
	if (lost != 0) {
		struct tw_network n = tw_bans_table_network(lost);

		tell(b, &n, 0);
	}
	if ((ban->firewall && ban->until_ms > now_ms) || was_told)
		tell(b, &ban->network, ban->firewall ? ban->until_ms : 0);
}

/* The next ban of one that was banned `times` before. */
static uint64_t
length_of(const struct tw_ban_rule *rule, uint32_t times)
{
	uint64_t ms = rule->for_ms;

	while (times-- > 0 && ms < rule->longest_ms)
		ms *= 2;
	return ms < rule->longest_ms || rule->longest_ms < rule->for_ms ? ms : rule->longest_ms;
}

static const char *
usual_reason(enum tw_ban_kind kind)
{
	return kind == TW_BAN_LOGIN ? "failed logins" :
	    kind == TW_BAN_HANDSHAKE ? "failed handshakes" : "by hand";
}

static void
ban_now(struct tw_bans *b, const struct tw_ban_rule *rule, uint64_t key, enum tw_ban_kind kind,
    const char *reason, uint64_t now_ms)
{
	struct tw_ban ban = {
		.network = tw_bans_table_network(key), .times = 1, .kind = kind,
		.firewall = rule->firewall,
	};
	struct tw_bans_place p;
	uint64_t ms;

	if (tw_bans_table_find(b, key, &p) && p.rest->forget_ms > now_ms)
		ban.times = p.rest->times < UINT32_MAX ? p.rest->times + 1 : p.rest->times;
	ms = length_of(rule, ban.times - 1);
	ban.until_ms = now_ms + ms;
	ban.forget_ms = ban.until_ms + (rule->longest_ms > ms ? rule->longest_ms : ms);
	snprintf(ban.reason, sizeof(ban.reason), "%.*s", TW_BAN_REASON - 1,
	    reason != NULL ? reason : usual_reason(kind));
	write_ban(b, key, &ban, now_ms);
}

bool
tw_bans_fail(struct tw_bans *b, unsigned worker, const struct tw_ban_rule *rule,
    const struct tw_address *a, enum tw_ban_kind kind, const char *reason, uint64_t now_ms)
{
	uint64_t key = tw_bans_table_key(a), hash;
	bool banned;

	if (key == 0 || (rule->kinds & kind) == 0 || tw_networks_have(rule->allow, a))
		return false;
	if (tw_bans_match(b, a, now_ms, NULL))
		return true;
	if (!tw_bans_table_lock(b, worker))
		return false;
	banned = tw_bans_match(b, a, now_ms, NULL);
	if (!banned) {
		hash = tw_bans_table_hash(b, key);
		banned = tw_failures_add(tw_bans_table_failures(b), hash, key, rule->number, kind,
		    rule->within_ms, now_ms) >= rule->after;
		if (banned) {
			ban_now(b, rule, key, kind, reason, now_ms);
			tw_failures_forget(tw_bans_table_failures(b), hash, key);
		}
	}
	tw_bans_table_unlock(b);
	return banned;
}

/* What is told apart by its key; anything wider goes to the list of networks. */
static bool
is_address(const struct tw_network *n)
{
	return n->bits >= (tw_address_is4(&n->address) ? 32 : 64);
}

static struct tw_bans_network *
network_at(struct tw_bans *b, const struct tw_network *n)
{
	for (unsigned i = 0; i < b->networks_n; i++)
		if (b->networks[i].ban.network.bits == n->bits && b->networks[i].until_ms != 0 &&
		    tw_address_equal(&b->networks[i].ban.network.address, &n->address))
			return &b->networks[i];
	return NULL;
}

static int
put_network(struct tw_bans *b, const struct tw_ban *ban, uint64_t now_ms, struct tw_err *e)
{
	struct tw_bans_network *n = network_at(b, &ban->network);
	uint64_t v[2] = { 0, 0 };
	unsigned i = 0;
	bool told;

	if (n == NULL) {
		while (i < b->networks_n && b->networks[i].until_ms > now_ms)
			i++;
		if (i == TW_BANS_NETWORKS_MOST)
			return tw_err_set(e, TW_ERR_USAGE, "%u networks are banned already, and "
			    "there is room for no more; unban one, or ban addresses",
			    TW_BANS_NETWORKS_MOST);
		n = &b->networks[i];
	}
	told = n->until_ms > now_ms && n->ban.firewall;
	halves(&ban->network.address, v);
	n->until_ms = 0;
	n->high = v[0];
	n->low = v[1];
	n->bits = ban->network.bits + (tw_address_is4(&ban->network.address) ? 96u : 0u);
	n->ban = *ban;
	n->until_ms = ban->until_ms;
	if (i == b->networks_n)
		atomic_store_explicit(&b->networks_n, i + 1, memory_order_release);
	if (ban->firewall || told)
		tell(b, &ban->network, ban->firewall ? ban->until_ms : 0);
	return 0;
}

int
tw_bans_put(struct tw_bans *b, unsigned worker, const struct tw_ban *ban, uint64_t now_ms,
    struct tw_err *e)
{
	struct tw_ban mine = *ban;
	int rv = 0;

	if (tw_bans_table_key(&ban->network.address) == 0)
		return tw_err_set(e, TW_ERR_USAGE, "a multicast address is nobody's: "
		    "no connection comes from there");
	mine.reason[TW_BAN_REASON - 1] = '\0';
	if (!tw_bans_table_lock(b, worker))
		return tw_err_set(e, TW_ERR_USAGE, "%s", busy);
	if (is_address(&mine.network)) {
		uint64_t key = tw_bans_table_key(&mine.network.address);

		mine.network = tw_bans_table_network(key);
		write_ban(b, key, &mine, now_ms);
	} else {
		rv = put_network(b, &mine, now_ms, e);
	}
	tw_bans_table_unlock(b);
	return rv;
}

bool
tw_bans_remove(struct tw_bans *b, unsigned worker, const struct tw_network *n, uint64_t now_ms)
{
	uint64_t key = tw_bans_table_key(&n->address);
	struct tw_network mine = *n;
	struct tw_bans_network *network;
	struct tw_bans_place p;
	bool stood = false, told = false;

	if (key == 0 || !tw_bans_table_lock(b, worker))
		return false;
	if (!is_address(n)) {
		network = network_at(b, n);
		if (network != NULL) {
			stood = network->until_ms > now_ms;
			told = stood && network->ban.firewall;
			network->until_ms = 0;
		}
	} else {
		mine = tw_bans_table_network(key);
		if (tw_bans_table_find(b, key, &p)) {
			stood = p.set->until_ms[p.way] > now_ms;
			told = stood && p.rest->firewall;
			p.set->until_ms[p.way] = 0;
			p.rest->forget_ms = 0;
			p.set->key[p.way] = 0;
		}
		tw_failures_forget(tw_bans_table_failures(b), tw_bans_table_hash(b, key), key);
	}
	if (told)
		tell(b, &mine, 0);
	tw_bans_table_unlock(b);
	return stood;
}

static bool
read_place(struct tw_bans_place p, bool remembered, uint64_t now_ms, struct tw_ban *ret)
{
	uint64_t key = atomic_load(&p.set->key[p.way]);
	uint64_t until = atomic_load(&p.set->until_ms[p.way]);

	if (key == 0 || (until <= now_ms && !(remembered && p.rest->forget_ms > now_ms)))
		return false;
	*ret = (struct tw_ban){ .network = tw_bans_table_network(key), .until_ms = until,
		.forget_ms = p.rest->forget_ms, .times = p.rest->times, .kind = p.rest->kind,
		.firewall = p.rest->firewall };
	memcpy(ret->reason, p.rest->reason, sizeof(ret->reason));
	return true;
}

size_t
tw_bans_list(struct tw_bans *b, unsigned worker, size_t *cursor, bool remembered,
    struct tw_ban *v, size_t n, uint64_t now_ms)
{
	size_t places = b->sets * TW_BANS_WAYS + TW_BANS_NETWORKS_MOST, k = 0;

	if (!tw_bans_table_lock(b, worker))
		return 0;
	for (; k < n && *cursor < atomic_load(&b->networks_n); ++*cursor)
		if (b->networks[*cursor].until_ms > now_ms)
			v[k++] = b->networks[*cursor].ban;
	if (k < n && *cursor < TW_BANS_NETWORKS_MOST)
		*cursor = TW_BANS_NETWORKS_MOST;
	for (; k < n && *cursor < places; ++*cursor) {
		k += read_place(tw_bans_table_at(b, *cursor - TW_BANS_NETWORKS_MOST), remembered,
		    now_ms, &v[k]);
		/* A big table takes a while, and nobody shall wait for all of it. */
		if (*cursor % 1024 == 1023) {
			tw_bans_table_unlock(b);
			if (!tw_bans_table_lock(b, worker))
				return k;
		}
	}
	tw_bans_table_unlock(b);
	return k;
}

size_t
tw_bans_networks(struct tw_bans *b, unsigned worker,
    struct tw_ban v[static TW_BANS_NETWORKS_MOST], uint64_t now_ms)
{
	size_t n = 0;

	if (!tw_bans_table_lock(b, worker))
		return 0;
	for (unsigned i = 0; i < b->networks_n; i++)
		if (b->networks[i].until_ms > now_ms)
			v[n++] = b->networks[i].ban;
	tw_bans_table_unlock(b);
	return n;
}

size_t
tw_bans_count(const struct tw_bans *b, uint64_t now_ms)
{
	size_t n = 0, places = b->sets * TW_BANS_WAYS;

	for (unsigned i = 0; i < atomic_load(&b->networks_n); i++)
		n += atomic_load(&b->networks[i].until_ms) > now_ms;
	for (size_t i = 0; i < places; i++) {
		struct tw_bans_place p = tw_bans_table_at(b, i);

		n += atomic_load_explicit(&p.set->until_ms[p.way], memory_order_relaxed) > now_ms;
	}
	return n;
}

size_t
tw_bans_changes(struct tw_bans *b, unsigned worker, uint64_t *cursor, struct tw_ban_change *v,
    size_t n, bool *ret_lost)
{
	uint64_t end;
	size_t k = 0;

	*ret_lost = false;
	if (atomic_load(&b->changes) == *cursor || !tw_bans_table_lock(b, worker))
		return 0;
	end = atomic_load(&b->changes);
	*ret_lost = end - *cursor > TW_BANS_RING;
	if (*ret_lost)
		*cursor = end;
	for (; k < n && *cursor < end; ++*cursor)
		v[k++] = b->ring[*cursor % TW_BANS_RING];
	tw_bans_table_unlock(b);
	return k;
}

void
tw_bans_forget_worker(struct tw_bans *b, unsigned worker)
{
	uint64_t held = worker + 1u;

	atomic_compare_exchange_strong(&b->lock, &held, 0);
}
