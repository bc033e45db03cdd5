/*
 * Every application protocol a server will choose: those chosen are taken away, until
 * it takes none; a name nobody has stands among the rest (RFC 7301 3.2 wants a refusal).
 */
#include "probe/hail.h"

struct alpn {
	size_t known;			/* names known when the question was put */
	bool out, done;
};

static bool
is_known(const struct tw_facts *f, const char *name)
{
	for (size_t i = 0; i < f->alpn.n; i++)
		if (tw_bytes_equal(f->alpn.v[i], tw_bytes_of(name)))
			return true;
	return false;
}

/* The names not chosen yet, and one nobody has; all were in vain in the hail: that one alone. */
static struct tw_names
left(struct tw_probing *p)
{
	static const char nobody[] = "no-such-protocol";
	struct tw_names all = tw_telling_alpn();
	const char **v = tw_arena_alloc(p->arena, (all.n + 1) * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; p->facts->alpn.n > 0 && i < all.n; i++)
		if (!is_known(p->facts, all.v[i]))
			v[n++] = all.v[i];
	v[n++] = nobody;
	return (struct tw_names){ v, n };
}

static bool
ask(struct tw_probing *p, void *state, struct tw_question *q)
{
	struct alpn *s = state;
	enum tw_version v = TW_TLS13;
	struct tw_names names;

	if (s->out || s->done || !p->versions_known)
		return false;
	while (v > TW_SSL2 && p->facts->protocols[v] != TW_YES)
		v--;
	if (v <= TW_SSL3) {
		s->done = true;
		p->facts->features[TW_FEAT_STRICT_ALPN] = TW_NOT_APPLICABLE;
		return false;
	}
	names = left(p);
	tw_hello_of_version(p, q, v);
	if (v == TW_TLS13)		/* the choice is behind the seal */
		tw_hello_opened(p, q);
	q->hello.alpn = names.v;
	q->hello.alpn_n = names.n;
	s->known = p->facts->alpn.n;
	s->out = true;
	return true;
}

static void
hear(struct tw_probing *p, void *state, const struct tw_question *q, const struct tw_answer *a)
{
	struct alpn *s = state;
	struct tw_facts *f = p->facts;
	const char *why;

	s->out = false;
	/* Some choose their favourite whether or not it was offered: that is no news, and the end. */
	s->done = a->outcome != TW_GOT_FLIGHT || f->alpn.n == s->known;
	if (!s->done)
		return;
	if (a->outcome == TW_GOT_FLIGHT)
		f->features[TW_FEAT_STRICT_ALPN] = a->flight->alerted && a->flight->alert == 120
		    ? TW_YES : TW_NO;
	else if (a->outcome == TW_GOT_ALERT || a->outcome == TW_GOT_CLOSED)
		f->features[TW_FEAT_STRICT_ALPN] = TW_YES;
	else
		f->features[TW_FEAT_STRICT_ALPN] = TW_COULD_NOT_TEST;
	if (f->features[TW_FEAT_STRICT_ALPN] != TW_COULD_NOT_TEST)
		return;
	why = a->why != NULL ? a->why : "what the server answered is not TLS";
	tw_facts_untested(f, "features.strict_alpn", TW_COULD_NOT_TEST, why);
	if (q->hello.alpn_n > 1)
		tw_facts_untested(f, "features.alpn", TW_COULD_NOT_TEST, why);
}

const struct tw_probe tw_probe_alpn = { .name = "alpn", .state_size = sizeof(struct alpn),
	.ask = ask, .hear = hear };
