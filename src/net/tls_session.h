/*
 * tls_session.h -- a TLS session of the library as a client, without I/O: bytes
 * of the peer in, bytes for the peer out. For what needs a finished handshake;
 * nothing is verified and nothing is refused, for the auditor looks at all.
 */
#ifndef TW_NET_TLS_SESSION_H
#define TW_NET_TLS_SESSION_H

#include "base/buf.h"

struct tw_session;

enum tw_session_state { TW_SESSION_SHAKING, TW_SESSION_UP, TW_SESSION_DOWN };

/* sni and alpn (names, n of them) may be NULL. NULL: the library would not. */
struct tw_session *tw_session_new(const char *sni, const char *const *alpn, size_t n);
void tw_session_free(struct tw_session *s);	/* takes NULL */

/*
 * Takes bytes of the peer (none to begin); what is to be sent is put to out, what
 * was said inside to plain. The state it is in then.
 */
enum tw_session_state tw_session_feed(struct tw_session *s, struct tw_bytes in,
    struct tw_buf *out, struct tw_buf *plain);
/* Says plain inside the session; records are put to out. */
void tw_session_say(struct tw_session *s, struct tw_bytes plain, struct tw_buf *out);
/* The protocol ALPN chose; empty when none. Until s ends. */
struct tw_bytes tw_session_alpn(const struct tw_session *s);

#endif
