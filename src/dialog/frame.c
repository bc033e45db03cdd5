/* Framing of line protocols; see frame.h. Services name these in their sides. */
#include "dialog/frame.h"

/* Control bytes other than tab, CR, LF and ESC: no line protocol says them. */
static const bool not_text[256] = {
	1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1,
	[0x7f] = 1,
};

ptrdiff_t
tw_frame_line(const struct tw_dialog *d, struct tw_bytes in)
{
	const uint8_t *lf = in.n == 0 ? NULL : memchr(in.p, '\n', in.n);
	size_t n = lf == NULL ? in.n : (size_t)(lf - in.p) + 1;

	(void)d;
	for (size_t i = 0; i < n; i++)
		if (not_text[in.p[i]])
			return -1;
	if (n > 0 && in.p[0] >= 0x80)		/* no line of ours begins so */
		return -1;
	return lf == NULL ? 0 : (ptrdiff_t)n;
}

/* Does the line begin with a code of three digits and then c? */
static bool
is_coded(struct tw_bytes l, uint8_t c)
{
	for (size_t i = 0; i < 3; i++)
		if (i >= l.n || l.p[i] < '0' || l.p[i] > '9')
			return false;
	return l.n > 3 && l.p[3] == c;
}

/* Lines up to and with one for which ends() holds; first is the message's first. */
static ptrdiff_t
lines_until(struct tw_bytes in, bool (*ends)(struct tw_bytes first, struct tw_bytes line))
{
	struct tw_bytes first = { 0 };
	size_t at = 0;

	for (;;) {
		struct tw_bytes rest = { in.p + at, in.n - at };
		ptrdiff_t n = rest.n == 0 ? 0 : tw_frame_line(NULL, rest);

		if (n <= 0)
			return n;
		rest.n = (size_t)n;
		if (at == 0)
			first = rest;
		at += rest.n;
		if (ends(first, rest))
			return (ptrdiff_t)at;
	}
}

static bool
reply_ends(struct tw_bytes first, struct tw_bytes line)
{
	(void)first;
	return !is_coded(line, '-');
}

static bool
block_ends(struct tw_bytes first, struct tw_bytes line)
{
	if (!is_coded(first, '-'))
		return true;
	return line.n > 3 && memcmp(line.p, first.p, 3) == 0 && line.p[3] != '-' &&
	    line.p != first.p;
}

static bool
dot_ends(struct tw_bytes first, struct tw_bytes line)
{
	(void)first;
	return tw_bytes_equal(line, TW_BYTES(".\r\n")) ||
	       tw_bytes_equal(line, TW_BYTES(".\n"));
}

ptrdiff_t
tw_frame_reply(const struct tw_dialog *d, struct tw_bytes in)
{
	(void)d;
	return lines_until(in, reply_ends);
}

ptrdiff_t
tw_frame_block(const struct tw_dialog *d, struct tw_bytes in)
{
	(void)d;
	return lines_until(in, block_ends);
}

ptrdiff_t
tw_frame_dotted(const struct tw_dialog *d, struct tw_bytes in)
{
	(void)d;
	return lines_until(in, dot_ends);
}
