/*
 * The backend's first words: the client was greeted already, so they are read and kept
 * back before the client is let in; MySQL's greeting goes on to the client.
 */
#include <stdlib.h>

#include "gate/behind.h"
#include "gate/flow.h"
#include "gate/phase.h"

static void on_backend(struct tw_gate_conn *c);

static void
take_turn(struct tw_gate_conn *c, enum tw_turn turn)
{
	struct tw_dialog *d = c->now.dialog;

	if (!tw_behind_say(c, (struct tw_bytes){ d->out, d->out_n })) {
		tw_phase_end(c, TW_GATE_BACKEND_DOWN, "it closed before its greeting", true);
		return;
	}
	d->out_n = 0;
	if (turn == TW_MORE) {
		if (tw_behind_has(c))	/* it came with the handshake */
			on_backend(c);
		else
			tw_flow_settle(c);
		return;
	}
	if (turn != TW_TLS) {
		/* "Too many connections": said before TLS by the server, and by us. */
		if (c->listener->listen->service->backend_first)
			(void)tw_flow_to_client(c, tw_dialog_noted(d, d->kept));
		tw_phase_end(c, TW_GATE_BACKEND_DOWN, "its greeting refuses", true);
		return;
	}
	if (d->kept.n > 0) {
		struct tw_bytes kept = tw_dialog_noted(d, d->kept);

		c->greeting.p = malloc(kept.n);
		if (c->greeting.p == NULL) {
			tw_phase_end(c, TW_GATE_DENIED_LIMIT, "no memory", false);
			return;
		}
		memcpy(c->greeting.p, kept.p, kept.n);
		c->greeting.n = c->greeting.room = (uint32_t)kept.n;
	}
	tw_phase_next(c);
}

static void
enter(struct tw_gate_conn *c)
{
	const struct tw_side *side = &c->listener->listen->service->backend;

	if (side->step == NULL) {
		tw_phase_next(c);
		return;
	}
	c->now.dialog = malloc(sizeof(*c->now.dialog));
	if (c->now.dialog == NULL)
		tw_phase_end(c, TW_GATE_DENIED_LIMIT, "no memory", false);
	else
		take_turn(c, tw_dialog_open(c->now.dialog, side, "", c->listener->host));
}

static void
on_backend(struct tw_gate_conn *c)
{
	struct tw_bytes in;
	enum tw_flow flow = tw_behind_receive(c, &in);

	if (in.n > 0)
		take_turn(c, tw_dialog_feed(c->now.dialog, in));
	else if (flow == TW_FLOW_OK)
		tw_flow_settle(c);
	else
		tw_phase_end(c, TW_GATE_BACKEND_DOWN, "it closed before its greeting", true);
}

static void
leave(struct tw_gate_conn *c)
{
	free(c->now.dialog);
	c->now.dialog = NULL;
}

const struct tw_gate_phase_row tw_phase_swallow = {
	.name = "swallow",
	.enter = enter,
	.backend = on_backend,
	.leave = leave,
	.limit = offsetof(struct tw_config_limit, connect_timeout_ms),
	.late = TW_GATE_TIMEOUT_CONNECT,
};
