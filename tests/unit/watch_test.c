/*
 * What passes inside TLS: transcripts by the specifications, cut at every size. What
 * must not be seen is gone, everything else is as it was, and logins are counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/paste.h"
#include "service/service.h"

#define C TW_FROM_CLIENT
#define S TW_FROM_BACKEND
#define W(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define SAME { NULL, 1 }
#define LONG_NAME "a-name-that-is-so-long-that-the-line-does-not-fit-what-is-held-"
#define LONGER LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME

struct step {
	enum tw_watch_from from;
	struct tw_bytes in, out;
};

static const struct talk {
	const char *service, *what;
	bool greeting;
	unsigned failed, ok;
	bool done;
	struct step steps[12];
} talks[] = {
	{ "smtp", "offer hidden, login refused, then accepted", true, 2, 1, true, {
	    { S, W("220 mx ESMTP\r\n"), SAME },
	    { C, W("EHLO c\r\n"), SAME },
	    { S, W("250-mx\r\n250-STARTTLS\r\n250-SIZE 1\r\n250 AUTH PLAIN\r\n"),
		W("250-mx\r\n250-SIZE 1\r\n250 AUTH PLAIN\r\n") },
	    { C, W("AUTH PLAIN AGEAYg==\r\n"), SAME },
	    { S, W("535 5.7.8 Error: authentication failed\r\n"), SAME },
	    { C, W("AUTH PLAIN AGEAYw==\r\n"), SAME },
	    { S, W("535-5.7.8 Username and Password\r\n535 5.7.8 not accepted\r\n"), SAME },
	    { C, W("AUTH PLAIN AGEAZA==\r\n"), SAME },
	    { S, W("235 2.7.0 ok\r\n"), SAME } } },
	{ "smtp", "the offer is the last line", false, 0, 0, false, {
	    { C, W("EHLO c\r\n"), SAME },
	    { S, W("250-mx\r\n250-SIZE 1\r\n250 STARTTLS\r\n"), W("250-mx\r\n250 SIZE 1\r\n") },
	    { C, W("EHLO c\r\n"), SAME },
	    { S, W("250-mx\r\n250 starttls\r\n"), W("250 mx\r\n") } } },
	{ "smtp", "the line before the last is too long to wait", false, 0, 0, false, {
	    { S, W("250-mx\r\n250-" LONGER "\r\n250 STARTTLS\r\n"),
		W("250-mx\r\n250-" LONGER "\r\n250 STARTTLX\r\n") },
	    { S, W("250-" LONGER "\r\n250-STARTTLS\r\n250 X\r\n"),
		W("250-" LONGER "\r\n250 X\r\n") } } },
	{ "submission", "what begins like the offer", false, 0, 0, false, {
	    { S, W("250-mx\r\n250-STARTTLSX\r\n250-START\r\n250 STAR\r\n"), SAME },
	    { S, W("250 ok STARTTLS\r\n214-STARTTLS\r\n214 x\r\n454 4.7.0 later\r\n"), SAME } } },
	{ "lmtp", "STARTTLS inside TLS", false, 0, 0, false, {
	    { C, W("starttls\r\n \t STARTTLS \r\nSTARTTLSX\r\nXSTARTTLS\r\nRCPT TO:<STARTTLS>\r\n"),
		W("starttlX\r\n \t STARTTLX \r\nSTARTTLXX\r\nXSTARTTLS\r\nRCPT TO:<STARTTLS>\r\n") } } },
	{ "smtp", "mail ends the watch", false, 0, 0, true, {
	    { C, W("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"), SAME },
	    { S, W("250 ok\r\n250 ok\r\n354 go\r\n"), SAME } } },
	{ "smtp", "a chunk of mail is no command", false, 0, 0, false, {
	    { S, W("250-mx\r\n250 CHUNKING\r\n"), SAME },
	    { C, W("BDAT 10 LAST\r\nSTARTTLS\r\nSTARTTLS\r\n"),
		W("BDAT 10 LAST\r\nSTARTTLS\r\nSTARTTLX\r\n") } } },
	{ "smtp", "a chunk nobody asked for hides no command", false, 0, 0, false, {
	    { C, W("BDAT 99999\r\nSTARTTLS\r\n"), W("BDAT 99999\r\nSTARTTLX\r\n") } } },
	{ "imap", "words hidden in greeting and list; login", true, 1, 1, true, {
	    { S, W("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED ID] ready STARTTLS\r\n"),
		W("* OK [CAPABILITY IMAP4rev1 ID] ready STARTTLS\r\n") },
	    { C, W("1 capability\r\n"), SAME },
	    { S, W("* CAPABILITY STARTTLS IMAP4rev1 STARTTLSX LOGINDISABLED\r\n1 OK x\r\n"),
		W("* CAPABILITY IMAP4rev1 STARTTLSX\r\n1 OK x\r\n") },
	    { C, W("2 login u p\r\n"), SAME },
	    { S, W("2 NO [AUTHENTICATIONFAILED] no\r\n"), SAME },
	    { C, W("3 AUTHENTICATE PLAIN\r\n"), SAME },
	    { S, W("+ \r\n"), SAME },
	    { C, W("AGEAYg==\r\n"), SAME },
	    { S, W("3 OK [CAPABILITY IMAP4rev1 IDLE] in\r\n* 1 EXISTS\r\n"), SAME } } },
	{ "imap", "STARTTLS inside TLS", false, 0, 0, false, {
	    { C, W("a STARTTLS\r\nb  starttls\r\nSTARTTLS x\r\nc NOOP STARTTLS\r\n"),
		W("a STARTTLX\r\nb  starttlX\r\nSTARTTLS x\r\nc NOOP STARTTLS\r\n") },
	    { S, W("a BAD x\r\nb BAD x\r\n"), SAME } } },
	{ "imap", "a yes to NOOP is none to a login of the same tag", false, 1, 0, false, {
	    { C, W("a NOOP\r\na LOGIN u p\r\n"), SAME },
	    { S, W("a OK\r\na NO no\r\n"), SAME } } },
	{ "imap", "many logins at once", false, 12, 0, false, {
	    { C, W("a LOGIN u 1\r\nb LOGIN u 2\r\nc LOGIN u 3\r\nd LOGIN u 4\r\n"
		"e LOGIN u 5\r\nf LOGIN u 6\r\ng LOGIN u 7\r\nh LOGIN u 8\r\n"
		"i LOGIN u 9\r\nj LOGIN u 10\r\nk LOGIN u 11\r\nl LOGIN u 12\r\n"), SAME },
	    { S, W("a NO\r\nb NO\r\nc NO\r\nd NO\r\ne NO\r\nf NO\r\ng NO\r\nh NO\r\n"
		"i NO\r\nj NO\r\nk NO\r\nl NO\r\n"), SAME } } },
	{ "imap", "a literal, and what is no refused password", false, 0, 1, true, {
	    { C, W("a LOGIN u p\r\n"), SAME },
	    { S, W("a NO [UNAVAILABLE] later\r\n"), SAME },
	    { C, W("b LOGIN {4}\r\n"), SAME },
	    { S, W("+ go\r\n"), SAME },
	    { C, W("user {3+}\r\npwd\r\n"), SAME },
	    { S, W("b OK in\r\n"), SAME } } },
	{ "pop3", "offer hidden, three refusals, in at last", true, 3, 1, true, {
	    { S, W("+OK ready\r\n"), SAME },
	    { C, W("CAPA\r\n"), SAME },
	    { S, W("+OK\r\nUSER\r\nSTLS\r\nTOP\r\n.\r\n"), W("+OK\r\nUSER\r\nTOP\r\n.\r\n") },
	    { C, W("USER u\r\nPASS p\r\nSTLS\r\nAPOP u 1\r\n"),
		W("USER u\r\nPASS p\r\nSTLX\r\nAPOP u 1\r\n") },
	    { S, W("+OK\r\n-ERR [AUTH] no\r\n-ERR what\r\n-ERR no\r\n"), SAME },
	    { C, W("AUTH PLAIN\r\n"), SAME },
	    { S, W("+ \r\n"), SAME },
	    { C, W("AGEAYg==\r\n"), SAME },
	    { S, W("-ERR no\r\n"), SAME },
	    { C, W("PASS right\r\n"), SAME },
	    { S, W("+OK in\r\n"), SAME } } },
	{ "pop3", "the mailbox is in use, and no greeting is to come", false, 0, 0, false, {
	    { C, W("USER u\r\n"), SAME },
	    { S, W("+OK\r\n"), SAME },
	    { C, W("PASS p\r\n"), SAME },
	    { S, W("-ERR [IN-USE] locked\r\n"), SAME } } },
	{ "sieve", "offer hidden, login refused, then accepted", true, 1, 1, true, {
	    { S, W("\"SIEVE\" \"x\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n"),
		W("\"SIEVE\" \"x\"\r\nOK \"ready\"\r\n") },
	    { C, W("STARTTLS\r\n"), W("STARTTLX\r\n") },
	    { S, W("NO \"what\"\r\n"), SAME },
	    { C, W("AUTHENTICATE \"PLAIN\" {8+}\r\nAGEAYg==\r\n"), SAME },
	    { S, W("NO \"Authentication failed\"\r\n"), SAME },
	    { C, W("AUTHENTICATE \"PLAIN\"\r\n"), SAME },
	    { S, W("\"\"\r\n"), SAME },
	    { C, W("\"AGEAYw==\"\r\n"), SAME },
	    { S, W("OK \"in\"\r\n"), SAME } } },
	{ "ftp", "offer hidden, login refused, then accepted", true, 1, 1, true, {
	    { S, W("220-a\r\n220 FTP\r\n"), SAME },
	    { C, W("FEAT\r\nAUTH TLS\r\nauth  ssl\r\nAUTH TLS-C\r\nAUTH GSSAPI\r\nPROT P\r\n"),
		W("FEAT\r\nAUTH TLX\r\nauth  ssX\r\nAUTH TLX-C\r\nAUTH GSSAPI\r\nPROT P\r\n") },
	    { S, W("211-Features:\r\n AUTH SSL\r\n AUTH TLS;TLS-C;\r\n AUTH GSSAPI\r\n PBSZ\r\n"
		"211 End\r\n"),
		W("211-Features:\r\n AUTH GSSAPI\r\n PBSZ\r\n211 End\r\n") },
	    { C, W("PWD\r\nUSER u\r\nPASS p\r\n"), SAME },
	    { S, W("331 password\r\n530 Login incorrect.\r\n530 Not logged in\r\n"), SAME },
	    { C, W("PASS q\r\n"), SAME },
	    { S, W("230-hello\r\n230 in\r\n"), SAME } } },
	{ "nntp", "offer hidden in the list alone; login", true, 1, 1, true, {
	    { S, W("200 news\r\n"), SAME },
	    { C, W("CAPABILITIES\r\nSTARTTLS\r\nARTICLE 1\r\n"),
		W("CAPABILITIES\r\nSTARTTLX\r\nARTICLE 1\r\n") },
	    { S, W("101 list\r\nVERSION 2\r\nSTARTTLS\r\nREADER\r\n.\r\n"),
		W("101 list\r\nVERSION 2\r\nREADER\r\n.\r\n") },
	    { S, W("220 1\r\n\r\nSTARTTLS\r\n481 is a number\r\n.\r\n"), SAME },
	    { C, W("AUTHINFO USER u\r\nAUTHINFO PASS p\r\n"), SAME },
	    { S, W("381 pass\r\n481 no\r\n"), SAME },
	    { C, W("AUTHINFO PASS q\r\n"), SAME },
	    { S, W("281 in\r\n"), SAME } } },
	{ "irc", "the word hidden, SASL refused, then accepted", true, 2, 1, true, {
	    { C, W("CAP LS 302\r\nSTARTTLS\r\n"), W("CAP LS 302\r\nSTARTTLX\r\n") },
	    { S, W(":s CAP * LS * :tls sasl tls tlsx\r\n"), W(":s CAP * LS * :sasl tlsx\r\n") },
	    { S, W(":s CAP * LS :sasl tls\r\n:s NOTICE * :tls is tls\r\n"),
		W(":s CAP * LS :sasl\r\n:s NOTICE * :tls is tls\r\n") },
	    { S, W("CAP nick LS :tls\r\n"), W("CAP nick LS :\r\n") },
	    { S, W(":s 904 n :SASL authentication failed\r\n"), SAME },
	    { S, W("@time=1 :s 464 n :Password incorrect\r\n"), SAME },
	    { S, W(":s 903 n :ok\r\n"), SAME } } },
	{ "irc", "a password of the server's", true, 0, 1, true, {
	    { C, W("PASS p\r\nNICK n\r\n"), SAME },
	    { S, W(":s 001 n :Welcome\r\n"), SAME } } },
	{ "irc", "nobody's login", true, 0, 0, true, { { S, W(":s 001 n :Welcome\r\n"), SAME } } },
	{ "xmpp-client", "the element hidden, SASL refused, then accepted", true, 1, 1, true, {
	    { C, W("<?xml version='1.0'?><stream:stream to='x'>"), SAME },
	    { S, W("<?xml version='1.0'?><stream:stream from='x'><stream:features>"
		"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
		"<mechanisms><mechanism>PLAIN</mechanism></mechanisms></stream:features>"),
		W("<?xml version='1.0'?><stream:stream from='x'><stream:features>"
		"<mechanisms><mechanism>PLAIN</mechanism></mechanisms></stream:features>") },
	    { C, W("<starttls xmlns='x'/><auth mechanism='PLAIN'>AGEAYg==</auth>"),
		W("<starttlX xmlns='x'/><auth mechanism='PLAIN'>AGEAYg==</auth>") },
	    { S, W("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"),
		SAME },
	    { S, W("<a:starttls/><x><starttls a='/'>/></starttls></x><starttlsx/><not-authorized/>"),
		W("<x></x><starttlsx/><not-authorized/>") },
	    { S, W("<failure><temporary-auth-failure/></failure>"), SAME },
	    { S, W("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"), SAME },
	    { C, W("<stream:stream to='x'>"), SAME },
	    { S, W("<stream:stream from='x'><stream:features><bind xmlns='y'/><starttls/>"
		"</stream:features><starttls/>"),
		W("<stream:stream from='x'><stream:features><bind xmlns='y'/></stream:features>"
		"<starttls/>") } } },
	{ "xmpp-server", "a stanza ends the watch", true, 0, 0, true, {
	    { S, W("<stream:features><starttls/></stream:features>"),
		W("<stream:features></stream:features>") },
	    { C, W("<message to='a@b'>"), SAME } } },
	{ "ldap", "StartTLS inside TLS, binds refused, nobody's and somebody's", true, 2, 1, true, {
	    { C, W("\x30\x1d\x02\x01\x01\x77\x18\x80\x16" "1.3.6.1.4.1.1466.20037"),
		W("\x30\x1d\x02\x01\x01\x77\x18\x80\x16" "1.3.6.1.4.1.1466.20030") },
	    { C, W("\x30\x0e\x02\x01\x02\x60\x09\x02\x01\x03\x04\x01u\x80\x01p"), SAME },
	    { S, W("\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x31\x04\0\x04\0"), SAME },
	    { C, W("\x30\x84\0\0\0\x0c\x02\x01\x03\x60\x07\x02\x01\x03\x04\0\x80\0"
		"\x30\x0e\x02\x01\x04\x60\x09\x02\x01\x03\x04\x01u\x80\x01q"), SAME },
	    { S, W("\x30\x84\0\0\0\x10\x02\x01\x03\x61\x84\0\0\0\x07\x0a\x01\0\x04\0\x04\0"
		"\x30\x0c\x02\x01\x04\x61\x07\x0a\x01\x31\x04\0\x04\0"), SAME },
	    { C, W("\x30\x0e\x02\x01\x05\x60\x09\x02\x01\x03\x04\x01u\x80\x01r"), SAME },
	    { S, W("\x30\x0c\x02\x01\x05\x61\x07\x0a\x01\0\x04\0\x04\0"), SAME } } },
	{ "postgres", "the password is wrong", true, 1, 0, false, {
	    { C, W("\0\0\0\x11\0\x03\0\0user\0me\0\0"), SAME },
	    { S, W("R\0\0\0\x08\0\0\0\x03"), SAME },
	    { C, W("p\0\0\0\x06p\0"), SAME },
	    { S, W("E\0\0\0\x25SFATAL\0VFATAL\0C28P01\0Mwrong one\0\0"), SAME } } },
	{ "postgres", "the password is right", true, 0, 1, true, {
	    { C, W("\0\0\0\x11\0\x03\0\0user\0me\0\0"), SAME },
	    { S, W("N\0\0\0\x0bSINFO\0\0R\0\0\0\x08\0\0\0\0S\0\0\0\x06x\0"), SAME } } },
	{ "postgres", "TLS inside TLS; a request to cancel passes", true, 0, 0, false, {
	    { C, W("\0\0\0\x08\x04\xd2\x16\x2f"), W("\0\0\0\x08\x04\xd2\x16\0") } } },
	{ "postgres", "a request to cancel passes", true, 0, 0, false, {
	    { C, W("\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\1\0\0\0\2"), SAME } } },
	{ "mysql", "packets are counted anew, and the login does not ask for TLS", false, 1, 0, false, {
	    { C, W("\x08\0\0\2\x0f\xaa\3\4\5\6\7\x08"), W("\x08\0\0\1\x0f\xa2\3\4\5\6\7\x08") },
	    { S, W("\3\0\0\2\xfe\0\0"), W("\3\0\0\3\xfe\0\0") },
	    { C, W("\4\0\0\4\x0f\xaa\3\4"), W("\4\0\0\3\x0f\xaa\3\4") },
	    { S, W("\x0b\0\0\4\xff\x15\x04#28000no"), W("\x0b\0\0\5\xff\x15\x04#28000no") } } },
	{ "mysql", "in, and from then on as it is", false, 0, 1, true, {
	    { C, W("\4\0\0\2\x0f\xaa\3\4"), W("\4\0\0\1\x0f\xa2\3\4") },
	    { S, W("\7\0\0\2\0\0\0\2\0\0\0\3\0\0\0abc"), W("\7\0\0\3\0\0\0\2\0\0\0\3\0\0\0abc") } } },
	{ "redis", "refused twice, then accepted", true, 2, 1, true, {
	    { C, W("*2\r\n$4\r\nAUTH\r\n$1\r\np\r\nPING\r\n"), SAME },
	    { S, W("-WRONGPASS invalid username-password pair\r\n-NOAUTH x\r\n"), SAME },
	    { C, W("auth q\r\n"), SAME },
	    { S, W("-ERR invalid password\r\n+RESET\r\n"), SAME },
	    { C, W("HELLO 3 AUTH u p\r\n"), SAME },
	    { S, W("%1\r\n"), SAME } } },
	{ "redis", "no password is asked for", true, 0, 0, true, {
	    { C, W("PING\r\n"), SAME },
	    { S, W("+PONG\r\n"), SAME } } },
	{ "mqtt", "refused", true, 1, 0, true, { { S, W("\x20\x02\0\x05"), SAME } } },
	{ "mqtt", "refused by version 5", true, 1, 0, true, { { S, W("\x20\x03\0\x86\0"), SAME } } },
	{ "mqtt", "accepted", true, 0, 1, true, { { S, W("\x20\x02\0\0zz"), SAME } } },
	{ "mqtt", "unacceptable version", true, 0, 0, true, { { S, W("\x20\x02\0\x01"), SAME } } },
};

static uint8_t got[2][8192], wanted[2][8192];
static size_t got_n[2], wanted_n[2];

static void
add(uint8_t *to, size_t *n, struct tw_bytes v)
{
	assert_true(*n + v.n <= sizeof(got[0]));
	memcpy(to + *n, v.p, v.n);
	*n += v.n;
}

/* One step, in pieces of cut bytes; what comes after the watch's end is copied. */
static void
pass(struct tw_watch *w, const struct step *s, size_t cut)
{
	uint8_t out[TW_WATCH_ROOM(4096)];

	for (size_t at = 0; at < s->in.n; at += cut) {
		struct tw_bytes v = { s->in.p + at, s->in.n - at < cut ? s->in.n - at : cut };

		if (w->done)
			add(got[s->from], &got_n[s->from], v);
		else
			add(got[s->from], &got_n[s->from], (struct tw_bytes){ out,
			    tw_watch_pass(w, s->from, v, out) });
	}
	add(wanted[s->from], &wanted_n[s->from], s->out.p == NULL ? s->in : s->out);
}

static void
check(const struct talk *t, size_t cut)
{
	const struct tw_watch_kind *kind = tw_watch_by_name(t->service);
	struct tw_watch w;

	assert_non_null(kind);
	memset(got_n, 0, sizeof(got_n));
	memset(wanted_n, 0, sizeof(wanted_n));
	tw_watch_open(&w, kind, t->greeting);
	for (size_t i = 0; i < TW_COUNT(t->steps) && t->steps[i].in.p != NULL; i++) {
		pass(&w, &t->steps[i], cut);
		for (int from = 0; from < 2; from++)
			if (got_n[from] != wanted_n[from] ||
			    memcmp(got[from], wanted[from], got_n[from]) != 0)
				fail_msg("%s, %s, cut %zu, step %zu: from %d: '%.*s'", t->service,
				    t->what, cut, i, from, (int)got_n[from], (char *)got[from]);
	}
	if (w.logins_failed != t->failed || w.logins_ok != t->ok || w.done != t->done || w.bad)
		fail_msg("%s, %s, cut %zu: %u refused, %u accepted, done %d, bad %d", t->service,
		    t->what, cut, w.logins_failed, w.logins_ok, w.done, w.bad);
	if (w.done)
		assert_int_equal(w.held_n, 0);
}

static void
test_transcripts_however_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < TW_COUNT(talks); i++)
		for (size_t cut = 1; cut <= 500; cut += cut < 80 ? 1 : 140)
			check(&talks[i], cut);
}

/* What breaks a counted protocol can no longer be followed. */
static void
test_broken_protocol_is_said(void **state)
{
	static const struct {
		const char *service;
		enum tw_watch_from from;
		struct tw_bytes in;
	} rows[] = {
		{ "ldap", C, W("GET / HTTP/1.1\r\n") },
		{ "ldap", C, W("\x30\x80\0\0") },
		{ "ldap", C, W("\x30\x85\0\0\0\0\1") },
		{ "mysql", C, W("\4\0\0\1abcd") },
		{ "mysql", C, W("\4\0\0\0abcd") },
		{ "postgres", S, W("R\0\0\0\3") },
		{ "postgres", S, W("R\xff\0\0\3") },
	};
	struct tw_watch w;
	uint8_t out[TW_WATCH_ROOM(64)];

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		tw_watch_open(&w, tw_watch_by_name(rows[i].service), false);
		tw_watch_pass(&w, rows[i].from, rows[i].in, out);
		if (!w.bad)
			fail_msg("row %zu", i);
	}
}

/* The backend's end: what waited goes to the client. */
static void
test_end_gives_what_is_held(void **state)
{
	struct tw_watch w;
	uint8_t out[TW_WATCH_ROOM(64)];

	(void)state;
	tw_watch_open(&w, tw_watch_by_name("smtp"), true);
	assert_int_equal(tw_watch_pass(&w, S, TW_BYTES("250-mx\r\n250-S"), out), 0);
	assert_int_equal(tw_watch_end(&w, out), 13);
	assert_memory_equal(out, "250-mx\r\n250-S", 13);
	assert_true(w.done);
	/* The client's words end it, but something waits for the backend's next. */
	tw_watch_open(&w, tw_watch_by_name("xmpp-server"), true);
	assert_int_equal(tw_watch_pass(&w, S, TW_BYTES("<star"), out), 0);
	assert_int_equal(tw_watch_pass(&w, C, TW_BYTES("<iq >"), out), 5);
	assert_false(w.done);
	assert_int_equal(tw_watch_pass(&w, C, TW_BYTES("<iq >"), out), 5);
	assert_int_equal(tw_watch_pass(&w, S, TW_BYTES("t"), out), 6);
	assert_memory_equal(out, "<start", 6);
	assert_true(w.done);
}

static void
test_a_watch_is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct tw_watch) <= 1024);
}

/* Every service with a server side is watched, and has a command to paste. */
static void
test_every_service_has_its_words(void **state)
{
	(void)state;
	for (size_t i = 0; tw_services[i] != NULL; i++) {
		const struct tw_service *s = tw_services[i];

		if (s->server.step == NULL)
			continue;
		if (s->watch == NULL)
			fail_msg("%s is not watched", s->name);
		for (int implicit = 0; implicit < 2; implicit++) {
			const char *paste = tw_paste_for(s->name, implicit);

			assert_non_null(strstr(paste, "%h"));
			assert_non_null(strstr(paste, "%p"));
		}
		assert_string_not_equal(tw_paste_for(s->name, false), tw_paste_for("", false));
	}
	assert_null(tw_watch_by_name("https"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transcripts_however_cut),
		cmocka_unit_test(test_broken_protocol_is_said),
		cmocka_unit_test(test_end_gives_what_is_held),
		cmocka_unit_test(test_a_watch_is_small),
		cmocka_unit_test(test_every_service_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
