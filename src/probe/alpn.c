/* Every application protocol a server will choose: those chosen are taken away, until it takes none. */
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

static bool
ask(struct tw_probing *p, void *state, struct tw_question *q)
{
	struct alpn *s = state;
	struct tw_names all = tw_telling_alpn();
	enum tw_version v = TW_TLS13;
	const char **left;
	size_t n = 0;

	/* The hail offered them all: where it found none, there is none. */
	if (s->out || s->done || !p->versions_known || p->facts->alpn.n == 0)
		return false;
	while (v > TW_SSL3 && p->facts->protocols[v] != TW_YES)
		v--;
	left = tw_arena_alloc(p->arena, all.n * sizeof(*left));
	for (size_t i = 0; i < all.n; i++)
		if (!is_known(p->facts, all.v[i]))
			left[n++] = all.v[i];
	if (n == 0 || v == TW_SSL3) {
		s->done = true;
		return false;
	}
	tw_hello_of_version(p, q, v);
	if (v == TW_TLS13)		/* the choice is behind the seal */
		tw_hello_opened(p, q);
	else
		q->want = TW_WANT_HELLO;
	q->hello.alpn = left;
	q->hello.alpn_n = n;
	s->known = p->facts->alpn.n;
	s->out = true;
	return true;
}

static void
hear(struct tw_probing *p, void *state, const struct tw_question *q, const struct tw_answer *a)
{
	struct alpn *s = state;

	(void)q;
	s->out = false;
	/* Some choose their favourite whether or not it was offered: that is no news, and the end. */
	s->done = a->outcome != TW_GOT_FLIGHT || p->facts->alpn.n == s->known;
	if (a->outcome == TW_GOT_NOTHING)
		tw_facts_untested(p->facts, "features.alpn", TW_COULD_NOT_TEST, a->why);
}

const struct tw_probe tw_probe_alpn = { .name = "alpn", .state_size = sizeof(struct alpn),
	.ask = ask, .hear = hear };
