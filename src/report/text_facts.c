/* text_facts.c -- a text report's part on the handshake: versions, suites, keys, features. */
#include "base/text.h"
#include "data/group.h"
#include "data/scheme.h"
#include "data/suite.h"
#include "report/text.h"

static const char *
join(struct tw_arena *a, const char *list, const char *word)
{
	return *list == '\0' ? word : tw_arena_fmt(a, "%s, %s", list, word);
}

static void
put_versions(struct tw_text *t)
{
	static const struct { enum tw_check state; const char *lead; } others[] = {
		{ TW_NO, "not" }, { TW_COULD_NOT_TEST, "could not be tested:" },
		{ TW_NOT_TESTED, "not tested:" },
	};
	const enum tw_check *offered = t->f->protocols;
	const char *lists[TW_COUNT(others)] = { "", "", "" };
	const char *separator = "";

	tw_page_label(&t->page, 2, "Versions");
	for (int v = TW_VERSIONS; v-- > 0;) {
		if (offered[v] == TW_YES) {
			tw_page_put(&t->page, TW_INK_PLAIN, separator);
			tw_page_put(&t->page, t->j->policy->versions[v] ? TW_INK_GOOD : TW_INK_BAD,
			    tw_versions[v].title);
			separator = ", ";
		}
		for (size_t i = 0; i < TW_COUNT(others); i++)
			if (offered[v] == others[i].state)
				lists[i] = join(t->arena, lists[i], tw_versions[v].title);
	}
	tw_page_newline(&t->page);
	for (size_t i = 0; i < TW_COUNT(others); i++)
		if (*lists[i] != '\0')
			tw_page_row(&t->page, 2, "", tw_arena_fmt(t->arena, "%s %s",
			    others[i].lead, lists[i]));
}

static bool
has_code(struct tw_u16s list, uint32_t code)
{
	for (size_t i = 0; i < list.n; i++)
		if (list.v[i] == code)
			return true;
	return false;
}

static bool
is_the_same(const struct tw_chosen *a, const struct tw_chosen *b)
{
	return a->preference == b->preference && a->codes.n == b->codes.n &&
	    a->codes.n > 0 && memcmp(a->codes.v, b->codes.v,
	    a->codes.n * sizeof(a->codes.v[0])) == 0;
}

/* What is worth a word about a suite; most good ones are worth none. */
static const char *
remark(struct tw_arena *a, const struct tw_suite *s)
{
	const char *r = "";

	if (s->export)
		r = join(a, r, "export");
	if (strcmp(s->authentication, "anon") == 0)
		r = join(a, r, "anonymous");
	if (!s->forward_secrecy && !s->tls13)
		r = join(a, r, "no forward secrecy");
	if (!s->aead)
		r = join(a, r, strcmp(s->mode, "CBC") == 0 ? "CBC" : s->cipher);
	return r;
}

static void
put_suite(struct tw_text *t, uint32_t code)
{
	const struct tw_suite *s = tw_suite_by_code(code);
	bool wanted = has_code(t->j->policy->suites, code) ||
	    has_code(t->j->policy->tolerated_suites, code);

	tw_page_to(&t->page, TW_PAGE_LABEL);
	if (s == NULL) {
		tw_page_fmt(&t->page, TW_INK_WARN, "0x%04X", code);
		tw_page_newline(&t->page);
		return;
	}
	tw_page_put(&t->page, wanted ? TW_INK_PLAIN : TW_INK_WARN, s->name);
	if (!wanted || t->style->verbose) {
		tw_page_put(&t->page, TW_INK_PLAIN, "  ");
		tw_page_wrap(&t->page, TW_PAGE_LABEL + 2, TW_INK_DIM, tw_arena_fmt(t->arena,
		    "%d bits%s%s", s->bits, *remark(t->arena, s) != '\0' ? ", " : "",
		    remark(t->arena, s)));
		return;
	}
	tw_page_newline(&t->page);
}

static void
put_suites(struct tw_text *t)
{
	static const char *const orders[] = {
		[TW_PREF_UNKNOWN] = "order not known",
		[TW_PREF_SERVER] = "in the server's order",
		[TW_PREF_CLIENT] = "the client's order counts",
		[TW_PREF_SERVER_CHACHA] = ("in the server's order, ChaCha20 first for clients that "
		    "put it first"),
		[TW_PREF_SINGLE] = "the only one",
	};
	const struct tw_chosen *suites = t->f->suites;

	for (int v = TW_VERSIONS; v-- > 0;) {
		int same = v + 1;

		if (suites[v].codes.n == 0)
			continue;
		tw_page_label(&t->page, 2, tw_versions[v].title);
		while (same < TW_VERSIONS && !is_the_same(&suites[same], &suites[v]))
			same++;
		if (same < TW_VERSIONS) {
			tw_page_wrap(&t->page, TW_PAGE_LABEL, TW_INK_DIM,
			    tw_arena_fmt(t->arena, "the same suites as %s", tw_versions[same].title));
			continue;
		}
		tw_page_wrap(&t->page, TW_PAGE_LABEL, TW_INK_DIM, t->f->quick ?
		    "what one hello showed" : orders[suites[v].preference]);
		for (size_t i = 0; i < suites[v].codes.n; i++)
			put_suite(t, suites[v].codes.v[i]);
	}
}

static const char *
groups_of(struct tw_text *t, int v)
{
	const struct tw_chosen *groups = &t->f->groups[v];
	const char *list = "";

	for (size_t i = 0; i < groups->codes.n; i++) {
		const struct tw_group *g = tw_group_by_code((uint16_t)groups->codes.v[i]);

		list = join(t->arena, list, g == NULL ?
		    tw_arena_fmt(t->arena, "0x%04X", groups->codes.v[i]) : g->other != NULL ?
		    g->other : g->post_quantum ?
		    tw_arena_fmt(t->arena, "%s (post-quantum)", g->name) : g->name);
	}
	return list;
}

static void
put_groups(struct tw_text *t)
{
	const char *label = "Groups", *before = "";

	for (int v = TW_VERSIONS; v-- > 0;) {
		const char *list = groups_of(t, v);

		if (*list == '\0' || strcmp(list, before) == 0)
			continue;
		tw_page_row(&t->page, 2, label, tw_arena_fmt(t->arena, "%s: %s",
		    tw_versions[v].title, list));
		label = "";
		before = list;
	}
	for (size_t i = 0; i < t->f->dh.n; i++) {
		const struct tw_dh *dh = &t->f->dh.v[i];
		const char *bits = tw_arena_fmt(t->arena, "%u bits", dh->bits);
		bool known = dh->prime != NULL && strcmp(dh->prime, "unknown") != 0;

		/* Most names of primes have the size in them. */
		tw_page_row(&t->page, 2, i == 0 ? "DH" : "", tw_arena_fmt(t->arena, "%s%s%s%s",
		    known && strstr(dh->prime, bits) != NULL ? "" : bits,
		    known && strstr(dh->prime, bits) == NULL ? ", " : "",
		    known ? dh->prime : ", a prime of its own",
		    dh->reused == TW_YES ? "; the same public value twice" : ""));
	}
}

static void
put_schemes(struct tw_text *t)
{
	const char *label = "Signatures";

	for (int v = TW_VERSIONS; v-- > 0;) {
		const char *list = "";

		for (size_t i = 0; i < t->f->schemes[v].n; i++) {
			const struct tw_scheme *s = tw_scheme_by_code(t->f->schemes[v].v[i]);

			list = join(t->arena, list, s != NULL ? s->name :
			    tw_arena_fmt(t->arena, "0x%04X", t->f->schemes[v].v[i]));
		}
		if (*list == '\0')
			continue;
		tw_page_row(&t->page, 2, label, tw_arena_fmt(t->arena, "%s: %s",
		    tw_versions[v].title, list));
		label = "";
	}
}

/* Words for a feature that is there, and for one that is not; NULL: not worth any. */
static const struct { const char *yes, *no; } feature_words[TW_FEATURES] = {
	[TW_FEAT_SESSION_TICKETS] = { "session tickets", "no session tickets" },
	[TW_FEAT_RESUMPTION] = { "resumption", "no resumption" },
	[TW_FEAT_SECURE_RENEGOTIATION] = { "secure renegotiation", "no secure renegotiation" },
	[TW_FEAT_CLIENT_RENEGOTIATION] = { "renegotiates when the client asks", NULL },
	[TW_FEAT_EXTENDED_MASTER_SECRET] = { "extended master secret",
	    "no extended master secret" },
	[TW_FEAT_ENCRYPT_THEN_MAC] = { "encrypt-then-MAC", NULL },
	[TW_FEAT_COMPRESSION] = { "compression", NULL },
	[TW_FEAT_EARLY_DATA] = { "early data", NULL },
	[TW_FEAT_FALLBACK_SCSV] = { "fallback SCSV", NULL },
	[TW_FEAT_HEARTBEAT] = { "heartbeat", NULL },
	[TW_FEAT_CLIENT_CERTIFICATE] = { "asks for a client certificate", NULL },
	[TW_FEAT_GREASE_TOLERANT] = { NULL, "fails on unknown values (GREASE)" },
	[TW_FEAT_STRICT_ALPN] = { "strict ALPN", NULL },
	[TW_FEAT_STRICT_SNI] = { "refuses unknown names", NULL },
	[TW_FEAT_VERSION_TOLERANT] = { NULL, "fails on future versions" },
	[TW_FEAT_LONG_HELLO_TOLERANT] = { NULL, "fails on long hellos" },
	[TW_FEAT_SNI_REQUIRED] = { "needs a server name", NULL },
};

static void
put_features(struct tw_text *t)
{
	const char *list = "", *alpn = "";

	for (size_t i = 0; i < TW_FEATURES; i++) {
		enum tw_check state = t->f->features[i];
		const char *word = state == TW_YES ? feature_words[i].yes :
		    state == TW_NO ? feature_words[i].no : NULL;

		if (word != NULL)
			list = join(t->arena, list, word);
	}
	for (size_t i = 0; i < t->f->alpn.n; i++)
		alpn = join(t->arena, alpn, tw_text_escaped(t->arena, t->f->alpn.v[i]));
	tw_page_row(&t->page, 2, "Features", list);
	tw_page_row(&t->page, 2, "ALPN", alpn);
}

void
tw_text_facts(struct tw_text *t)
{
	put_versions(t);
	put_suites(t);
	put_groups(t);
	if (t->style->verbose)
		put_schemes(t);
	put_features(t);
}
