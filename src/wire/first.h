/*
 * first.h -- what a first flight is, by its first bytes: a port may serve TLS,
 * PostgreSQL, HTTP and SSH at once. Only what a client says without being greeted
 * is told apart here.
 */
#ifndef TW_WIRE_FIRST_H
#define TW_WIRE_FIRST_H

#include "base/bytes.h"

#define TW_FIRST_BYTES	24u	/* so many always decide */

enum tw_first {
	TW_FIRST_MORE,			/* it may still become one of these */
	TW_FIRST_UNKNOWN,		/* none of these */
	TW_FIRST_TLS,			/* a record with a ClientHello, TLS 1.0 to 1.3 or SSL 3.0 */
	TW_FIRST_SSL2,			/* a CLIENT-HELLO in SSL 2.0's form, for whatever version */
	TW_FIRST_POSTGRES_TLS,		/* SSLRequest */
	TW_FIRST_POSTGRES_GSS,		/* GSSENCRequest */
	TW_FIRST_POSTGRES_STARTUP,	/* StartupMessage of protocol 3: in the clear */
	TW_FIRST_POSTGRES_CANCEL,	/* CancelRequest */
	TW_FIRST_HTTP1,			/* a method of HTTP/1 and its space */
	TW_FIRST_HTTP2,			/* the connection preface (RFC 9113 3.4) */
	TW_FIRST_SSH,			/* "SSH-2.0-", "SSH-1.99-" (RFC 4253 4.2, 5.1) */
	TW_FIRST_PROXY_LINE,		/* the PROXY protocol, version 1 */
	TW_FIRST_PROXY_HEADER,		/* and 2 */
};

/* Looks at no more than TW_FIRST_BYTES; an answer other than MORE stays what it is. */
enum tw_first tw_first_read(struct tw_bytes in);

#endif
