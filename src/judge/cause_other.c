/* Causes where somebody else answers in the server's place: proxies, portals, inspection. */
#include "judge/causing.h"

#include <strings.h>

static struct tw_http
plain_answer(const struct tw_facts *f)
{
	struct tw_http h = { 0 };

	if (f->tls == TW_REACH_PLAINTEXT && f->banner.p != NULL)
		tw_http_read(f->banner, &h);
	return h;
}

void
tw_cause_proxy_refused(struct tw_causing *c)
{
	const struct tw_facts *f = c->look;

	if (c->d->through_proxy && f->tls == TW_REACH_CLOSED && f->detail != NULL &&
	    strncmp(f->detail, "the proxy", 9) == 0)
		tw_cause_find(c, TW_CAUSE_PROXY_REFUSED, TW_CERTAIN, "The way through the proxy is shut: %s.",
		    f->detail);
	else if (c->d->through_proxy && f->tcp != TW_TCP_OPEN)
		tw_cause_find(c, TW_CAUSE_PROXY_REFUSED, TW_CERTAIN, "The proxy itself cannot be reached: %s.",
		    f->detail != NULL ? f->detail : tw_tcp_names[f->tcp]);
}

/* The host a Location leads to: "http://portal.example/login" -> "portal.example". */
static struct tw_bytes
host_of(struct tw_bytes url)
{
	for (size_t i = 0; i + 3 <= url.n; i++)
		if (memcmp(url.p + i, "://", 3) == 0) {
			size_t n = 0;

			url = (struct tw_bytes){ url.p + i + 3, url.n - i - 3 };
			while (n < url.n && strchr("/:?#", url.p[n]) == NULL)
				n++;
			return (struct tw_bytes){ url.p, n };
		}
	return (struct tw_bytes){ NULL, 0 };
}

/* Does one name lie in the domain of the other (www. and without it, example.com and its hosts)? */
static bool
is_kin(struct tw_bytes other, const char *host)
{
	size_t n = strlen(host);
	const char *o = (const char *)other.p;

	if (other.n == n)
		return strncasecmp(o, host, n) == 0;
	if (other.n > n)
		return o[other.n - n - 1] == '.' && strncasecmp(o + other.n - n, host, n) == 0;
	return host[n - other.n - 1] == '.' && strncasecmp(host + n - other.n, o, other.n) == 0;
}

static bool
sends_elsewhere(const struct tw_causing *c, const struct tw_http *h)
{
	struct tw_bytes to = host_of(h->location);

	return h->status >= 300 && h->status < 400 && to.n > 0 && c->d->host != NULL &&
	    !is_kin(to, c->d->host);
}

/*
 * Something is wrong with who answers: no TLS, or a certificate nobody vouches for. One of a
 * known CA for another name is what a service that only forwards a domain has, too.
 */
static bool
is_stranger(const struct tw_diagnosis *d)
{
	for (size_t i = 0; i < d->spots.n; i++)
		for (size_t k = 0; d->spots.v[i].role == TW_ROLE_ASKED &&
		    k < d->spots.v[i].looks.n; k++) {
			const struct tw_facts *f = d->spots.v[i].looks.v[k];
			const struct tw_certificate *x = tw_causing_certificate(f);

			if (!tw_causing_has_tls(f) || (x != NULL && x->trusted == TW_NO))
				return true;
		}
	return false;
}

void
tw_cause_portal(struct tw_causing *c)
{
	const struct tw_diagnosis *d = c->d;

	if (c->http.status == 511) {	/* RFC 6585 6: it says so itself */
		tw_cause_find(c, TW_CAUSE_PORTAL, TW_CERTAIN, "A portal of this network answers for %s: it "
		    "wants you to log in first (HTTP 511).", d->host);
		return;
	}
	for (size_t i = 0; i < d->spots.n; i++)
		for (size_t k = 0; d->spots.v[i].role == TW_ROLE_ASKED &&
		    k < d->spots.v[i].looks.n; k++) {
			struct tw_http h = plain_answer(d->spots.v[i].looks.v[k]);

			if (h.status == 511 || sends_elsewhere(c, &h))
				tw_cause_find(c, TW_CAUSE_PORTAL, h.status == 511 ? TW_CERTAIN : TW_LIKELY,
				    "A portal answers for %s: to a TLS hello comes plain HTTP (%s).", d->host,
				    tw_causing_quote(c, h.line, 80));
		}
	if (!tw_cause_is_found(c, TW_CAUSE_PORTAL) && sends_elsewhere(c, &c->http) && is_stranger(d))
		tw_cause_find(c, TW_CAUSE_PORTAL, TW_LIKELY, "A portal answers for %s: its port 80 sends "
		    "everybody to %s, and what answers for TLS is not the server.", d->host,
		    tw_causing_quote(c, host_of(c->http.location), 120));
}

static bool
has_word(struct tw_bytes v, const char *word)
{
	return v.p != NULL && tw_bytes_contain(v, word);
}

void
tw_cause_proxy_answers(struct tw_causing *c)
{
	struct tw_http h = plain_answer(c->look);

	if (!h.is_http || tw_cause_is_found(c, TW_CAUSE_PORTAL))
		return;
	if (h.status == 407 || h.via.p != NULL || has_word(h.head, "X-Squid-Error") ||
	    has_word(h.server, "squid") || has_word(h.server, "tinyproxy") ||
	    has_word(h.head, "Proxy-"))
		tw_cause_find(c, TW_CAUSE_PROXY_ANSWERS, h.status == 407 ? TW_CERTAIN : TW_LIKELY,
		    "A web proxy answers on port %u of %s, not the server: it takes our TLS hello for a bad "
		    "request (%s).", c->spot->port, c->d->host, tw_causing_quote(c, h.line, 80));
}

static const struct { const char *word, *who; } inspectors[] = {
#define I(word, who) { word, who },
#include "data/inspectors.def"
#undef I
};

void
tw_cause_inspected(struct tw_causing *c)
{
	const struct tw_certificate *x = tw_causing_certificate(c->look);

	for (size_t i = 0; x != NULL && i < TW_COUNT(inspectors); i++) {
		struct tw_cause *found;

		if (!tw_bytes_contain(x->cert.issuer, inspectors[i].word))
			continue;
		if (x->trusted == TW_YES && x->trust.public_root)
			continue;	/* a customer's own public certificate */
		found = tw_cause_find(c, TW_CAUSE_INSPECTED, TW_LIKELY, "%s opens the TLS of %s on the way and "
		    "answers in its place: the certificate is issued by \"%s\"%s.", inspectors[i].who,
		    c->d->host, tw_causing_quote(c, x->cert.issuer, 120), x->trusted == TW_YES
		    ? ", which this machine trusts" : ", which this machine does not trust");
		/* Where it is trusted, somebody has meant it so. */
		found->fault = x->trusted != TW_YES;
		return;
	}
}
