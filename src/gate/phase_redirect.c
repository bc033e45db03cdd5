/*
 * Port 80, in the clear: one request, read by the strict reader of heads, and one answer of
 * ours: to https, or a file of an ACME challenge, or a refusal. Then the connection ends, so
 * nothing behind a head can be taken for another request.
 */
#include "gate/flow.h"
#include "gate/phase.h"
#include "gate/story.h"
#include "net/folder.h"
#include "wire/http_redirect.h"

#define FILE_BYTES	4096	/* of a challenge; they have about a hundred */

static void
answer(struct tw_gate_conn *c, enum tw_gate_end end, const char *detail)
{
	struct tw_buf *out = &c->listener->worker->out;

	c->bytes_out += out->n;
	tw_story_status(c, (unsigned)((out->p[9] - '0') * 100 + (out->p[10] - '0') * 10 +
	    (out->p[11] - '0')));
	if (tw_flow_to_client(c, tw_buf_view(out)))
		tw_phase_end(c, end, detail, true);
	else
		tw_phase_end(c, TW_GATE_CLOSED_BY_CLIENT, "reset", false);
}

/* What the folder has under that name; a token is a name that leads nowhere else. */
static void
give_file(struct tw_gate_conn *c, const struct tw_http_head *h, struct tw_bytes token)
{
	struct tw_worker *w = c->listener->worker;
	char name[TW_HTTP_TOKEN_MAX + 1];
	ptrdiff_t n;

	memcpy(name, token.p, token.n);
	name[token.n] = '\0';
	n = tw_folder_read(c->listener->folder, name, w->scratch->plain, FILE_BYTES);
	if (n < 0) {
		tw_http_redirect_miss(&w->out);
		answer(c, TW_GATE_CLOSED_BY_BACKEND, "no such challenge");
		return;
	}
	tw_http_redirect_give(h, (struct tw_bytes){ w->scratch->plain, (size_t)n }, &w->out);
	answer(c, TW_GATE_CLOSED_BY_BACKEND, "an ACME challenge");
}

static void
take(struct tw_gate_conn *c, const struct tw_http_head *h)
{
	struct tw_gate_listener *l = c->listener;
	struct tw_buf *out = &l->worker->out;
	struct tw_bytes token;

	tw_story_request(c, tw_http_head_line(h), h->host);
	if (l->folder >= 0 && tw_http_redirect_is_acme(h, &token)) {
		give_file(c, h, token);
	} else if (tw_http_redirect_write(h, l->listen->redirect->to_port, out)) {
		answer(c, TW_GATE_CLOSED_BY_BACKEND, "sent on to https");
	} else {
		tw_http_redirect_refuse(out);
		answer(c, TW_GATE_PROTOCOL_ERROR, "the request names no host or no path");
	}
}

static void
on_client(struct tw_gate_conn *c)
{
	struct tw_bytes in;
	struct tw_http_head h;
	enum tw_flow flow = tw_flow_receive(c, &in);
	ptrdiff_t n = flow == TW_FLOW_BROKEN ? 0 : tw_http_head_read(in, &h);

	c->listener->worker->out.n = 0;
	if (n < 0) {
		tw_http_redirect_refuse(&c->listener->worker->out);
		answer(c, TW_GATE_PROTOCOL_ERROR, h.why);
	} else if (n > 0) {
		c->bytes_in = (uint64_t)n;
		take(c, &h);
	} else if (flow != TW_FLOW_OK) {
		tw_phase_end(c, TW_GATE_CLOSED_BY_CLIENT,
		    flow == TW_FLOW_OVER ? NULL : "reset", false);
	} else if (tw_flow_keep(c, in)) {
		tw_flow_settle(c);
	} else {
		tw_phase_end(c, TW_GATE_DENIED_LIMIT, "no memory", false);
	}
}

static void
enter(struct tw_gate_conn *c)
{
	if (c->early.n > 0)	/* it came with a PROXY header */
		on_client(c);
	else
		tw_flow_settle(c);
}

const struct tw_gate_phase_row tw_phase_redirect = {
	.name = "redirect",
	.enter = enter,
	.client = on_client,
	.limit = offsetof(struct tw_config_limit, dialogue_timeout_ms),
	.late = TW_GATE_TIMEOUT_DIALOGUE,
};
