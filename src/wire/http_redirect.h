/*
 * http_redirect.h -- what port 80 answers: a redirect to https, a file of an ACME
 * challenge, or 400. HSTS is never in it: browsers must not believe it there (RFC 6797 7.2).
 */
#ifndef TW_WIRE_HTTP_REDIRECT_H
#define TW_WIRE_HTTP_REDIRECT_H

#include "base/buf.h"
#include "wire/http_head.h"

#define TW_HTTP_TOKEN_MAX 128u	/* bytes of an ACME token that we look for */

/*
 * Appends the whole answer that sends the request to https://NAME[:port]PATH: 301 for GET
 * and HEAD, 308 for what must keep its method. False, and nothing is put, where the request
 * names no host or no path.
 */
bool tw_http_redirect_write(const struct tw_http_head *h, uint16_t port, struct tw_buf *out);
/* Appends a whole 400, for a head that was refused or cannot be sent on; a whole 404. */
void tw_http_redirect_refuse(struct tw_buf *out);
void tw_http_redirect_miss(struct tw_buf *out);
/* Appends a whole 200 with the file, which a HEAD is told of alone. */
void tw_http_redirect_give(const struct tw_http_head *h, struct tw_bytes file, struct tw_buf *out);
/*
 * Is it a question of an ACME server (RFC 8555 8.3)? Then *ret_token is its file's name:
 * letters, digits, - and _ alone, so it names nothing outside of its folder.
 */
bool tw_http_redirect_is_acme(const struct tw_http_head *h, struct tw_bytes *ret_token);

#endif
