/*
 * http_chunks.h -- follows a body in chunks (RFC 9112 7.1) to its end, so that the next
 * request on a connection is found where the backend finds it. It keeps no byte of it.
 */
#ifndef TW_WIRE_HTTP_CHUNKS_H
#define TW_WIRE_HTTP_CHUNKS_H

#include "wire/http_field.h"

#define TW_HTTP_CHUNK_LINE_MAX	512u	/* bytes of a chunk's size and extensions */

struct tw_http_chunks {		/* all zero: before the first byte */
	uint8_t state;
	uint8_t digits;
	uint64_t left;		/* bytes of the chunk that are still to come */
	size_t line, trailer;	/* bytes so far of the line, of all trailers */
	uint8_t name[24];	/* of the trailer being read */
	const char *why;	/* not NULL: refused for this, static */
	bool done;
};

/*
 * Takes bytes of the body; returns how many were it: all of them, or, once done, those up
 * to its end. -1: refused, for good. How the bytes were cut does not matter.
 */
ptrdiff_t tw_http_chunks_feed(struct tw_http_chunks *c, struct tw_bytes in);

#endif
