/*
 * bench-bans N: what N bans cost, on one line of figures each: loaded from a file's text,
 * matched (the banned, and strangers), listed, written, in bytes; and what a whole
 * admission costs. CPU time of this process, so that a busy machine matters less.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "guard/admission.h"
#include "guard/bans_text.h"
#include "guard/nftables.h"

static const struct tw_bans_clock clock_zero = { 1000, 1800000000 };

static double
cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long
resident_kib(void)
{
	long pages = 0, all;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL || fscanf(f, "%ld %ld", &all, &pages) != 2)
		pages = 0;
	if (f != NULL)
		fclose(f);
	return pages * 4;
}

/* Spread as the Internet is: one in four is IPv6. */
static struct tw_address
address(uint32_t i)
{
	uint32_t x = i * 2654435761u;
	uint8_t four[4] = { (uint8_t)(x >> 24 | 1), (uint8_t)(x >> 16), (uint8_t)(x >> 8),
		(uint8_t)x };
	uint8_t six[16] = { 0x20, 0x01, 0x0d, 0xb8, four[0], four[1], four[2], four[3], 0, 0, 0,
		0, 0, 0, 0, 1 };

	return i % 4 == 3 ? tw_address_of16(six) : tw_address_of4(four);
}

static struct tw_ban
ban_of(uint32_t i)
{
	struct tw_address a = address(i);

	return (struct tw_ban){ tw_address_network(&a, tw_address_is4(&a) ? 32 : 64),
		900000000 + i, 990000000, 1 + i % 3, TW_BAN_LOGIN, true, "failed logins on imaps" };
}

static void
match(const struct tw_bans *b, uint32_t from, uint32_t n, const char *whom)
{
	double begin = cpu_s();
	unsigned hits = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct tw_address a = address(from + (uint32_t)((uint64_t)i * 7919 % n));

		hits += tw_bans_match(b, &a, 1000, NULL);
	}
	printf("matched, %s: %.0f ns each (%u of %u)\n", whom, (cpu_s() - begin) * 1e9 / n, hits, n);
}

static void
admit(struct tw_guard *g)
{
	const struct tw_ban_rule rule = { .number = 1 };
	struct tw_admission_policy p = { .most_per_address = 100, .most = 1000000, .ban = &rule,
		.connections_per_address = { 1000, 1000 }, .handshakes_per_address = { 1000, 1000 },
		.most_per_network = 1000 };
	const uint32_t n = 2000000;
	struct tw_seat seat;
	double begin = cpu_s();
	unsigned in = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct tw_address a = address(1u << 30 | i % 50000);

		if (tw_admission_enter(g, 0, 1000, &p, &a, 1000 + i, &seat) == TW_ADMITTED) {
			in += tw_admission_handshake(g, &p, &seat, 1000 + i) == TW_ADMITTED;
			tw_admission_leave(g, 0, &seat);
		}
	}
	printf("let in and out again, 50,000 addresses, every limit set: %.0f ns each (%u of %u)\n",
	    (cpu_s() - begin) * 1e9 / n, in, n);
}

int
main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
	struct tw_admission_size size = { 4, 8, 20000, n };
	size_t bytes = tw_admission_bytes(size), cursor = 0, listed = 0, k;
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	static const uint8_t seed[16] = "sixteen of bytes";
	struct tw_ban_change *changes = calloc(n + 1, sizeof(*changes));
	struct tw_bans_loaded loaded = { 0 };
	struct tw_ban v[256];
	struct tw_buf text, nft;
	struct tw_guard *g;
	struct tw_bans *b;
	struct tw_err e;
	long before;
	double begin;

	if (memory == MAP_FAILED || changes == NULL)
		return 1;
	g = tw_admission_init(memory, size, seed);
	b = tw_admission_bans(g);
	tw_buf_init(&text, SIZE_MAX);
	tw_buf_init(&nft, SIZE_MAX);
	tw_bans_text_head(&text);
	for (uint32_t i = 0; i < n; i++) {
		struct tw_ban ban = ban_of(i);

		tw_bans_text_line(&text, &ban, clock_zero);
	}
	before = resident_kib();
	begin = cpu_s();
	if (tw_bans_text_load(b, TW_BANS_PARENT, tw_buf_view(&text), clock_zero, &loaded, &e) < 0)
		return 1;
	printf("loaded: %zu of %u in %.0f ms, from %.1f MB of text\n", loaded.in, n,
	    (cpu_s() - begin) * 1e3, (double)text.n / 1e6);
	printf("stand: %zu; memory of the bans %.1f MiB, %zu bytes each; resident %.1f MiB more\n",
	    tw_bans_count(b, 1000), (double)tw_bans_bytes(n) / 1048576, tw_bans_bytes(n) / n,
	    (double)(resident_kib() - before) / 1024);
	match(b, 0, n, "the banned");
	match(b, 1u << 30, 1000000, "strangers");
	begin = cpu_s();
	text.n = 0;
	while ((k = tw_bans_list(b, TW_BANS_PARENT, &cursor, false, v, 256, 1000)) > 0)
		for (size_t i = 0; i < k; i++, listed++)
			changes[listed] = (struct tw_ban_change){ v[i].network, v[i].until_ms,
				listed };
	printf("listed: %zu in %.1f ms\n", listed, (cpu_s() - begin) * 1e3);
	begin = cpu_s();
	for (size_t i = 0; i < listed; i++) {
		struct tw_ban ban = ban_of((uint32_t)i);

		tw_bans_text_line(&text, &ban, clock_zero);
	}
	printf("written as text: %.0f ms\n", (cpu_s() - begin) * 1e3);
	begin = cpu_s();
	tw_nftables_batch(&nft, changes, listed, true, 1000);
	printf("written for nft: %.0f ms, %.1f MB\n", (cpu_s() - begin) * 1e3, (double)nft.n / 1e6);
	admit(g);
	return loaded.in == n && listed == n ? 0 : 1;
}
