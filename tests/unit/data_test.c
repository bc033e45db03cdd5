/* The tables: sorted, unique, and of one mind with libssl, libcrypto and /etc/services. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include <netdb.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>

#include "base/bytes.h"
#include "data/alert.h"
#include "data/explain.h"
#include "data/finding.h"
#include "data/group.h"
#include "data/port.h"
#include "data/scheme.h"
#include "data/suite.h"
#include "data/version.h"

static void
test_versions(void **state)
{
	static const struct {
		const char *id;
		int year;
		uint16_t wire;
		const char *retired;
	} k1[] = { { "SSLv2", 1995, 0x0002, "RFC 6176" }, { "SSLv3", 1996, 0x0300, "RFC 7568" },
		{ "TLSv1.0", 1999, 0x0301, "RFC 8996" }, { "TLSv1.1", 2006, 0x0302, "RFC 8996" },
		{ "TLSv1.2", 2008, 0x0303, NULL }, { "TLSv1.3", 2018, 0x0304, NULL } };
	static const struct {
		const char *word;
		int version;
	} words[] = { { "tls1.2", TW_TLS12 }, { "TLS 1.3", TW_TLS13 }, { "TLSv1", TW_TLS10 },
		{ "tls13", TW_TLS13 }, { "tls1_1", TW_TLS11 }, { "ssl3", TW_SSL3 },
		{ "SSL 2.0", TW_SSL2 }, { "sslv3.0", TW_SSL3 }, { "TLS 1.4", -1 },
		{ "tls14", -1 }, { "", -1 }, { "imap", -1 } };

	(void)state;
	assert_int_equal(TW_COUNT(k1), TW_VERSIONS);
	for (int i = 0; i < TW_VERSIONS; i++) {
		const struct tw_version_row *v = &tw_versions[i];

		assert_string_equal(v->id, k1[i].id);
		assert_int_equal(v->year, k1[i].year);
		assert_int_equal(v->wire, k1[i].wire);
		assert_int_equal(v->retired == NULL, k1[i].retired == NULL);
		if (v->retired != NULL)
			assert_string_equal(v->retired, k1[i].retired);
		assert_int_equal(v->status == TW_CURRENT, v->retired == NULL);
		assert_int_equal(tw_version_by_wire(v->wire), i);
		assert_int_equal(tw_version_by_name(v->id), i);
		assert_int_equal(tw_version_by_name(v->title), i);
	}
	assert_int_equal(tw_version_by_wire(0x0305), -1);
	for (size_t i = 0; i < TW_COUNT(words); i++)
		assert_int_equal(tw_version_by_name(words[i].word), words[i].version);
}

static void
test_suites_are_sorted_and_whole(void **state)
{
	size_t iana = 0;

	(void)state;
	for (size_t i = 0; i < tw_suites_n; i++) {
		const struct tw_suite *s = &tw_suites[i];

		if (i > 0)
			assert_true(tw_suites[i - 1].code < s->code);
		assert_ptr_equal(tw_suite_by_code(s->code), s);
		assert_ptr_equal(tw_suite_by_name(s->name), s);	/* so names are unique */
		assert_true(s->code < 0x10000 || s->ssl2);
		/* What a suite is follows from its name, and the columns must say the same. */
		assert_int_equal(s->export, strstr(s->name, "EXPORT") != NULL);
		assert_int_equal(s->export, s->bits > 0 && s->bits <= 56 &&
		    strstr(s->name, "EXPORT") != NULL);
		assert_int_equal(s->aead, strcmp(s->mac, "AEAD") == 0);
		assert_int_equal(s->bits == 0, strcmp(s->cipher, "NULL") == 0);
		if (strcmp(s->cipher, "3DES") == 0)
			assert_int_equal(s->bits, 112);
		if (strstr(s->name, "_anon_") != NULL)
			assert_string_equal(s->authentication, "anon");
		if (strstr(s->name, "DHE_") != NULL || s->tls13)
			assert_true(s->forward_secrecy);
		if (strncmp(s->name, "TLS_RSA_", 8) == 0)
			assert_false(s->forward_secrecy);
		if (strncmp(s->name, "TLS_", 4) == 0)
			iana++;
	}
	assert_true(iana >= 345);
	assert_null(tw_suite_by_code(0x0A0A));	/* GREASE is no suite */
	assert_null(tw_suite_by_name("TLS_NO_SUCH"));
	assert_int_equal(tw_suite_by_code(0xC02F)->bits, 128);
	assert_string_equal(tw_suite_by_name("ecdhe-rsa-aes128-gcm-sha256")->name,
	    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	assert_int_equal(tw_suite_by_name("RC4-MD5")->code, 0x0004);
	assert_string_equal(tw_suite_by_code(0x010080)->name, "SSL_CK_RC4_128_WITH_MD5");
	assert_true(tw_suite_by_code(0x00FF)->signalling);
	assert_true(tw_suite_by_code(0x5600)->signalling);
}

static void
test_suites_agree_with_libssl(void **state)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	STACK_OF(SSL_CIPHER) *list;
	SSL *ssl;
	int n = 0;

	(void)state;
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
				      "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:"
				      "TLS_AES_128_CCM_8_SHA256");
	assert_int_equal(SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL"), 1);
	ssl = SSL_new(ctx);
	list = SSL_get_ciphers(ssl);
	for (int i = 0; i < sk_SSL_CIPHER_num(list); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(list, i);
		const struct tw_suite *s = tw_suite_by_code(SSL_CIPHER_get_protocol_id(c));

		assert_non_null(s);
		assert_string_equal(s->openssl, SSL_CIPHER_get_name(c));
		assert_string_equal(s->name, SSL_CIPHER_standard_name(c));
		assert_int_equal(s->aead, SSL_CIPHER_is_aead(c));
		if (SSL_CIPHER_get_auth_nid(c) == NID_auth_null)
			assert_string_equal(s->authentication, "anon");
		if (SSL_CIPHER_get_kx_nid(c) == NID_kx_rsa)
			assert_string_equal(s->key_exchange, "RSA");
		if (SSL_CIPHER_get_kx_nid(c) == NID_kx_ecdhe)
			assert_string_equal(s->key_exchange, "ECDHE");
		n++;
	}
	assert_true(n > 100);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

static void
test_groups(void **state)
{
	int known = 0;

	(void)state;
	for (size_t i = 0; i < tw_groups_n; i++) {
		const struct tw_group *g = &tw_groups[i];
		int nid;

		if (i > 0)
			assert_true(tw_groups[i - 1].code < g->code);
		assert_ptr_equal(tw_group_by_code(g->code), g);
		assert_ptr_equal(tw_group_by_name(g->name), g);
		if (g->other != NULL)
			assert_ptr_equal(tw_group_by_name(g->other), g);
		assert_int_equal(g->ffdhe, strncmp(g->name, "ffdhe", 5) == 0);
		assert_int_equal(g->post_quantum,
		    strstr(g->name, "MLKEM") != NULL || strstr(g->name, "Kyber") != NULL);
		nid = OBJ_sn2nid(g->name);
		if (nid == NID_undef)
			nid = EC_curve_nist2nid(g->other != NULL ? g->other : "");
		if (nid != NID_undef && g->code < 0x1D) {
			EC_GROUP *e = EC_GROUP_new_by_curve_name(nid);

			if (e == NULL)
				continue;
			assert_true(EC_GROUP_get_degree(e) == g->bits);
			EC_GROUP_free(e);
			known++;
		}
	}
	assert_true(known >= 5);
	assert_int_equal(tw_group_by_name("X25519MLKEM768")->code, 0x11EC);
	assert_int_equal(tw_group_by_name("p-256")->code, 23);
	assert_null(tw_group_by_code(0xEEEE));
}

static void
check_prime(BIGNUM *p, const char *want)
{
	uint8_t bytes[1024 + 1] = { 0 };
	int n = BN_num_bytes(p);

	BN_bn2bin(p, bytes + 1);	/* a leading zero must not matter */
	assert_non_null(tw_dh_prime_name(bytes, (size_t)n + 1));
	assert_string_equal(tw_dh_prime_name(bytes, (size_t)n + 1), want);
	bytes[n] ^= 2;
	assert_null(tw_dh_prime_name(bytes + 1, (size_t)n));
	BN_free(p);
}

static void
check_ffdhe(char *name)
{
	OSSL_PARAM params[] = { OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name,
				    strlen(name)),
		OSSL_PARAM_END };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	EVP_PKEY *key = NULL;
	BIGNUM *p = NULL;

	assert_int_equal(EVP_PKEY_paramgen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &p), 1);
	check_prime(p, name);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
}

static void
test_primes_agree_with_libcrypto(void **state)
{
	static char ffdhe[][10] = { "ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144",
		"ffdhe8192" };

	(void)state;
	check_prime(BN_get_rfc2409_prime_768(NULL), "RFC 2409 group 1, 768 bits");
	check_prime(BN_get_rfc2409_prime_1024(NULL), "RFC 2409 group 2, 1024 bits");
	check_prime(BN_get_rfc3526_prime_1536(NULL), "RFC 3526 group 5, 1536 bits");
	check_prime(BN_get_rfc3526_prime_2048(NULL), "RFC 3526 group 14, 2048 bits");
	check_prime(BN_get_rfc3526_prime_3072(NULL), "RFC 3526 group 15, 3072 bits");
	check_prime(BN_get_rfc3526_prime_4096(NULL), "RFC 3526 group 16, 4096 bits");
	check_prime(BN_get_rfc3526_prime_6144(NULL), "RFC 3526 group 17, 6144 bits");
	check_prime(BN_get_rfc3526_prime_8192(NULL), "RFC 3526 group 18, 8192 bits");
	for (size_t i = 0; i < TW_COUNT(ffdhe); i++)
		check_ffdhe(ffdhe[i]);
}

static void
test_schemes_and_alerts(void **state)
{
	(void)state;
	for (size_t i = 0; i < tw_schemes_n; i++) {
		if (i > 0)
			assert_true(tw_schemes[i - 1].code < tw_schemes[i].code);
		assert_ptr_equal(tw_scheme_by_code(tw_schemes[i].code), &tw_schemes[i]);
		assert_ptr_equal(tw_scheme_by_name(tw_schemes[i].name), &tw_schemes[i]);
	}
	assert_null(tw_scheme_by_code(0x0909));
	assert_int_equal(tw_scheme_by_name("rsa_pss_rsae_sha256")->code, 0x0804);
	for (size_t i = 0; i < tw_alerts_n; i++) {
		char lib[64], name[64];

		if (i > 0)
			assert_true(tw_alerts[i - 1].code < tw_alerts[i].code);
		assert_ptr_equal(tw_alert_by_code(tw_alerts[i].code), &tw_alerts[i]);
		assert_ptr_equal(tw_alert_by_name(tw_alerts[i].name), &tw_alerts[i]);
		assert_memory_equal(tw_alerts[i].causes, "- ", 2);
		snprintf(name, sizeof(name), "%s", tw_alerts[i].name);
		snprintf(lib, sizeof(lib), "%s",
		    SSL_alert_desc_string_long(tw_alerts[i].code));
		for (char *c = name; *c != '\0'; c++)
			if (*c == '_')
				*c = ' ';
		for (char *c = lib; *c != '\0'; c++)
			if (*c == '_')
				*c = ' ';
		if (strcmp(lib, "unknown") != 0)
			assert_int_equal(strcasecmp(lib, name), 0);
	}
	assert_null(tw_alert_by_code(255));
}

static void
test_ports(void **state)
{
	(void)state;
	assert_true(tw_ports_n >= 100);
	for (size_t i = 0; i < tw_ports_n; i++) {
		const struct tw_port *p = &tw_ports[i];
		char alias[64];
		int n, at = 0;

		if (i > 0)
			assert_true(tw_ports[i - 1].port <= p->port);
		assert_ptr_equal(tw_port_by_scheme(p->scheme), p);	/* so schemes are unique */
		/* An alias names its own row: neither another scheme nor another's alias. */
		while (sscanf(p->aliases + at, "%63s%n", alias, &n) == 1) {
			assert_ptr_equal(tw_port_by_scheme(alias), p);
			at += n;
		}
		assert_true(strcmp(p->transport, "tcp") == 0 || strcmp(p->transport, "udp") == 0);
		assert_true(p->title[0] != '\0' && p->use[0] != '\0' && p->negotiation[0] != '\0');
		if (p->dialogue != NULL)
			assert_true(p->mode == TW_EXPLICIT || p->mode == TW_NEGOTIATED);
	}
	for (size_t i = 0; i < tw_host_ports_n; i++)
		assert_non_null(tw_port_by_number(tw_host_ports[i]));
	assert_null(tw_port_by_number(0));
	assert_null(tw_port_by_number(4));
	assert_null(tw_port_by_scheme("nothing"));
}

static void
test_ports_of_the_interface(void **state)
{
	static const struct {
		const char *scheme, *service;
		uint16_t port;
		enum tw_mode mode;
	} want[] = { { "imap", "imap", 143, TW_EXPLICIT }, { "imaps", "imap", 993, TW_IMPLICIT },
		{ "smtp", "smtp", 25, TW_EXPLICIT }, { "submission", "submission", 587, TW_EXPLICIT },
		{ "submissions", "submission", 465, TW_IMPLICIT },
		{ "SMTPS", "submission", 465, TW_IMPLICIT },
		{ "postgres", "postgres", 5432, TW_NEGOTIATED },
		{ "postgresql", "postgres", 5432, TW_NEGOTIATED },
		{ "ldap", "ldap", 389, TW_EXPLICIT }, { "ldaps", "ldap", 636, TW_IMPLICIT },
		{ "ftp", "ftp", 21, TW_EXPLICIT }, { "ftps", "ftp", 990, TW_IMPLICIT },
		{ "mysql", "mysql", 3306, TW_NEGOTIATED }, { "mssql", "mssql", 1433, TW_NEGOTIATED },
		{ "redis", "redis", 6379, TW_IMPLICIT }, { "rediss", "redis", 6379, TW_IMPLICIT },
		{ "xmpp-client", "xmpp-client", 5222, TW_EXPLICIT },
		{ "xmpp-server", "xmpp-server", 5269, TW_EXPLICIT },
		{ "rdp", "rdp", 3389, TW_NEGOTIATED }, { "https", "https", 443, TW_IMPLICIT },
		{ "wss", "https", 443, TW_IMPLICIT }, { "tls", "tls", 0, TW_IMPLICIT },
		{ "ssh", "ssh", 22, TW_MODE_NONE }, { "ircs", "irc", 6697, TW_IMPLICIT } };

	(void)state;
	for (size_t i = 0; i < TW_COUNT(want); i++) {
		const struct tw_port *p = tw_port_by_scheme(want[i].scheme);

		assert_non_null(p);
		assert_int_equal(p->port, want[i].port);
		assert_string_equal(p->service, want[i].service);
		assert_int_equal(p->mode, want[i].mode);
		assert_int_equal(tw_port_by_service(want[i].service, want[i].mode)->port,
		    want[i].port);
	}
	assert_string_equal(tw_port_by_number(443)->scheme, "https");
	assert_string_equal(tw_port_by_number(5432)->scheme, "postgres");
	assert_string_equal(tw_port_like("imasp")->scheme, "imaps");
	assert_string_equal(tw_port_like("HTPS")->scheme, "https");
	assert_null(tw_port_like("gibberish"));
}

static void
test_ports_agree_with_etc_services(void **state)
{
	static const char *const names[] = { "https", "nntps", "ldaps", "submissions", "domain-s",
		"ftps", "ftps-data", "telnets", "imaps", "pop3s", "suucp", "sip-tls", "amqps",
		"ircs-u", "syslog-tls" };

	(void)state;
	for (size_t i = 0; i < TW_COUNT(names); i++) {
		const struct tw_port *p = tw_port_by_scheme(names[i]);
		struct servent *s = getservbyname(names[i], "tcp");

		assert_non_null(p);
		if (s != NULL)
			assert_int_equal(p->port, ntohs((uint16_t)s->s_port));
	}
}

static void
test_findings_are_told(void **state)
{
	(void)state;
	for (int i = 0; i < TW_FINDINGS; i++) {
		const struct tw_finding_row *f = &tw_findings[i];
		const struct tw_explanation *e = tw_explanation_by_id(f->id);

		assert_int_equal(tw_finding_by_id(f->id), i);	/* so ids are unique */
		assert_true(f->title[0] != '\0' && f->why[0] != '\0' && f->fix[0] != '\0');
		assert_true(strlen(f->title) <= 60);
		if (e == NULL)
			fail_msg("%s has no explanation", f->id);
		assert_string_equal(e->id, f->id);
		assert_string_equal(e->title, f->title);
		assert_true(strlen(e->text) > 200);
	}
	assert_int_equal(tw_finding_by_id("no-such"), -1);
	assert_int_equal(tw_severity_by_name("Critical"), TW_CRITICAL);
	assert_int_equal(tw_severity_by_name("terrible"), -1);
}

/* At most 40 lines of 80 columns, the two of a code block's indent that are not shown in. */
static void
check_screen(const struct tw_explanation *e)
{
	int lines = 0, columns = 0;

	for (const char *c = e->text; *c != '\0'; c++) {
		if (*c == '\n') {
			lines++;
			columns = 0;
		} else if (((unsigned char)*c & 0xC0) != 0x80 && ++columns > 80)
			fail_msg("%s: line %d is too long", e->id, lines + 1);
	}
	if (lines > 40)
		fail_msg("%s: %d lines", e->id, lines);
}

static void
test_explanations(void **state)
{
	static const char *const asked[][2] = { { "STARTTLS", "starttls" }, { "sni", "sni" },
		{ "explicit", "implicit" }, { "465 587", "465-587" }, { "587/465", "465-587" },
		{ "143 993", "143-993" }, { "993-143", "143-993" }, { "110 995", "110-995" },
		{ "389 636", "389-636" }, { "21 990", "21-990" }, { "ftps sftp", "ftps-sftp" },
		{ "sftp ftps", "ftps-sftp" }, { "non_standard port", "non-standard-port" },
		{ "what port does TLS use", "which-port" },
		{ "is 443 only for HTTPS?", "is-443-only-https" },
		{ "can I use custom ports?", "non-standard-port" }, { "TLS vs SSL", "ssl-tls" },
		{ "do I need to open both ports?", "both-ports" },
		{ "why is 25 blocked?", "port-25-blocked" }, { "pfs", "forward-secrecy" },
		{ "PQC", "post-quantum" }, { "heartbleed", "heartbleed" },
		{ "CVE-2014-0160", "heartbleed" }, { "TLS 1.2 / TLS 1.3", "tls-1.2-1.3" },
		{ "mTLS", "mtls" }, { "wildcard", "wildcard-certificate" } };

	(void)state;
	assert_true(tw_explanations_n >= TW_FINDINGS + 35);
	for (size_t i = 0; i < tw_explanations_n; i++) {
		const struct tw_explanation *e = &tw_explanations[i];
		char alias[100];
		int n, at = 0;

		if (i > 0)
			assert_true(strcmp(tw_explanations[i - 1].id, e->id) < 0);
		assert_ptr_equal(tw_explanation_by_id(e->id), e);
		assert_true(e->title[0] != '\0');
		check_screen(e);
		/* No topic takes a name from another. */
		while (sscanf(e->aliases + at, " %99[^,]%n", alias, &n) == 1) {
			if (tw_explanation_by_id(alias) != e)
				fail_msg("alias %s of %s leads elsewhere", alias, e->id);
			at += n;
			at += e->aliases[at] == ',';
		}
	}
	for (size_t i = 0; i < TW_COUNT(asked); i++) {
		const struct tw_explanation *e = tw_explanation_by_id(asked[i][0]);

		if (e == NULL)
			fail_msg("\"%s\" leads nowhere", asked[i][0]);
		assert_string_equal(e->id, asked[i][1]);
	}
	assert_null(tw_explanation_by_id(""));
	assert_null(tw_explanation_by_id("---"));
	assert_null(tw_explanation_by_id("nothing of the kind"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_suites_are_sorted_and_whole),
		cmocka_unit_test(test_suites_agree_with_libssl),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_primes_agree_with_libcrypto),
		cmocka_unit_test(test_schemes_and_alerts),
		cmocka_unit_test(test_findings_are_told),
		cmocka_unit_test(test_explanations),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_ports_of_the_interface),
		cmocka_unit_test(test_ports_agree_with_etc_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
