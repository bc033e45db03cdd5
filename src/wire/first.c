/* What a first flight is, by a table of its beginnings; see first.h. */
#include "wire/first.h"

/*
 * A beginning: so many bytes must agree where the mask has a bit. No mask: all of them.
 * No two rows fit the same bytes (a test holds that), so their order says nothing.
 */
static const struct row {
	enum tw_first kind;
	uint8_t n;
	const char *value, *mask;
} rows[] = {
#define TEXT(kind, text)		{ kind, sizeof(text) - 1, text, NULL }
#define MASKED(kind, value, mask)	{ kind, sizeof(value) - 1, value, mask }
	/* Handshake record, version 3.0 to 3.7, at most 32767 bytes, first a ClientHello. */
	MASKED(TW_FIRST_TLS, "\x16\x03\x00\x00\x00\x01", "\xff\xff\xf8\x80\x00\xff"),
	/* Two bytes of length, then CLIENT-HELLO and its version: 2, or 3.0 to 3.7. */
	MASKED(TW_FIRST_SSL2, "\x80\x00\x01\x00\x02", "\x80\x00\xff\xff\xff"),
	MASKED(TW_FIRST_SSL2, "\x80\x00\x01\x03\x00", "\x80\x00\xff\xff\xf8"),
	/* PostgreSQL: length, then a code; startup packets have at most 10,000 bytes. */
	TEXT(TW_FIRST_POSTGRES_TLS, "\x00\x00\x00\x08\x04\xd2\x16\x2f"),
	TEXT(TW_FIRST_POSTGRES_GSS, "\x00\x00\x00\x08\x04\xd2\x16\x30"),
	MASKED(TW_FIRST_POSTGRES_STARTUP, "\x00\x00\x00\x00\x00\x03\x00\x00",
	    "\xff\xff\xc0\x00\xff\xff\x00\x00"),
	/* Since protocol 3.2 a key may be longer than four bytes: 256 at most. */
	MASKED(TW_FIRST_POSTGRES_CANCEL, "\x00\x00\x00\x00\x04\xd2\x16\x2e",
	    "\xff\xff\xfe\x00\xff\xff\xff\xff"),
	TEXT(TW_FIRST_HTTP2, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	TEXT(TW_FIRST_SSH, "SSH-2.0-"),
	TEXT(TW_FIRST_SSH, "SSH-1.99-"),
	TEXT(TW_FIRST_PROXY_LINE, "PROXY "),
	TEXT(TW_FIRST_PROXY_HEADER, "\r\n\r\n\x00\r\nQUIT\n"),
	/* RFC 9110 9.1, RFC 5789, and of WebDAV and its kin what clients begin with. */
	TEXT(TW_FIRST_HTTP1, "GET "),
	TEXT(TW_FIRST_HTTP1, "HEAD "),
	TEXT(TW_FIRST_HTTP1, "POST "),
	TEXT(TW_FIRST_HTTP1, "PUT "),
	TEXT(TW_FIRST_HTTP1, "DELETE "),
	TEXT(TW_FIRST_HTTP1, "CONNECT "),
	TEXT(TW_FIRST_HTTP1, "OPTIONS "),
	TEXT(TW_FIRST_HTTP1, "TRACE "),
	TEXT(TW_FIRST_HTTP1, "PATCH "),
	TEXT(TW_FIRST_HTTP1, "PROPFIND "),
	TEXT(TW_FIRST_HTTP1, "PROPPATCH "),
	TEXT(TW_FIRST_HTTP1, "MKCOL "),
	TEXT(TW_FIRST_HTTP1, "COPY "),
	TEXT(TW_FIRST_HTTP1, "MOVE "),
	TEXT(TW_FIRST_HTTP1, "LOCK "),
	TEXT(TW_FIRST_HTTP1, "UNLOCK "),
	TEXT(TW_FIRST_HTTP1, "REPORT "),
	TEXT(TW_FIRST_HTTP1, "SEARCH "),
	TEXT(TW_FIRST_HTTP1, "MKCALENDAR "),
	TEXT(TW_FIRST_HTTP1, "QUERY "),
};

/* Do the bytes there are, up to the row's length, agree with it? */
static bool
fits(const struct row *r, struct tw_bytes in)
{
	for (size_t i = 0; i < r->n && i < in.n; i++) {
		uint8_t mask = r->mask == NULL ? 0xff : (uint8_t)r->mask[i];

		if ((in.p[i] & mask) != (uint8_t)r->value[i])
			return false;
	}
	return true;
}

enum tw_first
tw_first_read(struct tw_bytes in)
{
	enum tw_first answer = TW_FIRST_UNKNOWN;

	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		if (!fits(&rows[i], in))
			continue;
		if (in.n >= rows[i].n)
			return rows[i].kind;
		answer = TW_FIRST_MORE;
	}
	return answer;
}
