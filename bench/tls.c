/*
 * bench-tls CHAIN KEY: what TLS costs in memory, without a socket: CPU microseconds of
 * the server's side of a handshake, and GB/s of records, our own and the library's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/ssl.h>

#include "net/tls_server.h"

#define HANDSHAKES 400

static const struct tw_tls_tickets tickets = { { { { 1 }, { 2 }, { 3 } } }, 1 };

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* One handshake; *us grows by the server's share. NULL: it failed. */
static struct tw_tls *
shake(struct tw_tls_context *c, SSL *client, double *us)
{
	enum tw_tls_state state = TW_TLS_MORE;
	struct tw_tls *t = NULL;
	struct tw_buf out;
	int done = 0;

	tw_buf_init(&out, TW_TLS_FLIGHT);
	for (int turn = 0; turn < 8 && (state == TW_TLS_MORE || done != 1); turn++) {
		struct tw_bytes in;
		char *p = NULL;
		double from;

		if (done != 1)
			done = SSL_do_handshake(client);
		in.n = (size_t)BIO_get_mem_data(SSL_get_wbio(client), &p);
		in.p = (const uint8_t *)p;
		from = cpu_us();
		if (t == NULL)
			t = tw_tls_new(c, false, TW_TLS_ASK_NONE, NULL);
		if (in.n > 0 && state == TW_TLS_MORE)
			state = tw_tls_shake(t, &in, &out);
		*us += cpu_us() - from;
		BIO_reset(SSL_get_wbio(client));
		BIO_write(SSL_get_rbio(client), out.p, (int)out.n);
		tw_buf_drop(&out, out.n);
	}
	tw_buf_clear(&out);
	if (state == TW_TLS_DONE)
		return t;
	fprintf(stderr, "bench-tls: %s\n", tw_tls_reason(t));
	exit(1);
}

static SSL *
client_new(SSL_CTX *ctx, SSL_SESSION *session)
{
	SSL *ssl = SSL_new(ctx);

	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(ssl);
	if (session != NULL)
		SSL_set_session(ssl, session);
	return ssl;
}

/* Prints GB/s of sealing at the server, and of opening what the client sealed. */
static void
records(struct tw_records *r, SSL *client, size_t size)
{
	struct tw_records_scratch *s = tw_records_scratch_new();
	size_t room = TW_RECORDS_ROOM(TW_RECORDS_SEALED(size)), all = 0;
	uint8_t *plain = calloc(1, room), *sealed = malloc(room);
	struct tw_records_opened o;
	double from, seal_us, open_us = 0;

	from = cpu_us();
	for (all = 0; all < 512u << 20; all += size)
		if (tw_records_seal(r, s, (struct tw_bytes){ plain, size }, sealed) == 0)
			exit(1);
	seal_us = cpu_us() - from;
	printf(" seal %.2f", (double)all / seal_us / 1e3);
	for (all = 0; all < 256u << 20; all += size) {
		char *p = NULL;
		size_t n;

		SSL_write(client, plain, (int)size);
		n = (size_t)BIO_get_mem_data(SSL_get_wbio(client), &p);
		from = cpu_us();
		tw_records_open(r, s, (struct tw_bytes){ (uint8_t *)p, n }, plain, &o);
		open_us += cpu_us() - from;
		if (o.plain_n != size)
			exit(1);
		BIO_reset(SSL_get_wbio(client));
	}
	printf(" open %.2f GB/s at %zu bytes\n", (double)all / open_us / 1e3, size);
	tw_records_scratch_free(s);
	free(plain);
	free(sealed);
}

static void
measure(const struct tw_tls_settings *s, int version, bool own)
{
	struct tw_tls_settings mine = *s;
	struct tw_tls_context *c;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL_SESSION *session = NULL;
	struct tw_records r;
	struct tw_err e;
	SSL *client;
	char byte;

	mine.own_records = own;
	c = tw_tls_context_new(&mine, &e);
	if (c == NULL) {
		fprintf(stderr, "bench-tls: %s\n", e.text);
		exit(2);
	}
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	for (int resumes = 0; resumes < 2; resumes++) {
		double us = 0;

		for (int i = 0; i < HANDSHAKES; i++) {
			struct tw_tls *t = shake(c, client = client_new(ctx, session), &us);
			double from = cpu_us();

			tw_tls_detach(t, &r);
			us += cpu_us() - from;
			if (!resumes && i == HANDSHAKES - 1) {
				SSL_read(client, &byte, 1);	/* the ticket */
				SSL_shutdown(client);
				session = SSL_get1_session(client);
			}
			from = cpu_us();
			tw_records_clear(&r);
			us += cpu_us() - from;
			/* Else the library takes the session for a broken one. */
			SSL_set_shutdown(client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
			SSL_free(client);
		}
		printf("%s %s %s: %.0f us\n", version == TLS1_3_VERSION ? "1.3" : "1.2",
		    own ? "own" : "library", resumes ? "resumed" : "full", us / HANDSHAKES);
	}
	for (unsigned i = 0; i < 2; i++) {
		double us = 0;

		client = client_new(ctx, NULL);
		tw_tls_detach(shake(c, client, &us), &r);
		printf("%s %s", version == TLS1_3_VERSION ? "1.3" : "1.2", own ? "own" : "library");
		records(&r, client, i == 0 ? 131072 : 1024);
		tw_records_clear(&r);
		SSL_free(client);
	}
	SSL_SESSION_free(session);
	SSL_CTX_free(ctx);
	tw_tls_context_free(c);
}

int
main(int argc, char **argv)
{
	struct tw_tls_certificate certificate = { 0 };
	struct tw_tls_settings s = { .name = "bench", .policy = tw_policies[0],
		.certificates = &certificate, .certificates_n = 1, .tickets = &tickets };

	if (argc != 3) {
		fputs("usage: bench-tls CHAIN KEY\n", stderr);
		return 2;
	}
	certificate.chain = argv[1];
	certificate.key = argv[2];
	for (int own = 1; own >= 0; own--) {
		measure(&s, TLS1_3_VERSION, own);
		measure(&s, TLS1_2_VERSION, own);
	}
	return 0;
}
