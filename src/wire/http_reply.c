/* The head of an HTTP/1 answer; see http_reply.h. */
#include "wire/http_reply.h"

/* "HTTP/1.1 200 OK"; the reason may be empty, and some leave its blank out too. */
static const char *
read_status_line(struct tw_http_reply *r, struct tw_bytes line)
{
	struct tw_bytes version, digits;

	if (!tw_bytes_take(&line, 8, &version) || !tw_http_field_version(version, &r->minor))
		return "the answer's version is neither HTTP/1.0 nor HTTP/1.1";
	if (!tw_bytes_take(&line, 4, &digits) || digits.p[0] != ' ' ||
	    (line.n > 0 && line.p[0] != ' '))
		return "the status line is malformed";
	for (size_t i = 1; i < 4; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return "the status is no number";
		r->status = r->status * 10 + (digits.p[i] - '0');
	}
	return r->status >= 100 && r->status <= 599 ? NULL : "the status is out of range";
}

/* RFC 9112 6.3, in its order. */
static const char *
finish(struct tw_http_reply *r, struct tw_http_fields *f, struct tw_bytes method)
{
	const char *why = tw_http_field_end(f, r->minor);

	if (why != NULL)
		return why;
	r->close = f->close;
	r->hsts = f->hsts;
	r->interim = r->status < 200 && r->status != 101;
	r->tunnel = r->status == 101 || (r->status >= 200 && r->status <= 299 &&
	    tw_bytes_equal(method, TW_BYTES("CONNECT")));
	if (r->tunnel)
		r->body.kind = TW_HTTP_UNTIL_CLOSE;
	else if (tw_bytes_equal(method, TW_BYTES("HEAD")) || r->status < 200 ||
	    r->status == 204 || r->status == 304)
		r->body.kind = TW_HTTP_NO_BODY;
	else if (f->has_coding)
		r->body.kind = TW_HTTP_CHUNKED;
	else if (f->has_length && f->length > 0)
		r->body = (struct tw_http_body){ TW_HTTP_LENGTH, f->length };
	else if (!f->has_length)
		r->body.kind = TW_HTTP_UNTIL_CLOSE;
	return NULL;
}

ptrdiff_t
tw_http_reply_read(struct tw_bytes in, struct tw_bytes method, struct tw_http_reply *ret)
{
	struct tw_http_fields f = { 0 };
	struct tw_bytes line;
	size_t at = 0;
	int got;

	*ret = (struct tw_http_reply){ 0 };
	while ((got = tw_http_field_line(in, &at, &line, &ret->why)) == 1) {
		if (ret->status == 0)
			ret->why = read_status_line(ret, line);
		else if (line.n == 0)
			ret->why = finish(ret, &f, method);
		else
			ret->why = tw_http_field_read(&f, line);
		if (ret->why != NULL)
			return -1;
		if (line.n == 0) {
			ret->insert_at = at - 2;
			return (ptrdiff_t)at;
		}
	}
	return got;
}
