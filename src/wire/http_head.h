/*
 * http_head.h -- the head of an HTTP/1 request (RFC 9112), read so strictly that no
 * backend can see another request in it than we do. What it refuses is answered with 400
 * and the connection closed; nothing of it is passed on.
 */
#ifndef TW_WIRE_HTTP_HEAD_H
#define TW_WIRE_HTTP_HEAD_H

#include "wire/http_field.h"

enum tw_http_target { TW_HTTP_ORIGIN, TW_HTTP_ABSOLUTE, TW_HTTP_AUTHORITY, TW_HTTP_ASTERISK };

struct tw_http_head {
	struct tw_bytes method, target;
	enum tw_http_target form;
	struct tw_bytes path;		/* with its query; of the absolute form what is behind the authority */
	struct tw_bytes host;		/* "example.com:8080" as Host says; p NULL: HTTP/1.0 without */
	struct tw_bytes name;		/* the same without its port; an IPv6 address in brackets */
	unsigned minor;			/* HTTP/1.minor: 0 or 1 */
	struct tw_http_body body;	/* behind the head; then the next request may come */
	bool close;			/* the client wants no next one */
	struct tw_bytes upgrade;	/* protocols it would change to; p NULL: none */
	bool http2;			/* after -1: it is the preface of HTTP/2 (RFC 9113 3.4) */
	const char *why;		/* after -1: what is wrong, static */
};

/*
 * Reads a head from the front of in. Returns its bytes, 0 while more are needed, -1 where
 * it is refused. How the bytes were cut does not change the answer. Views point into in.
 * Each call reads from the start: at most TW_HTTP_HEAD_MAX bytes.
 */
ptrdiff_t tw_http_head_read(struct tw_bytes in, struct tw_http_head *ret);

/* The request line of a head that was read: a view into it too. */
struct tw_bytes tw_http_head_line(const struct tw_http_head *h);

/* A host name, IPv4 or bracketed IPv6 address, and maybe a port; *ret_name without it. */
bool tw_http_head_host(struct tw_bytes host, struct tw_bytes *ret_name);

#endif
