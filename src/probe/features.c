/*
 * What one hello each shows of a server's manners: fallback SCSV, ALPN, the
 * extras of 1.2, and whether it bears what it should ignore. One row a hello.
 */
#include "data/alert.h"
#include "probe/hail.h"

struct shot {
	enum tw_feature feature;
	bool after_all;			/* asked when those that are not are answered */
	bool of_suites;			/* made of the suites found: waits for them */
	bool (*applies)(struct tw_probing *p);
	void (*compose)(struct tw_probing *p, struct tw_question *q);
	enum tw_check (*read)(struct tw_probing *p, const struct tw_answer *a);
};

static enum tw_version
best(const struct tw_probing *p, enum tw_version most)
{
	enum tw_version v = most;

	while (v > TW_SSL2 && p->facts->protocols[v] != TW_YES)
		v--;
	return v;
}

/* ---- does the server see that a client fell back? (RFC 7507) ---- */

static bool
has_lower(struct tw_probing *p)
{
	enum tw_version v = best(p, TW_TLS13);

	return v > TW_SSL3 && best(p, v - 1) >= TW_SSL3;
}

static bool
has_lower_old(struct tw_probing *p)
{
	/* 1.3 tells a downgrade by itself; the SCSV counts where 1.2 stands above older ones. */
	return p->facts->protocols[TW_TLS12] == TW_YES && best(p, TW_TLS11) >= TW_SSL3 &&
	    has_lower(p);
}

static void
compose_fallback(struct tw_probing *p, struct tw_question *q)
{
	tw_hello_of_version(p, q, best(p, TW_TLS11));
	q->want = TW_WANT_HELLO;
	q->hello.fallback_scsv = true;
}

static enum tw_check
read_fallback(struct tw_probing *p, const struct tw_answer *a)
{
	(void)p;
	if (a->outcome == TW_GOT_FLIGHT)
		return TW_NO;
	/* Without the SCSV this hello is taken: whatever the refusal is called, the SCSV made it. */
	return a->outcome == TW_GOT_ALERT || a->outcome == TW_GOT_CLOSED ? TW_YES
	    : TW_COULD_NOT_TEST;
}

static bool
always(struct tw_probing *p)
{
	return best(p, TW_TLS13) >= TW_TLS10;
}

/* ---- compression, encrypt-then-MAC, heartbeat: offered in one hello of 1.2 or older ---- */

static bool
is_cbc(const struct tw_suite *s)
{
	return strcmp(s->mode, "CBC") == 0;
}

static bool
has_old(struct tw_probing *p)
{
	return best(p, TW_TLS12) >= TW_TLS10;
}

/* The suites a server takes in version v. */
static struct tw_u16s
own_suites(struct tw_probing *p, enum tw_version v)
{
	const struct tw_chosen *suites = &p->facts->suites[v];
	uint16_t *mine = tw_arena_alloc(p->arena, (suites->codes.n + 1) * sizeof(*mine));

	for (size_t i = 0; i < suites->codes.n; i++)
		mine[i] = (uint16_t)suites->codes.v[i];
	return (struct tw_u16s){ mine, suites->codes.n };
}

static struct tw_u16s
own_cbc(struct tw_probing *p, enum tw_version v)
{
	return tw_suites_where(p->arena, own_suites(p, v), is_cbc);
}

/* Where encrypt-then-MAC can be asked for, with which suites: a server may keep CBC for its older versions. */
static enum tw_version
version_of_extras(struct tw_probing *p, struct tw_u16s *ret_cbc)
{
	enum tw_version v = best(p, TW_TLS12);

	*ret_cbc = own_cbc(p, v);
	for (int older = (int)v - 1; ret_cbc->n == 0 && older >= TW_TLS10; older--)
		if ((*ret_cbc = own_cbc(p, (enum tw_version)older)).n > 0)
			v = (enum tw_version)older;
	return v;
}

static void
add_extras(struct tw_probing *p, struct tw_question *q, struct tw_u16s cbc)
{
	static const uint8_t deflate_null[] = { 1, 0 };

	if (cbc.n > 0)
		q->hello.suites = cbc;
	else
		p->facts->features[TW_FEAT_ENCRYPT_THEN_MAC] = TW_NOT_APPLICABLE;
	q->hello.etm = cbc.n > 0;
	q->hello.heartbeat = true;
	q->hello.compression = (struct tw_bytes){ deflate_null, 2 };
}

static void
compose_extras(struct tw_probing *p, struct tw_question *q)
{
	struct tw_u16s cbc;

	tw_hello_of_version(p, q, version_of_extras(p, &cbc));
	add_extras(p, q, cbc);
}

/* notes.c has read the extensions; a server that dislikes the whole lot shows none of them. */
static enum tw_check
read_extras(struct tw_probing *p, const struct tw_answer *a)
{
	return a->outcome == TW_GOT_FLIGHT ? p->facts->features[TW_FEAT_COMPRESSION]
	    : TW_COULD_NOT_TEST;
}

/* ---- what a server must bear ---- */

/*
 * As tomorrow's clients will ask (RFC 8446 4.2.1): legacy_version stays at 1.2, and what is new stands in
 * supported_versions before what is known. A client_version above 1.2 with no such list is what no
 * client has ever sent but in drafts, and nobody's failure. 1.3 is left out where older ones are
 * there, so that the answer shows the extras of those.
 */
static void
compose_future(struct tw_probing *p, struct tw_question *q)
{
	static const uint16_t future[] = { 0x7a7a, 0x0305, 0x0304, 0x0303 },
	    older[] = { 0x7a7a, 0x0305, 0x0303, 0x0302, 0x0301 };
	enum tw_version v = best(p, TW_TLS12);

	if (v >= TW_TLS10) {
		tw_hello_of_version(p, q, v);
		q->hello.schemes = tw_schemes_of_version(TW_TLS12);
		q->hello.version = 0x0303;
		q->hello.versions = TW_U16S(older);
	} else {
		tw_hello_of_version(p, q, TW_TLS13);
		q->hello.versions = TW_U16S(future);
	}
	q->want = TW_WANT_HELLO;
}

/* Both at once; only a server that refuses that is asked which of the two it was. */
static void
compose_bear(struct tw_probing *p, struct tw_question *q)
{
	tw_hello_of_version(p, q, best(p, TW_TLS13));
	q->want = TW_WANT_HELLO;
	tw_hello_burdened(q);
}

static enum tw_check
read_bear(struct tw_probing *p, const struct tw_answer *a)
{
	if (a->outcome == TW_GOT_FLIGHT &&
	    p->facts->features[TW_FEAT_LONG_HELLO_TOLERANT] != TW_NO)
		p->facts->features[TW_FEAT_LONG_HELLO_TOLERANT] = TW_YES;
	return a->outcome == TW_GOT_FLIGHT ? TW_YES : TW_NOT_TESTED;
}

static bool
bears_unknown(struct tw_probing *p)
{
	return always(p) && p->facts->features[TW_FEAT_GREASE_TOLERANT] != TW_YES;
}

static bool
bears_not(struct tw_probing *p)
{
	return p->facts->features[TW_FEAT_GREASE_TOLERANT] == TW_NOT_TESTED;
}

static void
compose_long(struct tw_probing *p, struct tw_question *q)
{
	tw_hello_of_version(p, q, best(p, TW_TLS13));
	q->want = TW_WANT_HELLO;
	q->hello.pad_to = 2100;
}

static void
compose_grease(struct tw_probing *p, struct tw_question *q)
{
	tw_hello_of_version(p, q, best(p, TW_TLS13));
	q->want = TW_WANT_HELLO;
	q->hello.grease = true;
	q->hello.extra_extensions = 8;
}

/* Any ServerHello is tolerance; the server is known to answer, so all else is not. */
static enum tw_check
read_tolerance(struct tw_probing *p, const struct tw_answer *a)
{
	(void)p;
	return a->outcome == TW_GOT_FLIGHT ? TW_YES : a->outcome == TW_GOT_NOTHING
	    ? TW_COULD_NOT_TEST : TW_NO;
}

/* One length not borne is enough, whatever the others show. */
static enum tw_check
read_long(struct tw_probing *p, const struct tw_answer *a)
{
	return p->facts->features[TW_FEAT_LONG_HELLO_TOLERANT] == TW_NO ? TW_NO
	    : read_tolerance(p, a);
}

/*
 * F5 BIG-IP and its kin hung or closed on 256 to 511 bytes (RFC 7685 1). exam/ keeps
 * all other hellos out of that range, so this one alone meets it.
 */
static void
make_middle(struct tw_question *q)
{
	q->want = TW_WANT_HELLO;
	if (q->hello.suites.n > 40)
		q->hello.suites.n = 40;
	q->hello.alpn_n = 0;
	q->hello.status_request = q->hello.sct = false;
	q->hello.pad_to = 400;
}

static void
compose_middle(struct tw_probing *p, struct tw_question *q)
{
	enum tw_version v = best(p, TW_TLS13);

	tw_hello_of_version(p, q, v);
	q->hello.suites = own_suites(p, v);
	make_middle(q);
}

static enum tw_check
read_middle(struct tw_probing *p, const struct tw_answer *a)
{
	return a->outcome == TW_GOT_FLIGHT ? p->facts->features[TW_FEAT_LONG_HELLO_TOLERANT]
	    : read_tolerance(p, a);
}

/*
 * A future version, the extras and a middle length in one hello: most servers bear
 * them all. Only one that does not is asked for each alone.
 */
static bool
fits_in_one(struct tw_probing *p)
{
	struct tw_u16s cbc;

	return always(p) && (!has_old(p) || version_of_extras(p, &cbc) == best(p, TW_TLS12));
}

static void
compose_odd(struct tw_probing *p, struct tw_question *q)
{
	struct tw_u16s cbc;

	compose_future(p, q);
	q->hello.suites = own_suites(p, has_old(p) ? best(p, TW_TLS12) : TW_TLS13);
	if (has_old(p)) {
		version_of_extras(p, &cbc);
		add_extras(p, q, cbc);
	}
	make_middle(q);
}

static enum tw_check
read_odd(struct tw_probing *p, const struct tw_answer *a)
{
	if (a->outcome != TW_GOT_FLIGHT)
		return TW_NOT_TESTED;
	if (p->facts->features[TW_FEAT_LONG_HELLO_TOLERANT] == TW_NOT_TESTED)
		p->facts->features[TW_FEAT_LONG_HELLO_TOLERANT] = TW_YES;
	return TW_YES;
}

static bool
is_too_odd(struct tw_probing *p)
{
	return always(p) && p->facts->features[TW_FEAT_VERSION_TOLERANT] == TW_NOT_TESTED;
}

static bool
is_too_odd_for_old(struct tw_probing *p)
{
	return is_too_odd(p) && has_old(p);
}

static const struct shot shots[] = {
	{ TW_FEAT_FALLBACK_SCSV, false, false, has_lower_old, compose_fallback,
	    read_fallback },
	{ TW_FEAT_GREASE_TOLERANT, false, false, bears_unknown, compose_bear, read_bear },
	{ TW_FEAT_VERSION_TOLERANT, false, true, fits_in_one, compose_odd, read_odd },
	{ TW_FEAT_COMPRESSION, true, true, is_too_odd_for_old, compose_extras, read_extras },
	{ TW_FEAT_LONG_HELLO_TOLERANT, true, true, is_too_odd, compose_middle, read_middle },
	{ TW_FEAT_VERSION_TOLERANT, true, true, is_too_odd, compose_future, read_tolerance },
	{ TW_FEAT_LONG_HELLO_TOLERANT, true, false, bears_not, compose_long, read_long },
	{ TW_FEAT_GREASE_TOLERANT, true, false, bears_not, compose_grease, read_tolerance },
};

/* Features of 1.2 and older that a server of 1.3 alone cannot have. */
static const enum tw_feature of_old[] = { TW_FEAT_SECURE_RENEGOTIATION,
	TW_FEAT_EXTENDED_MASTER_SECRET, TW_FEAT_ENCRYPT_THEN_MAC, TW_FEAT_COMPRESSION,
	TW_FEAT_HEARTBEAT, TW_FEAT_CLIENT_RENEGOTIATION };

struct features {
	bool asked[TW_COUNT(shots)];
	unsigned out;			/* of those not after all */
	bool settled;
};

static bool
suites_are_known(const struct tw_probing *p)
{
	for (int v = TW_SSL3; v <= TW_TLS12; v++)
		if (p->facts->protocols[v] == TW_YES && !p->suites_known[v])
			return false;
	return true;
}

/* What no shot can tell of this server, once its versions are known. */
static void
settle(struct tw_probing *p)
{
	enum tw_check *f = p->facts->features;

	if (!always(p))
		f[TW_FEAT_VERSION_TOLERANT] = f[TW_FEAT_LONG_HELLO_TOLERANT] =
		    f[TW_FEAT_GREASE_TOLERANT] = TW_NOT_APPLICABLE;
	if (!has_old(p))
		f[TW_FEAT_COMPRESSION] = TW_NOT_APPLICABLE;
	if (!has_lower_old(p))
		f[TW_FEAT_FALLBACK_SCSV] = TW_NOT_APPLICABLE;
	if (p->facts->protocols[TW_TLS13] != TW_YES || best(p, TW_TLS12) > TW_SSL2)
		return;
	for (size_t i = 0; i < TW_COUNT(of_old); i++)
		f[of_old[i]] = TW_NOT_APPLICABLE;
}

static bool
ask(struct tw_probing *p, void *state, struct tw_question *q)
{
	struct features *s = state;

	if (!p->versions_known || p->rides_out || best(p, TW_TLS13) < TW_SSL3)
		return false;
	if (!s->settled) {
		settle(p);
		s->settled = true;
	}
	for (size_t i = 0; i < TW_COUNT(shots); i++) {
		if (s->asked[i] || (shots[i].after_all && s->out > 0) ||
		    (shots[i].of_suites && !suites_are_known(p)))
			continue;
		s->asked[i] = true;
		if (!shots[i].applies(p))
			continue;
		s->out += !shots[i].after_all;
		shots[i].compose(p, q);
		q->tag = (int)i;
		return true;
	}
	return false;
}

/* A refusal that says nothing of what was asked, in words. */
static const char *
refusal(struct tw_probing *p, const struct tw_answer *a)
{
	const struct tw_alert_row *row = a->outcome == TW_GOT_ALERT
	    ? tw_alert_by_code(a->flight->alert) : NULL;

	if (row == NULL)
		return "the server closed the connection, which says nothing of it";
	return tw_arena_fmt(p->arena, "the server refused the hello with the alert %s, which says "
	    "nothing of it", row->name);
}

static void
hear(struct tw_probing *p, void *state, const struct tw_question *q, const struct tw_answer *a)
{
	const struct shot *shot = &shots[q->tag];
	enum tw_check v = shot->read(p, a);
	char *path;

	((struct features *)state)->out -= !shot->after_all;
	p->facts->features[shot->feature] = v;
	if (v != TW_COULD_NOT_TEST)
		return;
	path = tw_arena_fmt(p->arena, "features.%s", tw_feature_names[shot->feature]);
	tw_facts_untested(p->facts, path, v, a->why != NULL ? a->why : refusal(p, a));
}

const struct tw_probe tw_probe_features = { .name = "features",
	.state_size = sizeof(struct features), .ask = ask, .hear = hear };
