/* NNTP: RFC 3977, STARTTLS by RFC 4642. */
#include "dialog/line.h"
#include "service/service.h"
#include "service/software.h"
#include "service/watch_line.h"

enum { GREETING, LISTING, ASKED };

static ptrdiff_t
frame(const struct tw_dialog *d, struct tw_bytes in)
{
	ptrdiff_t n = tw_frame_line(d, in);

	if (n > 0 && d->state == LISTING && tw_bytes_begin_with(in, "101"))
		return tw_frame_dotted(d, in);
	return n;
}

static void
hears(struct tw_dialog *d, struct tw_bytes msg)
{
	struct tw_bytes line, word;

	if (d->state != LISTING || !tw_bytes_begin_with(msg, "101"))
		return;
	tw_line_next(&msg, &line);
	while (tw_line_next(&msg, &line) && !tw_line_is(line, ".")) {
		tw_dialog_capability(d, line);
		if (!tw_line_word(&line, &word))
			continue;
		if (tw_line_is(word, "STARTTLS"))
			d->advertised = true;
		else if (tw_line_is(word, "AUTHINFO") || tw_line_is(word, "SASL"))
			while (tw_line_word(&line, &word))
				if (tw_line_is(word, "USER") || tw_line_is(word, "PLAIN") ||
				    tw_line_is(word, "LOGIN"))
					d->plain_auth = true;
	}
	d->no_plain_auth = !d->plain_auth;
}

static unsigned
greets(struct tw_bytes g)
{
	if ((!tw_bytes_begin_with(g, "200") && !tw_bytes_begin_with(g, "201")) || g.n < 4 ||
	    g.p[3] != ' ')
		return 0;
	return tw_bytes_contain(g, "NNTP") || tw_bytes_contain(g, "News") ||
	    tw_bytes_contain(g, "INN ") || tw_bytes_contain(g, "posting") ? 2 : 1;
}

/* Servers of RFC 977 do not know CAPABILITIES; what they say to STARTTLS counts then. */
static const struct tw_line_rule asks[] = {
	{ GREETING, "200", TW_GO(LISTING, "CAPABILITIES\r\n") },
	{ GREETING, "201", TW_GO(LISTING, "CAPABILITIES\r\n") },
	{ GREETING, "400", TW_END(TW_REFUSED, TW_FLAW_THROTTLED) },
	{ GREETING, "502", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) },
	{ LISTING, "101", TW_OFFERED, TW_GO(ASKED, "STARTTLS\r\n") },
	{ LISTING, "101", TW_END(TW_NOT_OFFERED, TW_FLAW_NONE) },
	{ LISTING, "400", TW_END(TW_REFUSED, TW_FLAW_THROTTLED) },
	{ LISTING, "4", TW_GO(ASKED, "STARTTLS\r\n") },
	{ LISTING, "5", TW_GO(ASKED, "STARTTLS\r\n") },
	{ ASKED, "382", TW_END(TW_TLS, TW_FLAW_NONE) },
	{ ASKED, "400", TW_END(TW_REFUSED, TW_FLAW_THROTTLED) },
	{ ASKED, "580", TW_END(TW_REFUSED, TW_FLAW_NONE) },	/* it knows TLS */
	{ ASKED, "4", TW_END(TW_REFUSED, TW_FLAW_NONE) },
	{ ASKED, "5", TW_UNOFFERED, TW_END(TW_NOT_OFFERED, TW_FLAW_NONE) },
	{ ASKED, "500", TW_END(TW_REFUSED, TW_FLAW_STRIPPED) },
	{ ASKED, "5", TW_END(TW_REFUSED, TW_FLAW_NONE) },
};

/* RFC 4643 2.3: 381 wants the password; 483 wants encryption first. */
static void
hears_trial(struct tw_dialog *d, struct tw_bytes msg)
{
	if (d->state != ASKED)
		return;
	tw_line_hears_trial(d, msg, tw_bytes_begin_with(msg, "381"));
	if (tw_bytes_begin_with(msg, "483"))
		d->no_plain_auth = true;
}

#define QUIT .say = "QUIT\r\n", TW_END(TW_CLOSE, TW_FLAW_NONE)
static const struct tw_line_rule tries[] = {
	{ GREETING, "20", TW_GO(ASKED, "AUTHINFO USER tlswright\r\n") },
	{ GREETING, "400", TW_END(TW_REFUSED, TW_FLAW_THROTTLED) },
	{ GREETING, "502", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) },
	{ ASKED, "3", QUIT },
	{ ASKED, "4", QUIT },
	{ ASKED, "5", QUIT },
};

static const struct tw_line_command obeys[] = {
	{ "CAPABILITIES", NULL, "101 List:\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n", TW_MORE },
	{ "STARTTLS", "", "382 Continue with TLS negotiation\r\n", TW_TLS },
	{ "STARTTLS", NULL, "501 STARTTLS takes no arguments\r\n", TW_MORE },
	/* Old readers say it first, and give up where it is refused (RFC 3977 5.3). */
	{ "MODE", "READER", "201 STARTTLS first\r\n", TW_MORE },
	{ "QUIT", "", "205 Bye\r\n", TW_CLOSE },
	{ NULL, NULL, "483 STARTTLS first\r\n", TW_MORE },
};

static const struct tw_line_rule swallows[] = {
	{ GREETING, "200", TW_END(TW_TLS, TW_FLAW_NONE) },
	{ GREETING, "201", TW_END(TW_TLS, TW_FLAW_NONE) },
	{ GREETING, "400", TW_END(TW_REFUSED, TW_FLAW_THROTTLED) },
	{ GREETING, "502", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) },
};

/* Inside TLS. AUTHINFO USER alone is no login yet (RFC 4643 2.3). */
static void
command(struct tw_watch *w, struct tw_bytes line)
{
	struct tw_bytes word;

	if (tw_line_word(&line, &word) && tw_line_is(word, "AUTHINFO") &&
	    tw_line_word(&line, &word) && !tw_line_is(word, "USER"))
		tw_watch_asked(w, 0, true);
}

/* A news reader may never log in; then the text of articles passes here, too. */
static void
reply(struct tw_watch *w, struct tw_bytes line)
{
	if (line.n > 3 && line.p[3] != ' ')
		return;
	if (w->asked_n > 0 && (tw_bytes_begin_with(line, "281") ||
	    tw_bytes_begin_with(line, "283")))
		tw_watch_accepted(w);
	else if (tw_bytes_begin_with(line, "481") || tw_bytes_begin_with(line, "482"))
		tw_watch_answered(w, 0, false);
}

static const struct tw_watch_lines lines = {
	.refused = (const char *const[]){ "STARTTLS", NULL },
	.command = command,
	.hidden = (const char *const[]){ "STARTTLS", NULL },
	.listing = "101",
	.reply = reply,
};
static const struct tw_watch_kind watch = TW_WATCH_LINES(&lines);

const struct tw_service tw_service_nntp = {
	.name = "nntp",
	.title = "News",
	.spec = "RFC 4642",
	.server_first = true,
	.greets = greets,
	.software = tw_software_find,
	.client = TW_LINE_CLIENT(frame, asks, hears),
	.trial = TW_LINE_CLIENT(tw_frame_line, tries, hears_trial),
	.server = TW_LINE_SERVER("200 %h ready\r\n", obeys),
	.backend = TW_LINE_CLIENT(tw_frame_line, swallows, NULL),
	.watch = &watch,
};
