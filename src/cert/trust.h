/*
 * trust.h -- inside tw_trust_judge(): what was sent, the path libcrypto found,
 * and what each file makes of the two. Not for other floors.
 */
#ifndef TW_CERT_TRUST_H
#define TW_CERT_TRUST_H

#include <openssl/x509_vfy.h>

#include "cert/asn1.h"
#include "cert/cert.h"

#define TW_TRUST_SENT	32	/* certificates of a chain that are looked at */
#define TW_TRUST_DEPTH	10	/* intermediates on a path */
#define TW_TRUST_ERRORS	16

struct tw_sent {
	X509 *v[TW_TRUST_SENT];		/* leaf first; only those that could be read */
	size_t n;
	size_t bytes;			/* of all, as sent */
	bool unreadable;		/* one that is no certificate, or one past the bound */
};

struct tw_path_error {
	int code;		/* X509_V_ERR_… */
	int depth;		/* 0: the leaf */
	X509 *cert;		/* on the path; NULL: of no one certificate */
};

struct tw_path {
	STACK_OF(X509) *certs;	/* leaf first, as far as it could be built */
	struct tw_path_error errors[TW_TRUST_ERRORS];
	size_t errors_n;
	int64_t at;
	bool has_costly;	/* an issuer was passed over whose key costs too much to use */
};

/* By names and key identifiers, whether it was allowed to or not: did issuer issue x? */
bool tw_path_links(X509 *issuer, X509 *x);
/* path.c: the path from sent->v[0] towards a root of store, and all that is wrong with it. */
void tw_path_find(X509_STORE *store, const struct tw_sent *sent, int64_t at, struct tw_path *ret);
void tw_path_clear(struct tw_path *p);
/* Its verdict, and in *ret_why the error that decided it (NULL: trusted). */
enum tw_trust_verdict tw_path_verdict(const struct tw_path *p,
    const struct tw_path_error **ret_why);
X509 *tw_path_top(const struct tw_path *p);	/* the last one reached */

/* issues.c: enum tw_chain_issue bits of what was sent */
unsigned tw_issues_of(const struct tw_sent *sent, const struct tw_path *p);
/* Does x say where the certificate of its issuer can be fetched (AIA caIssuers)? */
bool tw_issues_names_issuer(const X509 *x);

/* reason.c: one sentence in arena memory; peer text in it is escaped. */
const char *tw_reason_of(struct tw_arena *a, const struct tw_path *p,
    const struct tw_path_error *why, bool no_roots);

/* True when at is outside the dates of x; both ends belong to them (RFC 5280 4.1.2.5). */
bool tw_path_out_of_date(const X509 *x, int64_t at);

#endif
