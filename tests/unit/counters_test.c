/* What the gateway's parent counts by: counters, numbers of listeners, surges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/counters.h"
#include "gate/names.h"
#include "gate/parent.h"
#include "gate/surges.h"

static void *
zeroed(size_t n)
{
	void *p = aligned_alloc(64, (n + 63) / 64 * 64);

	assert_non_null(p);
	return memset(p, 0, (n + 63) / 64 * 64);
}

static void
workers_add_up(void **state)
{
	struct tw_counters *c = zeroed(tw_counters_bytes());
	struct tw_counts sum;

	(void)state;
	for (unsigned w = 0; w < TW_GATE_WORKERS; w++) {
		struct tw_counts *mine = tw_counters_row(c, w, 7);

		assert_ptr_equal(mine, tw_counters_row(c, w, 7));
		tw_count(&mine->ends[TW_GATE_SHUTDOWN], w);
		tw_count(&mine->bytes_in, UINT64_C(1) << 33);
		tw_counters_handshake(mine, 0x0304, w % 2, true, 700);
		tw_counters_handshake(mine, 0, false, false, 700);
	}
	tw_counters_sum(c, 7, &sum);
	assert_int_equal(sum.ends[TW_GATE_SHUTDOWN], 63 * 64 / 2);
	assert_int_equal(sum.bytes_in, UINT64_C(64) << 33);
	assert_int_equal(sum.handshakes[TW_TLS13][0][1], 32);
	assert_int_equal(sum.handshakes[TW_TLS13][1][1], 32);
	assert_int_equal(sum.handshakes[TW_VERSIONS][0][0], 64);
	assert_int_equal(sum.seconds[1], 64);	/* 0.5 to 1 ms; failed ones are not in it */
	assert_int_equal(sum.seconds_us, 64 * 700);
	/* Neighbours see nothing of it. */
	tw_counters_sum(c, 6, &sum);
	assert_int_equal(sum.ends[TW_GATE_SHUTDOWN] + sum.bytes_in + sum.logins_failed, 0);
	tw_counters_clear(c, 7);
	tw_counters_sum(c, 7, &sum);
	assert_int_equal(sum.ends[TW_GATE_SHUTDOWN] + sum.bytes_in + sum.seconds_us, 0);
	free(c);
}

static void
times_find_their_bucket(void **state)
{
	static const struct { uint32_t us; unsigned bucket; } rows[] = { { 0, 0 }, { 500, 0 },
		{ 501, 1 }, { 10000000, TW_COUNT_BOUNDS - 1 }, { 10000001, TW_COUNT_BOUNDS },
		{ UINT32_MAX, TW_COUNT_BOUNDS } };
	struct tw_counts *c = zeroed(sizeof(*c));

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		uint64_t before = c->seconds[rows[i].bucket];

		tw_counters_handshake(c, 0x0303, false, true, rows[i].us);
		assert_int_equal(c->seconds[rows[i].bucket], before + 1);
	}
	for (size_t i = 1; i < TW_COUNT_BOUNDS; i++)
		assert_true(tw_counters_bounds_us[i - 1] < tw_counters_bounds_us[i]);
	free(c);
}

static unsigned renamed_n, renamed_last;

static void
on_renamed(void *ctx, unsigned number)
{
	assert_ptr_equal(ctx, &renamed_n);
	renamed_n++;
	renamed_last = number;
}

static int
give(struct tw_gate_names *n, struct tw_config *c, const char *const *names)
{
	struct tw_err e;

	*c = (struct tw_config){ 0 };
	while (names[c->listens_n] != NULL)
		c->listens_n++;
	c->listens = calloc(c->listens_n + 1, sizeof(*c->listens));
	assert_non_null(c->listens);
	for (size_t i = 0; i < c->listens_n; i++)
		c->listens[i].name = names[i];
	return tw_gate_names_give(n, c, on_renamed, &renamed_n, &e);
}

static void
numbers_stay_with_their_names(void **state)
{
	struct tw_gate_names *n = zeroed(sizeof(*n));
	struct tw_config a, b, many, more;
	static const char *names[TW_GATE_LISTENS + 1];
	static char room[TW_GATE_LISTENS][8];

	(void)state;
	renamed_n = 0;
	assert_int_equal(give(n, &a, (const char *[]){ "imap", "smtp", NULL }), 0);
	assert_int_equal(give(n, &b, (const char *[]){ "web", "smtp", "imap", NULL }), 0);
	assert_int_equal(b.listens[1].number, a.listens[1].number);
	assert_int_equal(b.listens[2].number, a.listens[0].number);
	assert_string_equal(tw_gate_names_of(n, b.listens[0].number), "web");
	assert_null(tw_gate_names_of(n, 17));
	assert_null(tw_gate_names_of(n, TW_GATE_LISTENS));
	tw_gate_names_take(n, &a);
	/* All others are used up: one that nobody uses would be taken, one that is used never. */
	for (int i = 0; i < TW_GATE_LISTENS; i++) {
		snprintf(room[i], sizeof(room[i]), "n%d", i);
		names[i] = room[i];
	}
	assert_int_equal(give(n, &many, names), -1);
	names[TW_GATE_LISTENS - 3] = NULL;
	assert_int_equal(give(n, &more, names), 0);
	assert_int_equal(renamed_n, 0);
	tw_gate_names_take(n, &more);
	tw_gate_names_take(n, &b);
	free(more.listens);
	assert_int_equal(give(n, &more, (const char *[]){ "new", NULL }), 0);
	assert_int_equal(renamed_n, 1);
	assert_int_equal(renamed_last, more.listens[0].number);
	free(a.listens);
	free(b.listens);
	free(many.listens);
	free(more.listens);
	tw_gate_names_clear(n);
	free(n);
}

struct heard {
	unsigned n;
	char last[400];
};

static void
hear(void *ctx, const char *line)
{
	struct heard *h = ctx;

	h->n++;
	snprintf(h->last, sizeof(h->last), "%s", line);
}

static void
surges_are_told_once(void **state)
{
	struct tw_admission_size size = { 2, TW_GATE_LISTENS, 100, 100 };
	static const uint8_t seed[16] = "sixteen of bytes";
	struct tw_guard *guard = tw_admission_init(zeroed(tw_admission_bytes(size)), size, seed);
	struct tw_counters *counters = zeroed(tw_counters_bytes());
	struct tw_gate_names *names = zeroed(sizeof(*names));
	struct tw_surges *s = zeroed(sizeof(*s));
	struct heard h = { 0 };
	uint64_t now = 1000;
	struct tw_config c;
	unsigned at;

	(void)state;
	assert_int_equal(give(names, &c, (const char *[]){ "imap", "smtp", NULL }), 0);
	at = c.listens[1].number;
	/* Two quiet minutes, a busy half one, and quiet again; another listener is busy all the time. */
	for (unsigned slot = 0; slot < 40; slot++, now += TW_SPIKES_SLOT_MS) {
		bool busy = slot >= 12 && slot < 15;

		tw_count(&tw_counters_row(counters, slot % 2, at)->logins_failed, busy ? 500 : 2);
		tw_count(&tw_counters_row(counters, 1, c.listens[0].number)->logins_failed, 5000);
		tw_surges_look(s, names, counters, guard, now, hear, &h);
		if (slot == 13) {
			assert_int_equal(h.n, 1);
			assert_string_equal(h.last, "listener smtp: far more failed logins than usual, 500 in "
			    "ten seconds; usual are 2");
		}
	}
	assert_int_equal(h.n, 2);
	assert_non_null(strstr(h.last, "listener smtp: failed logins are as usual again; 15"));
	assert_int_equal(s->listeners[at].count[TW_SURGE_LOGINS], 1);
	assert_int_equal(s->listeners[at].count[TW_SURGE_CONNECTIONS], 0);
	tw_surges_clear(s, at);
	assert_int_equal(s->listeners[at].count[TW_SURGE_LOGINS], 0);
	free(c.listens);
	tw_gate_names_clear(names);
	free(names);
	free(counters);
	free(guard);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_add_up),
		cmocka_unit_test(times_find_their_bucket),
		cmocka_unit_test(numbers_stay_with_their_names),
		cmocka_unit_test(surges_are_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
