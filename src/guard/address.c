/* An IP address as the guards see it; see address.h. */
#include "guard/address.h"

#include "host/ranges.h"

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

struct tw_address
tw_address_of4(const uint8_t b[static 4])
{
	struct tw_address a;

	memcpy(a.b, mapped, 12);
	memcpy(a.b + 12, b, 4);
	return a;
}

struct tw_address
tw_address_of16(const uint8_t b[static 16])
{
	struct tw_address a;

	memcpy(a.b, b, 16);
	return a;
}

bool
tw_address_is4(const struct tw_address *a)
{
	return memcmp(a->b, mapped, 12) == 0;
}

bool
tw_address_equal(const struct tw_address *a, const struct tw_address *b)
{
	return memcmp(a->b, b->b, 16) == 0;
}

static struct tw_address
of_number(tw_u128 v, bool v6)
{
	struct tw_address a;

	if (!v6)
		v |= (tw_u128)0xffff << 32;
	for (int i = 15; i >= 0; i--, v >>= 8)
		a.b[i] = (uint8_t)v;
	return a;
}

tw_u128
tw_address_number(const struct tw_address *a)
{
	tw_u128 v = 0;

	for (int i = 0; i < 16; i++)
		v = v << 8 | a->b[i];
	return v;
}

/* "010.0.0.1" is 8.0.0.1 to some readers and 10.0.0.1 to others: it is no address. */
static bool
leads_with_zero(const char *text)
{
	const char *colon = strrchr(text, ':');

	if (strchr(text, '.') == NULL)
		return false;
	text = colon != NULL ? colon + 1 : text;
	for (const char *p = text; *p != '\0'; p++)
		if (*p == '0' && (p == text || p[-1] == '.') && p[1] >= '0' && p[1] <= '9')
			return true;
	return false;
}

bool
tw_address_read(struct tw_bytes text, struct tw_address *ret)
{
	const uint8_t *percent = text.n > 0 ? memchr(text.p, '%', text.n) : NULL;
	char s[TW_NETWORK_TEXT];
	tw_u128 v;
	bool v6;

	if (percent != NULL) {
		if (percent == text.p + text.n - 1)
			return false;
		text.n = (size_t)(percent - text.p);
	}
	if (text.n == 0 || text.n >= sizeof(s) || memchr(text.p, '\0', text.n) != NULL)
		return false;
	memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	if (!tw_ranges_read_address(s, &v, &v6) || (!v6 && percent != NULL) ||
	    leads_with_zero(s))
		return false;
	*ret = of_number(v, v6);
	return true;
}

char *
tw_address_text(const struct tw_address *a, char out[static TW_NETWORK_TEXT])
{
	return tw_ranges_format(tw_address_number(a), !tw_address_is4(a), out);
}

struct tw_network
tw_address_network(const struct tw_address *a, unsigned bits)
{
	struct tw_network n = { *a, (uint8_t)bits };
	unsigned all = bits + (tw_address_is4(a) ? 96 : 0);

	for (unsigned i = all / 8; i < 16; i++)
		n.address.b[i] &= i == all / 8 ? (uint8_t)(0xff00 >> all % 8) : 0;
	return n;
}

bool
tw_address_within(const struct tw_address *a, const struct tw_network *n)
{
	struct tw_network mine;

	if (tw_address_is4(a) != tw_address_is4(&n->address))
		return false;
	mine = tw_address_network(a, n->bits);
	return tw_address_equal(&mine.address, &n->address);
}
