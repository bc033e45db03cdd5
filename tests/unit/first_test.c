/* First flights told apart at every cut, and what FTP says about its data connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/first.h"
#include "wire/ftp_data.h"

/* As TW_BYTES(), for a static table. */
#define ROW(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

static const struct {
	enum tw_first kind;
	struct tw_bytes in;
} flights[] = {
	{ TW_FIRST_TLS, ROW("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") },
	{ TW_FIRST_TLS, ROW("\x16\x03\x00\x00\x2d\x01\x00\x00\x29\x03\x00") },
	{ TW_FIRST_TLS, ROW("\x16\x03\x03\x00\x01\x01") },	/* cut to one byte */
	{ TW_FIRST_SSL2, ROW("\x80\x2e\x01\x00\x02\x00\x15") },
	{ TW_FIRST_SSL2, ROW("\x80\x2e\x01\x03\x01\x00\x15") },
	{ TW_FIRST_POSTGRES_TLS, ROW("\0\0\0\x08\x04\xd2\x16\x2f") },
	{ TW_FIRST_POSTGRES_GSS, ROW("\0\0\0\x08\x04\xd2\x16\x30") },
	{ TW_FIRST_POSTGRES_STARTUP, ROW("\0\0\0\x21\0\x03\0\0user\0ann\0") },
	{ TW_FIRST_POSTGRES_STARTUP, ROW("\0\0\x01\x21\0\x03\0\x02user\0ann\0") },
	{ TW_FIRST_POSTGRES_CANCEL, ROW("\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\1\0\0\0\2") },
	{ TW_FIRST_HTTP1, ROW("GET / HTTP/1.1\r\n") },
	{ TW_FIRST_HTTP1, ROW("PROPFIND / HTTP/1.1\r\n") },
	{ TW_FIRST_HTTP1, ROW("POST / HTTP/1.1\r\n") },
	{ TW_FIRST_HTTP2, ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04") },
	{ TW_FIRST_SSH, ROW("SSH-2.0-OpenSSH_10.0\r\n") },
	{ TW_FIRST_SSH, ROW("SSH-1.99-x\r\n") },
	{ TW_FIRST_PROXY_LINE, ROW("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n") },
	{ TW_FIRST_PROXY_HEADER, ROW("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c") },
	{ TW_FIRST_UNKNOWN, ROW("EHLO there\r\n") },
	{ TW_FIRST_UNKNOWN, ROW("get / HTTP/1.1\r\n") },
	{ TW_FIRST_UNKNOWN, ROW("GETS / HTTP/1.1\r\n") },
	{ TW_FIRST_UNKNOWN, ROW("PRI * HTTP/2.0\r\n\r\nSMX") },
	{ TW_FIRST_UNKNOWN, ROW("SSH-1.5-x") },
	{ TW_FIRST_UNKNOWN, ROW("PROXX") },
	{ TW_FIRST_UNKNOWN, ROW("\x16\x03\x01\x02\x00\x02") },	/* a ServerHello */
	{ TW_FIRST_UNKNOWN, ROW("\x16\xfe\xff") },			/* DTLS */
	{ TW_FIRST_UNKNOWN, ROW("\x15\x03\x01\x00\x02\x02\x28") },	/* an alert */
	{ TW_FIRST_UNKNOWN, ROW("\x80\x2e\x04\x00\x02") },
	{ TW_FIRST_UNKNOWN, ROW("\0\0\x40\0\0\x03\0\0") },		/* 16 KiB of startup */
	{ TW_FIRST_UNKNOWN, ROW("\0\0\0\x08\x04\xd2\x16\x2d") },
	{ TW_FIRST_UNKNOWN, ROW("\0\0\0\x21\0\x02\0\0") },		/* protocol 2 */
	{ TW_FIRST_UNKNOWN, ROW("\r\n\r\nGET / HTTP/1.1") },
	{ TW_FIRST_UNKNOWN, ROW("\x00\x00\x00\x54\xfe\x53MB") },	/* SMB */
	{ TW_FIRST_MORE, ROW("") },
	{ TW_FIRST_MORE, ROW("PRO") },
	{ TW_FIRST_MORE, ROW("\x16\x03\x01\x02\x00") },
	{ TW_FIRST_MORE, ROW("\r\n\r\n") },
};

static void
first_flights(void **state)
{
	(void)state;
	for (size_t i = 0; i < TW_COUNT(flights); i++) {
		struct tw_bytes in = flights[i].in;

		if (tw_first_read(in) != flights[i].kind)
			fail_msg("row %zu is taken for %d", i, tw_first_read(in));
		for (size_t cut = 0; cut < in.n; cut++) {
			enum tw_first k = tw_first_read((struct tw_bytes){ in.p, cut });

			assert_true(k == TW_FIRST_MORE || k == flights[i].kind);
		}
	}
}

/* Any bytes: once decided it stays, and the bound decides. */
static void
any_bytes(void **state)
{
	uint8_t b[TW_FIRST_BYTES];
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		enum tw_first last = TW_FIRST_MORE;
		struct tw_bytes like = flights[round % TW_COUNT(flights)].in;

		for (size_t i = 0; i < sizeof(b); i++) {
			seed = seed * 1664525 + 1013904223;
			b[i] = i < like.n && seed >> 28 != 0 ? like.p[i] : (uint8_t)(seed >> 20);
		}
		for (size_t n = 0; n <= sizeof(b); n++) {
			enum tw_first k = tw_first_read((struct tw_bytes){ b, n });

			assert_true(last == TW_FIRST_MORE || k == last);
			last = k;
		}
		assert_int_not_equal(last, TW_FIRST_MORE);
	}
}

static void
ftp_commands(void **state)
{
	static const struct {
		const char *line;
		enum tw_ftp_command command;
		const char *argument;
	} rows[] = {
		{ "PASV\r\n", TW_FTP_PASV, "" },
		{ "pasv", TW_FTP_PASV, "" },
		{ "EPSV ALL\r\n", TW_FTP_EPSV, "ALL" },
		{ "Epsv 2\n", TW_FTP_EPSV, "2" },
		{ "PORT 127,0,0,1,4,1\r\n", TW_FTP_PORT, "127,0,0,1,4,1" },
		{ "EPRT |2|::1|5282|\r\n", TW_FTP_EPRT, "|2|::1|5282|" },
		{ " PORT 1\r\n", TW_FTP_PORT, "1" },
		{ "PORT\t1\r\n", TW_FTP_PORT, "1" },
		{ "LPRT 6,16\r\n", TW_FTP_LPRT, "6,16" },
		{ "LPSV\r\n", TW_FTP_LPSV, "" },
		{ "PBSZ 0\r\n", TW_FTP_PBSZ, "0" },
		{ "PROT P\r\n", TW_FTP_PROT, "P" },
		{ "CCC\r\n", TW_FTP_CCC, "" },
		{ "AUTH TLS\r\n", TW_FTP_AUTH, "TLS" },
		{ "PORTS 1\r\n", TW_FTP_OTHER, "1" },
		{ "POR\r\n", TW_FTP_OTHER, "" },
		{ "USER PORT\r\n", TW_FTP_OTHER, "PORT" },
		{ "\r\n", TW_FTP_OTHER, "" },
		{ "", TW_FTP_OTHER, "" },
	};
	struct tw_bytes argument;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		assert_int_equal(tw_ftp_data_command(tw_bytes_of(rows[i].line), &argument),
		    rows[i].command);
		assert_true(tw_bytes_equal(argument, tw_bytes_of(rows[i].argument)));
	}
}

static void
ftp_replies(void **state)
{
	/* RFC 959 4.1.2 and 4.2; RFC 2428 3; the words of vsftpd, ProFTPD and pure-ftpd. */
	static const char *const passive[] = {
		"227 Entering Passive Mode (192,0,2,7,200,13)",
		"227 Entering Passive Mode (192,0,2,7,200,13).\r\n",
		"227 ok (192,0,2,7,200,13) go on\n",
	};
	static const char *const not_passive[] = {
		"", "227", "227 Entering Passive Mode", "227 (192,0,2,7,200,13", "227 ()",
		"227 (192,0,2,7,200)", "227 (192,0,2,7,200,13,1)", "227 (192,0,2,256,200,13)",
		"227 (192,0,2,7,-1,13)", "227 (192,0,2,7,200,13 )", "227 ( 192,0,2,7,200,13)",
		"227 (192,0,2,7,0,0)", "227 (192.0.2.7,200,13)", "227-(192,0,2,7,200,13)",
		"229 (192,0,2,7,200,13)", "227 (192,0,2,7,200,000013)", "227 (192,,0,2,7,200,13)",
	};
	static const char *const extended[] = {
		"229 Entering Extended Passive Mode (|||51213|)",
		"229 Entering Extended Passive Mode (|||51213|)\r\n",
		"229 Extended Passive mode OK (!!!51213!)\r\n",
	};
	static const char *const not_extended[] = {
		"", "229 ", "229 (|||51213)", "229 (||51213|)", "229 (|||0|)", "229 (|||65536|)",
		"229 (|||051213|)", "229 (|1|192.0.2.7|51213|)", "229 (11151213 1)", "229 (|!|51213|)",
		"229 (   51213 )", "227 (|||51213|)", "229 (||||)", "229 (|||-1|)", "229 |||51213|",
		"229 (11151213111)",
	};
	static const uint8_t address[4] = { 192, 0, 2, 7 };
	struct tw_buf out;
	uint8_t got[4];
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(passive); i++) {
		port = 0;
		assert_true(tw_ftp_data_read_passive(tw_bytes_of(passive[i]), got, &port));
		assert_memory_equal(got, address, 4);
		assert_int_equal(port, 51213);
	}
	for (size_t i = 0; i < TW_COUNT(not_passive); i++)
		if (tw_ftp_data_read_passive(tw_bytes_of(not_passive[i]), got, &port))
			fail_msg("taken: %s", not_passive[i]);
	for (size_t i = 0; i < TW_COUNT(extended); i++) {
		port = 0;
		assert_true(tw_ftp_data_read_extended(tw_bytes_of(extended[i]), &port));
		assert_int_equal(port, 51213);
	}
	for (size_t i = 0; i < TW_COUNT(not_extended); i++)
		if (tw_ftp_data_read_extended(tw_bytes_of(not_extended[i]), &port))
			fail_msg("taken: %s", not_extended[i]);
	tw_buf_init(&out, 200);
	tw_ftp_data_write_passive(&out, address, 51213);
	assert_string_equal(tw_buf_cstr(&out), "227 Entering Passive Mode (192,0,2,7,200,13).\r\n");
	tw_buf_clear(&out);
	tw_ftp_data_write_extended(&out, 51213);
	assert_string_equal(tw_buf_cstr(&out),
	    "229 Entering Extended Passive Mode (|||51213|)\r\n");
	tw_buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_flights),
		cmocka_unit_test(any_bytes),
		cmocka_unit_test(ftp_commands),
		cmocka_unit_test(ftp_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
