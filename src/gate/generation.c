/* A reading of the configuration made ready to serve; see generation.h. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/generation.h"
#include "gate/phase.h"
#include "gate/signatures.h"
#include "net/folder.h"
#include "net/tls_client.h"

struct tw_config_listen *
tw_generation_listen(const struct tw_config *c, size_t i)
{
	if (i < c->listens_n)
		return &c->listens[i];
	i -= c->listens_n;
	return i < c->redirects_n ? &c->redirects[i].listen : NULL;
}

size_t
tw_generation_sockets(const struct tw_config *c)
{
	const struct tw_config_listen *l;
	size_t n = 0;

	for (size_t i = 0; (l = tw_generation_listen(c, i)) != NULL; i++)
		n += l->addresses_n;
	return n;
}

/* Failures are counted for each ban block, whatever the listener. */
static struct tw_ban_rule
rule_of(const struct tw_config *c, const struct tw_config_ban *b)
{
	if (b == NULL)
		return (struct tw_ban_rule){ 0 };
	return (struct tw_ban_rule){
		.number = (uint32_t)(b - c->bans) + 1,
		.kinds = TW_BAN_LOGIN | (b->handshakes ? TW_BAN_HANDSHAKE : 0),
		.after = b->after,
		.within_ms = b->within_ms,
		.for_ms = b->for_ms,
		.longest_ms = b->longest_ms,
		.allow = b->allow,
		.firewall = b->nftables,
	};
}

static struct tw_admission_policy
policy_of(const struct tw_config_listen *l)
{
	const struct tw_config_limit *m = l->limit;

	return (struct tw_admission_policy){
		.listener = l->number,
		.allow = l->allow,
		.deny = l->deny,
		.connections_per_address = m->connections_rate_per_address,
		.connections_per_network = m->connections_rate_per_network,
		.handshakes_per_address = m->handshakes_per_address,
		.handshakes_per_network = m->handshakes_per_network,
		.most_per_address = m->connections_per_address,
		.most_per_network = m->connections_per_network,
		.most = m->connections,
	};
}

/* The context has its own hold of them. */
static void
drop_keys(struct tw_tls_certificate *v, size_t n)
{
	while (n > 0)
		tw_keys_drop(v[--n].remote);
}

/* Services whose row of the registry does not say it all. */
static const struct own_alpn {
	const char *service, *names[2];
	size_t n;
} own_alpns[] = {
	/* h2 must be asked for: what is behind may not speak it. */
	{ "https", { "http/1.1" }, 1 },
	{ "ftp", { "ftp", "ftp-data" }, 2 },
};

/* What a listener that names no ALPN takes: the service's own, by STARTTLS too. */
static struct own_alpn
own_alpn(const struct tw_port *p)
{
	struct own_alpn own = { p->service, { p->alpn }, 1 };

	for (size_t i = 0; i < TW_COUNT(own_alpns); i++)
		if (strcmp(own_alpns[i].service, p->service) == 0)
			return own_alpns[i];
	if (p->alpn == NULL && (p = tw_port_by_service(own.service, TW_IMPLICIT)) != NULL)
		own.names[0] = p->alpn;
	own.n = own.names[0] != NULL;
	return own;
}

static struct tw_tls_context *
context_of(const struct tw_generation_parts *parts, const struct tw_config_listen *l,
    struct tw_err *e)
{
	const struct tw_config *c = parts->config;
	struct tw_tls_context *made;
	struct tw_tls_certificate certificates[TW_TLS_CERTIFICATES];
	struct own_alpn own = own_alpn(l->port);
	struct tw_tls_settings s = {
		.certificates = certificates,
		.certificates_n = l->certificates_n,
		.alpn = l->alpn_n > 0 ? l->alpn : own.names,
		.alpn_n = l->alpn_n > 0 ? l->alpn_n : own.n,
		.strict_sni = l->strict_sni,
		.strict_alpn = l->strict_alpn,
		.policy = tw_policy_by_name(c->policy),
		.ask = (enum tw_tls_ask)l->client_certificate,
		.client_ca = l->client_ca,
		.client_ca_pem = tw_bundle_find(parts->files, l->client_ca),
		.own_records = c->own_records,
		.names_client = c->logs_n > 0,
		.ready = tw_phase_handshake_signed,
		.tickets = parts->tickets,
		.name = l->name,
	};

	if (l->certificates_n > TW_TLS_CERTIFICATES) {
		tw_err_set(e, TW_ERR_USAGE, "listen %s has more than %d certificates", l->name,
		    TW_TLS_CERTIFICATES);
		return NULL;
	}
	if (l->legacy != NULL && !l->legacy->expired)
		memcpy(s.legacy, l->legacy->versions, sizeof(s.legacy));
	for (size_t i = 0; i < l->certificates_n; i++) {
		const struct tw_config_certificate *from = l->certificates[i];

		certificates[i] = (struct tw_tls_certificate){ .chain = from->chain,
			.key = from->key, .chain_pem = tw_bundle_find(parts->files, from->chain),
			.key_pem = tw_bundle_find(parts->secrets, from->key) };
		if (parts->keys == NULL)
			continue;
		certificates[i].remote = tw_keys_get(parts->keys,
		    (size_t)(from - c->certificates), e);
		if (certificates[i].remote == NULL) {
			drop_keys(certificates, i);
			return NULL;
		}
	}
	made = tw_tls_context_new(&s, e);
	drop_keys(certificates, parts->keys == NULL ? 0 : l->certificates_n);
	return made;
}

/* The name of a backend's authorities among the files: they may be a folder of them. */
static void
name_authorities(const struct tw_config_backend *b, char *ret, size_t size)
{
	snprintf(ret, size, "\nca %s", b->ca == NULL ? "" : b->ca);
}

static int
put_authorities(const struct tw_config *c, struct tw_buf *files, struct tw_err *e)
{
	for (size_t i = 0; i < c->backends_n; i++) {
		const struct tw_config_backend *b = &c->backends[i];
		char name[PATH_MAX + 8];
		struct tw_buf pem;
		int status;

		if (b->tls != TW_BACKEND_VERIFY)
			continue;
		name_authorities(b, name, sizeof(name));
		tw_buf_init(&pem, TW_BUNDLE_BYTES);
		status = tw_tls_client_authorities(b->ca, &pem, e);
		if (status == 0)
			tw_bundle_put(files, name, tw_buf_view(&pem));
		tw_buf_clear(&pem);
		if (status != 0)
			return -1;
	}
	return 0;
}

static void
put_numbers(struct tw_buf *files, const struct tw_config *c)
{
	size_t n = c->listens_n + c->redirects_n;
	uint32_t *v = calloc(n + 1, sizeof(*v));

	if (v == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		v[i] = tw_generation_listen(c, i)->number;
	tw_bundle_put(files, TW_GENERATION_NUMBERS,
	    (struct tw_bytes){ (const uint8_t *)v, n * sizeof(*v) });
	free(v);
}

int
tw_generation_files(const struct tw_config *c, struct tw_buf *files, struct tw_buf *secrets,
    struct tw_err *e)
{
	tw_bundle_put(files, TW_GENERATION_TEXT,
	    (struct tw_bytes){ (const uint8_t *)c->text, strlen(c->text) + 1 });
	tw_bundle_put(files, TW_GENERATION_PATH,
	    (struct tw_bytes){ (const uint8_t *)c->path, strlen(c->path) + 1 });
	put_numbers(files, c);
	for (size_t i = 0; i < c->certificates_n; i++)
		if (tw_bundle_put_file(files, c->certificates[i].chain, e) != 0 ||
		    tw_bundle_put_file(secrets, c->certificates[i].key, e) != 0)
			return -1;
	for (size_t i = 0; i < c->listens_n; i++)
		if (c->listens[i].client_certificate != TW_CLIENT_CERT_NONE &&
		    c->listens[i].client_ca != NULL &&
		    tw_bundle_put_file(files, c->listens[i].client_ca, e) != 0)
			return -1;
	return put_authorities(c, files, e);
}

static void
free_contexts(struct tw_generation *g)
{
	const struct tw_tls_context *before = NULL;

	for (size_t i = 0; i < g->listeners_n; i++) {
		struct tw_tls_context *tls = g->listeners[i].tls;

		if (tls != before)
			tw_tls_context_free(tls);
		before = tls;
		g->listeners[i].tls = NULL;
	}
}

/* TLS towards the backends that want it. */
static int
look_outward(struct tw_generation *g, const struct tw_bundle *files, struct tw_err *e)
{
	const struct tw_config *c = g->config;

	for (size_t i = 0; i < c->backends_n; i++) {
		const struct tw_config_backend *b = &c->backends[i];
		struct tw_tls_client_settings s = {
			.policy = tw_policy_by_name(c->policy),
			.insecure_no_verify = b->tls == TW_BACKEND_INSECURE,
			.ca = b->ca,
			.server_name = b->server_name,
		};
		char name[PATH_MAX + 8];

		if (b->tls == TW_BACKEND_PLAIN)
			continue;
		name_authorities(b, name, sizeof(name));
		s.ca_pem = tw_bundle_find(files, name);
		g->outward[i] = tw_tls_client_context_new(&s, e);
		if (g->outward[i] == NULL)
			return -1;
	}
	return 0;
}

static void
free_generation(struct tw_generation *g)
{
	struct tw_generation **at = g->worker == NULL ? NULL : &g->worker->generations;

	while (at != NULL && *at != NULL && *at != g)
		at = &(*at)->next;
	if (at != NULL && *at == g)
		*at = g->next;
	free_contexts(g);
	tw_keys_free(g->keys);		/* after its keys, which the contexts had */
	for (size_t i = 0; i < g->config->backends_n; i++)
		tw_tls_client_context_free(g->outward[i]);
	for (size_t i = 0; i < g->listeners_n; i++) {
		const struct tw_gate_listener *l = &g->listeners[i];

		/* What the addresses of a block share goes with the first of them. */
		if (l->folder >= 0 && (i == 0 || l[-1].listen != l->listen))
			tw_socket_close(l->folder);
	}
	tw_config_free(g->config);
	free(g->outward);
	free(g->listeners);
	free(g);
}

/* What l needs beside its sockets: a TLS context, or a folder of challenges. False: e says why. */
static bool
prepare(const struct tw_generation_parts *parts, const struct tw_config_listen *l,
    struct tw_tls_context **ret_tls, int *ret_folder, struct tw_err *e)
{
	*ret_tls = NULL;
	*ret_folder = -1;
	if (l->redirect == NULL)
		return (*ret_tls = context_of(parts, l, e)) != NULL;
	return l->redirect->acme == NULL ||
	    (*ret_folder = tw_folder_open(l->redirect->acme, e)) >= 0;
}

struct tw_generation *
tw_generation_new(const struct tw_generation_parts *parts, struct tw_err *e)
{
	const struct tw_config *c = parts->config;
	const int *fds = parts->fds;
	struct tw_generation *g = calloc(1, sizeof(*g));
	const struct tw_config_listen *l;

	if (g == NULL || (g->listeners = calloc(tw_generation_sockets(c) + 1,
	    sizeof(*g->listeners))) == NULL ||
	    (g->outward = calloc(c->backends_n + 1, sizeof(*g->outward))) == NULL)
		abort();
	g->config = parts->config;
	g->keys = parts->keys;
	g->holders = 1;
	if (look_outward(g, parts->files, e) != 0) {
		free_generation(g);
		return NULL;
	}
	for (size_t i = 0; (l = tw_generation_listen(c, i)) != NULL; i++) {
		struct tw_tls_context *tls;
		int folder;

		if (!prepare(parts, l, &tls, &folder, e)) {
			free_generation(g);
			return NULL;
		}
		for (size_t k = 0; k < l->addresses_n; k++) {
			struct tw_gate_listener *made = &g->listeners[g->listeners_n++];

			*made = (struct tw_gate_listener){
				.generation = g,
				.listen = l,
				.tls = tls,
				.folder = folder,
				.policy = policy_of(l),
				.ban = rule_of(c, l->ban),
				.fd = fds == NULL ? -1 : *fds++,
			};
			if (l->hsts_seconds > 0)
				snprintf(made->hsts, sizeof(made->hsts),
				    "Strict-Transport-Security: max-age=%u\r\n", l->hsts_seconds);
			if (l->ban != NULL)
				made->policy.ban = &made->ban;
		}
	}
	return g;
}

void
tw_generation_hold(struct tw_generation *g)
{
	g->holders++;
}

void
tw_generation_release(struct tw_generation *g)
{
	if (g != NULL && --g->holders == 0)
		free_generation(g);
}

void
tw_generation_await(struct tw_gate_conn *c)
{
	c->awaited = true;
	c->listener->generation->awaiting++;
}

/* Only noted: who calls may be called by what would be given up. */
void
tw_generation_shaken(struct tw_gate_conn *c)
{
	if (!c->awaited)
		return;
	c->awaited = false;
	if (--c->listener->generation->awaiting == 0)
		c->listener->worker->retires = true;
}

void
tw_generation_retire(struct tw_generation *g)
{
	if (g->awaiting > 0 || g == g->worker->generation)
		return;
	free_contexts(g);
	tw_signatures_lose(g);
	tw_keys_free(g->keys);
	g->keys = NULL;
}
