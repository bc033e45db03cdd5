/*
 * The reader of a server's flight; see flight.h. exam/ feeds it what the socket
 * gives. Here the stream is cut into records; see reader.h for the rest.
 */
#include "wire/reader.h"

#define SSL2_HEAD	2u

void
tw_flight_init(struct tw_flight *f, struct tw_arena *arena, enum tw_want want,
    struct tw_bytes message, const struct tw_share *const *shares,
    const uint16_t *share_groups, size_t shares_n)
{
	struct tw_flight_reader *r = tw_arena_alloc(arena, sizeof(*r));

	*f = (struct tw_flight){ .arena = arena, .want = want, .reader = r };
	r->message = message;
	r->shares = shares;
	r->share_groups = share_groups;
	r->shares_n = shares_n;
	tw_buf_init(&r->record, 2 + 0x7fff);	/* the longest: an SSL 2.0 record */
	tw_buf_init(&r->handshake, TW_FLIGHT_BYTES);
	tw_buf_init(&r->plain, TW_RECORD_MAX);
	f->head.p = r->head;
}

void
tw_flight_clear(struct tw_flight *f)
{
	struct tw_flight_reader *r = f->reader;

	if (r == NULL)
		return;
	tw_buf_clear(&r->record);
	tw_buf_clear(&r->handshake);
	tw_buf_clear(&r->plain);
	tw_hasher_free(r->transcript);
	r->transcript = NULL;
}

void
tw_flight_end(struct tw_flight *f, enum tw_flight_turn turn)
{
	if (f->turn != TW_FLIGHT_MORE)
		return;
	f->turn = turn;
	f->done = turn == TW_FLIGHT_DONE;
}

void
tw_flight_fail(struct tw_flight *f, const char *why)
{
	if (f->turn != TW_FLIGHT_MORE)
		return;
	f->why = why;
	tw_flight_end(f, TW_FLIGHT_BAD);
}

/* The first bytes, for a person or a recogniser; they go on past the flight's end. */
static void
keep_head(struct tw_flight *f, struct tw_bytes in)
{
	size_t room = sizeof(f->reader->head) - f->head.n;
	size_t n = in.n < room ? in.n : room;

	if (n == 0)
		return;
	memcpy(f->reader->head + f->head.n, in.p, n);
	f->head.n += n;
}

static bool
is_text(uint8_t c)
{
	return (c >= 0x20 && c < 0x7f) || (c >= '\t' && c <= '\r');
}

/* The length of the record that v begins with, head included; 0: not yet, or bad. */
static size_t
measure_ssl2(struct tw_flight *f, struct tw_bytes v)
{
	size_t n;

	if (v.n < 3)
		return 0;
	n = (v.p[0] & 0x7fu) << 8 | v.p[1];
	if (n == 0 || (v.p[2] != TW_SSL2_HELLO && v.p[2] != TW_SSL2_ERROR)) {
		tw_flight_fail(f, "the first bytes are not TLS");
		return 0;
	}
	return SSL2_HEAD + n;
}

/*
 * The same for any record. Each byte is judged by itself as soon as it is there,
 * so that the answer does not depend on how many came with it.
 */
static size_t
measure(struct tw_flight *f, struct tw_bytes v)
{
	bool first = !f->reader->tls;
	size_t n;

	if (v.n == 0)
		return 0;
	if (first && (v.p[0] & 0x80) != 0)
		return measure_ssl2(f, v);
	if (v.p[0] < TW_REC_CCS || v.p[0] > TW_REC_DATA) {
		tw_flight_fail(f, !first ? "a record is of a type TLS does not have" :
		    is_text(v.p[0]) ? "plain text came where TLS was due" :
		    "the first bytes are not TLS");
		return 0;
	}
	if (v.n >= 2 && v.p[1] != 3) {
		tw_flight_fail(f, first ? "the first bytes are not TLS" :
		    "a record is of a version TLS does not have");
		return 0;
	}
	if (v.n < TW_RECORD_HEAD)
		return 0;
	n = (size_t)v.p[3] << 8 | v.p[4];
	if (n > TW_RECORD_MAX) {
		tw_flight_fail(f, "a record is longer than TLS allows");
		return 0;
	}
	return TW_RECORD_HEAD + n;
}

static void
read_record(struct tw_flight *f, struct tw_bytes v)
{
	struct tw_bytes body;

	if (!f->reader->tls && (v.p[0] & 0x80) != 0) {
		tw_bytes_take(&v, SSL2_HEAD, &body);
		tw_ssl2_read(f, v);
		return;
	}
	if (!f->reader->tls) {
		f->reader->tls = true;
		f->record_version = (uint16_t)(v.p[1] << 8 | v.p[2]);
	}
	body = (struct tw_bytes){ v.p + TW_RECORD_HEAD, v.n - TW_RECORD_HEAD };
	tw_record_read(f, v.p, body);
}

/* Moves n bytes of in, which are no whole record, to where they wait for the rest. */
static void
wait_with(struct tw_flight *f, struct tw_bytes *in, size_t n)
{
	struct tw_bytes some;

	if (tw_bytes_take(in, n, &some))
		tw_buf_bytes(&f->reader->record, some);
	if (f->reader->record.failed)
		tw_flight_fail(f, "no memory was left to read it");
}

/* Gives the waiting record as much of in as it lacks: first its head, then the rest. */
static void
fill_record(struct tw_flight *f, struct tw_bytes *in)
{
	struct tw_buf *b = &f->reader->record;
	size_t whole = measure(f, tw_buf_view(b)), lack;

	lack = (whole > 0 ? whole : b->n < 3 ? 3 : TW_RECORD_HEAD) - b->n;
	wait_with(f, in, lack < in->n ? lack : in->n);
	whole = measure(f, tw_buf_view(b));
	if (f->turn == TW_FLIGHT_MORE && whole > 0 && b->n >= whole) {
		read_record(f, tw_buf_view(b));
		b->n = 0;
	}
}

enum tw_flight_turn
tw_flight_feed(struct tw_flight *f, struct tw_bytes in)
{
	struct tw_buf *waiting = &f->reader->record;
	struct tw_bytes record;

	keep_head(f, in);
	while (f->turn == TW_FLIGHT_MORE && in.n > 0) {
		size_t whole;

		if (waiting->n > 0) {
			fill_record(f, &in);
			continue;
		}
		whole = measure(f, in);
		if (f->turn != TW_FLIGHT_MORE)
			break;
		if (whole > 0 && tw_bytes_take(&in, whole, &record))
			read_record(f, record);		/* where it lies, not copied */
		else
			wait_with(f, &in, in.n);
	}
	return f->turn;
}

void
tw_flight_take(struct tw_flight *f, struct tw_bytes messages)
{
	if (f->turn == TW_FLIGHT_MORE)
		tw_handshake_put(f, messages);
}
