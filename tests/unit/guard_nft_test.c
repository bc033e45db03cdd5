/*
 * What the guards write for nft, given to nft itself in a network namespace of this
 * process's own, and held to real connections on its loopback.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/nftables.h"

static uint16_t port;

static void
run(const char *command, struct tw_buf *input)
{
	FILE *f = popen(command, "w");

	assert_non_null(f);
	fputs(tw_buf_cstr(input), f);
	if (pclose(f) != 0)
		fail_msg("%s said no to: %.2000s", command, tw_buf_cstr(input));
	tw_buf_clear(input);
}

static void
load(struct tw_buf *text)
{
	struct tw_buf copy;

	tw_buf_init(&copy, SIZE_MAX);
	tw_buf_bytes(&copy, tw_buf_view(text));
	run("nft -c -f -", &copy);
	run("nft -f -", text);
}

static bool
says(const char *command, const char *word)
{
	static char all[1 << 16];
	FILE *f = popen(command, "r");
	size_t n;

	assert_non_null(f);
	n = fread(all, 1, sizeof(all) - 1, f);
	all[n] = '\0';
	pclose(f);
	return strstr(all, word) != NULL;
}

/* A listener of its own for each try: does a connection from there come through? */
static bool
open_from(const char *source, uint16_t to)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6 };
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(to) };
	int listener = socket(AF_INET6, SOCK_STREAM, 0), s, on = 1, off = 0;
	bool v4 = strchr(source, ':') == NULL;
	char mapped[64];
	struct pollfd p;

	snprintf(mapped, sizeof(mapped), "%s%s", v4 ? "::ffff:" : "", source);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 9), 0);
	s = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	assert_int_equal(inet_pton(AF_INET6, mapped, &from.sin6_addr), 1);
	assert_int_equal(bind(s, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(inet_pton(AF_INET6, v4 ? "::ffff:127.0.0.1" : "::1", &at.sin6_addr), 1);
	assert_true(connect(s, (struct sockaddr *)&at, sizeof(at)) == 0 || errno == EINPROGRESS);
	p = (struct pollfd){ listener, POLLIN, 0 };
	poll(&p, 1, 300);
	close(s);
	close(listener);
	return p.revents != 0;
}

static struct tw_ban_change
change(const char *what, uint64_t until_ms, uint64_t number)
{
	struct tw_ban_change c = { .until_ms = until_ms, .number = number };

	assert_int_equal(tw_networks_read(what, &c.network, NULL), 0);
	return c;
}

static void
sets_drop_the_banned(void **state)
{
	const uint16_t ports[] = { 143, port };
	struct tw_buf out;

	(void)state;
	tw_buf_init(&out, SIZE_MAX);
	for (int again = 0; again < 2; again++) {
		/* Begun twice is begun once. */
		tw_nftables_begin(&out, ports, 2);
		load(&out);
	}
	assert_true(open_from("127.0.0.2", port) && open_from("2001:db8::1", port));
	{
		/* In any order, the latest counts. */
		struct tw_ban_change v[] = { change("127.0.0.3", 90000, 5),
			change("127.0.0.2", 90000, 1), change("127.0.0.3", 0, 6),
			change("127.0.0.4", 0, 2), change("127.0.0.4", 60000, 3),
			change("2001:db8::/64", 90000, 4), change("127.0.0.9", 900, 7) };

		tw_nftables_batch(&out, v, TW_COUNT(v), false, 1000);
		load(&out);
	}
	assert_false(open_from("127.0.0.2", port));
	assert_true(open_from("127.0.0.3", port));
	assert_false(open_from("127.0.0.4", port));
	assert_true(open_from("127.0.0.9", port));
	assert_false(open_from("2001:db8::1", port));	/* its whole /64 … */
	assert_false(open_from("2001:db8::2", port));
	assert_true(open_from("2001:db8:0:1::1", port));	/* … and not its neighbour */
	assert_true(open_from("127.0.0.2", (uint16_t)(port + 1)));	/* another port */
	{
		/* Longer than it was; gone; never there. */
		struct tw_ban_change v[] = { change("127.0.0.4", 900000, 8),
			change("127.0.0.2", 0, 9), change("127.0.0.8", 0, 10),
			change("2001:db8::/64", 0, 11), change("127.0.0.7", 2000, 12) };

		tw_nftables_batch(&out, v, TW_COUNT(v), false, 1000);
		load(&out);
	}
	assert_true(open_from("127.0.0.2", port) && open_from("2001:db8::1", port));
	assert_false(open_from("127.0.0.4", port));
	assert_false(open_from("127.0.0.7", port));
	assert_true(says("nft list set inet tlswright banned4", "127.0.0.4 timeout 14m59s"));
	usleep(1200000);
	assert_true(open_from("127.0.0.7", port));	/* it ended by itself */
}

static void
networks_overlap(void **state)
{
	struct tw_ban v[] = { { .until_ms = 50000, .firewall = true },
		{ .until_ms = 90000, .firewall = true }, { .until_ms = 20000, .firewall = true },
		{ .until_ms = 90000, .firewall = true }, { .until_ms = 90000 } };
	const char *const texts[] = { "127.1.0.0/16", "127.1.1.0/24", "127.1.2.0/24",
		"2001:db8::/32", "127.0.0.0/8" };
	struct tw_buf out;

	(void)state;
	tw_buf_init(&out, SIZE_MAX);
	for (size_t i = 0; i < TW_COUNT(v); i++)
		assert_int_equal(tw_networks_read(texts[i], &v[i].network, NULL), 0);
	tw_nftables_begin(&out, NULL, 0);
	load(&out);
	tw_nftables_networks(&out, v, TW_COUNT(v), 1000);
	load(&out);
	assert_false(open_from("127.1.1.1", port));
	assert_true(open_from("127.0.0.2", port));
	assert_false(open_from("2001:db8::1", port));
	tw_nftables_networks(&out, v, TW_COUNT(v), 60000);
	load(&out);
	assert_false(open_from("127.1.1.1", port));
	assert_true(open_from("127.1.2.1", port));
	tw_nftables_networks(&out, v, 0, 60000);
	load(&out);
	assert_true(open_from("127.1.1.1", port));
}

/* 100,000 at once, and of the machine's own tables not a word is changed. */
static void
only_ours_is_touched(void **state)
{
	const unsigned n = 100000;
	struct tw_ban_change *v = calloc(n, sizeof(*v));
	struct tw_buf out;

	(void)state;
	tw_buf_init(&out, SIZE_MAX);
	tw_buf_str(&out, "table inet mine { set banned4 { type ipv4_addr; elements = { 192.0.2.77 }; }\n"
	    "chain input { type filter hook input priority 0; policy accept; counter accept; }; }\n"
	    "table ip tlswright { chain x { }; }\n");
	load(&out);
	tw_nftables_begin(&out, &port, 1);
	for (unsigned i = 0; i < n; i++) {
		uint8_t b[4] = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };

		v[i] = (struct tw_ban_change){ { tw_address_of4(b), 32 }, 900000, i };
	}
	tw_nftables_batch(&out, v, n, true, 1000);
	run("nft -f -", &out);
	assert_true(says("nft list set inet tlswright banned4 | tr , '\\n' | grep -c expires", "100000"));
	tw_nftables_end(&out);
	tw_nftables_end(&out);
	load(&out);
	assert_true(says("nft list ruleset", "192.0.2.77"));
	assert_true(says("nft list ruleset", "counter"));
	assert_true(says("nft list tables", "table ip tlswright"));
	assert_false(says("nft list tables", "table inet tlswright"));
	free(v);
}

static void
nothing_is_nothing(void **state)
{
	struct tw_buf out;

	(void)state;
	tw_buf_init(&out, 1000);
	tw_nftables_batch(&out, NULL, 0, false, 5);
	assert_int_equal(out.n, 0);
	tw_buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(sets_drop_the_banned),
		cmocka_unit_test(networks_overlap),
		cmocka_unit_test(only_ours_is_touched),
	};

	/* Its network is its own: nothing of this is seen outside, or left behind. */
	if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) != 0) {
		perror("unshare");
		return 1;
	}
	port = 4143;
	if (system("ip link set lo up && ip address add 2001:db8::1/128 dev lo nodad && "
	    "ip address add 2001:db8::2/128 dev lo nodad && "
	    "ip address add 2001:db8:0:1::1/128 dev lo nodad") != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
