/* The head of an HTTP/1 request; see http_head.h. */
#include "wire/http_head.h"

#include <arpa/inet.h>

#define METHOD_MAX	32u
#define NAME_MAX_BYTES	253u	/* of a host name (RFC 1035 2.3.4) */

static bool
is_port(struct tw_bytes b)
{
	uint32_t v = 0;

	for (size_t i = 0; i < b.n && i < 6; i++) {
		if (b.p[i] < '0' || b.p[i] > '9')
			return false;
		v = v * 10 + (b.p[i] - '0');
	}
	return b.n > 0 && b.n <= 5 && v > 0 && v <= UINT16_MAX;
}

static bool
is_v6(struct tw_bytes b)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];

	if (b.n == 0 || b.n >= sizeof(text) || memchr(b.p, '\0', b.n) != NULL)
		return false;
	memcpy(text, b.p, b.n);
	text[b.n] = '\0';
	return inet_pton(AF_INET6, text, address) == 1;
}

/* Letters, digits, hyphens and underscores, in parts of 1 to 63; one dot at the end is borne. */
static bool
is_name(struct tw_bytes b)
{
	size_t part = 0;

	for (size_t i = 0; i < b.n; i++) {
		uint8_t c = b.p[i] | 0x20;

		if (b.p[i] == '.' && part == 0)
			return false;
		part = b.p[i] == '.' ? 0 : part + 1;
		if (part > 63 || (b.p[i] != '.' && b.p[i] != '-' && b.p[i] != '_' &&
		    (b.p[i] < '0' || b.p[i] > '9') && (c < 'a' || c > 'z')))
			return false;
	}
	return b.n > 0 && b.n <= NAME_MAX_BYTES;
}

bool
tw_http_head_host(struct tw_bytes host, struct tw_bytes *ret_name)
{
	struct tw_bytes rest = host, name;
	const uint8_t *end;

	if (host.n == 0)
		return false;
	end = memchr(host.p, host.p[0] == '[' ? ']' : ':', host.n);
	if (host.p[0] == '[') {
		if (end == NULL)
			return false;
		tw_bytes_take(&rest, (size_t)(end - host.p) + 1, &name);
		if (!is_v6((struct tw_bytes){ name.p + 1, name.n - 2 }))
			return false;
	} else {
		tw_bytes_take(&rest, end == NULL ? host.n : (size_t)(end - host.p), &name);
		if (!is_name(name))
			return false;
	}
	if (rest.n > 0 && (rest.p[0] != ':' || !is_port((struct tw_bytes){ rest.p + 1, rest.n - 1 })))
		return false;
	*ret_name = name;
	return true;
}

/* What URIs of browsers hold: no blank, quote, bracket or fragment; '\' behind '?' alone. */
static bool
is_target(struct tw_bytes b)
{
	bool query = false;

	for (size_t i = 0; i < b.n; i++) {
		query |= b.p[i] == '?';
		if (b.p[i] <= ' ' || b.p[i] > '~' || strchr("\"<>#", b.p[i]) != NULL ||
		    (b.p[i] == '\\' && !query))
			return false;
	}
	return b.n > 0;
}

/* "http://example.com/x": the authority must be one of a Host, and is held to it later. */
static bool
read_absolute(struct tw_http_head *h, struct tw_bytes *ret_authority)
{
	struct tw_bytes rest = h->target, name;
	size_t scheme = tw_bytes_begin_with(rest, "http://") ? 7 :
	    tw_bytes_begin_with(rest, "https://") ? 8 : 0;
	size_t n = 0;

	if (scheme == 0)
		return false;
	tw_bytes_take(&rest, scheme, &name);
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	tw_bytes_take(&rest, n, ret_authority);
	h->form = TW_HTTP_ABSOLUTE;
	h->path = rest;
	return tw_http_head_host(*ret_authority, &name);
}

static const char *
read_target(struct tw_http_head *h, struct tw_bytes *ret_authority)
{
	struct tw_bytes name;

	if (!is_target(h->target))
		return "the target holds what no target may";
	if (tw_bytes_equal(h->method, TW_BYTES("CONNECT"))) {
		h->form = TW_HTTP_AUTHORITY;
		*ret_authority = h->target;
		return tw_http_head_host(h->target, &name) && name.n < h->target.n ? NULL :
		    "CONNECT wants a host and a port";
	}
	if (h->target.p[0] == '/') {
		h->form = TW_HTTP_ORIGIN;
		h->path = h->target;
		return NULL;
	}
	if (tw_bytes_equal(h->target, TW_BYTES("*"))) {
		h->form = TW_HTTP_ASTERISK;
		return tw_bytes_equal(h->method, TW_BYTES("OPTIONS")) ? NULL :
		    "the target * is for OPTIONS alone";
	}
	return read_absolute(h, ret_authority) ? NULL : "the target has none of the four forms";
}

static const char *
read_request_line(struct tw_http_head *h, struct tw_bytes line, struct tw_bytes *ret_authority)
{
	const uint8_t *first, *last;

	if (line.n == 0)
		return "an empty line stands before the request";
	h->http2 = tw_bytes_equal(line, TW_BYTES("PRI * HTTP/2.0"));
	if (h->http2)
		return "it is the preface of HTTP/2";
	first = memchr(line.p, ' ', line.n);
	last = memrchr(line.p, ' ', line.n);
	if (first == NULL || first == last)
		return "the request line has not three words";
	h->method = (struct tw_bytes){ line.p, (size_t)(first - line.p) };
	h->target = (struct tw_bytes){ first + 1, (size_t)(last - first) - 1 };
	if (!tw_http_field_is_token(h->method) || h->method.n > METHOD_MAX)
		return "the method is malformed";
	if (!tw_http_field_version((struct tw_bytes){ last + 1, line.n - (size_t)(last + 1 - line.p) },
	    &h->minor))
		return "the version is neither HTTP/1.0 nor HTTP/1.1";
	return read_target(h, ret_authority);
}

static bool
equal_in_any_case(struct tw_bytes a, struct tw_bytes b)
{
	for (size_t i = 0; a.n == b.n && i < a.n; i++)
		if (a.p[i] != b.p[i] && ((a.p[i] ^ b.p[i]) != 0x20 || (a.p[i] | 0x20) < 'a' ||
		    (a.p[i] | 0x20) > 'z'))
			return false;
	return a.n == b.n;
}

/* All lines are in: host and body. */
static const char *
finish(struct tw_http_head *h, struct tw_http_fields *f, struct tw_bytes authority)
{
	const char *why = tw_http_field_end(f, h->minor);

	if (why != NULL)
		return why;
	if (!f->has_host && h->minor > 0)
		return "Host is missing";
	if (f->has_host && !tw_http_head_host(f->host, &h->name))
		return "Host is no host";
	if (f->has_host && authority.p != NULL && !equal_in_any_case(authority, f->host))
		return "Host and the target name two hosts";
	if (f->has_coding)
		h->body.kind = TW_HTTP_CHUNKED;
	else if (f->has_length && f->length > 0)
		h->body = (struct tw_http_body){ TW_HTTP_LENGTH, f->length };
	if (h->body.kind != TW_HTTP_NO_BODY && (h->form == TW_HTTP_AUTHORITY ||
	    tw_bytes_equal(h->method, TW_BYTES("TRACE"))))
		return "a body stands where the method has none";
	h->host = f->host;
	h->close = f->close;
	h->upgrade = f->upgrade;
	return NULL;
}

struct tw_bytes
tw_http_head_line(const struct tw_http_head *h)
{
	/* Its three words lie behind each other. */
	return (struct tw_bytes){ h->method.p, h->method.n + h->target.n + sizeof("  HTTP/1.1") - 1 };
}

ptrdiff_t
tw_http_head_read(struct tw_bytes in, struct tw_http_head *ret)
{
	struct tw_http_fields f = { 0 };
	struct tw_bytes line, authority = { NULL, 0 };
	size_t at = 0;
	int got;

	*ret = (struct tw_http_head){ 0 };
	while ((got = tw_http_field_line(in, &at, &line, &ret->why)) == 1) {
		if (ret->method.p == NULL)
			ret->why = read_request_line(ret, line, &authority);
		else if (line.n == 0)
			ret->why = finish(ret, &f, authority);
		else
			ret->why = tw_http_field_read(&f, line);
		if (ret->why != NULL)
			return -1;
		if (line.n == 0)
			return (ptrdiff_t)at;
	}
	return got;
}
