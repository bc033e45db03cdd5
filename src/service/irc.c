/*
 * IRC: RFC 1459 lines; STARTTLS by IRCv3 (670 go, 691 failed), deprecated there
 * and alive. The client asks for the capability "tls" and for TLS in one go.
 */
#include "dialog/line.h"
#include "service/service.h"
#include "service/software.h"
#include "service/watch_line.h"

/* A line: ":server 670 nick :text" or "NOTICE AUTH :text". */
struct line {
	struct tw_bytes command, rest;
};

static struct line
line_of(struct tw_bytes msg)
{
	struct line l = { 0 };
	struct tw_bytes word;

	/* Message tags and the prefix stand before the command. */
	while (msg.n > 0 && (*msg.p == '@' || *msg.p == ':') && tw_line_word(&msg, &word))
		while (msg.n > 0 && *msg.p == ' ')
			msg.p++, msg.n--;
	tw_line_word(&msg, &l.command);
	l.rest = msg;
	return l;
}

static enum tw_turn
client_open(struct tw_dialog *d)
{
	tw_line_say(d, "CAP LS\r\nSTARTTLS\r\n", (struct tw_bytes){ 0 });
	return TW_MORE;
}

/* "CAP nick LS :words" or, where more lines follow, "CAP nick LS * :words". */
static enum tw_turn
hear_capabilities(struct tw_dialog *d, struct tw_bytes rest)
{
	struct tw_bytes word;

	d->flags |= 1;			/* CAP was answered */
	tw_line_word(&rest, &word);
	if (!tw_line_word(&rest, &word) || !tw_line_is(word, "LS"))
		return TW_MORE;
	while (tw_line_word(&rest, &word)) {
		if (*word.p == ':')
			word.p++, word.n--;
		if (word.n == 0 || tw_line_is(word, "*"))
			continue;
		tw_dialog_capability(d, word);
		if (tw_line_is(word, "tls"))
			d->advertised = true;
	}
	return TW_MORE;
}

/*
 * "421 * CAP :Unknown command", "451 :You have not registered": to which of our
 * two questions? One that names none is about CAP until CAP was answered.
 */
static enum tw_turn
hear_unknown(struct tw_dialog *d, struct tw_bytes rest)
{
	if (!tw_bytes_contain(rest, "STARTTLS") && (d->flags & 1) == 0) {
		d->flags |= 1;
		return TW_MORE;
	}
	return d->advertised ? TW_REFUSED : TW_NOT_OFFERED;
}

static enum tw_turn
hear_ping(struct tw_dialog *d, struct tw_bytes rest)
{
	struct tw_bytes word;

	if (!tw_line_word(&rest, &word))
		return TW_MORE;
	if (word.n > 60)		/* no cookie is so long, and we echo no books */
		word.n = 60;
	tw_line_say(d, "PONG %t\r\n", word);
	return TW_MORE;
}

static enum tw_turn
hear_tls(struct tw_dialog *d, struct tw_bytes rest)
{
	(void)d;
	(void)rest;
	return TW_TLS;
}

static enum tw_turn
hear_failed(struct tw_dialog *d, struct tw_bytes rest)
{
	(void)d;
	(void)rest;
	return TW_REFUSED;
}

static enum tw_turn
hear_error(struct tw_dialog *d, struct tw_bytes rest)
{
	return tw_dialog_flawed(d, tw_line_throttles(rest) ? TW_FLAW_THROTTLED :
	    TW_FLAW_HOST_REFUSED, TW_REFUSED);
}

static const struct {
	const char *command;
	enum tw_turn (*hear)(struct tw_dialog *d, struct tw_bytes rest);
} hearings[] = {
	{ "670", hear_tls },
	{ "691", hear_failed },
	{ "421", hear_unknown },	/* unknown command */
	{ "451", hear_unknown },	/* not registered */
	{ "461", hear_unknown },	/* not enough parameters */
	{ "465", hear_error },		/* banned */
	{ "466", hear_error },
	{ "ERROR", hear_error },
	{ "PING", hear_ping },
	{ "CAP", hear_capabilities },
};

static bool
is_numeric(struct tw_bytes w)
{
	for (size_t i = 0; i < w.n; i++)
		if (w.p[i] < '0' || w.p[i] > '9')
			return false;
	return w.n == 3;
}

static enum tw_turn
client_step(struct tw_dialog *d, struct tw_bytes msg)
{
	struct line l = line_of(msg);

	if (d->steps == 1 && tw_line_is(l.command, "NOTICE"))
		tw_dialog_note(d, &d->banner, msg);
	if (l.command.n == 0)
		return TW_MORE;
	for (size_t i = 0; i < TW_COUNT(hearings); i++)
		if (tw_line_is(l.command, hearings[i].command)) {
			tw_dialog_note(d, &d->reply, msg);
			return hearings[i].hear(d, l.rest);
		}
	if (tw_line_is(l.command, "NOTICE") || (is_numeric(l.command) && *msg.p == ':'))
		return TW_MORE;
	return tw_dialog_flawed(
	    d, d->steps == 1 ? TW_FLAW_NOT_PROTOCOL : TW_FLAW_MALFORMED, TW_BAD);
}

static unsigned
greets(struct tw_bytes g)
{
	struct line l = line_of(g);

	return tw_line_is(l.command, "NOTICE") || (tw_bytes_begin_with(g, "ERROR :")) ||
	    (g.n > 0 && *g.p == ':' && is_numeric(l.command)) ? 2 : 0;
}

static bool
answers(struct tw_bytes a)
{
	struct line l = line_of(a);

	return greets(a) > 0 || tw_line_is(l.command, "CAP") ||
	       tw_line_is(l.command, "PING");
}

static const struct tw_line_command obeys[] = {
	{ "CAP", "LS", ":%h CAP * LS :tls\r\n", TW_MORE },
	{ "CAP", "LS 302", ":%h CAP * LS :tls\r\n", TW_MORE },
	{ "CAP", "END", "", TW_MORE },
	{ "PING", NULL, ":%h PONG %h\r\n", TW_MORE },
	{ "STARTTLS", "",
	    ":%h 670 * :STARTTLS successful, proceed with TLS handshake\r\n", TW_TLS },
	{ "STARTTLS", NULL, ":%h 691 * :STARTTLS takes no arguments\r\n", TW_MORE },
	{ "QUIT", NULL, "ERROR :Bye\r\n", TW_CLOSE },
	{ NULL, NULL, ":%h 451 * :STARTTLS first\r\n", TW_MORE },
};

/* Inside TLS. The client's flag: it gave a password with PASS. */
enum { GAVE_PASSWORD = 1 };

static void
command(struct tw_watch *w, struct tw_bytes line)
{
	struct tw_bytes verb = line_of(line).command;

	if (tw_line_is(verb, "PASS"))
		w->way[TW_FROM_CLIENT].flags |= GAVE_PASSWORD;
}

/*
 * 464 refuses PASS (RFC 2812 5.2), 904 SASL (IRCv3 sasl-3.1). 001 is the welcome: the
 * client is in, with a password or none.
 */
static void
reply(struct tw_watch *w, struct tw_bytes line)
{
	struct tw_bytes numeric = line_of(line).command;
	bool gave = (w->way[TW_FROM_CLIENT].flags & GAVE_PASSWORD) != 0;

	if (tw_line_is(numeric, "464") || tw_line_is(numeric, "904"))
		tw_watch_failed(w);
	else if (tw_line_is(numeric, "903") || (tw_line_is(numeric, "001") && gave))
		tw_watch_accepted(w);
	else if (tw_line_is(numeric, "001"))
		w->ending = true;
}

/* ":server CAP nick LS", perhaps with "*" behind it where more lines follow. */
static bool
lists(struct tw_bytes line)
{
	struct line l = line_of(line);
	struct tw_bytes word;

	return tw_line_is(l.command, "CAP") && tw_line_word(&l.rest, &word) &&
	    tw_line_word(&l.rest, &word) && tw_line_is(word, "LS");
}

static const struct tw_watch_lines lines = {
	.refused = (const char *const[]){ "STARTTLS", NULL },
	.command = command,
	.words = (const char *const[]){ "tls", NULL },
	.lists = lists,
	.reply = reply,
};
static const struct tw_watch_kind watch = TW_WATCH_LINES(&lines);

const struct tw_service tw_service_irc = {
	.name = "irc",
	.title = "Internet Relay Chat",
	.spec = "IRCv3 tls",
	.greets = greets,
	.answers = answers,
	.software = tw_software_find,
	.client = { client_open, tw_frame_line, client_step, NULL },
	.server = TW_LINE_SERVER("", obeys),
	.watch = &watch,
};
