/*
 * load: the client of the gateway's bench, and the backend behind every proxy in it (gateway.py
 * calls both). A request is eight bytes, how many more follow and how many are wanted back.
 *
 *    load backend PORT
 *    load connect PORT N VERSION GROUP        N connections, each with a full handshake
 *    load resume PORT N VERSION GROUP         the same, but the first of them resumed
 *    load ask PORT N VERSION GROUP UP DOWN    N requests on one connection
 *    load idle PORT N VERSION GROUP           N connections, held until standard input ends
 *
 * VERSION is 2 or 3. It prints how many were done and how many of them were resumed.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { BUFFER = 65536, MOST_FDS = 65536 };

struct peer {
	uint32_t head[2];
	size_t got;
};

static unsigned char buffer[BUFFER];
static struct peer peers[MOST_FDS];
static SSL_SESSION *last;

static void
die(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static int
endpoint(int port, struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	memset(to, 0, sizeof *to);
	to->sin_family = AF_INET;
	to->sin_port = htons((uint16_t)port);
	to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		die("no socket");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

/* What stands there is taken; a whole request is answered. */
static int
serve_peer(int fd)
{
	struct peer *p = &peers[fd];
	ssize_t n;

	if (p->got < 8)
		n = read(fd, (char *)p->head + p->got, 8 - p->got);
	else
		n = read(fd, buffer, p->head[0] < BUFFER ? p->head[0] : BUFFER);
	if (n <= 0)
		return 0;
	if (p->got < 8)
		p->got += (size_t)n;
	else
		p->head[0] -= (uint32_t)n;
	if (p->got < 8 || p->head[0] > 0)
		return 1;
	while (p->head[1] > 0) {
		n = write(fd, buffer, p->head[1] < BUFFER ? p->head[1] : BUFFER);
		if (n <= 0)
			return 0;
		p->head[1] -= (uint32_t)n;
	}
	p->got = 0;
	return 1;
}

_Noreturn static void
backend(int port)
{
	struct epoll_event e = { .events = EPOLLIN }, seen[64];
	struct sockaddr_in at;
	int fd = endpoint(port, &at), ep = epoll_create1(0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (void *)&at, sizeof at) != 0 || listen(fd, 4096) != 0)
		die("cannot listen");
	e.data.fd = fd;
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
	for (;;) {
		int n = epoll_wait(ep, seen, 64, -1);

		for (int i = 0; i < n; i++) {
			int c = seen[i].data.fd;

			if (c == fd) {
				c = accept(fd, NULL, NULL);
				if (c < 0 || c >= MOST_FDS)
					continue;
				setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
				peers[c].got = 0;
				e.data.fd = c;
				epoll_ctl(ep, EPOLL_CTL_ADD, c, &e);
			} else if (!serve_peer(c)) {
				close(c);
			}
		}
	}
}

/* The first is used again and again: what a proxy hands out later is no part of the column. */
static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	if (last != NULL)
		return 0;
	last = session;
	return 1;
}

static void
ask(SSL *ssl, uint32_t up, uint32_t down)
{
	uint32_t head[2] = { up, down };
	size_t first = up < BUFFER - 8 ? up : BUFFER - 8;
	int n;

	memcpy(buffer, head, 8);
	if (SSL_write(ssl, buffer, (int)(first + 8)) <= 0)
		die("cannot write");
	for (up -= (uint32_t)first; up > 0; up -= (uint32_t)n)
		if ((n = SSL_write(ssl, buffer, up < BUFFER ? (int)up : BUFFER)) <= 0)
			die("cannot write");
	for (; down > 0; down -= (uint32_t)n)
		if ((n = SSL_read(ssl, buffer, BUFFER)) <= 0)
			die("cannot read");
}

static SSL *
dial(SSL_CTX *ctx, int port, int resume)
{
	struct sockaddr_in to;
	int fd = endpoint(port, &to);
	SSL *ssl = SSL_new(ctx);

	if (connect(fd, (void *)&to, sizeof to) != 0)
		die("cannot connect");
	SSL_set_fd(ssl, fd);
	SSL_set_tlsext_host_name(ssl, "bench.test");
	if (resume && last != NULL)
		SSL_set_session(ssl, last);
	if (SSL_connect(ssl) != 1)
		die("no handshake");
	return ssl;
}

static void
hang_up(SSL *ssl)
{
	int fd = SSL_get_fd(ssl);

	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(fd);
}

int
main(int argc, char **argv)
{
	struct rlimit files;
	int port, n, version, reused = 0, done = 0;
	SSL_CTX *ctx;
	SSL *ssl;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (argc == 3 && strcmp(argv[1], "backend") == 0)
		backend(atoi(argv[2]));
	if (argc < 6)
		die("usage: see the head of load.c");
	port = atoi(argv[2]);
	n = atoi(argv[3]);
	version = argv[4][0] == '3' ? TLS1_3_VERSION : TLS1_2_VERSION;
	ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM+AES128");
	SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256");
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
	if (SSL_CTX_set1_groups_list(ctx, argv[5]) != 1)
		die("no such group");
	if (argv[1][0] == 'a' && argc == 8) {
		ssl = dial(ctx, port, 0);
		for (; done < n; done++)
			ask(ssl, (uint32_t)atol(argv[6]), (uint32_t)atol(argv[7]));
		hang_up(ssl);
	} else {
		for (; done < n; done++) {
			ssl = dial(ctx, port, argv[1][0] == 'r');
			ask(ssl, 0, 1);
			reused += SSL_session_reused(ssl);
			if (argv[1][0] != 'i')
				hang_up(ssl);
		}
	}
	printf("%d %d\n", done, reused);
	fflush(stdout);
	if (argv[1][0] == 'i')
		while (read(0, buffer, 1) > 0)
			continue;
	return 0;
}
