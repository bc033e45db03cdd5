/*
 * To the backend: which one the name and the protocol chosen in the handshake say, the
 * first of its addresses that takes us, and a PROXY header where it reads one.
 */
#include <errno.h>
#include <strings.h>

#include "gate/flow.h"
#include "gate/phase.h"
#include "gate/story.h"
#include "gate/worker.h"

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

static void
connected(struct tw_gate_conn *c)
{
	tw_phase_next(c);
}

/* Entered again for each address, when the one before would not. */
static void
enter(struct tw_gate_conn *c)
{
	const struct tw_config_backend *b = choose(c);

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
	fail(c, b == NULL ? "no backend is for this name" : "no address of it takes connections");
}

static void
on_backend(struct tw_gate_conn *c)
{
	if (tw_socket_error(c->backend_fd) == 0) {
		connected(c);
		return;
	}
	c->try++;
	tw_worker_drop_backend(c);	/* enter() again, when its watch is free */
}

const struct tw_gate_phase_row tw_phase_connect = {
	.name = "connect",
	.enter = enter,
	.backend = on_backend,
	.limit = offsetof(struct tw_config_limit, connect_timeout_ms),
	.late = TW_GATE_TIMEOUT_CONNECT,
};
