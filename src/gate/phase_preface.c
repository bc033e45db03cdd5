/*
 * What may come before all else: a PROXY header of a sender we believe, which says who the
 * client is; and, on a port where TLS may begin at once or be asked for, which it is.
 */
#include "gate/flow.h"
#include "gate/phase.h"
#include "gate/story.h"
#include "wire/first.h"
#include "wire/proxy.h"

static void
deny(struct tw_gate_conn *c, enum tw_admission word)
{
	tw_phase_end(c, tw_phase_denial(word), NULL, false);
}

/* False: the connection has ended, or more must come. */
static bool
read_header(struct tw_gate_conn *c, struct tw_bytes *in)
{
	struct tw_gate_listener *l = c->listener;
	struct tw_proxy p;
	ptrdiff_t n = tw_proxy_read(*in, &p);
	enum tw_admission word;

	if (n < 0) {
		tw_phase_end(c, TW_GATE_PROTOCOL_ERROR, p.why, false);
		return false;
	}
	if (n == 0)
		return false;
	in->p += n;
	in->n -= (size_t)n;
	c->awaits_header = false;
	if (p.family == TW_PROXY_INET || p.family == TW_PROXY_INET6) {
		c->via = c->peer;
		c->has_via = true;
		memcpy(c->peer.b, p.source.address, sizeof(c->peer.b));
		c->peer_port = p.source.port;
		tw_story_header(c, &p);
	}
	word = tw_admission_name(l->worker->guard, l->worker->slot, &l->policy, &c->peer,
	    tw_loop_now_ms(l->worker->loop), &c->seat);
	if (word == TW_ADMITTED)
		return true;
	deny(c, word);
	return false;
}

/* Which way does this client begin? False: more must come. */
static bool
choose(struct tw_gate_conn *c, struct tw_bytes in)
{
	enum tw_first first;

	if (!tw_phase_may_begin_either_way(c))
		return true;
	first = tw_first_read(in);
	if (first == TW_FIRST_MORE)
		return false;
	if (first == TW_FIRST_TLS)
		tw_phase_begin_with_tls(c);
	return true;
}

static void
go_on(struct tw_gate_conn *c, struct tw_bytes in, bool over)
{
	if (c->awaits_header && !read_header(c, &in)) {
		if (c->phase != TW_PHASE_PREFACE || c->client_fd < 0)
			return;
		goto more;
	}
	if (!choose(c, in))
		goto more;
	if (tw_flow_keep(c, in))
		tw_phase_next(c);
	else
		tw_phase_end(c, TW_GATE_DENIED_LIMIT, "no memory", false);
	return;
more:
	if (over || !tw_flow_keep(c, in))
		tw_phase_end(c, TW_GATE_CLOSED_BY_CLIENT, NULL, false);
	else
		tw_flow_settle(c);
}

static void
enter(struct tw_gate_conn *c)
{
	/* Who is greeted first says nothing before: only a header may be awaited. */
	if (!c->awaits_header && !tw_phase_may_begin_either_way(c))
		tw_phase_next(c);
	else
		tw_flow_settle(c);
}

static void
on_client(struct tw_gate_conn *c)
{
	struct tw_bytes in;
	enum tw_flow flow = tw_flow_receive(c, &in);

	if (flow == TW_FLOW_BROKEN)
		tw_phase_end(c, TW_GATE_CLOSED_BY_CLIENT, "reset", false);
	else
		go_on(c, in, flow == TW_FLOW_OVER);
}

const struct tw_gate_phase_row tw_phase_preface = {
	.name = "preface",
	.enter = enter,
	.client = on_client,
	.limit = offsetof(struct tw_config_limit, dialogue_timeout_ms),
	.late = TW_GATE_TIMEOUT_DIALOGUE,
};
