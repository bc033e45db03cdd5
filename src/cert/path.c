/*
 * The path from a leaf to a root, built and verified by libcrypto at a given
 * moment. It goes on past errors and collects them: the caller chooses the one
 * that says most.
 */
#include <openssl/x509v3.h>

#include "cert/trust.h"

#define DETOURS 4

/* What each error means; the first row of this list that was met decides. */
static const struct {
	int code;
	enum tw_trust_verdict verdict;
} meanings[] = {
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, TW_BAD_SIGNATURE },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, TW_BAD_SIGNATURE },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, TW_SELF_SIGNED },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, TW_UNTRUSTED_ROOT },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, TW_CHAIN_BROKEN },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, TW_CHAIN_BROKEN },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, TW_CHAIN_BROKEN },
	{ X509_V_ERR_PERMITTED_VIOLATION, TW_NAME_CONSTRAINT },
	{ X509_V_ERR_EXCLUDED_VIOLATION, TW_NAME_CONSTRAINT },
	{ X509_V_ERR_SUBTREE_MINMAX, TW_NAME_CONSTRAINT },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, TW_NAME_CONSTRAINT },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, TW_NAME_CONSTRAINT },
	{ X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, TW_NAME_CONSTRAINT },
	{ X509_V_ERR_INVALID_CA, TW_WRONG_PURPOSE },
	{ X509_V_ERR_INVALID_PURPOSE, TW_WRONG_PURPOSE },
	{ X509_V_ERR_CERT_REJECTED, TW_WRONG_PURPOSE },
};

/* Only where nothing above was met. */
static bool
is_about_dates(int code)
{
	return code == X509_V_ERR_CERT_HAS_EXPIRED || code == X509_V_ERR_CERT_NOT_YET_VALID;
}

bool
tw_path_out_of_date(const X509 *x, int64_t at)
{
	int64_t from, to;

	return !tw_asn1_time(X509_get0_notBefore(x), &from) ||
	    !tw_asn1_time(X509_get0_notAfter(x), &to) || at < from || at > to;
}

/* Notes the error and lets the verification go on. */
static int
note(int ok, X509_STORE_CTX *ctx)
{
	struct tw_path *p = X509_STORE_CTX_get_app_data(ctx);
	struct tw_path_error e = { .code = X509_STORE_CTX_get_error(ctx),
		.depth = X509_STORE_CTX_get_error_depth(ctx),
		.cert = X509_STORE_CTX_get_current_cert(ctx) };

	if (ok)
		return 1;
	/* libcrypto takes the last second for gone already. */
	if (is_about_dates(e.code) && e.cert != NULL && !tw_path_out_of_date(e.cert, p->at))
		return 1;
	for (size_t i = 0; i < p->errors_n; i++)
		if (p->errors[i].code == e.code && p->errors[i].depth == e.depth)
			return 1;
	if (p->errors_n < TW_TRUST_ERRORS)
		p->errors[p->errors_n++] = e;
	return p->errors_n < TW_TRUST_ERRORS;
}

/* One error more, of no certificate: something that libcrypto did not say aloud. */
static void
add_error(struct tw_path *p, int code)
{
	if (p->errors_n < TW_TRUST_ERRORS)
		p->errors[p->errors_n++] = (struct tw_path_error){ .code = code };
}

static X509_STORE_CTX *
context(X509_STORE *store, X509 *leaf, STACK_OF(X509) *others, struct tw_path *p)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;

	if (ctx == NULL || X509_STORE_CTX_init(ctx, store, leaf, others) != 1) {
		X509_STORE_CTX_free(ctx);
		return NULL;
	}
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)p->at);
	X509_VERIFY_PARAM_set_depth(param, TW_TRUST_DEPTH);
	/* Weak signatures are a finding of our own; the others must still be told apart. */
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_TRUSTED_FIRST);
	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
	X509_STORE_CTX_set_app_data(ctx, p);
	X509_STORE_CTX_set_verify_cb(ctx, note);
	return ctx;
}

X509 *
tw_path_top(const struct tw_path *p)
{
	int n = p->certs == NULL ? 0 : sk_X509_num(p->certs);

	return n == 0 ? NULL : sk_X509_value(p->certs, n - 1);
}

/* An intermediate on top whose issuer nobody has: its root is unknown, unless it says where
 * its issuer's certificate lies, as public intermediates do; then that one was left out. */
static enum tw_trust_verdict
unfinished(const struct tw_path *p)
{
	X509 *top = tw_path_top(p);

	if (top == NULL || sk_X509_num(p->certs) == 1 || tw_issues_names_issuer(top))
		return TW_CHAIN_BROKEN;
	return TW_UNTRUSTED_ROOT;
}

enum tw_trust_verdict
tw_path_verdict(const struct tw_path *p, const struct tw_path_error **ret_why)
{
	const struct tw_path_error *leaf = NULL, *chain = NULL, *other = NULL;

	*ret_why = NULL;
	for (size_t m = 0; m < TW_COUNT(meanings); m++)
		for (size_t i = 0; i < p->errors_n; i++)
			if (p->errors[i].code == meanings[m].code) {
				*ret_why = &p->errors[i];
				return meanings[m].verdict == TW_CHAIN_BROKEN ? unfinished(p)
				    : meanings[m].verdict;
			}
	for (size_t i = 0; i < p->errors_n; i++) {
		const struct tw_path_error *e = &p->errors[i];

		if (!is_about_dates(e->code))
			other = other != NULL ? other : e;
		else if (e->depth == 0)
			leaf = e;
		else
			chain = chain != NULL ? chain : e;
	}
	*ret_why = other != NULL ? other : chain != NULL ? chain : leaf;
	return other != NULL ? TW_TRUST_OTHER : chain != NULL ? TW_CHAIN_OUT_OF_DATE
	    : leaf != NULL ? TW_LEAF_OUT_OF_DATE : TW_TRUSTED;
}

void
tw_path_clear(struct tw_path *p)
{
	sk_X509_pop_free(p->certs, X509_free);
	*p = (struct tw_path){ 0 };
}

bool
tw_path_links(X509 *issuer, X509 *x)
{
	int rc = X509_check_issued(issuer, x);

	return rc == X509_V_OK || rc == X509_V_ERR_KEYUSAGE_NO_CERTSIGN;
}

static void
try(X509_STORE *store, X509 *leaf, STACK_OF(X509) *others, int64_t at, struct tw_path *ret)
{
	X509_STORE_CTX *ctx;

	*ret = (struct tw_path){ .at = at };
	ctx = context(store, leaf, others, ret);
	if (ctx == NULL) {
		add_error(ret, X509_V_ERR_OUT_OF_MEM);
		return;
	}
	/* note() lets every error pass, so this is one that it was not told of. */
	if (X509_verify_cert(ctx) != 1)
		add_error(ret, X509_V_ERR_UNSPECIFIED);
	ret->certs = X509_STORE_CTX_get1_chain(ctx);
	if (ret->certs == NULL && ret->errors_n == 0)
		add_error(ret, X509_V_ERR_UNSPECIFIED);
	X509_STORE_CTX_free(ctx);
}

/* The certificate that led p astray: a dead end on top, or an issuer that did not sign. */
static X509 *
wrong_turn(const struct tw_path *p, enum tw_trust_verdict verdict,
    const struct tw_path_error *why)
{
	int n = p->certs == NULL ? 0 : sk_X509_num(p->certs);

	if (verdict == TW_UNTRUSTED_ROOT || verdict == TW_CHAIN_BROKEN)
		return n > 1 ? tw_path_top(p) : NULL;
	if (verdict == TW_BAD_SIGNATURE && why->depth >= 0 && why->depth + 1 < n)
		return sk_X509_value(p->certs, why->depth + 1);
	return NULL;
}

static bool
take_out(STACK_OF(X509) *others, const X509 *x)
{
	bool found = false;

	for (int i = sk_X509_num(others) - 1; i >= 0; i--)
		if (X509_cmp(sk_X509_value(others, i), x) == 0) {
			sk_X509_delete(others, i);
			found = true;
		}
	return found;
}

/*
 * libcrypto takes the first issuer that fits and never turns back. Where that
 * ends nowhere, a cross-signed twin may still lead to a root: go again without
 * the wrong turn. The first path stays the answer unless another one is better.
 */
void
tw_path_find(X509_STORE *store, const struct tw_sent *sent, int64_t at, struct tw_path *ret)
{
	STACK_OF(X509) *others = sk_X509_new_null();
	const struct tw_path_error *why;
	enum tw_trust_verdict verdict;
	struct tw_path next;
	bool has_costly = false;
	X509 *turn;

	for (size_t i = 1; i < sent->n && others != NULL; i++)
		if (X509_get0_pubkey(sent->v[i]) == NULL || tw_asn1_verifying_key(sent->v[i]) != NULL)
			sk_X509_push(others, sent->v[i]);
		else
			has_costly = true;
	try(store, sent->v[0], others, at, ret);
	ret->has_costly = has_costly;
	verdict = tw_path_verdict(ret, &why);
	turn = wrong_turn(ret, verdict, why);
	for (int i = 0; i < DETOURS && turn != NULL && take_out(others, turn); i++) {
		try(store, sent->v[0], others, at, &next);
		verdict = tw_path_verdict(&next, &why);
		turn = wrong_turn(&next, verdict, why);
		if (verdict == TW_TRUSTED || verdict == TW_LEAF_OUT_OF_DATE) {
			tw_path_clear(ret);
			*ret = next;
			break;
		}
		tw_path_clear(&next);	/* turn stays: sent or the store owns it */
	}
	sk_X509_free(others);
}
