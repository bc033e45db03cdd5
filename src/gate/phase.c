/* The table of phases, and the one function that enters them; see phase.h. */
#include "gate/access_log.h"
#include "gate/behind.h"
#include "gate/counters.h"
#include "gate/flow.h"
#include "gate/phase.h"
#include "gate/worker.h"

const char *const tw_gate_ends[TW_GATE_ENDS] = {
	[TW_GATE_GOING] = "going",
	[TW_GATE_CLOSED_BY_CLIENT] = "closed-by-client",
	[TW_GATE_CLOSED_BY_BACKEND] = "closed-by-backend",
	[TW_GATE_HANDSHAKE_FAILED] = "handshake-failed",
	[TW_GATE_DIALOGUE_REFUSED] = "dialogue-refused",
	[TW_GATE_PLAINTEXT_INJECTED] = "plaintext-injected",
	[TW_GATE_TIMEOUT_DIALOGUE] = "timeout-dialogue",
	[TW_GATE_TIMEOUT_HANDSHAKE] = "timeout-handshake",
	[TW_GATE_TIMEOUT_CONNECT] = "timeout-connect",
	[TW_GATE_TIMEOUT_IDLE] = "timeout-idle",
	[TW_GATE_DENIED_ACCESS] = "denied-access",
	[TW_GATE_DENIED_BANNED] = "denied-banned",
	[TW_GATE_DENIED_RATE] = "denied-rate",
	[TW_GATE_DENIED_LIMIT] = "denied-limit",
	[TW_GATE_LOGIN_FAILED_BANNED] = "login-failed-banned",
	[TW_GATE_BACKEND_DOWN] = "backend-down",
	[TW_GATE_PROTOCOL_ERROR] = "protocol-error",
	[TW_GATE_SHUTDOWN] = "shutdown",
};

static const struct tw_gate_phase_row *const rows[] = {
	[TW_PHASE_PREFACE] = &tw_phase_preface,
	[TW_PHASE_DIALOGUE] = &tw_phase_dialogue,
	[TW_PHASE_HANDSHAKE] = &tw_phase_handshake,
	[TW_PHASE_CONNECT] = &tw_phase_connect,
	[TW_PHASE_SECURE] = &tw_phase_secure,
	[TW_PHASE_SWALLOW] = &tw_phase_swallow,
	[TW_PHASE_SPLICE] = &tw_phase_splice,
	[TW_PHASE_CLOSING] = &tw_phase_closing,
	[TW_PHASE_REDIRECT] = &tw_phase_redirect,
};

/* The order of phases, by how TLS begins on the listener. */
static const uint8_t implicit[] = { TW_PHASE_PREFACE, TW_PHASE_HANDSHAKE, TW_PHASE_CONNECT,
	TW_PHASE_SECURE, TW_PHASE_SPLICE };
static const uint8_t explicit[] = { TW_PHASE_PREFACE, TW_PHASE_DIALOGUE, TW_PHASE_HANDSHAKE,
	TW_PHASE_CONNECT, TW_PHASE_SECURE, TW_PHASE_SWALLOW, TW_PHASE_SPLICE };
/* The backend's greeting is what the client is greeted with (MySQL). */
static const uint8_t backend_first[] = { TW_PHASE_PREFACE, TW_PHASE_CONNECT, TW_PHASE_SECURE,
	TW_PHASE_SWALLOW, TW_PHASE_DIALOGUE, TW_PHASE_HANDSHAKE, TW_PHASE_SPLICE };
/* Port 80: nothing but one answer in the clear. */
static const uint8_t redirect[] = { TW_PHASE_PREFACE, TW_PHASE_REDIRECT };

static const uint8_t *
plan_for(const struct tw_config_listen *l)
{
	if (l->redirect != NULL)
		return redirect;
	if (l->mode == TW_IMPLICIT)
		return implicit;
	return l->service->backend_first ? backend_first : explicit;
}

const char *
tw_phase_name(unsigned phase)
{
	return phase < sizeof(rows) / sizeof(rows[0]) ? rows[phase]->name : "none";
}

bool
tw_phase_may_begin_either_way(const struct tw_gate_conn *c)
{
	const struct tw_config_listen *l = c->listener->listen;

	return l->mode == TW_NEGOTIATED && !l->service->server_first &&
	    !l->service->backend_first;
}

void
tw_phase_begin_with_tls(struct tw_gate_conn *c)
{
	c->plan = implicit;
}

enum tw_gate_end
tw_phase_denial(enum tw_admission word)
{
	static const enum tw_gate_end ends[] = {
		[TW_DENIED_ACCESS] = TW_GATE_DENIED_ACCESS,
		[TW_DENIED_BANNED] = TW_GATE_DENIED_BANNED,
		[TW_DENIED_LIMIT] = TW_GATE_DENIED_LIMIT,
		[TW_DENIED_RATE] = TW_GATE_DENIED_RATE,
	};

	return ends[word];
}

void
tw_phase_alive(struct tw_gate_conn *c)
{
	struct tw_worker *w = c->listener->worker;
	/* The backend is gone: who only has to leave has no half an hour for it. */
	size_t at = c->backend_over ? offsetof(struct tw_config_limit, closing_timeout_ms) :
	    rows[c->phase]->limit;
	const unsigned *limit = (const void *)((const char *)c->listener->listen->limit + at);

	tw_wheel_set(&w->wheel, &c->limit, tw_loop_now_ms(w->loop) + *limit);
}

static void
enter(struct tw_gate_conn *c, enum tw_gate_phase phase)
{
	c->phase = (uint8_t)phase;
	c->phase_ns = tw_loop_clock_ns();
	/* An earlier limit than the last phase had must move it. */
	tw_phase_alive(c);
	rows[phase]->enter(c);
}

void
tw_phase_begin(struct tw_gate_conn *c)
{
	c->plan = plan_for(c->listener->listen);
	enter(c, *c->plan);
}

static void
leave(struct tw_gate_conn *c)
{
	if (rows[c->phase]->leave != NULL)
		rows[c->phase]->leave(c);
}

void
tw_phase_next(struct tw_gate_conn *c)
{
	leave(c);
	c->plan++;
	enter(c, *c->plan);
}

void
tw_phase_back(struct tw_gate_conn *c)
{
	leave(c);
	c->plan--;
	c->phase = *c->plan;
	tw_phase_alive(c);
}

bool
tw_phase_failed(struct tw_gate_conn *c, enum tw_ban_kind kind)
{
	struct tw_gate_listener *l = c->listener;

	return l->policy.ban != NULL && tw_bans_fail(tw_admission_bans(l->worker->guard),
	    l->worker->slot, &l->ban, &c->peer, kind, NULL, tw_loop_now_ms(l->worker->loop));
}

/* close_notify, where records stand (RFC 8446 6.1); an alert of theirs has said more. */
void
tw_phase_goodbye(struct tw_gate_conn *c)
{
	uint8_t last[TW_RECORDS_LAST];

	if (!c->recorded || c->phase == TW_PHASE_CLOSING)
		return;
	(void)tw_flow_to_client(c, (struct tw_bytes){ last,
	    tw_records_close(&c->records, c->listener->worker->records, last) });
}

void
tw_phase_end(struct tw_gate_conn *c, enum tw_gate_end end, const char *detail, bool polite)
{
	leave(c);
	tw_phase_goodbye(c);
	if (c->end == TW_GATE_GOING) {
		c->end = (uint8_t)end;
		tw_count(&c->listener->counts->ends[end], 1);
		tw_access_log_end(c, detail);
	}
	tw_behind_goodbye(c);
	if (c->backend_fd >= 0)
		tw_worker_drop_backend(c);
	if (polite && c->phase != TW_PHASE_CLOSING)
		enter(c, TW_PHASE_CLOSING);
	else
		tw_worker_drop(c);
}

void
tw_phase_late(struct tw_gate_conn *c)
{
	if (rows[c->phase]->again == NULL || !rows[c->phase]->again(c))
		tw_phase_end(c, rows[c->phase]->late, NULL, false);
}

void
tw_phase_ready(struct tw_gate_conn *c, bool client, unsigned events)
{
	const struct tw_gate_phase_row *row = rows[c->phase];

	c->came[!client] = (uint8_t)events;
	if ((events & TW_WRITABLE) && !tw_flow_flush(c, client)) {
		tw_phase_end(c, client ? TW_GATE_CLOSED_BY_CLIENT : TW_GATE_CLOSED_BY_BACKEND,
		    "reset", false);
		return;
	}
	if (events & tw_flow_wants(c, client) & TW_READABLE)
		(client ? row->client : row->backend)(c);
	else if (!client && c->phase == TW_PHASE_CONNECT)
		row->backend(c);
	else if ((events & TW_WRITABLE) && row->flushed != NULL)
		row->flushed(c);
	else
		tw_flow_settle(c);
}
