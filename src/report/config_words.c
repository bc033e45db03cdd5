/*
 * config_words.c -- what {{cert}}, `@if pq` and their kin in a template of `config` mean:
 * what was chosen, what follows from it, and what the server and its library can.
 */
#include "report/config_words.h"

#include <stdio.h>


static bool
is(struct tw_bytes name, const char *s)
{
	return name.n == strlen(s) && memcmp(name.p, s, name.n) == 0;
}

/* A file beside the certificate. */
static void
beside(char to[static 256], const char *cert, const char *name, const char *ending)
{
	const char *slash = strrchr(cert, '/');
	int folder = slash == NULL ? 0 : (int)(slash - cert + 1);

	snprintf(to, 256, "%.*s%s%s", folder, cert, name, ending);
}

static void
name_files(struct tw_config_words *w, const struct tw_config *c)
{
	if (c->cert != NULL)
		snprintf(w->cert, sizeof(w->cert), "%s", c->cert);
	else
		snprintf(w->cert, sizeof(w->cert), "/etc/ssl/%s/%s.pem", w->name,
		    c->chain != NULL ? "cert" : "fullchain");
	if (c->key != NULL)
		snprintf(w->key, sizeof(w->key), "%s", c->key);
	else
		beside(w->key, w->cert, "privkey", ".pem");
	if (c->chain != NULL)
		beside(w->fullchain, w->cert, "fullchain", ".pem");
	else
		snprintf(w->fullchain, sizeof(w->fullchain), "%s", w->cert);
	beside(w->bundle, w->cert, "bundle", ".pem");
	beside(w->pkcs12, w->cert, "keystore", ".p12");
}

/* A feature the server has since a version, on a library that has it since another. */
static bool
has(const struct tw_config_words *w, const char *since, const char *openssl_since)
{
	if (since != NULL && tw_template_compare(w->version, since) < 0)
		return false;
	if (w->config->target->kind == TW_OPENSSL)
		return tw_template_compare(w->openssl, openssl_since) >= 0;
	return true;
}

void
tw_config_words_init(struct tw_config_words *w, const struct tw_config *c)
{
	const struct tw_target *t = c->target;

	*w = (struct tw_config_words){ .config = c };
	w->version = c->version != NULL ? c->version : t->newest;
	w->openssl = c->openssl != NULL ? c->openssl : tw_openssl_newest;
	w->name = c->name != NULL ? c->name : "example.com";
	w->port = c->port != 0 ? c->port : t->port;
	snprintf(w->port_text, sizeof(w->port_text), "%u", w->port);
	name_files(w, c);
	memcpy(w->versions, c->policy->versions, sizeof(w->versions));
	if (!has(w, t->tls13, "1.1.1"))
		w->versions[TW_TLS13] = false;
	w->pq = (t->pq != NULL || t->kind == TW_OPENSSL) && has(w, t->pq, "3.5.0");
	if (c->exception == NULL || t->limit == TW_LIMIT_NONE)
		return;
	w->legacy = true;
	if (t->limit == TW_LIMIT_CLIENT)
		w->legacy_port = w->port;
	else
		w->legacy_port = c->exception->port != 0 ? c->exception->port
		    : (w->port + 10000) % 65536;
	for (int v = (int)c->exception->version; v < TW_VERSIONS; v++)
		w->legacy_versions[v] = v != TW_TLS13 || w->versions[TW_TLS13];
}

static bool
is_hsts(const struct tw_config *c)
{
	return c->target->http && !c->no_hsts && c->policy->hsts_seconds > 0;
}

static int
flag(void *ctx, struct tw_bytes name)
{
	const struct tw_config_words *w = ctx;
	const struct tw_config *c = w->config;
	const struct { const char *name; bool on; } flags[] = {
		{ "acme", c->target->http && c->acme != NULL },
		{ "chain", c->chain != NULL },
		{ "client_order", c->policy->client_order },
		{ "hsts", is_hsts(c) },
		{ "legacy", w->legacy },
		{ "pq", w->pq },
		{ "redirect", c->target->http && !c->no_redirect },
		{ "tls12", w->versions[TW_TLS12] },
		{ "tls13", w->versions[TW_TLS13] },
	};

	for (size_t i = 0; i < TW_COUNT(flags); i++)
		if (is(name, flags[i].name))
			return flags[i].on;
	return -1;
}

static const char *
number(void *ctx, struct tw_bytes name)
{
	const struct tw_config_words *w = ctx;

	return is(name, "version") ? w->version : is(name, "openssl") ? w->openssl
	    : is(name, "port") ? w->port_text : NULL;
}

static bool
put_text(const struct tw_config_words *w, struct tw_bytes name, struct tw_buf *out)
{
	const struct tw_config *c = w->config;
	const struct tw_config_exception *x = c->exception;
	const struct { const char *name, *text; } texts[] = {
		{ "acme", c->acme != NULL ? c->acme : "" },
		{ "allow", x != NULL ? tw_versions[x->version].title : "" },
		{ "bundle", w->bundle },
		{ "ca", "/etc/ssl/certs/ca-certificates.crt" },
		{ "cert", w->cert },
		{ "chain", c->chain != NULL ? c->chain : w->cert },
		{ "fullchain", w->fullchain },
		{ "header", TW_CONFIG_HEADER },
		{ "key", w->key },
		{ "name", w->name },
		{ "network", x != NULL ? x->network : "" },
		{ "openssl", w->openssl },
		{ "pkcs12", w->pkcs12 },
		{ "policy", c->policy->name },
		{ "reason", x != NULL ? x->reason : "" },
		{ "until", x != NULL ? x->until : "" },
		{ "version", w->version },
	};

	for (size_t i = 0; i < TW_COUNT(texts); i++)
		if (is(name, texts[i].name)) {
			tw_buf_str(out, texts[i].text);
			return true;
		}
	return false;
}

/* A network in two parts, for those who want them apart: 10.1.2.0 and 24. */
static bool
put_network(const struct tw_config_words *w, struct tw_bytes name, struct tw_buf *out)
{
	const char *network = w->config->exception != NULL ? w->config->exception->network : "";
	size_t n = strcspn(network, "/");

	if (is(name, "network_address"))
		tw_buf_put(out, network, n);
	else if (is(name, "network_bits"))
		tw_buf_str(out, network[n] == '/' ? network + n + 1
		    : strchr(network, ':') != NULL ? "128" : "32");
	else
		return false;
	return true;
}

static bool
put(void *ctx, struct tw_bytes name, struct tw_buf *out)
{
	const struct tw_config_words *w = ctx;
	const struct { const char *name; long v; } numbers[] = {
		{ "hsts_seconds", w->config->policy->hsts_seconds },
		{ "legacy_port", (long)w->legacy_port },
		{ "port", (long)w->port },
	};

	for (size_t i = 0; i < TW_COUNT(numbers); i++)
		if (is(name, numbers[i].name)) {
			tw_buf_fmt(out, "%ld", numbers[i].v);
			return true;
		}
	return put_text(w, name, out) || put_network(w, name, out) ||
	    tw_config_lists_put(w, name, out);
}

static int
member(void *ctx, struct tw_bytes list, size_t i, struct tw_buf *out)
{
	return tw_config_lists_member(ctx, list, i, out);
}

struct tw_template_world
tw_config_words_world(struct tw_config_words *w)
{
	return (struct tw_template_world){ w, put, flag, number, member, NULL };
}
