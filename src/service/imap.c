/* IMAP: RFC 9051, STARTTLS in 6.2.1. A message is one line. */
#include "dialog/line.h"
#include "service/service.h"
#include "service/software.h"
#include "service/watch_line.h"

enum { GREETING, LISTING, ASKED, CANCELLED };

/* Words of a capability list, up to "]" where it stands in a response code. */
static void
hear_capabilities(struct tw_dialog *d, struct tw_bytes list)
{
	bool login_disabled = false, plain = false, more = true;
	struct tw_bytes word;

	d->capabilities.n = 0;		/* a later list replaces an earlier one */
	d->advertised = d->mangled = false;
	while (more && tw_line_word(&list, &word)) {
		while (word.n > 0 && word.p[word.n - 1] == ']')
			word.n--, more = false;
		tw_dialog_capability(d, word);
		if (tw_line_is(word, "STARTTLS"))
			d->advertised = true;
		login_disabled |= tw_line_is(word, "LOGINDISABLED");
		plain |= tw_line_is(word, "AUTH=PLAIN") || tw_line_is(word, "AUTH=LOGIN");
	}
	d->plain_auth = plain || !login_disabled;
	d->no_plain_auth = !d->plain_auth;
}

static void
hears(struct tw_dialog *d, struct tw_bytes msg)
{
	static const char code[] = "[CAPABILITY ", untagged[] = "* CAPABILITY ";

	if (tw_bytes_begin_with(msg, untagged)) {
		size_t n = sizeof(untagged) - 1;

		hear_capabilities(d, (struct tw_bytes){ msg.p + n, msg.n - n });
		return;
	}
	if (!tw_bytes_begin_with(msg, "* OK [") && !tw_bytes_begin_with(msg, "a1 OK ["))
		return;
	for (; msg.n > 0; msg.p++, msg.n--)
		if (tw_bytes_begin_with(msg, code)) {
			size_t n = sizeof(code) - 1;

			hear_capabilities(d, (struct tw_bytes){ msg.p + n, msg.n - n });
			return;
		}
}

static unsigned
greets(struct tw_bytes g)
{
	return tw_bytes_begin_with(g, "* OK") || tw_bytes_begin_with(g, "* PREAUTH") ||
	    tw_bytes_begin_with(g, "* BYE") ? 2 : 0;
}

/* PREAUTH leaves the state in which STARTTLS is allowed (RFC 9051 6.2.1, 11.1). */
static const struct tw_line_rule asks[] = {
	{ GREETING, "* OK", TW_OFFERED, TW_GO(ASKED, "a2 STARTTLS\r\n") },
	{ GREETING, "* OK", TW_GO(LISTING, "a1 CAPABILITY\r\n") },
	{ GREETING, "* PREAUTH", TW_END(TW_REFUSED, TW_FLAW_PREAUTH) },
	{ GREETING, "* BYE", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) },
	{ LISTING, "* BYE", TW_END(TW_REFUSED, TW_FLAW_NONE) },
	{ LISTING, "* ", TW_GO(LISTING, NULL) },
	{ LISTING, "a1 OK", TW_OFFERED, TW_GO(ASKED, "a2 STARTTLS\r\n") },
	{ LISTING, "a1 OK", TW_END(TW_NOT_OFFERED, TW_FLAW_NONE) },
	/* No list is no answer to the question: ask. */
	{ LISTING, "a1 NO", TW_GO(ASKED, "a2 STARTTLS\r\n") },
	{ LISTING, "a1 BAD", TW_GO(ASKED, "a2 STARTTLS\r\n") },
	{ ASKED, "* BYE", TW_END(TW_REFUSED, TW_FLAW_NONE) },
	{ ASKED, "* ", TW_GO(ASKED, NULL) },
	{ ASKED, "a2 OK", TW_END(TW_TLS, TW_FLAW_NONE) },
	{ ASKED, "a2 NO", TW_END(TW_REFUSED, TW_FLAW_NONE) },
	{ ASKED, "a2 BAD", TW_UNOFFERED, TW_END(TW_NOT_OFFERED, TW_FLAW_NONE) },
	{ ASKED, "a2 BAD", TW_END(TW_REFUSED, TW_FLAW_STRIPPED) },
};

static void
hears_trial(struct tw_dialog *d, struct tw_bytes msg)
{
	if (d->state == ASKED && !tw_bytes_begin_with(msg, "* "))
		tw_line_hears_trial(d, msg, tw_bytes_begin_with(msg, "+"));
}

/* PLAIN without its first response: "+" waits for name and password, and "*" takes it back (RFC 9051 6.2.2). */
static const struct tw_line_rule tries[] = {
	{ GREETING, "* OK", TW_GO(ASKED, "t1 AUTHENTICATE PLAIN\r\n") },
	{ GREETING, "* PREAUTH", TW_END(TW_REFUSED, TW_FLAW_PREAUTH) },
	{ GREETING, "* BYE", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) },
	{ ASKED, "* BYE", TW_END(TW_REFUSED, TW_FLAW_NONE) },
	{ ASKED, "* ", TW_GO(ASKED, NULL) },
	{ ASKED, "+", TW_GO(CANCELLED, "*\r\n") },
	{ ASKED, "t1 ", .say = "t2 LOGOUT\r\n", TW_END(TW_CLOSE, TW_FLAW_NONE) },
	{ CANCELLED, "* ", TW_GO(CANCELLED, NULL) },
	{ CANCELLED, "t1 ", .say = "t2 LOGOUT\r\n", TW_END(TW_CLOSE, TW_FLAW_NONE) },
};

#define CAPABILITIES "IMAP4rev1 STARTTLS LOGINDISABLED"

static const struct tw_line_command obeys[] = {
	{ "CAPABILITY", "", "* CAPABILITY " CAPABILITIES "\r\n%t OK Done\r\n", TW_MORE },
	{ "NOOP", "", "%t OK Done\r\n", TW_MORE },
	{ "ID", NULL, "* ID NIL\r\n%t OK Done\r\n", TW_MORE },
	{ "STARTTLS", "", "%t OK Begin TLS negotiation now\r\n", TW_TLS },
	{ "STARTTLS", NULL, "%t BAD STARTTLS takes no arguments\r\n", TW_MORE },
	{ "LOGOUT", "", "* BYE Logging out\r\n%t OK Done\r\n", TW_CLOSE },
	{ NULL, NULL, "%t NO [PRIVACYREQUIRED] STARTTLS first\r\n", TW_MORE },
};

static const struct tw_line_rule swallows[] = {
	{ GREETING, "* OK", TW_END(TW_TLS, TW_FLAW_NONE) },
	{ GREETING, "* PREAUTH", TW_END(TW_REFUSED, TW_FLAW_PREAUTH) },
	{ GREETING, "* BYE", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) },
};

/*
 * Inside TLS. Literals are not told from commands: a line of one that looks like a
 * command does no harm, and nobody can hide a command in one.
 */
static void
command(struct tw_watch *w, struct tw_bytes line)
{
	struct tw_bytes tag, verb;

	if (!tw_line_word(&line, &tag) || !tw_line_word(&line, &verb) ||
	    (*verb.p | 0x20) < 'a' || (*verb.p | 0x20) > 'z')
		return;
	tw_watch_asked(w, tw_watch_key(tag),
	    tw_line_is(verb, "LOGIN") || tw_line_is(verb, "AUTHENTICATE"));
}

/* Refusals that say nothing of the credentials (RFC 5530 3). */
static bool
is_about_password(struct tw_bytes text)
{
	static const char *const not_about[] = { "[UNAVAILABLE]", "[PRIVACYREQUIRED]",
		"[INUSE]", "[LIMIT]", "[SERVERBUG]", "[CONTACTADMIN]", "[EXPIRED]" };
	struct tw_bytes code;

	if (!tw_line_word(&text, &code))
		return true;
	for (size_t i = 0; i < TW_COUNT(not_about); i++)
		if (tw_line_is(code, not_about[i]))
			return false;
	return true;
}

static void
reply(struct tw_watch *w, struct tw_bytes line)
{
	struct tw_bytes tag, result;

	if (!tw_line_word(&line, &tag) || !tw_line_word(&line, &result) ||
	    tw_line_is(tag, "*") || tw_line_is(tag, "+"))
		return;
	if (tw_line_is(result, "OK"))
		tw_watch_answered(w, tw_watch_key(tag), true);
	else if (tw_line_is(result, "NO") && is_about_password(line))
		tw_watch_answered(w, tw_watch_key(tag), false);
	else if (tw_line_is(result, "NO") || tw_line_is(result, "BAD"))
		tw_watch_dropped(w, tw_watch_key(tag));
}

static bool
lists(struct tw_bytes line)
{
	static const char code[] = "[CAPABILITY";
	size_t n = sizeof(code) - 1;

	return tw_line_is(line, "* CAPABILITY") || (line.n > n &&
	    tw_bytes_begin_with((struct tw_bytes){ line.p + line.n - n, n }, code));
}

static const struct tw_watch_lines lines = {
	.tagged = true,
	.refused = (const char *const[]){ "STARTTLS", NULL },
	.command = command,
	.words = (const char *const[]){ "STARTTLS", "LOGINDISABLED", NULL },
	.lists = lists,
	.reply = reply,
};
static const struct tw_watch_kind watch = TW_WATCH_LINES(&lines);

const struct tw_service tw_service_imap = {
	.name = "imap",
	.title = "Mailbox access",
	.spec = "RFC 9051 6.2.1",
	.server_first = true,
	.greets = greets,
	.software = tw_software_find,
	.client = TW_LINE_CLIENT(tw_frame_line, asks, hears),
	.trial = TW_LINE_CLIENT(tw_frame_line, tries, hears_trial),
	.server = TW_LINE_SERVER("* OK [CAPABILITY " CAPABILITIES "] %h ready\r\n", obeys,
	    .tagged = true, .no_literals = "* BYE No literals before TLS\r\n"),
	.backend = TW_LINE_CLIENT(tw_frame_line, swallows, NULL),
	.watch = &watch,
};
