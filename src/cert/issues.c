/*
 * What is wrong with a chain as it was sent, apart from whether it is trusted:
 * by the links "j may have issued i" among the certificates themselves, so that
 * cross-signed ones, of which a path uses only one, are not taken for extra.
 */
#include <openssl/x509v3.h>

#include "cert/trust.h"

struct links {
	bool issued[TW_TRUST_SENT][TW_TRUST_SENT];	/* [j][i]: j issued i */
	bool used[TW_TRUST_SENT];			/* some path up from the leaf meets it */
	bool self[TW_TRUST_SENT];			/* its own issuer */
	bool again[TW_TRUST_SENT];			/* the same certificate stands before it */
};

bool
tw_issues_names_issuer(const X509 *x)
{
	AUTHORITY_INFO_ACCESS *info = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	int n = info == NULL ? 0 : sk_ACCESS_DESCRIPTION_num(info);
	bool names = false;

	for (int i = 0; i < n && i < TW_ASN1_ITEMS; i++)
		names = names || OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(info, i)->method) ==
		    NID_ad_ca_issuers;
	AUTHORITY_INFO_ACCESS_free(info);
	return names;
}

static void
link_up(const struct tw_sent *s, struct links *ret)
{
	*ret = (struct links){ .used = { [0] = s->n > 0 } };
	for (size_t i = 0; i < s->n; i++) {
		ret->self[i] = tw_path_links(s->v[i], s->v[i]);
		for (size_t j = 0; j < s->n; j++) {
			if (j < i && X509_cmp(s->v[i], s->v[j]) == 0)
				ret->again[i] = true;
			ret->issued[j][i] = i != j && tw_path_links(s->v[j], s->v[i]);
		}
	}
	/* At most n rounds: each but the last marks one more. */
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < s->n; i++)
			for (size_t j = 0; j < s->n; j++)
				if (ret->used[i] && ret->issued[j][i] && !ret->used[j] &&
				    !ret->again[j])
					ret->used[j] = more = true;
	}
}

/* A certificate that stands before one it has issued (and not the other way round as well). */
static bool
out_of_order(const struct tw_sent *s, const struct links *l)
{
	for (size_t j = 1; j < s->n; j++)
		for (size_t i = j + 1; i < s->n; i++)
			if (l->used[j] && l->used[i] && l->issued[j][i] && !l->issued[i][j])
				return true;
	return false;
}

static bool
on_path(const struct tw_path *p, const X509 *x)
{
	int n = p->certs == NULL ? 0 : sk_X509_num(p->certs);

	for (int i = 0; i < n; i++)
		if (X509_cmp(sk_X509_value(p->certs, i), x) == 0)
			return true;
	return false;
}

static bool
was_sent(const struct tw_sent *s, const X509 *x)
{
	for (size_t i = 0; i < s->n; i++)
		if (X509_cmp(s->v[i], x) == 0)
			return true;
	return false;
}

/* The path needs an intermediate that the trust store had, or stops where one was left out. */
static bool
incomplete(const struct tw_sent *s, const struct tw_path *p)
{
	int n = p->certs == NULL ? 0 : sk_X509_num(p->certs);
	X509 *top = tw_path_top(p);

	for (int i = 1; i < n - 1; i++)
		if (!was_sent(s, sk_X509_value(p->certs, i)))
			return true;
	if (top == NULL || tw_path_links(top, top))
		return false;
	return n == 1 || !was_sent(s, top) || tw_issues_names_issuer(top);
}

unsigned
tw_issues_of(const struct tw_sent *s, const struct tw_path *p)
{
	struct links l;
	unsigned bits = s->unreadable ? TW_CHAIN_EXTRA : 0;

	link_up(s, &l);
	for (size_t i = 1; i < s->n; i++) {
		if (!l.used[i])
			bits |= TW_CHAIN_EXTRA;
		else if (l.self[i])
			bits |= TW_CHAIN_ROOT_SENT;
		if (tw_path_out_of_date(s->v[i], p->at))
			bits |= on_path(p, s->v[i]) ? TW_CHAIN_INTERMEDIATE_EXPIRED
			    : TW_CHAIN_EXPIRED_OFF_PATH;
	}
	if (out_of_order(s, &l))
		bits |= TW_CHAIN_ORDER;
	if (incomplete(s, p))
		bits |= TW_CHAIN_INCOMPLETE;
	if (s->bytes > TW_CHAIN_LARGE_BYTES)
		bits |= TW_CHAIN_LARGE;
	return bits;
}
