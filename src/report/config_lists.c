/*
 * config_lists.c -- what {{suites12:iana}}, {{min}} and `@each groups` mean: names of suites,
 * groups and schemes come from the policy and the tables of data/, in the style asked for.
 */
#include "report/config_words.h"

#include "data/gnutls.h"
#include "data/group.h"
#include "data/spelling.h"
#include "data/suite.h"

static bool
is(struct tw_bytes name, const char *s)
{
	return name.n == strlen(s) && memcmp(name.p, s, name.n) == 0;
}

/* A list as codes: suites, groups, schemes, versions. */
struct codes {
	enum tw_spelt what;
	uint16_t v[TW_CONFIG_CODES];
	size_t n;
};

static void
add_suites(struct codes *l, struct tw_u16s from, bool old, bool new)
{
	l->what = TW_SPELT_SUITE;
	for (size_t i = 0; i < from.n && l->n < TW_CONFIG_CODES; i++) {
		const struct tw_suite *s = tw_suite_by_code(from.v[i]);

		if (s != NULL && (s->tls13 ? new : old))
			l->v[l->n++] = from.v[i];
	}
}

static void
add_versions(struct codes *l, const bool versions[static TW_VERSIONS])
{
	l->what = TW_SPELT_VERSION;
	for (unsigned v = 0; v < TW_VERSIONS; v++)
		if (versions[v])
			l->v[l->n++] = (uint16_t)v;
}

/* Those of TLS that are not among them. */
static void
add_others(struct codes *l, const bool versions[static TW_VERSIONS])
{
	bool others[TW_VERSIONS] = { false };

	for (unsigned v = TW_TLS10; v < TW_VERSIONS; v++)
		others[v] = !versions[v];
	add_versions(l, others);
}

/* What cannot be written for this library is left out: an unknown group is an error there. */
static void
add_groups(struct codes *l, const struct tw_config_words *w)
{
	struct tw_u16s from = w->config->policy->groups;
	bool openssl = w->config->target->kind == TW_OPENSSL;

	l->what = TW_SPELT_GROUP;
	for (size_t i = 0; i < from.n && l->n < TW_CONFIG_CODES; i++) {
		const struct tw_group *g = tw_group_by_code(from.v[i]);

		if (g == NULL || (g->post_quantum && !w->pq))
			continue;
		if (openssl && from.v[i] == 29 && tw_template_compare(w->openssl, "1.1.0") < 0)
			continue;
		l->v[l->n++] = from.v[i];
	}
}

/*
 * What clients of TLS 1.0 and 1.1 can take at all: ephemeral exchanges with AES in CBC.
 * Nothing older, and nothing without forward secrecy, is worth an exception.
 */
static const uint16_t legacy_suites[] = {
	0xC009, 0xC013,			/* ECDHE-ECDSA, ECDHE-RSA with AES128-SHA */
	0xC00A, 0xC014,			/* the same with AES256-SHA */
};

static bool
find_codes(const struct tw_config_words *w, struct tw_bytes name, struct codes *l)
{
	const struct tw_policy *p = w->config->policy;
	bool old = w->versions[TW_TLS12], new = w->versions[TW_TLS13];

	l->n = 0;
	if (is(name, "suites12")) {
		add_suites(l, p->suites, old, false);
	} else if (is(name, "suites13")) {
		add_suites(l, p->suites, false, new);
	} else if (is(name, "suites")) {
		add_suites(l, p->suites, old, new);
	} else if (is(name, "legacy_suites")) {
		add_suites(l, p->suites, true, false);
		add_suites(l, TW_U16S(legacy_suites), true, false);
	} else if (is(name, "groups")) {
		add_groups(l, w);
	} else if (is(name, "sigalgs")) {
		l->what = TW_SPELT_SCHEME;
		for (size_t i = 0; i < p->schemes.n && l->n < TW_CONFIG_CODES; i++)
			l->v[l->n++] = p->schemes.v[i];
	} else if (is(name, "versions")) {
		add_versions(l, w->versions);
	} else if (is(name, "legacy_versions")) {
		add_versions(l, w->legacy_versions);
	} else if (is(name, "unwanted_versions")) {
		add_others(l, w->versions);
	} else if (is(name, "legacy_unwanted_versions")) {
		add_others(l, w->legacy_versions);
	} else {
		return false;
	}
	return true;
}

/* A name with what stands behind its colons: a style, a joint, in any order. */
struct spelt {
	struct tw_bytes name, style;
	const char *joint, *quote;	/* joint NULL: none was said */
};

static const struct {
	const char *name, *joint, *quote;
} joints[] = {
	{ "colon", ":", "" },
	{ "comma", ",", "" },
	{ "list", ", ", "" },
	{ "plus", " +", "" },
	{ "quoted", ", ", "\"" },
	{ "space", " ", "" },
};

static struct tw_bytes
take_part(struct tw_bytes *rest)
{
	const uint8_t *colon = rest->n > 0 ? memchr(rest->p, ':', rest->n) : NULL;
	struct tw_bytes part = { rest->p, colon != NULL ? (size_t)(colon - rest->p) : rest->n };

	rest->p += part.n + (colon != NULL);
	rest->n -= part.n + (colon != NULL);
	return part;
}

static struct spelt
split(struct tw_bytes text)
{
	struct spelt s = { .name = take_part(&text), .style = { NULL, 0 }, .quote = "" };

	while (text.n > 0) {
		struct tw_bytes part = take_part(&text);
		size_t i = 0;

		while (i < TW_COUNT(joints) && !is(part, joints[i].name))
			i++;
		if (i < TW_COUNT(joints)) {
			s.joint = joints[i].joint;
			s.quote = joints[i].quote;
		} else {
			s.style = part;
		}
	}
	return s;
}

static bool
put_list(const struct tw_config_words *w, struct spelt s, struct tw_buf *out)
{
	struct codes l;
	const char *between = "";

	if (!find_codes(w, s.name, &l) || !tw_spelling_is_style(l.what, s.style))
		return false;
	if (s.joint == NULL)
		s.joint = is(s.style, "iana") || is(s.style, "go") ? "," : ":";
	for (size_t i = 0; i < l.n; i++) {
		size_t before = out->n;

		tw_buf_str(out, between);
		tw_buf_str(out, s.quote);
		if (!tw_spelling_put(l.what, l.v[i], s.style, out)) {
			out->n = before;
			continue;
		}
		tw_buf_str(out, s.quote);
		between = s.joint;
	}
	return true;
}

int
tw_config_lists_member(const struct tw_config_words *w, struct tw_bytes name, size_t at,
    struct tw_buf *out)
{
	struct spelt s = split(name);
	struct codes l;

	if (!find_codes(w, s.name, &l) || !tw_spelling_is_style(l.what, s.style))
		return -1;
	for (size_t i = 0; i < l.n; i++) {
		struct tw_buf one;
		bool put;

		tw_buf_init(&one, 128);
		put = tw_spelling_put(l.what, l.v[i], s.style, &one);
		if (put && at == 0)
			tw_buf_bytes(out, tw_buf_view(&one));
		tw_buf_clear(&one);
		if (put && at-- == 0)
			return 1;
	}
	return 0;
}

static void
drop_hybrids(struct codes *groups)
{
	size_t n = 0;

	for (size_t i = 0; i < groups->n; i++)
		if (!tw_group_by_code(groups->v[i])->post_quantum)
			groups->v[n++] = groups->v[i];
	groups->n = n;
}

static void
put_gnutls(const struct tw_config_words *w, bool legacy, struct tw_buf *out)
{
	struct codes suites, groups, schemes, new;

	find_codes(w, tw_bytes_of(legacy ? "legacy_suites" : "suites"), &suites);
	find_codes(w, tw_bytes_of("suites13"), &new);
	for (size_t i = 0; legacy && i < new.n && suites.n < TW_CONFIG_CODES; i++)
		suites.v[suites.n++] = new.v[i];
	find_codes(w, tw_bytes_of("groups"), &groups);
	/* The hybrid is OpenSSL's here; a GnuTLS built without it takes none of the string. */
	if (w->config->target->kind != TW_GNUTLS)
		drop_hybrids(&groups);
	find_codes(w, tw_bytes_of("sigalgs"), &schemes);
	tw_gnutls_put_priority(legacy ? w->legacy_versions : w->versions,
	    (struct tw_u16s){ suites.v, suites.n }, (struct tw_u16s){ groups.v, groups.n },
	    (struct tw_u16s){ schemes.v, schemes.n }, out);
}

/* The oldest or the newest of some versions; false: the name is not of these. */
static bool
put_bound(const struct tw_config_words *w, struct spelt s, struct tw_buf *out)
{
	bool max = is(s.name, "max"), legacy = is(s.name, "legacy_min");
	const bool *versions = legacy ? w->legacy_versions : w->versions;
	int found = -1;

	if (!max && !legacy && !is(s.name, "min"))
		return false;
	if (!tw_spelling_is_style(TW_SPELT_VERSION, s.style))
		return false;
	for (int v = 0; v < TW_VERSIONS; v++)
		if (versions[v] && (found < 0 || max))
			found = v;
	if (found >= 0)
		tw_spelling_put(TW_SPELT_VERSION, (unsigned)found, s.style, out);
	return true;
}

bool
tw_config_lists_put(const struct tw_config_words *w, struct tw_bytes name, struct tw_buf *out)
{
	if (is(name, "gnutls") || is(name, "legacy_gnutls")) {
		put_gnutls(w, is(name, "legacy_gnutls"), out);
		return true;
	}
	return put_bound(w, split(name), out) || put_list(w, split(name), out);
}
