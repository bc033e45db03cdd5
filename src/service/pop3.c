/* POP3: RFC 1939, CAPA by RFC 2449, STLS by RFC 2595. */
#include "dialog/line.h"
#include "service/service.h"
#include "service/software.h"
#include "service/watch_line.h"

enum { GREETING, LISTING, ASKED };

static ptrdiff_t
frame(const struct tw_dialog *d, struct tw_bytes in)
{
	ptrdiff_t n = tw_frame_line(d, in);

	if (n > 0 && d->state == LISTING && tw_bytes_begin_with(in, "+OK"))
		return tw_frame_dotted(d, in);
	return n;
}

static void
hears(struct tw_dialog *d, struct tw_bytes msg)
{
	struct tw_bytes line, word;

	if (d->state != LISTING || !tw_bytes_begin_with(msg, "+OK"))
		return;
	tw_line_next(&msg, &line);
	while (tw_line_next(&msg, &line) && !tw_line_is(line, ".")) {
		tw_dialog_capability(d, line);
		if (!tw_line_word(&line, &word))
			continue;
		if (tw_line_is(word, "STLS"))
			d->advertised = true;
		if (tw_line_is(word, "USER"))
			d->plain_auth = true;
		if (!tw_line_is(word, "SASL"))
			continue;
		while (tw_line_word(&line, &word))
			if (tw_line_is(word, "PLAIN") || tw_line_is(word, "LOGIN"))
				d->plain_auth = true;
	}
	d->no_plain_auth = !d->plain_auth;
}

static unsigned
greets(struct tw_bytes g)
{
	if (tw_bytes_begin_with(g, "+OK"))
		return 2;
	/* Redis says -ERR too, but not before it is asked. */
	return tw_bytes_begin_with(g, "-ERR") && !tw_bytes_contain(g, "command") &&
	       !tw_bytes_contain(g, "Protocol error") &&
	       !tw_bytes_contain(g, "number of clients");
}

/* Servers before CAPA (1998) say -ERR to it and may know STLS all the same. */
static const struct tw_line_rule asks[] = {
	{ GREETING, "+OK", TW_GO(LISTING, "CAPA\r\n") },
	{ GREETING, "-ERR", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) },
	{ LISTING, "+OK", TW_OFFERED, TW_GO(ASKED, "STLS\r\n") },
	{ LISTING, "+OK", TW_END(TW_NOT_OFFERED, TW_FLAW_NONE) },
	{ LISTING, "-ERR", TW_GO(ASKED, "STLS\r\n") },
	{ ASKED, "+OK", TW_END(TW_TLS, TW_FLAW_NONE) },
	{ ASKED, "-ERR", TW_UNOFFERED, TW_END(TW_NOT_OFFERED, TW_FLAW_NONE) },
	{ ASKED, "-ERR", TW_END(TW_REFUSED, TW_FLAW_NONE) },
};

static void
hears_trial(struct tw_dialog *d, struct tw_bytes msg)
{
	if (d->state == ASKED)
		tw_line_hears_trial(d, msg, tw_bytes_begin_with(msg, "+OK"));
}

/* USER is answered before there is a password; QUIT then ends it, and no login has failed. */
static const struct tw_line_rule tries[] = {
	{ GREETING, "+OK", TW_GO(ASKED, "USER tlswright\r\n") },
	{ GREETING, "-ERR", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) },
	{ ASKED, "+OK", .say = "QUIT\r\n", TW_END(TW_CLOSE, TW_FLAW_NONE) },
	{ ASKED, "-ERR", .say = "QUIT\r\n", TW_END(TW_CLOSE, TW_FLAW_NONE) },
};

static const struct tw_line_command obeys[] = {
	{ "CAPA", "", "+OK\r\nSTLS\r\n.\r\n", TW_MORE },
	{ "NOOP", "", "+OK\r\n", TW_MORE },
	{ "STLS", "", "+OK Begin TLS negotiation now\r\n", TW_TLS },
	{ "STLS", NULL, "-ERR STLS takes no arguments\r\n", TW_MORE },
	{ "QUIT", "", "+OK Bye\r\n", TW_CLOSE },
	{ NULL, NULL, "-ERR Must issue a STLS command first\r\n", TW_MORE },
};

static const struct tw_line_rule swallows[] = {
	{ GREETING, "+OK", TW_END(TW_TLS, TW_FLAW_NONE) },
	{ GREETING, "-ERR", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) },
};

/* Inside TLS. The client's flag: its next line answers a challenge, and is no command. */
enum { CHALLENGED = 1 };

static void
command(struct tw_watch *w, struct tw_bytes line)
{
	struct tw_watch_way *client = &w->way[TW_FROM_CLIENT];
	struct tw_bytes verb;

	if (client->flags & CHALLENGED) {
		client->flags = 0;
		return;
	}
	if (tw_line_word(&line, &verb))
		tw_watch_asked(w, 0, tw_line_is(verb, "PASS") ||
		    tw_line_is(verb, "APOP") || tw_line_is(verb, "AUTH"));
}

/* Refusals that say nothing of the credentials (RFC 2449 8.1, RFC 3206). */
static bool
is_about_password(struct tw_bytes line)
{
	return !tw_bytes_begin_with(line, "-ERR [SYS/") &&
	       !tw_bytes_begin_with(line, "-ERR [IN-USE]") &&
	       !tw_bytes_begin_with(line, "-ERR [LOGIN-DELAY]");
}

static void
reply(struct tw_watch *w, struct tw_bytes line)
{
	bool yes = tw_bytes_begin_with(line, "+OK");

	if (tw_line_is(line, "+") || tw_bytes_begin_with(line, "+ "))
		w->way[TW_FROM_CLIENT].flags = CHALLENGED;
	else if (!yes && !tw_bytes_begin_with(line, "-ERR"))
		return;
	else if (!w->greeted)
		w->greeted = true;
	else if (yes || is_about_password(line))
		tw_watch_answered(w, 0, yes);
	else
		tw_watch_dropped(w, 0);
}

static const struct tw_watch_lines lines = {
	.refused = (const char *const[]){ "STLS", NULL },
	.command = command,
	.hidden = (const char *const[]){ "STLS", NULL },
	.reply = reply,
};
static const struct tw_watch_kind watch = TW_WATCH_LINES(&lines);

const struct tw_service tw_service_pop3 = {
	.name = "pop3",
	.title = "Mailbox download",
	.spec = "RFC 2595",
	.server_first = true,
	.greets = greets,
	.software = tw_software_find,
	.client = TW_LINE_CLIENT(frame, asks, hears),
	.trial = TW_LINE_CLIENT(tw_frame_line, tries, hears_trial),
	.server = TW_LINE_SERVER("+OK %h ready\r\n", obeys),
	.backend = TW_LINE_CLIENT(tw_frame_line, swallows, NULL),
	.watch = &watch,
};
