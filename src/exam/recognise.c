/*
 * What speaks here? A named service is asked its own way; else the port's usual
 * one is tried first, a greeting is waited for before anything is said to a
 * port we do not know, and what stays silent is asked in the tongues whose
 * client speaks first. Ends in tw_endpoint_probe() or tw_endpoint_unaudited().
 */
#include <stdlib.h>

#include "exam/recognise.h"

#define LISTEN_MS	1000	/* a server that greets does so at once, where it is not a mail server */
#define PATIENCE_MS	1200	/* for the answer to a hello, before other tongues are tried too */

static void try_next(struct recognise *r);
static void on_try(struct ask *a);

static struct ask *
try_hello(struct recognise *r, const struct approach *how)
{
	struct ask *a = tw_ask_new(r->ep, -1, how, on_try);

	r->out++;
	tw_hail(&a->q);
	return a;
}

static void
try_dialogue(struct recognise *r, const struct tw_service *s, enum tw_mode mode)
{
	struct approach how = { .mode = mode, .service = s };

	tw_ask_start(try_hello(r, &how));
}

static void
try_implicit(struct recognise *r, int64_t listen_ms)
{
	struct approach how = { .mode = TW_IMPLICIT, .listen_ms = listen_ms };

	tw_ask_start(try_hello(r, &how));
}

/* Servers that know nothing of what the hail offers refuse it, often without a word. */
static void
try_other_hellos(struct recognise *r)
{
	struct approach how = { .mode = TW_IMPLICIT };
	struct ask *a;

	for (int i = 0; i < TW_OTHER_HAILS; i++) {
		a = try_hello(r, &how);
		tw_hail_other(&a->q, i);
		tw_ask_start(a);
	}
}

static bool
wants_name(const struct ask *a)
{
	return a->flight.unrecognized_name && a->flight.alert_level == 2;
}

static void
found(struct recognise *r, const struct ask *a)
{
	struct endpoint *ep = r->ep;

	ep->on_wait = NULL;
	ep->hail = a->q;
	ep->how = a->how;
	ep->how.listen_ms = 0;
	if (r->direct)
		ep->facts->has_dialogue = false;
	if (a->dialog != NULL && a->how.service != NULL)
		tw_talk_note_kin(ep, a);
	else if (!ep->named)
		ep->row = tw_port_by_number((uint16_t)ep->facts->port);
	if (a->how.mode == TW_IMPLICIT && !ep->named &&
	    (ep->row == NULL || ep->row->mode != TW_IMPLICIT))
		ep->row = tw_port_by_scheme("tls");
	ep->facts->tls = a->answer.outcome == TW_GOT_FLIGHT || wants_name(a)
	    ? TW_REACH_TLS : TW_REACH_ALERT;
	tw_recognise_cancel(ep);
	tw_identify_start(ep, a);
	tw_endpoint_probe(ep, a);
}

static void
put_again(struct endpoint *ep)
{
	if (ep->recognise != NULL)
		tw_ask_start(try_hello(ep->recognise, &ep->how));
}

/* A port of implicit TLS, by its name or number, complains in place of TLS: it is full just now. */
static bool
is_full(const struct recognise *r, const struct ask *a)
{
	const struct tw_port *row = r->ep->named ? r->ep->row
	    : tw_port_by_number((uint16_t)r->ep->facts->port);

	return a->stopped_in == ASK_HELLO && a->how.service == NULL && row != NULL &&
	    row->mode == TW_IMPLICIT && tw_crowd_is_complaint(a);
}

/* 421 and its like: slower, and again, before we say that it will not talk. */
static bool
comes_back_later(struct recognise *r, const struct ask *a)
{
	struct endpoint *ep = r->ep;
	bool throttled = a->dialog != NULL && a->dialog->flaw == TW_FLAW_THROTTLED;

	if ((!throttled && !is_full(r, a)) || r->retries >= 2)
		return false;
	r->retries++;
	ep->on_wait = put_again;
	ep->how = a->how;
	tw_endpoint_wait(ep, 1100 * r->retries);
	return true;
}

/*
 * A diagnosis wants to know whether it was the hello, or its answer, that was too large:
 * after a dialogue, one from long ago is put, to which the answer is an alert.
 */
static bool
asks_humbly(struct recognise *r, const struct ask *a)
{
	struct ask *again;

	if (r->ep->exam->opt->probes == NULL || r->humbly || a->how.service == NULL ||
	    a->stopped_in != ASK_HELLO || a->answer.outcome != TW_GOT_SILENCE ||
	    a->answer_bytes > 0)
		return false;
	r->humbly = true;
	tw_weigh_hello(r, a);
	again = try_hello(r, &a->how);
	tw_hail_other(&again->q, 0);
	tw_ask_start(again);
	return true;
}

static void
on_try(struct ask *a)
{
	struct endpoint *ep = a->ep;
	struct recognise *r = ep->recognise;
	const struct tw_service *next = NULL;

	if (r == NULL)
		return;
	r->out--;
	tw_talk_time(r->ep, a);
	if (asks_humbly(r, a))
		return;
	/* A ServerHello, and then what no handshake can come of. */
	if (a->answer.outcome == TW_GOT_FLIGHT && a->flight.turn == TW_FLIGHT_BAD) {
		tw_weigh_remember(r, RANK_ALERT, TW_REACH_GARBAGE, a->flight.why);
		if (r->out == 0)
			try_next(r);
		return;
	}
	if (a->answer.outcome == TW_GOT_FLIGHT || (a->answer.outcome == TW_GOT_ALERT &&
	    (a->how.service != NULL || a->flight.unrecognized_name || r->wide || ep->named))) {
		found(r, a);
		return;
	}
	if (a->stopped_in == ASK_PROXY) {
		char *reply = tw_text_escaped(ep->facts->arena,
		    tw_dialog_noted(a->dialog, a->dialog->reply));

		tw_endpoint_unaudited(ep, TW_REACH_CLOSED, tw_arena_fmt(ep->facts->arena,
		    "the proxy did not open the way: %.160s", reply != NULL && *reply != '\0'
		    ? reply : "it did not answer"));
		return;
	}
	if (a->stopped_in == ASK_LISTEN && a->greeting.n > 0)
		next = tw_weigh_bytes(r, a, a->greeting);
	else if (a->stopped_in == ASK_HELLO && a->answer.outcome == TW_GOT_ALERT)
		tw_weigh_remember(r, RANK_ALERT, TW_REACH_ALERT, "the server answers with alerts alone");
	else if (comes_back_later(r, a))
		return;
	else if (a->stopped_in == ASK_HELLO)
		next = tw_weigh_hello(r, a);
	else if (a->dialog != NULL) {
		struct tw_bytes banner = tw_dialog_noted(a->dialog, a->dialog->banner);

		tw_weigh_dialogue(r, a);
		if (a->dialog->flaw == TW_FLAW_NOT_PROTOCOL && banner.n > 0)
			next = tw_weigh_bytes(r, a, banner);
	} else
		tw_weigh_remember(r, RANK_CLOSED, TW_REACH_CLOSED, a->end == TW_END_RESET
		    ? "the server takes connections, and resets them at once"
		    : "the server takes connections, and closes them at once");
	if (next != NULL)
		try_dialogue(r, next, tw_talk_mode(next));
	if (r->out == 0)
		try_next(r);
}

/* The tongues whose client speaks first, side by side. */
static void
try_wide(struct recognise *r)
{
	static const char *const tongues[] = { "postgres", "ldap", "mssql", "rdp",
		"xmpp-client", "irc" };

	r->wide = true;
	try_other_hellos(r);
	if (r->ep->named)
		return;
	for (size_t i = 0; i < TW_COUNT(tongues); i++) {
		const struct tw_service *s = tw_service_by_name(tongues[i]);

		if (s != NULL)
			try_dialogue(r, s, tw_talk_mode(s));
	}
}

/* No answer to the hello so far: the other tongues need not wait for its end. */
static void
try_wide_now(struct endpoint *ep)
{
	struct recognise *r = ep->recognise;

	if (r != NULL && !r->wide && r->rank < RANK_GARBAGE && r->out > 0)
		try_wide(r);
}

/* A hello on a port that nobody named: the other tongues come when it stays unanswered. */
static void
try_guess(struct recognise *r, int64_t listen_ms)
{
	r->guessed = true;
	try_implicit(r, listen_ms);
	if (r->ep->named)
		return;
	r->ep->on_wait = try_wide_now;
	tw_endpoint_wait(r->ep, (uint64_t)listen_ms + PATIENCE_MS);
}

static void
tried(struct endpoint *ep)
{
	try_next(ep->recognise);
}

/* Nothing is under way, and nothing reached TLS: what is left to try? */
static void
try_next(struct recognise *r)
{
	struct endpoint *ep = r->ep;
	const struct tw_port *row = tw_port_by_number((uint16_t)ep->facts->port);
	bool dialogue_spoken = r->rank == RANK_DIALOGUE || r->rank == RANK_KNOWN_PLAIN;

	/* No TLS in the protocol does not mean that there is none before it: TDS 8, PostgreSQL 17. */
	if (r->tls == TW_REACH_NOT_OFFERED && !r->direct && ep->facts->mode == TW_NEGOTIATED &&
	    ep->how.service != NULL && !ep->how.service->server_first) {
		r->direct = true;
		try_implicit(r, 0);
		return;
	}
	if (dialogue_spoken || (ep->named && (ep->how.service != NULL || r->wide))) {
		if (!tw_trial_start(ep, tried))
			tw_endpoint_unaudited(ep, r->tls, r->detail);
	} else if (!ep->named && !r->guessed) {
		/* The port's usual way was a dialogue, and led nowhere: TLS at once? */
		try_guess(r, row == NULL || row->mode != TW_IMPLICIT ? LISTEN_MS : 0);
	} else if (!r->wide) {
		try_wide(r);
	} else {
		tw_endpoint_unaudited(ep, r->tls, r->detail);
	}
}

/* The way the registry, or the user, says this port speaks. */
static void
try_usual(struct recognise *r)
{
	struct endpoint *ep = r->ep;
	const struct tw_port *row = ep->named ? ep->row
	    : tw_port_by_number((uint16_t)ep->facts->port);
	const struct tw_service *s = row == NULL || row->dialogue == NULL ? NULL
	    : tw_service_by_name(row->dialogue);

	if (s != NULL) {
		ep->how = (struct approach){ .mode = row->mode, .service = s };
		try_dialogue(r, s, row->mode);
		return;
	}
	try_guess(r, ep->named || (row != NULL && row->mode == TW_IMPLICIT) ? 0 : LISTEN_MS);
}

void
tw_recognise_cancel(struct endpoint *ep)
{
	free(ep->recognise);
	ep->recognise = NULL;
	for (struct ask *a = ep->asks, *next; a != NULL; a = next) {
		next = a->next;
		if (a->done == on_try)
			tw_ask_cancel(a);
	}
}

void
tw_recognise_start(struct endpoint *ep)
{
	struct recognise *r = calloc(1, sizeof(*r));

	if (r == NULL)
		abort();
	r->ep = ep;
	ep->recognise = r;
	ep->host = tw_host_join(ep->exam, &ep->addr, ep);
	if (ep->named && ep->row->mode == TW_MODE_NONE) {
		ep->named = false;	/* "ssh://": let it say itself what it is */
		ep->facts->mode = TW_MODE_NONE;
	}
	try_usual(r);
}
