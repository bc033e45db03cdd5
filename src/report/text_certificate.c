/* text_certificate.c -- a text report's part on certificates: one block a leaf. */
#include "base/text.h"
#include "report/text.h"

#define NAMES_SHOWN 6		/* more with -v */

static const char *
day(struct tw_arena *a, int64_t seconds)
{
	char text[32];

	tw_text_time(seconds, text);
	return tw_arena_fmt(a, "%.10s", text);
}

static const char *
names_of(struct tw_text *t, const struct tw_cert *c)
{
	const char *list = "";
	size_t shown = t->style->verbose ? c->names.n : NAMES_SHOWN;

	for (size_t i = 0; i < c->names.n && i < shown; i++)
		list = tw_arena_fmt(t->arena, "%s%s%s", list, i == 0 ? "" : ", ",
		    tw_text_escaped(t->arena, c->names.v[i].value));
	if (c->names.n > shown)
		list = tw_arena_fmt(t->arena, "%s and %zu more", list, c->names.n - shown);
	return list;
}

static void
put_dates(struct tw_text *t, const struct tw_cert *c)
{
	double left = ((double)c->not_after - (double)t->j->at) / 86400;
	bool outside = t->j->at > c->not_after || t->j->at < c->not_before;

	tw_page_label(&t->page, 4, "Valid");
	tw_page_fmt(&t->page, TW_INK_PLAIN, "%s to %s, ", day(t->arena, c->not_before),
	    day(t->arena, c->not_after));
	if (t->j->at < c->not_before)
		tw_page_put(&t->page, TW_INK_BAD, "not yet valid");
	else if (left < 0)
		tw_page_fmt(&t->page, TW_INK_BAD, "expired %.1f days ago", -left);
	else
		tw_page_fmt(&t->page, outside ? TW_INK_BAD : TW_INK_PLAIN, "%.1f days left", left);
	tw_page_newline(&t->page);
}

static void
put_trust(struct tw_text *t, const struct tw_certificate *c)
{
	static const char *const trusted[] = { "trust not tested", "trusted", "not trusted",
		"trust could not be tested", "trust does not apply" };
	static const char *const fits[] = { NULL, "fits", "does not fit", NULL, NULL };
	const char *host = t->f->sni != NULL ? t->f->sni : t->f->host != NULL ? t->f->host : "it";
	enum tw_ink ink = c->trusted == TW_NO ? TW_INK_BAD : c->trusted == TW_YES ?
	    TW_INK_GOOD : TW_INK_PLAIN;

	tw_page_label(&t->page, 4, "Trust");
	tw_page_wrap(&t->page, TW_PAGE_LABEL, ink, tw_arena_fmt(t->arena, "%s%s%s",
	    trusted[c->trusted], c->trust_error != NULL ? ": " : "",
	    c->trust_error != NULL ? c->trust_error : ""));
	if (fits[c->matches_host] == NULL)
		return;
	tw_page_to(&t->page, TW_PAGE_LABEL);
	tw_page_wrap(&t->page, TW_PAGE_LABEL, c->matches_host == TW_NO ? TW_INK_BAD : TW_INK_GOOD,
	    tw_arena_fmt(t->arena, "%s %s", fits[c->matches_host], host));
}

static const struct { unsigned bit; const char *word; } issues[] = {
	{ TW_CHAIN_INCOMPLETE, "an intermediate is missing" },
	{ TW_CHAIN_ORDER, "in the wrong order" },
	{ TW_CHAIN_EXTRA, "some are not needed" },
	{ TW_CHAIN_ROOT_SENT, "the root among them" },
	{ TW_CHAIN_INTERMEDIATE_EXPIRED, "one of them expired" },
	{ TW_CHAIN_EXPIRED_OFF_PATH, "one not needed expired" },
	{ TW_CHAIN_LARGE, "large" },
};

static void
put_chain(struct tw_text *t, const struct tw_certificate *c)
{
	const char *s = tw_arena_fmt(t->arena, c->chain.n == 0 ? "the leaf alone was sent" :
	    c->chain.n == 1 ? "%zu more was sent" : "%zu more were sent", c->chain.n);

	for (size_t i = 0, met = 0; i < TW_COUNT(issues); i++)
		if ((c->trust.issues & issues[i].bit) != 0)
			s = tw_arena_fmt(t->arena, "%s%s%s", s, met++ == 0 ? ": " : ", ",
			    issues[i].word);
	tw_page_row(&t->page, 4, "Chain", s);
	for (size_t i = 0; t->style->verbose && i < c->chain.n; i++)
		tw_page_row(&t->page, 4, "", tw_arena_fmt(t->arena, "%s, until %s",
		    tw_text_escaped(t->arena, c->chain.v[i].subject),
		    day(t->arena, c->chain.v[i].not_after)));
}

/* "with its name in TLS 1.3 and 1.2": how the leaf was met, each way once. */
static void
put_served(struct tw_text *t, const struct tw_certificate *c)
{
	static const char *const ways[] = { "with the name", "without a name",
		"with an unknown name" };
	const char *s = "";

	for (size_t k = 0; k < TW_COUNT(ways); k++)
		for (size_t i = 0; i < c->served.n; i++)
			if (c->served.v[i].sni == (enum tw_sni_kind)k) {
				s = tw_arena_fmt(t->arena, "%s%s%s", s, *s == '\0' ? "" : ", ",
				    ways[k]);
				break;
			}
	tw_page_row(&t->page, 4, "Served", s);
}

static void
put_one(struct tw_text *t, const struct tw_certificate *c)
{
	const struct tw_cert *cert = &c->cert;
	struct tw_buf hex;

	tw_page_row(&t->page, 2, "Certificate", !cert->parsed ? "cannot be read" :
	    cert->subject.n == 0 ? "without a subject" :
	    tw_text_escaped(t->arena, cert->subject));
	put_served(t, c);
	if (cert->parsed) {
		tw_page_row(&t->page, 4, "Names", cert->names.n > 0 ? names_of(t, cert) : "none");
		tw_page_row(&t->page, 4, "Issuer", tw_text_escaped(t->arena, cert->issuer));
		tw_page_row(&t->page, 4, "Key", tw_arena_fmt(t->arena, "%s, %u bits%s%s; signed "
		    "with %s", cert->key_type != NULL ? cert->key_type : "unknown",
		    cert->key_bits, cert->curve != NULL ? ", " : "",
		    cert->curve != NULL ? cert->curve : "",
		    cert->signature != NULL ? cert->signature : "unknown"));
		put_dates(t, cert);
	}
	put_trust(t, c);
	put_chain(t, c);
	if (c->staple_present == TW_YES)
		tw_page_row(&t->page, 4, "OCSP", tw_arena_fmt(t->arena, "stapled: %s",
		    c->staple_status != NULL ? c->staple_status : "cannot be read"));
	if (!t->style->verbose)
		return;
	tw_buf_init(&hex, 128);
	tw_text_hex(&hex, (struct tw_bytes){ cert->sha256, 32 });
	tw_page_row(&t->page, 4, "SHA-256", tw_buf_cstr(&hex));
	tw_buf_clear(&hex);
	tw_page_row(&t->page, 4, "SCTs", tw_arena_fmt(t->arena, "%u", c->scts));
}

void
tw_text_certificates(struct tw_text *t)
{
	for (size_t i = 0; i < t->f->certificates.n; i++)
		put_one(t, &t->f->certificates.v[i]);
}
