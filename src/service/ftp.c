/* FTP: RFC 959, FEAT by RFC 2389, AUTH TLS by RFC 4217. */
#include "dialog/line.h"
#include "service/service.h"
#include "service/software.h"
#include "service/watch_line.h"

enum { GREETING, LISTING, ASKED, ASKED_SSL };

/* A feature is " AUTH TLS", " AUTH TLS;SSL;", " AUTH SSL;TLS-P" (RFC 4217 6). */
static void
hears(struct tw_dialog *d, struct tw_bytes msg)
{
	struct tw_bytes line, word;

	if (d->state != LISTING || !tw_bytes_begin_with(msg, "211"))
		return;
	tw_line_next(&msg, &line);
	while (tw_line_next(&msg, &line)) {
		if (line.n == 0 || *line.p != ' ')	/* the last line: "211 End" */
			continue;
		line.p++;
		line.n--;
		tw_dialog_capability(d, line);
		if (tw_line_word(&line, &word) && tw_line_is(word, "AUTH") &&
		    (tw_bytes_contain(line, "TLS") || tw_bytes_contain(line, "SSL")))
			d->advertised = true;
	}
}

static unsigned
greets(struct tw_bytes g)
{
	bool ready = tw_bytes_begin_with(g, "220");

	if ((!ready && !tw_bytes_begin_with(g, "421") &&
	        !tw_bytes_begin_with(g, "120")) ||
	    tw_bytes_contain(g, "SMTP") || tw_bytes_contain(g, "LMTP") ||
	    tw_bytes_contain(g, "VMware Authentication"))
		return 0;
	if (g.n < 4 ||
	    (g.p[3] != ' ' && g.p[3] != '-' && g.p[3] != '\r' && g.p[3] != '\n'))
		return 0;
	return tw_bytes_contain(g, "FTP") ? 2 : 1;
}

/*
 * Many servers do not list AUTH, so it is asked for whatever FEAT says; what
 * was never listed and is refused was not offered.
 */
#define ASK TW_GO(ASKED, "AUTH TLS\r\n")
static const struct tw_line_rule asks[] = {
	{ GREETING, "220", TW_GO(LISTING, "FEAT\r\n") },
	{ GREETING, "1", TW_GO(GREETING, NULL) }, /* "120 ready in 2 minutes" */
	{ GREETING, "4", TW_END(TW_REFUSED, TW_FLAW_THROTTLED) },
	{ GREETING, "5", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) },
	{ LISTING, "421", TW_END(TW_REFUSED, TW_FLAW_THROTTLED) },
	{ LISTING, "2", ASK },
	{ LISTING, "4", ASK },
	{ LISTING, "5", ASK },
	{ ASKED, "234", TW_END(TW_TLS, TW_FLAW_NONE) },
	{ ASKED, "421", TW_END(TW_REFUSED, TW_FLAW_THROTTLED) },
	/* 431: no such resource; 534: against the policy (RFC 2228). Both know TLS. */
	{ ASKED, "431", TW_END(TW_REFUSED, TW_FLAW_NONE) },
	{ ASKED, "534", TW_END(TW_REFUSED, TW_FLAW_NONE) },
	{ ASKED, "3", TW_END(TW_REFUSED, TW_FLAW_NONE) },
	{ ASKED, "504", TW_GO(ASKED_SSL, "AUTH SSL\r\n") },
	{ ASKED, "5", TW_UNOFFERED, TW_GO(ASKED_SSL, "AUTH SSL\r\n") },
	{ ASKED, "4", TW_END(TW_REFUSED, TW_FLAW_NONE) },
	{ ASKED, "5", TW_END(TW_REFUSED, TW_FLAW_NONE) },
	{ ASKED_SSL, "234", TW_END(TW_TLS, TW_FLAW_NONE) },
	{ ASKED_SSL, "334", TW_END(TW_TLS, TW_FLAW_NONE) }, /* drafts before RFC 4217 */
	{ ASKED_SSL, "421", TW_END(TW_REFUSED, TW_FLAW_THROTTLED) },
	{ ASKED_SSL, "4", TW_END(TW_REFUSED, TW_FLAW_NONE) },
	{ ASKED_SSL, "5", TW_UNOFFERED, TW_END(TW_NOT_OFFERED, TW_FLAW_NONE) },
	{ ASKED_SSL, "5", TW_END(TW_REFUSED, TW_FLAW_NONE) },
};

#define GO_AHEAD "234 Proceed with negotiation\r\n"
static const struct tw_line_command obeys[] = {
	{ "FEAT", "", "211-Features:\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n211 End\r\n",
	    TW_MORE },
	{ "NOOP", NULL, "200 OK\r\n", TW_MORE },
	{ "AUTH", "TLS", GO_AHEAD, TW_TLS },
	{ "AUTH", "TLS-C", GO_AHEAD, TW_TLS },
	{ "AUTH", "SSL", GO_AHEAD, TW_TLS },
	{ "AUTH", "", "501 AUTH needs a mechanism\r\n", TW_MORE },
	{ "AUTH", NULL, "504 That mechanism is not known here: AUTH TLS\r\n", TW_MORE },
	{ "PBSZ", NULL, "503 AUTH TLS first\r\n", TW_MORE },
	{ "PROT", NULL, "503 AUTH TLS first\r\n", TW_MORE },
	{ "QUIT", NULL, "221 Goodbye\r\n", TW_CLOSE },
	{ NULL, NULL, "530 AUTH TLS first\r\n", TW_MORE },
};

static const struct tw_line_rule swallows[] = {
	{ GREETING, "220", TW_END(TW_TLS, TW_FLAW_NONE) },
	{ GREETING, "1", TW_GO(GREETING, NULL) },
	{ GREETING, "4", TW_END(TW_REFUSED, TW_FLAW_THROTTLED) },
	{ GREETING, "5", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) },
};

/* Inside TLS. */
static void
command(struct tw_watch *w, struct tw_bytes line)
{
	if (tw_line_is(line, "PASS") || tw_bytes_begin_with(line, "PASS "))
		tw_watch_asked(w, 0, true);
}

/*
 * 530 is said to every command before the login, but no more often than it was
 * deserved is it taken for a password's. 430: RFC 2228's word for the same.
 */
static void
reply(struct tw_watch *w, struct tw_bytes line)
{
	bool last = line.n == 3 || (line.n > 3 && line.p[3] == ' ');

	if (!last)
		return;
	if (tw_bytes_begin_with(line, "230"))
		tw_watch_accepted(w);
	else if (tw_bytes_begin_with(line, "530") || tw_bytes_begin_with(line, "430"))
		tw_watch_answered(w, 0, false);
}

/* PBSZ and PROT pass: what they mean for the data connections is the gateway's. */
static const struct tw_watch_lines lines = {
	.refused = (const char *const[]){ "AUTH TLS", "AUTH SSL", NULL },
	.command = command,
	.hidden = (const char *const[]){ "AUTH TLS", "AUTH SSL", NULL },
	.reply = reply,
};
static const struct tw_watch_kind watch = TW_WATCH_LINES(&lines);

const struct tw_service tw_service_ftp = {
	.name = "ftp",
	.title = "File transfer, control connection",
	.spec = "RFC 4217",
	.server_first = true,
	.greets = greets,
	.software = tw_software_find,
	.client = TW_LINE_CLIENT(tw_frame_block, asks, hears),
	.server = TW_LINE_SERVER("220 %h FTP server ready\r\n", obeys),
	.backend = TW_LINE_CLIENT(tw_frame_block, swallows, NULL),
	.watch = &watch,
};
