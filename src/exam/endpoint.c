/*
 * The life of one endpoint: reached, recognised, probed, finished. Probes say
 * what they want to know; this puts their questions while the pace allows.
 */
#include <assert.h>
#include <stdlib.h>

#include <idn2.h>

#include "exam/inside.h"
#include "probe/notes.h"

#define QUESTIONS_MAX 2000	/* of one endpoint: no honest server needs half as many */

static void
closed(void *ctx)
{
	struct endpoint *ep = ctx;

	if (--ep->handles == 0)
		free(ep);
}

static void
on_timer(void *ctx)
{
	struct endpoint *ep = ctx;

	void (*then)(struct endpoint *ep) = ep->on_wait;

	ep->on_wait = NULL;
	if (then != NULL)
		then(ep);
	else
		tw_endpoint_pump(ep);
}

void
tw_endpoint_wait(struct endpoint *ep, uint64_t ms)
{
	tw_timer_start(ep->timer, ms);
}

void
tw_deliver(struct endpoint *ep, int probe, const struct tw_question *q,
    const struct tw_answer *a)
{
	const struct tw_probe *p = ep->probes[probe];

	tw_notes_take(&ep->probing, q, a);
	p->hear(&ep->probing, ep->states[probe], q, a);
}

static void
on_answer(struct ask *a)
{
	struct endpoint *ep = a->ep;

	tw_pace_answer(a);
	tw_endpoint_pump(ep);
}

/* The next question: one to be put again, or the first a probe has. */
static bool
next_question(struct endpoint *ep, struct held *ret)
{
	if (tw_pace_next(ep, ret))
		return true;
	*ret = (struct held){ 0 };
	for (size_t i = 0; i < ep->probes_n; i++) {
		ret->probe = (int)i;
		if (ep->probes[i]->ask(&ep->probing, ep->states[i], &ret->q))
			return true;
		ret->q = (struct tw_question){ 0 };
	}
	return false;
}

static void
put(struct endpoint *ep, const struct held *h)
{
	struct ask *a = tw_ask_new(ep, h->probe, &ep->how, on_answer);

	a->q = h->q;
	a->attempts = h->attempts;
	a->looks = h->looks;
	a->beside = h->beside;
	if (++ep->questions == QUESTIONS_MAX)
		tw_pace_give_up(ep, "the server has answered so many questions with news that "
		    "there is no end to it");
	tw_pace_begun(ep);
	tw_ask_start(a);
}

/* Nothing can be put any more: every question left is answered with the reason. */
static void
drain(struct endpoint *ep)
{
	static const struct tw_flight none;
	struct tw_answer a = { TW_GOT_NOTHING, &none, ep->ban_reason };
	struct held h;

	while (next_question(ep, &h))
		tw_deliver(ep, h.probe, &h.q, &a);
}

void
tw_endpoint_pump(struct endpoint *ep)
{
	struct held h;
	bool dry = false;

	if (!ep->probing_on || ep->over)
		return;
	while (!ep->banned && tw_pace_may_begin(ep) && !dry) {
		dry = !next_question(ep, &h);
		if (!dry)
			put(ep, &h);
	}
	if (ep->banned) {
		drain(ep);
		dry = true;
	}
	if (!dry || ep->asks_n > 0 || ep->identify != NULL)
		return;
	if (ep->doubt != NULL) {
		tw_pace_idle(ep);
		if (ep->asks_n == 0 && ep->doubt == NULL)
			tw_endpoint_pump(ep);
		return;
	}
	if (ep->retry != NULL)
		return;		/* the pace's timer will come */
	if (!ep->banned && (tw_identify_again(ep) || tw_trial_start(ep, tw_endpoint_pump)))
		return;
	for (size_t i = 0; i < ep->probes_n; i++)
		if (ep->probes[i]->close != NULL)
			ep->probes[i]->close(&ep->probing, ep->states[i]);
	tw_endpoint_finish(ep);
}

void
tw_endpoint_probe(struct endpoint *ep, const struct ask *first)
{
	struct tw_facts *f = ep->facts;

	f->mode = ep->how.mode;
	TW_PUSH(f->arena, &f->modes, ep->how.mode);
	if (ep->row != NULL)
		f->service = ep->row->service;
	ep->probing.facts = f;
	ep->probing.arena = f->arena;
	ep->probing.shelf = tw_trust_shelf(ep->exam->opt->trust);
	ep->probing.quick = ep->facts->quick;
	ep->probing.sni = ep->sni;
	ep->probing.row = ep->row;
	ep->probes = ep->exam->opt->probes != NULL ? ep->exam->opt->probes
	    : ep->probing.quick ? tw_quick_probes : tw_probes;
	while (ep->probes[ep->probes_n] != NULL)
		ep->probes_n++;
	ep->states = tw_arena_alloc(f->arena, ep->probes_n * sizeof(void *));
	for (size_t i = 0; i < ep->probes_n; i++)
		ep->states[i] = tw_arena_alloc(f->arena, ep->probes[i]->state_size + 1);
	ep->limit = ep->exam->opt->per_host;
	ep->probing_on = true;
	ep->probing.share_set = TW_SHARES_USUAL;
	ep->successes++;
	if (first->q.tag == TW_TAG_HAIL)
		tw_deliver(ep, 0, &first->q, &first->answer);
	else
		tw_notes_take(&ep->probing, &first->q, &first->answer);
	tw_told_start(ep);
	tw_endpoint_pump(ep);
}

static void
on_deadline(void *ctx)
{
	struct endpoint *ep = ctx;
	const char *reason = tw_arena_fmt(ep->facts->arena, "the time for one endpoint "
	    "(--max-time %.0fs) ended before this was known",
	    (double)ep->exam->opt->max_time_ms / 1000);

	if (!ep->probing_on) {
		if (ep->facts->tcp == TW_TCP_OPEN && ep->facts->tls == TW_REACH_NONE)
			ep->facts->tls = TW_REACH_SILENT;
		ep->facts->detail = ep->facts->error = reason;
		tw_endpoint_finish(ep);
		return;
	}
	ep->ban_reason = reason;
	tw_identify_cancel(ep);
	while (ep->asks != NULL) {
		struct ask *a = ep->asks;
		static const struct tw_flight none;
		struct tw_answer nothing = { TW_GOT_NOTHING, &none, reason };
		struct tw_question q = a->q;
		int probe = a->probe;

		tw_ask_cancel(a);
		if (probe >= 0)
			tw_deliver(ep, probe, &q, &nothing);
	}
	tw_pace_give_up(ep, reason);
	tw_endpoint_pump(ep);
}

void
tw_endpoint_finish(struct endpoint *ep)
{
	struct tw_facts *f = ep->facts;

	assert(!ep->over);
	ep->over = true;
	tw_reach_cancel(ep);
	tw_conn_close(ep->open_conn);
	tw_recognise_cancel(ep);
	tw_identify_cancel(ep);
	while (ep->asks != NULL)
		tw_ask_cancel(ep->asks);
	tw_pace_clear(ep);
	tw_finish_facts(ep);
	f->elapsed_ms = (int64_t)(tw_loop_now_ms(ep->exam->loop) - ep->started_ms);
	ep->facts = NULL;
	tw_exam_ended(ep, f);
	if (ep->host != NULL)
		tw_host_leave(ep->exam, ep->host, ep);
	ep->host = NULL;
	tw_timer_free(ep->timer, closed);
	tw_timer_free(ep->deadline, closed);
}

void
tw_endpoint_unaudited(struct endpoint *ep, enum tw_reach_tls tls, const char *detail)
{
	ep->facts->tls = tls;
	if (detail != NULL)
		ep->facts->detail = detail;
	ep->facts->error = ep->facts->detail;
	tw_endpoint_finish(ep);
}

/* The name for SNI: A-labels, no trailing dot, never an IP address (RFC 6066 3). */
static const char *
sni_of(struct endpoint *ep, const char *host)
{
	const struct tw_exam_options *o = ep->exam->opt;
	const char *name = o->sni != NULL ? o->sni : host;
	char *ascii = NULL, *ret;
	size_t n;

	if (o->no_sni || tw_cert_host_is_ip(name))
		return NULL;
	if (idn2_to_ascii_8z(name, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
		ascii = NULL;
	ret = tw_arena_str(ep->facts->arena, ascii != NULL ? ascii : name);
	idn2_free(ascii);
	n = strlen(ret);
	if (n > 0 && ret[n - 1] == '.')
		ret[n - 1] = '\0';
	return ret[0] != '\0' ? ret : NULL;
}

static void
set_port(struct sockaddr_storage *a, uint16_t port)
{
	if (a->ss_family == AF_INET6)
		((struct sockaddr_in6 *)a)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)a)->sin_port = htons(port);
}

void
tw_endpoint_start(struct exam *x, struct job *job, uint16_t port,
    const struct sockaddr_storage *addrs, size_t n)
{
	struct endpoint *ep = calloc(1, sizeof(*ep));
	struct tw_facts *f = tw_facts_new(job->target);
	char text[64];

	if (ep == NULL)
		abort();
	ep->exam = x;
	ep->job = job;
	ep->facts = f;
	ep->row = job->row;
	ep->named = job->row != NULL;
	f->host = tw_arena_str(f->arena, job->host_name);
	f->port = port;
	f->started = x->started + (int64_t)(tw_loop_now_ms(x->loop) - x->started_ms) / 1000;
	f->quick = x->opt->quick || x->opt->probes != NULL;
	if (job->row != NULL) {
		f->service = job->row->service;
		f->mode = job->row->mode;
	}
	ep->sni = f->sni = sni_of(ep, job->host_name);
	for (size_t i = 0; i < job->found.n; i++)
		TW_PUSH(f->arena, &f->addresses, tw_arena_str(f->arena,
		    tw_conn_address((const struct sockaddr *)&job->found.v[i], text)));
	for (size_t i = 0; i < n; i++) {
		ep->addrs[i] = addrs[i];
		set_port(&ep->addrs[i], x->opt->proxy != NULL ? x->proxy_port : port);
	}
	ep->addrs_n = n;
	ep->started_ms = tw_loop_now_ms(x->loop);
	ep->timer = tw_timer_new(x->loop, on_timer, ep);
	ep->deadline = tw_timer_new(x->loop, on_deadline, ep);
	ep->handles = 2;
	tw_timer_start(ep->deadline, (uint64_t)x->opt->max_time_ms);
	tw_reach_start(ep);
}
