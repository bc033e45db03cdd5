/* The hellos probes start from; see hail.h. Lists are built once, from data/. */
#include "probe/hail.h"

#include <stdatomic.h>

#include "data/group.h"
#include "data/scheme.h"

/*
 * Modern first, so that a client's-order server shows its best; ChaCha20 last,
 * because some servers put it first as soon as a client does.
 */
static const uint16_t hail_suites[] = {
	0x1301, 0x1302, 0x1304, 0x1305, 0x1303,
	0xc02b, 0xc02f, 0xc02c, 0xc030, 0xc009, 0xc013, 0xc00a, 0xc014, 0xc023, 0xc027, 0xc024,
	0xc028, 0x009e, 0x009f, 0x0033, 0x0039, 0x0067, 0x006b, 0x009c, 0x009d, 0x003c, 0x003d,
	0x002f, 0x0035, 0xc0ac, 0xc0ad, 0x0041, 0x0084, 0x0045, 0x0088, 0xc012, 0xc008, 0x0016,
	0x000a, 0x0005, 0x0004, 0x00a2, 0x00a3, 0x0032, 0x0038, 0x0013, 0x0066, 0xc011, 0xc007,
	0xc01f, 0xc018, 0xc019, 0x0034, 0x003a, 0x0018, 0x001b, 0x0015, 0x0009, 0x0014, 0x0008,
	0x0006, 0x0003, 0x0001, 0x0002, 0x003b, 0xc010, 0xc006,
	0xcca9, 0xcca8, 0xccaa, 0xcc14, 0xcc13,
};
static const uint16_t hail_versions[] = { 0x0304, 0x0303, 0x0302, 0x0301 };

/* The usual groups first, as most libraries rank them; what few know comes after. */
static const uint16_t first_groups[] = { 29, 23, 30, 25, 24, 0x11ec, 256, 257, 258, 259, 260 };
static const uint16_t first_schemes[] = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603,
	0x0806, 0x0601, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0303, 0x0301, 0x0203, 0x0201,
	0x0402, 0x0302, 0x0202 };

static const char *const telling_alpn[] = { "h2", "http/1.1", "postgresql", "tds/8.0", "imap",
	"pop3", "managesieve", "smtp", "ftp", "xmpp-client", "xmpp-server", "dot", "mqtt", "irc",
	"nntp", "ntske/1", "coap", "sunrpc", "radius/1.1" };

const uint16_t tw_share_groups[TW_SHARE_SETS][2] = {
	[TW_SHARES_USUAL] = { 29, 23 },
	[TW_SHARES_LARGE] = { 24, 25 },
};

void
tw_hail(struct tw_question *q)
{
	*q = (struct tw_question){ .want = TW_WANT_FLIGHT, .sni = TW_SNI_GIVEN, .shares = TW_SHARES_USUAL,
		.tag = TW_TAG_HAIL };
	q->hello.version = 0x0303;
	q->hello.suites = TW_U16S(hail_suites);
	q->hello.versions = TW_U16S(hail_versions);
	q->hello.groups = TW_U16S(tw_share_groups[TW_SHARES_USUAL]);
	q->hello.schemes = TW_U16S(first_schemes);
	q->hello.ticket = q->hello.ems = q->hello.etm = true;
	q->hello.renegotiation_info = q->hello.status_request = q->hello.sct = true;
	q->hello.psk_modes = q->hello.point_formats = true;
	q->hello.alpn = telling_alpn;
	q->hello.alpn_n = TW_COUNT(telling_alpn);
}

struct tw_names
tw_telling_alpn(void)
{
	return (struct tw_names){ telling_alpn, TW_COUNT(telling_alpn) };
}

void
tw_hail_other(struct tw_question *q, int shape)
{
	static const uint16_t suites[] = { 0x0035, 0x002f, 0x000a, 0x0005, 0x0004, 0x0039, 0x0033,
		0x0016, 0x0009, 0x0015, 0x0003, 0x0008, 0x0006, 0x0014, 0x0018, 0x0034, 0x0001,
		0x0002 };
	static const uint32_t kinds[] = { 0x010080, 0x020080, 0x030080, 0x040080, 0x050080,
		0x060040, 0x0700c0, 0x080080 };

	if (shape == TW_OTHER_HAILS - 1) {	/* not old: it has none of the usual groups */
		tw_hail(q);
		q->shares = TW_SHARES_LARGE;
		q->hello.groups = TW_U16S(tw_share_groups[TW_SHARES_LARGE]);
		q->tag = shape;
		return;
	}
	*q = (struct tw_question){ .want = TW_WANT_FLIGHT, .sni = TW_SNI_NONE, .tag = shape };
	q->hello.no_extensions = true;
	q->hello.version = shape == 0 ? 0x0301 : 0x0002;
	q->hello.record_version = 0x0300;
	q->hello.suites = TW_U16S(suites);
	if (shape != 0) {
		q->hello.ssl2 = true;
		q->hello.suites.n = 0;
		q->hello.ssl2_kinds = kinds;
		q->hello.ssl2_kinds_n = TW_COUNT(kinds);
	}
}

/* ---- everything of one version ---- */

enum { LIST_MAX = 512 };
struct list {
	uint16_t v[LIST_MAX];
	size_t n;
};

static void
add(struct list *l, uint16_t code)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i] == code)
			return;
	if (l->n < LIST_MAX)
		l->v[l->n++] = code;
}

static bool
is_chacha(const struct tw_suite *s)
{
	return strcmp(s->cipher, "CHACHA20") == 0;
}

static bool
fits(const struct tw_suite *s, bool tls13)
{
	return s != NULL && !s->ssl2 && !s->signalling && s->code != 0 && s->tls13 == tls13;
}

static void
build_suites(struct list *l, bool tls13)
{
	for (size_t i = 0; i < TW_COUNT(hail_suites); i++) {
		const struct tw_suite *s = tw_suite_by_code(hail_suites[i]);

		if (fits(s, tls13) && !is_chacha(s))
			add(l, hail_suites[i]);
	}
	for (int chacha = 0; chacha < 2; chacha++)
		for (size_t i = 0; i < tw_suites_n; i++)
			if (fits(&tw_suites[i], tls13) && is_chacha(&tw_suites[i]) == (chacha != 0))
				add(l, (uint16_t)tw_suites[i].code);
}

static void
build_groups(struct list *l, bool tls13)
{
	for (size_t i = 0; i < TW_COUNT(first_groups); i++) {
		const struct tw_group *g = tw_group_by_code(first_groups[i]);

		if (g != NULL && (tls13 || !g->post_quantum))
			add(l, first_groups[i]);
	}
	for (size_t i = 0; i < tw_groups_n; i++)
		if (tls13 ? tw_groups[i].tls13 : !tw_groups[i].post_quantum)
			add(l, tw_groups[i].code);
}

static void
build_schemes(struct list *l, bool tls13)
{
	for (size_t i = 0; i < TW_COUNT(first_schemes); i++) {
		const struct tw_scheme *s = tw_scheme_by_code(first_schemes[i]);

		if (s != NULL && (!tls13 || s->tls13))
			add(l, first_schemes[i]);
	}
	for (size_t i = 0; i < tw_schemes_n; i++)
		if (!tls13 || tw_schemes[i].tls13)
			add(l, tw_schemes[i].code);
}

/* The three lists for 1.3, and for all before it: made from data/ when first wanted. */
static const struct lists {
	struct list suites, groups, schemes;
} *
lists(bool tls13)
{
	static struct lists both[2];
	static atomic_int made[2];
	struct lists *l = &both[tls13];

	if (atomic_load(&made[tls13]) == 0) {
		build_suites(&l->suites, tls13);
		build_groups(&l->groups, tls13);
		build_schemes(&l->schemes, tls13);
		atomic_store(&made[tls13], 1);
	}
	return l;
}

static struct tw_u16s
view(const struct list *l)
{
	return (struct tw_u16s){ l->v, l->n };
}

struct tw_u16s
tw_suites_of_version(enum tw_version v)
{
	return view(&lists(v == TW_TLS13)->suites);
}

struct tw_u16s
tw_groups_of_version(enum tw_version v)
{
	return view(&lists(v == TW_TLS13)->groups);
}

struct tw_u16s
tw_schemes_of_version(enum tw_version v)
{
	return view(&lists(v == TW_TLS13)->schemes);
}

struct tw_u16s
tw_suites_where(struct tw_arena *a, struct tw_u16s v, bool (*wanted)(const struct tw_suite *s))
{
	uint16_t *out = tw_arena_alloc(a, (v.n + 1) * sizeof(*out));
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		const struct tw_suite *s = tw_suite_by_code(v.v[i]);

		if (s != NULL && wanted(s))
			out[n++] = v.v[i];
	}
	return (struct tw_u16s){ out, n };
}

void
tw_hello_of_version(struct tw_probing *p, struct tw_question *q, enum tw_version v)
{
	static const uint16_t only13[] = { 0x0304 };

	*q = (struct tw_question){ .want = TW_WANT_FLIGHT, .sni = TW_SNI_GIVEN };
	q->hello.version = v == TW_TLS13 ? 0x0303 : tw_versions[v].wire;
	q->hello.record_version = v == TW_SSL3 ? 0x0300 : 0x0301;
	q->hello.suites = tw_suites_of_version(v);
	if (v == TW_SSL3) {
		q->hello.no_extensions = true;
		q->hello.renegotiation_scsv = true;
		q->sni = TW_SNI_NONE;
		return;
	}
	q->hello.groups = tw_groups_of_version(v);
	q->hello.point_formats = true;
	q->hello.alpn = p->alpn_n > 0 ? p->alpn : NULL;
	q->hello.alpn_n = p->alpn_n;
	if (v >= TW_TLS12)
		q->hello.schemes = tw_schemes_of_version(v);
	if (v == TW_TLS13) {
		q->hello.versions = TW_U16S(only13);
		q->hello.psk_modes = true;
		q->hello.key_share = true;
	} else {
		q->hello.ticket = q->hello.ems = q->hello.renegotiation_info = true;
	}
	q->hello.status_request = q->hello.sct = true;
}

void
tw_hello_opened(struct tw_probing *p, struct tw_question *q)
{
	q->want = TW_WANT_FLIGHT;
	q->shares = p->share_set;
	q->hello.groups = TW_U16S(tw_share_groups[p->share_set]);
}

void
tw_hello_burdened(struct tw_question *q)
{
	q->hello.grease = true;
	q->hello.extra_extensions = 8;
	q->hello.pad_to = 2100;		/* past one TCP segment, as with a post-quantum share */
}

enum tw_preference
tw_order_seen(const struct tw_probing *p, enum tw_version v, bool suites)
{
	const struct tw_order_seen *seen = &p->order_seen[v];
	const struct tw_chosen *found = suites ? &p->facts->suites[v] : &p->facts->groups[v];
	struct tw_u16s offer = suites ? seen->suites : seen->groups;
	uint32_t choice = suites ? seen->suite : seen->group;

	if (found->codes.n < 2 || choice == 0)
		return TW_PREF_UNKNOWN;
	/* The first in the offer that the server has: is it what was taken, or passed over? */
	for (size_t i = 0; i < offer.n; i++)
		for (size_t k = 0; k < found->codes.n; k++)
			if (found->codes.v[k] == offer.v[i])
				return choice == found->codes.v[0] ? k == 0 ? TW_PREF_UNKNOWN
				    : TW_PREF_SERVER : choice == offer.v[i] ? TW_PREF_CLIENT
				    : TW_PREF_UNKNOWN;
	return TW_PREF_UNKNOWN;
}
