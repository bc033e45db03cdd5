/*
 * bench-keys CHAIN KEY: what a full handshake costs the server with its key inline and
 * with the key process: CPU microseconds, both processes counted, at so many at once.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "net/fd_pass.h"
#include "net/sandbox.h"
#include "net/tls_keys.h"
#include "net/tls_server.h"

#define ROUNDS	9
#define MANY	384	/* handshakes of a round */
#define MOST	32	/* at once */

struct shake {
	SSL *client;
	struct tw_tls *t;
	enum tw_tls_state state;
	int done;
	struct tw_buf out;
};

struct side {
	struct tw_tls_context *context;
	struct tw_keys *keys;		/* NULL: inline */
	clockid_t clock;		/* of the key process */
	double us[ROUNDS];
};

static double
read_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
on_ready(void *ctx)
{
	(void)ctx;
}

/* The server's turn alone is counted. */
static void
turn(struct shake *s, double *us)
{
	struct tw_bytes in;
	char *p = NULL;
	double from;

	if (s->done != 1)
		s->done = SSL_do_handshake(s->client);
	in.n = (size_t)BIO_get_mem_data(SSL_get_wbio(s->client), &p);
	in.p = (const uint8_t *)p;
	from = read_us(CLOCK_PROCESS_CPUTIME_ID);
	if (s->state != TW_TLS_DONE)
		s->state = tw_tls_shake(s->t, &in, &s->out);
	*us += read_us(CLOCK_PROCESS_CPUTIME_ID) - from;
	BIO_reset(SSL_get_wbio(s->client));
	BIO_write(SSL_get_rbio(s->client), s->out.p, (int)s->out.n);
	tw_buf_drop(&s->out, s->out.n);
	if (s->state == TW_TLS_FAILED) {
		fprintf(stderr, "bench-keys: %s\n", tw_tls_reason(s->t));
		exit(1);
	}
}

static void
hear(struct tw_keys *k, double *us)
{
	struct pollfd f = { .fd = tw_keys_descriptor(k), .events = POLLIN };
	double from = read_us(CLOCK_PROCESS_CPUTIME_ID);

	(void)tw_keys_flush(k);
	while (tw_keys_waiting(k) > 0)
		if (poll(&f, 1, 5000) != 1 || !tw_keys_read(k))
			exit(1);
	*us += read_us(CLOCK_PROCESS_CPUTIME_ID) - from;
}

static double
batch(struct side *s, SSL_CTX *ctx, unsigned n)
{
	static struct shake v[MOST];
	double us = 0, from = read_us(CLOCK_PROCESS_CPUTIME_ID);

	for (unsigned i = 0; i < n; i++) {
		v[i] = (struct shake){ .t = tw_tls_new(s->context, false, TW_TLS_ASK_NONE, s) };
		tw_buf_init(&v[i].out, TW_TLS_FLIGHT);
	}
	us += read_us(CLOCK_PROCESS_CPUTIME_ID) - from;
	for (unsigned i = 0; i < n; i++) {
		v[i].client = SSL_new(ctx);
		SSL_set_bio(v[i].client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
		SSL_set_connect_state(v[i].client);
	}
	for (int round = 0; round < 5; round++) {
		for (unsigned i = 0; i < n; i++)
			turn(&v[i], &us);
		if (s->keys != NULL)
			hear(s->keys, &us);
	}
	for (unsigned i = 0; i < n; i++) {
		if (v[i].state != TW_TLS_DONE)
			exit(1);
		SSL_free(v[i].client);
		tw_buf_clear(&v[i].out);
	}
	from = read_us(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned i = 0; i < n; i++)
		tw_tls_free(v[i].t);
	return us + read_us(CLOCK_PROCESS_CPUTIME_ID) - from;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
measure(struct side side[2], int version, unsigned n)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	double ratio[ROUNDS];

	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	for (int r = 0; r < ROUNDS; r++) {
		for (int i = 0; i < 2; i++) {
			double us = 0, other = i == 0 ? 0 : read_us(side[i].clock);

			for (unsigned done = 0; done < MANY; done += n)
				us += batch(&side[i], ctx, n);
			us += i == 0 ? 0 : read_us(side[i].clock) - other;
			side[i].us[r] = us / MANY;
		}
		ratio[r] = side[1].us[r] / side[0].us[r];
	}
	for (int i = 0; i < 2; i++)
		qsort(side[i].us, ROUNDS, sizeof(double), by_size);
	qsort(ratio, ROUNDS, sizeof(double), by_size);
	printf("%s, %2u at once: inline %.0f us, process %.0f us, ratio %.2f\n",
	    version == TLS1_3_VERSION ? "1.3" : "1.2", n, side[0].us[ROUNDS / 2],
	    side[1].us[ROUNDS / 2], ratio[ROUNDS / 2]);
	SSL_CTX_free(ctx);
}

static pid_t
start(const char *key, int *ret_control, int *ret_fd)
{
	int control[2], pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		exit(1);
	pid = fork();
	if (pid == 0) {
		struct tw_sandbox_walls walls;
		struct tw_err e;
		struct tw_keyring *r = tw_keyring_load(&key, 1, &e);

		close(control[0]);
		if (r == NULL || tw_sandbox_enter(TW_SANDBOX_KEYS, &walls, &e) != 0)
			fprintf(stderr, "bench-keys: %s\n", e.text);
		else
			(void)tw_keyring_serve(r, control[1], &e);
		_exit(0);
	}
	close(control[1]);
	if (pid < 0 || !tw_fd_send(control[0], &pair[1], 1, tw_bytes_of("worker")))
		exit(1);
	close(pair[1]);
	*ret_control = control[0];
	*ret_fd = pair[0];
	return pid;
}

int
main(int argc, char **argv)
{
	static const unsigned at_once[] = { 1, 4, 32 };
	struct tw_tls_certificate certificate = { 0 };
	struct tw_tls_settings s = { .name = "bench", .policy = tw_policies[0],
		.certificates = &certificate, .certificates_n = 1, .own_records = true };
	struct side side[2] = { 0 };
	struct tw_err e = { 0 };
	int control, fd;
	pid_t pid;

	if (argc != 3) {
		fputs("usage: bench-keys CHAIN KEY\n", stderr);
		return 2;
	}
	certificate.chain = argv[1];
	certificate.key = argv[2];
	pid = start(argv[2], &control, &fd);
	side[0].context = tw_tls_context_new(&s, &e);
	side[1].keys = tw_keys_new(fd, &e);
	if (side[1].keys != NULL)
		certificate.remote = tw_keys_get(side[1].keys, 0, &e);
	s.ready = on_ready;
	side[1].context = tw_tls_context_new(&s, &e);
	if (side[0].context == NULL || certificate.remote == NULL || side[1].context == NULL ||
	    clock_getcpuclockid(pid, &side[1].clock) != 0) {
		fprintf(stderr, "bench-keys: %s\n", e.text);
		return 1;
	}
	for (size_t i = 0; i < sizeof(at_once) / sizeof(at_once[0]); i++) {
		measure(side, TLS1_3_VERSION, at_once[i]);
		measure(side, TLS1_2_VERSION, at_once[i]);
	}
	EVP_PKEY_free(certificate.remote);
	tw_tls_context_free(side[0].context);
	tw_tls_context_free(side[1].context);
	tw_keys_free(side[1].keys);
	close(control);
	return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}
