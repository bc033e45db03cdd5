/* The backend's side, in the clear or in TLS; see behind.h. */
#include <stdlib.h>

#include "gate/behind.h"
#include "gate/edge.h"

static bool
is_sealed(const struct tw_gate_conn *c)
{
	return c->behind != NULL && c->behind->recorded;
}

bool
tw_behind_say(struct tw_gate_conn *c, struct tw_bytes plain)
{
	struct tw_worker *w = c->listener->worker;
	size_t n;

	if (plain.n == 0)
		return true;
	if (!is_sealed(c))
		return tw_flow_to_backend(c, plain);
	n = tw_records_seal(&c->behind->records, w->records, plain, w->scratch->sealed);
	return n > 0 && tw_flow_to_backend(c, (struct tw_bytes){ w->scratch->sealed, n });
}

static enum tw_flow
open(struct tw_gate_conn *c, struct tw_bytes in, struct tw_bytes *ret)
{
	struct tw_gate_behind *b = c->behind;
	struct tw_worker *w = c->listener->worker;
	struct tw_records_opened o;

	tw_records_open(&b->records, w->records, in, w->scratch->plain, &o);
	*ret = (struct tw_bytes){ w->scratch->plain, o.plain_n };
	/* Behind our close_notify nothing more is said. */
	if (o.reply_n > 0 && !b->records.closed &&
	    !tw_flow_to_backend(c, (struct tw_bytes){ o.reply, o.reply_n }))
		return TW_FLOW_BROKEN;
	if (o.state == TW_RECORDS_ENDED)
		return TW_FLOW_OVER;
	b->reason = o.reason;
	if (o.state == TW_RECORDS_FAILED ||
	    !tw_flow_put(&b->kept, (struct tw_bytes){ in.p + o.used, in.n - o.used }))
		return TW_FLOW_BROKEN;
	return TW_FLOW_OK;
}

enum tw_flow
tw_behind_receive(struct tw_gate_conn *c, struct tw_bytes *ret)
{
	struct tw_gate_scratch *s = c->listener->worker->scratch;
	uint8_t *to = is_sealed(c) ? s->received : s->plain;
	size_t kept = is_sealed(c) ? c->behind->kept.n : 0;
	enum tw_flow flow;
	ptrdiff_t got;

	if (kept > 0) {
		memcpy(to, c->behind->kept.p + c->behind->kept.at, kept);
		tw_flow_free(&c->behind->kept);
	}
	got = tw_socket_receive(c->backend_fd, to + kept, TW_GATE_PLAIN - tw_edge_room(c) - kept);
	*ret = (struct tw_bytes){ to, kept + (got > 0 ? (size_t)got : 0) };
	if (is_sealed(c) && (flow = open(c, *ret, ret)) != TW_FLOW_OK)
		return flow;
	if (got < 0 && is_sealed(c))
		c->behind->cut = true;
	return got >= 0 ? TW_FLOW_OK : got == TW_SOCKET_EOF ? TW_FLOW_OVER : TW_FLOW_BROKEN;
}

bool
tw_behind_has(const struct tw_gate_conn *c)
{
	return c->behind != NULL && c->behind->kept.n > 0;
}

void
tw_behind_goodbye(struct tw_gate_conn *c)
{
	uint8_t last[TW_RECORDS_LAST];

	if (is_sealed(c) && c->backend_fd >= 0)
		(void)tw_flow_to_backend(c, (struct tw_bytes){ last,
		    tw_records_close(&c->behind->records, c->listener->worker->records, last) });
}

void
tw_behind_clear(struct tw_gate_conn *c)
{
	struct tw_gate_behind *b = c->behind;

	if (b == NULL)
		return;
	tw_tls_client_free(b->tls);
	b->tls = NULL;
	if (b->recorded)
		tw_records_clear(&b->records);
	b->recorded = b->cut = false;
	tw_flow_free(&b->kept);
}
