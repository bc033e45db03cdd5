/* HTTP proxies: CONNECT (RFC 9110 9.3.6); the host is "name:port". For --proxy too. */
#include "dialog/line.h"
#include "service/service.h"
#include "service/software.h"

static enum tw_turn
client_open(struct tw_dialog *d)
{
	tw_line_say(d, "CONNECT %h HTTP/1.1\r\nHost: %h\r\n\r\n", (struct tw_bytes){ 0 });
	return TW_MORE;
}

/* The head, to its empty line. A proxy's text of refusal behind it is not read. */
static ptrdiff_t
frame(const struct tw_dialog *d, struct tw_bytes in)
{
	size_t at = 0;

	for (;;) {
		struct tw_bytes rest = { in.p + at, in.n - at };
		ptrdiff_t n = rest.n == 0 ? 0 : tw_frame_line(d, rest);

		if (n <= 0)
			return n;
		if (at == 0 && !tw_bytes_begin_with(in, "HTTP/1."))
			return -1;
		at += (size_t)n;
		if (n == 1 || (n == 2 && *rest.p == '\r'))
			return (ptrdiff_t)at;
	}
}

static enum tw_turn
client_step(struct tw_dialog *d, struct tw_bytes msg)
{
	struct tw_bytes line = { 0 }, head, version, code;

	tw_line_next(&msg, &line);
	tw_dialog_note(d, &d->reply, line);
	while (tw_line_next(&msg, &head))
		if (tw_bytes_begin_with(head, "Server:") ||
		    tw_bytes_begin_with(head, "Via:"))
			tw_dialog_note(d, &d->banner, head);
	if (!tw_line_word(&line, &version) || !tw_line_word(&line, &code) || code.n != 3)
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	switch (code.p[0]) {
	case '1':
		return TW_MORE;
	case '2':
		d->advertised = true;
		return TW_TLS;
	case '4':
	case '5':
	case '3':
		return tw_dialog_flawed(d,
		    tw_line_is(code, "429") || tw_line_is(code, "503") ? TW_FLAW_THROTTLED
		                                                       : TW_FLAW_NONE,
		    TW_REFUSED);
	default:
		return tw_dialog_flawed(d, TW_FLAW_MALFORMED, TW_BAD);
	}
}

static bool
answers(struct tw_bytes a)
{
	return tw_bytes_begin_with(a, "HTTP/1.");
}

const struct tw_service tw_service_http_connect = {
	.name = "http-connect",
	.title = "HTTP proxy",
	.spec = "RFC 9110 9.3.6",
	.answers = answers,
	.software = tw_software_find,
	.client = { client_open, frame, client_step, NULL },
};
