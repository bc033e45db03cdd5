/* XMPP, server to server: RFC 6120, STARTTLS in chapter 5. The work is in xmpp.c. */
#include "service/xmpp.h"

const struct tw_service tw_service_xmpp_server = {
	.name = "xmpp-server",
	.title = "Instant messaging, server to server",
	.spec = "RFC 6120 5",
	.answers = tw_xmpp_answers,
	.client = { tw_xmpp_open, tw_xmpp_frame, tw_xmpp_follow, "jabber:server" },
	.server = { NULL, tw_xmpp_frame, tw_xmpp_serve, "jabber:server" },
	.watch = &tw_xmpp_watch_server,
};
