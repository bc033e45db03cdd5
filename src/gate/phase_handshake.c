/*
 * The TLS handshake with the client, by the library, in memory: one receive and one send
 * a flight. At its end the records go over to the seam, and what comes behind the
 * handshake is kept for the splice.
 */
#include "gate/counters.h"
#include "gate/flow.h"
#include "gate/generation.h"
#include "gate/phase.h"
#include "gate/story.h"

static void
fail(struct tw_gate_conn *c, const char *why)
{
	tw_phase_end(c, TW_GATE_HANDSHAKE_FAILED, why, true);
}

static void
count(const struct tw_gate_conn *c, bool done)
{
	const struct tw_tls_facts *f = tw_tls_facts(c->now.tls);

	tw_counters_handshake(c->listener->counts, f->version, f->resumed, done,
	    (uint32_t)((tw_loop_clock_ns() - c->phase_ns) / 1000));
}

static void
done(struct tw_gate_conn *c, struct tw_bytes rest)
{
	tw_story_handshake(c, c->now.tls);
	if (!tw_flow_keep(c, rest)) {
		fail(c, "no memory");
		return;
	}
	count(c, true);
	tw_tls_detach(c->now.tls, &c->records);
	c->now.tls = NULL;
	c->recorded = true;
	/* The library's records and FTP's data connections need the contexts still. */
	if (c->records.session == NULL && c->listener->listen->passive_first == 0)
		tw_generation_shaken(c);
	tw_phase_next(c);
}

/* Gives the client's bytes to the handshake and acts upon where it stands then. */
static void
shake(struct tw_gate_conn *c, struct tw_bytes in)
{
	struct tw_buf *out = &c->listener->worker->out;
	enum tw_tls_state state;

	out->n = 0;
	state = tw_tls_shake(c->now.tls, &in, out);
	if (!tw_flow_to_client(c, tw_buf_view(out))) {
		fail(c, "the client reset the connection");
		return;
	}
	c->waiting = state == TW_TLS_WAIT;
	switch (state) {
	case TW_TLS_DONE:
		done(c, in);
		return;
	case TW_TLS_FAILED:
		tw_phase_failed(c, TW_BAN_HANDSHAKE);
		fail(c, tw_tls_reason(c->now.tls));
		return;
	case TW_TLS_WAIT:
	case TW_TLS_MORE:
		if (tw_flow_keep(c, in))
			tw_flow_settle(c);
		else
			fail(c, "no memory");
	}
}

/* Old versions are for some networks, until a day (local time). */
static bool
is_legacy(const struct tw_gate_conn *c)
{
	const struct tw_config_legacy *l = c->listener->listen->legacy;

	return l != NULL && !l->expired && tw_networks_have(l->network, &c->peer) &&
	    (int64_t)(tw_loop_wall_ms() / 1000) < l->until;
}

/* Who must, or may, show a certificate. */
static enum tw_tls_ask
ask(const struct tw_gate_conn *c)
{
	const struct tw_config_listen *l = c->listener->listen;

	if (l->client_certificate_for != NULL &&
	    !tw_networks_have(l->client_certificate_for, &c->peer))
		return TW_TLS_ASK_NONE;
	return (enum tw_tls_ask)l->client_certificate;
}

static void
on_client(struct tw_gate_conn *c)
{
	struct tw_bytes in;

	switch (tw_flow_receive(c, &in)) {
	case TW_FLOW_OK:
		shake(c, in);
		return;
	case TW_FLOW_OVER:
		fail(c, "the client closed the connection");
		return;
	case TW_FLOW_BROKEN:
		fail(c, "the client reset the connection");
	}
}

static void
enter(struct tw_gate_conn *c)
{
	struct tw_gate_listener *l = c->listener;
	struct tw_worker *w = l->worker;

	if (tw_admission_handshake(w->guard, &l->policy, &c->seat,
	    tw_loop_now_ms(w->loop)) != TW_ADMITTED) {
		tw_phase_end(c, TW_GATE_DENIED_RATE, NULL, false);
		return;
	}
	c->now.tls = tw_tls_new(l->tls, is_legacy(c), ask(c), c);
	if (c->now.tls == NULL)
		tw_phase_end(c, TW_GATE_DENIED_LIMIT, "no memory", false);
	else if (c->early.n > 0)
		on_client(c);		/* it came with what went before */
	else
		tw_flow_settle(c);
}

void
tw_phase_handshake_signed(void *ctx)
{
	struct tw_gate_conn *c = ctx;

	c->waiting = false;
	on_client(c);
}

static void
leave(struct tw_gate_conn *c)
{
	/* It failed, took too long or was given up: what was learned is told all the same. */
	if (c->now.tls != NULL) {
		count(c, false);
		tw_story_handshake(c, c->now.tls);
	}
	tw_tls_free(c->now.tls);
	c->now.tls = NULL;
	c->waiting = false;
}

const struct tw_gate_phase_row tw_phase_handshake = {
	.name = "handshake",
	.enter = enter,
	.client = on_client,
	.leave = leave,
	.limit = offsetof(struct tw_config_limit, handshake_timeout_ms),
	.late = TW_GATE_TIMEOUT_HANDSHAKE,
};
