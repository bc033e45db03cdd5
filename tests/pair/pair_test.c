/*
 * The client side of each service against its own server side: TLS is reached
 * however the bytes are cut, a byte in front of the handshake is fatal on both
 * sides, and no server takes a password before TLS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/service.h"

#define LONGEST_CUT 200
/* TW_BYTES() for static tables. */
#define W(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

/* Moves what a said to b in pieces of n bytes. */
static void
pass(struct tw_dialog *a, struct tw_dialog *b, size_t n)
{
	for (size_t i = 0; i < a->out_n; i += n) {
		size_t k = a->out_n - i < n ? a->out_n - i : n;

		tw_dialog_feed(b, (struct tw_bytes){ a->out + i, k });
	}
	a->out_n = 0;
}

/* MariaDB's greeting without TLS: a backend that leaves it to the gateway. */
static const struct tw_bytes mysql_greeting = W("\x5d\0\0\0\x0a" "11.8.3-MariaDB\0"
    "\x1f\0\0\0" "12345678" "\0" "\xfe\xf7\x2d\x02\0\xff\x81\x15\0\0\0\0\0\0\x1d\0\0\0"
    "123456789012" "\0" "mysql_native_password" "\0" "\0\0\0\0\0\0\0\0\0\0\0");

/* The server side, for a backend_first service with what its backend said first. */
static void
open_server(const struct tw_service *s, struct tw_dialog *server)
{
	static struct tw_dialog backend;
	struct tw_bytes given = { 0 };

	if (s->backend_first) {
		tw_dialog_open(&backend, &s->backend, "mx.test", "mx.test");
		assert_int_equal(tw_dialog_feed(&backend, mysql_greeting), TW_TLS);
		given = tw_dialog_noted(&backend, backend.kept);
	}
	tw_dialog_open_given(server, &s->server, "mx.test", "mx.test", given);
}

/* Both sides of a service talk until neither has anything to say. */
static void
talk(const struct tw_service *s, struct tw_dialog *client, struct tw_dialog *server,
    size_t cut)
{
	tw_dialog_open(client, &s->client, "mx.test", "audit.test");
	open_server(s, server);
	for (int i = 0; i < 8 && (client->out_n > 0 || server->out_n > 0); i++) {
		pass(client, server, cut);
		pass(server, client, cut);
	}
}

static bool
has_both(const struct tw_service *s)
{
	return s->client.step != NULL && s->server.step != NULL;
}

static void
test_reach_tls_however_cut(void **state)
{
	static struct tw_dialog client, server;
	int pairs = 0;

	(void)state;
	for (size_t i = 0; tw_services[i] != NULL; i++) {
		const struct tw_service *s = tw_services[i];

		if (!has_both(s))
			continue;
		pairs++;
		for (size_t cut = 1; cut < LONGEST_CUT; cut++) {
			talk(s, &client, &server, cut);
			if (client.turn != TW_TLS || server.turn != TW_TLS)
				fail_msg("%s, cut %zu: client %d, server %d", s->name,
				    cut, client.turn, server.turn);
		}
	}
	assert_true(pairs >= 12);
}

static void
test_injected_byte_is_fatal(void **state)
{
	static struct tw_dialog client, server;

	(void)state;
	for (size_t i = 0; tw_services[i] != NULL; i++) {
		const struct tw_service *s = tw_services[i];

		if (!has_both(s))
			continue;
		talk(s, &client, &server, 4096);
		assert_int_equal(client.flaw, TW_FLAW_NONE);
		assert_int_equal(tw_dialog_feed(&client, TW_BYTES("x")), TW_BAD);
		assert_int_equal(client.flaw, TW_FLAW_INJECTED);
		if (s->server.no_go_ahead) {	/* it is the handshake, and kept for it */
			assert_int_equal(tw_dialog_feed(&server, TW_BYTES("x")), TW_TLS);
			assert_int_equal(tw_dialog_rest(&server).n, 1);
			continue;
		}
		assert_int_equal(tw_dialog_rest(&server).n, 0);
		assert_int_equal(tw_dialog_feed(&server, TW_BYTES("x")), TW_BAD);
		assert_int_equal(server.flaw, TW_FLAW_INJECTED);
	}
}

/* A request for TLS with something behind it in the same segment, to each server. */
static const struct {
	const char *service;
	struct tw_bytes words;
} injections[] = {
	{ "smtp", W("STARTTLS\r\nRSET\r\n") },
	{ "lmtp", W("STARTTLS\r\nRSET\r\n") },
	{ "imap", W("a STARTTLS\r\nb NOOP\r\n") },
	{ "pop3", W("STLS\r\nNOOP\r\n") },
	{ "ftp", W("AUTH TLS\r\nNOOP\r\n") },
	{ "ldap", W("\x30\x1d\x02\x01\x01\x77\x18\x80\x16" "1.3.6.1.4.1.1466.20037"
	    "\x30\x05\x02\x01\x02\x42\x00") },
	{ "postgres", W("\0\0\0\x08\x04\xd2\x16\x2fQ") },
	{ "nntp", W("STARTTLS\r\nDATE\r\n") },
	{ "sieve", W("STARTTLS\r\nNOOP\r\n") },
	{ "xmpp-client", W("<stream:stream to='x' version='1.0'>"
	    "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><iq/>") },
	{ "irc", W("STARTTLS\r\nNICK x\r\n") },
};

static void
test_pipelined_command_is_fatal(void **state)
{
	static struct tw_dialog d;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(injections); i++) {
		const struct tw_service *s = tw_service_by_name(injections[i].service);

		assert_non_null(s);
		tw_dialog_open(&d, &s->server, "mx.test", "mx.test");
		if (tw_dialog_feed(&d, injections[i].words) != TW_BAD)
			fail_msg("%s: turn %d", s->name, d.turn);
		assert_int_equal(d.flaw, TW_FLAW_INJECTED);
	}
}

/* Passwords before TLS, and how each protocol says no. */
static const struct {
	const char *service;
	struct tw_bytes words;
	const char *no;
	enum tw_turn turn;
} logins[] = {
	{ "smtp", W("AUTH PLAIN AGEAYg==\r\n"), "530 ", TW_MORE },
	{ "smtp", W("MAIL FROM:<a@b>\r\n"), "530 ", TW_MORE },
	{ "smtp", W("STARTTLS now\r\n"), "501 ", TW_MORE },
	{ "smtp", W("NOOP\r\n"), "250 ", TW_MORE },
	{ "smtp", W("quit\r\n"), "221 ", TW_CLOSE },
	{ "smtp", W("GET / HTTP/1.1\r\n"), "220 ", TW_CLOSE },
	{ "lmtp", W("AUTH PLAIN AGEAYg==\r\n"), "530 ", TW_MORE },
	{ "lmtp", W("EHLO x\r\n"), "500 ", TW_MORE },
	{ "imap", W("a LOGIN u p\r\n"), "a NO [PRIVACYREQUIRED]", TW_MORE },
	{ "imap", W("a AUTHENTICATE PLAIN AGEAYg==\r\n"), "a NO [PRIVACYREQUIRED]",
	    TW_MORE },
	{ "imap", W("a LOGIN {12+}\r\nb STARTTLS\r\n"), "* BYE", TW_CLOSE },
	{ "imap", W("a STARTTLS x\r\n"), "a BAD", TW_MORE },
	{ "imap", W("a LOGOUT\r\n"), "* BYE", TW_CLOSE },
	{ "pop3", W("USER u\r\n"), "-ERR", TW_MORE },
	{ "pop3", W("PASS p\r\n"), "-ERR", TW_MORE },
	{ "pop3", W("AUTH PLAIN AGEAYg==\r\n"), "-ERR", TW_MORE },
	{ "pop3", W("STLS x\r\n"), "-ERR", TW_MORE },
	{ "ftp", W("USER u\r\n"), "530 ", TW_MORE },
	{ "ftp", W("PASS p\r\n"), "530 ", TW_MORE },
	{ "ftp", W("AUTH KERBEROS_V4\r\n"), "504 ", TW_MORE },
	{ "ftp", W("AUTH TLS-P\r\n"), "504 ", TW_MORE },
	{ "ftp", W("auth ssl\r\n"), "234 ", TW_TLS },
	{ "ftp", W("AUTH TLS-C\r\n"), "234 ", TW_TLS },
	{ "ldap", W("\x30\x0e\x02\x01\x05\x60\x09\x02\x01\x03\x04\x01u\x80\x01p"),
	    "\x30\x1a\x02\x01\x05\x61\x15\x0a\x01\x0d", TW_MORE },
	{ "ldap", W("\x30\x84\0\0\0\x05\x02\x01\x05\x42\0"), "", TW_CLOSE },
	{ "postgres", W("\0\0\0\x11\0\x03\0\0user\0me\0\0"), "E", TW_CLOSE },
	{ "postgres", W("\0\0\0\x08\x04\xd2\x16\x30"), "N", TW_MORE },
	{ "nntp", W("AUTHINFO USER u\r\n"), "483 ", TW_MORE },
	{ "nntp", W("STARTTLS x\r\n"), "501 ", TW_MORE },
	{ "sieve", W("AUTHENTICATE \"PLAIN\" \"AGEAYg==\"\r\n"), "NO ", TW_MORE },
	{ "sieve", W("PUTSCRIPT \"a\" {10+}\r\nSTARTTLS\r\n"), "BYE", TW_CLOSE },
	{ "xmpp-client",
	    W("<stream:stream to='x' version='1.0'><auth mechanism='PLAIN'>"
	      "AGEAYg==</auth>"),
	    "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
	    "<encryption-required/></failure>",
	    TW_MORE },
	{ "irc", W("PASS p\r\n"), ":mx.test 451 ", TW_MORE },
	{ "irc", W("NICK n\r\nUSER n 0 * :n\r\nCAP LS 302\r\n"), "LS :tls", TW_MORE },
	{ "irc", W("STARTTLS now\r\n"), ":mx.test 691 ", TW_MORE },
	{ "nntp", W("MODE READER\r\n"), "201 ", TW_MORE },
	{ "postgres", W("\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\1\0\0\0\2"), "", TW_CLOSE },
	{ "xmpp-client", W("<stream:stream to='a.test' version='1.0'>"), "from='a.test'>", TW_MORE },
	{ "xmpp-client", W("<stream:stream to='a&b' version='1.0'>"), "from='mx.test'>", TW_MORE },
	{ "xmpp-client", W("<stream:stream to='x'><message/>"), "<policy-violation", TW_CLOSE },
	{ "mysql", W("\x24\0\0\1\x05\xaa\x08\0\0\0\0\1\x2d" "12345678901234567890123user\0"),
	    "#HY000Connections using insecure transport", TW_CLOSE },
	{ "mysql", W("\x20\0\0\2\x05\xaa\x08\0\0\0\0\1\x2d" "12345678901234567890123"),
	    "", TW_BAD },
};

/* Do the last words said hold these? */
static bool
said(const struct tw_dialog *d, const char *words)
{
	size_t n = strlen(words);

	for (size_t i = 0; i + n <= d->out_n; i++)
		if (memcmp(d->out + i, words, n) == 0)
			return true;
	return false;
}

static void
test_no_password_before_tls(void **state)
{
	static struct tw_dialog d;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(logins); i++) {
		const struct tw_service *s = tw_service_by_name(logins[i].service);

		assert_non_null(s);
		open_server(s, &d);
		if (strcmp(logins[i].no, "220 ") != 0)
			d.out_n = 0;
		tw_dialog_feed(&d, logins[i].words);
		if (d.turn != logins[i].turn || !said(&d, logins[i].no))
			fail_msg("%s, row %zu: turn %d, said %.*s", s->name, i, d.turn,
			    (int)d.out_n, (const char *)d.out);
	}
}

/* A backend's greeting, and whether the client may be let in. */
static const struct {
	const char *service;
	struct tw_bytes words;
	enum tw_turn turn;
} greetings[] = {
	{ "smtp", W("220-mx ESMTP\r\n220 hello\r\n"), TW_TLS },
	{ "smtp", W("554 no\r\n"), TW_REFUSED },
	{ "lmtp", W("220 mx LMTP\r\n"), TW_TLS },
	{ "imap", W("* OK ready\r\n"), TW_TLS },
	{ "imap", W("* PREAUTH you are in\r\n"), TW_REFUSED },
	{ "pop3", W("+OK ready\r\n"), TW_TLS },
	{ "pop3", W("-ERR no\r\n"), TW_REFUSED },
	{ "ftp", W("220-Welcome\r\n 220 is a number\r\n220 ready\r\n"), TW_TLS },
	{ "nntp", W("201 no posting\r\n"), TW_TLS },
	{ "smtp", W("garbage\r\n"), TW_BAD },
	{ "mysql", W("\x0c\0\0\0\xff\x10\x04#08004Too"), TW_REFUSED },
	{ "mysql", W("\x06\0\0\0\x0a" "8.0\0x"), TW_BAD },
};

static void
test_backend_greeting_is_read(void **state)
{
	static struct tw_dialog d;

	(void)state;
	/* Swallowed, it would be missed: RFC 5804 2.2 has the list sent again after TLS. */
	assert_null(tw_service_by_name("sieve")->backend.step);
	for (size_t i = 0; i < TW_COUNT(greetings); i++)
		for (size_t cut = 1; cut <= greetings[i].words.n; cut++) {
			const struct tw_service *s =
			    tw_service_by_name(greetings[i].service);
			struct tw_bytes v = greetings[i].words;

			assert_non_null(s);
			tw_dialog_open(&d, &s->backend, "mx.test", "mx.test");
			for (size_t at = 0; at < v.n; at += cut)
				tw_dialog_feed(&d, (struct tw_bytes){ v.p + at,
				    v.n - at < cut ? v.n - at : cut });
			if (d.turn != greetings[i].turn)
				fail_msg("row %zu, cut %zu: turn %d", i, cut, d.turn);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reach_tls_however_cut),
		cmocka_unit_test(test_injected_byte_is_fatal),
		cmocka_unit_test(test_pipelined_command_is_fatal),
		cmocka_unit_test(test_no_password_before_tls),
		cmocka_unit_test(test_backend_greeting_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
