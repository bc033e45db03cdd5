/*
 * client_hello.h -- reads a ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2): what
 * a client offers, in its order. report/told.c tells it to a person.
 */
#ifndef TW_WIRE_CLIENT_HELLO_H
#define TW_WIRE_CLIENT_HELLO_H

#include "base/bytes.h"

/* Lists of 16-bit codes as they lie in the message, network order. */
struct tw_client_hello {
	uint16_t version;		/* legacy_version */
	struct tw_bytes random, session_id, suites, compressions;
	struct tw_bytes sni;		/* host_name of server_name (RFC 6066 3); p NULL: none */
	struct tw_bytes alpn;		/* ProtocolNameList, each behind one byte of length */
	struct tw_bytes versions;	/* supported_versions */
	struct tw_bytes groups, schemes;
	struct tw_bytes point_formats;	/* one byte each (RFC 8422 5.1.2) */
	struct tw_bytes shares;		/* KeyShareEntry list (RFC 8446 4.2.8) */
	bool ems, etm, ticket, status, scts, renegotiation_info, psk, early_data;
	bool has_extensions;
	struct tw_bytes extensions;	/* all of them: type, length, body */
};

/* The body of the message, head apart. False: malformed; *ret is then half filled. */
bool tw_client_hello_read(struct tw_bytes body, struct tw_client_hello *ret);

#endif
