/*
 * server.c -- serves the demo's connections; see server.h. The dialogues are
 * the server sides of src/service/, as the gateway will speak them.
 */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct listener {
	const struct tw_server *server;
	int fd;
	sem_t room;
};

struct visit {
	struct listener *listener;
	int fd;
};

static const char page[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n"
    "Strict-Transport-Security: max-age=63072000\r\nConnection: close\r\n\r\n"
    "tlswright demo: good";

static bool
send_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* What a box on the way does that wants to read the mail: the word is gone, the length is not. */
static void
strip(uint8_t *p, size_t n)
{
	static const char word[] = "STARTTLS", mask[] = "XXXXXXXA";
	uint8_t *at = memmem(p, n, word, sizeof(word) - 1);

	if (at != NULL)
		memcpy(at, mask, sizeof(mask) - 1);
}

/* The dialogue before TLS; true when the handshake is next. */
static bool
talk(const struct tw_server *s, int fd)
{
	struct tw_dialog *d = calloc(1, sizeof(*d));
	enum tw_turn turn;
	bool ready = false;
	uint8_t in[2048];

	if (d == NULL)
		return false;
	turn = tw_dialog_open(d, &s->service->server, "localhost", "localhost");
	for (;;) {
		ssize_t n;

		if (s->stripped)
			strip(d->out, d->out_n);
		if (!send_all(fd, d->out, d->out_n))
			break;
		d->out_n = 0;
		ready = turn == TW_TLS;
		if (turn != TW_MORE)
			break;
		n = recv(fd, in, sizeof(in), 0);
		if (n <= 0)
			break;
		turn = tw_dialog_feed(d, (struct tw_bytes){ in, (size_t)n });
	}
	free(d);
	return ready;
}

/* A handshake, and a word to whoever goes on after it. Most visitors do not. */
static void
encrypt(const struct tw_server *s, int fd)
{
	SSL *ssl = SSL_new(s->ctx);
	char in[2048];

	if (ssl == NULL)
		return;
	if (SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1 &&
	    SSL_read(ssl, in, sizeof(in)) > 0) {
		if (s->service == NULL)
			SSL_write(ssl, page, sizeof(page) - 1);
		SSL_shutdown(ssl);
	}
	SSL_free(ssl);
}

static void *
receive(void *arg)
{
	struct visit *v = arg;
	const struct tw_server *s = v->listener->server;
	struct timeval limit = { .tv_sec = TW_SERVER_STEP_S };

	setsockopt(v->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(v->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if ((s->service == NULL || talk(s, v->fd)) && s->ctx != NULL)
		encrypt(s, v->fd);
	close(v->fd);
	sem_post(&v->listener->room);
	free(v);
	return NULL;
}

static bool
detach(void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool started;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 512 * 1024);
	started = pthread_create(&thread, &attr, run, arg) == 0;
	pthread_attr_destroy(&attr);
	return started;
}

static void *
accept_visits(void *arg)
{
	struct listener *l = arg;

	for (;;) {
		struct visit *v;
		int fd;

		while (sem_wait(&l->room) != 0)
			;		/* EINTR */
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
		v = fd < 0 ? NULL : malloc(sizeof(*v));
		if (v != NULL)
			*v = (struct visit){ l, fd };
		if (v == NULL || !detach(receive, v)) {
			free(v);
			if (fd >= 0)
				close(fd);
			sem_post(&l->room);
		}
	}
	return NULL;
}

int
tw_server_start(struct tw_server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	struct listener *l = malloc(sizeof(*l));
	int saved;

	if (l == NULL)
		return -1;
	*l = (struct listener){ .server = s };
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd >= 0 && bind(l->fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	    listen(l->fd, 256) == 0 && getsockname(l->fd, (struct sockaddr *)&at, &n) == 0 &&
	    sem_init(&l->room, 0, TW_SERVER_MOST) == 0) {
		s->port = ntohs(at.sin_port);
		if (detach(accept_visits, l))
			return 0;
		errno = EAGAIN;
	}
	saved = errno;
	if (l->fd >= 0)
		close(l->fd);
	free(l);
	errno = saved;
	return -1;
}
