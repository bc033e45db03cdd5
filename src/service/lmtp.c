/* LMTP: RFC 2033, which is SMTP with LHLO; STARTTLS by RFC 3207. */
#include "service/smtp.h"
#include "service/software.h"

enum { GREETING = TW_SMTP_GREETING, LISTING = TW_SMTP_LISTING };

static unsigned
greets(struct tw_bytes g)
{
	return tw_bytes_contain(g, "LMTP") ? tw_smtp_greets_as(g, "LMTP") : 0;
}

static const struct tw_line_rule asks[] = {
	{ GREETING, "220", TW_GO(LISTING, "LHLO %m\r\n") },
	TW_SMTP_REFUSALS(GREETING),
	/* Who does not know LHLO is no LMTP server (RFC 2033 4.1): SMTP, most likely. */
	{ LISTING, "50", TW_END(TW_BAD, TW_FLAW_NOT_PROTOCOL) },
	TW_SMTP_REFUSALS(LISTING),
	TW_SMTP_RULES,
};

static const struct tw_line_command obeys[] = {
	{ "LHLO", "", "501 5.5.4 LHLO needs a name\r\n", TW_MORE },
	{ "LHLO", NULL, TW_SMTP_HELLO, TW_MORE },
	{ "EHLO", NULL, "500 5.5.1 This is LMTP: LHLO\r\n", TW_MORE },
	{ "HELO", NULL, "500 5.5.1 This is LMTP: LHLO\r\n", TW_MORE },
	TW_SMTP_COMMANDS,
};

static const struct tw_line_rule swallows[] = {
	{ GREETING, "220", TW_END(TW_TLS, TW_FLAW_NONE) },
	TW_SMTP_REFUSALS(GREETING),
};

const struct tw_service tw_service_lmtp = {
	.name = "lmtp",
	.title = "Local mail delivery",
	.spec = "RFC 2033, RFC 3207",
	.server_first = true,
	.greets = greets,
	.software = tw_software_find,
	.client = TW_LINE_CLIENT(tw_frame_reply, asks, tw_smtp_hears),
	.server = TW_LINE_SERVER("220 %h LMTP\r\n", obeys),
	.backend = TW_LINE_CLIENT(tw_frame_reply, swallows, NULL),
	.watch = &tw_smtp_watch,
};
