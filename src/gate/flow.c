/* Bytes in and out of a connection; see flow.h. */
#include <stdlib.h>

#include "gate/flow.h"

void
tw_flow_free(struct tw_pending *p)
{
	free(p->p);
	*p = (struct tw_pending){ 0 };
}

/* What waits never exceeds what one turn makes: its source is not read meanwhile. */
bool
tw_flow_put(struct tw_pending *p, struct tw_bytes v)
{
	size_t need = (size_t)p->n + v.n;
	uint8_t *grown;

	if (v.n == 0)
		return true;
	if (need > 4u * TW_GATE_SEALED)
		return false;
	if (p->at > 0 && p->at + need > p->room) {
		memmove(p->p, p->p + p->at, p->n);
		p->at = 0;
	}
	if (p->at + need > p->room) {
		grown = realloc(p->p, need);
		if (grown == NULL)
			return false;
		p->p = grown;
		p->room = (uint32_t)need;
	}
	memcpy(p->p + p->at + p->n, v.p, v.n);
	p->n += (uint32_t)v.n;
	return true;
}

static bool
say(int fd, struct tw_pending *p, struct tw_bytes v)
{
	ptrdiff_t sent = 0;

	if (v.n == 0)
		return true;
	if (p->n == 0) {
		sent = tw_socket_send(fd, v);
		if (sent < 0)
			return false;
	}
	return tw_flow_put(p, (struct tw_bytes){ v.p + sent, v.n - (size_t)sent });
}

bool
tw_flow_to_client(struct tw_gate_conn *c, struct tw_bytes v)
{
	return say(c->client_fd, &c->to_client, v);
}

bool
tw_flow_to_backend(struct tw_gate_conn *c, struct tw_bytes v)
{
	return say(c->backend_fd, &c->to_backend, v);
}

bool
tw_flow_flush(struct tw_gate_conn *c, bool client)
{
	struct tw_pending *p = client ? &c->to_client : &c->to_backend;
	ptrdiff_t sent;

	if (p->n == 0)
		return true;
	sent = tw_socket_send(client ? c->client_fd : c->backend_fd,
	    (struct tw_bytes){ p->p + p->at, p->n });
	if (sent < 0)
		return false;
	p->at += (uint32_t)sent;
	p->n -= (uint32_t)sent;
	if (p->n == 0)
		tw_flow_free(p);
	return true;
}

enum tw_flow
tw_flow_receive(struct tw_gate_conn *c, struct tw_bytes *ret)
{
	uint8_t *scratch = c->listener->worker->scratch->received;
	size_t kept = c->early.n;
	ptrdiff_t got;

	if (kept > 0) {
		memcpy(scratch, c->early.p + c->early.at, kept);
		tw_flow_free(&c->early);
	}
	*ret = (struct tw_bytes){ scratch, kept };
	got = tw_socket_receive(c->client_fd, scratch + kept, TW_GATE_SEALED - kept);
	if (got < 0)
		return got == TW_SOCKET_EOF ? TW_FLOW_OVER : TW_FLOW_BROKEN;
	ret->n += (size_t)got;
	return TW_FLOW_OK;
}

bool
tw_flow_keep(struct tw_gate_conn *c, struct tw_bytes rest)
{
	return tw_flow_put(&c->early, rest);
}

/* Of the client the phases before the splice hear words, after it they await its end. */
static bool
reads_client(const struct tw_gate_conn *c)
{
	switch (c->phase) {
	case TW_PHASE_PREFACE:
	case TW_PHASE_DIALOGUE:
	case TW_PHASE_HANDSHAKE:
		return !c->waiting;
	case TW_PHASE_CLOSING:
	case TW_PHASE_REDIRECT:
		return true;
	case TW_PHASE_SPLICE:
		/* Who writes faster than the other reads is not read. */
		return c->to_backend.n == 0 && !c->client_over;
	default:
		return false;
	}
}

static bool
reads_backend(const struct tw_gate_conn *c)
{
	return c->phase == TW_PHASE_SECURE || c->phase == TW_PHASE_SWALLOW ||
	    (c->phase == TW_PHASE_SPLICE && c->to_client.n == 0 && !c->backend_over);
}

unsigned
tw_flow_wants(const struct tw_gate_conn *c, bool client)
{
	if (client)
		return (reads_client(c) ? TW_READABLE : 0) |
		    (c->to_client.n > 0 ? TW_WRITABLE : 0);
	return (reads_backend(c) ? TW_READABLE : 0) |
	    (c->to_backend.n > 0 || c->phase == TW_PHASE_CONNECT ? TW_WRITABLE : 0);
}

/*
 * Telling the kernel costs a call: readability that is not wanted for a moment stays
 * watched until it comes true, which it mostly does not.
 */
static void
watch(struct tw_poll *w, uint8_t *watched, unsigned wanted, unsigned came)
{
	unsigned unwanted = *watched & ~wanted;

	if ((wanted & ~*watched) == 0 && (unwanted & (TW_WRITABLE | came)) == 0)
		return;
	*watched = (uint8_t)wanted;
	tw_poll_for(w, wanted);
}

void
tw_flow_settle(struct tw_gate_conn *c)
{
	if (c->client_fd >= 0)
		watch(&c->client, &c->watched[0], tw_flow_wants(c, true), c->came[0]);
	if (c->backend_fd >= 0)
		watch(&c->backend, &c->watched[1], tw_flow_wants(c, false), c->came[1]);
	c->came[0] = c->came[1] = 0;
}
