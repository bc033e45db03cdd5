/* `ctl sessions`: one worker after the other is asked, as fast as the client takes it. */
#include "data/suite.h"
#include "data/version.h"
#include "gate/control_inside.h"
#include "gate/phase.h"

static void
tell(struct tw_desk_client *c, unsigned worker, const struct tw_session_told *t)
{
	const struct tw_gate_parent *p = c->ctx;
	const struct tw_suite *suite = t->suite == 0 ? NULL : tw_suite_by_code(t->suite);
	const char *listener = tw_gate_names_of(&p->names, t->listener);
	int version = t->version == 0 ? -1 : tw_version_by_wire(t->version);
	uint64_t now = tw_loop_clock_ns();
	uint64_t ms = t->began_ns < now ? (now - t->began_ns) / 1000000 : 0;
	char client[TW_NETWORK_TEXT], via[TW_NETWORK_TEXT];
	const struct tw_config_listen *l = NULL;

	for (size_t i = 0; i < p->set->config->listens_n; i++)
		if (p->set->config->listens[i].number == t->listener)
			l = &p->set->config->listens[i];
	tw_control_put(c, json_pack(
	    "{s:o s:s? s:s s:i s:s? s:s s:o s:f s:I s:I s:s? s:s? s:o s:o s:o s:i}",
	    "listener", tw_control_text(listener),
	    "service", l == NULL ? NULL : l->port->service,
	    "client", tw_address_text(&t->peer, client), "port", (int)t->peer_port,
	    "via", t->has_via ? tw_address_text(&t->via, via) : NULL,
	    "phase", tw_phase_name(t->phase),
	    "since", tw_control_time((int64_t)((tw_loop_wall_ms() - ms) / 1000)),
	    "seconds", (double)ms / 1000,
	    "bytes_in", (json_int_t)t->bytes_in, "bytes_out", (json_int_t)t->bytes_out,
	    "version", version < 0 ? NULL : tw_versions[version].id,
	    "suite", suite == NULL ? NULL : suite->name,
	    "resumed", t->version == 0 ? json_null() : json_boolean(t->resumed),
	    "sni", tw_control_text(t->sni[0] == '\0' ? NULL : t->sni),
	    "backend", tw_control_text(t->backend[0] == '\0' ? NULL : t->backend),
	    "worker", (int)worker));
}

static void
next_worker(struct tw_control_list *l)
{
	l->waiting = false;
	l->worker++;
	l->from = 0;
}

static bool
more(struct tw_desk_client *c, struct tw_control_list *l)
{
	static uint32_t serial;
	struct tw_gate_parent *p = c->ctx;

	if (l->waiting)
		return true;
	for (; l->worker < TW_GATE_WORKERS; next_worker(l)) {
		const struct tw_gate_child *child = &p->children[l->worker];

		if (child->pid <= 0)
			continue;
		l->serial = ++serial;
		l->waiting = tw_ask_sessions(child, l->serial, l->from);
		if (l->waiting)
			return true;
		l->silent++;
	}
	tw_control_put(c, json_pack("{s:b s:I s:i}", "ok", 1, "sessions", (json_int_t)l->count,
	    "workers_silent", (int)l->silent));
	return false;
}

static void
take(struct tw_desk_client *c, struct tw_gate_child *child, const struct tw_sessions_answer *a)
{
	struct tw_control_list *l = c->own;

	if (l == NULL || l->more != more || !l->waiting ||
	    &((struct tw_gate_parent *)c->ctx)->children[l->worker] != child)
		return;
	if (a != NULL && a->serial != l->serial)
		return;
	l->waiting = false;
	for (uint32_t i = 0; a != NULL && i < a->n; i++)
		tell(c, l->worker, &a->v[i]);
	l->count += a == NULL ? 0 : a->n;
	l->silent += a == NULL;
	/* One that always says it has more would be asked for ever. */
	if (a == NULL || a->next == TW_SESSIONS_OVER || a->next <= l->from)
		next_worker(l);
	else
		l->from = a->next;
	tw_desk_settle(c);
}

void
tw_control_answered(struct tw_gate_parent *p, struct tw_gate_child *child,
    const struct tw_sessions_answer *a)
{
	if (p->control != NULL)
		for (struct tw_desk_client *c = tw_desk_first(p->control), *next; c != NULL; c = next) {
			next = c->next;
			take(c, child, a);
		}
}

void
tw_control_sessions(struct tw_desk_client *c, const json_t *request)
{
	(void)request;
	(void)tw_control_list_begin(c, more);
}
