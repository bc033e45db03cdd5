/* One line a question for -v: what was asked, what came, how long it took. ask.c is the caller. */
#include "data/alert.h"
#include "data/group.h"
#include "data/suite.h"
#include "exam/inside.h"

static void
put_question(struct tw_buf *b, const struct ask *a)
{
	const struct tw_hello *h = &a->q.hello;
	int v = tw_version_by_wire(h->versions.n > 0 ? h->versions.v[0] : h->version);

	if (h->ssl2)
		tw_buf_fmt(b, "SSL 2.0 hello, %zu kinds", h->ssl2_kinds_n);
	else
		tw_buf_fmt(b, "%s hello, %zu suites", v >= 0 ? tw_versions[v].title
		    : "future version", h->suites.n);
	if (h->groups.n > 0)
		tw_buf_fmt(b, ", %zu groups", h->groups.n);
	if (h->schemes.n > 0)
		tw_buf_fmt(b, ", %zu schemes", h->schemes.n);
	tw_buf_str(b, a->q.sni == TW_SNI_NONE || (a->q.sni == TW_SNI_GIVEN && a->ep->sni == NULL)
	    ? ", no name" : a->q.sni == TW_SNI_UNKNOWN ? ", unknown name" : "");
}

static void
put_flight(struct tw_buf *b, const struct tw_flight *f)
{
	int v = f->ssl2 ? TW_SSL2 : tw_version_by_wire(f->version);
	const struct tw_suite *suite = tw_suite_by_code(f->suite);
	const struct tw_group *group = tw_group_by_code(f->ske.present ? f->ske.group : f->group);

	tw_buf_str(b, v >= 0 ? tw_versions[v].title : "a version unknown to us");
	if (f->retry)
		tw_buf_str(b, ", HelloRetryRequest");
	if (!f->ssl2 && suite != NULL)
		tw_buf_fmt(b, ", %s", suite->name);
	if (group != NULL)
		tw_buf_fmt(b, ", %s", group->name);
	if (f->ske.dh_p.n > 0)
		tw_buf_fmt(b, ", DH of %zu bytes", f->ske.dh_p.n);
	if (f->chain_n > 0)
		tw_buf_fmt(b, ", %zu certificate%s", f->chain_n, f->chain_n == 1 ? "" : "s");
}

/* Where a question ended that never got to its hello. */
static const char *
stopped(const struct ask *a)
{
	switch (a->stopped_in) {
	case ASK_CONNECT:
		return a->timed_out ? "no answer to the connection" : "no connection";
	case ASK_PROXY:
		return "the proxy did not open the way";
	case ASK_LISTEN:
		return "the server greeted first";
	default:
		return a->timed_out ? "the dialogue stalled" : "the dialogue did not lead to TLS";
	}
}

static void
put_answer(struct tw_buf *b, const struct ask *a)
{
	const struct tw_alert_row *alert = tw_alert_by_code(a->flight.alert);

	switch (a->answer.outcome) {
	case TW_GOT_FLIGHT:
		put_flight(b, &a->flight);
		break;
	case TW_GOT_ALERT:
		if (a->flight.ssl2_refused)
			tw_buf_fmt(b, "SSL 2.0 error %u", a->flight.ssl2_error);
		else
			tw_buf_fmt(b, "alert %s", alert != NULL ? alert->name : "unknown");
		break;
	case TW_GOT_CLOSED:
		tw_buf_str(b, a->end == TW_END_RESET ? "reset" : "closed");
		break;
	case TW_GOT_SILENCE:
		tw_buf_str(b, "silence");
		break;
	case TW_GOT_GARBAGE:
		tw_buf_str(b, "not TLS");
		break;
	case TW_GOT_NOTHING:
		tw_buf_str(b, stopped(a));
		break;
	}
}

static void
put_trial(struct tw_buf *b, const struct ask *a)
{
	const struct tw_dialog *d = a->dialog;

	tw_buf_fmt(b, "the first step of a login -> %s", d == NULL ? stopped(a) : d->plain_auth
	    ? "taken, and taken back" : d->no_plain_auth ? "refused for want of TLS"
	    : "not told");
}

void
tw_trace_ask(const struct ask *a)
{
	const struct tw_exam_client *client = a->ep->exam->client;
	const struct tw_facts *f = a->ep->facts;
	struct tw_buf b;

	if (client->trace == NULL)
		return;
	tw_buf_init(&b, 1024);
	tw_buf_fmt(&b, "%s:%d ", f->host, f->port);
	if (a->how.service != NULL)
		tw_buf_fmt(&b, "%s, then ", a->how.service->name);
	if (a->how.trial) {
		put_trial(&b, a);
	} else {
		put_question(&b, a);
		tw_buf_str(&b, " -> ");
		put_answer(&b, a);
	}
	if (a->answer.ms > 0)
		tw_buf_fmt(&b, " (%.1f ms)", a->answer.ms);
	client->trace(client->ctx, tw_buf_cstr(&b));
	tw_buf_clear(&b);
}
