/* http.h -- the head of an HTTP answer, as far as a diagnosis asks: its status, where it
 * sends us, what clock its server has. Pure: bytes in. */
#ifndef TW_PROBE_HTTP_H
#define TW_PROBE_HTTP_H

#include "base/arena.h"

struct tw_http {
	bool is_http;
	unsigned status;		/* 200, 302; 0: not readable */
	struct tw_bytes line;		/* "HTTP/1.1 302 Found"; p NULL: not HTTP */
	struct tw_bytes location, server, via;	/* p NULL: no such header */
	int64_t date;			/* seconds since 1970; 0: none, or not readable */
	struct tw_bytes head;		/* all that was read, view of the caller's */
};

/* Reads what came; views into head. A cut head gives what stood in it. */
void tw_http_read(struct tw_bytes head, struct tw_http *ret);

#endif
