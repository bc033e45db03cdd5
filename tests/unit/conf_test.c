/*
 * Configurations of servers: each syntax read, values read, whose a text is, and what
 * contradicts a policy by context, inheritance and the server's own values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "conf/row.h"
#include "net/tls_ciphers.h"
#include "report/mend.h"

/* A text read: "file:line block|block name word word", a line each. */
static void
check_lines(const char *server, const char *text, const char *want)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_conf c;
	struct tw_err e;
	struct tw_buf got;

	assert_int_equal(tw_conf_read(a, tw_bytes_of(text), "f", tw_target_by_name(server), &c, &e),
	    0);
	tw_buf_init(&got, 65536);
	for (size_t i = 0; i < c.lines.n; i++) {
		const struct tw_conf_line *l = &c.lines.v[i];

		tw_buf_fmt(&got, "%s:%u ", l->file, l->line);
		for (size_t b = l->block; b != 0; b = c.blocks.v[b].parent)
			tw_buf_fmt(&got, "%s(%s) ", c.blocks.v[b].kind, c.blocks.v[b].label);
		for (size_t w = 0; w < l->n; w++)
			tw_buf_fmt(&got, "%s[%s]", w > 0 ? " " : "", l->words[w]);
		tw_buf_str(&got, "\n");
	}
	assert_string_equal(tw_buf_cstr(&got), want);
	tw_buf_clear(&got);
	tw_arena_free(a);
}

static void
test_nginx_syntax(void **state)
{
	(void)state;
	check_lines("nginx", "a b  'c d' \"e;\\\"f\" g${x}h; # not this;\nhttp { x\n 1;\n server {} y; }",
	    "f:1 [a] [b] [c d] [e;\\\"f] [g${x}h]\nf:2 http() [x] [1]\nf:4 http() [y]\n");
	check_lines("nginx", "x_by_lua_block { if a then b = {} end } y;",
	    "f:1 [x_by_lua_block]\nf:1 [y]\n");
}

/* A dump: files stand where they are included, with their own lines. */
static void
test_nginx_dump(void **state)
{
	(void)state;
	check_lines("nginx", "nginx: the configuration file is ok\n"
	    "# configuration file /e/n.conf:\nhttp {\n include s/*;\n include /e/t;\n z; }\n\n"
	    "# configuration file /e/s/b:\n\nserver { include t; }\n\n"
	    "# configuration file /e/t:\nssl x;\n",
	    "/e/n.conf:2 http() [include] [s/*]\n"
	    "/e/s/b:2 server() http() [include] [t]\n/e/t:1 server() http() [ssl] [x]\n"
	    "/e/n.conf:3 http() [include] [/e/t]\n/e/t:1 http() [ssl] [x]\n"
	    "/e/n.conf:4 http() [z]\n");
}

static void
test_word_syntax(void **state)
{
	(void)state;
	check_lines("apache", "# In file: /a.conf\n#  12:\nSSLProtocol all \\\n -SSLv3\n"
	    "#  15:\n<VirtualHost *:443>\n#  16:\n<IfModule x>\n#  17:\n A \"b c\"\n</IfModule>\n"
	    "# In file: /b.conf\n  #   3:\n  B d\n# In file: /a.conf\n #  19:\n C\n</VirtualHost>\n",
	    "/a.conf:12 [SSLProtocol] [all] [-SSLv3]\n"
	    "/a.conf:17 VirtualHost(*:443) [A] [b c]\n/b.conf:3 VirtualHost(*:443) [B] [d]\n"
	    "/a.conf:19 VirtualHost(*:443) [C]\n");
	check_lines("haproxy", "global\n ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets\n"
	    "defaults\n mode http # x\nfrontend a\n bind :1 ssl crt \"x y\" ciphers A:B alpn h2\n",
	    "f:2 [ssl-min-ver] [TLSv1.2]\nf:2 [no-tls-tickets]\n"
	    "f:4 defaults() [mode] [http]\n"
	    "f:6 bind(:1) frontend(a) [ssl]\nf:6 bind(:1) frontend(a) [crt]\n"
	    "f:6 bind(:1) frontend(a) [x y]\nf:6 bind(:1) frontend(a) [ciphers] [A:B]\n"
	    "f:6 bind(:1) frontend(a) [alpn]\nf:6 bind(:1) frontend(a) [h2]\n");
}

static void
test_assign_syntax(void **state)
{
	(void)state;
	check_lines("postfix", "a = b,\n  c\n# x\n d\ne=\nsubmission/inet/f = g = h\n"
	    "# ---- /m\nsmtp inet n - y - - smtpd\n  -o x=y\n  -o z=\nother unix n - y - - local\n",
	    "f:1 [a] [b, c d]\nf:5 [e] []\nf:6 service(submission/inet) [f] [g = h]\n"
	    "/m:1 service(smtp/inet smtpd) [x] [y]\n/m:1 service(smtp/inet smtpd) [z] []\n");
	check_lines("dovecot", "# 2.4\nssl = yes\nlocal_name a.test {\n  ssl_cert = </x y\n}\n"
	    "service a {\n  inet_listener b {\n    ssl = \"yes\"\n  }\n}\n!include z\n",
	    "f:2 [ssl] [yes]\nf:4 local_name(a.test) [ssl_cert] [</x y]\n"
	    "f:8 inet_listener(b) service(a) [ssl] [yes]\nf:11 [!include] [z]\n");
}

static void
test_refused(void **state)
{
	static const struct { const char *server, *text, *says; } rows[] = {
		{ NULL, "", "does not show" }, { NULL, "hello\n", "does not show" },
		{ "nginx", "a {", "never ends" }, { "nginx", "a; }", "never began" },
		{ "nginx", "a", "\";\"" }, { "nginx", "{ }", "no name" },
		{ "nginx", "a 'b", "quotation" }, { "nginx", "", "no directive" },
		{ "nginx", "a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{",
		    "too deep" },
		{ "nginx", "# configuration file /a:\nx; include /b;\n# configuration file /b:\n"
		    "y; include /b;\n", "too deep" },
		{ "apache", "</x>\n", "never began" }, { "apache", "<x>\ny\n", "never ends" },
		{ "exim", "x", "only" },
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct tw_arena *a = tw_arena_new();
		struct tw_conf c;
		struct tw_err e = { 0 };

		if (tw_conf_read(a, tw_bytes_of(rows[i].text), "f", rows[i].server == NULL ? NULL :
		    tw_target_by_name(rows[i].server), &c, &e) == 0 ||
		    strstr(e.text, rows[i].says) == NULL)
			fail_msg("\"%s\": %s", rows[i].text, e.text);
		tw_arena_free(a);
	}
}

static void
test_versions(void **state)
{
#define V(v)	(1u << TW_##v)
	const unsigned lib = V(TLS10) | V(TLS11) | V(TLS12) | V(TLS13);
	const struct { enum tw_conf_kind kind; const char *value; unsigned want; } rows[] = {
		{ TW_CONF_VERSIONS, "TLSv1.2 TLSv1.3", V(TLS12) | V(TLS13) },
		{ TW_CONF_VERSIONS, "SSLv2 SSLv3 TLSv1", V(SSL2) | V(SSL3) | V(TLS10) },
		{ TW_CONF_SIGNED, "all -SSLv3", lib }, { TW_CONF_SIGNED, "-all +TLSv1.2", V(TLS12) },
		{ TW_CONF_SIGNED, "TLSv1.2 TLSv1.3", V(TLS13) },
		{ TW_CONF_SIGNED, "all +SSLv3 -TLSv1 -TLSv1.1", V(SSL3) | V(TLS12) | V(TLS13) },
		{ TW_CONF_EXCEPT, ">=TLSv1.2", V(TLS12) | V(TLS13) },
		{ TW_CONF_EXCEPT, ">=TLSv1.1, <=TLSv1.2", V(TLS11) | V(TLS12) },
		{ TW_CONF_EXCEPT, "!SSLv2, !SSLv3", lib },
		{ TW_CONF_EXCEPT, "!TLSv1:!TLSv1.1", V(TLS12) | V(TLS13) },
		{ TW_CONF_EXCEPT, "TLSv1.2", V(TLS12) }, { TW_CONF_EXCEPT, "", lib },
		{ TW_CONF_LEAST, "TLSv1.2", V(TLS12) | V(TLS13) },
		{ TW_CONF_LEAST, "SSLv3", lib | V(SSL3) }, { TW_CONF_LEAST, "ANY", lib },
		{ TW_CONF_LEAST, "LATEST", V(TLS13) }, { TW_CONF_MOST, "TLSv1.1", V(TLS10) | V(TLS11) },
		{ TW_CONF_WITHOUT, "TLSv1.0", V(TLS11) | V(TLS12) | V(TLS13) },
		{ TW_CONF_ONLY, "TLSv1.2", V(TLS12) },
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		if (tw_value_versions(rows[i].kind, rows[i].value, lib, "3.5.4") != rows[i].want)
			fail_msg("%s: %x", rows[i].value,
			    tw_value_versions(rows[i].kind, rows[i].value, lib, "3.5.4"));
	assert_int_equal(tw_value_library("1.0.2"), V(SSL3) | V(TLS10) | V(TLS11) | V(TLS12));
	assert_int_equal(tw_value_library("1.1.1"), lib);
}

static void
test_groups(void **state)
{
	static const struct { const char *value, *openssl; bool hybrid; const char *weak; } rows[] = {
		{ "X25519MLKEM768:X25519", "3.5", true, NULL },
		{ "X25519:prime256v1", "3.5", false, NULL }, { "auto", "3.5", true, NULL },
		{ "auto", "3.0", false, NULL }, { "", "3.5", true, NULL },
		{ "?*X25519MLKEM768/X25519", "3.5", true, NULL }, { "P-256, sect163k1", "3.5", false,
		    "sect163k1" }, { "-X25519MLKEM768:P-256", "3.5", false, NULL },
	};
	struct tw_arena *a = tw_arena_new();

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		const char *weak;

		assert_int_equal(tw_value_has_hybrid(a, rows[i].value, rows[i].openssl, &weak),
		    rows[i].hybrid);
		assert_true((weak != NULL) == (rows[i].weak != NULL));
		assert_true(weak == NULL || strstr(weak, rows[i].weak) != NULL);
	}
	tw_arena_free(a);
}

/* The ids a string makes, in the order of the table of findings. */
static void
check_string(const char *string, bool old_only, const char *want)
{
	struct tw_conf_question q = { .expand = tw_tls_ciphers };
	struct tw_arena *a = tw_arena_new();
	tw_cipher_faults faults = { 0 };
	const char *got = "";

	tw_ciphers_judge(a, string, old_only, &q, &faults);
	for (size_t i = 0; i < faults.n; i++)
		got = tw_arena_fmt(a, "%s%s%s", got, i > 0 ? " " : "",
		    tw_findings[faults.v[i].id].id);
	assert_string_equal(got, want);
	tw_arena_free(a);
}

static void
test_ciphers(void **state)
{
	(void)state;
	check_string("ECDHE-RSA-AES128-GCM-SHA256", true, "");
	check_string("AES128-SHA", false, "cbc-sha1-suite static-rsa-suite");
	check_string("AES128-SHA", true,
	    "cbc-sha1-suite static-rsa-suite no-forward-secrecy no-aead");
	check_string("ECDHE-RSA-AES128-GCM-SHA256:RC4-SHA", false, "rc4-suite static-rsa-suite");
	check_string("ECDHE-RSA-AES128-GCM-SHA256:EXP-RC4-MD5", false, "export-suite rc4-suite");
	check_string("ECDHE-RSA-AES128-GCM-SHA256:RC4:!RC4", false, "");
	check_string("ECDHE-RSA-AES128-GCM-SHA256:+RC4:-DES:EXPORT", false, "export-suite");
	check_string("ECDHE+AESGCM:ECDHE+RC4:LOW:!aNULL", false, "rc4-suite des-suite");
	check_string("ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:@SECLEVEL=2", false,
	    "cbc-sha1-suite static-rsa-suite");
	check_string("ECDHE-RSA-AES128-GCM-SHA256:!NOTHING", false, "");
	check_string("NULL-SHA:AECDH-AES128-SHA", false,
	    "null-suite anonymous-suite cbc-sha1-suite static-rsa-suite");
	check_string("", false, "");
}

/* What a text makes: "line id" each, "line! id" where it is not set. */
static void
check_found(const char *server, const char *version, const char *openssl, const char *text,
    const char *want)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_conf_question q = { tw_policies[0], version, openssl, tw_tls_ciphers };
	tw_contradictions found;
	struct tw_conf c;
	struct tw_err e;
	const char *got = "";

	assert_int_equal(tw_conf_read(a, tw_bytes_of(text), "f", tw_target_by_name(server), &c, &e),
	    0);
	tw_check_conf(&c, &q, &found);
	for (size_t i = 0; i < found.n; i++)
		got = tw_arena_fmt(a, "%s%s%u%s %s", got, i > 0 ? ", " : "", found.v[i].line,
		    found.v[i].directive == NULL ? "!" : "", tw_findings[found.v[i].id].id);
	if (strcmp(got, want) != 0)
		fail_msg("%s\ngot  %s\nwant %s", text, got, want);
	tw_arena_free(a);
}

#define GOOD	"ECDHE-RSA-AES128-GCM-SHA256"
#define STS	"add_header Strict-Transport-Security max-age=63072000;"

static void
test_nginx(void **state)
{
	(void)state;
	/* Nothing set: by version. Nobody listens with TLS: nothing. */
	check_found("nginx", "1.27.3", "3.5.4", "server { listen 443 ssl; ssl_ciphers " GOOD ";" STS "}",
	    "");
	check_found("nginx", "1.24.0", "3.5.4", "server { listen 443 ssl; ssl_ciphers " GOOD ";" STS "}",
	    "1! tls10-offered, 1! tls11-offered");
	check_found("nginx", "1.22.0", "3.5.4", "server { listen 443 ssl; ssl_ciphers " GOOD ";" STS "}",
	    "1! tls10-offered, 1! tls11-offered, 1! tls13-missing");
	/* Inherited once, overridden, and told where it stands. */
	check_found("nginx", "1.28.0", "3.5.4", "http { ssl_ciphers " GOOD "; " STS "\n"
	    "ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;\nserver { listen 1 ssl; }\n"
	    "server { listen 2 ssl; }\nserver { listen 3 ssl;\nssl_protocols TLSv1.3; } }",
	    "2 tls11-offered, 6 tls12-missing");
	/* TLS 1.3 alone: the list does not matter. The header in a location counts. */
	check_found("nginx", "1.28.0", "3.5.4", "server { listen 1 ssl; ssl_protocols TLSv1.2 TLSv1.3;\n"
	    "ssl_ciphers AES128-SHA; location / { add_header Strict-Transport-Security max-age=1; } }",
	    "2 static-rsa-suite, 2 cbc-sha1-suite, 2 hsts-missing");
	check_found("nginx", "1.28.0", "3.5.4", "stream { server { listen 1 ssl; ssl_ecdh_curve P-256;\n"
	    "ssl_conf_command MinProtocol TLSv1.1; ssl_ciphers " GOOD "; } }",
	    "1 no-post-quantum");
	check_found("nginx", "1.28.0", "3.0.1", "stream { server { listen 1 ssl; ssl_ecdh_curve P-256;\n"
	    "ssl_ciphers " GOOD "; } }", "");
	check_found("nginx", "1.28.0", "3.5.4", "mail { ssl_ciphers " GOOD ";\nserver { listen 143; }\n"
	    "server { listen 110; starttls on; }\nserver { listen 587; starttls only; }\n"
	    "server { listen 993 ssl; } }", "2! starttls-not-offered, 3 plaintext-auth-accepted");
	/* A part of a configuration: what it sets. */
	check_found("nginx", "1.22.0", "3.5.4", "ssl_protocols TLSv1 TLSv1.2 TLSv1.3;", "1 tls10-offered");
}

static void
test_apache(void **state)
{
	(void)state;
	check_found("apache", "2.4.66", "3.5.4", "SSLProtocol all -SSLv3\nSSLCipherSuite " GOOD "\n"
	    "<VirtualHost *:80>\nSSLProtocol SSLv3\n</VirtualHost>\n<VirtualHost *:443>\nSSLEngine on\n"
	    "SSLCompression on\nHeader always set Strict-Transport-Security max-age=99999999\n"
	    "</VirtualHost>\n", "1 tls10-offered, 1 tls11-offered, 8 crime");
	check_found("apache", "2.4.66", "3.5.4", "<VirtualHost *:443>\nSSLEngine optional\n"
	    "SSLProtocol -all +TLSv1.2 +TLSv1.3\nSSLCipherSuite TLSv1.3 TLS_AES_128_CCM_8_SHA256\n"
	    "SSLCipherSuite " GOOD "\nSSLOpenSSLConfCmd Curves P-256\nHeader unset Strict-Transport-Security\n"
	    "</VirtualHost>\n",
	    "1! hsts-missing, 2 opossum, 4 ccm8-suite, 6 no-post-quantum");
}

#define POSTFIX	"tls_high_cipherlist = " GOOD "\nsmtpd_tls_ciphers = high\n" \
	"smtpd_tls_mandatory_ciphers = high\ntls_eecdh_auto_curves = X25519MLKEM768\n"

static void
test_postfix(void **state)
{
	(void)state;
	check_found("postfix", "3.10.5", "3.5.4", POSTFIX "smtpd_tls_security_level = may\n",
	    "1! tls10-offered, 1! tls11-offered, 1! tls10-offered, 1! tls11-offered");
	check_found("postfix", "3.10.5", "3.5.4", POSTFIX "smtpd_tls_protocols = >=TLSv1.2\n",
	    "1! starttls-not-offered");
	check_found("postfix", "3.10.5", "3.5.4", POSTFIX "smtpd_use_tls = yes\n"
	    "smtpd_tls_protocols = >=TLSv1.2\nsmtpd_tls_mandatory_protocols = !SSLv3, !TLSv1\n"
	    "smtpd_sasl_auth_enable = yes\n", "1! plaintext-auth-accepted, 7 tls11-offered");
	check_found("postfix", "3.10.5", "3.5.4", POSTFIX "smtpd_tls_security_level = encrypt\n"
	    "smtpd_tls_protocols = >=TLSv1.2\nsmtpd_tls_mandatory_protocols = >=TLSv1.2\n"
	    "smtpd_sasl_auth_enable = yes\nsubmission/inet/smtpd_tls_mandatory_protocols = TLSv1.1\n",
	    "9 tls11-offered, 9 tls13-missing, 9 tls12-missing");
	check_found("postfix", "3.10.5", "3.5.4", POSTFIX "smtpd_tls_security_level = may\n"
	    "smtpd_tls_protocols = >=TLSv1.2\nsmtpd_tls_mandatory_protocols = >=TLSv1.2\n"
	    "tls_medium_cipherlist = AES128-SHA:" GOOD "\nsmtpd_tls_ciphers = medium\n"
	    "smtpd_tls_exclude_ciphers = kRSA\n", "");
}

static void
test_dovecot(void **state)
{
	static const char text[] = "ssl_cipher_list = " GOOD "\nprotocol imap {\n"
	    "  ssl_min_protocol = TLSv1.1\n}\nservice x {\n  inet_listener y {\n    ssl = no\n  }\n}\n";

	(void)state;
	check_found("dovecot", "2.3.21", "3.5.4", text, "3 tls11-offered");
	check_found("dovecot", "2.3.10", "3.5.4", text, "1! tls10-offered, 1! tls11-offered, "
	    "3 tls11-offered");
	check_found("dovecot", "2.3.21", "3.5.4", "ssl_cipher_list = " GOOD "\n"
	    "disable_plaintext_auth = no\nssl_options = no_ticket compression\n",
	    "2 plaintext-auth-accepted, 3 crime");
	check_found("dovecot", "2.4.1", "3.5.4", "ssl_cipher_list = " GOOD "\nssl = required\n"
	    "auth_allow_cleartext = yes\n", "");
	check_found("dovecot", "2.4.1", "3.5.4", "ssl = no\n", "1 starttls-not-offered");
}

static void
test_haproxy(void **state)
{
	(void)state;
	check_found("haproxy", "3.0.1", "3.5.4", "global\n ssl-default-bind-ciphers " GOOD "\n"
	    "frontend a\n bind :1 ssl crt x\n bind :2\n bind :3 ssl crt x ssl-min-ver TLSv1.1 no-tlsv11\n"
	    " bind :4 ssl crt x no-tlsv13 allow-0rtt\n",
	    "6 tls11-offered, 7 tls13-missing, 7 early-data");
	check_found("haproxy", "2.0.1", "1.1.1", "global\n ssl-default-bind-ciphers " GOOD "\n"
	    "frontend a\n bind :1 ssl crt x\n", "4! tls10-offered, 4! tls11-offered");
	check_found("haproxy", "3.0.1", "3.5.4", "global\n ssl-default-bind-ciphers " GOOD "\n"
	    "defaults\n mode http\nfrontend a\n bind :1 ssl crt x\nlisten b\n mode tcp\n bind :2 ssl\n"
	    "frontend c\n bind :3 ssl ciphers AES128-SHA\n http-response set-header "
	    "Strict-Transport-Security max-age=99999999\n",
	    "11 static-rsa-suite, 11 cbc-sha1-suite");
}

/* Every row can be found by its first name, and its lines mend what it finds. */
static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < tw_rows_n; i++) {
		const struct tw_conf_row *r = &tw_rows[i];

		assert_true(i == 0 || tw_rows[i - 1].server <= r->server);
		assert_true(r->kind != TW_CONF_SWITCH || (r->arg != NULL && r->mend != NULL));
		for (size_t k = 0; k < TW_COUNT(r->own) && r->own[k].since != NULL; k++)
			assert_non_null(r->own[k].value);
	}
	for (int s = 0; s < TW_CONF_SERVERS; s++)
		assert_non_null(tw_target_by_name(tw_conf_name((enum tw_conf_server)s)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nginx_syntax),
		cmocka_unit_test(test_nginx_dump),
		cmocka_unit_test(test_word_syntax),
		cmocka_unit_test(test_assign_syntax),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_ciphers),
		cmocka_unit_test(test_nginx),
		cmocka_unit_test(test_apache),
		cmocka_unit_test(test_postfix),
		cmocka_unit_test(test_dovecot),
		cmocka_unit_test(test_haproxy),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
