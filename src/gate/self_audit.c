/*
 * The gateway examined by itself; see self_audit.h. A listener is looked at as a stranger
 * would: by its address, with each name its certificates have. What is found is held
 * against the configuration, then judged by the policy that the gateway was given.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "exam/exam.h"
#include "gate/self_audit.h"
#include "judge/judge.h"

#define FILE_BYTES	(1u << 20)
#define LEAVES		16	/* certificates of a listener */
#define PLACE		(INET6_ADDRSTRLEN + 1)

/* One look: a listener, at an address, by a name. */
struct look {
	struct tw_self_audit *audit;
	const struct tw_config_listen *listen;
	struct tw_cert leaves[LEAVES];	/* as its files have them now */
	size_t leaves_n;
	struct tw_arena *arena;
	char address[PLACE];
	uint16_t port;
	const char *name;
	bool local_legacy;		/* this machine is among those who may come with old versions */
	bool quick;			/* one handshake alone: more would ban this machine */
	bool asked, differs, unknown;
};

static void difference(struct look *k, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void unknown(struct look *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
tell(struct look *k, const char *fmt, va_list ap)
{
	char line[900];
	int n = snprintf(line, sizeof(line), "%s:%u: listen %s at %s%s%s:%u as %s: ",
	    k->listen->where.file, k->listen->where.line, k->listen->name,
	    strchr(k->address, ':') ? "[" : "", k->address, strchr(k->address, ':') ? "]" : "",
	    k->port, k->name);

	if (n > 0 && (size_t)n < sizeof(line))
		vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	k->audit->say(k->audit->ctx, line);
}

static void
difference(struct look *k, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(k, fmt, ap);
	va_end(ap);
	k->differs = true;
}

static void
unknown(struct look *k, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(k, fmt, ap);
	va_end(ap);
	k->unknown = true;
}

/* ---- what was found against what is configured ---- */

static const struct tw_cert *
leaf_with(const struct look *k, const uint8_t sha256[32])
{
	for (size_t i = 0; i < k->leaves_n; i++)
		if (memcmp(k->leaves[i].sha256, sha256, 32) == 0)
			return &k->leaves[i];
	return NULL;
}

static bool
was_served(const struct tw_facts *f, const struct tw_cert *leaf)
{
	for (size_t i = 0; i < f->certificates.n; i++)
		if (memcmp(f->certificates.v[i].cert.sha256, leaf->sha256, 32) == 0)
			return true;
	return false;
}

static void
compare_certificates(struct look *k, const struct tw_facts *f)
{
	size_t met = 0;
	char until[32];

	for (size_t i = 0; i < f->certificates.n; i++) {
		const struct tw_cert *c = &f->certificates.v[i].cert;

		if (leaf_with(k, c->sha256) != NULL)
			met++;
		else
			difference(k, "it shows a certificate of \"%s\", good until %s, that none of its "
			    "files has: were they renewed and not loaded? HUP loads them",
			    tw_text_escaped(k->arena, c->subject), tw_text_time(c->not_after, until));
	}
	for (size_t i = 0; i < k->leaves_n; i++)
		if (!k->quick && met > 0 && tw_cert_fits(&k->leaves[i], k->name) &&
		    !was_served(f, &k->leaves[i]))
			difference(k, "its certificate %s (%s) is not shown by that name",
			    k->listen->certificates[i]->name, k->leaves[i].key_type);
}

static void
compare_versions(struct look *k, const struct tw_facts *f, const struct tw_policy *p)
{
	for (size_t v = 0; v < TW_VERSIONS; v++) {
		bool old = k->listen->legacy != NULL && !k->listen->legacy->expired &&
		    k->listen->legacy->versions[v];

		if (f->protocols[v] == TW_YES && !p->versions[v] && !(old && k->local_legacy))
			difference(k, "%s is offered, which %s", tw_versions[v].id, old ?
			    "its legacy block does not open to this machine" : "the file does not say");
		else if (f->protocols[v] == TW_NO && p->versions[v])
			difference(k, "%s is not offered, which the policy %s has", tw_versions[v].id,
			    p->short_name);
	}
}

static void
compare_alpn(struct look *k, const struct tw_facts *f)
{
	const struct tw_config_listen *l = k->listen;

	for (size_t i = 0; l->alpn_n > 0 && i < f->alpn.n; i++) {
		bool known = false;

		for (size_t n = 0; n < l->alpn_n; n++)
			known = known || tw_bytes_equal(f->alpn.v[i], tw_bytes_of(l->alpn[n]));
		if (!known)
			difference(k, "it takes the ALPN protocol \"%s\", which the file does not say",
			    tw_text_escaped(k->arena, f->alpn.v[i]));
	}
}

/* Does the file say that this machine is asked for a certificate? */
static bool
asks_us(const struct look *k)
{
	const struct tw_config_listen *l = k->listen;
	struct in6_addr six;
	struct in_addr four;
	struct tw_address a;

	if (l->client_certificate == TW_CLIENT_CERT_NONE)
		return false;
	if (l->client_certificate == TW_CLIENT_CERT_OPTIONAL || l->client_certificate_for == NULL)
		return true;
	if (inet_pton(AF_INET, k->address, &four) == 1)
		a = tw_address_of4((const uint8_t *)&four);
	else if (inet_pton(AF_INET6, k->address, &six) == 1)
		a = tw_address_of16(six.s6_addr);
	else
		return true;
	return tw_networks_have(l->client_certificate_for, &a);
}

static void
compare_features(struct look *k, const struct tw_facts *f)
{
	enum tw_check asked = f->features[TW_FEAT_CLIENT_CERTIFICATE];

	if (asked == TW_YES && !asks_us(k))
		difference(k, "it asks for a client certificate, which the file does not say");
	if (asked == TW_NO && asks_us(k))
		difference(k, "it does not ask for a client certificate, and the file says so");
	if (f->features[TW_FEAT_STRICT_SNI] == TW_NO && k->listen->strict_sni)
		difference(k, "it serves an unknown name, and strict_sni forbids it");
	if (f->has_dialogue && f->plaintext_auth_refused == TW_NO && k->listen->require_tls)
		difference(k, "it takes a login before TLS, and require_tls forbids it");
	if (f->response_injected)
		difference(k, "bytes came between its go-ahead and the handshake");
}

/* What the policy says against it. Who trusts a certificate is not the gateway's to know. */
static void
judge_facts(struct look *k, struct tw_facts *f, const struct tw_policy *p)
{
	struct tw_judgement j;

	tw_judge(f, p, k->audit->at, TW_HIGH, &j);
	for (size_t i = 0; i < j.findings.n; i++) {
		const struct tw_finding *d = &j.findings.v[i];

		if (d->severity > TW_INFO)
			difference(k, "%s: %s", tw_findings[d->id].id, d->evidence);
	}
}

static void
compare(void *ctx, struct tw_facts *f)
{
	struct look *k = ctx;
	const struct tw_policy *p = tw_policy_by_name(k->audit->config->policy);

	if (f->tcp == TW_TCP_CLOSED)
		difference(k, "nothing listens there");
	else if (f->tls == TW_REACH_STRIPPED || f->tls == TW_REACH_NOT_OFFERED ||
	    f->tls == TW_REACH_PLAINTEXT)
		difference(k, "it does not begin TLS: %s", f->detail != NULL ? f->detail : "plaintext");
	else if (f->tls != TW_REACH_TLS)
		unknown(k, "could not be examined: %s", f->error != NULL ? f->error :
		    f->detail != NULL ? f->detail : "no answer");
	else {
		compare_certificates(k, f);
		compare_alpn(k, f);
		if (!k->quick) {
			compare_versions(k, f, p);
			compare_features(k, f);
			judge_facts(k, f, p);
		}
	}
	tw_facts_free(f);
}

/* ---- who is looked at ---- */

static bool
next(void *ctx, struct tw_spec *ret)
{
	struct look *k = ctx;

	if (k->asked)
		return false;
	k->asked = true;
	*ret = (struct tw_spec){ .target = k->name, .host = k->name, .port = k->port,
		.row = k->listen->port };
	return true;
}

/* By half of what a client of one address may do in a second. */
static double
gentle_rate(const struct tw_config_limit *m)
{
	const struct tw_rate *rates[] = { &m->handshakes_per_address, &m->handshakes_per_network,
		&m->connections_rate_per_address, &m->connections_rate_per_network };
	double least = 0;

	for (size_t i = 0; i < TW_COUNT(rates); i++) {
		double r = rates[i]->n == 0 ? 0 : rates[i]->n * 1000.0 / rates[i]->span_ms / 2;

		if (r > 0 && (least == 0 || r < least))
			least = r;
	}
	return least;
}

static int
look(struct look *k, struct tw_err *e)
{
	struct tw_self_audit *s = k->audit;
	struct tw_exam_client client = { .ctx = k, .next = next, .done = compare };
	struct tw_exam_options options = {
		.quick = k->quick,
		.connect = k->address,
		.no_sni = tw_cert_host_is_ip(k->name),
		.timeout_ms = 10000,
		.max_time_ms = 120000,
		.parallel = 1,
		.per_host = 4,
		.rate = gentle_rate(k->listen->limit),
		.at = s->at,
	};

	k->asked = k->differs = k->unknown = false;
	if (tw_exam_run(&options, &client, e) != 0)
		return -1;
	s->examined++;
	s->differing += k->differs;
	s->unknown += k->unknown && !k->differs;
	return 0;
}

/* The name a certificate is asked for by; its first, a label of ours for a wildcard. */
static const char *
name_of(struct look *k, const struct tw_cert *c)
{
	for (size_t i = 0; i < c->names.n; i++) {
		const struct tw_name *n = &c->names.v[i];

		if (n->kind == TW_NAME_DNS && n->value.n > 2 && n->value.p[0] == '*')
			return tw_arena_fmt(k->arena, "self-audit%.*s", (int)n->value.n - 1,
			    (const char *)n->value.p + 1);
		if (n->kind == TW_NAME_DNS && n->value.n > 0)
			return tw_arena_fmt(k->arena, "%.*s", (int)n->value.n, (const char *)n->value.p);
	}
	return k->address;
}

/* Once for every name its certificates have; those with one name (RSA, ECDSA) go together. */
static int
look_by_names(struct look *k, struct tw_err *e)
{
	const char *done[LEAVES];

	for (size_t i = 0; i < k->leaves_n; i++) {
		bool again = false;

		k->name = done[i] = name_of(k, &k->leaves[i]);
		for (size_t n = 0; n < i; n++)
			again = again || strcmp(done[n], k->name) == 0;
		if (!again && look(k, e) != 0)
			return -1;
	}
	return 0;
}

static bool
read_leaf(struct tw_arena *a, const char *path, struct tw_cert *ret)
{
	FILE *f = fopen(path, "re");
	uint8_t *p = tw_arena_alloc(a, FILE_BYTES);
	size_t n = f != NULL ? fread(p, 1, FILE_BYTES, f) : 0;

	if (f != NULL)
		fclose(f);
	return tw_cert_read_pem(a, (struct tw_bytes){ p, n }, ret) && ret->parsed;
}

/* Where a client of this machine finds it; false: it does not. */
static bool
place(struct look *k, const struct tw_endpoint *at, struct tw_address *ret)
{
	const struct sockaddr_in *v4 = (const void *)&at->address.storage;
	const struct sockaddr_in6 *v6 = (const void *)&at->address.storage;
	struct in_addr four = v4->sin_addr;
	struct in6_addr six = v6->sin6_addr;

	if (at->address.sa.sa_family == AF_INET) {
		if (four.s_addr == htonl(INADDR_ANY))
			four.s_addr = htonl(INADDR_LOOPBACK);
		inet_ntop(AF_INET, &four, k->address, sizeof(k->address));
		*ret = tw_address_of4((const uint8_t *)&four);
	} else if (at->address.sa.sa_family == AF_INET6) {
		if (IN6_IS_ADDR_UNSPECIFIED(&six))
			six = in6addr_loopback;
		inet_ntop(AF_INET6, &six, k->address, sizeof(k->address));
		*ret = tw_address_of16(six.s6_addr);
	} else {
		return false;
	}
	k->port = ntohs(v4->sin_port);	/* at the same place in both */
	return true;
}

static int
look_at(struct look *k, const struct tw_endpoint *at, struct tw_err *e)
{
	const struct tw_config_listen *l = k->listen;
	struct tw_address a;

	snprintf(k->address, sizeof(k->address), "a Unix socket");
	k->port = 0;
	k->name = "itself";
	if (!place(k, at, &a)) {
		unknown(k, "not examined: no audit goes by a Unix socket");
	} else if (l->proxy_from != NULL && tw_networks_have(l->proxy_from, &a)) {
		unknown(k, "not examined: proxy_from has this machine, which must send a PROXY header");
	} else if ((l->allow != NULL && !tw_networks_have(l->allow, &a)) ||
	    (l->deny != NULL && tw_networks_have(l->deny, &a))) {
		unknown(k, "not examined: its lists do not let this machine in");
	} else {
		k->quick = l->ban != NULL && l->ban->handshakes &&
		    !(l->ban->allow != NULL && tw_networks_have(l->ban->allow, &a));
		k->local_legacy = l->legacy != NULL && tw_networks_have(l->legacy->network, &a);
		if (k->quick) {
			k->audit->unknown++;	/* of the rest nothing is known */
			unknown(k, "one handshake a name alone is looked at: ban %s counts failed ones and "
			    "would ban this machine; allow = \"%s\" in it lets the whole examination in",
			    l->ban->name, k->address);
		}
		return look_by_names(k, e);
	}
	k->audit->unknown++;
	return 0;
}

int
tw_self_audit_run(struct tw_self_audit *s, struct tw_err *e)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < s->config->listens_n; i++) {
		const struct tw_config_listen *l = &s->config->listens[i];
		struct look k = { .audit = s, .listen = l, .arena = tw_arena_new(), .name = "itself" };

		for (size_t n = 0; n < l->certificates_n && n < LEAVES; n++)
			if (read_leaf(k.arena, l->certificates[n]->chain, &k.leaves[n]))
				k.leaves_n++;
			else
				status = tw_err_set(e, TW_ERR_FORMAT, "the certificate %s cannot be read",
				    l->certificates[n]->chain);
		for (size_t n = 0; status == 0 && n < l->addresses_n; n++)
			status = look_at(&k, &l->addresses[n], e);
		tw_arena_free(k.arena);
	}
	return status;
}
