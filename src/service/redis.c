/* Redis inside TLS: logins with AUTH and HELLO. There is no talk before TLS. */
#include "dialog/line.h"
#include "service/watch_line.h"

/* The word as the client writes it: an argument on a line of its own, or an inline command. */
static void
command(struct tw_watch *w, struct tw_bytes line)
{
	struct tw_bytes word;

	if (tw_line_word(&line, &word) &&
	    (tw_line_is(word, "AUTH") || tw_line_is(word, "HELLO")))
		w->way[TW_FROM_CLIENT].flags = 1;
}

/*
 * Any answer but an error (and RESET's, which everybody gets) shows that the client is
 * in, by a password or without.
 */
static void
reply(struct tw_watch *w, struct tw_bytes line)
{
	bool asked = w->way[TW_FROM_CLIENT].flags != 0;

	if (tw_bytes_begin_with(line, "-WRONGPASS") ||
	    tw_bytes_begin_with(line, "-ERR invalid password"))
		tw_watch_failed(w);
	else if (*line.p == '-' || tw_line_is(line, "+RESET"))
		return;
	else if (asked)
		tw_watch_accepted(w);
	else
		w->ending = true;
}

static const struct tw_watch_lines lines = { .command = command, .reply = reply };
const struct tw_watch_kind tw_watch_redis = TW_WATCH_LINES(&lines);
