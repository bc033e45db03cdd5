/* The first request of HTTP/2 and its status, by nghttp2's HPACK; see http2_follow.h. */
#include "wire/http2_follow.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef TW_NGHTTP2

#include <nghttp2/nghttp2.h>

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum { F_HEADERS = 1, F_RST_STREAM = 3, F_PUSH_PROMISE = 5, F_CONTINUATION = 9 };
enum { FLAG_END_HEADERS = 4, FLAG_PADDED = 8, FLAG_PRIORITY = 32 };

struct way {
	nghttp2_hd_inflater *hpack;	/* NULL: this side is not looked at (any more) */
	size_t bytes_left;		/* of header blocks: what it may still cost */
	unsigned fields_left, frames_left;
	uint8_t head[9];		/* of a frame, while it comes */
	uint8_t head_n, skipped;
	uint32_t left, stream;		/* of the frame's payload; whose it is */
	uint8_t type, flags;
	uint8_t block_type;		/* HEADERS or PUSH_PROMISE: its block goes on; 0: none does */
	uint32_t block_stream;
	uint32_t prefix, pad;		/* bytes before the block's piece, and behind it */
	bool wants_pad;			/* the next byte is the length of the padding */
};

struct tw_http2_follow {
	void (*asked)(void *ctx, struct tw_bytes line, struct tw_bytes host);
	void *ctx;
	struct way client, backend;
	uint32_t stream;		/* of the first request; 0: it has not come */
	unsigned status;
	bool over;
	char method[33], path[1001], authority[256];
};

static nghttp2_hd_inflater *
new_hpack(size_t table)
{
	nghttp2_hd_inflater *i = NULL;

	if (nghttp2_hd_inflate_new(&i) != 0)
		return NULL;
	if (nghttp2_hd_inflate_change_table_size(i, table) == 0)
		return i;
	nghttp2_hd_inflate_del(i);
	return NULL;
}

static void
leave(struct way *w)
{
	if (w->hpack != NULL)
		nghttp2_hd_inflate_del(w->hpack);
	w->hpack = NULL;
}

static void
give_up(struct tw_http2_follow *f)
{
	leave(&f->client);
	leave(&f->backend);
	f->over = true;
}

struct tw_http2_follow *
tw_http2_follow_new(void (*asked)(void *ctx, struct tw_bytes line, struct tw_bytes host),
    void *ctx)
{
	struct tw_http2_follow *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->asked = asked;
	f->ctx = ctx;
	f->client = (struct way){ .hpack = new_hpack(TW_HTTP2_CLIENT_TABLE),
		.bytes_left = TW_HTTP2_CLIENT_BYTES, .fields_left = TW_HTTP2_CLIENT_FIELDS,
		.frames_left = TW_HTTP2_FRAMES };
	f->backend = (struct way){ .hpack = new_hpack(TW_HTTP2_BACKEND_TABLE),
		.bytes_left = TW_HTTP2_BACKEND_BYTES, .fields_left = TW_HTTP2_BACKEND_FIELDS,
		.frames_left = TW_HTTP2_FRAMES, .skipped = sizeof(preface) - 1 };
	if (f->client.hpack == NULL || f->backend.hpack == NULL)
		give_up(f);
	return f;
}

void
tw_http2_follow_free(struct tw_http2_follow *f)
{
	if (f != NULL)
		give_up(f);
	free(f);
}

/* ---- fields ---- */

static void
keep(char *to, size_t room, const nghttp2_nv *nv)
{
	size_t n = nv->valuelen < room - 1 ? nv->valuelen : room - 1;

	if (to[0] != '\0')
		return;
	memcpy(to, nv->value, n);
	to[n] = '\0';
}

/* Three digits; else 0, which is none. */
static unsigned
status_of(const nghttp2_nv *nv)
{
	unsigned v = 0;

	for (size_t i = 0; i < nv->valuelen; i++) {
		if (nv->valuelen != 3 || nv->value[i] < '0' || nv->value[i] > '9')
			return 0;
		v = v * 10 + (nv->value[i] - '0');
	}
	return v;
}

static void
take_field(struct tw_http2_follow *f, struct way *w, const nghttp2_nv *nv)
{
	struct tw_bytes name = { nv->name, nv->namelen };

	if (w->block_type != F_HEADERS)
		return;
	if (w == &f->backend) {
		if (w->block_stream == f->stream && tw_bytes_equal(name, TW_BYTES(":status")))
			f->status = status_of(nv);
	} else if (tw_bytes_equal(name, TW_BYTES(":method"))) {
		keep(f->method, sizeof(f->method), nv);
	} else if (tw_bytes_equal(name, TW_BYTES(":path"))) {
		keep(f->path, sizeof(f->path), nv);
	} else if (tw_bytes_equal(name, TW_BYTES(":authority")) ||
	    tw_bytes_equal(name, TW_BYTES("host"))) {
		keep(f->authority, sizeof(f->authority), nv);
	}
}

/* A whole block. Of the client the first is the request; no more of it needs to be read. */
static void
end_block(struct tw_http2_follow *f, struct way *w)
{
	char line[sizeof(f->method) + sizeof(f->path) + 16];
	int n;

	if (w == &f->client && w->block_type == F_HEADERS) {
		f->stream = w->block_stream;
		n = snprintf(line, sizeof(line), "%s %s HTTP/2", f->method,
		    f->path[0] != '\0' ? f->path : f->authority);
		f->asked(f->ctx, (struct tw_bytes){ (const uint8_t *)line, (size_t)n },
		    tw_bytes_of(f->authority));
		leave(w);
	} else if (f->status >= 200 && f->status <= 599) {
		give_up(f);
	} else {
		f->status = 0;		/* 1xx: another comes */
	}
	w->block_type = 0;
}

/* A piece of a block. False: it is no HPACK, or too much of it. */
static bool
inflate(struct tw_http2_follow *f, struct way *w, struct tw_bytes in, bool last)
{
	if (in.n > w->bytes_left)
		return false;
	w->bytes_left -= in.n;
	for (;;) {
		nghttp2_nv nv;
		int flags = 0;
		ssize_t n = nghttp2_hd_inflate_hd2(w->hpack, &nv, &flags, in.p, in.n, last);

		if (n < 0 || ((flags & NGHTTP2_HD_INFLATE_EMIT) && w->fields_left-- == 0))
			return false;
		if (flags & NGHTTP2_HD_INFLATE_EMIT)
			take_field(f, w, &nv);
		in.p += n;
		in.n -= (size_t)n;
		if (flags & NGHTTP2_HD_INFLATE_FINAL)
			return nghttp2_hd_inflate_end_headers(w->hpack) == 0;
		if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && in.n == 0)
			return true;
	}
}

/* ---- frames ---- */

static bool
begin_frame(struct tw_http2_follow *f, struct way *w)
{
	struct tw_bytes v = { w->head, sizeof(w->head) };
	bool block, goes_on = w->block_type != 0;

	w->head_n = 0;
	tw_bytes_u24(&v, &w->left);
	tw_bytes_u8(&v, &w->type);
	tw_bytes_u8(&v, &w->flags);
	tw_bytes_u32(&v, &w->stream);
	w->stream &= 0x7fffffffu;
	if (w->frames_left-- == 0)
		return false;
	if (w->type == F_RST_STREAM && w == &f->backend && f->stream != 0 && w->stream == f->stream)
		return false;
	/* Nothing comes between the pieces of a block. */
	if (goes_on != (w->type == F_CONTINUATION) || (goes_on && w->stream != w->block_stream))
		return false;
	block = w->type == F_HEADERS || w->type == F_PUSH_PROMISE;
	w->prefix = w->pad = 0;
	w->wants_pad = block && (w->flags & FLAG_PADDED);
	if (!block)
		return true;
	w->block_type = w->type;
	w->block_stream = w->stream;
	w->prefix = w->type == F_PUSH_PROMISE ? 4 : w->flags & FLAG_PRIORITY ? 5 : 0;
	return w->prefix + w->wants_pad <= w->left;
}

static bool
take_pad(struct way *w, uint8_t length)
{
	w->wants_pad = false;
	w->left--;
	w->pad = length;
	return w->prefix + w->pad <= w->left;
}

/* The piece of a block that in begins with, of a frame whose prefix is gone. */
static bool
take_piece(struct tw_http2_follow *f, struct way *w, struct tw_bytes *in)
{
	uint32_t piece = w->left - w->pad;
	struct tw_bytes v = { in->p, in->n < piece ? in->n : piece };
	bool last = v.n == piece && (w->flags & FLAG_END_HEADERS);

	in->p += v.n;
	in->n -= v.n;
	w->left -= (uint32_t)v.n;
	if (!inflate(f, w, v, last))
		return false;
	if (v.n == piece) {
		w->type = 0;		/* only padding is left of it */
		if (last)
			end_block(f, w);
	}
	return true;
}

static void
skip(struct tw_bytes *in, uint32_t *left)
{
	size_t n = in->n < *left ? in->n : *left;

	in->p += n;
	in->n -= n;
	*left -= (uint32_t)n;
}

/* Some bytes of a payload, or none where a block's piece is empty. */
static bool
take_payload(struct tw_http2_follow *f, struct way *w, struct tw_bytes *in)
{
	bool block = w->type == F_HEADERS || w->type == F_PUSH_PROMISE || w->type == F_CONTINUATION;
	uint32_t before = w->prefix;

	if (w->wants_pad) {
		in->n--;
		return take_pad(w, *in->p++);
	}
	if (w->prefix > 0) {
		skip(in, &w->prefix);
		w->left -= before - w->prefix;
		return true;
	}
	if (block)
		return take_piece(f, w, in);
	skip(in, &w->left);
	return true;
}

/* Is there something to do for the frame that has begun, even without a byte more? */
static bool
within_frame(const struct way *w)
{
	return w->left > 0 || (w->block_type != 0 && w->type != 0);
}

static bool
step(struct tw_http2_follow *f, struct way *w, struct tw_bytes *in)
{
	if (w->skipped < sizeof(preface) - 1) {
		in->n--;
		return *in->p++ == (uint8_t)preface[w->skipped++];
	}
	if (w->head_n == 0 && within_frame(w))
		return take_payload(f, w, in);
	w->head[w->head_n++] = *in->p++;
	in->n--;
	return w->head_n < sizeof(w->head) || begin_frame(f, w);
}

static void
look(struct tw_http2_follow *f, struct way *w, struct tw_bytes in)
{
	while (w->hpack != NULL && (in.n > 0 ||
	    (w->head_n == 0 && w->left == 0 && within_frame(w))))
		if (!step(f, w, &in))
			give_up(f);
}

void
tw_http2_follow_client(struct tw_http2_follow *f, struct tw_bytes in)
{
	look(f, &f->client, in);
}

bool
tw_http2_follow_backend(struct tw_http2_follow *f, struct tw_bytes in, unsigned *ret_status)
{
	look(f, &f->backend, in);
	*ret_status = f->status >= 200 && f->status <= 599 ? f->status : 0;
	return f->over;
}

#else

struct tw_http2_follow *
tw_http2_follow_new(void (*asked)(void *ctx, struct tw_bytes line, struct tw_bytes host),
    void *ctx)
{
	(void)asked, (void)ctx;
	return NULL;
}

void
tw_http2_follow_free(struct tw_http2_follow *f)
{
	free(f);
}

void
tw_http2_follow_client(struct tw_http2_follow *f, struct tw_bytes in)
{
	(void)f, (void)in;
}

bool
tw_http2_follow_backend(struct tw_http2_follow *f, struct tw_bytes in, unsigned *ret_status)
{
	(void)f, (void)in;
	*ret_status = 0;
	return true;
}

#endif
