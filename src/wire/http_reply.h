/*
 * http_reply.h -- the head of an HTTP/1 answer (RFC 9112 4 and 6.3), as far as one who
 * adds a field to it must know: where its fields end, and where the answer ends.
 */
#ifndef TW_WIRE_HTTP_REPLY_H
#define TW_WIRE_HTTP_REPLY_H

#include "wire/http_field.h"

struct tw_http_reply {
	unsigned minor, status;		/* HTTP/1.minor; 100 to 599 */
	bool interim;			/* 1xx but 101: another head follows for this request */
	bool tunnel;			/* from here on it is HTTP no more: 101, or CONNECT's 2xx */
	struct tw_http_body body;
	bool close;
	bool hsts;			/* Strict-Transport-Security stands there already */
	size_t insert_at;		/* a whole field line may be put in here */
	const char *why;
};

/* As tw_http_head_read(); method is that of the request it answers. */
ptrdiff_t tw_http_reply_read(struct tw_bytes in, struct tw_bytes method,
    struct tw_http_reply *ret);

#endif
