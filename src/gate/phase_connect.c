/*
 * To the backend: which one the name and the protocol chosen in the handshake say, the
 * first of its addresses that takes us, and a PROXY header where it reads one.
 */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "data/suite.h"
#include "gate/behind.h"
#include "gate/flow.h"
#include "gate/phase.h"
#include "gate/story.h"
#include "gate/worker.h"
#include "wire/proxy.h"

/* "*.example.com" fits one label, as in a certificate. */
static bool
name_fits(const char *pattern, const char *name)
{
	const char *dot;

	if (pattern == NULL)
		return true;
	if (name == NULL)
		return false;
	if (strncmp(pattern, "*.", 2) != 0)
		return strcasecmp(pattern, name) == 0;
	dot = strchr(name, '.');
	return dot != NULL && dot != name && strcasecmp(pattern + 1, dot) == 0;
}

static const struct tw_config_backend *
choose(const struct tw_gate_conn *c)
{
	const struct tw_config_listen *l = c->listener->listen;
	const char *sni = c->story == NULL ? NULL : c->story->sni;
	const char *alpn = c->story == NULL ? NULL : c->story->alpn;

	for (size_t i = 0; i < l->routes_n; i++) {
		const struct tw_config_route *r = &l->routes[i];

		if (name_fits(r->sni, sni) &&
		    (r->alpn == NULL || (alpn != NULL && strcmp(r->alpn, alpn) == 0)))
			return r->backend;
	}
	return l->backend;
}

static void
fail(struct tw_gate_conn *c, const char *why)
{
	tw_phase_end(c, TW_GATE_BACKEND_DOWN, why, true);
}

/* Whom the client called: us, or the one before us. */
static void
set_destination(const struct tw_gate_conn *c, struct tw_proxy_end *ret)
{
	const struct tw_gate_told *told = c->story == NULL ? NULL : c->story->told;
	struct sockaddr_storage local;
	struct tw_address a;

	if (told != NULL) {
		memcpy(ret->address, told->address, sizeof(ret->address));
		ret->port = told->port;
		return;
	}
	tw_socket_name(c->client_fd, &local);
	a = tw_worker_address(&local, &ret->port);
	memcpy(ret->address, a.b, sizeof(ret->address));
}

static void
set_tls(const struct tw_gate_conn *c, struct tw_proxy *p)
{
	const struct tw_gate_story *s = c->story;
	const struct tw_suite *suite;
	int version;

	if (s == NULL || s->version == 0)
		return;
	suite = tw_suite_by_code(s->suite);
	version = tw_version_by_wire(s->version);
	p->alpn = tw_bytes_of(s->alpn);
	p->authority = tw_bytes_of(s->sni);
	p->has_tls = true;
	p->tls.client = TW_PROXY_CLIENT_TLS;
	/* 0 says that a certificate was shown and is good. */
	p->tls.verify = s->client_name == NULL;
	if (s->client_name != NULL)
		p->tls.client |= TW_PROXY_CLIENT_CERT_CONNECTION | TW_PROXY_CLIENT_CERT_SESSION;
	p->tls.version = tw_bytes_of(version < 0 ? NULL : tw_versions[version].id);
	p->tls.name = tw_bytes_of(s->client_name);
	p->tls.cipher = tw_bytes_of(suite == NULL ? NULL : suite->openssl);
}

static bool
say_who(struct tw_gate_conn *c, const struct tw_config_backend *b)
{
	struct tw_buf *out = &c->listener->worker->out;
	struct tw_proxy p = { .version = b->proxy_protocol == TW_PROXY_V1 ? 1 : 2 };

	if (b->proxy_protocol == TW_PROXY_NONE)
		return true;
	memcpy(p.source.address, c->peer.b, sizeof(c->peer.b));
	p.source.port = c->peer_port;
	set_destination(c, &p.destination);
	p.family = tw_address_is4(&c->peer) ? TW_PROXY_INET : TW_PROXY_INET6;
	out->n = 0;
	if (b->proxy_protocol == TW_PROXY_V1) {
		tw_proxy_write_line(&p, out);
	} else {
		set_tls(c, &p);
		if (c->story != NULL && c->story->told != NULL && c->story->told->id_n > 0)
			p.unique_id = (struct tw_bytes){ c->story->told->id,
				c->story->told->id_n };
		tw_proxy_write_header(&p, out);
	}
	return !out->failed && tw_flow_to_backend(c, tw_buf_view(out));
}

static void
connected(struct tw_gate_conn *c)
{
	if (c->story == NULL)		/* MySQL: the handshake is to come */
		c->story = calloc(1, sizeof(*c->story));
	if (c->story != NULL)
		c->story->backend = c->to->name;
	if (say_who(c, c->to))
		tw_phase_next(c);
	else
		fail(c, "it closed at once");
}

/* Entered again for each address, when the one before would not. */
static void
enter(struct tw_gate_conn *c)
{
	const struct tw_config_backend *b = c->to = choose(c);

	for (; b != NULL && c->try < b->addresses_n; c->try++) {
		const struct tw_endpoint *to = &b->addresses[c->try];
		const struct sockaddr *source = b->source == NULL ? NULL : &b->source->address.sa;
		int fd;

		if (source != NULL && source->sa_family != to->address.sa.sa_family)
			source = NULL;
		fd = tw_socket_connect(&to->address.sa, to->size, source,
		    source == NULL ? 0 : b->source->size);
		if (fd < 0)
			continue;
		tw_worker_take_backend(c, fd);
		if (tw_socket_is_connected(fd))
			connected(c);
		else
			tw_flow_settle(c);
		return;
	}
	fail(c, b == NULL ? "no backend is for this name" :
	    c->behind != NULL && c->behind->reason != NULL ? c->behind->reason :
	    "no address of it takes connections");
}

static void
on_backend(struct tw_gate_conn *c)
{
	if (tw_socket_error(c->backend_fd) == 0) {
		connected(c);
		return;
	}
	tw_phase_connect_next(c);
}

void
tw_phase_connect_next(struct tw_gate_conn *c)
{
	if (c->phase == TW_PHASE_SECURE)
		tw_phase_back(c);
	c->try++;
	tw_worker_drop_backend(c);	/* enter() again, when its watch is free */
}

bool
tw_phase_connect_again(struct tw_gate_conn *c)
{
	if (c->backend_fd < 0 || c->try + 1u >= c->to->addresses_n)
		return false;
	tw_phase_alive(c);
	tw_phase_connect_next(c);
	return true;
}

const struct tw_gate_phase_row tw_phase_connect = {
	.name = "connect",
	.enter = enter,
	.backend = on_backend,
	.again = tw_phase_connect_again,
	.limit = offsetof(struct tw_config_limit, connect_timeout_ms),
	.late = TW_GATE_TIMEOUT_CONNECT,
};
