/* Why a chain is not trusted, in one plain sentence that names the certificate. */
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "cert/trust.h"

#define NAME_BYTES 160		/* of a peer's name in a sentence */

/* Quoted and escaped, cut at a whole character. */
static const char *
quoted(struct tw_arena *a, const X509_NAME *name)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	struct tw_bytes v = at < 0 ? tw_asn1_name(a, name)
	    : tw_asn1_string(a, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	bool cut = v.n > NAME_BYTES;

	if (v.n == 0)
		return "(no name)";
	if (cut)
		for (v.n = NAME_BYTES; v.n > 0 && (v.p[v.n] & 0xc0) == 0x80;)
			v.n--;
	return tw_arena_fmt(a, "\"%s%s\"", tw_text_escaped(a, v), cut ? "…" : "");
}

static const char *
subject(struct tw_arena *a, const X509 *x)
{
	return x == NULL ? "(unknown)" : quoted(a, X509_get_subject_name(x));
}

static const char *
issuer(struct tw_arena *a, const X509 *x)
{
	return x == NULL ? "(unknown)" : quoted(a, X509_get_issuer_name(x));
}

static X509 *
at_depth(const struct tw_path *p, int depth)
{
	int n = p->certs == NULL ? 0 : sk_X509_num(p->certs);

	return depth >= 0 && depth < n ? sk_X509_value(p->certs, depth) : NULL;
}

static const char *
span(struct tw_arena *a, int64_t seconds)
{
	int64_t days = seconds / 86400;

	return days == 0 ? "less than a day"
	    : tw_arena_fmt(a, "%lld day%s", (long long)days, days == 1 ? "" : "s");
}

static const char *
dates(struct tw_arena *a, const struct tw_path *p, const struct tw_path_error *e)
{
	const char *who = e->depth == 0 ? "" : tw_arena_fmt(a, " of %s", subject(a, e->cert));
	bool late = e->code == X509_V_ERR_CERT_HAS_EXPIRED;
	int64_t t = p->at;
	char day[32];

	if (e->cert != NULL)
		tw_asn1_time(late ? X509_get0_notAfter(e->cert) : X509_get0_notBefore(e->cert),
		    &t);
	tw_text_time(t, day);
	day[10] = '\0';		/* the date is enough */
	if (late)
		return tw_arena_fmt(a, "the certificate%s expired on %s, %s before", who, day,
		    span(a, p->at - t));
	return tw_arena_fmt(a, "the certificate%s is not valid before %s, %s later", who, day,
	    span(a, t - p->at));
}

/* The first issuer above the offender that sets name constraints. */
static const char *
constraints(struct tw_arena *a, const struct tw_path *p, const struct tw_path_error *e)
{
	const char *who = e->depth == 0 ? "the certificate's names"
	    : tw_arena_fmt(a, "the names of %s", subject(a, e->cert));

	for (int i = e->depth + 1; at_depth(p, i) != NULL; i++)
		if (X509_get_ext_by_NID(at_depth(p, i), NID_name_constraints, -1) >= 0)
			return tw_arena_fmt(a, "%s are not among those its issuer %s may certify "
			    "(name constraints)", who, subject(a, at_depth(p, i)));
	return tw_arena_fmt(a, "%s break a name constraint of an issuer", who);
}

static const char *
purpose(struct tw_arena *a, const struct tw_path_error *e)
{
	if (e->code == X509_V_ERR_INVALID_CA)
		return tw_arena_fmt(a, "%s signed the next certificate but is no certificate "
		    "authority", subject(a, e->cert));
	if (e->depth == 0)
		return "the certificate is not meant for TLS servers (key usage)";
	return tw_arena_fmt(a, "the issuer %s is not meant for TLS servers (key usage)",
	    subject(a, e->cert));
}

const char *
tw_reason_of(struct tw_arena *a, const struct tw_path *p, const struct tw_path_error *why,
    bool no_roots)
{
	const char *where = no_roots ? "no trust store was found here" : "in no trust store here";
	X509 *top = tw_path_top(p);

	switch (why->code) {
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
		return tw_arena_fmt(a, "the signature on the certificate of %s is not its issuer's",
		    subject(a, why->cert));
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return tw_arena_fmt(a, "the certificate is self-signed%s%s",
		    no_roots ? "; " : " and ", where);
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return tw_arena_fmt(a, "the root %s is %s%s", subject(a, top),
		    no_roots ? "unknown; " : "", where);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		if (p->has_costly)
			return "an issuer's key is too large for a signature to be checked with it";
		return tw_arena_fmt(a, "the issuer %s was not sent%s%s", issuer(a, top),
		    no_roots ? "; " : " and is ", where);
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return dates(a, p, why);
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
	case X509_V_ERR_SUBTREE_MINMAX:
	case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
	case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
	case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
		return constraints(a, p, why);
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_INVALID_PURPOSE:
		return purpose(a, why);
	case X509_V_ERR_CERT_REJECTED:
		return tw_arena_fmt(a, "the trust store rejects %s for TLS servers",
		    subject(a, why->cert));
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
		return tw_arena_fmt(a, "the path below %s is longer than it allows",
		    subject(a, why->cert));
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
		return tw_arena_fmt(a, "the signature on the certificate of %s could not be "
		    "checked: its issuer's key is of a kind not known here",
		    subject(a, at_depth(p, why->depth > 0 ? why->depth - 1 : 0)));
	case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
		return tw_arena_fmt(a, "the certificate of %s has a critical extension not known "
		    "here", subject(a, why->cert));
	default:
		return tw_arena_fmt(a, "%s (certificate of %s)",
		    X509_verify_cert_error_string(why->code), subject(a, why->cert));
	}
}
