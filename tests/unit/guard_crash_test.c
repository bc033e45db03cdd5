/*
 * The guards' tables shared: threads and processes that hammer them, and processes killed
 * in the middle of it. What must hold is what the headers promise: nothing is counted that
 * nobody holds, and no more are let in than may be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/admission.h"
#include "guard/tally.h"

#define WORKERS	4u

static const uint8_t seed[16] = "sixteen of bytes";
static const struct tw_ban_rule rule = { .number = 1, .kinds = TW_BAN_LOGIN, .after = 3,
	.within_ms = 1000, .for_ms = 50, .longest_ms = 1000, .firewall = true };

static void *
shared(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

static uint32_t
chance(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (uint32_t)(*x >> 16);
}

static struct tw_address
address(uint32_t n)
{
	uint8_t b[4] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

	return tw_address_of4(b);
}

struct job {
	struct tw_guard *guard;
	unsigned worker;
	long rounds;		/* -1: till it is killed */
	uint32_t addresses;
	const struct tw_admission_policy *policy;
	_Atomic int32_t *inside;	/* by address: counted by the test itself */
	bool too_many;
};

/* Comes and goes, fails, is banned: as many things at once as a worker does. */
static void *
work(void *argument)
{
	struct job *j = argument;
	struct tw_bans *bans = tw_admission_bans(j->guard);
	struct tw_seat seats[64] = { 0 };
	uint32_t whose[64] = { 0 };
	uint64_t x = 0x9e3779b97f4a7c15 * (j->worker + 1) ^ (uint64_t)getpid(), cursor = 0, now = 1;
	struct tw_ban_change changes[8];
	struct tw_err e;
	bool lost;

	for (long round = 0; round != j->rounds; round++) {
		unsigned i = chance(&x) % 64;
		uint32_t who = chance(&x) % j->addresses;
		struct tw_address a = address(who);

		now += chance(&x) % 3;
		if (seats[i].taken) {
			if (j->inside != NULL)
				atomic_fetch_sub(&j->inside[whose[i]], 1);
			tw_admission_leave(j->guard, j->worker, &seats[i]);
		} else if (tw_admission_enter(j->guard, j->worker, 64, j->policy, &a, now,
		    &seats[i]) == TW_ADMITTED) {
			whose[i] = who;
			if (j->inside != NULL && j->policy->most_per_address > 0 &&
			    atomic_fetch_add(&j->inside[who], 1) >=
			    (int32_t)j->policy->most_per_address)
				j->too_many = true;
		}
		if (round % 4 == 0)
			tw_bans_fail(bans, j->worker, &rule, &a, TW_BAN_LOGIN, NULL, now);
		if (round % 16 == 0) {
			struct tw_ban ban = { { a, 32 }, now + 20, now + 20, 1, TW_BAN_HAND, true, "x" };

			ban.network = tw_address_network(&a, round % 32 == 0 ? 32 : 24);
			tw_bans_put(bans, j->worker, &ban, now, &e);
			tw_bans_remove(bans, j->worker, &ban.network, now);
			tw_bans_changes(bans, j->worker, &cursor, changes, 8, &lost);
		}
	}
	for (unsigned i = 0; i < 64; i++) {
		if (seats[i].taken && j->inside != NULL)
			atomic_fetch_sub(&j->inside[whose[i]], 1);
		tw_admission_leave(j->guard, j->worker, &seats[i]);
	}
	return NULL;
}

/* Nobody is in: so say the listener, and every address and network. */
static void
assert_empty(struct tw_guard *g, const struct tw_admission_policy *p, uint32_t addresses)
{
	struct tw_admission_policy one = *p;
	uint64_t far = UINT64_C(1) << 40;

	assert_int_equal(tw_admission_connected(g, p->listener), 0);
	one.most_per_address = one.most_per_network = 1;
	one.ban = NULL;
	for (uint32_t i = 0; i < addresses; i++) {
		struct tw_address a = address(i);
		struct tw_seat seat = { 0 };

		assert_int_equal(tw_admission_enter(g, 0, 64, &one, &a, far + i * 100000, &seat),
		    TW_ADMITTED);
		tw_admission_leave(g, 0, &seat);
	}
}

static const struct tw_admission_policy policy = { .listener = 1, .most_per_address = 3,
	.most_per_network = 60, .most = 150, .ban = &rule, .connections_per_address = { 1000, 1000 },
	.handshakes_per_network = { 1000, 1000 } };

static void
threads_agree(void **state)
{
	/* Few addresses: all quarrel over them. Many, and little room: entries come and go. */
	static const struct { uint32_t addresses; size_t connections; } rows[] = {
		{ 4, 300 }, { 300, 64 }, { 4000, 16 } };

	(void)state;
	for (size_t r = 0; r < TW_COUNT(rows); r++) {
		struct tw_admission_size size = { WORKERS, 2, rows[r].connections, 64 };
		struct tw_guard *g = tw_admission_init(shared(tw_admission_bytes(size)), size, seed);
		struct job jobs[WORKERS];
		pthread_t threads[WORKERS];
		_Atomic int32_t *inside = calloc(rows[r].addresses, sizeof(*inside));

		for (unsigned w = 0; w < WORKERS; w++) {
			jobs[w] = (struct job){ g, w, 40000, rows[r].addresses, &policy,
				/* With little room some are not counted, which is told. */
				r == 0 ? inside : NULL, false };
			pthread_create(&threads[w], NULL, work, &jobs[w]);
		}
		for (unsigned w = 0; w < WORKERS; w++) {
			pthread_join(threads[w], NULL);
			assert_false(jobs[w].too_many);
		}
		assert_empty(g, &policy, rows[r].addresses);
		munmap(g, tw_admission_bytes(size));
		free(inside);
	}
}

static pid_t
begin_worker(struct job *j)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);	/* should the test fail */
		work(j);
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

/*
 * 200 times a process is killed wherever it is. The others go on, what it held is given
 * back, and at the end nothing is left of anybody.
 */
static void
killed_anywhere(void **state)
{
	struct tw_admission_size size = { WORKERS, 2, 64, 64 };
	struct tw_guard *g = tw_admission_init(shared(tw_admission_bytes(size)), size, seed);
	struct tw_bans *bans = tw_admission_bans(g);
	struct job jobs[WORKERS];
	pid_t pids[WORKERS];
	struct tw_address a = address(77);
	struct tw_ban ban = { { a, 32 }, 1, 1, 1, TW_BAN_HAND, true, "the parent" };
	uint64_t x = 1;
	struct tw_err e;

	(void)state;
	for (unsigned w = 0; w < WORKERS; w++) {
		jobs[w] = (struct job){ g, w, -1, 500, &policy, NULL, false };
		pids[w] = begin_worker(&jobs[w]);
	}
	for (int round = 0; round < 200; round++) {
		unsigned w = chance(&x) % WORKERS;
		struct timespec nap = { 0, chance(&x) % 4000000 };

		nanosleep(&nap, NULL);
		assert_int_equal(kill(pids[w], SIGKILL), 0);
		assert_int_equal(waitpid(pids[w], NULL, 0), pids[w]);
		tw_admission_forget_worker(g, w);
		/* Not kept by the dead: the parent can change it at once. */
		ban.until_ms = ban.forget_ms = UINT64_C(1) << 50;
		for (int try = 0; tw_bans_put(bans, TW_BANS_PARENT, &ban, 1, &e) < 0; try++) {
			assert_true(try < 100);		/* a busy machine, not a dead holder */
			nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
		}
		pids[w] = begin_worker(&jobs[w]);
	}
	for (unsigned w = 0; w < WORKERS; w++) {
		kill(pids[w], SIGKILL);
		waitpid(pids[w], NULL, 0);
		tw_admission_forget_worker(g, w);
	}
	assert_empty(g, &policy, 500);
	/* And it is a table of bans still. */
	for (uint32_t i = 0; i < 64; i++) {
		struct tw_address who = address(100000 + i);

		for (int k = 0; k < 3; k++)
			tw_bans_fail(bans, 0, &rule, &who, TW_BAN_LOGIN, NULL, UINT64_C(1) << 41);
		assert_true(tw_bans_match(bans, &who, UINT64_C(1) << 41, NULL));
	}
	assert_true(tw_bans_count(bans, UINT64_C(1) << 41) >= 64);
	munmap(g, tw_admission_bytes(size));
}

/* What an entry is held for: the network and by how many, told by the holders themselves. */
struct quarrel {
	struct tw_tally *tally;
	unsigned worker;
	_Atomic uint32_t *shadow;	/* by entry: network << 8 | holders */
	bool wrong;
};

static void
note(struct quarrel *q, uint32_t entry, uint32_t who, int more)
{
	uint32_t was = atomic_load(&q->shadow[entry]), is;

	do {
		if ((was & 255) > 0 && was >> 8 != who)
			q->wrong = true;
		is = who << 8 | ((was & 255) + (uint32_t)more);
	} while (!atomic_compare_exchange_weak(&q->shadow[entry], &was, is));
}

static void *
take_and_give(void *argument)
{
	struct quarrel *q = argument;
	uint64_t x = 77 * (q->worker + 1);

	for (int i = 0; i < 200000 && !q->wrong; i++) {
		uint32_t who = chance(&x) % 24, entry;
		struct tw_address a = address(who);
		struct tw_network n = { a, 32 };

		entry = tw_tally_enter(q->tally, q->worker, 0, &n);
		if (entry == TW_TALLY_NONE)
			continue;
		note(q, entry, who, 1);
		note(q, entry, who, -1);
		tw_tally_leave(q->tally, q->worker, entry);
	}
	return NULL;
}

/* One set, and more networks than it has entries: no entry is ever two networks' at once. */
static void
entries_are_one_networks(void **state)
{
	size_t bytes = tw_tally_bytes(15, WORKERS, 1);
	struct tw_tally *t = tw_tally_init(shared(bytes), 15, WORKERS, 1, seed);
	_Atomic uint32_t shadow[15] = { 0 };
	struct quarrel quarrels[WORKERS];
	pthread_t threads[WORKERS];

	(void)state;
	for (unsigned w = 0; w < WORKERS; w++) {
		quarrels[w] = (struct quarrel){ t, w, shadow, false };
		pthread_create(&threads[w], NULL, take_and_give, &quarrels[w]);
	}
	for (unsigned w = 0; w < WORKERS; w++) {
		pthread_join(threads[w], NULL);
		assert_false(quarrels[w].wrong);
	}
	for (uint32_t i = 0; i < 15; i++)
		assert_int_equal(tw_tally_connected(t, i), 0);
	munmap(t, bytes);
}

/* Killed with a set's lock in hand and an entry half taken away: it stays whose it was. */
static void
set_of_the_dead(void **state)
{
	size_t bytes = tw_tally_bytes(15, WORKERS, 1);
	struct tw_tally *t = tw_tally_init(shared(bytes), 15, WORKERS, 1, seed);
	_Atomic uint64_t *set = (void *)((uintptr_t)t + 64);	/* the lock, then the tags */
	struct tw_network one = { address(1), 32 }, two = { address(2), 32 };
	uint32_t entry = tw_tally_enter(t, 0, 0, &one);

	(void)state;
	assert_int_not_equal(entry, TW_TALLY_NONE);
	assert_int_equal(set[0], 0);
	assert_int_not_equal(set[1 + entry], 0);
	set[0] = 3 + 1;
	set[1 + entry] |= 1;
	assert_int_equal(tw_tally_enter(t, 1, 0, &two), TW_TALLY_NONE);
	tw_tally_forget_worker(t, 2);
	assert_int_equal(tw_tally_enter(t, 1, 0, &two), TW_TALLY_NONE);
	tw_tally_forget_worker(t, 3);
	assert_int_not_equal(tw_tally_enter(t, 1, 0, &two), TW_TALLY_NONE);
	assert_int_equal(tw_tally_enter(t, 1, 0, &one), entry);
	assert_int_equal(tw_tally_connected(t, entry), 2);
	munmap(t, bytes);
}

/* Killed with the lock in hand, for sure: till it is forgotten others are told "not now". */
static void
lock_of_the_dead(void **state)
{
	struct tw_bans *b = tw_bans_init(shared(tw_bans_bytes(64)), 64, seed);
	struct tw_address a = address(1);
	struct tw_ban ban = { { a, 32 }, 5000, 5000, 1, TW_BAN_HAND, false, "x" };
	struct tw_err e;

	(void)state;
	*(_Atomic uint64_t *)b = 3 + 1;		/* worker 3 had it */
	assert_int_equal(tw_bans_put(b, TW_BANS_PARENT, &ban, 1, &e), -1);
	assert_false(tw_bans_fail(b, 0, &rule, &a, TW_BAN_LOGIN, NULL, 1));
	assert_false(tw_bans_match(b, &a, 1, NULL));
	tw_bans_forget_worker(b, 2);
	assert_int_equal(tw_bans_put(b, TW_BANS_PARENT, &ban, 1, &e), -1);
	tw_bans_forget_worker(b, 3);
	assert_int_equal(tw_bans_put(b, TW_BANS_PARENT, &ban, 1, &e), 0);
	assert_true(tw_bans_match(b, &a, 1, NULL));
	munmap(b, tw_bans_bytes(64));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_agree),
		cmocka_unit_test(killed_anywhere),
		cmocka_unit_test(entries_are_one_networks),
		cmocka_unit_test(set_of_the_dead),
		cmocka_unit_test(lock_of_the_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
