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

/* What is offered: all the library still has, or what a careful client offers today. */
enum tw_session_offer { TW_SESSION_ALL, TW_SESSION_TODAY };

/* sni and alpn (names, n of them) may be NULL. NULL: the library would not. */
struct tw_session *tw_session_new(enum tw_session_offer offer, const char *sni,
    const char *const *alpn, size_t n);
/* Before the first feed: offers the session that before (of the same server) left. */
void tw_session_resume(struct tw_session *s, const struct tw_session *before);
/*
 * Before the first feed: see() is called for every handshake message (whole, in the clear)
 * and alert, of either side.
 */
void tw_session_watch(struct tw_session *s,
    void (*see)(void *ctx, bool by_server, bool alert, struct tw_bytes message), void *ctx);
/* May it be resumed? (A server of TLS 1.3 says so some time after the handshake.) */
bool tw_session_is_resumable(const struct tw_session *s);
void tw_session_free(struct tw_session *s);	/* takes NULL */

/*
 * Takes bytes of the peer (none to begin); what is to be sent is put to out, what
 * was said inside to plain. The state it is in then.
 */
enum tw_session_state tw_session_feed(struct tw_session *s, struct tw_bytes in,
    struct tw_buf *out, struct tw_buf *plain);
/* Says plain inside the session; records are put to out. */
void tw_session_say(struct tw_session *s, struct tw_bytes plain, struct tw_buf *out);
/* The fatal alert by which the peer ended it; -1: none. */
int tw_session_alert(const struct tw_session *s);
/* The protocol ALPN chose; empty when none. Until s ends. */
struct tw_bytes tw_session_alpn(const struct tw_session *s);

#endif
