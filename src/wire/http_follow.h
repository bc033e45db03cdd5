/*
 * http_follow.h -- follows HTTP/1 between a client and a backend from request to answer: the
 * first request and its status are told, and a field is put into each answer where that is
 * wanted. Nothing else is changed, and nothing is refused: where one side says what the
 * strict readers do not take, the rest of the connection passes as it is.
 */
#ifndef TW_WIRE_HTTP_FOLLOW_H
#define TW_WIRE_HTTP_FOLLOW_H

#include "base/buf.h"
#include "wire/http_chunks.h"
#include "wire/http_head.h"

#define TW_HTTP_FOLLOW_ASKED	32u	/* requests whose answers are to come; more: not followed */
#define TW_HTTP_FOLLOW_FIELD	96u	/* bytes of the field that is put in */
/* So much more than what came may go out, at most. */
#define TW_HTTP_FOLLOW_MORE	\
	(TW_HTTP_HEAD_MAX + TW_HTTP_FOLLOW_ASKED * TW_HTTP_FOLLOW_FIELD)

struct tw_http_follow_way {
	uint8_t state;
	struct tw_http_chunks chunks;	/* .left too of a body with a length */
	struct tw_buf head;		/* of it, while it is not whole: no memory else */
};

struct tw_http_follow {
	struct tw_bytes field;		/* n 0: none is put in */
	/* The first request; its views end with the call. */
	void (*asked)(void *ctx, struct tw_bytes line, struct tw_bytes host);
	void *ctx;
	struct tw_http_follow_way client, backend;
	uint64_t waiting;	/* two bits a request that waits for its answer, the next lowest */
	uint8_t waiting_n;
	bool told;		/* the first request was */
	uint16_t status;	/* of the first answer that is no 1xx (or 101); 0: none yet */
	bool done;		/* nothing more is to be told or put in, nothing is held */
};

/* field: a whole line with its CR LF, at most TW_HTTP_FOLLOW_FIELD bytes, borrowed; or NULL. */
void tw_http_follow_open(struct tw_http_follow *f, const char *field,
    void (*asked)(void *ctx, struct tw_bytes line, struct tw_bytes host), void *ctx);
void tw_http_follow_clear(struct tw_http_follow *f);
/* Looks at what the client says, which goes on to the backend as it is. */
void tw_http_follow_client(struct tw_http_follow *f, struct tw_bytes in);
/*
 * Puts what the client is to get of the backend's bytes into out, which has room for
 * TW_HTTP_FOLLOW_MORE bytes more than in; returns how many that are. What is held waits for
 * the rest of a head (none is where there is no field). What comes out in all does not
 * depend on how in was cut. Once done, out is in.
 */
size_t tw_http_follow_backend(struct tw_http_follow *f, struct tw_bytes in, uint8_t *out);
/* The backend's end: what was held into out (TW_HTTP_HEAD_MAX bytes); returns its length. */
size_t tw_http_follow_end(struct tw_http_follow *f, uint8_t *out);

#endif
