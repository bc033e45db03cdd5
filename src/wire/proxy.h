/*
 * proxy.h -- the PROXY protocol, versions 1 and 2 (HAProxy's doc/proxy-protocol.txt):
 * who the client of a connection is, said by a proxy before the first byte of the
 * client. Written towards backends, read from senders one trusts by configuration.
 */
#ifndef TW_WIRE_PROXY_H
#define TW_WIRE_PROXY_H

#include "base/buf.h"

#define TW_PROXY_LINE_MAX	107u	/* bytes of a version 1 line, CR LF included */
#define TW_PROXY_HEADER_MAX	4096u	/* bytes of a version 2 header that we bear */
#define TW_PROXY_PATH_BYTES	108u	/* of a Unix socket's address */
#define TW_PROXY_ID_BYTES	128u	/* of a unique id, at most */

enum tw_proxy_family { TW_PROXY_UNSPEC, TW_PROXY_INET, TW_PROXY_INET6, TW_PROXY_UNIX };

/* Flags of tw_proxy_tls.client. */
#define TW_PROXY_CLIENT_TLS		0x01
#define TW_PROXY_CLIENT_CERT_CONNECTION	0x02
#define TW_PROXY_CLIENT_CERT_SESSION	0x04

struct tw_proxy_end {
	uint8_t address[16];	/* network order; IPv4 in its mapped form (::ffff:a.b.c.d) */
	uint16_t port;
	struct tw_bytes path;	/* of a Unix socket; an abstract one begins with a NUL */
};

struct tw_proxy_tls {		/* PP2_TYPE_SSL */
	uint8_t client;
	uint32_t verify;	/* 0: a client certificate came and was good */
	struct tw_bytes version, name, cipher, signature, key;	/* p NULL: not said */
};

struct tw_proxy {
	unsigned version;	/* 1 or 2 */
	bool local;		/* version 2's LOCAL: the sender speaks for itself */
	enum tw_proxy_family family;	/* UNSPEC: the connection's own addresses hold */
	struct tw_proxy_end source, destination;
	struct tw_bytes alpn, authority, unique_id;	/* p NULL: not said */
	bool crc32c;		/* a checksum stands in it (and was right), or is wanted */
	bool has_tls;
	struct tw_proxy_tls tls;
	const char *why;	/* after -1: what is wrong, static */
};

/*
 * Reads one header of either version from the front of in. Returns its bytes, 0 while
 * more are needed, -1 where it can never become one (ret->why). Views point into in.
 * How the bytes were cut does not change the answer. LOCAL, UNKNOWN and datagrams come
 * out as TW_PROXY_UNSPEC, their block unread, as the specification has it.
 */
ptrdiff_t tw_proxy_read(struct tw_bytes in, struct tw_proxy *ret);

/* Appends a version 1 line; what it cannot say (a Unix socket) is "PROXY UNKNOWN". */
void tw_proxy_write_line(const struct tw_proxy *p, struct tw_buf *out);
/*
 * Appends a version 2 header with the TLVs that are set. local: 16 bytes, no more.
 * out->failed tells of one that would be longer than TW_PROXY_HEADER_MAX; values that
 * are too long for the specification are the caller's mistake.
 */
void tw_proxy_write_header(const struct tw_proxy *p, struct tw_buf *out);

#endif
