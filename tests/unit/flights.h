/* flights.h -- what tests of the flight reader share: every answer is read whole and
 * byte by byte, and both must say the same. Included by the tests after cmocka. */
#ifndef TW_TESTS_FLIGHTS_H
#define TW_TESTS_FLIGHTS_H

#include "wire/flight.h"

static inline void
assert_same_bytes(struct tw_bytes a, struct tw_bytes b)
{
	assert_int_equal(a.p == NULL, b.p == NULL);
	assert_true(tw_bytes_equal(a, b));
}

static inline void
assert_same_ske(const struct tw_flight_ske *a, const struct tw_flight_ske *b)
{
	assert_int_equal(a->present, b->present);
	assert_int_equal(a->group, b->group);
	assert_int_equal(a->explicit_curve, b->explicit_curve);
	assert_int_equal(a->scheme, b->scheme);
	assert_int_equal(a->is_signed, b->is_signed);
	assert_same_bytes(a->dh_p, b->dh_p);
	assert_same_bytes(a->dh_g, b->dh_g);
	assert_same_bytes(a->dh_y, b->dh_y);
	assert_same_bytes(a->public, b->public);
}

static inline void
assert_same_flight(const struct tw_flight *a, const struct tw_flight *b)
{
	assert_int_equal(a->turn, b->turn);
	assert_ptr_equal(a->why, b->why);
	assert_int_equal(a->hello, b->hello);
	assert_int_equal(a->retry, b->retry);
	assert_int_equal(a->ssl2, b->ssl2);
	assert_int_equal(a->done, b->done);
	assert_int_equal(a->record_version, b->record_version);
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->suite, b->suite);
	assert_int_equal(a->compression, b->compression);
	assert_memory_equal(a->random, b->random, 32);
	assert_int_equal(a->group, b->group);
	assert_int_equal(a->encrypted, b->encrypted);
	assert_int_equal(a->opened, b->opened);
	assert_int_equal(a->finished_ok, b->finished_ok);
	assert_int_equal(a->verify_scheme, b->verify_scheme);
	assert_int_equal(a->extensions_n, b->extensions_n);
	assert_memory_equal(a->extensions, b->extensions, sizeof(a->extensions));
	assert_int_equal(a->chain_n, b->chain_n);
	assert_int_equal(a->chain_cut, b->chain_cut);
	for (size_t i = 0; i < a->chain_n; i++)
		assert_same_bytes(a->chain[i], b->chain[i]);
	assert_same_bytes(a->alpn, b->alpn);
	assert_same_bytes(a->staple, b->staple);
	assert_same_bytes(a->scts, b->scts);
	assert_same_bytes(a->share, b->share);
	assert_same_bytes(a->cookie, b->cookie);
	assert_same_bytes(a->session_id, b->session_id);
	assert_same_ske(&a->ske, &b->ske);
	assert_int_equal(a->alerted, b->alerted);
	assert_int_equal(a->alert, b->alert);
	assert_int_equal(a->alert_level, b->alert_level);
	assert_int_equal(a->warnings, b->warnings);
	assert_int_equal(a->unrecognized_name, b->unrecognized_name);
	assert_int_equal(a->ssl2_error, b->ssl2_error);
	assert_int_equal(a->ssl2_kinds_n, b->ssl2_kinds_n);
	assert_same_bytes(a->head, b->head);
}

/* Reads the answer to a hello into f, in both ways; f is to be cleared. */
static inline enum tw_flight_turn
read_both_ways(struct tw_flight *f, struct tw_arena *arena, enum tw_want want,
    struct tw_bytes message, const struct tw_share *const *shares, const uint16_t *groups,
    size_t shares_n, struct tw_bytes answer)
{
	struct tw_flight bytewise;

	tw_flight_init(f, arena, want, message, shares, groups, shares_n);
	tw_flight_feed(f, answer);
	tw_flight_init(&bytewise, arena, want, message, shares, groups, shares_n);
	for (size_t i = 0; i < answer.n; i++)
		tw_flight_feed(&bytewise, (struct tw_bytes){ answer.p + i, 1 });
	assert_same_flight(f, &bytewise);
	tw_flight_clear(&bytewise);
	return f->turn;
}

#endif
