/*
 * http2_follow.h -- looks at HTTP/2 between a client and a backend (RFC 9113, RFC 7541) until
 * the first request and the status of its answer are known, and changes nothing. What it
 * costs is bounded, whatever the two say: beyond that, or where one of them breaks the
 * protocol, it only looks no more.
 */
#ifndef TW_WIRE_HTTP2_FOLLOW_H
#define TW_WIRE_HTTP2_FOLLOW_H

#include "base/bytes.h"

/* Of what is looked at of each side, at most. */
#define TW_HTTP2_CLIENT_BYTES	16384u	/* of header blocks, as they come */
#define TW_HTTP2_BACKEND_BYTES	65536u
#define TW_HTTP2_CLIENT_FIELDS	256u
#define TW_HTTP2_BACKEND_FIELDS	4096u
#define TW_HTTP2_FRAMES		65536u
#define TW_HTTP2_CLIENT_TABLE	4096u	/* of HPACK's dynamic table, bytes */
#define TW_HTTP2_BACKEND_TABLE	65536u	/* browsers allow their servers so much */

struct tw_http2_follow;

/* asked: of the first request, "GET /x HTTP/2" and its authority. NULL: not in this build. */
struct tw_http2_follow *tw_http2_follow_new(
    void (*asked)(void *ctx, struct tw_bytes line, struct tw_bytes host), void *ctx);
void tw_http2_follow_free(struct tw_http2_follow *f);	/* takes NULL */
void tw_http2_follow_client(struct tw_http2_follow *f, struct tw_bytes in);
/* True: there is nothing more to see; *ret_status, 0: never seen. */
bool tw_http2_follow_backend(struct tw_http2_follow *f, struct tw_bytes in, unsigned *ret_status);

#endif
