/* Scopes of addresses and the kernel's tables of routes; see routes.h. */
#include "host/routes.h"

#include "base/text.h"
#include "host/words.h"

#define ROUTE_UP	0x0001	/* RTF_UP and RTF_REJECT of linux/route.h */
#define ROUTE_REJECT	0x0200

const char *const tw_scope_names[] = { "loopback", "link", "private", "shared", "public" };

static const struct {
	const char *prefix;
	enum tw_scope scope;
} scopes[] = {
	{ "127.0.0.0/8", TW_SCOPE_LOOPBACK }, { "::1", TW_SCOPE_LOOPBACK },
	{ "169.254.0.0/16", TW_SCOPE_LINK }, { "fe80::/10", TW_SCOPE_LINK },
	{ "10.0.0.0/8", TW_SCOPE_PRIVATE }, { "172.16.0.0/12", TW_SCOPE_PRIVATE },
	{ "192.168.0.0/16", TW_SCOPE_PRIVATE }, { "fc00::/7", TW_SCOPE_PRIVATE },
	{ "100.64.0.0/10", TW_SCOPE_SHARED },
};

enum tw_scope
tw_scope_of(tw_u128 address, bool v6)
{
	struct tw_range r;
	bool r6;

	for (size_t i = 0; i < TW_COUNT(scopes); i++)
		if (tw_ranges_read(scopes[i].prefix, &r, &r6) && r6 == v6 &&
		    r.first <= address && address <= r.last)
			return scopes[i].scope;
	return TW_SCOPE_PUBLIC;
}

/* 32 hex digits as they are read: ipv6_route has no order of bytes. */
static bool
read_plain_v6(struct tw_bytes word, tw_u128 *ret)
{
	uint64_t high, low;

	if (word.n != 32 ||
	    !tw_words_number((struct tw_bytes){ word.p, 16 }, 16, UINT64_MAX, &high) ||
	    !tw_words_number((struct tw_bytes){ word.p + 16, 16 }, 16, UINT64_MAX, &low))
		return false;
	*ret = (tw_u128)high << 64 | low;
	return true;
}

/* interface destination gateway flags references use metric mask … */
static bool
read_v4(const struct tw_bytes column[10], struct tw_route *ret, uint64_t *ret_flags)
{
	tw_u128 destination, mask;
	bool v6;

	return tw_words_address(column[1], &destination, &v6) && destination == 0 &&
	    tw_words_address(column[7], &mask, &v6) && mask == 0 &&
	    tw_words_address(column[2], &ret->gateway, &v6) && !v6 &&
	    tw_words_number(column[3], 16, UINT32_MAX, ret_flags) &&
	    tw_words_number(column[6], 10, UINT32_MAX, &ret->metric);
}

/* destination its-length source its-length gateway metric references use flags interface */
static bool
read_v6(const struct tw_bytes column[10], struct tw_route *ret, uint64_t *ret_flags)
{
	tw_u128 destination;
	uint64_t length;

	return read_plain_v6(column[0], &destination) && destination == 0 &&
	    tw_words_number(column[1], 16, 128, &length) && length == 0 &&
	    read_plain_v6(column[4], &ret->gateway) &&
	    tw_words_number(column[5], 16, UINT32_MAX, &ret->metric) &&
	    tw_words_number(column[8], 16, UINT32_MAX, ret_flags);
}

void
tw_routes_read(struct tw_arena *a, struct tw_bytes table, bool v6, struct tw_route *ret)
{
	struct tw_bytes line, column[10], name;

	*ret = (struct tw_route){ 0 };
	while (tw_words_line(&table, &line)) {
		struct tw_route r = { 0 };
		uint64_t flags = 0;
		size_t n = 0;

		while (n < TW_COUNT(column) && tw_words_next(&line, &column[n]))
			n++;
		if (n < TW_COUNT(column) || !(v6 ? read_v6(column, &r, &flags) :
		    read_v4(column, &r, &flags)))
			continue;
		name = v6 ? column[9] : column[0];
		if ((flags & ROUTE_UP) == 0 || (flags & ROUTE_REJECT) != 0 ||
		    tw_words_are(name, "lo") ||
		    (ret->interface != NULL && ret->metric <= r.metric))
			continue;
		r.has_gateway = r.gateway != 0;
		r.interface = tw_text_escaped(a, name);
		*ret = r;
	}
}
