/* XMPP, client to server: RFC 6120, STARTTLS in chapter 5. The work is in xmpp.c. */
#include "service/xmpp.h"

/* A server's port may answer a client's stream too, and name its own namespace. */
static const char *
really(struct tw_bytes banner)
{
	return tw_bytes_contain(banner, "jabber:server") ? "xmpp-server" : NULL;
}

const struct tw_service tw_service_xmpp_client = {
	.name = "xmpp-client",
	.title = "Instant messaging, client to server",
	.spec = "RFC 6120 5",
	.answers = tw_xmpp_answers,
	.really = really,
	.client = { tw_xmpp_open, tw_xmpp_frame, tw_xmpp_follow, "jabber:client" },
	.server = { NULL, tw_xmpp_frame, tw_xmpp_serve, "jabber:client" },
	.watch = &tw_xmpp_watch_client,
};
