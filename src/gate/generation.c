/* A reading of the configuration made ready to serve; see generation.h. */
#include <stdlib.h>
#include <string.h>

#include "gate/generation.h"
#include "gate/phase.h"

size_t
tw_generation_sockets(const struct tw_config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->listens_n; i++)
		n += c->listens[i].addresses_n;
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
policy_of(const struct tw_config_listen *l, unsigned number)
{
	const struct tw_config_limit *m = l->limit;

	return (struct tw_admission_policy){
		.listener = number,
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

static struct tw_tls_context *
context_of(const struct tw_config *c, const struct tw_config_listen *l,
    const struct tw_tls_tickets *tickets, struct tw_keys *keys, struct tw_err *e)
{
	struct tw_tls_context *made;
	struct tw_tls_certificate certificates[TW_TLS_CERTIFICATES];
	struct tw_tls_settings s = {
		.certificates = certificates,
		.certificates_n = l->certificates_n,
		.alpn = l->alpn,
		.alpn_n = l->alpn_n,
		.strict_sni = l->strict_sni,
		.strict_alpn = l->strict_alpn,
		.policy = tw_policy_by_name(c->policy),
		.ask = (enum tw_tls_ask)l->client_certificate,
		.client_ca = l->client_ca,
		.own_records = c->own_records,
		.ready = tw_phase_handshake_signed,
		.tickets = tickets,
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

		certificates[i] = (struct tw_tls_certificate){ .chain = from->chain };
		if (keys == NULL) {
			certificates[i].key = from->key;
			continue;
		}
		certificates[i].remote = tw_keys_get(keys, (size_t)(from - c->certificates), e);
		if (certificates[i].remote == NULL) {
			drop_keys(certificates, i);
			return NULL;
		}
	}
	made = tw_tls_context_new(&s, e);
	drop_keys(certificates, keys == NULL ? 0 : l->certificates_n);
	return made;
}

static void
free_generation(struct tw_generation *g)
{
	const struct tw_tls_context *before = NULL;

	for (size_t i = 0; i < g->listeners_n; i++) {
		if (g->listeners[i].tls != before)
			tw_tls_context_free(g->listeners[i].tls);
		before = g->listeners[i].tls;
	}
	tw_config_free(g->config);
	free(g->listeners);
	free(g);
}

struct tw_generation *
tw_generation_new(struct tw_config *c, const int *fds, const struct tw_tls_tickets *tickets,
    struct tw_keys *keys, struct tw_err *e)
{
	struct tw_generation *g = calloc(1, sizeof(*g));

	if (g == NULL || (g->listeners = calloc(tw_generation_sockets(c) + 1,
	    sizeof(*g->listeners))) == NULL)
		abort();
	g->config = c;
	g->holders = 1;
	for (size_t i = 0; i < c->listens_n; i++) {
		const struct tw_config_listen *l = &c->listens[i];
		struct tw_tls_context *tls = context_of(c, l, tickets, keys, e);

		if (tls == NULL) {
			free_generation(g);
			return NULL;
		}
		for (size_t k = 0; k < l->addresses_n; k++) {
			struct tw_gate_listener *made = &g->listeners[g->listeners_n++];

			*made = (struct tw_gate_listener){
				.generation = g,
				.listen = l,
				.tls = tls,
				.policy = policy_of(l, (unsigned)i),
				.ban = rule_of(c, l->ban),
				.fd = fds == NULL ? -1 : *fds++,
			};
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
