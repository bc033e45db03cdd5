/*
 * tls_client.h -- TLS towards a backend by the library, without I/O: bytes of the backend
 * in, bytes for it out. After the handshake the records lie behind the seam of
 * wire/records.h. Nothing that is not as the settings want it gets past the handshake.
 */
#ifndef TW_NET_TLS_CLIENT_H
#define TW_NET_TLS_CLIENT_H

#include "base/buf.h"
#include "base/err.h"
#include "data/policy.h"
#include "wire/records.h"

struct tw_tls_client_settings {
	const struct tw_policy *policy;	/* suites, groups, schemes; never below TLS 1.2 */
	bool insecure_no_verify;	/* anybody may be the backend */
	const char *ca;			/* file or folder of authorities, PEM; NULL: the system's */
	struct tw_bytes ca_pem;		/* what tw_tls_client_authorities() read of it already */
	const char *server_name;	/* its certificate must have it; also SNI. NULL: an address */
};

struct tw_tls_client_context;

/* What is in ca (see above), all of it as one text, for whoever can open no file. */
int tw_tls_client_authorities(const char *ca, struct tw_buf *out, struct tw_err *e);
/* NULL: e says what is wrong. */
struct tw_tls_client_context *tw_tls_client_context_new(const struct tw_tls_client_settings *s,
    struct tw_err *e);
void tw_tls_client_context_free(struct tw_tls_client_context *c);	/* takes NULL */

enum tw_tls_client_state { TW_TLS_CLIENT_MORE, TW_TLS_CLIENT_DONE, TW_TLS_CLIENT_FAILED };

struct tw_tls_client;

/*
 * A handshake. ip: 4 or 16 bytes, what is verified where the settings have no name.
 * alpn: the one protocol that is offered, or NULL. NULL: no memory.
 */
struct tw_tls_client *tw_tls_client_new(struct tw_tls_client_context *c, struct tw_bytes ip,
    const char *alpn);
void tw_tls_client_free(struct tw_tls_client *t);	/* takes NULL */
/*
 * Takes what it needs of *in (moved past it; none to begin) and puts what is to be sent to
 * out. After DONE the rest of *in lies on a record's boundary and belongs to the records.
 */
enum tw_tls_client_state tw_tls_client_shake(struct tw_tls_client *t, struct tw_bytes *in,
    struct tw_buf *out);
const char *tw_tls_client_reason(const struct tw_tls_client *t);	/* static text, of FAILED */
/* After DONE: the records of the connection, the library's. t is freed. */
void tw_tls_client_detach(struct tw_tls_client *t, struct tw_records *ret);

#endif
