/*
 * XMPP inside TLS: no <starttls/> among the features, and which logins the backend
 * refused (RFC 6120 6.5, and XEP-0388, whose elements have the same names). A reader of
 * the names of tags, byte by byte; between servers the first stanza ends the watch.
 */
#include "dialog/line.h"
#include "service/xmpp.h"

#define STARTTLS	"starttls"

/* way->state. The name of a tag stands in way->head. */
enum { TEXT, NAME, ATTRIBUTES, DROPPING, DROPPING_TAG };
/* way->flags of the backend's. */
enum { IN_FAILURE = 1, SLASH = 2, OPENED = 4, ACCEPTED = 8 };

/* The name so far, its prefix taken off; that of a closing tag begins with "/". */
static bool
is_named(const struct tw_watch_way *way, const char *name)
{
	return tw_bytes_equal((struct tw_bytes){ way->head, way->head_n }, tw_bytes_of(name));
}

static bool
ends_name(uint8_t c, const struct tw_watch_way *way)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '>' ||
	    (c == '/' && way->head_n > 0);
}

/* Adds to the name; what stood before ":" was a prefix. */
static void
name_byte(struct tw_watch_way *way, uint8_t c)
{
	if (c == ':')
		way->head_n = way->head_n > 0 && way->head[0] == '/' ? 1 : 0;
	else if (way->head_n < TW_WATCH_HEAD)
		way->head[way->head_n++] = c;
}

static bool
is_stanza(const struct tw_watch_way *way)
{
	return is_named(way, "iq") || is_named(way, "message") || is_named(way, "presence");
}

/* Stanzas between servers: the streams are agreed on (RFC 6120 8). */
static bool
ends_watch(const struct tw_watch *w, const struct tw_watch_way *way)
{
	return w->kind->data != NULL && is_stanza(way);
}

/*
 * A client that asks for TLS inside TLS: the last letter of the word is changed, and
 * the backend ends the stream, for it knows no such element.
 */
static void
from_client(struct tw_watch *w, struct tw_bytes in)
{
	struct tw_watch_way *way = &w->way[TW_FROM_CLIENT];

	for (; in.n > 0 && !w->ending; in.p++, in.n--) {
		uint8_t c = *in.p;

		if (c == '<') {
			way->state = NAME;
			way->head_n = 0;
		} else if (way->state == NAME && ends_name(c, way)) {
			way->state = TEXT;
			w->ending = ends_watch(w, way);
		} else if (way->state == NAME) {
			name_byte(way, c);
			if (is_named(way, STARTTLS))
				c = 'X';
		}
		tw_watch_put(w, (struct tw_bytes){ &c, 1 });
	}
	tw_watch_put(w, in);
}

/*
 * The name of a tag of the backend is whole. A login is done with the features that
 * follow its success: servers that have TLS offer it there once more.
 */
static void
judge(struct tw_watch *w, struct tw_watch_way *way)
{
	if (is_named(way, "failure"))
		way->flags |= IN_FAILURE;
	else if (is_named(way, "/failure"))
		way->flags &= (uint8_t)~IN_FAILURE;
	else if ((way->flags & IN_FAILURE) && is_named(way, "not-authorized"))
		tw_watch_failed(w);
	else if (is_named(way, "success"))
		way->flags |= ACCEPTED;
	else if ((way->flags & ACCEPTED) && (is_named(way, "/features") || is_stanza(way)))
		tw_watch_accepted(w);
	else if (ends_watch(w, way))
		w->ending = true;
}

/* Within <starttls> … </starttls>, or <starttls/>; true: this byte is its last. */
static bool
dropped_byte(struct tw_watch_way *way, uint8_t c)
{
	if (c == '<') {
		way->state = DROPPING_TAG;
		way->head_n = 0;
	} else if (c == '>' && (way->flags & OPENED) == 0) {
		if (way->flags & SLASH)
			return true;
		way->flags |= OPENED;
	} else if (c == '>' && is_named(way, "/" STARTTLS))
		return true;
	else if (way->state == DROPPING_TAG && ends_name(c, way))
		way->state = DROPPING;
	else if (way->state == DROPPING_TAG)
		name_byte(way, c);
	way->flags = (uint8_t)((way->flags & ~SLASH) | (c == '/' ? SLASH : 0));
	return false;
}

/* A tag is held until its name is whole: then it is known whether it is hidden. */
static void
backend_name(struct tw_watch *w, struct tw_watch_way *way, uint8_t c)
{
	bool whole = ends_name(c, way);

	if (!whole)
		name_byte(way, c);
	if (whole && is_named(way, STARTTLS)) {
		w->held_n = 0;
		way->state = DROPPING;
		way->flags &= (uint8_t)~(SLASH | OPENED);
		if (dropped_byte(way, c))
			way->state = TEXT;
		return;
	}
	if (w->held_n < TW_WATCH_HELD)
		w->held[w->held_n++] = c;
	if (!whole && w->held_n < TW_WATCH_HELD - 1)
		return;
	tw_watch_release(w);
	if (!whole)
		return;
	way->state = TEXT;
	judge(w, way);
}

static void
from_backend(struct tw_watch *w, struct tw_bytes in)
{
	struct tw_watch_way *way = &w->way[TW_FROM_BACKEND];

	for (; in.n > 0 && !w->ending; in.p++, in.n--) {
		uint8_t c = *in.p;

		if (way->state == DROPPING || way->state == DROPPING_TAG) {
			if (dropped_byte(way, c))
				way->state = TEXT;
		} else if (c == '<') {
			tw_watch_release(w);
			way->state = NAME;
			way->head_n = 0;
			w->held[w->held_n++] = c;
		} else if (way->state == NAME)
			backend_name(w, way, c);
		else
			tw_watch_put(w, (struct tw_bytes){ &c, 1 });
	}
	if (w->ending)
		tw_watch_release(w);
	tw_watch_put(w, in);
}

const struct tw_watch_kind tw_xmpp_watch_client = { { from_client, from_backend }, NULL };
const struct tw_watch_kind tw_xmpp_watch_server = { { from_client, from_backend }, STARTTLS };
