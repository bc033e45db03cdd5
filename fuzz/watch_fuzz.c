/*
 * Any bytes through the watch of any service, in both directions: no crash, the same
 * bytes, counts and end whole, byte by byte and in pieces, nothing held once it is done.
 * An input is "imap\n" (or "imap greeting\n"), then pieces: a byte, whose lowest bit says
 * who speaks and whose rest how many bytes follow.
 */
#include <assert.h>

#include "dialog/line.h"
#include "service/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define MOST 4096

struct run {
	struct tw_watch w;
	uint8_t said[2][TW_WATCH_ROOM(MOST)];
	size_t said_n[2];
};

static void
say(struct run *r, enum tw_watch_from from, struct tw_bytes v)
{
	assert(r->said_n[from] + v.n <= sizeof(r->said[0]));
	memcpy(r->said[from] + r->said_n[from], v.p, v.n);
	r->said_n[from] += v.n;
}

/* One piece, cut; a bound of out that is kept to the byte is what the sanitizer sees. */
static void
pass(struct run *r, enum tw_watch_from from, struct tw_bytes in, size_t cut)
{
	for (size_t at = 0; at < in.n; at += cut) {
		struct tw_bytes v = { in.p + at, in.n - at < cut ? in.n - at : cut };
		uint8_t out[TW_WATCH_ROOM(256)];

		if (r->w.bad)
			return;
		if (r->w.done)
			say(r, from, v);
		else
			say(r, from, (struct tw_bytes){ out, tw_watch_pass(&r->w, from, v, out) });
		assert(r->w.held_n <= TW_WATCH_HELD);
		assert(!r->w.done || r->w.held_n == 0);
	}
}

static void
talk(struct run *r, const struct tw_watch_kind *kind, bool greeting, struct tw_bytes in,
    size_t cut)
{
	uint8_t held[TW_WATCH_HELD], how;

	memset(r->said_n, 0, sizeof(r->said_n));
	tw_watch_open(&r->w, kind, greeting);
	while (tw_bytes_u8(&in, &how)) {
		size_t piece = (size_t)(how >> 1) + 1;
		struct tw_bytes v = { in.p, piece < in.n ? piece : in.n };

		in.p += v.n;
		in.n -= v.n;
		pass(r, how & 1, v, cut);
	}
	if (!r->w.done)
		say(r, TW_FROM_BACKEND, (struct tw_bytes){ held, tw_watch_end(&r->w, held) });
}

static void
check_same(const struct run *a, const struct run *b)
{
	assert(a->w.logins_failed == b->w.logins_failed);
	assert(a->w.logins_ok == b->w.logins_ok);
	assert(a->w.bad == b->w.bad && a->w.done == b->w.done);
	for (int from = 0; from < 2; from++)
		assert(a->w.bad || (a->said_n[from] == b->said_n[from] &&
		    memcmp(a->said[from], b->said[from], a->said_n[from]) == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct run whole, bytes, pieces;
	struct tw_bytes in = { p, n }, line = { 0 }, name = { 0 }, greeting = { 0 };
	const struct tw_watch_kind *kind;
	char word[32] = "";

	if (!tw_line_next(&in, &line) || !tw_line_word(&line, &name) || in.n == 0 ||
	    in.n > MOST || name.n >= sizeof(word))
		return 0;
	memcpy(word, name.p, name.n);
	kind = tw_watch_by_name(word);
	if (kind == NULL)
		return 0;
	tw_line_word(&line, &greeting);
	talk(&whole, kind, greeting.n > 0, in, 256);
	talk(&bytes, kind, greeting.n > 0, in, 1);
	check_same(&whole, &bytes);
	talk(&pieces, kind, greeting.n > 0, in, 2 + in.p[in.n - 1] % 61);
	check_same(&whole, &pieces);
	return 0;
}
