/*
 * port.h -- the registry of ports and services (K2), one row each in
 * ports.def, and the names and aliases users may put before "://".
 */
#ifndef TW_DATA_PORT_H
#define TW_DATA_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tw_mode { TW_MODE_NONE, TW_IMPLICIT, TW_EXPLICIT, TW_NEGOTIATED };
extern const char *const tw_mode_names[];	/* "none" "implicit" "explicit" "negotiated" */

struct tw_port {
	uint16_t port;
	const char *transport;	/* "tcp" "udp" */
	const char *scheme;	/* what stands before "://": "imaps", "imap", "https" */
	const char *aliases;	/* more such words, blanks between; "" when none */
	const char *service;	/* the protocol: "imap" for imap and imaps; JSON's word */
	const char *dialogue;	/* name of the tw_service that talks before TLS; NULL: nothing
				 * has to be said, or nobody here can (the mode tells) */
	enum tw_mode mode;
	const char *alpn;	/* ALPN name of it, or NULL */
	const char *title;	/* "Mailbox access, TLS from the first byte" */
	const char *negotiation;	/* "TLS on connect", "STARTTLS", "SSLRequest" */
	const char *use;	/* who uses it for what, one line */
	const char *history;	/* one line, or NULL */
	const char *instead;	/* what to use instead, or NULL */
	const char *no_ssl2;	/* why silence after an SSL 2.0 hello is its due here, or NULL */
};

extern const struct tw_port tw_ports[];		/* by port, then the usual service first */
extern const size_t tw_ports_n;
/* The ports tried when a target is a bare host (INTERFACE). */
extern const uint16_t tw_host_ports[];
extern const size_t tw_host_ports_n;

const struct tw_port *tw_port_by_number(uint16_t port);	/* the first row, or NULL */
const struct tw_port *tw_port_by_scheme(const char *scheme);	/* or alias; any case; or NULL */
/* The row of a service in a mode, whatever its port; NULL when none. */
const struct tw_port *tw_port_by_service(const char *service, enum tw_mode mode);
/* The scheme most like a mistyped one, or NULL when none is near. */
const struct tw_port *tw_port_like(const char *scheme);

#endif
