/* The last facts of an endpoint: certificates judged for the moment, what follows, what stayed open. */
#include <stdlib.h>

#include "exam/inside.h"

/* "good" counts when the issuer that was sent stands behind it; "revoked" always. */
static enum tw_check
revoked(const struct tw_certificate *c, int64_t at)
{
	if (c->staple_status == NULL)
		return TW_NOT_TESTED;
	if (strcmp(c->staple_status, "revoked") == 0)
		return TW_YES;
	if (strcmp(c->staple_status, "good") == 0)
		for (size_t i = 0; i < c->chain.n; i++)
			if (tw_cert_staple_is_authentic(c->staple, c->cert.der, c->chain.v[i].der, at))
				return TW_NO;
	return TW_NOT_TESTED;
}

static void
judge_certificate(struct endpoint *ep, struct tw_certificate *c)
{
	const struct tw_exam_options *o = ep->exam->opt;
	struct tw_facts *f = ep->facts;
	struct tw_bytes chain[1 + TW_FLIGHT_CHAIN];
	size_t n = 0;

	if (!c->cert.parsed) {
		c->matches_host = c->trusted = TW_COULD_NOT_TEST;
		c->trust_error = "the certificate cannot be read";
		return;
	}
	c->matches_host = f->host == NULL ? TW_NOT_TESTED : tw_cert_fits(&c->cert,
	    o->sni != NULL ? o->sni : f->host) ? TW_YES : TW_NO;
	if (o->trust == NULL)
		return;
	chain[n++] = c->cert.der;
	for (size_t i = 0; i < c->chain.n && n < TW_COUNT(chain); i++)
		chain[n++] = c->chain.v[i].der;
	tw_trust_judge(o->trust, f->arena, chain, n, o->at, &c->trust);
	c->trusted = c->trust.verdict == TW_TRUSTED ? TW_YES : TW_NO;
	c->trust_error = c->trust.reason;
	c->revoked = revoked(c, o->at);
}

/* ---- one order from run to run, whichever answer came first ---- */

static int
by_served(const void *a, const void *b)
{
	const struct tw_served *x = a, *y = b;

	return x->sni != y->sni ? (int)x->sni - (int)y->sni : (int)y->protocol - (int)x->protocol;
}

/* With the name first; then by key, then by hash. */
static int
by_certificate(const void *a, const void *b)
{
	const struct tw_certificate *x = a, *y = b;
	const char *kx = x->cert.key_type, *ky = y->cert.key_type;
	int d = x->served.n > 0 && y->served.n > 0
	    ? (int)x->served.v[0].sni - (int)y->served.v[0].sni : 0;

	if (d == 0 && kx != NULL && ky != NULL)
		d = strcmp(kx, ky);
	return d != 0 ? d : memcmp(x->cert.sha256, y->cert.sha256, sizeof(x->cert.sha256));
}

static int
by_bits(const void *a, const void *b)
{
	const struct tw_dh *x = a, *y = b;

	return x->bits != y->bits ? (x->bits < y->bits ? -1 : 1) : strcmp(x->prime, y->prime);
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct tw_untested *)a)->path, ((const struct tw_untested *)b)->path);
}

#define SORT(list, compare) do { \
	if ((list).n > 1) \
		qsort((list).v, (list).n, sizeof(*(list).v), compare); \
} while (0)

static void
put_in_order(struct tw_facts *f)
{
	for (size_t i = 0; i < f->certificates.n; i++)
		SORT(f->certificates.v[i].served, by_served);
	SORT(f->certificates, by_certificate);
	SORT(f->dh, by_bits);
	SORT(f->untested, by_path);
}

/*
 * Nothing at all was accepted: a refusal may then have any reason (a name, a key, a
 * certificate we lack), so that no version is proved absent, nor anything else shown.
 */
static void
doubt_all(struct tw_facts *f)
{
	for (int v = 0; v < TW_VERSIONS; v++) {
		if (f->protocols[v] != TW_NO)
			continue;
		f->protocols[v] = TW_COULD_NOT_TEST;
		tw_facts_untested(f, tw_arena_fmt(f->arena, "protocols.%s", tw_versions[v].id),
		    TW_COULD_NOT_TEST, f->error);
	}
	if (f->tls != TW_REACH_ALERT)
		return;
	for (int i = 0; i < TW_FEATURES; i++)
		if (f->features[i] == TW_YES || f->features[i] == TW_NO)
			f->features[i] = TW_NOT_TESTED;
}

/* A server of which every version is a no, and that only ever sent alerts. */
static void
settle_reach(struct tw_facts *f)
{
	bool any = false;

	for (int v = 0; v < TW_VERSIONS; v++)
		any |= f->protocols[v] == TW_YES;
	if (any) {
		f->tls = TW_REACH_TLS;
		f->detail = NULL;
		f->error = NULL;
	} else if (f->tls == TW_REACH_ALERT) {
		f->detail = f->error = "the server answers with alerts alone: no version, suite or "
		    "name we offered is to its liking";
	} else if (f->tls == TW_REACH_TLS && f->error == NULL) {
		f->detail = f->error = f->sni == NULL
		    ? "the server speaks TLS, and wants a name: give one with --sni"
		    : "the server speaks TLS, and accepted no handshake with this name";
	}
	if (!any)
		doubt_all(f);
}

/* Asked for by no probe of this run. */
static void
settle_untested(struct endpoint *ep)
{
	static const char *const later[] = { "features.resumption",
		"features.client_renegotiation", "features.early_data" };
	struct tw_facts *f = ep->facts;

	if (f->tls != TW_REACH_TLS)
		return;
	if (f->quick) {
		tw_facts_untested(f, "suites", TW_NOT_TESTED, "--quick asks one hello");
		tw_facts_untested(f, "protocols", TW_NOT_TESTED, "--quick asks one hello");
		return;
	}
	for (size_t i = 0; i < TW_COUNT(later); i++)
		tw_facts_untested(f, later[i], TW_NOT_TESTED, "needs a finished session, which this "
		    "version does not make");
}

void
tw_finish_facts(struct endpoint *ep)
{
	struct tw_facts *f = ep->facts;

	for (size_t i = 0; i < f->certificates.n; i++)
		judge_certificate(ep, &f->certificates.v[i]);
	if (ep->probing_on)
		settle_reach(f);
	settle_untested(ep);
	tw_facts_infer(f);
	put_in_order(f);
}
