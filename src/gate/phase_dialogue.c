/*
 * The plaintext talk before TLS with the client: the service's server side says what it
 * must, nothing of worth gets past it, and no byte lies between go-ahead and handshake.
 */
#include <stdlib.h>

#include "gate/flow.h"
#include "gate/phase.h"

static void on_client(struct tw_gate_conn *c);

/* Sends what the dialogue said, and acts upon its turn. */
static void
take_turn(struct tw_gate_conn *c, enum tw_turn turn)
{
	struct tw_dialog *d = c->now.dialog;

	if (!tw_flow_to_client(c, (struct tw_bytes){ d->out, d->out_n })) {
		tw_phase_end(c, TW_GATE_CLOSED_BY_CLIENT, "reset", false);
		return;
	}
	d->out_n = 0;
	switch (turn) {
	case TW_MORE:
		if (c->early.n > 0)	/* it came before the dialogue began */
			on_client(c);
		else
			tw_flow_settle(c);
		return;
	case TW_TLS:
		if (!tw_flow_keep(c, tw_dialog_rest(d)))
			break;
		tw_phase_next(c);
		return;
	case TW_BAD:
		tw_phase_end(c, d->flaw == TW_FLAW_INJECTED ? TW_GATE_PLAINTEXT_INJECTED :
		    TW_GATE_PROTOCOL_ERROR, NULL, true);
		return;
	case TW_REFUSED:
	case TW_NOT_OFFERED:
	case TW_CLOSE:
		break;
	}
	tw_phase_end(c, TW_GATE_DIALOGUE_REFUSED, NULL, true);
}

static void
enter(struct tw_gate_conn *c)
{
	const struct tw_config_listen *l = c->listener->listen;
	struct tw_dialog *d = malloc(sizeof(*d));

	c->now.dialog = d;
	if (d == NULL) {
		tw_phase_end(c, TW_GATE_DENIED_LIMIT, "no memory", false);
		return;
	}
	take_turn(c, tw_dialog_open_given(d, &l->service->server, c->listener->host,
	    c->listener->host, (struct tw_bytes){ c->greeting.p, c->greeting.n }));
}

static void
on_client(struct tw_gate_conn *c)
{
	struct tw_bytes in;
	enum tw_flow flow = tw_flow_receive(c, &in);

	if (flow != TW_FLOW_OK)
		tw_phase_end(c, TW_GATE_CLOSED_BY_CLIENT,
		    flow == TW_FLOW_OVER ? NULL : "reset", false);
	else
		take_turn(c, tw_dialog_feed(c->now.dialog, in));
}

static void
leave(struct tw_gate_conn *c)
{
	free(c->now.dialog);
	c->now.dialog = NULL;
}

const struct tw_gate_phase_row tw_phase_dialogue = {
	.name = "dialogue",
	.enter = enter,
	.client = on_client,
	.leave = leave,
	.limit = offsetof(struct tw_config_limit, dialogue_timeout_ms),
	.late = TW_GATE_TIMEOUT_DIALOGUE,
};
