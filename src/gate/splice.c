/*
 * Bytes through, both ways: records of the client are opened for the backend, bytes of
 * the backend are sealed for the client. Nothing is held while nothing comes; who reads
 * slower than the other writes makes the other wait.
 */
#include <stdlib.h>

#include "gate/behind.h"
#include "gate/counters.h"
#include "gate/edge.h"
#include "gate/phase.h"
#include "gate/worker.h"

/* All that a turn hears of the backend fits when it is sealed; what HTTP puts in is left room for. */
_Static_assert(TW_RECORDS_SEALED(TW_GATE_BEHIND) <= TW_GATE_SEALED, "room to seal it");

/* Seals what was said to the client, of the scratch, and sends it. */
static bool
seal(struct tw_gate_conn *c, struct tw_bytes plain)
{
	struct tw_worker *w = c->listener->worker;
	size_t n;

	if (plain.n == 0)
		return true;
	c->bytes_out += plain.n;
	tw_count(&c->listener->counts->bytes_out, plain.n);
	n = tw_records_seal(&c->records, w->records, plain, w->scratch->sealed);
	return n > 0 && tw_flow_to_client(c, (struct tw_bytes){ w->scratch->sealed, n });
}

/* What passes is looked at until the login is done. */
static struct tw_bytes
look(struct tw_gate_conn *c, enum tw_watch_from from, struct tw_bytes v)
{
	uint8_t *out = c->listener->worker->scratch->looked;
	unsigned failed;

	if (c->inside == NULL || v.n == 0)
		return v;
	failed = c->inside->logins_failed;
	v = (struct tw_bytes){ out, tw_watch_pass(c->inside, from, v, out) };
	for (; failed < c->inside->logins_failed; failed++) {
		tw_count(&c->listener->counts->logins_failed, 1);
		c->banned |= tw_phase_failed(c, TW_BAN_LOGIN);
	}
	c->broken |= c->inside->bad;
	if (c->inside->done) {
		free(c->inside);
		c->inside = NULL;
	}
	return v;
}

/* Both streams are over, and all of both is through or with us. */
static void
finish(struct tw_gate_conn *c)
{
	uint8_t *scratch = c->listener->worker->scratch->received;

	/* A client that has closed for good need not be waited for. */
	tw_phase_end(c, (enum tw_gate_end)c->first, NULL, c->to_client.n > 0 ||
	    tw_socket_receive(c->client_fd, scratch, TW_GATE_SEALED) >= 0);
}

/*
 * Each stream ends by itself: the end of one is told to the other side when all that came
 * before is through, and what comes the other way goes on. An end that was cut off is not
 * made a clean one: there is no close_notify of ours where there was none of theirs.
 */
static void
pass_ends(struct tw_gate_conn *c)
{
	if (c->client_over && !c->backend_shut && c->to_backend.n == 0) {
		if (!c->client_cut)
			tw_behind_goodbye(c);
		if (c->to_backend.n == 0) {
			c->backend_shut = true;
			if (!c->backend_over)
				tw_socket_end_sending(c->backend_fd);
		}
	}
	if (c->client_over && c->backend_over && c->to_backend.n == 0) {
		finish(c);
		return;
	}
	if (c->backend_over && !c->shut && c->to_client.n == 0) {
		if (c->behind == NULL || !c->behind->cut)
			tw_phase_goodbye(c);
		if (c->to_client.n == 0) {
			c->shut = true;
			tw_socket_end_sending(c->client_fd);
		}
	}
	tw_flow_settle(c);
}

static void
client_over(struct tw_gate_conn *c, bool cut)
{
	c->client_over = true;
	c->client_cut = cut;
	if (!c->backend_over)
		c->first = TW_GATE_CLOSED_BY_CLIENT;
	tw_phase_alive(c);
	pass_ends(c);
}

/* Opens what of in is whole; false: the connection has ended. */
static bool
open(struct tw_gate_conn *c, struct tw_bytes in, bool *ret_over)
{
	struct tw_worker *w = c->listener->worker;
	struct tw_records_opened o;
	struct tw_bytes plain;

	tw_records_open(&c->records, w->records, in, w->scratch->plain, &o);
	/* Behind our close_notify nothing more is said. */
	if (o.reply_n > 0 && !c->backend_over &&
	    !tw_flow_to_client(c, (struct tw_bytes){ o.reply, o.reply_n })) {
		tw_phase_end(c, TW_GATE_CLOSED_BY_CLIENT, "reset", false);
		return false;
	}
	c->bytes_in += o.plain_n;
	tw_count(&c->listener->counts->bytes_in, o.plain_n);
	plain = look(c, TW_FROM_CLIENT, (struct tw_bytes){ w->scratch->plain, o.plain_n });
	tw_edge_client(c, plain);
	if (c->broken) {
		tw_phase_end(c, TW_GATE_PROTOCOL_ERROR, "what it says is not the service's", true);
		return false;
	}
	if (!tw_behind_say(c, plain)) {
		tw_phase_end(c, TW_GATE_CLOSED_BY_BACKEND, c->backend_over ? NULL : "reset", true);
		return false;
	}
	if (o.state == TW_RECORDS_FAILED) {
		tw_phase_end(c, TW_GATE_PROTOCOL_ERROR, o.reason, true);
		return false;
	}
	if (o.state == TW_RECORDS_GOING &&
	    !tw_flow_keep(c, (struct tw_bytes){ in.p + o.used, in.n - o.used })) {
		tw_phase_end(c, TW_GATE_DENIED_LIMIT, "no memory", true);
		return false;
	}
	*ret_over = o.state == TW_RECORDS_ENDED;
	return true;
}

static void
on_client(struct tw_gate_conn *c)
{
	struct tw_bytes in;
	enum tw_flow flow = tw_flow_receive(c, &in);
	bool over = false;

	if (flow == TW_FLOW_BROKEN) {
		tw_phase_end(c, TW_GATE_CLOSED_BY_CLIENT, "reset", false);
		return;
	}
	if (!open(c, in, &over))
		return;
	if (over || flow == TW_FLOW_OVER) {
		client_over(c, !over);
		return;
	}
	tw_phase_alive(c);
	tw_flow_settle(c);
}

static void
backend_over(struct tw_gate_conn *c)
{
	uint8_t *out = c->listener->worker->scratch->looked;

	if ((c->inside != NULL && !seal(c, (struct tw_bytes){ out, tw_watch_end(c->inside, out) })) ||
	    !seal(c, tw_edge_end(c))) {
		tw_phase_end(c, TW_GATE_CLOSED_BY_CLIENT, "reset", false);
		return;
	}
	free(c->inside);
	c->inside = NULL;
	c->backend_over = true;
	if (!c->client_over)
		c->first = TW_GATE_CLOSED_BY_BACKEND;
	tw_phase_alive(c);
	pass_ends(c);
}

/* The backend has ended, and the client neither says anything nor leaves. */
static bool
again(struct tw_gate_conn *c)
{
	if (c->backend_over)
		tw_phase_end(c, (enum tw_gate_end)c->first, NULL, false);
	return c->backend_over;
}

static void
on_backend(struct tw_gate_conn *c)
{
	struct tw_bytes in;
	enum tw_flow flow = tw_behind_receive(c, &in);

	if (!seal(c, tw_edge_backend(c, look(c, TW_FROM_BACKEND, in)))) {
		tw_phase_end(c, TW_GATE_CLOSED_BY_CLIENT, "reset", false);
		return;
	}
	if (c->broken) {
		tw_phase_end(c, TW_GATE_PROTOCOL_ERROR, "the backend's words are not the service's",
		    true);
		return;
	}
	if (c->banned) {
		tw_phase_end(c, TW_GATE_LOGIN_FAILED_BANNED, NULL, true);
		return;
	}
	if (flow == TW_FLOW_BROKEN) {
		/* Some backends answer a client's cut end by an alert: it was the client's all the same. */
		tw_phase_end(c, c->client_over ? (enum tw_gate_end)c->first : TW_GATE_CLOSED_BY_BACKEND,
		    c->behind != NULL && c->behind->reason != NULL ? c->behind->reason : "reset", true);
		return;
	}
	if (flow == TW_FLOW_OVER) {
		backend_over(c);
		return;
	}
	tw_phase_alive(c);
	tw_flow_settle(c);
}

/* What was sent behind a handshake is opened now. */
static void
enter(struct tw_gate_conn *c)
{
	const struct tw_config_listen *l = c->listener->listen;
	const struct tw_watch_kind *kind = tw_watch_by_name(l->port->service);

	if (kind != NULL && (c->inside = malloc(sizeof(*c->inside))) != NULL)
		tw_watch_open(c->inside, kind, l->mode == TW_IMPLICIT ||
		    l->service->backend.step == NULL);
	tw_edge_open(c);
	if (tw_behind_has(c)) {		/* it came with its handshake */
		on_backend(c);
		if (c->phase != TW_PHASE_SPLICE || c->client_fd < 0)
			return;
	}
	if (c->early.n > 0)
		on_client(c);
	else
		tw_flow_settle(c);
}

/* A slow one has taken what waited for it. */
static void
flushed(struct tw_gate_conn *c)
{
	if (c->client_over || c->backend_over)
		pass_ends(c);
	else
		tw_flow_settle(c);
}

static void
leave(struct tw_gate_conn *c)
{
	free(c->inside);
	c->inside = NULL;
	tw_edge_close(c);
}

const struct tw_gate_phase_row tw_phase_splice = {
	.name = "splice",
	.enter = enter,
	.client = on_client,
	.backend = on_backend,
	.flushed = flushed,
	.again = again,
	.leave = leave,
	.limit = offsetof(struct tw_config_limit, idle_timeout_ms),
	.late = TW_GATE_TIMEOUT_IDLE,
};
