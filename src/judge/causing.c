/* What the judging functions of causes share; see causing.h. */
#include "judge/causing.h"

#include "base/text.h"

enum tw_tcp
tw_causing_tcp(const struct tw_spot *s)
{
	static const enum tw_tcp order[] = { TW_TCP_OPEN, TW_TCP_CLOSED, TW_TCP_FILTERED,
		TW_TCP_UNREACHABLE, TW_TCP_LOCAL_ERROR };

	for (size_t k = 0; k < TW_COUNT(order); k++) {
		for (size_t i = 0; i < s->knocks.n; i++)
			if (s->knocks.v[i].tcp == order[k])
				return order[k];
		if (s->knocks.n == 0)
			for (size_t i = 0; i < s->looks.n; i++)
				if (s->looks.v[i]->tcp == order[k])
					return order[k];
	}
	return TW_TCP_NONE;
}

bool
tw_causing_all(const struct tw_spot *s, enum tw_tcp tcp)
{
	for (size_t i = 0; i < s->knocks.n; i++)
		if (s->knocks.v[i].tcp != tcp)
			return false;
	return s->knocks.n > 0;
}

/* The usual port first: 587 before 25, as people hand in mail; 993 before 143. */
const struct tw_spot *
tw_causing_sibling(const struct tw_causing *c, enum tw_mode mode)
{
	const struct tw_spot *best = NULL;
	size_t n;
	const uint16_t *ports = c->spot == NULL ? NULL : tw_siblings_of(c->spot->port, &n);

	for (size_t i = 0; ports != NULL && i < n; i++) {
		const struct tw_spot *s = tw_diagnosis_spot(c->d, ports[i]);

		if (s == NULL || s == c->spot || !tw_spot_is_open(s) || s->row == NULL ||
		    s->row->mode == TW_MODE_NONE || (mode != TW_MODE_NONE && s->row->mode != mode))
			continue;
		if (best == NULL || best->port == 25 ||
		    (best->looks.n > 0 && !tw_causing_has_tls(best->looks.v[0])))
			best = s;
	}
	return best;
}

const char *
tw_causing_port_name(const struct tw_causing *c, const struct tw_spot *s)
{
	return s == NULL ? NULL : s->row == NULL ? tw_arena_fmt(c->arena, "%u", s->port)
	    : tw_arena_fmt(c->arena, "%u (%s)", s->port, s->row->scheme);
}

const struct tw_spot *
tw_causing_living(const struct tw_causing *c)
{
	const struct tw_spot *closed = NULL;

	for (size_t i = 0; i < c->d->spots.n; i++) {
		const struct tw_spot *s = &c->d->spots.v[i];

		if (s == c->spot)
			continue;
		if (tw_spot_is_open(s))
			return s;
		if (closed == NULL && tw_causing_tcp(s) == TW_TCP_CLOSED)
			closed = s;
	}
	return closed;
}

bool
tw_causing_has_tls(const struct tw_facts *f)
{
	return f->tls == TW_REACH_TLS || f->today[TW_TODAY_SMALL].fate == TW_FATE_ANSWERED ||
	    f->today[TW_TODAY_LARGE].fate == TW_FATE_ANSWERED;
}

const struct tw_certificate *
tw_causing_certificate(const struct tw_facts *f)
{
	for (size_t i = 0; i < f->certificates.n; i++) {
		const struct tw_certificate *x = &f->certificates.v[i];

		for (size_t k = 0; x->cert.parsed && k < x->served.n; k++)
			if (x->served.v[k].sni == TW_SNI_GIVEN)
				return x;
	}
	return f->certificates.n > 0 && f->certificates.v[0].cert.parsed ? &f->certificates.v[0]
	    : NULL;
}

bool
tw_causing_is_opportunistic(const struct tw_facts *f)
{
	return f->service != NULL && (strcmp(f->service, "smtp") == 0 ||
	    strcmp(f->service, "lmtp") == 0 || strcmp(f->service, "xmpp-server") == 0);
}

const char *
tw_causing_quote(const struct tw_causing *c, struct tw_bytes v, size_t n)
{
	const char *s;

	if (v.n > n)
		v.n = n;
	s = tw_text_escaped(c->arena, v);
	return s != NULL ? s : "";
}

const char *
tw_causing_span(const struct tw_causing *c, int64_t seconds)
{
	static const struct { int64_t seconds; const char *name; } units[] = {
		{ 86400 * 365, "year" }, { 86400, "day" }, { 3600, "hour" }, { 60, "minute" } };

	if (seconds < 0)
		seconds = -seconds;
	for (size_t i = 0; i < TW_COUNT(units); i++)
		if (seconds >= 2 * units[i].seconds)
			return tw_arena_fmt(c->arena, "%lld %ss", (long long)(seconds / units[i].seconds),
			    units[i].name);
	return tw_arena_fmt(c->arena, "%lld seconds", (long long)seconds);
}
