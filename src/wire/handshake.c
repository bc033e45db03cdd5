/*
 * Puts handshake messages together from records cut anywhere, bounded, and hands
 * each to its row's reader; see reader.h. Called by record.c.
 */
#include "wire/reader.h"

#define HEAD		4u
#define MESSAGES_MAX	64	/* borne in a flight: a whole one has at most 8 */

/* Until the ServerHello. Others are told from garbage for the sake of why. */
static const struct tw_message_row first_messages[] = {
	{ 2, 1, tw_hello_reply_read },
	{ 0, 0, NULL },
};

static const struct tw_message_row *
row_of(const struct tw_flight *f, uint8_t type)
{
	const struct tw_message_row *row = !f->hello ? first_messages :
	    f->version >= 0x0304 ? tw_tls13_messages : tw_tls12_messages;

	while (row->read != NULL && row->type != type)
		row++;
	return row->read == NULL ? NULL : row;
}

/* One whole message, its head included. */
static void
read_message(struct tw_flight *f, struct tw_bytes message)
{
	struct tw_flight_reader *r = f->reader;
	struct tw_bytes body = { message.p + HEAD, message.n - HEAD };
	const struct tw_message_row *row = row_of(f, message.p[0]);
	bool was_hello = f->hello;

	if (++r->messages > MESSAGES_MAX) {
		tw_flight_fail(f, "more handshake messages came than a flight has");
		return;
	}
	if (row == NULL || (row->rank > 0 && row->rank <= r->rank)) {
		tw_flight_fail(f, f->hello ?
		    "a handshake message came where it has no place" :
		    "another handshake message came in place of a ServerHello");
		return;
	}
	if (row->rank > 0)
		r->rank = row->rank;
	if (!row->read(f, body))
		tw_flight_fail(f, "a handshake message is malformed");
	if (f->turn != TW_FLIGHT_MORE)
		return;
	if (!was_hello && f->hello && f->version >= 0x0304)
		tw_tls13_begin(f, message);
	else if (r->transcript != NULL)
		tw_hasher_put(r->transcript, message);
}

/* Reads the whole messages at the front of v; returns how many bytes they were. */
static size_t
read_messages(struct tw_flight *f, struct tw_bytes v)
{
	size_t start = v.n;
	struct tw_bytes message;

	while (f->turn == TW_FLIGHT_MORE && v.n >= HEAD) {
		size_t n = HEAD + ((size_t)v.p[1] << 16 | (size_t)v.p[2] << 8 | v.p[3]);
		bool was_hello = f->hello;

		if (n > TW_FLIGHT_BYTES) {
			tw_flight_fail(f,
			    "a handshake message announces a length past all bounds");
			break;
		}
		if (!tw_bytes_take(&v, n, &message))
			break;
		read_message(f, message);
		/* Keys change here: the rest must be a record of its own (8446 5.1). */
		if (!was_hello && f->hello && f->version >= 0x0304 && v.n > 0)
			tw_flight_fail(f,
			    "handshake came in the clear after a TLS 1.3 ServerHello");
	}
	return start - v.n;
}

void
tw_handshake_put(struct tw_flight *f, struct tw_bytes in)
{
	struct tw_flight_reader *r = f->reader;

	r->flight_bytes += in.n;
	if (r->flight_bytes > TW_FLIGHT_BYTES) {
		tw_flight_fail(f, "a flight is longer than all bounds");
		return;
	}
	if (r->handshake.n == 0) {		/* read where they lie, not copied */
		struct tw_bytes rest;
		size_t n = read_messages(f, in);

		tw_bytes_take(&in, n, &rest);
		if (f->turn == TW_FLIGHT_MORE)
			tw_buf_bytes(&r->handshake, in);
	} else {
		tw_buf_bytes(&r->handshake, in);
		tw_buf_drop(&r->handshake, read_messages(f, tw_buf_view(&r->handshake)));
	}
	if (r->handshake.failed)
		tw_flight_fail(f, "no memory was left to read it");
}
