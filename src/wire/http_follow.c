/* HTTP/1 from request to answer; see http_follow.h. */
#include "wire/http_follow.h"

#include <assert.h>

#include "wire/http_reply.h"

enum { HEAD, LENGTH, CHUNKS, OFF };	/* what comes next on a way; OFF: it is not followed */
enum { ASKED_OTHER, ASKED_HEAD, ASKED_CONNECT };	/* what an answer's body depends on */

void
tw_http_follow_open(struct tw_http_follow *f, const char *field,
    void (*asked)(void *ctx, struct tw_bytes line, struct tw_bytes host), void *ctx)
{
	*f = (struct tw_http_follow){ .field = tw_bytes_of(field), .asked = asked, .ctx = ctx };
	assert(f->field.n <= TW_HTTP_FOLLOW_FIELD);
	tw_buf_init(&f->client.head, TW_HTTP_HEAD_MAX);
	tw_buf_init(&f->backend.head, TW_HTTP_HEAD_MAX);
}

void
tw_http_follow_clear(struct tw_http_follow *f)
{
	tw_buf_clear(&f->client.head);
	tw_buf_clear(&f->backend.head);
}

static void
skip(struct tw_bytes *in, size_t n)
{
	in->p += n;
	in->n -= n;
}

/* ---- bodies, alike on both ways ---- */

static void
begin_body(struct tw_http_follow_way *w, struct tw_http_body body)
{
	w->chunks = (struct tw_http_chunks){ 0 };
	w->state = body.kind == TW_HTTP_LENGTH ? LENGTH : body.kind == TW_HTTP_CHUNKED ? CHUNKS :
	    body.kind == TW_HTTP_UNTIL_CLOSE ? OFF : HEAD;
	if (body.kind == TW_HTTP_LENGTH)
		w->chunks.left = body.length;
}

/* How many bytes of in are of the body; what comes behind them is of w->state. */
static size_t
pass_body(struct tw_http_follow_way *w, struct tw_bytes in)
{
	ptrdiff_t n;

	if (w->state == LENGTH) {
		size_t taken = in.n < w->chunks.left ? in.n : (size_t)w->chunks.left;

		w->chunks.left -= taken;
		if (w->chunks.left == 0)
			w->state = HEAD;
		return taken;
	}
	n = tw_http_chunks_feed(&w->chunks, in);
	if (n < 0)
		w->state = OFF;
	else if (w->chunks.done)
		w->state = HEAD;
	return n < 0 ? in.n : (size_t)n;
}

/*
 * What of a head is there with in behind it. Nothing is read again before a line has ended:
 * a byte at a time costs no more than all at once. False: more must come.
 */
static bool
gather(struct tw_http_follow_way *w, struct tw_bytes in, struct tw_bytes *ret)
{
	size_t room = TW_HTTP_HEAD_MAX - w->head.n;
	bool ended = memchr(in.p, '\n', in.n) != NULL || in.n >= room;

	*ret = in;
	if (w->head.n == 0 && ended)
		return true;
	tw_buf_put(&w->head, in.p, in.n < room ? in.n : room);
	*ret = tw_buf_view(&w->head);
	return ended;
}

/* ---- the client ---- */

static void
stop_client(struct tw_http_follow *f)
{
	f->client.state = OFF;
	tw_buf_clear(&f->client.head);
	/* Nothing was asked that an answer could be told of or be given the field. */
	if (f->waiting_n == 0 && f->backend.head.n == 0)
		f->done = true;
}

static void
ask(struct tw_http_follow *f, const struct tw_http_head *h)
{
	uint64_t kind = tw_bytes_equal(h->method, TW_BYTES("HEAD")) ? ASKED_HEAD :
	    tw_bytes_equal(h->method, TW_BYTES("CONNECT")) ? ASKED_CONNECT : ASKED_OTHER;

	if (!f->told)
		f->asked(f->ctx, tw_http_head_line(h), h->host);
	f->told = true;
	begin_body(&f->client, h->body);
	f->waiting |= kind << (2u * f->waiting_n++);
	if (f->waiting_n == TW_HTTP_FOLLOW_ASKED || kind == ASKED_CONNECT)
		stop_client(f);
}

static size_t
read_request(struct tw_http_follow *f, struct tw_bytes in)
{
	struct tw_http_follow_way *w = &f->client;
	size_t before = w->head.n;
	struct tw_http_head h;
	struct tw_bytes all;
	ptrdiff_t n = 0;

	if (gather(w, in, &all))
		n = tw_http_head_read(all, &h);
	if (n == 0 && w->head.n == before)
		tw_buf_bytes(&w->head, in);
	if (n < 0 || w->head.failed)
		stop_client(f);
	if (n <= 0)
		return in.n;
	ask(f, &h);
	tw_buf_clear(&w->head);
	return (size_t)n - before;
}

void
tw_http_follow_client(struct tw_http_follow *f, struct tw_bytes in)
{
	while (in.n > 0 && f->client.state != OFF && !f->done)
		skip(&in, f->client.state == HEAD ? read_request(f, in) : pass_body(&f->client, in));
}

/* ---- the backend ---- */

struct out {
	uint8_t *p;
	size_t n;
};

static void
put(struct out *out, struct tw_bytes v)
{
	if (v.n > 0)
		memcpy(out->p + out->n, v.p, v.n);
	out->n += v.n;
}

/* From here on all passes as it is. */
static void
stop(struct tw_http_follow *f, struct out *out)
{
	if (f->field.n > 0)
		put(out, tw_buf_view(&f->backend.head));
	tw_http_follow_clear(f);
	f->client.state = f->backend.state = OFF;
	f->done = true;
}

static bool
may_be_reply(struct tw_bytes head, struct tw_bytes in)
{
	static const char begin[] = "HTTP/1.";

	for (size_t i = 0; i < sizeof(begin) - 1 && i < head.n + in.n; i++)
		if ((i < head.n ? head.p[i] : in.p[i - head.n]) != (uint8_t)begin[i])
			return false;
	return true;
}

/* A whole head; f is changed by what it says. */
static void
answer(struct tw_http_follow *f, const struct tw_http_reply *r)
{
	if (r->interim)
		return;
	if (f->status == 0)
		f->status = (uint16_t)r->status;
	f->waiting >>= 2;
	f->waiting_n--;
	begin_body(&f->backend, r->body);
	if (f->field.n == 0 || f->backend.state == OFF) {	/* all is told; or it is the last */
		tw_http_follow_clear(f);
		f->client.state = f->backend.state = OFF;
		f->done = true;
	}
}

static size_t
read_reply(struct tw_http_follow *f, struct tw_bytes in, struct out *out)
{
	static const struct tw_bytes methods[] = { [ASKED_OTHER] = { (const uint8_t *)"GET", 3 },
		[ASKED_HEAD] = { (const uint8_t *)"HEAD", 4 },
		[ASKED_CONNECT] = { (const uint8_t *)"CONNECT", 7 } };
	struct tw_http_follow_way *w = &f->backend;
	size_t before = w->head.n, of_in;
	struct tw_http_reply r;
	struct tw_bytes all;
	bool holds = f->field.n > 0;
	ptrdiff_t n = 0;

	if (f->waiting_n == 0 || !may_be_reply(tw_buf_view(&w->head), in)) {
		stop(f, out);
		return 0;
	}
	if (gather(w, in, &all))
		n = tw_http_reply_read(all, methods[f->waiting & 3], &r);
	if (n == 0 && w->head.n == before)
		tw_buf_bytes(&w->head, in);
	if (n < 0 || w->head.failed) {
		w->head.n = before;
		stop(f, out);
		return 0;
	}
	if (n == 0) {
		if (!holds)
			put(out, in);
		return in.n;
	}
	of_in = (size_t)n - before;
	if (!holds) {
		put(out, (struct tw_bytes){ in.p, of_in });
	} else {
		size_t at = r.interim || r.tunnel || r.hsts ? (size_t)n : r.insert_at;

		put(out, (struct tw_bytes){ all.p, at });
		if (at < (size_t)n)
			put(out, f->field);
		put(out, (struct tw_bytes){ all.p + at, (size_t)n - at });
	}
	tw_buf_clear(&w->head);
	answer(f, &r);
	return of_in;
}

size_t
tw_http_follow_backend(struct tw_http_follow *f, struct tw_bytes in, uint8_t *to)
{
	struct out out = { to, 0 };

	while (in.n > 0) {
		size_t n;

		if (f->done || f->backend.state == OFF) {
			put(&out, in);
			break;
		}
		if (f->backend.state == HEAD) {
			n = read_reply(f, in, &out);
		} else {
			n = pass_body(&f->backend, in);
			put(&out, (struct tw_bytes){ in.p, n });
			if (f->backend.state == OFF)
				stop(f, &out);
		}
		skip(&in, n);
	}
	return out.n;
}

size_t
tw_http_follow_end(struct tw_http_follow *f, uint8_t *to)
{
	struct out out = { to, 0 };

	stop(f, &out);
	return out.n;
}
