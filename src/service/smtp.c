/* SMTP and submission: RFC 5321, STARTTLS by RFC 3207. */
#include "service/smtp.h"

#include "service/software.h"
#include "service/watch_line.h"

enum { GREETING = TW_SMTP_GREETING, LISTING = TW_SMTP_LISTING, HELO = TW_SMTP_HELO,
	TRIED = TW_SMTP_ASKED, CANCELLED };

/* One line of the list, behind its "250-". */
static void
hear_extension(struct tw_dialog *d, struct tw_bytes line)
{
	struct tw_bytes word;

	tw_dialog_capability(d, line);
	if (!tw_line_word(&line, &word))
		return;
	if (tw_line_is(word, "STARTTLS"))
		d->advertised = true;
	if (!tw_bytes_begin_with(word, "AUTH"))
		return;
	/* "AUTH=LOGIN PLAIN": servers before RFC 2554 said it so, and some still do. */
	do
		if (tw_line_is(word, "PLAIN") || tw_line_is(word, "LOGIN") ||
		    tw_line_is(word, "AUTH=PLAIN") || tw_line_is(word, "AUTH=LOGIN"))
			d->plain_auth = true;
	while (tw_line_word(&line, &word));
}

void
tw_smtp_hears(struct tw_dialog *d, struct tw_bytes msg)
{
	struct tw_bytes line;

	if (d->state != LISTING || !tw_bytes_begin_with(msg, "250"))
		return;
	tw_line_next(&msg, &line);		/* the server's name, not an extension */
	while (tw_line_next(&msg, &line))
		if (line.n > 4)
			hear_extension(d, (struct tw_bytes){ line.p + 4, line.n - 4 });
	d->no_plain_auth = !d->plain_auth;
}

unsigned
tw_smtp_greets_as(struct tw_bytes g, const char *word)
{
	bool ready = tw_bytes_begin_with(g, "220");

	if (!ready && !tw_bytes_begin_with(g, "421") && !tw_bytes_begin_with(g, "554"))
		return 0;
	if (g.n < 4 ||
	    (g.p[3] != ' ' && g.p[3] != '-' && g.p[3] != '\r' && g.p[3] != '\n'))
		return 0;
	return tw_bytes_contain(g, word) ? 2 : 1;
}

static unsigned
greets(struct tw_bytes g)
{
	if (tw_bytes_contain(g, "LMTP") || tw_bytes_contain(g, "VMware Authentication"))
		return 0;
	return tw_smtp_greets_as(g, "SMTP");
}

static const struct tw_line_rule asks[] = {
	{ GREETING, "220", TW_GO(LISTING, "EHLO %m\r\n") },
	TW_SMTP_REFUSALS(GREETING),
	/* A server before 1995 does not know EHLO, nor TLS. */
	{ LISTING, "50", TW_GO(HELO, "HELO %m\r\n") },
	/* "530 Please login with USER and PASS": who greets with 220 may be FTP. */
	{ LISTING, "530", TW_END(TW_BAD, TW_FLAW_NOT_PROTOCOL) },
	TW_SMTP_REFUSALS(LISTING),
	{ HELO, "250", TW_END(TW_NOT_OFFERED, TW_FLAW_NONE) },
	{ HELO, "50", TW_END(TW_BAD, TW_FLAW_NOT_PROTOCOL) },
	{ HELO, "530", TW_END(TW_BAD, TW_FLAW_NOT_PROTOCOL) },
	TW_SMTP_REFUSALS(HELO),
	TW_SMTP_RULES,
};

/* RFC 4954 6: 334 goes on with the login, 538 wants encryption first; RFC 3207 4: so does 530. */
static void
hears_trial(struct tw_dialog *d, struct tw_bytes msg)
{
	if (d->state != TRIED)
		return;
	tw_line_hears_trial(d, msg, tw_bytes_begin_with(msg, "334"));
	if (tw_bytes_begin_with(msg, "538"))
		d->no_plain_auth = true;
}

#define QUIT .say = "QUIT\r\n", TW_END(TW_CLOSE, TW_FLAW_NONE)
/* AUTH without its first response waits for name and password; "*" takes it back (RFC 4954 4). */
static const struct tw_line_rule tries[] = {
	{ GREETING, "220", TW_GO(LISTING, "EHLO %m\r\n") },
	TW_SMTP_REFUSALS(GREETING),
	{ LISTING, "250", TW_GO(TRIED, "AUTH PLAIN\r\n") },
	TW_SMTP_REFUSALS(LISTING),
	{ TRIED, "334", TW_GO(CANCELLED, "*\r\n") },
	{ TRIED, "504", TW_GO(TRIED, "AUTH LOGIN\r\n") },
	{ TRIED, "421", TW_END(TW_REFUSED, TW_FLAW_THROTTLED) },
	{ TRIED, "4", QUIT },
	{ TRIED, "5", QUIT },
	{ CANCELLED, "", QUIT },
};

static const struct tw_line_command obeys[] = {
	{ "EHLO", "", "501 5.5.4 EHLO needs a name\r\n", TW_MORE },
	{ "EHLO", NULL, TW_SMTP_HELLO, TW_MORE },
	{ "HELO", "", "501 5.5.4 HELO needs a name\r\n", TW_MORE },
	{ "HELO", NULL, "250 %h\r\n", TW_MORE },
	TW_SMTP_COMMANDS,
};

/* After TLS the client says EHLO again: the backend's greeting is not for it. */
static const struct tw_line_rule swallows[] = {
	{ GREETING, "220", TW_END(TW_TLS, TW_FLAW_NONE) },
	TW_SMTP_REFUSALS(GREETING),
};

/* Inside TLS. The client's flags: the backend takes BDAT, or mail is on its way. */
enum { CHUNKING = 1, DATA = 2 };

/* What follows BDAT is mail, not commands (RFC 3030 2), unless BDAT is not known. */
static void
command(struct tw_watch *w, struct tw_bytes line)
{
	struct tw_watch_way *client = &w->way[TW_FROM_CLIENT];
	struct tw_bytes word;

	if (!tw_line_word(&line, &word))
		return;
	if (tw_line_is(word, "DATA"))
		client->flags |= DATA;
	if (tw_line_is(word, "BDAT") && (client->flags & CHUNKING) && tw_line_word(&line, &word))
		client->skip = tw_watch_line_number(word);
}

/*
 * The watch ends with a login, or with the first mail taken without one: who may hand
 * in mail without a password has none to guess. 535 is refused credentials (RFC 4954
 * 6); 454, 534 and 538 say nothing of those.
 */
static void
reply(struct tw_watch *w, struct tw_bytes line)
{
	struct tw_watch_way *client = &w->way[TW_FROM_CLIENT];

	if (tw_line_is(line, "250-CHUNKING") || tw_line_is(line, "250 CHUNKING"))
		client->flags |= CHUNKING;
	else if (tw_line_is(line, "235") || tw_bytes_begin_with(line, "235 "))
		tw_watch_accepted(w);
	else if (tw_line_is(line, "535") || tw_bytes_begin_with(line, "535 "))
		tw_watch_failed(w);
	else if (tw_bytes_begin_with(line, "354") && (client->flags & DATA))
		w->ending = true;
}

static const struct tw_watch_lines lines = {
	.refused = (const char *const[]){ "STARTTLS", NULL },
	.command = command,
	.hidden = (const char *const[]){ "250-STARTTLS", "250 STARTTLS", NULL },
	.coded = true,
	.reply = reply,
};
const struct tw_watch_kind tw_smtp_watch = TW_WATCH_LINES(&lines);

const struct tw_service tw_service_smtp = {
	.name = "smtp",
	.title = "Mail transfer and submission",
	.spec = "RFC 3207",
	.server_first = true,
	.greets = greets,
	.software = tw_software_find,
	.client = TW_LINE_CLIENT(tw_frame_reply, asks, tw_smtp_hears),
	.trial = TW_LINE_CLIENT(tw_frame_reply, tries, hears_trial),
	.server = TW_LINE_SERVER("220 %h ESMTP\r\n", obeys),
	.backend = TW_LINE_CLIENT(tw_frame_reply, swallows, NULL),
	.watch = &tw_smtp_watch,
};
