/*
 * Our hellos against OpenSSL's server in memory, and its flights against our
 * reader: each flight is read whole and byte by byte, with the same answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "flights.h"
#include "wire/hello.h"

/* One server and one hello; what was read of the one by the other. */
struct meeting {
	SSL_CTX *ctx;
	struct tw_hello hello;
	enum tw_want want;
	struct tw_arena *arena;
	struct tw_buf answer;
	struct tw_flight flight;
	enum tw_flight_turn turn;
};

static EVP_PKEY *rsa, *ecdsa, *eddsa;
static X509 *rsa_cert, *ecdsa_cert, *eddsa_cert;

static X509 *
self_sign(EVP_PKEY *key, const EVP_MD *md)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"test", -1, -1, 0);
	X509_set_issuer_name(x, name);
	assert_true(X509_sign(x, key, md) > 0);
	return x;
}

static int
make_keys(void **state)
{
	(void)state;
	rsa = EVP_RSA_gen(2048);
	ecdsa = EVP_EC_gen("P-256");
	eddsa = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	rsa_cert = self_sign(rsa, EVP_sha256());
	ecdsa_cert = self_sign(ecdsa, EVP_sha256());
	eddsa_cert = self_sign(eddsa, NULL);
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	X509_free(rsa_cert);
	X509_free(ecdsa_cert);
	X509_free(eddsa_cert);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ecdsa);
	EVP_PKEY_free(eddsa);
	return 0;
}

static const uint16_t suites13[] = { 0x1301, 0x1302, 0x1303, 0x1304, 0x1305 };
static const uint16_t groups[] = { 29, 23, 24, 25, 256 };
static const uint16_t schemes[] = { 0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806,
	0x0401, 0x0501, 0x0601, 0x0203, 0x0201 };
static const uint16_t versions13[] = { 0x0304 };

/* A server that does all it can, and a hello of TLS 1.2 with the usual extensions. */
static void
meet(struct meeting *m, EVP_PKEY *key, X509 *cert)
{
	*m = (struct meeting){ .ctx = SSL_CTX_new(TLS_server_method()),
		.want = TW_WANT_FLIGHT, .arena = tw_arena_new() };
	tw_buf_init(&m->answer, 1 << 20);
	SSL_CTX_set_min_proto_version(m->ctx, 0);
	SSL_CTX_set_max_proto_version(m->ctx, 0);
	SSL_CTX_set_security_level(m->ctx, 0);
	SSL_CTX_set_dh_auto(m->ctx, 1);
	SSL_CTX_set_cipher_list(m->ctx, "ALL:COMPLEMENTOFALL:eNULL:@SECLEVEL=0");
	SSL_CTX_set_ciphersuites(m->ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
	    "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256");
	if (key != NULL) {
		assert_int_equal(SSL_CTX_use_certificate(m->ctx, cert), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey(m->ctx, key), 1);
	}
	m->hello.version = 0x0303;
	m->hello.groups = TW_U16S(groups);
	m->hello.schemes = TW_U16S(schemes);
	m->hello.point_formats = m->hello.renegotiation_info = true;
	m->hello.ems = m->hello.etm = m->hello.ticket = true;
	m->hello.sni = "test.example";
	tw_random(m->hello.random, sizeof(m->hello.random));
}

static void
set_groups(struct meeting *m, const char *list)
{
	char *copy = tw_arena_str(m->arena, list);	/* OpenSSL's macro takes no const */

	assert_int_equal(SSL_CTX_set1_groups_list(m->ctx, copy), 1);
}

static void
offer_tls13(struct meeting *m, const uint16_t *suites, size_t n)
{
	static const uint16_t kinds[] = { 29, 23 };

	m->hello.suites = (struct tw_u16s){ suites, n };
	m->hello.versions = TW_U16S(versions13);
	m->hello.psk_modes = m->hello.key_share = true;
	for (size_t i = 0; i < TW_COUNT(kinds); i++) {
		m->hello.shares[i] = tw_share_new(kinds[i]);
		m->hello.share_groups[i] = kinds[i];
	}
	m->hello.shares_n = TW_COUNT(kinds);
}

static void
part(struct meeting *m)
{
	SSL_CTX_free(m->ctx);
	tw_flight_clear(&m->flight);
	tw_buf_clear(&m->answer);
	for (size_t i = 0; i < m->hello.shares_n; i++)
		tw_share_free((struct tw_share *)(uintptr_t)m->hello.shares[i]);
	tw_arena_free(m->arena);
}

/* What OpenSSL's server answers to our hello. */
static void
ask_openssl(struct meeting *m)
{
	SSL *ssl = SSL_new(m->ctx);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	struct tw_buf hello;
	uint8_t *p;
	long n;

	tw_buf_init(&hello, TW_HELLO_MAX);
	tw_hello_write(&m->hello, &hello);
	assert_false(hello.failed);
	BIO_write(in, hello.p, (int)hello.n);
	tw_buf_clear(&hello);
	SSL_set_bio(ssl, in, out);
	SSL_accept(ssl);
	n = BIO_get_mem_data(out, &p);
	tw_buf_put(&m->answer, p, (size_t)n);
	SSL_free(ssl);
}

/* Reads the answer; the flight stays in m. */
static void
read_answer(struct meeting *m)
{
	struct tw_buf message;
	struct reading r;

	tw_buf_init(&message, TW_HELLO_MAX);
	tw_hello_message(&m->hello, &message);
	r = (struct reading){ m->arena, m->want, tw_buf_view(&message), m->hello.shares,
		m->hello.share_groups, m->hello.shares_n };
	assert_null(read_both_ways(&m->flight, &r, tw_buf_view(&m->answer)));
	m->turn = m->flight.turn;
	tw_buf_clear(&message);
}

static void
talk(struct meeting *m)
{
	ask_openssl(m);
	read_answer(m);
	if (m->turn == TW_FLIGHT_BAD)
		print_message("why: %s\n", m->flight.why);
}

static void
assert_leaf(const struct meeting *m, X509 *cert)
{
	uint8_t *der = NULL;
	int n = i2d_X509(cert, &der);

	assert_int_equal(m->flight.chain_n, 1);
	assert_int_equal(m->flight.chain[0].n, n);
	assert_memory_equal(m->flight.chain[0].p, der, (size_t)n);
	OPENSSL_free(der);
}

static void
test_old_versions(void **state)
{
	static const uint16_t suites[] = { 0xc014, 0x0035 };

	(void)state;
	for (uint16_t version = 0x0301; version <= 0x0303; version++) {
		struct meeting m;

		meet(&m, rsa, rsa_cert);
		m.hello.version = version;
		m.hello.suites = TW_U16S(suites);
		talk(&m);
		assert_int_equal(m.turn, TW_FLIGHT_DONE);
		assert_true(m.flight.hello && m.flight.done);
		assert_int_equal(m.flight.version, version);
		assert_int_equal(m.flight.suite, 0xc014);
		assert_true(m.flight.ems && m.flight.etm && m.flight.renegotiation_info);
		assert_true(m.flight.ticket);
		assert_leaf(&m, rsa_cert);
		assert_int_equal(m.flight.ske.group, 29);
		assert_int_equal(m.flight.group, 29);
		assert_int_equal(m.flight.ske.public.n, 32);
		assert_true(m.flight.ske.is_signed);
		assert_int_equal(m.flight.ske.scheme, version == 0x0303 ? 0x0804 : 0);
		part(&m);
	}
}

static void
test_key_exchanges(void **state)
{
	static const struct {
		uint16_t suite;
		bool ske, is_signed, dh, ec;
	} rows[] = {
		{ 0x0035, false, false, false, false },		/* RSA */
		{ 0x0039, true, true, true, false },		/* DHE_RSA */
		{ 0xc030, true, true, false, true },		/* ECDHE_RSA */
		{ 0x003a, true, false, true, false },		/* DH_anon */
		{ 0xc019, true, false, false, true },		/* ECDH_anon */
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct meeting m;

		meet(&m, rsa, rsa_cert);
		m.hello.suites = (struct tw_u16s){ &rows[i].suite, 1 };
		talk(&m);
		assert_int_equal(m.turn, TW_FLIGHT_DONE);
		assert_int_equal(m.flight.suite, rows[i].suite);
		assert_int_equal(m.flight.ske.present, rows[i].ske);
		assert_int_equal(m.flight.ske.is_signed, rows[i].is_signed);
		assert_int_equal(m.flight.ske.dh_p.n >= 128, rows[i].dh);
		assert_int_equal(m.flight.ske.group != 0, rows[i].ec);
		assert_int_equal(m.flight.ske.public.n > 0, rows[i].ske);
		part(&m);
	}
}

static unsigned
give_psk(SSL *ssl, const char *identity, unsigned char *psk, unsigned max)
{
	(void)ssl;
	(void)identity;
	assert_true(max >= 16);
	memset(psk, 7, 16);
	return 16;
}

static void
test_shared_keys(void **state)
{
	static const struct {
		uint16_t suite;
		size_t chain, dh_p;
		uint16_t group;
	} rows[] = {
		{ 0x008c, 0, 0, 0 },		/* PSK */
		{ 0x0090, 0, 128, 0 },		/* DHE_PSK */
		{ 0x0094, 1, 0, 0 },		/* RSA_PSK */
		{ 0xc035, 0, 0, 29 },		/* ECDHE_PSK */
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct meeting m;

		meet(&m, rsa, rsa_cert);
		m.hello.suites = (struct tw_u16s){ &rows[i].suite, 1 };
		SSL_CTX_use_psk_identity_hint(m.ctx, "a hint");
		SSL_CTX_set_psk_server_callback(m.ctx, give_psk);
		talk(&m);
		assert_int_equal(m.turn, TW_FLIGHT_DONE);
		assert_int_equal(m.flight.suite, rows[i].suite);
		assert_true(m.flight.ske.present && !m.flight.ske.is_signed);
		assert_int_equal(m.flight.chain_n, rows[i].chain);
		assert_true(m.flight.ske.dh_p.n >= rows[i].dh_p);
		assert_int_equal(m.flight.group, rows[i].group);
		part(&m);
	}
}

static void
test_tls13_of_each_suite_and_key(void **state)
{
	const struct {
		EVP_PKEY *key;
		X509 *cert;
		uint16_t scheme;
	} rows[] = {
		{ rsa, rsa_cert, 0x0804 },
		{ ecdsa, ecdsa_cert, 0x0403 },
		{ eddsa, eddsa_cert, 0x0807 },
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(suites13) * TW_COUNT(rows); i++) {
		struct meeting m;

		meet(&m, rows[i % 3].key, rows[i % 3].cert);
		offer_tls13(&m, &suites13[i / 3], 1);
		set_groups(&m, i % 2 == 0 ? "X25519" : "P-256");
		talk(&m);
		assert_int_equal(m.turn, TW_FLIGHT_DONE);
		assert_int_equal(m.flight.version, 0x0304);
		assert_int_equal(m.flight.suite, suites13[i / 3]);
		assert_int_equal(m.flight.group, i % 2 == 0 ? 29 : 23);
		assert_true(m.flight.encrypted && m.flight.opened && m.flight.finished_ok);
		assert_leaf(&m, rows[i % 3].cert);
		assert_int_equal(m.flight.verify_scheme, rows[i % 3].scheme);
		part(&m);
	}
}

static void
test_tls13_without_shares_at_hand(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ecdsa, ecdsa_cert);
	offer_tls13(&m, suites13, TW_COUNT(suites13));
	ask_openssl(&m);
	tw_flight_init(&m.flight, m.arena, TW_WANT_FLIGHT, (struct tw_bytes){ NULL, 0 }, NULL,
	    NULL, 0);
	assert_int_equal(tw_flight_feed(&m.flight, tw_buf_view(&m.answer)), TW_FLIGHT_DONE);
	assert_true(m.flight.encrypted && !m.flight.opened && !m.flight.finished_ok);
	assert_int_equal(m.flight.chain_n, 0);
	part(&m);
}

static void
test_retry_names_the_group(void **state)
{
	struct meeting m;

	(void)state;
	for (int want = TW_WANT_HELLO; want <= TW_WANT_FLIGHT; want++) {
		meet(&m, ecdsa, ecdsa_cert);
		offer_tls13(&m, suites13, TW_COUNT(suites13));
		set_groups(&m, "P-384:X448");
		m.want = (enum tw_want)want;
		talk(&m);
		assert_int_equal(m.turn, want == TW_WANT_HELLO ? TW_FLIGHT_HELLO : TW_FLIGHT_DONE);
		assert_true(m.flight.retry && !m.flight.hello);
		assert_int_equal(m.flight.version, 0x0304);
		assert_int_equal(m.flight.group, 24);
		part(&m);
	}
}

static void
test_want_hello_stops_there(void **state)
{
	static const uint16_t suites[] = { 0xc02f };
	struct meeting m;

	(void)state;
	meet(&m, rsa, rsa_cert);
	m.hello.suites = TW_U16S(suites);
	m.want = TW_WANT_HELLO;
	talk(&m);
	assert_int_equal(m.turn, TW_FLIGHT_HELLO);
	assert_int_equal(m.flight.suite, 0xc02f);
	assert_int_equal(m.flight.chain_n, 0);
	part(&m);
}

static void
test_no_common_suite_is_an_alert(void **state)
{
	static const uint16_t suites[] = { 0xc0ff };
	struct meeting m;

	(void)state;
	meet(&m, rsa, rsa_cert);
	m.hello.suites = TW_U16S(suites);
	talk(&m);
	assert_int_equal(m.turn, TW_FLIGHT_ALERT);
	assert_int_equal(m.flight.alert, 40);
	assert_int_equal(m.flight.alert_level, 2);
	part(&m);
}

static int
staple(SSL *ssl, void *arg)
{
	(void)arg;
	SSL_set_tlsext_status_ocsp_resp(ssl, OPENSSL_memdup("staple", 6), 6);
	return SSL_TLSEXT_ERR_OK;
}

static int
choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in,
    unsigned in_n, void *arg)
{
	(void)ssl;
	(void)arg;
	assert_int_equal(in_n, 12);
	*out = in + 4;
	*n = in[3];
	return SSL_TLSEXT_ERR_OK;
}

static int
ack_sni(SSL *ssl, int *alert, void *arg)
{
	(void)alert;
	(void)arg;
	assert_string_equal(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name), "test.example");
	return SSL_TLSEXT_ERR_OK;
}

/* One SCT of 4 bytes, in the hello of TLS 1.2 and with the leaf in TLS 1.3. */
static const uint8_t serverinfo[] = { 0, 0, 0x11, 0xc0, 0, 18, 0, 8, 0, 6, 0, 4, 1, 2, 3, 4 };

static void
test_what_extensions_tell(void **state)
{
	static const uint16_t suites[] = { 0xc02f };
	static const char *const alpn[] = { "h2", "http/1.1" };

	(void)state;
	for (int tls13 = 0; tls13 < 2; tls13++) {
		struct meeting m;

		meet(&m, rsa, rsa_cert);
		m.hello.suites = TW_U16S(suites);
		if (tls13)
			offer_tls13(&m, suites13, TW_COUNT(suites13));
		m.hello.status_request = m.hello.sct = true;
		m.hello.alpn = alpn;
		m.hello.alpn_n = TW_COUNT(alpn);
		SSL_CTX_set_tlsext_status_cb(m.ctx, staple);
		SSL_CTX_set_alpn_select_cb(m.ctx, choose_alpn, NULL);
		SSL_CTX_set_tlsext_servername_callback(m.ctx, ack_sni);
		SSL_CTX_set_verify(m.ctx, SSL_VERIFY_PEER, NULL);
		assert_int_equal(SSL_CTX_use_serverinfo_ex(m.ctx, SSL_SERVERINFOV2, serverinfo,
		    sizeof(serverinfo)), 1);
		talk(&m);
		assert_int_equal(m.turn, TW_FLIGHT_DONE);
		assert_true(m.flight.status && m.flight.sni_ack && m.flight.certificate_request);
		assert_true(tw_bytes_equal(m.flight.staple, TW_BYTES("staple")));
		assert_true(tw_bytes_equal(m.flight.alpn, TW_BYTES("http/1.1")));
		assert_int_equal(m.flight.scts.n, 8);
		assert_memory_equal(m.flight.scts.p, serverinfo + 8, 8);
		part(&m);
	}
}

/* Every shape of hello must still be one that OpenSSL understands. */
static void
test_shapes(void **state)
{
	static const uint16_t suites[] = { 0xc02f, 0x002f };
	static const uint16_t alone[] = { 0x0304, 0x0303 };

	(void)state;
	for (int shape = 0; shape < 9; shape++) {
		struct meeting m;

		meet(&m, rsa, rsa_cert);
		m.hello.suites = TW_U16S(suites);
		if (shape >= 6)
			offer_tls13(&m, suites13, TW_COUNT(suites13));
		m.hello.grease = shape == 0 || shape == 6;
		m.hello.fragment = shape == 1 || shape == 7 ? 7 : 0;
		m.hello.pad_to = shape == 2 || shape == 8 ? 20000 : 0;
		m.hello.no_extensions = shape == 3;
		m.hello.extra_extensions = shape == 4 ? 100 : 0;
		m.hello.renegotiation_scsv = shape == 5;
		if (shape == 6)
			m.hello.versions = TW_U16S(alone);
		m.hello.session_id = shape == 7 ? TW_BYTES("0123456789abcdef0123456789abcdef") :
		    (struct tw_bytes){ NULL, 0 };
		talk(&m);
		assert_int_equal(m.turn, TW_FLIGHT_DONE);
		assert_int_equal(m.flight.version, shape >= 6 ? 0x0304 : 0x0303);
		assert_leaf(&m, rsa_cert);
		if (shape >= 6)		/* below 1.3 the server chooses it */
			assert_int_equal(m.flight.session_id.n, shape == 7 ? 32 : 0);
		if (shape == 3)
			assert_int_equal(m.flight.extensions_n, 0);
		part(&m);
	}
}

static void
test_v2_form(void **state)
{
	static const uint16_t suites[] = { 0x0035 };
	struct meeting m;

	(void)state;
	meet(&m, rsa, rsa_cert);
	m.hello.suites = TW_U16S(suites);
	m.hello.ssl2 = true;
	m.hello.renegotiation_scsv = true;
	talk(&m);
	assert_int_equal(m.turn, TW_FLIGHT_DONE);
	assert_int_equal(m.flight.suite, 0x0035);
	assert_true(m.flight.renegotiation_info);
	assert_leaf(&m, rsa_cert);
	part(&m);
}

static void
test_fallback_is_refused(void **state)
{
	static const uint16_t suites[] = { 0x0035 };
	struct meeting m;

	(void)state;
	meet(&m, rsa, rsa_cert);
	m.hello.suites = TW_U16S(suites);
	m.hello.version = 0x0302;
	m.hello.fallback_scsv = true;
	talk(&m);
	assert_int_equal(m.turn, TW_FLIGHT_ALERT);
	assert_int_equal(m.flight.alert, 86);
	part(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old_versions),
		cmocka_unit_test(test_key_exchanges),
		cmocka_unit_test(test_shared_keys),
		cmocka_unit_test(test_tls13_of_each_suite_and_key),
		cmocka_unit_test(test_tls13_without_shares_at_hand),
		cmocka_unit_test(test_retry_names_the_group),
		cmocka_unit_test(test_want_hello_stops_there),
		cmocka_unit_test(test_no_common_suite_is_an_alert),
		cmocka_unit_test(test_what_extensions_tell),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_v2_form),
		cmocka_unit_test(test_fallback_is_refused),
	};

	return cmocka_run_group_tests_name("flight", tests, make_keys, free_keys);
}
