/*
 * Any bytes to any side of any service: no crash, the same answer whole, byte
 * by byte and in pieces, sent or not; all recognisers see them too. An input is
 * "imap client\n" (or server, backend) and the peer's bytes.
 */
#include <assert.h>

#include "dialog/line.h"
#include "service/plain.h"
#include "service/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct run {
	struct tw_dialog d;
	uint8_t said[TW_DIALOG_OUT];
	size_t said_n;
};

/* What was said is sent after each piece: the dialog's buffer is empty again. */
static void
drain(struct run *r)
{
	assert(r->said_n + r->d.out_n <= sizeof(r->said));
	memcpy(r->said + r->said_n, r->d.out, r->d.out_n);
	r->said_n += r->d.out_n;
	r->d.out_n = 0;
}

static void
talk(struct run *r, const struct tw_side *side, struct tw_bytes in, size_t cut)
{
	r->said_n = 0;
	tw_dialog_open(&r->d, side, "host.test", "me.test");
	for (size_t at = 0, k; at < in.n && r->d.turn <= TW_TLS; at += k) {
		/* Small cuts at the front, where it counts: this is square. And not past the end. */
		k = at < 400 ? cut : 50 * cut;
		k = in.n - at < k ? in.n - at : k;
		if (cut < in.n)
			drain(r);
		tw_dialog_feed(&r->d, (struct tw_bytes){ in.p + at, k });
	}
	drain(r);
}

static void
check_note(const struct tw_dialog *a, struct tw_note na, const struct tw_dialog *b,
    struct tw_note nb)
{
	assert(na.at + na.n <= TW_DIALOG_NOTES);
	assert(tw_bytes_equal(tw_dialog_noted(a, na), tw_dialog_noted(b, nb)));
}

static void
check_same(const struct run *a, const struct run *b)
{
	assert(a->d.turn == b->d.turn);
	assert(a->d.flaw == b->d.flaw);
	assert(a->d.advertised == b->d.advertised);
	assert(a->d.plain_auth == b->d.plain_auth);
	assert(a->d.no_plain_auth == b->d.no_plain_auth);
	assert(!(a->d.plain_auth && a->d.no_plain_auth));
	assert(a->said_n == b->said_n && memcmp(a->said, b->said, a->said_n) == 0);
	check_note(&a->d, a->d.banner, &b->d, b->d.banner);
	check_note(&a->d, a->d.reply, &b->d, b->d.reply);
	check_note(&a->d, a->d.capabilities, &b->d, b->d.capabilities);
}

static void
check_side(const struct tw_side *side, struct tw_bytes in)
{
	static struct run whole, bytes, pieces;

	if (side->step == NULL)
		return;
	talk(&whole, side, in, in.n);
	talk(&bytes, side, in, 1);
	check_same(&whole, &bytes);
	talk(&pieces, side, in, 2 + in.p[in.n - 1] % 61);
	check_same(&whole, &pieces);
}

static void
check_recognisers(const struct tw_service *s, struct tw_bytes in)
{
	struct tw_bytes name = { 0 }, version = { 0 };

	if (s->greets != NULL)
		assert(s->greets(in) <= 2);
	if (s->answers != NULL)
		s->answers(in);
	if (s->software != NULL && s->software(in, &name, &version)) {
		assert(name.n > 0);
		assert(version.n <= in.n);
	}
}

/* The side an input's first line names; NULL: none. */
static const struct tw_side *
side_of(struct tw_bytes *in, const struct tw_service **ret_s)
{
	struct tw_bytes line = { 0 }, name = { 0 }, side = { 0 };

	tw_line_next(in, &line);
	tw_line_word(&line, &name);
	tw_line_word(&line, &side);
	for (size_t i = 0; tw_services[i] != NULL; i++) {
		const struct tw_service *s = tw_services[i];

		if (!tw_line_is(name, s->name))
			continue;
		*ret_s = s;
		return tw_line_is(side, "client") ? &s->client :
		    tw_line_is(side, "server")	  ? &s->server :
		    tw_line_is(side, "backend")	  ? &s->backend :
		    tw_line_is(side, "trial")	  ? &s->trial :
						    NULL;
	}
	return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tw_bytes in = { p, n };
	const struct tw_service *s;
	const struct tw_side *side = side_of(&in, &s);

	if (side == NULL || in.n == 0 || in.n > 20000)
		return 0;
	check_side(side, in);
	check_recognisers(s, in);
	tw_plain_name(in);
	return 0;
}
