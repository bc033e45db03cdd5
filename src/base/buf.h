/*
 * buf.h -- a growing buffer with a bound. A put past the bound (or out of
 * memory) puts nothing and sets failed, which sticks: write a whole message,
 * then look at failed once.
 */
#ifndef TW_BASE_BUF_H
#define TW_BASE_BUF_H

#include "base/bytes.h"

struct tw_buf {
	uint8_t *p;
	size_t n, cap, max;	/* used, held, bound; all bytes */
	bool failed;
};

/* Starts an empty buffer of at most max bytes; nothing is allocated yet. */
void tw_buf_init(struct tw_buf *b, size_t max);
/* Frees what it holds; the buffer may be used again, empty. */
void tw_buf_clear(struct tw_buf *b);

void tw_buf_u8(struct tw_buf *b, uint8_t v);
void tw_buf_u16(struct tw_buf *b, uint16_t v);
void tw_buf_u24(struct tw_buf *b, uint32_t v);
void tw_buf_u32(struct tw_buf *b, uint32_t v);
void tw_buf_put(struct tw_buf *b, const void *p, size_t n);
void tw_buf_bytes(struct tw_buf *b, struct tw_bytes v);
void tw_buf_str(struct tw_buf *b, const char *s);
void tw_buf_fmt(struct tw_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Opens a length of head (1 to 3) bytes to be filled in by tw_buf_close_len(). */
size_t tw_buf_open_len(struct tw_buf *b, size_t head);
void tw_buf_close_len(struct tw_buf *b, size_t mark, size_t head);

/* Drops the first n bytes; the rest moves to the front. */
void tw_buf_drop(struct tw_buf *b, size_t n);
struct tw_bytes tw_buf_view(const struct tw_buf *b);	/* until the next put */
/* The text as a C string (a NUL is put behind it); "" when it failed. Until the next put. */
const char *tw_buf_cstr(struct tw_buf *b);

#endif
