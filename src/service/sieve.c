/* ManageSieve: RFC 5804, STARTTLS in 2.2. Strings may be literals: "{2}", then "ab". */
#include "dialog/line.h"
#include "service/service.h"
#include "service/software.h"
#include "service/watch_line.h"

enum { GREETING, ASKED };

/* The length in "{12}" or "{12+}" at the end of a line; -1: there is none. */
static ptrdiff_t
literal_of(struct tw_bytes l)
{
	size_t i = l.n, n = 0, unit = 1;

	while (i > 0 && (l.p[i - 1] == '\r' || l.p[i - 1] == '\n'))
		i--;
	if (i == 0 || l.p[--i] != '}')
		return -1;
	if (i > 0 && l.p[i - 1] == '+')
		i--;
	if (i == 0 || l.p[i - 1] < '0' || l.p[i - 1] > '9')
		return -1;
	for (; i > 0 && l.p[i - 1] >= '0' && l.p[i - 1] <= '9'; i--, unit *= 10) {
		if (unit > TW_DIALOG_IN)
			return TW_DIALOG_IN + 1;
		n += unit * (size_t)(l.p[i - 1] - '0');
	}
	return i > 0 && l.p[i - 1] == '{' ? (ptrdiff_t)n : -1;
}

/* One line with the literals in it. */
static ptrdiff_t
whole_line(struct tw_bytes in)
{
	size_t at = 0;

	for (;;) {
		struct tw_bytes rest = { in.p + at, in.n - at };
		ptrdiff_t n = rest.n == 0 ? 0 : tw_frame_line(NULL, rest), literal;

		if (n <= 0)
			return n;
		at += (size_t)n;
		literal = literal_of((struct tw_bytes){ rest.p, (size_t)n });
		if (literal < 0)
			return (ptrdiff_t)at;
		at += (size_t)literal;
		if (at > TW_DIALOG_IN)
			return TW_DIALOG_IN + 1;
		if (at > in.n)
			return 0;
	}
}

static bool
is_result(struct tw_bytes l)
{
	struct tw_bytes word;

	return tw_line_word(&l, &word) &&
	    (tw_line_is(word, "OK") || tw_line_is(word, "NO") || tw_line_is(word, "BYE"));
}

/* Capability lines up to and with OK, NO or BYE. */
static ptrdiff_t
frame(const struct tw_dialog *d, struct tw_bytes in)
{
	size_t at = 0;

	(void)d;
	for (;;) {
		struct tw_bytes rest = { in.p + at, in.n - at };
		ptrdiff_t n = rest.n == 0 ? 0 : whole_line(rest);

		if (n <= 0)
			return n;
		if (n > TW_DIALOG_IN)
			return n;
		if (at == 0 && *in.p != '"' && *in.p != '{' &&
		    !is_result((struct tw_bytes){ rest.p, (size_t)n }))
			return -1;
		at += (size_t)n;
		if (is_result((struct tw_bytes){ rest.p, (size_t)n }))
			return (ptrdiff_t)at;
	}
}

/* Takes the next line, literals and all, from *b, unless that is the result. */
static bool
next(struct tw_bytes *b, struct tw_bytes *ret_line)
{
	ptrdiff_t n = b->n == 0 || is_result(*b) ? 0 : whole_line(*b);

	return n > 0 && tw_bytes_take(b, (size_t)n, ret_line);
}

/* `"SASL" "PLAIN"` is noted as `SASL PLAIN`; what would need more quotes as it is. */
static void
note_capability(struct tw_dialog *d, struct tw_bytes line)
{
	uint8_t plain[256];
	size_t n = 0;

	if (line.n > sizeof(plain) || memchr(line.p, '\\', line.n) != NULL) {
		tw_dialog_capability(d, line);
		return;
	}
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] != '"')
			plain[n++] = line.p[i];
	tw_dialog_capability(d, (struct tw_bytes){ plain, n });
}

static void
hear_list(struct tw_dialog *d, struct tw_bytes msg)
{
	struct tw_bytes line, name;
	bool sasl = false;

	while (next(&msg, &line)) {
		note_capability(d, line);
		if (tw_bytes_begin_with(line, "\"IMPLEMENTATION\""))
			tw_dialog_note(d, &d->banner, line);
		if (!tw_line_word(&line, &name))
			continue;
		if (tw_line_is(name, "\"STARTTLS\""))
			d->advertised = true;
		if (tw_line_is(name, "\"SASL\"")) {
			sasl = true;
			d->plain_auth = tw_bytes_contain(line, "PLAIN") ||
			    tw_bytes_contain(line, "LOGIN");
		}
	}
	d->no_plain_auth = sasl && !d->plain_auth;
}

/* The rules are for the result; the list before it is heard first. */
static enum tw_turn
follow(struct tw_dialog *d, struct tw_bytes msg)
{
	struct tw_bytes result = msg, line;

	while (next(&result, &line))
		;
	if (d->state == GREETING)
		hear_list(d, msg);
	return tw_line_follow(d, result);
}

static unsigned
greets(struct tw_bytes g)
{
	return g.n > 0 && *g.p == '"' && (tw_bytes_begin_with(g, "\"IMPLEMENTATION\"") ||
	    tw_bytes_contain(g, "\"SIEVE\"")) ? 2 : 0;
}

static const struct tw_line_rule asks[] = {
	{ GREETING, "OK", TW_OFFERED, TW_GO(ASKED, "STARTTLS\r\n") },
	{ GREETING, "OK", TW_END(TW_NOT_OFFERED, TW_FLAW_NONE) },
	{ GREETING, "NO", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) },
	{ GREETING, "BYE", TW_END(TW_REFUSED, TW_FLAW_HOST_REFUSED) },
	{ ASKED, "OK", TW_END(TW_TLS, TW_FLAW_NONE) },
	{ ASKED, "NO", TW_END(TW_REFUSED, TW_FLAW_NONE) },
	{ ASKED, "BYE", TW_END(TW_REFUSED, TW_FLAW_NONE) },
};

#define CAPABILITIES "\"IMPLEMENTATION\" \"%h\"\r\n\"SASL\" \"\"\r\n\"SIEVE\" \"\"\r\n" \
	"\"STARTTLS\"\r\n\"VERSION\" \"1.0\"\r\nOK \"%h ready\"\r\n"
static const struct tw_line_command obeys[] = {
	{ "CAPABILITY", "", CAPABILITIES, TW_MORE },
	{ "NOOP", NULL, "OK \"Done\"\r\n", TW_MORE },
	{ "STARTTLS", "", "OK \"Begin TLS negotiation now\"\r\n", TW_TLS },
	{ "STARTTLS", NULL, "NO \"STARTTLS takes no arguments\"\r\n", TW_MORE },
	{ "LOGOUT", "", "OK \"Bye\"\r\n", TW_CLOSE },
	{ NULL, NULL, "NO (ENCRYPT-NEEDED) \"STARTTLS first\"\r\n", TW_MORE },
};

#define FOLLOWER(table) { .frame = frame, .step = follow, \
	.data = &(const struct tw_line){ .rules = table, .rules_n = TW_COUNT(table) } }

/* Inside TLS. The client's flag: its next line is a literal's, and no command. */
enum { LITERAL = 1 };

/* Commands begin with a letter; what answers a challenge is a string. */
static void
command(struct tw_watch *w, struct tw_bytes line)
{
	struct tw_watch_way *client = &w->way[TW_FROM_CLIENT];
	bool command = (client->flags & LITERAL) == 0 && (*line.p | 0x20) >= 'a' &&
	    (*line.p | 0x20) <= 'z';
	struct tw_bytes verb;

	client->flags = line.n > 2 && line.p[line.n - 2] == '+' && line.p[line.n - 1] == '}' ?
	    LITERAL : 0;
	if (command && tw_line_word(&line, &verb))
		tw_watch_asked(w, 0, tw_line_is(verb, "AUTHENTICATE"));
}

/* "NO (TRYLATER)", "NO (QUOTA)", … say nothing of the credentials (RFC 5804 1.3). */
static void
reply(struct tw_watch *w, struct tw_bytes line)
{
	struct tw_bytes result;

	if (!tw_line_word(&line, &result))
		return;
	if (tw_line_is(result, "OK") && !w->greeted)
		w->greeted = true;
	else if (tw_line_is(result, "OK"))
		tw_watch_answered(w, 0, true);
	else if (tw_line_is(result, "NO") && (tw_bytes_begin_with(line, " (TRYLATER") ||
	    tw_bytes_begin_with(line, " (ENCRYPT-NEEDED")))
		tw_watch_dropped(w, 0);
	else if (tw_line_is(result, "NO"))
		tw_watch_answered(w, 0, false);
}

static const struct tw_watch_lines lines = {
	.refused = (const char *const[]){ "STARTTLS", NULL },
	.command = command,
	.hidden = (const char *const[]){ "\"STARTTLS\"", NULL },
	.reply = reply,
};
static const struct tw_watch_kind watch = TW_WATCH_LINES(&lines);

const struct tw_service tw_service_sieve = {
	.name = "sieve",
	.title = "Mail filter management",
	.spec = "RFC 5804 2.2",
	.server_first = true,
	.greets = greets,
	.software = tw_software_find,
	.client = FOLLOWER(asks),
	.server = TW_LINE_SERVER(CAPABILITIES, obeys,
	    .no_literals = "BYE \"No literals before TLS\"\r\n"),
	/* No .backend: its greeting is the list that the client waits for after TLS (RFC 5804 2.2). */
	.watch = &watch,
};
