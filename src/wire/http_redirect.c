/* The answers of port 80; see http_redirect.h. */
#include "wire/http_redirect.h"

#define END "Content-Length: 0\r\nConnection: close\r\n\r\n"

static bool
is_get(const struct tw_http_head *h)
{
	return tw_bytes_equal(h->method, TW_BYTES("GET")) ||
	       tw_bytes_equal(h->method, TW_BYTES("HEAD"));
}

bool
tw_http_redirect_write(const struct tw_http_head *h, uint16_t port, struct tw_buf *out)
{
	if (h->name.n == 0 || (h->form != TW_HTTP_ORIGIN && h->form != TW_HTTP_ABSOLUTE))
		return false;
	tw_buf_str(out, is_get(h) ? "HTTP/1.1 301 Moved Permanently\r\n" :
	    "HTTP/1.1 308 Permanent Redirect\r\n");
	tw_buf_str(out, "Location: https://");
	tw_buf_bytes(out, h->name);
	if (port != 443)
		tw_buf_fmt(out, ":%u", (unsigned)port);
	if (h->path.n == 0 || h->path.p[0] != '/')	/* http://example.com?x */
		tw_buf_u8(out, '/');
	tw_buf_bytes(out, h->path);
	tw_buf_str(out, "\r\n" END);
	return true;
}

void
tw_http_redirect_refuse(struct tw_buf *out)
{
	tw_buf_str(out, "HTTP/1.1 400 Bad Request\r\n" END);
}

void
tw_http_redirect_miss(struct tw_buf *out)
{
	tw_buf_str(out, "HTTP/1.1 404 Not Found\r\n" END);
}

void
tw_http_redirect_give(const struct tw_http_head *h, struct tw_bytes file, struct tw_buf *out)
{
	tw_buf_fmt(out, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n", file.n);
	if (!tw_bytes_equal(h->method, TW_BYTES("HEAD")))
		tw_buf_bytes(out, file);
}

bool
tw_http_redirect_is_acme(const struct tw_http_head *h, struct tw_bytes *ret_token)
{
	static const char folder[] = "/.well-known/acme-challenge/";
	struct tw_bytes token = h->path, head;

	if (!is_get(h) || !tw_bytes_take(&token, sizeof(folder) - 1, &head) ||
	    memcmp(head.p, folder, head.n) != 0 || token.n == 0 || token.n > TW_HTTP_TOKEN_MAX)
		return false;
	for (size_t i = 0; i < token.n; i++) {
		uint8_t c = token.p[i];

		if ((c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') &&
		    c != '-' && c != '_')
			return false;
	}
	*ret_token = token;
	return true;
}
