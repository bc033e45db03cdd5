/* The interpreter of watches of line protocols; see watch_line.h. */
#include "service/watch_line.h"

#include "dialog/line.h"

#define LONGEST_TAG	64	/* of a tag no more is kept, so that the command is seen */

/* How a line of the backend is handled, way->state. */
enum { BEGINNING, PASSING, IN_WORDS };
/* way->flags of the backend's. */
enum { LISTING = 1, WORD_STARTS = 2 };

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct tw_bytes
head(const struct tw_watch_way *way)
{
	return (struct tw_bytes){ way->head, way->head_n };
}

/* Adds a byte to the beginning of the line; false: it is not looked at. */
static bool
look(struct tw_watch_way *way, uint8_t c, bool tagged)
{
	bool after_blank = way->head_n == 0 || way->head[way->head_n - 1] == ' ';

	if (is_blank(c))
		c = ' ';
	if (c < ' ' || c >= 0x7f || (c == ' ' && after_blank) || way->head_n == TW_WATCH_HEAD)
		return false;
	if (tagged && c != ' ' && way->head_n >= LONGEST_TAG &&
	    memchr(way->head, ' ', way->head_n) == NULL)
		return false;
	way->head[way->head_n++] = c;
	return true;
}

/* The line so far without its tag; false: there is no more than that. */
static bool
untagged(const struct tw_watch_lines *t, struct tw_bytes *line)
{
	struct tw_bytes tag;

	if (!t->tagged)
		return true;
	if (!tw_line_word(line, &tag) || line->n == 0)
		return false;
	line->p++;
	line->n--;
	return true;
}

/* Does the line so far ask for TLS, with its last byte? */
static bool
asks_tls(const struct tw_watch_lines *t, const struct tw_watch_way *way)
{
	struct tw_bytes line = head(way);

	if (t->refused == NULL || !untagged(t, &line))
		return false;
	for (const char *const *r = t->refused; *r != NULL; r++)
		if (tw_line_is(line, *r))
			return true;
	return false;
}

/* Bytes up to and with LF, or all. */
static size_t
to_line_end(struct tw_bytes in)
{
	const uint8_t *lf = memchr(in.p, '\n', in.n);

	return lf == NULL ? in.n : (size_t)(lf - in.p) + 1;
}

static void
put_byte(struct tw_watch *w, uint8_t c)
{
	tw_watch_put(w, (struct tw_bytes){ &c, 1 });
}

/* Passes the front of in on that needs no look; returns how much. */
static size_t
pass_front(struct tw_watch *w, struct tw_watch_way *way, struct tw_bytes in)
{
	size_t n = way->skip < in.n ? way->skip : in.n;

	way->skip -= (uint32_t)n;
	if (n == 0 && way->head_n == TW_WATCH_HEAD) {
		n = to_line_end(in);
		n -= in.p[n - 1] == '\n';
	}
	tw_watch_put(w, (struct tw_bytes){ in.p, n });
	return n;
}

static void
client_byte(struct tw_watch *w, struct tw_watch_way *way, uint8_t c)
{
	const struct tw_watch_lines *t = w->kind->data;

	if (look(way, c, t->tagged) && asks_tls(t, way))
		way->head[way->head_n - 1] = c = 'X';
	put_byte(w, c);
	if (c != '\n')
		return;
	if (t->command != NULL && way->head_n > 0)
		t->command(w, head(way));
	way->head_n = 0;
}

void
tw_watch_line_client(struct tw_watch *w, struct tw_bytes in)
{
	struct tw_watch_way *way = &w->way[TW_FROM_CLIENT];

	while (in.n > 0 && !w->ending) {
		size_t n = pass_front(w, way, in);

		if (n == 0) {
			client_byte(w, way, *in.p);
			n = 1;
		}
		in.p += n;
		in.n -= n;
	}
	tw_watch_put(w, in);
}

/* Is b the beginning of word, or word itself? Any case. */
static bool
begins(struct tw_bytes b, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i < b.n; i++)
		if (i >= n || (b.p[i] | 0x20) != ((uint8_t)word[i] | 0x20))
			return false;
	return true;
}

/* The words of the list that b begins, or (whole) that it is. */
static bool
one_of(const char *const *words, struct tw_bytes b, bool whole)
{
	for (; *words != NULL; words++)
		if (whole ? tw_line_is(b, *words) : begins(b, *words))
			return true;
	return false;
}

/* May the line so far become one that is hidden? whole: is it one? */
static bool
is_hidden(const struct tw_watch_lines *t, const struct tw_watch_way *way, bool whole)
{
	struct tw_bytes line = head(way);

	if (t->hidden == NULL || (t->listing != NULL && (way->flags & LISTING) == 0))
		return false;
	if (!whole && one_of(t->hidden, line, false))
		return true;
	for (const char *const *h = t->hidden; *h != NULL; h++) {
		size_t n = strlen(*h);

		if (tw_bytes_begin_with(line, *h) &&
		    (line.n == n || line.p[n] == ' ' || line.p[n] == ';'))
			return true;
	}
	return false;
}

/* A line that is not the last of its reply waits for the next, which may be the last. */
static bool
waits(const struct tw_watch_lines *t, const struct tw_watch_way *way, bool whole)
{
	struct tw_bytes line = head(way);

	return t->coded && (tw_bytes_begin_with(line, "250-") ||
	    (!whole && begins(line, "250-")));
}

/* A byte of a line that may be hidden, or may wait; held from w->mark on. */
static void
hold_byte(struct tw_watch *w, struct tw_watch_way *way, uint8_t c)
{
	const struct tw_watch_lines *t = w->kind->data;

	w->held[w->held_n++] = c;
	if (c == '\n' ||
	    (w->held_n < TW_WATCH_HELD && (is_hidden(t, way, false) || waits(t, way, false))))
		return;
	tw_watch_release(w);
	way->state = PASSING;
}

/*
 * The last line of a reply is hidden: the line before it becomes the last. Where that
 * is not held any more, because it was long, the word is made one that nobody knows.
 */
static void
hide_last(struct tw_watch *w)
{
	static const size_t separator = 3, last_letter = sizeof("250 STARTTLS") - 2;

	if (w->mark > separator && w->held[separator] == '-') {
		w->held[separator] = ' ';
		w->held_n = w->mark;
	} else if (w->held_n > last_letter)
		w->held[last_letter] = 'X';
	tw_watch_release(w);
}

/* What is held is the line that waits, to w->mark, and the one that ends here. */
static void
held_line_ends(struct tw_watch *w, struct tw_watch_way *way)
{
	const struct tw_watch_lines *t = w->kind->data;

	if (is_hidden(t, way, true)) {
		if (t->coded && way->head[3] == ' ')
			hide_last(w);
		else
			w->held_n = w->mark;
	} else if (waits(t, way, true)) {
		tw_watch_put(w, (struct tw_bytes){ w->held, w->mark });
		w->held_n -= w->mark;
		memmove(w->held, w->held + w->mark, w->held_n);
		w->mark = w->held_n;
	} else
		tw_watch_release(w);
}

/* Drops the word that is held, or passes it on; true: dropped, and no blank before it. */
static bool
end_word(struct tw_watch *w, struct tw_watch_way *way)
{
	const struct tw_watch_lines *t = w->kind->data;
	bool first = (way->flags & WORD_STARTS) != 0;
	size_t blank = first ? 0 : 1;

	if (w->held_n > blank && one_of(t->words,
	    (struct tw_bytes){ w->held + blank, w->held_n - blank }, true)) {
		w->held_n = 0;
		return first;
	}
	tw_watch_release(w);
	way->flags &= (uint8_t)~WORD_STARTS;
	return false;
}

/* A byte within a word of a list; a word that may be hidden is held with its blank. */
static void
word_letter(struct tw_watch *w, struct tw_watch_way *way, uint8_t c)
{
	const struct tw_watch_lines *t = w->kind->data;
	bool first = (way->flags & WORD_STARTS) != 0;
	size_t blank = first ? 0 : 1;

	if (w->held_n == 0 && !first) {
		put_byte(w, c);
		return;
	}
	w->held[w->held_n++] = c;
	if (one_of(t->words, (struct tw_bytes){ w->held + blank, w->held_n - blank }, false))
		return;
	tw_watch_release(w);
	way->flags &= (uint8_t)~WORD_STARTS;
}

static void
list_byte(struct tw_watch *w, struct tw_watch_way *way, uint8_t c)
{
	const struct tw_watch_lines *t = w->kind->data;

	if (is_blank(c)) {
		if (end_word(w, way))
			return;
		w->held[w->held_n++] = c;
		way->flags &= (uint8_t)~WORD_STARTS;
	} else if (c == '\r' || c == '\n' || (c == ']' && t->tagged)) {
		end_word(w, way);
		put_byte(w, c);
		way->state = PASSING;
	} else if (c == ':' && w->held_n == ((way->flags & WORD_STARTS) == 0)) {
		tw_watch_release(w);
		put_byte(w, c);
		way->flags |= WORD_STARTS;
	} else
		word_letter(w, way, c);
}

/* A byte of a line in which a list may begin. */
static void
line_byte(struct tw_watch *w, struct tw_watch_way *way, uint8_t c, bool seen)
{
	const struct tw_watch_lines *t = w->kind->data;

	put_byte(w, c);
	if (t->words == NULL || !seen || !is_blank(c) || way->state == PASSING)
		return;
	if (!t->lists((struct tw_bytes){ way->head, (size_t)way->head_n - 1 }))
		return;
	way->state = IN_WORDS;
	way->flags |= WORD_STARTS;
}

static void
end_line(struct tw_watch *w, struct tw_watch_way *way)
{
	const struct tw_watch_lines *t = w->kind->data;

	if (t->listing != NULL && tw_bytes_begin_with(head(way), t->listing))
		way->flags |= LISTING;
	else if (tw_line_is(head(way), "."))
		way->flags &= (uint8_t)~LISTING;
	if (t->reply != NULL && way->head_n > 0)
		t->reply(w, head(way));
	way->head_n = 0;
	way->state = BEGINNING;
	way->flags &= (uint8_t)~WORD_STARTS;
}

static void
backend_byte(struct tw_watch *w, struct tw_watch_way *way, uint8_t c)
{
	const struct tw_watch_lines *t = w->kind->data;
	bool seen = look(way, c, t->tagged);

	if (way->state == IN_WORDS)
		list_byte(w, way, c);
	else if (t->words != NULL || way->state == PASSING)
		line_byte(w, way, c, seen);
	else
		hold_byte(w, way, c);
	if (c != '\n')
		return;
	if (w->held_n > 0)
		held_line_ends(w, way);
	end_line(w, way);
}

void
tw_watch_line_backend(struct tw_watch *w, struct tw_bytes in)
{
	struct tw_watch_way *way = &w->way[TW_FROM_BACKEND];

	while (in.n > 0 && !w->ending) {
		size_t n = w->held_n > 0 || way->state == IN_WORDS ? 0 : pass_front(w, way, in);

		if (n == 0) {
			backend_byte(w, way, *in.p);
			n = 1;
		}
		in.p += n;
		in.n -= n;
	}
	if (w->ending)
		tw_watch_release(w);
	tw_watch_put(w, in);
}

uint32_t
tw_watch_line_number(struct tw_bytes b)
{
	uint32_t n = 0;

	for (size_t i = 0; i < b.n && b.p[i] >= '0' && b.p[i] <= '9'; i++)
		n = n > UINT32_MAX / 10 - 9 ? UINT32_MAX : n * 10 + (uint32_t)(b.p[i] - '0');
	return n;
}
