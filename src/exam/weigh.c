/*
 * What a try that did not reach TLS has shown, in INTERFACE's words; the most
 * telling stands for the endpoint. recognise.c is the caller.
 */
#include "exam/recognise.h"
#include "service/plain.h"

void
tw_weigh_remember(struct recognise *r, enum rank rank, enum tw_reach_tls tls, const char *detail)
{
	if (rank <= r->rank)
		return;
	r->rank = rank;
	r->tls = tls;
	r->detail = detail;
}

/* Words for a dialogue that did not end in TLS. */
void
tw_weigh_dialogue(struct recognise *r, const struct ask *a)
{
	struct tw_arena *arena = r->ep->facts->arena;
	const struct tw_dialog *d = a->dialog;
	char *reply = tw_text_escaped(arena, tw_dialog_noted(d, d->reply));
	enum tw_reach_tls tls = TW_REACH_REFUSED;
	const char *detail = NULL;

	r->flaw = d->flaw;
	if (a->timed_out) {
		if (d->banner.n == 0 && d->in_n == 0)
			tw_weigh_remember(r, RANK_SILENT, TW_REACH_SILENT, a->how.service->server_first
			    ? "the server did not greet in time"
			    : "the server left our first words unanswered");
		else
			tw_weigh_remember(r, RANK_DIALOGUE, TW_REACH_SILENT, d->in_n > 0
			    ? "the server is too slow: it did not end a line in time"
			    : "the server stopped answering in the middle of the dialogue");
		return;
	}
	if (d->turn == TW_MORE || d->turn == TW_CLOSE) {
		tw_weigh_remember(r, d->banner.n > 0 ? RANK_DIALOGUE : RANK_CLOSED, TW_REACH_CLOSED,
		    a->end == TW_END_RESET
		    ? "the server reset the connection in the middle of the dialogue"
		    : "the server closed the connection in the middle of the dialogue");
		return;
	}
	switch (d->flaw) {
	case TW_FLAW_NOT_PROTOCOL:
	case TW_FLAW_MALFORMED:
		tw_weigh_remember(r, RANK_GARBAGE, TW_REACH_GARBAGE, tw_arena_fmt(arena,
		    "what the server says is not %s", a->how.service->title));
		return;
	case TW_FLAW_TOO_LONG:
		tw_weigh_remember(r, RANK_DIALOGUE, TW_REACH_GARBAGE,
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
	tw_talk_note(r->ep, a);
	tw_weigh_remember(r, RANK_DIALOGUE, tls, detail);
}

/* Bytes that are no TLS: a greeting we know, a plaintext protocol, or nothing we know. */
const struct tw_service *
tw_weigh_bytes(struct recognise *r, const struct ask *a, struct tw_bytes head)
{
	struct endpoint *ep = r->ep;
	struct tw_facts *f = ep->facts;
	/* The next best, where the dialogue that the greeting chose led nowhere. */
	const struct tw_service *s = tw_service_by_greeting_but(head, a->how.service);
	const char *plain = tw_plain_name(head);

	if (s != NULL && r->by_greeting < 2 && !ep->named) {
		r->by_greeting++;
		return s;
	}
	if (plain != NULL && (s == NULL || ep->named)) {
		const struct tw_port *row = tw_port_by_scheme(plain);

		if (!ep->named) {
			f->service = row != NULL ? row->service : tw_arena_str(f->arena, plain);
			f->mode = TW_MODE_NONE;
		}
		f->banner = tw_arena_bytes(f->arena, head);
		tw_weigh_remember(r, RANK_KNOWN_PLAIN, TW_REACH_PLAINTEXT, tw_arena_fmt(f->arena,
		    strcasecmp(plain, "ssh") == 0 ? "this is %s: SSH has its own encryption, and is not TLS"
		    : "plaintext came in answer, not TLS: %s", row != NULL
		    ? tw_arena_fmt(f->arena, "%s (%s)", row->scheme, row->title) : plain));
		return NULL;
	}
	tw_weigh_remember(r, RANK_GARBAGE, TW_REACH_GARBAGE, a->flight.why != NULL ? a->flight.why
	    : "the answer is neither TLS nor a protocol we know");
	return NULL;
}

static bool
is_text(struct tw_bytes head)
{
	return (head.p[0] >= ' ' && head.p[0] < 0x7f) || head.p[0] == '\r' || head.p[0] == '\n';
}

const struct tw_service *
tw_weigh_hello(struct recognise *r, const struct ask *a)
{
	bool promised = a->how.service != NULL;
	struct tw_arena *arena = r->ep->facts->arena;
	const struct tw_service *next = NULL;

	switch (a->answer.outcome) {
	case TW_GOT_SILENCE:
		tw_weigh_remember(r, promised ? RANK_DIALOGUE : RANK_SILENT, TW_REACH_SILENT,
		    a->answer_bytes > 0
		    ? "the server is too slow: its answer to a ClientHello did not end in time"
		    : "the server takes connections, and left a ClientHello unanswered");
		break;
	case TW_GOT_CLOSED:
		tw_weigh_remember(r, promised ? RANK_DIALOGUE : RANK_CLOSED, TW_REACH_CLOSED,
		    tw_arena_fmt(arena, "the server %s the connection when it saw a ClientHello",
		    a->end == TW_END_RESET ? "reset" : "closed"));
		break;
	default:
		if (promised && a->flight.head.n > 0 && is_text(a->flight.head)) {
			r->ep->injected = true;
			tw_weigh_remember(r, RANK_DIALOGUE, TW_REACH_STRIPPED, "plaintext came after the go-ahead, "
			    "where the handshake should begin: somebody put it there");
		} else if (promised)
			tw_weigh_remember(r, RANK_DIALOGUE, TW_REACH_GARBAGE, a->flight.why != NULL
			    ? a->flight.why : "the answer to a ClientHello is not TLS");
		else
			next = tw_weigh_bytes(r, a, a->flight.head);
	}
	if (promised && a->dialog != NULL)
		tw_talk_note(r->ep, a);
	return next;
}
