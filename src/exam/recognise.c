/*
 * What speaks here? A named service is asked its own way; else the port's usual
 * one is tried first, a greeting is waited for before anything is said to a
 * port we do not know, and what stays silent is asked in the tongues whose
 * client speaks first. Ends in tw_endpoint_probe() or tw_endpoint_unaudited().
 */
#include <stdlib.h>

#include "exam/inside.h"
#include "service/plain.h"

#define LISTEN_MS	1000	/* a server that greets does so at once, where it is not a mail server */
#define PATIENCE_MS	1200	/* for the answer to a hello, before other tongues are tried too */

enum rank {		/* how much a try has shown; the best stands when none reached TLS */
	RANK_NOTHING, RANK_CLOSED, RANK_SILENT, RANK_GARBAGE, RANK_ALERT, RANK_KNOWN_PLAIN,
	RANK_DIALOGUE
};

struct recognise {
	struct endpoint *ep;
	unsigned out;			/* asks under way */
	unsigned retries;		/* of a server that asked us to come back later */
	bool direct;			/* TLS at once, after a dialogue that named none */
	bool guessed, wide;		/* the port's usual way, and the wide round, were tried */
	unsigned by_greeting;		/* dialogues that a greeting chose */
	/* The best outcome so far. */
	enum rank rank;
	enum tw_reach_tls tls;
	const char *detail, *service;
	enum tw_dialog_flaw flaw;
};

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

/* The mode a dialogue leads to, by the registry. */
static enum tw_mode
mode_of(const struct tw_service *s)
{
	for (size_t i = 0; i < tw_ports_n; i++)
		if (tw_ports[i].dialogue != NULL && strcmp(tw_ports[i].dialogue, s->name) == 0)
			return tw_ports[i].mode;
	return TW_EXPLICIT;
}

/* The registry's row of a dialogue: the port's own where it fits, else the usual one. */
static const struct tw_port *
row_of(const struct endpoint *ep, const char *dialogue)
{
	const struct tw_port *own = tw_port_by_number((uint16_t)ep->facts->port);

	if (own != NULL && own->dialogue != NULL && strcmp(own->dialogue, dialogue) == 0)
		return own;
	for (size_t i = 0; i < tw_ports_n; i++)
		if (tw_ports[i].dialogue != NULL && strcmp(tw_ports[i].dialogue, dialogue) == 0)
			return &tw_ports[i];
	return NULL;
}

/* What the dialogue said of the server, whether or not it led to TLS. */
static void
note_dialogue(struct endpoint *ep, const struct ask *a)
{
	struct tw_facts *f = ep->facts;
	const struct tw_dialog *d = a->dialog;
	const struct tw_service *s = a->how.service;
	struct tw_bytes caps, name = { 0 }, version = { 0 };
	const struct tw_port *row = ep->named ? ep->row : row_of(ep, s->name);

	if (row != NULL) {
		ep->row = row;
		f->service = row->service;
		f->mode = row->mode;
	}
	f->has_dialogue = true;
	f->starttls_offered = d->advertised || d->turn == TW_TLS ? TW_YES : TW_NO;
	if (d->flaw == TW_FLAW_THROTTLED || d->flaw == TW_FLAW_HOST_REFUSED) {
		f->starttls_offered = TW_COULD_NOT_TEST;
		tw_facts_untested(f, "dialogue.offered", TW_COULD_NOT_TEST,
		    "the server will not talk to this host");
	}
	f->plaintext_auth_refused = d->plain_auth ? TW_NO : d->no_plain_auth ? TW_YES
	    : TW_NOT_TESTED;
	f->banner = tw_arena_bytes(f->arena, tw_dialog_noted(d, d->banner));
	f->reply = tw_arena_bytes(f->arena, tw_dialog_noted(d, d->reply));
	f->capabilities.n = 0;
	caps = tw_dialog_noted(d, d->capabilities);
	while (caps.n > 0) {
		const uint8_t *nl = memchr(caps.p, '\n', caps.n);
		size_t n = nl == NULL ? caps.n : (size_t)(nl - caps.p);

		if (n > 0)
			TW_PUSH(f->arena, &f->capabilities,
			    tw_arena_bytes(f->arena, (struct tw_bytes){ caps.p, n }));
		n += nl != NULL;
		caps.p += n;
		caps.n -= n;
	}
	if (s->software != NULL && s->software(f->banner, &name, &version)) {
		f->software = tw_arena_bytes(f->arena, name);
		f->software_version = tw_arena_bytes(f->arena, version);
	}
	f->preauth = d->flaw == TW_FLAW_PREAUTH;
	f->response_injected = d->flaw == TW_FLAW_INJECTED || ep->injected;
}

static void
remember(struct recognise *r, enum rank rank, enum tw_reach_tls tls, const char *detail)
{
	if (rank <= r->rank)
		return;
	r->rank = rank;
	r->tls = tls;
	r->detail = detail;
}

/* One tongue can be two services: what the banner says decides, unless the user has. */
static void
note_kin(struct endpoint *ep, const struct ask *a)
{
	const struct tw_service *s = a->how.service;
	struct tw_bytes banner = tw_dialog_noted(a->dialog, a->dialog->banner);
	const char *really = s->really != NULL && !ep->named ? s->really(banner) : NULL;

	note_dialogue(ep, a);
	if (really == NULL)
		return;
	ep->how.service = tw_service_by_name(really);
	ep->row = row_of(ep, really);
	ep->facts->service = ep->row->service;
}

/* A fatal unrecognized_name: TLS, and only a name is wanting. Warnings alone are nothing. */
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
		note_kin(ep, a);
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

/* Words for a dialogue that did not end in TLS. */
static void
weigh_dialogue(struct recognise *r, const struct ask *a)
{
	struct tw_arena *arena = r->ep->facts->arena;
	const struct tw_dialog *d = a->dialog;
	char *reply = tw_text_escaped(arena, tw_dialog_noted(d, d->reply));
	enum tw_reach_tls tls = TW_REACH_REFUSED;
	const char *detail = NULL;

	r->flaw = d->flaw;
	if (a->timed_out) {
		if (d->banner.n == 0 && d->in_n == 0)
			remember(r, RANK_SILENT, TW_REACH_SILENT, a->how.service->server_first
			    ? "the server did not greet in time"
			    : "the server left our first words unanswered");
		else
			remember(r, RANK_DIALOGUE, TW_REACH_SILENT, d->in_n > 0
			    ? "the server is too slow: it did not end a line in time"
			    : "the server stopped answering in the middle of the dialogue");
		return;
	}
	if (d->turn == TW_MORE || d->turn == TW_CLOSE) {
		remember(r, d->banner.n > 0 ? RANK_DIALOGUE : RANK_CLOSED, TW_REACH_CLOSED,
		    a->end == TW_END_RESET
		    ? "the server reset the connection in the middle of the dialogue"
		    : "the server closed the connection in the middle of the dialogue");
		return;
	}
	switch (d->flaw) {
	case TW_FLAW_NOT_PROTOCOL:
	case TW_FLAW_MALFORMED:
		remember(r, RANK_GARBAGE, TW_REACH_GARBAGE, tw_arena_fmt(arena,
		    "what the server says is not %s", a->how.service->title));
		return;
	case TW_FLAW_TOO_LONG:
		remember(r, RANK_DIALOGUE, TW_REACH_GARBAGE,
		    "what the server says has no end: a line or an answer is past every bound");
		return;
	case TW_FLAW_INJECTED:
		tls = TW_REACH_STRIPPED;
		detail = "bytes came between the go-ahead and the handshake: somebody put them there";
		break;
	case TW_FLAW_STRIPPED:
		tls = TW_REACH_STRIPPED;
		detail = "something on the way overwrote the offer of TLS";
		break;
	case TW_FLAW_PREAUTH:
		detail = "the server says PREAUTH: it takes us for logged in, and STARTTLS is lost";
		break;
	case TW_FLAW_THROTTLED:
	case TW_FLAW_HOST_REFUSED:
		detail = tw_arena_fmt(arena, "the server will not talk to this host%s: \"%.160s\"",
		    d->flaw == TW_FLAW_THROTTLED ? " now" : "", reply != NULL ? reply : "");
		break;
	case TW_FLAW_NONE:
		if (d->turn == TW_NOT_OFFERED) {
			tls = TW_REACH_NOT_OFFERED;
			detail = "the dialogue works, and names no TLS";
		} else {
			detail = tw_arena_fmt(arena, "the server refused TLS: \"%.160s\"",
			    reply != NULL ? reply : "");
		}
		break;
	}
	note_dialogue(r->ep, a);
	remember(r, RANK_DIALOGUE, tls, detail);
}

/* Bytes that are no TLS: a greeting we know, a plaintext protocol, or nothing we know. */
static void
weigh_bytes(struct recognise *r, const struct ask *a, struct tw_bytes head)
{
	struct endpoint *ep = r->ep;
	struct tw_facts *f = ep->facts;
	/* The next best, where the dialogue that the greeting chose led nowhere. */
	const struct tw_service *s = tw_service_by_greeting_but(head, a->how.service);
	const char *plain = tw_plain_name(head);

	if (s != NULL && r->by_greeting < 2 && !ep->named) {
		r->by_greeting++;
		try_dialogue(r, s, mode_of(s));
		return;
	}
	if (plain != NULL && (s == NULL || ep->named)) {
		const struct tw_port *row = tw_port_by_scheme(plain);

		if (!ep->named) {
			f->service = row != NULL ? row->service : tw_arena_str(f->arena, plain);
			f->mode = TW_MODE_NONE;
		}
		f->banner = tw_arena_bytes(f->arena, head);
		remember(r, RANK_KNOWN_PLAIN, TW_REACH_PLAINTEXT, tw_arena_fmt(f->arena,
		    strcasecmp(plain, "ssh") == 0 ? "this is %s: SSH has its own encryption, and is not TLS"
		    : "plaintext came in answer, not TLS: %s", row != NULL
		    ? tw_arena_fmt(f->arena, "%s (%s)", row->scheme, row->title) : plain));
		return;
	}
	remember(r, RANK_GARBAGE, TW_REACH_GARBAGE, a->flight.why != NULL ? a->flight.why
	    : "the answer is neither TLS nor a protocol we know");
}

static bool
is_text(struct tw_bytes head)
{
	return (head.p[0] >= ' ' && head.p[0] < 0x7f) || head.p[0] == '\r' || head.p[0] == '\n';
}

static void
weigh_hello(struct recognise *r, const struct ask *a)
{
	bool promised = a->how.service != NULL;
	struct tw_arena *arena = r->ep->facts->arena;

	switch (a->answer.outcome) {
	case TW_GOT_SILENCE:
		remember(r, promised ? RANK_DIALOGUE : RANK_SILENT, TW_REACH_SILENT,
		    a->answer_bytes > 0
		    ? "the server is too slow: its answer to a ClientHello did not end in time"
		    : "the server takes connections, and left a ClientHello unanswered");
		break;
	case TW_GOT_CLOSED:
		remember(r, promised ? RANK_DIALOGUE : RANK_CLOSED, TW_REACH_CLOSED,
		    tw_arena_fmt(arena, "the server %s the connection when it saw a ClientHello",
		    a->end == TW_END_RESET ? "reset" : "closed"));
		break;
	default:
		if (promised && a->flight.head.n > 0 && is_text(a->flight.head)) {
			r->ep->injected = true;
			remember(r, RANK_DIALOGUE, TW_REACH_STRIPPED, "plaintext came after the go-ahead, "
			    "where the handshake should begin: somebody put it there");
		} else if (promised)
			remember(r, RANK_DIALOGUE, TW_REACH_GARBAGE, a->flight.why != NULL
			    ? a->flight.why : "the answer to a ClientHello is not TLS");
		else
			weigh_bytes(r, a, a->flight.head);
	}
	if (promised && a->dialog != NULL)
		note_dialogue(r->ep, a);
}

static void
put_again(struct endpoint *ep)
{
	if (ep->recognise != NULL)
		tw_ask_start(try_hello(ep->recognise, &ep->how));
}

/* 421 and its like: slower, and again, before we say that it will not talk. */
static bool
comes_back_later(struct recognise *r, const struct ask *a)
{
	struct endpoint *ep = r->ep;

	if (a->dialog == NULL || a->dialog->flaw != TW_FLAW_THROTTLED || r->retries >= 2)
		return false;
	r->retries++;
	ep->on_wait = put_again;
	ep->how = a->how;
	tw_endpoint_wait(ep, 1100 * r->retries);
	return true;
}

static void
on_try(struct ask *a)
{
	struct endpoint *ep = a->ep;
	struct recognise *r = ep->recognise;

	if (r == NULL)
		return;
	r->out--;
	/* A ServerHello, and then what no handshake can come of. */
	if (a->answer.outcome == TW_GOT_FLIGHT && a->flight.turn == TW_FLIGHT_BAD) {
		remember(r, RANK_ALERT, TW_REACH_GARBAGE, a->flight.why);
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
		weigh_bytes(r, a, a->greeting);
	else if (a->stopped_in == ASK_HELLO && a->answer.outcome == TW_GOT_ALERT)
		remember(r, RANK_ALERT, TW_REACH_ALERT, "the server answers with alerts alone");
	else if (a->stopped_in == ASK_HELLO)
		weigh_hello(r, a);
	else if (a->dialog != NULL && comes_back_later(r, a))
		return;
	else if (a->dialog != NULL) {
		struct tw_bytes banner = tw_dialog_noted(a->dialog, a->dialog->banner);

		weigh_dialogue(r, a);
		if (a->dialog->flaw == TW_FLAW_NOT_PROTOCOL && banner.n > 0)
			weigh_bytes(r, a, banner);
	} else
		remember(r, RANK_CLOSED, TW_REACH_CLOSED, a->end == TW_END_RESET
		    ? "the server takes connections, and resets them at once"
		    : "the server takes connections, and closes them at once");
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
			try_dialogue(r, s, mode_of(s));
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
