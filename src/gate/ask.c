/*
 * A worker is asked for its connections over its order socket, and answers: the parent's
 * side of sessions.h; see parent.h. A worker meets the network, so nothing it says is
 * believed to be what it should be.
 */
#include "gate/control.h"
#include "gate/parent.h"
#include "gate/worker.h"

void
tw_ask_heard(struct tw_gate_child *c, struct tw_bytes answer)
{
	static struct tw_sessions_answer a;	/* one loop, one at a time */

	if (answer.n < tw_sessions_size(0) || answer.n > sizeof(a))
		return;
	memcpy(&a, answer.p, answer.n);
	if (a.n > TW_SESSIONS_MOST || answer.n != tw_sessions_size(a.n))
		return;
	for (uint32_t i = 0; i < a.n; i++) {
		a.v[i].sni[sizeof(a.v[i].sni) - 1] = '\0';
		a.v[i].backend[sizeof(a.v[i].backend) - 1] = '\0';
	}
	tw_control_answered(c->parent, c, &a);
}

bool
tw_ask_sessions(const struct tw_gate_child *c, uint32_t serial, uint32_t from)
{
	struct tw_sessions_question q = { .order = TW_ORDER_SESSIONS, .serial = serial,
		.from = from };

	return tw_socket_send(c->socket, (struct tw_bytes){ (const uint8_t *)&q, sizeof(q) }) ==
	    (ptrdiff_t)sizeof(q);
}
