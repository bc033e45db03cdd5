/* Causes in the handshake: hellos that get lost, versions, suites, names, client certificates. */
#include "judge/causing.h"

#include "data/alert.h"

#define ALERT_HANDSHAKE_FAILURE		40
#define ALERT_UNRECOGNIZED_NAME		112
#define ALERT_CERTIFICATE_REQUIRED	116

static enum tw_fate
fate(const struct tw_causing *c, enum tw_today size)
{
	return c->look->today[size].fate;
}

static bool
is_answer(enum tw_fate f)
{
	return f == TW_FATE_ANSWERED || f == TW_FATE_ALERT;
}

void
tw_cause_large_answer_lost(struct tw_causing *c)
{
	const struct tw_facts *f = c->look;

	/* That some hello was answered by an alert is what got us here; see recognise.c. */
	if (fate(c, TW_TODAY_SMALL) != TW_FATE_SILENT || fate(c, TW_TODAY_LARGE) == TW_FATE_ANSWERED ||
	    !(is_answer(fate(c, TW_TODAY_TINY)) || f->tls == TW_REACH_ALERT))
		return;
	tw_cause_find(c, TW_CAUSE_LARGE_ANSWER_LOST, TW_LIKELY, "Small answers of port %u of %s arrive, and the "
	    "large one with its certificate does not: full packets are lost on the way from the server to "
	    "here (MTU).", c->spot->port, c->d->host);
}

void
tw_cause_large_hello_lost(struct tw_causing *c)
{
	if (fate(c, TW_TODAY_LARGE) == TW_FATE_SILENT && is_answer(fate(c, TW_TODAY_SMALL)))
		tw_cause_find(c, TW_CAUSE_LARGE_HELLO_LOST, TW_LIKELY, "A small ClientHello is answered by port "
		    "%u of %s, one of 1.8 KB gets no answer: it is lost, because full packets do not pass (MTU) "
		    "or something on the way reads only the first segment. Post-quantum clients send such "
		    "hellos.", c->spot->port, c->d->host);
}

void
tw_cause_large_hello_refused(struct tw_causing *c)
{
	static const char *const how[] = { [TW_FATE_ALERT] = "with an alert",
		[TW_FATE_CLOSED] = "by cutting the connection",
		[TW_FATE_GARBAGE] = "with something that is not TLS" };
	enum tw_fate large = fate(c, TW_TODAY_LARGE);

	if (fate(c, TW_TODAY_SMALL) == TW_FATE_ANSWERED && (large == TW_FATE_ALERT ||
	    large == TW_FATE_CLOSED || large == TW_FATE_GARBAGE))
		tw_cause_find(c, TW_CAUSE_LARGE_HELLO_REFUSED, TW_CERTAIN, "A small ClientHello is answered by "
		    "port %u of %s, one of 1.8 KB is refused %s: the server, or a box in front of it, cannot "
		    "read a hello of two segments. Post-quantum clients send such hellos.", c->spot->port,
		    c->d->host, how[large]);
}

void
tw_cause_tls_stalls(struct tw_causing *c)
{
	const struct tw_facts *f = c->look;

	if (f->tls != TW_REACH_SILENT || tw_cause_is_found(c, TW_CAUSE_GREETING_SILENT) ||
	    tw_cause_is_found(c, TW_CAUSE_LARGE_ANSWER_LOST))
		return;
	tw_cause_find(c, TW_CAUSE_TLS_STALLS, TW_CERTAIN, f->has_dialogue
	    ? "Port %u of %s agrees to TLS, and then leaves the hello unanswered: the handshake stalls."
	    : "Port %u of %s opens, and then leaves the TLS hello unanswered: half open.",
	    c->spot->port, c->d->host);
}

/* Where a greeting should come first and none did, the hello was not what it minded. */
static bool
cut_at_hello(const struct tw_causing *c)
{
	const struct tw_facts *f = c->look;
	bool greets = c->spot->row != NULL && c->spot->row->mode == TW_EXPLICIT;

	return f->tls == TW_REACH_CLOSED && (f->starttls_offered == TW_YES ||
	    (f->course.hello_ms > 0 && !(greets && f->course.greeting_ms == 0)));
}

void
tw_cause_closed_at_hello(struct tw_causing *c)
{
	if (cut_at_hello(c) && !tw_cause_is_found(c, TW_CAUSE_PROXY_REFUSED))
		tw_cause_find(c, TW_CAUSE_CLOSED_AT_HELLO, TW_CERTAIN, "Port %u of %s takes connections, and cuts "
		    "them in place of an answer to a TLS hello%s.", c->spot->port, c->d->host, c->look->sni != NULL
		    ? tw_arena_fmt(c->arena, " for %s", c->look->sni) : "");
}

void
tw_cause_closed_at_once(struct tw_causing *c)
{
	if (c->look->tls == TW_REACH_CLOSED && !cut_at_hello(c) &&
	    !tw_cause_is_found(c, TW_CAUSE_PROXY_REFUSED))
		tw_cause_find(c, TW_CAUSE_CLOSED_AT_ONCE, TW_CERTAIN, "Port %u of %s takes connections and ends "
		    "them without a word, greeting nobody.", c->spot->port, c->d->host);
}

void
tw_cause_not_tls(struct tw_causing *c)
{
	if (c->look->tls == TW_REACH_GARBAGE)
		tw_cause_find(c, TW_CAUSE_NOT_TLS, TW_CERTAIN, "What answers on port %u of %s is neither TLS nor a "
		    "protocol we know: %s.", c->spot->port, c->d->host,
		    c->look->detail != NULL ? c->look->detail : "unreadable bytes");
}

static int
best_version(const struct tw_facts *f)
{
	for (int v = TW_VERSIONS - 1; v >= 0; v--)
		if (f->protocols[v] == TW_YES)
			return v;
	return -1;
}

void
tw_cause_old_version(struct tw_causing *c)
{
	int v = best_version(c->look);

	if (v >= 0 && v < TW_TLS12 && fate(c, TW_TODAY_SMALL) != TW_FATE_ANSWERED)
		tw_cause_find(c, TW_CAUSE_OLD_VERSION, TW_CERTAIN, "Port %u of %s speaks nothing newer than %s, "
		    "which today's clients refuse.", c->spot->port, c->d->host, tw_versions[v].title);
}

static bool
wants_name(const struct tw_facts *f)
{
	return f->features[TW_FEAT_SNI_REQUIRED] == TW_YES ||
	    f->today[TW_TODAY_SMALL].alert == ALERT_UNRECOGNIZED_NAME;
}

void
tw_cause_old_suites(struct tw_causing *c)
{
	if (best_version(c->look) >= TW_TLS12 && fate(c, TW_TODAY_SMALL) == TW_FATE_ALERT &&
	    !wants_name(c->look))
		tw_cause_find(c, TW_CAUSE_OLD_SUITES, TW_CERTAIN, "Port %u of %s speaks %s, and has no cipher "
		    "suite, group or signature in common with today's clients: they get the alert %s.",
		    c->spot->port, c->d->host, tw_versions[best_version(c->look)].title,
		    tw_alert_by_code(c->look->today[TW_TODAY_SMALL].alert) != NULL
		    ? tw_alert_by_code(c->look->today[TW_TODAY_SMALL].alert)->name : "unknown");
}

/* No handshake was possible, and nobody gave a name: that may be all there is to it. */
static bool
refuses_nameless(const struct tw_facts *f)
{
	return f->sni == NULL && f->certificates.n == 0 && (f->tls == TW_REACH_ALERT ||
	    f->error != NULL) && f->today[TW_TODAY_SMALL].fate == TW_FATE_ALERT;
}

void
tw_cause_name_wanted(struct tw_causing *c)
{
	const struct tw_facts *f = c->look;

	if (f->sni != NULL || !(wants_name(f) || refuses_nameless(f)) ||
	    fate(c, TW_TODAY_SMALL) == TW_FATE_ANSWERED)
		return;
	tw_cause_find(c, TW_CAUSE_NAME_WANTED, wants_name(f) ? TW_CERTAIN : TW_LIKELY, "Port %u of %s speaks "
	    "TLS only to clients that call it by a name (SNI), and an address is none.", c->spot->port,
	    c->d->host);
}

void
tw_cause_name_not_served(struct tw_causing *c)
{
	const struct tw_facts *f = c->look;

	if (f->sni == NULL || !wants_name(f) || fate(c, TW_TODAY_SMALL) == TW_FATE_ANSWERED)
		return;
	c->name = f->sni;
	tw_cause_find(c, TW_CAUSE_NAME_NOT_SERVED, TW_CERTAIN, "The server on port %u does not know the name %s: "
	    "it answers unrecognized_name.", c->spot->port, f->sni);
}

/* The session ended by such an alert after it was asked for a certificate. */
static bool
missed_certificate(const struct tw_facts *f)
{
	struct tw_http h;

	if (f->course.alert == ALERT_CERTIFICATE_REQUIRED)
		return true;
	if (f->features[TW_FEAT_CLIENT_CERTIFICATE] != TW_YES)
		return false;
	tw_http_read(f->course.words, &h);
	return f->course.alert == ALERT_HANDSHAKE_FAILURE || f->course.alert == 42 ||
	    f->course.alert == 41 || h.status == 400 || h.status == 495 ||
	    h.status == 496;
}

void
tw_cause_client_certificate(struct tw_causing *c)
{
	if (tw_causing_has_tls(c->look) && missed_certificate(c->look))
		tw_cause_find(c, TW_CAUSE_CLIENT_CERTIFICATE, c->look->course.alert >= 0 ? TW_CERTAIN : TW_LIKELY,
		    "The server on port %u of %s wants a certificate of the client, and lets nobody in without.",
		    c->spot->port, c->d->host);
}

void
tw_cause_handshake_refused(struct tw_causing *c)
{
	const struct tw_facts *f = c->look;

	if (tw_causing_has_tls(f) ? f->error == NULL || fate(c, TW_TODAY_SMALL) == TW_FATE_ANSWERED
	    : f->tls != TW_REACH_ALERT)
		return;
	if (tw_cause_is_found(c, TW_CAUSE_NAME_WANTED) || tw_cause_is_found(c, TW_CAUSE_NAME_NOT_SERVED) ||
	    tw_cause_is_found(c, TW_CAUSE_LARGE_ANSWER_LOST) || best_version(f) >= 0)
		return;
	tw_cause_find(c, TW_CAUSE_HANDSHAKE_REFUSED, TW_CERTAIN, "Port %u of %s speaks TLS, and answers every "
	    "hello with an alert%s%s.", c->spot->port, c->d->host,
	    f->today[TW_TODAY_SMALL].fate == TW_FATE_ALERT ? ": " : "",
	    f->today[TW_TODAY_SMALL].fate == TW_FATE_ALERT &&
	    tw_alert_by_code(f->today[TW_TODAY_SMALL].alert) != NULL
	    ? tw_alert_by_code(f->today[TW_TODAY_SMALL].alert)->name : "");
}
