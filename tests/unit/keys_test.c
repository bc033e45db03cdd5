/*
 * Private keys in a process of their own: every kind signs a handshake in each version,
 * many wait at once, some are given up, the process dies and another one goes on; what is
 * no signature of TLS is refused.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <poll.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "certs_make.h"
#include "data/policy.h"
#include "net/fd_pass.h"
#include "net/sandbox.h"
#include "net/tls_keys_inside.h"
#include "net/tls_server.h"

enum { P256, P384, RSA2048, ED, KEYS };

static struct {
	const char *kind;
	struct certs_one *one;
	char chain[40], path[40];
} files[KEYS] = {
	[P256] = { "p256" }, [P384] = { "p384" }, [RSA2048] = { "rsa2048" }, [ED] = { "ed25519" },
};

static struct {
	pid_t pid;
	int control;
	struct tw_keys *keys;
} ring;

static void
write_file(char *path, size_t n, char *text)
{
	int fd;

	snprintf(path, n, "/tmp/tls-keys-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0 && text != NULL);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	free(text);
}

/* A key process; the worker's end of a new pair. */
static int
start(void)
{
	const char *paths[KEYS];
	int control[2], pair[2];

	for (int i = 0; i < KEYS; i++)
		paths[i] = files[i].path;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	ring.pid = fork();
	assert_true(ring.pid >= 0);
	if (ring.pid == 0) {
		struct tw_err e = { 0 };
		struct tw_keyring *r;

		close(control[0]);
		close(pair[0]);
		close(pair[1]);
		r = tw_keyring_load(paths, KEYS, &e);
		if (r == NULL)
			fprintf(stderr, "%s\n", e.text);
		struct tw_sandbox_walls walls;

		if (tw_sandbox_enter(TW_SANDBOX_KEYS, &walls, &e) != 0)
			fprintf(stderr, "%s\n", e.text);
		_exit(r != NULL && tw_keyring_serve(r, control[1], &e) == 0 ? 0 : 1);
	}
	close(control[1]);
	ring.control = control[0];
	assert_true(tw_fd_send(ring.control, &pair[1], 1, tw_bytes_of("worker")));
	close(pair[1]);
	return pair[0];
}

static void
stop(bool kindly)
{
	int status;

	if (!kindly)
		kill(ring.pid, SIGKILL);
	close(ring.control);
	assert_int_equal(waitpid(ring.pid, &status, 0), ring.pid);
	if (kindly)
		assert_int_equal(status, 0);
}

static int
set_up(void **state)
{
	struct tw_err e = { 0 };

	(void)state;
	for (unsigned i = 0; i < KEYS; i++) {
		files[i].one = certs_make(&(struct certs_row){ .cn = files[i].kind,
			.san = "DNS:mail.example", .key = files[i].kind,
			.from_day = -400, .to_day = 4000 }, NULL);
		write_file(files[i].chain, sizeof(files[i].chain), certs_pem(files[i].one));
		write_file(files[i].path, sizeof(files[i].path), certs_key_pem(files[i].one));
	}
	ring.keys = tw_keys_new(start(), &e);
	return ring.keys == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	tw_keys_free(ring.keys);
	stop(true);
	for (unsigned i = 0; i < KEYS; i++) {
		unlink(files[i].chain);
		unlink(files[i].path);
		certs_free(files[i].one);
	}
	return 0;
}

static void
told(void *ctx)
{
	++*(int *)ctx;
}

static struct tw_tls_context *
context(unsigned key, bool asynchronous)
{
	struct tw_err e = { 0 };
	struct tw_tls_certificate one = { files[key].chain, NULL,
		tw_keys_get(ring.keys, key, &e) };
	struct tw_tls_settings s = { .name = "test", .policy = tw_policies[0],
		.certificates = &one, .certificates_n = 1,
		.ready = asynchronous ? told : NULL,
		.legacy = { [TW_TLS10] = true, [TW_TLS11] = true } };
	struct tw_tls_context *c;

	if (one.remote == NULL)
		fail_msg("%s", e.text);
	assert_true(EVP_PKEY_eq(one.remote, files[key].one->key) == 1);
	c = tw_tls_context_new(&s, &e);
	if (c == NULL)
		fail_msg("%s: %s", files[key].kind, e.text);
	EVP_PKEY_free(one.remote);
	return c;
}

struct talk {
	SSL_CTX *ctx;
	SSL *ssl;
	struct tw_tls *t;
	struct tw_buf out;
	int ready, done;
	enum tw_tls_state state;
};

static void
begin(struct talk *k, struct tw_tls_context *c, int version, const char *sigalgs)
{
	*k = (struct talk){ .ctx = SSL_CTX_new(TLS_client_method()) };
	SSL_CTX_set_security_level(k->ctx, version < TLS1_2_VERSION ? 0 : 1);
	SSL_CTX_set_min_proto_version(k->ctx, version);
	SSL_CTX_set_max_proto_version(k->ctx, version);
	k->ssl = SSL_new(k->ctx);
	if (sigalgs != NULL)
		assert_int_equal(SSL_ctrl(k->ssl, SSL_CTRL_SET_SIGALGS_LIST, 0,
		    (void *)(uintptr_t)sigalgs), 1);
	SSL_ctrl(k->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
	    (void *)(uintptr_t)"mail.example");
	SSL_set_bio(k->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(k->ssl);
	k->t = tw_tls_new(c, true, TW_TLS_ASK_NONE, &k->ready);
	tw_buf_init(&k->out, TW_TLS_FLIGHT);
}

/* One turn of both; what lies in the client's BIO stays there while the server waits. */
static void
turn(struct talk *k)
{
	struct tw_bytes in;
	char *p = NULL;

	if (k->done != 1)
		k->done = SSL_do_handshake(k->ssl);
	in.n = (size_t)BIO_get_mem_data(SSL_get_wbio(k->ssl), &p);
	in.p = (const uint8_t *)p;
	if (k->state != TW_TLS_DONE && k->state != TW_TLS_FAILED) {
		k->state = tw_tls_shake(k->t, &in, &k->out);
		BIO_reset(SSL_get_wbio(k->ssl));
	}
	BIO_write(SSL_get_rbio(k->ssl), k->out.p, (int)k->out.n);
	tw_buf_drop(&k->out, k->out.n);
}

static void
end(struct talk *k)
{
	tw_tls_free(k->t);
	tw_buf_clear(&k->out);
	SSL_free(k->ssl);
	SSL_CTX_free(k->ctx);
	ERR_clear_error();
}

/* Answers are there or come. */
static bool
hear(void)
{
	struct pollfd f = { .fd = tw_keys_descriptor(ring.keys), .events = POLLIN };

	assert_true(tw_keys_flush(ring.keys));
	assert_int_equal(poll(&f, 1, 10000), 1);
	return tw_keys_read(ring.keys);
}

static void
run(struct talk *k)
{
	for (int i = 0; i < 12 && k->state != TW_TLS_FAILED; i++) {
		turn(k);
		if (k->state == TW_TLS_WAIT && k->ready == 0)
			assert_true(hear());
	}
}

static void
every_kind_signs(void **state)
{
	static const struct {
		unsigned key;
		int version;
		const char *sigalgs;
	} rows[] = {
		{ P256, TLS1_3_VERSION, NULL }, { P256, TLS1_2_VERSION, NULL },
		{ P256, TLS1_VERSION, NULL },
		{ P384, TLS1_3_VERSION, NULL },
		{ RSA2048, TLS1_3_VERSION, NULL }, { RSA2048, TLS1_3_VERSION, "RSA-PSS+SHA512" },
		{ RSA2048, TLS1_2_VERSION, NULL }, { RSA2048, TLS1_2_VERSION, "RSA+SHA256" },
		{ RSA2048, TLS1_2_VERSION, "RSA+SHA384" },
		{ RSA2048, TLS1_1_VERSION, NULL }, { RSA2048, TLS1_VERSION, NULL },
		{ ED, TLS1_3_VERSION, "ed25519" }, { ED, TLS1_2_VERSION, "ed25519" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int later = 0; later < 2; later++) {
			struct tw_tls_context *c = context(rows[i].key, later == 1);
			struct talk k;

			begin(&k, c, rows[i].version, rows[i].sigalgs);
			run(&k);
			if (k.state != TW_TLS_DONE || k.done != 1)
				fail_msg("%s, version %x, %s: %s", files[rows[i].key].kind,
				    (unsigned)rows[i].version, later ? "later" : "at once",
				    k.state == TW_TLS_FAILED ? tw_tls_reason(k.t) : "no end");
			assert_int_equal(k.ready, later);
			end(&k);
			tw_tls_context_free(c);
		}
	assert_int_equal(tw_keys_waiting(ring.keys), 0);
}

/* Both ends of it in their sandboxes: what the library needs is in the lists. */
static void
a_worker_shakes_in_its_sandbox(void **state)
{
	static const int versions[] = { TLS1_3_VERSION, TLS1_2_VERSION };
	struct tw_tls_context *c[] = { context(P256, true), context(RSA2048, true),
		context(ED, true) };
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		struct tw_sandbox_walls walls;
		struct tw_err e = { 0 };
		struct talk k;

		if (tw_sandbox_enter(TW_SANDBOX_WORKER, &walls, &e) != 0)
			_exit(100);
		for (int i = 0; i < 6; i++) {
			begin(&k, c[i / 2], versions[i % 2], i / 2 == 2 ? "ed25519" : NULL);
			run(&k);
			if (k.state != TW_TLS_DONE || k.done != 1)
				_exit(i + 1);
			end(&k);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (int i = 0; i < 3; i++)
		tw_tls_context_free(c[i]);
}

#define MANY	60

static void
many_wait_and_some_go_away(void **state)
{
	struct tw_tls_context *c = context(P256, true);
	static struct talk k[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		begin(&k[i], c, TLS1_3_VERSION, NULL);
		turn(&k[i]);
		assert_int_equal(k[i].state, TW_TLS_WAIT);
		turn(&k[i]);		/* asked too early: it still waits */
		assert_int_equal(k[i].state, TW_TLS_WAIT);
	}
	assert_int_equal(tw_keys_waiting(ring.keys), MANY);
	for (int i = 0; i < MANY; i += 3)
		end(&k[i]);		/* before it was asked for */
	assert_true(tw_keys_flush(ring.keys));
	for (int i = 1; i < MANY; i += 3)
		end(&k[i]);		/* after */
	assert_int_equal(tw_keys_waiting(ring.keys), MANY / 3);
	while (tw_keys_waiting(ring.keys) > 0)
		assert_true(hear());
	for (int i = 2; i < MANY; i += 3) {
		assert_int_equal(k[i].ready, 1);
		run(&k[i]);
		assert_int_equal(k[i].state, TW_TLS_DONE);
		end(&k[i]);
	}
	tw_tls_context_free(c);
}

static void
a_dead_process_is_replaced(void **state)
{
	struct tw_tls_context *c = context(P256, true);
	struct talk k, other;

	(void)state;
	begin(&k, c, TLS1_3_VERSION, NULL);
	begin(&other, c, TLS1_2_VERSION, NULL);
	stop(false);
	turn(&k);
	assert_int_equal(k.state, TW_TLS_WAIT);
	(void)tw_keys_flush(ring.keys);
	assert_false(tw_keys_read(ring.keys));
	assert_int_equal(tw_keys_descriptor(ring.keys), -1);
	turn(&other);			/* comes while nobody is there */
	assert_int_equal(other.state, TW_TLS_WAIT);
	assert_int_equal(tw_keys_waiting(ring.keys), 2);
	tw_keys_reattach(ring.keys, start());
	run(&k);
	run(&other);
	assert_int_equal(k.state, TW_TLS_DONE);
	assert_int_equal(other.state, TW_TLS_DONE);
	end(&k);
	end(&other);

	begin(&k, c, TLS1_3_VERSION, NULL);
	turn(&k);
	tw_keys_fail(ring.keys);
	assert_int_equal(k.ready, 1);
	turn(&k);
	assert_int_equal(k.state, TW_TLS_FAILED);
	end(&k);
	tw_tls_context_free(c);
	while (poll(&(struct pollfd){ .fd = tw_keys_descriptor(ring.keys), .events = POLLIN }, 1,
	    100) == 1)
		assert_true(tw_keys_read(ring.keys));
}

/* What a worker that was taken over might ask. */
static void
only_tls_is_signed(void **state)
{
	static const struct {
		unsigned key, how, md;
		uint32_t n;
		bool signs;
	} rows[] = {
		{ RSA2048, KEY_PKCS1, KEY_SHA256, 32, true },
		{ RSA2048, KEY_PKCS1, KEY_SHA256, 31, false },
		{ RSA2048, KEY_PKCS1, KEY_SHA256, 256, false },	/* a whole block: a decryption */
		{ RSA2048, KEY_PKCS1, KEY_MDS, 256, false },
		{ RSA2048, KEY_PKCS1, KEY_MD5_SHA1, 36, true },
		{ RSA2048, KEY_PSS, KEY_MD5_SHA1, 36, false },
		{ RSA2048, KEY_HOWS, KEY_SHA256, 32, false },
		{ RSA2048, KEY_ECDSA, KEY_SHA256, 32, false },
		{ P256, KEY_ECDSA, KEY_SHA256, 0, false },
		{ P256, KEY_PKCS1, KEY_SHA256, 32, false },
		{ ED, KEY_ED25519, 0, KEY_TBS, true },
		{ ED, KEY_ED25519, 0, KEY_TBS + 1, false },
	};
	static uint8_t tbs[KEY_TBS + 1];
	uint8_t packet[sizeof(struct key_request) + sizeof(tbs)], in[KEY_PACKET];
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_true(tw_fd_send(ring.control, &pair[1], 1, tw_bytes_of("worker")));
	close(pair[1]);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct key_request q = { .id = i, .op = KEY_SIGN, .how = (uint8_t)rows[i].how,
			.md = (uint8_t)rows[i].md, .n = rows[i].n };
		struct key_answer a;
		unsigned char *spki = NULL;
		int n = i2d_PUBKEY(files[rows[i].key].one->key, &spki);

		tw_key_id((struct tw_bytes){ spki, (size_t)n }, q.key);
		OPENSSL_free(spki);
		memcpy(packet, &q, sizeof(q));
		memcpy(packet + sizeof(q), tbs, q.n);
		assert_int_equal(send(pair[0], packet, sizeof(q) + q.n, 0), sizeof(q) + q.n);
		assert_true(recv(pair[0], in, sizeof(in), 0) >= (ssize_t)sizeof(a));
		memcpy(&a, in, sizeof(a));
		assert_int_equal(a.id, i);
		if ((a.n > 0) != rows[i].signs)
			fail_msg("row %zu: %u bytes", i, (unsigned)a.n);
	}
	/* Not of its form: that worker is let go, the others are not. */
	assert_int_equal(send(pair[0], packet, sizeof(struct key_request) - 1, 0),
	    sizeof(struct key_request) - 1);
	assert_int_equal(recv(pair[0], in, sizeof(in), 0), 0);
	close(pair[0]);
	tw_tls_context_free(context(RSA2048, true));
}

static void
wrong_files_are_told(void **state)
{
	struct tw_err e = { 0 };
	const char *missing = "/nonexistent/key.pem", *chain = files[P256].chain;

	(void)state;
	assert_null(tw_keyring_load(&missing, 1, &e));
	assert_non_null(strstr(e.text, missing));
	assert_null(tw_keyring_load(&chain, 1, &e));	/* a certificate */
	assert_non_null(strstr(e.text, "no key in PEM"));
	assert_null(tw_keys_get(ring.keys, KEYS, &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_signs),
		cmocka_unit_test(a_worker_shakes_in_its_sandbox),
		cmocka_unit_test(many_wait_and_some_go_away),
		cmocka_unit_test(a_dead_process_is_replaced),
		cmocka_unit_test(only_tls_is_signed),
		cmocka_unit_test(wrong_files_are_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
