/* xmpp.h -- XMPP streams before TLS (RFC 6120), for clients and servers of both kinds. */
#ifndef TW_SERVICE_XMPP_H
#define TW_SERVICE_XMPP_H

#include "service/service.h"

/* A message is one tag with the text before it; starttls and proceed are whole elements. */
ptrdiff_t tw_xmpp_frame(const struct tw_dialog *d, struct tw_bytes in);
/* The side's data is the stream's namespace: "jabber:client", "jabber:server". */
enum tw_turn tw_xmpp_open(struct tw_dialog *d);
enum tw_turn tw_xmpp_follow(struct tw_dialog *d, struct tw_bytes msg);
enum tw_turn tw_xmpp_serve(struct tw_dialog *d, struct tw_bytes msg);
/* As tw_service's answers(). */
bool tw_xmpp_answers(struct tw_bytes answer);

/* Inside TLS, see xmpp_watch.c. */
extern const struct tw_watch_kind tw_xmpp_watch_client, tw_xmpp_watch_server;

#endif
