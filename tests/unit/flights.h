/*
 * flights.h -- what tests and fuzzers of the flight reader share: every answer is
 * read in different cuts, and all must say the same.
 */
#ifndef TW_TESTS_FLIGHTS_H
#define TW_TESTS_FLIGHTS_H

#include "wire/flight.h"

#define SAME(field)	do { if (a->field != b->field) return #field; } while (0)
#define SAME_BYTES(field) do { \
	if ((a->field.p == NULL) != (b->field.p == NULL) || \
	    !tw_bytes_equal(a->field, b->field)) \
		return #field; \
} while (0)

static inline const char *
ske_difference(const struct tw_flight_ske *a, const struct tw_flight_ske *b)
{
	SAME(present);
	SAME(group);
	SAME(explicit_curve);
	SAME(scheme);
	SAME(is_signed);
	SAME_BYTES(dh_p);
	SAME_BYTES(dh_g);
	SAME_BYTES(dh_y);
	SAME_BYTES(public);
	return NULL;
}

static inline const char *
lists_difference(const struct tw_flight *a, const struct tw_flight *b)
{
	SAME(extensions_n);
	for (size_t i = 0; i < a->extensions_n; i++)
		SAME(extensions[i]);
	SAME(chain_n);
	SAME(chain_cut);
	for (size_t i = 0; i < a->chain_n; i++)
		SAME_BYTES(chain[i]);
	SAME(ssl2_kinds_n);
	for (size_t i = 0; i < a->ssl2_kinds_n; i++)
		SAME(ssl2_kinds[i]);
	for (size_t i = 0; i < 32; i++)
		SAME(random[i]);
	return ske_difference(&a->ske, &b->ske);
}

/* The first field in which two readings differ; NULL when they are the same. */
static inline const char *
flight_difference(const struct tw_flight *a, const struct tw_flight *b)
{
	SAME(turn);
	SAME(why);
	SAME(hello);
	SAME(retry);
	SAME(ssl2);
	SAME(done);
	SAME(record_version);
	SAME(version);
	SAME(suite);
	SAME(compression);
	SAME(group);
	SAME(encrypted);
	SAME(opened);
	SAME(finished_ok);
	SAME(verify_scheme);
	SAME(certificate_request);
	SAME(ticket);
	SAME(ems);
	SAME(etm);
	SAME(renegotiation_info);
	SAME(heartbeat);
	SAME(heartbeat_mode);
	SAME(status);
	SAME(sni_ack);
	SAME(max_fragment);
	SAME(alerted);
	SAME(alert);
	SAME(alert_level);
	SAME(warnings);
	SAME(unrecognized_name);
	SAME(ssl2_error);
	SAME_BYTES(alpn);
	SAME_BYTES(staple);
	SAME_BYTES(scts);
	SAME_BYTES(share);
	SAME_BYTES(cookie);
	SAME_BYTES(session_id);
	SAME_BYTES(head);
	return lists_difference(a, b);
}

/* What a flight reader is started with. */
struct reading {
	struct tw_arena *arena;
	enum tw_want want;
	struct tw_bytes message;
	const struct tw_share *const *shares;
	const uint16_t *groups;
	size_t shares_n;
};

/* Reads answer in pieces of at most size bytes into f, which is to be cleared. */
static inline enum tw_flight_turn
read_in_pieces(struct tw_flight *f, const struct reading *r, struct tw_bytes answer, size_t size)
{
	struct tw_bytes piece;

	tw_flight_init(f, r->arena, r->want, r->message, r->shares, r->groups, r->shares_n);
	while (answer.n > 0) {
		tw_bytes_take(&answer, answer.n < size ? answer.n : size, &piece);
		tw_flight_feed(f, piece);
	}
	return f->turn;
}

/* Reads answer whole into f, and again byte by byte; returns how they differ, or NULL. */
static inline const char *
read_both_ways(struct tw_flight *f, const struct reading *r, struct tw_bytes answer)
{
	struct tw_flight bytewise;
	const char *difference;

	read_in_pieces(f, r, answer, SIZE_MAX);
	read_in_pieces(&bytewise, r, answer, 1);
	difference = flight_difference(f, &bytewise);
	tw_flight_clear(&bytewise);
	return difference;
}

#endif
