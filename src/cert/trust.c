/*
 * The roots, and the judgement of a chain by them; see cert.h. What was judged
 * is kept a while: a thousand ports of one house show the same few chains.
 * One struct tw_trust belongs to one thread.
 */
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/crypto.h"
#include "base/text.h"
#include "cert/facts.h"
#include "cert/shelf.h"
#include "cert/trust.h"

#define KEPT 256
#define SOURCES 8
#define ASKED 1024
#define DAY 86400

struct kept {
	uint8_t key[32];	/* SHA-256 over the chain */
	int64_t from, to;	/* moments for which it holds: from <= at < to */
	struct tw_trust_result result;
	char *reason;		/* owned */
};

struct source {			/* see tw_trust_add_source() */
	void (*find)(void *arg, struct tw_trust *t, uint32_t subject_hash);
	void (*end)(void *arg);
	void *arg;
	bool system;
};

struct tw_trust {
	X509_STORE *all, *system;	/* system: those of the operating system alone */
	bool adding_system;
	bool has_roots;
	struct source sources[SOURCES];
	size_t sources_n;
	uint32_t asked[ASKED];		/* subject hashes the sources were asked for */
	size_t asked_n, asked_next;
	struct kept *kept;		/* KEPT of them */
	size_t kept_n, kept_next;
	struct tw_shelf *shelf;
};

struct tw_trust *
tw_trust_new(void)
{
	struct tw_trust *t = calloc(1, sizeof(*t));

	if (t != NULL) {
		t->all = X509_STORE_new();
		t->system = X509_STORE_new();
		t->kept = calloc(KEPT, sizeof(*t->kept));
		t->shelf = tw_shelf_new();
	}
	if (t == NULL || t->all == NULL || t->system == NULL || t->kept == NULL)
		abort();	/* out of memory at start, as an arena would */
	return t;
}

static void
forget(struct tw_trust *t)
{
	for (size_t i = 0; i < t->kept_n; i++)
		free(t->kept[i].reason);
	t->kept_n = t->kept_next = 0;
}

void
tw_trust_free(struct tw_trust *t)
{
	if (t == NULL)
		return;
	forget(t);
	for (size_t i = 0; i < t->sources_n; i++)
		t->sources[i].end(t->sources[i].arg);
	free(t->kept);
	tw_shelf_free(t->shelf);
	X509_STORE_free(t->all);
	X509_STORE_free(t->system);
	free(t);
}

void
tw_trust_adds_system_roots(struct tw_trust *t, bool yes)
{
	t->adding_system = yes;
}

struct tw_shelf *
tw_trust_shelf(struct tw_trust *t)
{
	return t == NULL ? NULL : t->shelf;
}

bool
tw_trust_is_empty(const struct tw_trust *t)
{
	return !t->has_roots;
}

static void
add(struct tw_trust *t, X509 *x)
{
	forget(t);
	X509_STORE_add_cert(t->all, x);
	if (t->adding_system)
		X509_STORE_add_cert(t->system, x);
	t->has_roots = true;
}

int
tw_trust_add(struct tw_trust *t, struct tw_bytes der, struct tw_err *err)
{
	X509 *x;

	ERR_set_mark();
	x = tw_asn1_read(der);
	if (x != NULL)
		add(t, x);
	ERR_pop_to_mark();
	if (x == NULL)
		return tw_err_set(err, TW_ERR_FORMAT, "a trusted certificate cannot be read");
	X509_free(x);
	return 0;
}

int
tw_trust_add_pem(struct tw_trust *t, struct tw_bytes pem, const char *what, struct tw_err *err)
{
	BIO *in = pem.n > INT32_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	unsigned n = 0;
	bool at_end = false;
	X509 *x;

	ERR_set_mark();
	while (in != NULL && (x = PEM_read_bio_X509_AUX(in, NULL, NULL, NULL)) != NULL) {
		add(t, x);
		X509_free(x);
		n++;
	}
	at_end = in != NULL && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_pop_to_mark();
	BIO_free(in);
	if (!at_end)
		return tw_err_set(err, TW_ERR_FORMAT, "certificate %u of %s cannot be read", n + 1,
		    what);
	if (n == 0)
		return tw_err_set(err, TW_ERR_FORMAT, "no certificate in %s", what);
	return 0;
}

void
tw_trust_add_source(struct tw_trust *t,
    void (*find_root)(void *arg, struct tw_trust *t, uint32_t subject_hash),
    void (*end)(void *arg), void *arg)
{
	if (t->sources_n == SOURCES) {
		end(arg);
		return;
	}
	forget(t);
	t->sources[t->sources_n++] = (struct source){ find_root, end, arg, t->adding_system };
	t->asked_n = 0;
	t->has_roots = true;
}

const char *
tw_trust_default_directory(void)
{
	return X509_get_default_cert_dir();
}

const char *
tw_trust_default_file(void)
{
	return X509_get_default_cert_file();
}

static bool
was_asked(const struct tw_trust *t, uint32_t hash)
{
	for (size_t i = 0; i < t->asked_n; i++)
		if (t->asked[i] == hash)
			return true;
	return false;
}

/* Lets the sources add what may have issued a certificate with this issuer. */
static void
ask(struct tw_trust *t, const X509_NAME *issuer)
{
	bool system = t->adding_system;
	int ok = 0;
	uint32_t hash = (uint32_t)X509_NAME_hash_ex(issuer, NULL, NULL, &ok);

	if (!ok || was_asked(t, hash))
		return;
	t->asked[t->asked_next] = hash;		/* the oldest is asked again one day: no harm */
	t->asked_next = (t->asked_next + 1) % ASKED;
	if (t->asked_n < ASKED)
		t->asked_n++;
	for (size_t i = 0; i < t->sources_n; i++) {
		t->adding_system = t->sources[i].system;
		t->sources[i].find(t->sources[i].arg, t, hash);
	}
	t->adding_system = system;
}

/* Everything the sources have that a path from these may need. */
static void
gather(struct tw_trust *t, const struct tw_sent *sent)
{
	if (t->sources_n == 0)
		return;
	for (size_t i = 0; i < sent->n; i++)
		ask(t, X509_get_issuer_name(sent->v[i]));
}

/* Is x itself among the roots of s? */
static bool
holds(X509_STORE *s, X509 *x)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *found = NULL;
	bool holds = false;

	if (ctx != NULL && X509_STORE_CTX_init(ctx, s, NULL, NULL) == 1)
		found = X509_STORE_CTX_get1_certs(ctx, X509_get_subject_name(x));
	for (int i = 0; found != NULL && i < sk_X509_num(found); i++)
		holds = holds || X509_cmp(sk_X509_value(found, i), x) == 0;
	sk_X509_pop_free(found, X509_free);
	X509_STORE_CTX_free(ctx);
	return holds;
}

/* The weakest hash that signs something below the root; a root's own signature proves nothing. */
static const char *
weak_hash(const struct tw_path *p)
{
	static const char *const weak[] = { "MD2", "MD4", "MD5", "SHA1" };
	size_t worst = TW_COUNT(weak);

	for (int i = 0; p->certs != NULL && i < sk_X509_num(p->certs); i++) {
		X509 *x = sk_X509_value(p->certs, i);
		const char *hash = tw_signature_hash(x);

		if (i > 0 && tw_path_links(x, x))
			continue;
		for (size_t w = 0; w < worst; w++)
			if (strcmp(hash, weak[w]) == 0)
				worst = w;
	}
	return worst < TW_COUNT(weak) ? weak[worst] : NULL;
}

static void
read_sent(struct tw_trust *t, const struct tw_bytes *chain, size_t n, struct tw_sent *ret)
{
	*ret = (struct tw_sent){ 0 };
	for (size_t i = 0; i < n; i++) {
		X509 *x = i < TW_TRUST_SENT ? tw_shelf_x509(t->shelf, chain[i]) : NULL;

		ret->bytes += chain[i].n;
		if (x != NULL)
			ret->v[ret->n++] = x;
		else
			ret->unreadable = true;
		if (i == 0 && x == NULL)	/* without a leaf there is nothing to judge */
			return;
	}
}

/*
 * Narrows from..to to the moments at which every date stands to them as it does
 * to at, whole days included, since the reason counts them.
 */
static void
narrow(const ASN1_TIME *date, int64_t at, struct kept *k)
{
	int64_t d, days, from, to;

	if (!tw_asn1_time(date, &d))
		return;
	days = at > d ? (at - d) / DAY : (d - at) / DAY;
	if (at > d) {
		from = days == 0 ? d + 1 : d + days * DAY;
		to = d + (days + 1) * DAY;
	} else {
		from = d - (days + 1) * DAY + 1;
		to = days == 0 ? d : d - days * DAY + 1;
	}
	if (at == d)		/* the very second: its own */
		from = d, to = d + 1;
	k->from = from > k->from ? from : k->from;
	k->to = to < k->to ? to : k->to;
}

static void
keep(struct tw_trust *t, const uint8_t key[static 32], const struct tw_sent *s,
    const struct tw_path *p, const struct tw_trust_result *r)
{
	struct kept *k = &t->kept[t->kept_next];

	if (t->kept_n < KEPT)
		t->kept_n++;
	else
		free(k->reason);
	t->kept_next = (t->kept_next + 1) % KEPT;
	*k = (struct kept){ .from = INT64_MIN, .to = INT64_MAX, .result = *r };
	memcpy(k->key, key, sizeof(k->key));
	k->reason = r->reason == NULL ? NULL : strdup(r->reason);
	for (size_t i = 0; i < s->n; i++) {
		narrow(X509_get0_notBefore(s->v[i]), p->at, k);
		narrow(X509_get0_notAfter(s->v[i]), p->at, k);
	}
	for (int i = 0; p->certs != NULL && i < sk_X509_num(p->certs); i++) {
		narrow(X509_get0_notBefore(sk_X509_value(p->certs, i)), p->at, k);
		narrow(X509_get0_notAfter(sk_X509_value(p->certs, i)), p->at, k);
	}
}

static const struct kept *
find(const struct tw_trust *t, const uint8_t key[static 32], int64_t at)
{
	for (size_t i = 0; i < t->kept_n; i++)
		if (memcmp(t->kept[i].key, key, 32) == 0 && at >= t->kept[i].from &&
		    at < t->kept[i].to)
			return &t->kept[i];
	return NULL;
}

static void
key_of(const struct tw_bytes *chain, size_t n, uint8_t ret[static 32])
{
	struct tw_hasher *h = tw_hasher_new(TW_SHA256);

	for (size_t i = 0; i < n; i++) {
		uint64_t len = chain[i].n;

		tw_hasher_put(h, (struct tw_bytes){ (const uint8_t *)&len, sizeof(len) });
		tw_hasher_put(h, chain[i]);
	}
	tw_hasher_end(h, ret);
}

static void
judge(struct tw_trust *t, struct tw_arena *a, const struct tw_sent *s, const struct tw_path *p,
    struct tw_trust_result *ret)
{
	const struct tw_path_error *why;

	ret->verdict = tw_path_verdict(p, &why);
	ret->issues = tw_issues_of(s, p);
	ret->weak_hash = weak_hash(p);
	ret->weak_signature = ret->weak_hash != NULL;
	if (why != NULL)
		ret->reason = tw_reason_of(a, p, why, !t->has_roots);
	if (ret->verdict == TW_TRUSTED || ret->verdict == TW_LEAF_OUT_OF_DATE)
		ret->public_root = holds(t->system, tw_path_top(p));
}

void
tw_trust_judge(struct tw_trust *t, struct tw_arena *a, const struct tw_bytes *chain,
    size_t chain_n, int64_t at, struct tw_trust_result *ret)
{
	const struct kept *k;
	struct tw_sent sent;
	struct tw_path path;
	uint8_t key[32];

	*ret = (struct tw_trust_result){ .verdict = TW_TRUST_OTHER };
	key_of(chain, chain_n, key);
	k = find(t, key, at);
	if (k != NULL) {
		*ret = k->result;
		ret->reason = tw_arena_str(a, k->reason);
		return;
	}
	ERR_set_mark();
	read_sent(t, chain, chain_n, &sent);
	if (sent.n == 0) {
		ret->reason = chain_n == 0 ? "no certificate was sent"
		    : "the certificate cannot be read";
	} else {
		gather(t, &sent);
		tw_path_find(t->all, &sent, at, &path);
		judge(t, a, &sent, &path, ret);
		keep(t, key, &sent, &path, ret);
		tw_path_clear(&path);
	}
	for (size_t i = 0; i < sent.n; i++)
		X509_free(sent.v[i]);
	ERR_pop_to_mark();
}
