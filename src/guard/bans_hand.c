/* Bans by hand; see bans_hand.h. */
#include "guard/bans_hand.h"

#include <stdio.h>

/* What stands in v as a network. */
static int
read_who(struct tw_bytes who, struct tw_network *ret, struct tw_err *e)
{
	char text[TW_NETWORK_TEXT + 16];

	if (who.n == 0 || who.n >= sizeof(text) || memchr(who.p, '\0', who.n) != NULL)
		return tw_err_set(e, TW_ERR_USAGE, "that is no address: one looks like 192.0.2.7, "
		    "2001:db8::1 or 192.0.2.0/24");
	memcpy(text, who.p, who.n);
	text[who.n] = '\0';
	return tw_networks_read(text, ret, e);
}

static int
refuse_allowed(const struct tw_bans_wish *w, const struct tw_network *n, struct tw_err *e)
{
	unsigned bits = n->bits;
	char text[TW_NETWORK_TEXT];

	for (size_t i = 0; i < w->allow_n; i++) {
		int longest = tw_networks_longest(w->allow[i], &n->address);

		/* One that only holds some of them leaves those free, and bans the rest. */
		if (longest >= 0 && (unsigned)longest <= bits)
			return tw_err_set(e, TW_ERR_USAGE, "%s is in the allow-list of a ban block, "
			    "which comes first: it is never banned", tw_networks_text(n, text));
	}
	return 0;
}

/* The reason as text; what is none is shown as a question mark. */
static void
take_reason(struct tw_bytes reason, char out[static TW_BAN_REASON])
{
	size_t n = reason.n < TW_BAN_REASON - 1 ? reason.n : TW_BAN_REASON - 1;

	if (n == 0) {
		snprintf(out, TW_BAN_REASON, "by hand");
		return;
	}
	/* Cut where a character begins. */
	while (n < reason.n && n > 0 && (reason.p[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++)
		out[i] = reason.p[i] == '\0' ? '?' : (char)reason.p[i];
	out[n] = '\0';
}

/* The ban that is known of exactly this network, alive or remembered. */
static bool
known(struct tw_bans *b, const struct tw_network *n, uint64_t now_ms, struct tw_ban *ret)
{
	struct tw_ban v[64];
	size_t cursor = 0, got;

	while ((got = tw_bans_list(b, TW_BANS_PARENT, &cursor, true, v, TW_COUNT(v), now_ms)) > 0)
		for (size_t i = 0; i < got; i++)
			if (v[i].network.bits == n->bits &&
			    tw_address_equal(&v[i].network.address, &n->address)) {
				*ret = v[i];
				return true;
			}
	return false;
}

int
tw_bans_hand_ban(struct tw_bans *b, const struct tw_bans_wish *w, uint64_t now_ms,
    struct tw_ban *ret, struct tw_err *e)
{
	uint64_t ms = w->for_ms < TW_BANS_FOREVER_MS ? w->for_ms : TW_BANS_FOREVER_MS;
	struct tw_ban before, ban = { .kind = TW_BAN_HAND, .times = 1, .firewall = w->firewall };

	if (read_who(w->who, &ban.network, e) != 0 || refuse_allowed(w, &ban.network, e) != 0)
		return -1;
	if (!tw_address_is4(&ban.network.address) && ban.network.bits > 64)
		ban.network = tw_address_network(&ban.network.address, 64);
	if (known(b, &ban.network, now_ms, &before) && before.times < UINT32_MAX)
		ban.times = before.times + 1;
	ban.until_ms = now_ms + ms;
	ban.forget_ms = ban.until_ms + ms;
	take_reason(w->reason, ban.reason);
	if (tw_bans_put(b, TW_BANS_PARENT, &ban, now_ms, e) != 0)
		return -1;
	*ret = ban;
	return 0;
}

/* It is not banned by itself: then it may be by a network around it. */
static int
say_not_banned(struct tw_bans *b, const struct tw_network *n, uint64_t now_ms, struct tw_err *e)
{
	char text[TW_NETWORK_TEXT], around[TW_NETWORK_TEXT];
	struct tw_ban v[TW_BANS_NETWORKS_MOST];
	size_t k = tw_bans_networks(b, TW_BANS_PARENT, v, now_ms);

	tw_networks_text(n, text);
	for (size_t i = 0; i < k; i++)
		if (v[i].network.bits < n->bits && tw_address_within(&n->address, &v[i].network))
			return tw_err_set(e, TW_ERR_USAGE, "%s is not banned by itself, but by its "
			    "network %s: unban that", text, tw_networks_text(&v[i].network, around));
	return tw_err_set(e, TW_ERR_USAGE, "%s is not banned", text);
}

int
tw_bans_hand_unban(struct tw_bans *b, struct tw_bytes who, uint64_t now_ms,
    struct tw_network *ret, struct tw_err *e)
{
	struct tw_network n;

	if (read_who(who, &n, e) != 0)
		return -1;
	if (!tw_address_is4(&n.address) && n.bits > 64)
		n = tw_address_network(&n.address, 64);
	if (!tw_bans_remove(b, TW_BANS_PARENT, &n, now_ms))
		return say_not_banned(b, &n, now_ms, e);
	*ret = n;
	return 0;
}
