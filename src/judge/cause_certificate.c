/* Causes in the certificate: dates and the clock they are judged by, names, who vouches. */
#include "judge/causing.h"

#include <strings.h>

#include "base/text.h"

#define APART_S		43200	/* time zones put right by hand, and worse; a slow clock is not meant */

static const struct tw_certificate *
certificate(const struct tw_causing *c)
{
	return tw_causing_certificate(c->look);
}

static bool
is_at_fault(const struct tw_causing *c, struct tw_cause *found)
{
	/* Between mail servers nobody looks at certificates, where DANE or MTA-STS do not ask. */
	if (tw_causing_is_opportunistic(c->look))
		found->fault = false;
	return found->fault;
}

/* ---- the clock ---- */

/* What another clock says: port 80's, or the Date inside TLS. 0: none does. */
static int64_t
other_clock(const struct tw_causing *c)
{
	struct tw_http h;

	if (c->http.date != 0)
		return c->http.date;
	for (size_t i = 0; i < c->d->spots.n; i++)
		for (size_t k = 0; k < c->d->spots.v[i].looks.n; k++) {
			tw_http_read(c->d->spots.v[i].looks.v[k]->course.words, &h);
			if (h.date != 0)
				return h.date;
			/* A server that speaks in the clear shows its clock there. */
			tw_http_read(c->d->spots.v[i].looks.v[k]->banner, &h);
			if (h.date != 0)
				return h.date;
		}
	return 0;
}

struct dated {
	unsigned n, late, early;	/* distinct leaves; expired; not valid yet */
	unsigned well_then;		/* of the wrong ones, right by the other clock */
};

static struct dated
count_dates(const struct tw_causing *c, int64_t then)
{
	struct dated all = { 0 };
	uint8_t met[16][32];

	for (size_t i = 0; i < c->d->spots.n; i++)
		for (size_t k = 0; k < c->d->spots.v[i].looks.n; k++) {
			const struct tw_certificate *x =
			    tw_causing_certificate(c->d->spots.v[i].looks.v[k]);
			bool again = false;

			if (x == NULL || all.n == TW_COUNT(met))
				continue;
			for (unsigned m = 0; m < all.n; m++)
				again |= memcmp(met[m], x->cert.sha256, 32) == 0;
			if (again)
				continue;
			memcpy(met[all.n++], x->cert.sha256, 32);
			all.late += c->d->at > x->cert.not_after;
			all.early += c->d->at < x->cert.not_before;
			if (c->d->at > x->cert.not_after || c->d->at < x->cert.not_before)
				all.well_then += then >= x->cert.not_before && then <= x->cert.not_after;
		}
	return all;
}

void
tw_cause_clock_wrong(struct tw_causing *c)
{
	int64_t then = other_clock(c), apart = then - c->d->started;
	struct dated all = count_dates(c, then);
	char here[32], there[32];
	bool ahead = apart < 0;

	if (c->d->at_given || all.n == 0)
		return;
	if (then == 0) {
		if (all.n >= 2 && (all.early == all.n || all.late == all.n))
			tw_cause_find(c, TW_CAUSE_CLOCK_WRONG, TW_POSSIBLE, "All %u certificates of %s are %s by the "
			    "clock of this machine (%s): perhaps it is the clock.", all.n, c->d->host,
			    all.early > 0 ? "not valid yet" : "expired", tw_text_time(c->d->started, here));
		return;
	}
	if ((ahead ? -apart : apart) < APART_S)
		return;
	if (all.well_then > 0)
		tw_cause_find(c, TW_CAUSE_CLOCK_WRONG, TW_LIKELY, "The clock of this machine is wrong: it says %s, "
		    "the server says %s, and by its clock the certificate is valid. Ours is %s %s.",
		    tw_text_time(c->d->started, here), tw_text_time(then, there),
		    tw_causing_span(c, apart), ahead ? "ahead" : "behind");
	else if (all.late + all.early == 0)
		tw_cause_find(c, TW_CAUSE_CLOCK_WRONG, TW_POSSIBLE, "The clocks are %s apart: this machine says %s, "
		    "the server says %s. One of them is wrong; the certificate is valid by this one.",
		    tw_causing_span(c, apart), tw_text_time(c->d->started, here),
		    tw_text_time(then, there))->fault = false;
}

/* By a clock known to be wrong, dates say nothing. */
static bool
clock_is_wrong(const struct tw_causing *c)
{
	for (size_t i = 0; i < c->d->causes.n; i++)
		if (c->d->causes.v[i].id == TW_CAUSE_CLOCK_WRONG && c->d->causes.v[i].fault &&
		    c->d->causes.v[i].sure >= TW_LIKELY)
			return true;
	return false;
}

void
tw_cause_certificate_expired(struct tw_causing *c)
{
	const struct tw_certificate *x = certificate(c);
	char date[32];

	if (x == NULL || c->d->at <= x->cert.not_after || clock_is_wrong(c))
		return;
	tw_text_time(x->cert.not_after, date);
	date[10] = '\0';
	is_at_fault(c, tw_cause_find(c, TW_CAUSE_CERTIFICATE_EXPIRED, TW_CERTAIN, "The certificate on port %u of "
	    "%s expired on %s, %s ago.", c->spot->port, c->d->host, date,
	    tw_causing_span(c, c->d->at - x->cert.not_after)));
}

void
tw_cause_certificate_not_yet_valid(struct tw_causing *c)
{
	const struct tw_certificate *x = certificate(c);
	char date[32];

	if (x == NULL || c->d->at >= x->cert.not_before || clock_is_wrong(c))
		return;
	is_at_fault(c, tw_cause_find(c, TW_CAUSE_CERTIFICATE_NOT_YET_VALID, TW_CERTAIN, "The certificate on port "
	    "%u of %s is valid only from %s on, in %s.", c->spot->port, c->d->host,
	    tw_text_time(x->cert.not_before, date),
	    tw_causing_span(c, x->cert.not_before - c->d->at)));
}

void
tw_cause_certificate_revoked(struct tw_causing *c)
{
	const struct tw_certificate *x = certificate(c);

	if (x != NULL && x->revoked == TW_YES)
		is_at_fault(c, tw_cause_find(c, TW_CAUSE_CERTIFICATE_REVOKED, TW_CERTAIN, "The certificate on port "
		    "%u of %s is revoked; the server itself sends the proof.", c->spot->port, c->d->host));
}

/* ---- names ---- */

/* At most six names that would work; wildcards as they stand. *ret_first: one to type. */
static const char *
names_of(const struct tw_causing *c, const struct tw_certificate *x, const char **ret_first)
{
	const char *list = NULL;
	size_t shown = 0, left = 0;

	*ret_first = NULL;
	for (size_t i = 0; i < x->cert.names.n; i++) {
		const struct tw_name *n = &x->cert.names.v[i];
		const char *s;

		if (n->kind != TW_NAME_DNS && n->kind != TW_NAME_IP)
			continue;
		if (shown == 6) {
			left++;
			continue;
		}
		s = tw_causing_quote(c, n->value, 120);
		list = list == NULL ? s : tw_arena_fmt(c->arena, "%s, %s", list, s);
		if (*ret_first == NULL && n->kind == TW_NAME_DNS && n->value.n > 0 &&
		    n->value.p[0] != '*')
			*ret_first = s;
		shown++;
	}
	if (left > 0)
		list = tw_arena_fmt(c->arena, "%s and %zu more", list, left);
	return list;
}

/* The name the certificate was held against: --sni's, or the host's. */
static const char *
held_against(const struct tw_causing *c)
{
	const struct tw_facts *f = c->look;

	return f->sni != NULL ? f->sni : f->host;
}

static bool
is_misnamed(struct tw_causing *c)
{
	const struct tw_certificate *x = certificate(c);

	if (x == NULL || x->matches_host != TW_NO || tw_cause_is_found(c, TW_CAUSE_PORTAL))
		return false;
	c->names = names_of(c, x, &c->name);
	return true;
}

void
tw_cause_address_not_named(struct tw_causing *c)
{
	if (!c->d->is_address || c->look->sni != NULL || !is_misnamed(c))
		return;
	is_at_fault(c, tw_cause_find(c, TW_CAUSE_ADDRESS_NOT_NAMED, TW_CERTAIN, "You came by the address %s (as "
	    "%s), and the certificate there is for %s: a certificate names hosts, seldom addresses.",
	    c->d->host, tw_arena_fmt(c->arena, c->spot->port == 443 ? "https://%s/" : "%s:%u",
	    c->d->host, c->spot->port), c->names != NULL ? c->names : "no name at all"));
}

/* One more label than a wildcard covers, or the bare domain beside it: people meet these two. */
static const char *
near_miss(const struct tw_causing *c, const struct tw_certificate *x)
{
	const char *host = held_against(c), *dot;

	for (size_t i = 0; i < x->cert.names.n; i++) {
		struct tw_bytes n = x->cert.names.v[i].value;

		if (x->cert.names.v[i].kind != TW_NAME_DNS || n.n < 3 || n.p[0] != '*')
			continue;
		n.p += 2;
		n.n -= 2;
		if (strlen(host) == n.n && strncasecmp(host, (const char *)n.p, n.n) == 0)
			return "; a wildcard does not cover the domain itself";
		dot = strchr(host, '.');
		dot = dot != NULL ? strchr(dot + 1, '.') : NULL;
		if (dot != NULL && strlen(dot + 1) == n.n &&
		    strncasecmp(dot + 1, (const char *)n.p, n.n) == 0)
			return "; a wildcard covers one label, not two";
	}
	return "";
}

void
tw_cause_name_mismatch(struct tw_causing *c)
{
	if ((c->d->is_address && c->look->sni == NULL) || !is_misnamed(c))
		return;
	is_at_fault(c, tw_cause_find(c, TW_CAUSE_NAME_MISMATCH, TW_CERTAIN, "The certificate on port %u of %s is "
	    "not for %s but for %s%s.", c->spot->port, c->d->host, held_against(c),
	    c->names != NULL ? c->names : certificate(c)->cert.common_name.n > 0
	    ? tw_arena_fmt(c->arena, "no name (only a common name, %s, which clients no longer read)",
	    tw_causing_quote(c, certificate(c)->cert.common_name, 120)) : "no name at all",
	    near_miss(c, certificate(c))));
}

/* ---- who vouches ---- */

static bool
is_distrusted(const struct tw_causing *c, enum tw_trust_verdict verdict)
{
	const struct tw_certificate *x = certificate(c);

	return x != NULL && x->trusted == TW_NO && x->trust.verdict == verdict &&
	    !tw_cause_is_found(c, TW_CAUSE_INSPECTED) && !tw_cause_is_found(c, TW_CAUSE_PORTAL);
}

static const char *
reason(const struct tw_causing *c)
{
	const struct tw_certificate *x = certificate(c);

	return x->trust_error != NULL ? x->trust_error : "no reason given";
}

void
tw_cause_self_signed(struct tw_causing *c)
{
	if (is_distrusted(c, TW_SELF_SIGNED))
		is_at_fault(c, tw_cause_find(c, TW_CAUSE_SELF_SIGNED, TW_CERTAIN, "The certificate on port %u of %s "
		    "is signed by itself (%s): nobody vouches for it.", c->spot->port, c->d->host,
		    tw_causing_quote(c, certificate(c)->cert.subject, 120)));
}

void
tw_cause_chain_incomplete(struct tw_causing *c)
{
	const struct tw_certificate *x = certificate(c);

	if (is_distrusted(c, TW_CHAIN_BROKEN) ||
	    (is_distrusted(c, TW_UNTRUSTED_ROOT) && (x->trust.issues & TW_CHAIN_INCOMPLETE)))
		is_at_fault(c, tw_cause_find(c, TW_CAUSE_CHAIN_INCOMPLETE, TW_LIKELY, "The server on port %u of %s "
		    "does not send the certificate that signed its own (\"%s\"): clients cannot build the "
		    "chain.", c->spot->port, c->d->host, tw_causing_quote(c, x->cert.issuer, 120)));
}

void
tw_cause_chain_expired(struct tw_causing *c)
{
	if (is_distrusted(c, TW_CHAIN_OUT_OF_DATE) && !clock_is_wrong(c))
		is_at_fault(c, tw_cause_find(c, TW_CAUSE_CHAIN_EXPIRED, TW_CERTAIN, "The chain on port %u of %s is "
		    "out of date above the server's own certificate: %s.", c->spot->port, c->d->host,
		    reason(c)));
}

void
tw_cause_ca_untrusted(struct tw_causing *c)
{
	if (is_distrusted(c, TW_UNTRUSTED_ROOT) && !tw_cause_is_found(c, TW_CAUSE_CHAIN_INCOMPLETE))
		is_at_fault(c, tw_cause_find(c, TW_CAUSE_CA_UNTRUSTED, TW_CERTAIN, "The certificate on port %u of %s "
		    "is issued by \"%s\", a CA this machine does not know.", c->spot->port, c->d->host,
		    tw_causing_quote(c, certificate(c)->cert.issuer, 120)));
}

void
tw_cause_certificate_unfit(struct tw_causing *c)
{
	if (is_distrusted(c, TW_NAME_CONSTRAINT) || is_distrusted(c, TW_BAD_SIGNATURE) ||
	    is_distrusted(c, TW_WRONG_PURPOSE) || is_distrusted(c, TW_TRUST_OTHER))
		is_at_fault(c, tw_cause_find(c, TW_CAUSE_CERTIFICATE_UNFIT, TW_CERTAIN, "The certificate on port %u "
		    "of %s does not stand: %s.", c->spot->port, c->d->host, reason(c)));
}
