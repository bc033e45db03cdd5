/*
 * bytes.h -- views of bytes: a pointer and a length, never owned, and the
 * cursor reads every parser is made of. A read that would pass the end fails
 * and moves nothing, so no parser can trust a length a peer wrote.
 */
#ifndef TW_BASE_BYTES_H
#define TW_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct tw_bytes {
	const uint8_t *p;
	size_t n;
};

/* A view of a list of 16-bit codes (suites, groups, schemes, versions). */
struct tw_u16s {
	const uint16_t *v;
	size_t n;
};

#define TW_BYTES(lit) ((struct tw_bytes){ (const uint8_t *)(lit), sizeof(lit) - 1 })
#define TW_COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define TW_U16S(a)    ((struct tw_u16s){ (a), TW_COUNT(a) })

/* The view of a C string; NULL gives the empty view with p NULL. */
struct tw_bytes tw_bytes_of(const char *s);

bool tw_bytes_equal(struct tw_bytes a, struct tw_bytes b);
/* ASCII case is ignored; a NUL byte in b never ends it. */
bool tw_bytes_begin_with(struct tw_bytes b, const char *prefix);
bool tw_bytes_contain(struct tw_bytes b, const char *word);

/* Cursor reads, network order. True: the value is out and *b moved past it. */
bool tw_bytes_u8(struct tw_bytes *b, uint8_t *ret_v);
bool tw_bytes_u16(struct tw_bytes *b, uint16_t *ret_v);
bool tw_bytes_u24(struct tw_bytes *b, uint32_t *ret_v);
bool tw_bytes_u32(struct tw_bytes *b, uint32_t *ret_v);
bool tw_bytes_take(struct tw_bytes *b, size_t n, struct tw_bytes *ret_v);
/* A vector whose length stands before it in 1, 2 or 3 bytes (RFC 8446 3.4). */
bool tw_bytes_vec8(struct tw_bytes *b, struct tw_bytes *ret_v);
bool tw_bytes_vec16(struct tw_bytes *b, struct tw_bytes *ret_v);
bool tw_bytes_vec24(struct tw_bytes *b, struct tw_bytes *ret_v);

#endif
