/*
 * http_field.h -- what heads of requests, of answers and trailers share (RFC 9112 2, 5
 * and 6): lines that end as they must, fields, and how long the body behind is. Strict:
 * what two readers could take in two ways is refused. Inside of wire/http_*.c.
 */
#ifndef TW_WIRE_HTTP_FIELD_H
#define TW_WIRE_HTTP_FIELD_H

#include "base/bytes.h"

#define TW_HTTP_HEAD_MAX	16384u	/* bytes of a head, its empty line included */
#define TW_HTTP_LINE_MAX	8192u	/* of one line in it, CR LF not counted */
#define TW_HTTP_FIELDS_MAX	100u

enum tw_http_body_kind { TW_HTTP_NO_BODY, TW_HTTP_LENGTH, TW_HTTP_CHUNKED, TW_HTTP_UNTIL_CLOSE };

struct tw_http_body {
	enum tw_http_body_kind kind;
	uint64_t length;		/* of TW_HTTP_LENGTH, bytes */
};

/* What the fields of one head say that is of use here. */
struct tw_http_fields {
	unsigned n;
	bool has_length, has_coding, has_host;
	uint64_t length;
	struct tw_bytes host;
	bool close, keep_alive;		/* options of Connection */
	struct tw_bytes upgrade;	/* value of Upgrade where Connection names it; p NULL: not so */
	bool hsts;			/* Strict-Transport-Security stands there */
	/* The reader's own. */
	bool connection_upgrade;
	struct tw_bytes upgrade_value;
};

bool tw_http_field_is_token(struct tw_bytes b);		/* RFC 9110 5.6.2 */
bool tw_http_field_is(struct tw_bytes name, const char *word);	/* in any case */
/*
 * The next line of a head of in, from *at on: its bytes (CR LF left out; *at behind them),
 * 0 while it is not whole, -1 with *ret_why where it never will be one.
 */
int tw_http_field_line(struct tw_bytes in, size_t *at, struct tw_bytes *ret_line,
    const char **ret_why);
/* One field line into f; NULL, or why it is refused. */
const char *tw_http_field_read(struct tw_http_fields *f, struct tw_bytes line);
/* Once all are in: what they say together. minor: of the version. NULL, or why not. */
const char *tw_http_field_end(struct tw_http_fields *f, unsigned minor);
/* Does a name frame or route the message? Then it has no place among trailers. */
bool tw_http_field_is_framing(struct tw_bytes name);
/* "HTTP/1.0" or "HTTP/1.1": the digit behind the dot. */
bool tw_http_field_version(struct tw_bytes b, unsigned *ret_minor);

#endif
