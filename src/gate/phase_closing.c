/*
 * The end, politely: what waits for the client is sent, our side of the stream is ended,
 * and what the client still says is read away until it closes too. A socket closed with
 * bytes unread would be reset, and the client might lose our last words.
 */
#include "gate/flow.h"
#include "gate/phase.h"

static void
end_sending(struct tw_gate_conn *c)
{
	if (c->to_client.n == 0 && !c->shut) {
		c->shut = true;
		tw_socket_end_sending(c->client_fd);
	}
	tw_flow_settle(c);
}

static void
on_client(struct tw_gate_conn *c)
{
	uint8_t *scratch = c->listener->worker->scratch->received;

	end_sending(c);
	/* A client that goes on and on is ended by the phase's limit. */
	if (tw_socket_receive(c->client_fd, scratch, TW_GATE_SEALED) < 0)
		tw_phase_end(c, TW_GATE_CLOSED_BY_CLIENT, NULL, false);
}

const struct tw_gate_phase_row tw_phase_closing = {
	.name = "closing",
	.enter = end_sending,
	.client = on_client,
	.flushed = end_sending,
	.limit = offsetof(struct tw_config_limit, closing_timeout_ms),
	.late = TW_GATE_CLOSED_BY_CLIENT,
};
