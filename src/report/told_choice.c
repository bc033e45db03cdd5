/* told_choice.c -- a handshake's offers and choices, and why a choice was made. See told.h. */
#include "base/text.h"
#include "data/group.h"
#include "data/scheme.h"
#include "data/suite.h"
#include "data/version.h"
#include "report/told_inside.h"

#define LISTED	8	/* of a list: the first ones, and how many more */

typedef const char *name_fn(struct tw_told *t, uint16_t code);

static bool
is_grease(uint16_t code)
{
	return (code & 0x0f0f) == 0x0a0a && code >> 8 == (code & 0xff);	/* RFC 8701 2 */
}

static const char *
name_version(struct tw_told *t, uint16_t code)
{
	int v = tw_version_by_wire(code);

	return v >= 0 ? tw_versions[v].title : tw_arena_fmt(t->arena, "0x%04X", code);
}

static const char *
name_suite(struct tw_told *t, uint16_t code)
{
	const struct tw_suite *s = tw_suite_by_code(code);

	return s != NULL ? s->name : tw_arena_fmt(t->arena, "0x%04X", code);
}

static const char *
name_group(struct tw_told *t, uint16_t code)
{
	const struct tw_group *g = tw_group_by_code(code);

	return g != NULL ? g->name : tw_arena_fmt(t->arena, "0x%04X", code);
}

static const char *
name_scheme(struct tw_told *t, uint16_t code)
{
	const struct tw_scheme *s = tw_scheme_by_code(code);

	return s != NULL ? s->name : tw_arena_fmt(t->arena, "0x%04X", code);
}

static const char *
list_codes(struct tw_told *t, struct tw_bytes codes, name_fn *name)
{
	const char *list = "";
	unsigned n = 0;
	uint16_t code;

	while (tw_bytes_u16(&codes, &code)) {
		if (is_grease(code))
			continue;
		if (n++ < LISTED)
			list = tw_arena_fmt(t->arena, "%s%s%s", list, n == 1 ? "" : ", ",
			    name(t, code));
	}
	return n > LISTED ? tw_arena_fmt(t->arena, "%s and %u more", list, n - LISTED) : list;
}

static const char *
list_shares(struct tw_told *t, struct tw_bytes shares)
{
	const char *list = "";
	struct tw_bytes key;
	uint16_t group;

	while (tw_bytes_u16(&shares, &group) && tw_bytes_vec16(&shares, &key))
		if (!is_grease(group))
			list = tw_arena_fmt(t->arena, "%s%s%s", list, *list == '\0' ? "" : ", ",
			    name_group(t, group));
	return list;
}

static const char *
list_names(struct tw_told *t, struct tw_bytes names)
{
	const char *list = "";
	struct tw_bytes name;

	while (tw_bytes_vec8(&names, &name))
		list = tw_arena_fmt(t->arena, "%s%s%s", list, *list == '\0' ? "" : ", ",
		    tw_text_escaped(t->arena, name));
	return list;
}

void
tw_told_client_hello(struct tw_told *t, struct tw_bytes body)
{
	struct tw_client_hello *h = &t->hello;
	bool again = h->suites.p != NULL;
	uint16_t code = 0;

	if (!tw_client_hello_read(tw_arena_bytes(t->arena, body), h)) {
		tw_told_row(t, "broken", "it cannot be read");
		return;
	}
	if (again && t->flight.retry) {
		tw_told_row(t, "again", tw_arena_fmt(t->arena, "with a key share for %s",
		    list_shares(t, h->shares)));
		return;
	}
	tw_told_row(t, "name", h->sni.p != NULL ? tw_text_escaped(t->arena, h->sni)
	    : "none asked for");
	code = h->version;
	tw_told_row(t, "versions", h->versions.n > 0 ? list_codes(t, h->versions, name_version)
	    : tw_arena_fmt(t->arena, "up to %s", name_version(t, code)));
	tw_told_row(t, "suites", list_codes(t, h->suites, name_suite));
	tw_told_row(t, "groups", list_codes(t, h->groups, name_group));
	if (h->shares.n > 0)
		tw_told_row(t, "key shares", tw_arena_fmt(t->arena, "%s: guessed, to save a "
		    "round trip", list_shares(t, h->shares)));
	tw_told_row(t, "signatures", list_codes(t, h->schemes, name_scheme));
	tw_told_row(t, "ALPN", list_names(t, h->alpn));
	if (h->psk)
		tw_told_row(t, "session", "the ticket of the session before: pre_shared_key");
}

/* ---- what the server chose ---- */

static bool
has_code(struct tw_bytes codes, uint16_t wanted, unsigned *ret_place)
{
	uint16_t code;

	*ret_place = 0;
	while (tw_bytes_u16(&codes, &code)) {
		if (is_grease(code))
			continue;
		++*ret_place;
		if (code == wanted)
			return true;
	}
	return false;
}

static const char *
why_version(struct tw_told *t, uint16_t version)
{
	unsigned place;

	if (t->hello.versions.n == 0 ? version == t->hello.version
	    : has_code(t->hello.versions, version, &place) && place == 1)
		return "the newest we offer";
	return "the server has nothing newer that we offer";
}

static const char *
why_suite(struct tw_told *t, const struct tw_suite *s)
{
	struct tw_bytes codes = t->hello.suites;
	const char *before = NULL;
	uint16_t code;

	while (tw_bytes_u16(&codes, &code) && code != s->code) {
		const struct tw_suite *other = tw_suite_by_code(code);

		if (before == NULL && other != NULL && !other->signalling &&
		    other->tls13 == s->tls13)
			before = other->name;
	}
	return before == NULL ? "our first of that version" : tw_arena_fmt(t->arena,
	    "we put %s before it: the server follows its own order, or lacks that", before);
}

static bool
has_share(struct tw_bytes shares, uint16_t wanted)
{
	struct tw_bytes key;
	uint16_t group;

	while (tw_bytes_u16(&shares, &group) && tw_bytes_vec16(&shares, &key))
		if (group == wanted)
			return true;
	return false;
}

static void
put_group(struct tw_told *t)
{
	const struct tw_flight *f = &t->flight;
	const struct tw_group *g = tw_group_by_code(f->group);
	const char *name = name_group(t, f->group);

	if (f->retry) {
		tw_told_row(t, "group", tw_arena_fmt(t->arena, "%s: the server wants that one, "
		    "and we sent no key share for it: one round trip more", name));
		return;
	}
	tw_told_row(t, "key exchange", tw_arena_fmt(t->arena, "%s%s, %s", name,
	    g != NULL && g->post_quantum ? " (safe from quantum computers too)" : "",
	    has_share(t->hello.shares, f->group) ? "by the key share we sent" : "as asked for"));
	tw_told_row(t, "keys", "both sides have the handshake keys now: all that follows is "
	    "encrypted");
}

void
tw_told_server_hello(struct tw_told *t, struct tw_bytes body)
{
	const struct tw_flight *f = &t->flight;
	const struct tw_suite *s = tw_suite_by_code(f->suite);

	(void)body;
	tw_told_row(t, "version", tw_arena_fmt(t->arena, "%s: %s", name_version(t, f->version),
	    why_version(t, f->version)));
	tw_told_row(t, "suite", s == NULL ? name_suite(t, (uint16_t)f->suite)
	    : tw_arena_fmt(t->arena, "%s: %s", s->name, why_suite(t, s)));
	if (f->group != 0)
		put_group(t);
	for (size_t i = 0; i < f->extensions_n; i++)
		t->resumed = t->resumed || (f->extensions[i] == 41 && !f->retry);
	if (f->version < 0x0304 && f->session_id.n > 0 && t->hello.session_id.n > 0 &&
	    tw_bytes_equal(f->session_id, t->hello.session_id))
		t->resumed = true;
	if (t->resumed)
		tw_told_row(t, "session", "resumed: no certificate, no signature, the keys come "
		    "from the session before");
	if (f->version < 0x0304) {
		tw_told_row(t, "ALPN", f->alpn.p != NULL ? tw_text_escaped(t->arena, f->alpn) : "");
		tw_told_row(t, "agreed", tw_arena_fmt(t->arena, "%s, %s", f->ems ?
		    "extended master secret" : "no extended master secret",
		    f->renegotiation_info ? "secure renegotiation" : "no secure renegotiation"));
	}
}

void
tw_told_extensions(struct tw_told *t, struct tw_bytes body)
{
	const struct tw_flight *f = &t->flight;

	(void)body;
	tw_told_row(t, "ALPN", f->alpn.p != NULL ? tw_text_escaped(t->arena, f->alpn)
	    : t->hello.alpn.n > 0 ? "the server chose none" : "");
	if (f->sni_ack)
		tw_told_row(t, "name", "the server has read it");
}

void
tw_told_server_certificate(struct tw_told *t, struct tw_bytes body)
{
	(void)body;
	tw_told_certificate(t);
	if (t->flight.staple.p != NULL)
		tw_told_row(t, "staple", tw_arena_fmt(t->arena, "an OCSP response, %zu bytes",
		    t->flight.staple.n));
}

void
tw_told_key_exchange(struct tw_told *t, struct tw_bytes body)
{
	const struct tw_flight_ske *s = &t->flight.ske;

	(void)body;
	if (s->dh_p.n > 0)
		tw_told_row(t, "key exchange", tw_arena_fmt(t->arena,
		    "Diffie-Hellman, a prime of %zu bits", s->dh_p.n * 8));
	else if (s->group != 0)
		tw_told_row(t, "key exchange", name_group(t, s->group));
	if (s->scheme != 0)
		tw_told_scheme(t, s->scheme, "signs it");
}

void
tw_told_verify(struct tw_told *t, struct tw_bytes body)
{
	(void)body;
	if (t->flight.verify_scheme != 0)
		tw_told_scheme(t, t->flight.verify_scheme, "over all that was said so far");
}

/* NewSessionTicket: lifetime first in both shapes (RFC 8446 4.6.1, RFC 5077 3.3). */
void
tw_told_ticket(struct tw_told *t, struct tw_bytes body)
{
	uint32_t seconds;

	t->tickets++;
	if (tw_bytes_u32(&body, &seconds))
		tw_told_row(t, "good for", tw_arena_fmt(t->arena, "%u s: the next connection may "
		    "do without the certificate", seconds));
}
