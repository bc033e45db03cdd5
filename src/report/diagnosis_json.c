/* diagnosis_json.c -- a diagnosis as the JSON object of `diagnose --json`; see diagnosis.h. */
#include <stdlib.h>

#include "base/text.h"
#include "data/alert.h"
#include "judge/causing.h"
#include "report/diagnosis.h"

#include <jansson.h>

#define SCHEMA	1

struct writer {
	struct tw_arena *arena;
	bool failed;		/* out of memory */
};

/* What a peer may have said, escaped (text.h), at most so many bytes of it; p NULL is null. */
static json_t *
text(struct writer *w, struct tw_bytes v, size_t most)
{
	const char *s;

	if (v.n > most)
		v.n = most;
	s = tw_text_escaped(w->arena, v);
	return s != NULL ? json_string(s) : json_null();
}

static json_t *
str(struct writer *w, const char *s)
{
	return text(w, tw_bytes_of(s), SIZE_MAX);
}

/* Milliseconds with one decimal; 0, which is "not reached", is null. */
static json_t *
ms(double v)
{
	int64_t tenths = (int64_t)(v * 10 + 0.5);

	return v <= 0 ? json_null() : json_real((double)tenths / 10);
}

static json_t *
when(int64_t seconds)
{
	char out[32];

	return seconds == 0 ? json_null() : json_string(tw_text_time(seconds, out));
}

static void
put(struct writer *w, json_t *o, const char *key, json_t *v)
{
	if (json_object_set_new(o, key, v) != 0)
		w->failed = true;
}

static void
add(struct writer *w, json_t *list, json_t *v)
{
	if (json_array_append_new(list, v) != 0)
		w->failed = true;
}

static json_t *
lookup(struct writer *w, const struct tw_looked_up *l)
{
	json_t *o = json_object();

	put(w, o, "state", str(w, tw_lookup_names[l->state]));
	put(w, o, "ms", ms(l->ms));
	return o;
}

static json_t *
knocks(struct writer *w, const struct tw_spot *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->knocks.n; i++) {
		const struct tw_knock *k = &s->knocks.v[i];
		json_t *o = json_object();

		put(w, o, "address", str(w, k->address));
		put(w, o, "family", json_string(k->v6 ? "ipv6" : "ipv4"));
		put(w, o, "state", str(w, tw_tcp_names[k->tcp]));
		put(w, o, "ms", ms(k->ms));
		put(w, o, "detail", str(w, k->detail));
		add(w, list, o);
	}
	return list;
}

static json_t *
hello(struct writer *w, const struct tw_hello_fate *h)
{
	json_t *o = json_object();
	const struct tw_alert_row *alert = h->fate == TW_FATE_ALERT ? tw_alert_by_code(h->alert) : NULL;

	put(w, o, "state", str(w, tw_fate_names[h->fate]));
	put(w, o, "alert", str(w, alert != NULL ? alert->name : NULL));
	put(w, o, "ms", ms(h->ms));
	return o;
}

static json_t *
certificate(struct writer *w, const struct tw_facts *f)
{
	const struct tw_certificate *x = tw_causing_certificate(f);
	json_t *o, *names;

	if (x == NULL)
		return json_null();
	o = json_object();
	names = json_array();
	for (size_t i = 0; i < x->cert.names.n && i < 100; i++)
		if (x->cert.names.v[i].kind == TW_NAME_DNS || x->cert.names.v[i].kind == TW_NAME_IP)
			add(w, names, text(w, x->cert.names.v[i].value, 300));
	put(w, o, "subject", text(w, x->cert.subject, 1000));
	put(w, o, "issuer", text(w, x->cert.issuer, 1000));
	put(w, o, "not_before", when(x->cert.not_before));
	put(w, o, "not_after", when(x->cert.not_after));
	put(w, o, "names", names);
	put(w, o, "matches_host", json_string(tw_check_names[x->matches_host]));
	put(w, o, "trusted", json_string(tw_check_names[x->trusted]));
	put(w, o, "trust_error", str(w, x->trust_error));
	return o;
}

static json_t *
dialogue(struct writer *w, const struct tw_facts *f)
{
	json_t *o;

	if (f->course.dialogue_ms == 0 || f->mode == TW_IMPLICIT)
		return json_null();
	o = json_object();
	put(w, o, "greeting_ms", ms(f->course.greeting_ms));
	put(w, o, "ms", ms(f->course.dialogue_ms));
	put(w, o, "offered", json_string(tw_check_names[f->starttls_offered]));
	put(w, o, "banner", text(w, f->banner, 1000));
	put(w, o, "reply", text(w, f->reply, 1000));
	return o;
}

static json_t *
above(struct writer *w, const struct tw_facts *f)
{
	const struct tw_course *c = &f->course;
	const struct tw_alert_row *alert = c->alert >= 0 ? tw_alert_by_code((uint8_t)c->alert) : NULL;
	json_t *o = json_object();
	size_t n = 0;

	while (n < c->words.n && c->words.p[n] != '\r' && c->words.p[n] != '\n')
		n++;
	put(w, o, "handshake", json_boolean(c->shaken));
	put(w, o, "handshake_ms", ms(c->shake_ms));
	put(w, o, "alert", str(w, alert != NULL ? alert->name : NULL));
	put(w, o, "said", text(w, (struct tw_bytes){ c->words.p, n }, 500));
	put(w, o, "ms", ms(c->words_ms));
	return o;
}

static json_t *
look(struct writer *w, const struct tw_facts *f)
{
	json_t *o = json_object(), *tls = json_object();

	put(w, o, "address", str(w, f->address));
	put(w, o, "service", str(w, f->service));
	put(w, o, "mode", json_string(tw_mode_names[f->mode]));
	put(w, o, "dialogue", dialogue(w, f));
	put(w, tls, "state", str(w, tw_reach_tls_names[f->tls]));
	put(w, tls, "detail", str(w, f->detail));
	put(w, tls, "sni", str(w, f->sni));
	put(w, tls, "chosen", str(w, tw_report_diagnosis_tls(f->arena, f)));
	put(w, tls, "ms", ms(f->course.hello_ms));
	put(w, tls, "small_hello", hello(w, &f->today[TW_TODAY_SMALL]));
	put(w, tls, "large_hello", hello(w, &f->today[TW_TODAY_LARGE]));
	put(w, o, "tls", tls);
	put(w, o, "certificate", certificate(w, f));
	put(w, o, "above", above(w, f));
	return o;
}

static json_t *
ports(struct writer *w, const struct tw_diagnosis *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->spots.n; i++) {
		const struct tw_spot *s = &d->spots.v[i];
		json_t *o = json_object(), *looks = json_array();

		for (size_t k = 0; k < s->looks.n; k++)
			add(w, looks, look(w, s->looks.v[k]));
		put(w, o, "port", json_integer(s->port));
		put(w, o, "role", json_string(tw_role_names[s->role]));
		put(w, o, "service", str(w, s->row != NULL ? s->row->scheme : NULL));
		put(w, o, "state", str(w, tw_tcp_names[tw_causing_tcp(s)]));
		put(w, o, "tcp", knocks(w, s));
		put(w, o, "looks", looks);
		add(w, list, o);
	}
	return list;
}

static json_t *
causes(struct writer *w, const struct tw_diagnosis *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->causes.n; i++) {
		const struct tw_cause *x = &d->causes.v[i];
		json_t *o = json_object(), *next = json_array();

		for (size_t k = 0; k < x->next.n; k++)
			add(w, next, str(w, x->next.v[k]));
		put(w, o, "id", json_string(tw_causes[x->id].id));
		put(w, o, "sure", json_string(tw_sure_names[x->sure]));
		put(w, o, "fault", json_boolean(x->fault));
		put(w, o, "port", x->port != 0 ? json_integer(x->port) : json_null());
		put(w, o, "address", str(w, x->address));
		put(w, o, "title", json_string(tw_causes[x->id].title));
		put(w, o, "sentence", str(w, x->sentence));
		put(w, o, "next", next);
		put(w, o, "explain", str(w, tw_causes[x->id].topic));
		add(w, list, o);
	}
	return list;
}

static json_t *
http(struct writer *w, const struct tw_diagnosis *d)
{
	struct tw_http h;
	json_t *o;

	if (!d->http_asked)
		return json_null();
	tw_http_read(d->http_head, &h);
	o = json_object();
	put(w, o, "answered", json_boolean(d->http_head.p != NULL));
	put(w, o, "status", h.status != 0 ? json_integer(h.status) : json_null());
	put(w, o, "location", text(w, h.location, 500));
	put(w, o, "date", when(h.date));
	put(w, o, "ms", ms(d->http_ms));
	return o;
}

void
tw_report_diagnosis_json(struct tw_diagnosis *d, struct tw_buf *out)
{
	struct writer w = { .arena = d->arena };
	json_t *o = json_object(), *list = json_array(), *name = json_object();
	const struct tw_cause *first = tw_cause_first(d);
	char *dumped;

	for (size_t i = 0; i < d->addresses.n; i++)
		add(&w, list, str(&w, d->addresses.v[i]));
	put(&w, name, "ipv4", lookup(&w, &d->v4));
	put(&w, name, "ipv6", lookup(&w, &d->v6));
	put(&w, name, "source", d->from_hosts ? json_string("hosts") : d->v4.state == TW_LOOKUP_NONE &&
	    d->v6.state == TW_LOOKUP_NONE ? json_null() : json_string("dns"));
	put(&w, o, "schema", json_integer(SCHEMA));
	put(&w, o, "tool", json_string("tlswright " TW_VERSION));
	put(&w, o, "target", str(&w, d->target));
	put(&w, o, "host", str(&w, d->host));
	put(&w, o, "port", d->port != 0 ? json_integer(d->port) : json_null());
	put(&w, o, "started", when(d->started));
	put(&w, o, "elapsed_ms", json_integer(d->elapsed_ms));
	put(&w, o, "verdict", json_string(tw_diagnosis_verdict_names[d->verdict]));
	put(&w, o, "cause", d->verdict == TW_DIAGNOSIS_CAUSE ? json_string(tw_causes[first->id].id)
	    : json_null());
	put(&w, o, "sure", d->verdict == TW_DIAGNOSIS_CAUSE ? json_string(tw_sure_names[first->sure])
	    : json_null());
	put(&w, o, "sentence", str(&w, tw_cause_sentence(d)));
	put(&w, o, "causes", causes(&w, d));
	put(&w, o, "name", name);
	put(&w, o, "addresses", list);
	put(&w, o, "ports", ports(&w, d));
	put(&w, o, "http", http(&w, d));
	put(&w, o, "cloud", str(&w, d->cloud));
	dumped = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (dumped != NULL && !w.failed) {
		tw_buf_str(out, dumped);
		tw_buf_u8(out, '\n');
	} else {
		out->failed = true;
	}
	free(dumped);
	json_decref(o);
}
