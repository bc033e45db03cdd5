/*
 * The TLS handshake with the backend, where it is spoken to in TLS: as a client, in
 * memory. A backend that does not prove who it is hears and says nothing more; the next
 * of its addresses is tried.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "gate/behind.h"
#include "gate/phase.h"
#include "gate/story.h"

/* The address itself, which a certificate may be for where no name is given. */
static struct tw_bytes
address_of(const struct tw_endpoint *e)
{
	const struct sockaddr_in *v4 = (const void *)&e->address.storage;
	const struct sockaddr_in6 *v6 = (const void *)&e->address.storage;

	switch (e->address.sa.sa_family) {
	case AF_INET:
		return (struct tw_bytes){ (const uint8_t *)&v4->sin_addr, 4 };
	case AF_INET6:
		return (struct tw_bytes){ v6->sin6_addr.s6_addr, 16 };
	default:
		return (struct tw_bytes){ 0 };
	}
}

/* What the client and we agreed on, or all there can be: servers may want it said. */
static const char *
protocol(const struct tw_gate_conn *c)
{
	const struct tw_config_listen *l = c->listener->listen;

	if (c->story != NULL && c->story->alpn != NULL)
		return c->story->alpn;
	return l->alpn_n == 1 ? l->alpn[0] : NULL;
}

static void
fail(struct tw_gate_conn *c, const char *why)
{
	c->behind->reason = why;
	tw_phase_connect_next(c);
}

static void
shake(struct tw_gate_conn *c, struct tw_bytes in)
{
	struct tw_gate_behind *b = c->behind;
	struct tw_buf *out = &c->listener->worker->out;
	enum tw_tls_client_state state;

	out->n = 0;
	state = tw_tls_client_shake(b->tls, &in, out);
	if (!tw_flow_to_backend(c, tw_buf_view(out))) {
		fail(c, "it closed the connection during the handshake");
		return;
	}
	if (state == TW_TLS_CLIENT_FAILED) {
		fail(c, tw_tls_client_reason(b->tls));
		return;
	}
	if (!tw_flow_put(&b->kept, in)) {
		fail(c, "no memory");
		return;
	}
	if (state == TW_TLS_CLIENT_MORE) {
		tw_flow_settle(c);
		return;
	}
	tw_tls_client_detach(b->tls, &b->records);
	b->tls = NULL;
	b->recorded = true;
	tw_phase_next(c);
}

static void
on_backend(struct tw_gate_conn *c)
{
	struct tw_bytes in;

	/* Before records stand it hands over what comes as it is. */
	if (tw_behind_receive(c, &in) == TW_FLOW_OK)
		shake(c, in);
	else
		fail(c, "it closed the connection during the handshake");
}

static void
enter(struct tw_gate_conn *c)
{
	const struct tw_generation *g = c->listener->generation;

	if (c->to->tls == TW_BACKEND_PLAIN) {
		tw_phase_next(c);
		return;
	}
	if (c->behind == NULL)
		c->behind = calloc(1, sizeof(*c->behind));
	if (c->behind != NULL)
		c->behind->tls = tw_tls_client_new(g->outward[c->to - g->config->backends],
		    address_of(&c->to->addresses[c->try]), protocol(c));
	if (c->behind == NULL || c->behind->tls == NULL)
		tw_phase_end(c, TW_GATE_DENIED_LIMIT, "no memory", false);
	else
		shake(c, (struct tw_bytes){ 0 });
}

const struct tw_gate_phase_row tw_phase_secure = {
	.name = "secure",
	.enter = enter,
	.backend = on_backend,
	.again = tw_phase_connect_again,
	.limit = offsetof(struct tw_config_limit, connect_timeout_ms),
	.late = TW_GATE_TIMEOUT_CONNECT,
};
