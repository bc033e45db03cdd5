/* Causes in what is said before TLS: greetings, STARTTLS and what becomes of it. */
#include "judge/causing.h"

static const char *
service_of(const struct tw_causing *c)
{
	const struct tw_facts *f = c->look;

	return f->service != NULL ? f->service : c->spot->row != NULL ? c->spot->row->service
	    : "the service";
}

static void
set_sibling(struct tw_causing *c, enum tw_mode mode)
{
	c->sibling = tw_causing_port_name(c, tw_causing_sibling(c, mode));
}

/* What a server says inside TLS when it wants none of us: 421, -ERR, * BYE. */
static bool
is_unwilling(struct tw_bytes words)
{
	return tw_bytes_begin_with(words, "421") || tw_bytes_begin_with(words, "554") ||
	    tw_bytes_begin_with(words, "* BYE") || tw_bytes_begin_with(words, "-ERR") ||
	    tw_bytes_begin_with(words, "530 ") || tw_bytes_begin_with(words, "450 ");
}

static struct tw_bytes
unwilling_words(const struct tw_causing *c)
{
	const struct tw_facts *f = c->look;

	return f->throttled ? f->reply : is_unwilling(f->course.words) ? f->course.words
	    : (struct tw_bytes){ NULL, 0 };
}

/* "Come back later", as against "never": a 4xx, or words that say so. */
static bool
is_for_now(struct tw_bytes v)
{
	return (v.n > 0 && v.p[0] == '4') || tw_bytes_contain(v, "too many") ||
	    tw_bytes_contain(v, "later") || tw_bytes_contain(v, "limit") ||
	    tw_bytes_contain(v, "busy") || tw_bytes_contain(v, "maximum");
}

static const char *
first_line(const struct tw_causing *c, struct tw_bytes v)
{
	size_t n = 0;

	while (n < v.n && v.p[n] != '\r' && v.p[n] != '\n')
		n++;
	return tw_causing_quote(c, v, n < 160 ? n : 160);
}

void
tw_cause_server_tired(struct tw_causing *c)
{
	struct tw_bytes v = unwilling_words(c);

	if ((c->look->throttled || v.p != NULL) && is_for_now(v))
		tw_cause_find(c, TW_CAUSE_SERVER_TIRED, TW_CERTAIN, "The server takes no more connections from "
		    "here now: \"%s\".", first_line(c, v));
}

void
tw_cause_host_refused(struct tw_causing *c)
{
	struct tw_bytes v = unwilling_words(c);

	if ((c->look->throttled || v.p != NULL) && !is_for_now(v))
		tw_cause_find(c, TW_CAUSE_HOST_REFUSED, TW_CERTAIN, "The server does not talk to this machine: "
		    "\"%s\".", first_line(c, v));
}

void
tw_cause_starttls_stripped(struct tw_causing *c)
{
	if (c->look->tls != TW_REACH_STRIPPED || c->look->response_injected)
		return;
	set_sibling(c, TW_IMPLICIT);
	tw_cause_find(c, TW_CAUSE_STARTTLS_STRIPPED, TW_CERTAIN, "Something between you and port %u of %s "
	    "overwrites the offer of TLS: where STARTTLS should stand, there are Xs. Firewalls that "
	    "inspect SMTP do that.", c->spot->port, c->d->host);
}

void
tw_cause_starttls_injected(struct tw_causing *c)
{
	if (!c->look->response_injected)
		return;
	set_sibling(c, TW_IMPLICIT);
	tw_cause_find(c, TW_CAUSE_STARTTLS_INJECTED, TW_CERTAIN, "Words come in the clear between the go-ahead "
	    "for TLS and the handshake on port %u of %s: somebody puts them there, and they would be "
	    "taken for words said inside TLS.", c->spot->port, c->d->host);
}

void
tw_cause_starttls_preauth(struct tw_causing *c)
{
	if (!c->look->preauth)
		return;
	set_sibling(c, TW_IMPLICIT);
	tw_cause_find(c, TW_CAUSE_STARTTLS_PREAUTH, TW_CERTAIN, "The server on port %u of %s greets with "
	    "PREAUTH: it takes every client for logged in, and TLS can no longer be asked for.",
	    c->spot->port, c->d->host);
}

void
tw_cause_tls_on_plaintext_port(struct tw_causing *c)
{
	const struct tw_facts *f = c->look;
	const struct tw_port *usual = tw_port_by_number(c->spot->port);

	if (usual == NULL || (usual->mode != TW_EXPLICIT && usual->mode != TW_MODE_NONE) ||
	    f->mode != TW_IMPLICIT || !tw_causing_has_tls(f))
		return;
	set_sibling(c, TW_IMPLICIT);
	tw_cause_find(c, TW_CAUSE_TLS_ON_PLAINTEXT_PORT, TW_CERTAIN, "Port %u of %s speaks TLS from the first "
	    "byte, and clients expect %s there%s: they wait for a greeting that never comes.",
	    c->spot->port, c->d->host, usual->scheme,
	    usual->mode == TW_EXPLICIT ? " with STARTTLS" : " in the clear");
}

static bool
is_implicit_port(const struct tw_causing *c)
{
	return c->spot->row != NULL && c->spot->row->mode == TW_IMPLICIT;
}

void
tw_cause_plaintext_on_tls_port(struct tw_causing *c)
{
	const struct tw_facts *f = c->look;
	bool talks = f->mode == TW_EXPLICIT || f->mode == TW_NEGOTIATED;

	if (!is_implicit_port(c) || (f->tls != TW_REACH_PLAINTEXT && !talks) ||
	    tw_cause_is_found(c, TW_CAUSE_PORTAL) || tw_cause_is_found(c, TW_CAUSE_PROXY_ANSWERS) ||
	    f->throttled)
		return;
	set_sibling(c, TW_MODE_NONE);
	tw_cause_find(c, TW_CAUSE_PLAINTEXT_ON_TLS_PORT, TW_CERTAIN, "Port %u of %s speaks %s in the clear%s, "
	    "and clients expect TLS there from the first byte.", c->spot->port, c->d->host,
	    service_of(c), f->starttls_offered == TW_YES ? " (with STARTTLS on request)" : "");
}

void
tw_cause_another_protocol(struct tw_causing *c)
{
	const struct tw_facts *f = c->look;

	if (f->tls != TW_REACH_PLAINTEXT || is_implicit_port(c) ||
	    tw_cause_is_found(c, TW_CAUSE_PORTAL) || tw_cause_is_found(c, TW_CAUSE_PROXY_ANSWERS))
		return;
	set_sibling(c, TW_IMPLICIT);
	tw_cause_find(c, TW_CAUSE_ANOTHER_PROTOCOL, TW_CERTAIN, "Port %u of %s speaks no TLS: %s.",
	    c->spot->port, c->d->host, f->detail != NULL ? f->detail : service_of(c));
}

void
tw_cause_starttls_not_offered(struct tw_causing *c)
{
	if (c->look->tls != TW_REACH_NOT_OFFERED ||
	    tw_cause_is_found(c, TW_CAUSE_PLAINTEXT_ON_TLS_PORT))
		return;
	set_sibling(c, TW_IMPLICIT);
	tw_cause_find(c, TW_CAUSE_STARTTLS_NOT_OFFERED, TW_CERTAIN, "The server on port %u of %s speaks %s and "
	    "offers no TLS%s.", c->spot->port, c->d->host, service_of(c), c->sibling != NULL
	    ? tw_arena_fmt(c->arena, "; its port %s does", c->sibling) : "");
}

void
tw_cause_starttls_refused(struct tw_causing *c)
{
	const struct tw_facts *f = c->look;

	if (f->tls != TW_REACH_REFUSED || f->preauth || f->throttled ||
	    tw_cause_is_found(c, TW_CAUSE_PLAINTEXT_ON_TLS_PORT))
		return;
	set_sibling(c, TW_IMPLICIT);
	tw_cause_find(c, TW_CAUSE_STARTTLS_REFUSED, TW_CERTAIN, "The server on port %u of %s %s TLS, and refuses "
	    "it when asked: \"%s\".", c->spot->port, c->d->host,
	    f->starttls_offered == TW_YES ? "offers" : "knows", first_line(c, f->reply));
}

void
tw_cause_greeting_silent(struct tw_causing *c)
{
	const struct tw_facts *f = c->look;
	const struct tw_course *s = &f->course;

	if (f->tls != TW_REACH_SILENT || c->spot->row == NULL || c->spot->row->mode != TW_EXPLICIT ||
	    s->greeting_ms > 0 || f->has_dialogue)
		return;
	set_sibling(c, TW_IMPLICIT);
	tw_cause_find(c, TW_CAUSE_GREETING_SILENT, TW_LIKELY, "Port %u of %s opens, and then nobody speaks: no "
	    "greeting came, and no answer to a TLS hello either. The process behind is stuck, or a box in "
	    "front opens connections for a server that is not there.", c->spot->port, c->d->host);
}
