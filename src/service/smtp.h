/* smtp.h -- what SMTP and LMTP share (RFC 5321, 2033, 3207): rules, commands, ears. */
#ifndef TW_SERVICE_SMTP_H
#define TW_SERVICE_SMTP_H

#include "dialog/line.h"
#include "service/service.h"

enum { TW_SMTP_GREETING, TW_SMTP_LISTING, TW_SMTP_HELO, TW_SMTP_ASKED };

/* Notes what the answer to EHLO or LHLO lists. */
void tw_smtp_hears(struct tw_dialog *d, struct tw_bytes msg);
/* Inside TLS, both alike. */
extern const struct tw_watch_kind tw_smtp_watch;
/* Is the greeting one of a mail server that says the word ("SMTP", "LMTP")? As greets(). */
unsigned tw_smtp_greets_as(struct tw_bytes greeting, const char *word);

#define TW_SMTP_REFUSALS(state) \
	{ state, "4", TW_END(TW_REFUSED, TW_FLAW_THROTTLED) }, \
	{ state, "5", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) }

/* The client's rules (RFC 5321 3.1 and 4.2, RFC 3207 4) after the greeting. */
#define TW_SMTP_RULES \
	{ TW_SMTP_LISTING, "250", TW_OFFERED, TW_GO(TW_SMTP_ASKED, "STARTTLS\r\n") }, \
	{ TW_SMTP_LISTING, "250", TW_END(TW_NOT_OFFERED, TW_FLAW_NONE) }, \
	{ TW_SMTP_ASKED, "220", TW_END(TW_TLS, TW_FLAW_NONE) }, \
	{ TW_SMTP_ASKED, "421", TW_END(TW_REFUSED, TW_FLAW_THROTTLED) }, \
	/* It offered a word that it does not know: the word was changed on its way. */ \
	{ TW_SMTP_ASKED, "500", TW_END(TW_REFUSED, TW_FLAW_STRIPPED) }, \
	{ TW_SMTP_ASKED, "502", TW_END(TW_REFUSED, TW_FLAW_STRIPPED) }, \
	{ TW_SMTP_ASKED, "4", TW_END(TW_REFUSED, TW_FLAW_NONE) }, \
	{ TW_SMTP_ASKED, "5", TW_END(TW_REFUSED, TW_FLAW_NONE) }

/* The server's answer to its hello, and its other commands. */
#define TW_SMTP_HELLO "250-%h\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 STARTTLS\r\n"
#define TW_SMTP_COMMANDS \
	{ "NOOP", NULL, "250 2.0.0 OK\r\n", TW_MORE }, \
	{ "RSET", "", "250 2.0.0 OK\r\n", TW_MORE }, \
	{ "STARTTLS", "", "220 2.0.0 Ready to start TLS\r\n", TW_TLS }, \
	{ "STARTTLS", NULL, "501 5.5.4 Syntax error (no parameters allowed)\r\n", TW_MORE }, \
	{ "QUIT", NULL, "221 2.0.0 Bye\r\n", TW_CLOSE }, \
	{ NULL, NULL, "530 5.7.0 Must issue a STARTTLS command first\r\n", TW_MORE }

#endif
