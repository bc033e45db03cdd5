/*
 * TLS as a server in memory, beside the library's client: names, ALPN, two kinds of key,
 * old versions for some, client certificates, and files that are wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "certs_make.h"
#include "net/tls_server.h"

enum { WILD, EXACT, EXACT_RSA, CLIENT, STRANGER, FILES };

static struct file {
	const char *cn, *san, *key, *eku;
	struct certs_one *one;
	char chain[40], path[40];
} files[FILES] = {
	[WILD] = { "wild", "DNS:*.example", "p256", NULL },
	[EXACT] = { "exact", "DNS:mail.example,DNS:Other.Example", "p256", NULL },
	[EXACT_RSA] = { "rsa", "DNS:mail.example,DNS:other.example", "rsa2048", NULL },
	[CLIENT] = { "Ann", "email:ann@example", "p256", "clientAuth" },
	[STRANGER] = { "Eve", "email:eve@example", "p256", "clientAuth" },
};

static void
write_file(char *path, size_t n, char *text)
{
	int fd;

	snprintf(path, n, "/tmp/tls-server-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0 && text != NULL);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	free(text);
}

static int
set_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FILES; i++) {
		struct file *f = &files[i];

		f->one = certs_make(&(struct certs_row){ .cn = f->cn, .san = f->san,
			.key = f->key, .eku = f->eku, .from_day = -400, .to_day = 4000 }, NULL);
		write_file(f->chain, sizeof(f->chain), certs_pem(f->one));
		write_file(f->path, sizeof(f->path), certs_key_pem(f->one));
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FILES; i++) {
		unlink(files[i].chain);
		unlink(files[i].path);
		certs_free(files[i].one);
	}
	return 0;
}

/* What a client brings, and what must come of it. */
struct visit {
	const char *sni, *sigalgs, *suites;
	const char *alpn;	/* as on the wire */
	unsigned alpn_n;
	int version;		/* 0: any */
	bool legacy;
	enum tw_tls_ask ask;
	int certificate;	/* of the client; 0: none */
	/* of the server's */
	const char *cn;		/* of its certificate; NULL: it fails */
	int alert;		/* that the client gets */
	const char *reason;	/* a part of it */
	const char *client_name, *chosen;
};

static SSL *
client(const struct visit *v, SSL_CTX **ret_ctx)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;

	/* Level 1 of OpenSSL 3.5 has no old version to offer. */
	SSL_CTX_set_security_level(ctx, v->version != 0 && v->version < TLS1_2_VERSION ? 0 : 1);
	if (v->version != 0) {
		SSL_CTX_set_min_proto_version(ctx, v->version);
		SSL_CTX_set_max_proto_version(ctx, v->version);
	}
	if (v->certificate != 0) {
		assert_int_equal(SSL_CTX_use_certificate(ctx, files[v->certificate].one->x), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey(ctx, files[v->certificate].one->key), 1);
	}
	ssl = SSL_new(ctx);
	if (v->sni != NULL)
		SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
		    (void *)(uintptr_t)v->sni);
	if (v->sigalgs != NULL)
		assert_int_equal(SSL_ctrl(ssl, SSL_CTRL_SET_SIGALGS_LIST, 0,
		    (void *)(uintptr_t)v->sigalgs), 1);
	if (v->alpn != NULL)
		SSL_set_alpn_protos(ssl, (const uint8_t *)v->alpn, v->alpn_n);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(ssl);
	*ret_ctx = ctx;
	return ssl;
}

static enum tw_tls_state
shake(SSL *ssl, struct tw_tls *t, int *ret_done)
{
	enum tw_tls_state state = TW_TLS_MORE;
	struct tw_buf out;

	tw_buf_init(&out, TW_TLS_FLIGHT);
	*ret_done = 0;
	for (int turn = 0; turn < 6; turn++) {
		struct tw_bytes in;
		char *p = NULL;

		if (*ret_done != 1) {
			*ret_done = SSL_do_handshake(ssl);
			if (*ret_done != 1 && SSL_get_error(ssl, *ret_done) != SSL_ERROR_WANT_READ)
				turn = 6;	/* it says why, and that is all */
		}
		in.n = (size_t)BIO_get_mem_data(SSL_get_wbio(ssl), &p);
		in.p = (const uint8_t *)p;
		if (in.n > 0 && state == TW_TLS_MORE)
			state = tw_tls_shake(t, &in, &out);
		BIO_reset(SSL_get_wbio(ssl));
		BIO_write(SSL_get_rbio(ssl), out.p, (int)out.n);
		tw_buf_drop(&out, out.n);
	}
	tw_buf_clear(&out);
	return state;
}

static void
visit(struct tw_tls_context *c, const struct visit *v)
{
	struct tw_tls *t = tw_tls_new(c, v->legacy, v->ask, NULL);
	const struct tw_tls_facts *f;
	enum tw_tls_state state;
	SSL_CTX *ctx;
	SSL *ssl = client(v, &ctx);
	char cn[64] = "", byte;
	unsigned long error;
	int done;

	state = shake(ssl, t, &done);
	if (v->cn == NULL) {
		if (state != TW_TLS_FAILED)
			fail_msg("sni %s came in: state %d, %s", v->sni == NULL ? "-" : v->sni,
			    (int)state, tw_tls_reason(t) == NULL ? "" : tw_tls_reason(t));
		if (done == 1)	/* a client of TLS 1.3 hears it later */
			SSL_read(ssl, &byte, 1);
		error = ERR_peek_last_error();
		if (v->alert != 0 && ERR_GET_REASON(error) != SSL_AD_REASON_OFFSET + v->alert)
			fail_msg("sni %s, alert %d: %s", v->sni == NULL ? "-" : v->sni, v->alert,
			    ERR_reason_error_string(error));
		if (strstr(tw_tls_reason(t), v->reason) == NULL)
			fail_msg("reason: %s", tw_tls_reason(t));
	} else {
		if (state != TW_TLS_DONE)
			fail_msg("%s", tw_tls_reason(t) == NULL ? "?" : tw_tls_reason(t));
		f = tw_tls_facts(t);
		X509_NAME_get_text_by_NID(X509_get_subject_name(
		    SSL_get0_peer_certificate(ssl)), NID_commonName, cn, sizeof(cn));
		assert_string_equal(cn, v->cn);
		assert_int_equal(f->version, SSL_version(ssl));
		assert_int_equal(f->suite, SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl)));
		if (v->chosen != NULL)
			assert_string_equal(f->alpn, v->chosen);
		assert_true(v->client_name == NULL ? f->client_name.p == NULL :
		    tw_bytes_equal(f->client_name, tw_bytes_of(v->client_name)));
	}
	tw_tls_free(t);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	ERR_clear_error();
}

static const char *const alpn[] = { "imap", "h2" };

static struct tw_tls_certificate served[] = {
	{ files[WILD].chain, files[WILD].path, NULL },
	{ files[EXACT].chain, files[EXACT].path, NULL },
	{ files[EXACT_RSA].chain, files[EXACT_RSA].path, NULL },
};

static struct tw_tls_settings
settings(void)
{
	return (struct tw_tls_settings){ .name = "test", .policy = tw_policies[0],
		.certificates = served, .certificates_n = 3, .alpn = alpn, .alpn_n = 2,
		.strict_sni = true, .strict_alpn = true, .own_records = true };
}

static struct tw_tls_context *
context(const struct tw_tls_settings *s)
{
	struct tw_err e;
	struct tw_tls_context *c = tw_tls_context_new(s, &e);

	if (c == NULL)
		fail_msg("%s", e.text);
	return c;
}

static const struct visit names[] = {
	{ .cn = "wild" },
	{ .sni = "any.example", .cn = "wild" },
	{ .sni = "ANY.example", .cn = "wild" },
	{ .sni = "mail.example", .cn = "exact" },	/* though *.example stands first */
	{ .sni = "other.example", .cn = "exact" },
	{ .sni = "192.0.2.1", .cn = "wild" },
	{ .sni = "mail.example", .sigalgs = "rsa_pss_rsae_sha256", .cn = "rsa" },
	{ .sni = "mail.example", .sigalgs = "ecdsa_secp256r1_sha256", .cn = "exact" },
	{ .sni = "a.b.example", .alert = 112, .reason = "no certificate is for" },
	{ .sni = "example", .alert = 112, .reason = "no certificate is for" },
	{ .sni = "mail.example.org", .alert = 112, .reason = "no certificate is for" },
	{ .alpn = "\4imap", .alpn_n = 5, .cn = "wild", .chosen = "imap" },
	{ .alpn = "\2h2\4imap", .alpn_n = 8, .cn = "wild", .chosen = "imap" },
	{ .alpn = "\4pop3", .alpn_n = 5, .alert = 120, .reason = "ALPN" },
	{ .version = TLS1_2_VERSION, .sni = "mail.example", .cn = "exact" },
};

static void
names_and_alpn(void **state)
{
	static const struct visit needed[] = {
		{ .alert = 120, .reason = "names no ALPN" },
		{ .alpn = "\4imap", .alpn_n = 5, .cn = "wild", .chosen = "imap" },
	};
	static const struct visit lax[] = {
		{ .sni = "a.b.example", .cn = "wild" },
		{ .alpn = "\4pop3", .alpn_n = 5, .cn = "wild" },
	};
	struct tw_tls_settings s = settings();
	struct tw_tls_context *c = context(&s);

	(void)state;
	for (unsigned i = 0; i < TW_COUNT(names); i++)
		visit(c, &names[i]);
	tw_tls_context_free(c);
	s.needs_alpn = true;
	c = context(&s);
	for (unsigned i = 0; i < TW_COUNT(needed); i++)
		visit(c, &needed[i]);
	tw_tls_context_free(c);
	s.needs_alpn = s.strict_sni = s.strict_alpn = false;
	c = context(&s);
	for (unsigned i = 0; i < TW_COUNT(lax); i++)
		visit(c, &lax[i]);
	tw_tls_context_free(c);
}

/* Old versions for those who may; the one between stays out. */
static void
legacy(void **state)
{
	static const struct visit visits[] = {
		{ .version = TLS1_VERSION, .legacy = true, .cn = "wild" },
		/* Offered 1.0 for it, this client goes. */
		{ .version = TLS1_1_VERSION, .legacy = true, .reason = "" },
		{ .version = TLS1_VERSION, .alert = 70, .reason = "unsupported protocol" },
		{ .version = TLS1_2_VERSION, .legacy = true, .cn = "wild" },
		{ .version = TLS1_3_VERSION, .legacy = true, .cn = "wild" },
		{ .version = TLS1_3_VERSION, .cn = "wild" },
	};
	struct tw_tls_settings s = settings();
	struct tw_tls_context *c;

	(void)state;
	s.legacy[TW_TLS10] = true;
	c = context(&s);
	for (unsigned i = 0; i < TW_COUNT(visits); i++)
		visit(c, &visits[i]);
	tw_tls_context_free(c);
}

static void
client_certificates(void **state)
{
	static const struct visit visits[] = {
		{ .ask = TW_TLS_ASK_REQUIRED, .certificate = CLIENT, .cn = "wild",
		    .client_name = "Ann" },
		{ .ask = TW_TLS_ASK_REQUIRED, .alert = 116, .reason = "certificate" },
		{ .ask = TW_TLS_ASK_REQUIRED, .certificate = STRANGER, .alert = 48,
		    .reason = "certificate" },
		{ .ask = TW_TLS_ASK_OPTIONAL, .cn = "wild" },
		{ .ask = TW_TLS_ASK_OPTIONAL, .certificate = CLIENT, .cn = "wild",
		    .client_name = "Ann" },
		{ .ask = TW_TLS_ASK_NONE, .certificate = CLIENT, .cn = "wild" },
	};
	struct tw_tls_settings s = settings();
	struct tw_tls_context *c;

	(void)state;
	s.ask = TW_TLS_ASK_REQUIRED;
	s.client_ca = files[CLIENT].chain;
	c = context(&s);
	for (unsigned i = 0; i < TW_COUNT(visits); i++)
		visit(c, &visits[i]);
	tw_tls_context_free(c);
}

static void
refused(const char *chain, const char *key, const char *named)
{
	struct tw_tls_certificate one = { chain, key, NULL };
	struct tw_tls_settings s = settings();
	struct tw_err e;

	s.certificates = &one;
	s.certificates_n = 1;
	assert_null(tw_tls_context_new(&s, &e));
	if (strstr(e.text, named) == NULL)
		fail_msg("%s", e.text);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
wrong_files(void **state)
{
	char locked[40] = "/tmp/tls-server-XXXXXX";
	int fd = mkstemp(locked);
	FILE *f = fdopen(fd, "w");

	(void)state;
	assert_int_equal(PEM_write_PKCS8PrivateKey(f, files[WILD].one->key, EVP_aes_128_cbc(),
	    "secret", 6, NULL, NULL), 1);
	fclose(f);
	refused("/nowhere/chain.pem", files[WILD].path, "/nowhere/chain.pem");
	refused(files[WILD].chain, "/nowhere/key.pem", "/nowhere/key.pem");
	refused(files[WILD].path, files[WILD].path, files[WILD].path);
	refused(files[WILD].chain, files[EXACT].path, files[EXACT].path);
	refused(files[WILD].chain, locked, locked);	/* nobody is asked for it */
	unlink(locked);
}

static void
no_tls(void **state)
{
	static const struct tw_bytes flights[] = {
		{ (const uint8_t *)"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27 },
		{ (const uint8_t *)"\x16\3\1\0\4\1\0\0\0", 9 },
		{ (const uint8_t *)"\x15\3\1\0\2\2\x28", 7 },
	};
	struct tw_tls_settings s = settings();
	struct tw_tls_context *c = context(&s);

	(void)state;
	for (unsigned i = 0; i < TW_COUNT(flights); i++) {
		struct tw_tls *t = tw_tls_new(c, false, TW_TLS_ASK_NONE, NULL);
		struct tw_bytes in = flights[i];
		struct tw_buf out;

		tw_buf_init(&out, TW_TLS_FLIGHT);
		assert_int_equal(tw_tls_shake(t, &in, &out), TW_TLS_FAILED);
		assert_true(strlen(tw_tls_reason(t)) > 3);
		assert_int_equal(tw_tls_facts(t)->version, 0);
		assert_int_equal(ERR_peek_error(), 0);
		tw_buf_clear(&out);
		tw_tls_free(t);
	}
	tw_tls_context_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_alpn),
		cmocka_unit_test(legacy),
		cmocka_unit_test(client_certificates),
		cmocka_unit_test(wrong_files),
		cmocka_unit_test(no_tls),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
