/* A worker's side of the key process: asks, waits, is told; see tls_keys.h. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/async.h>
#include <openssl/x509.h>

#include "net/tls_keys_inside.h"

#define WAIT_MS		5000	/* where nothing else can be done meanwhile */
#define GATHERED	16	/* requests in one packet */

struct tw_keys {
	int fd;
	OSSL_PROVIDER *provider;
	uint64_t last_id;
	struct key_pending *first, *last;
	size_t waiting, unsent;
};

struct tw_keys *
tw_keys_new(int fd, struct tw_err *e)
{
	struct tw_keys *k = calloc(1, sizeof(*k));

	if (k == NULL) {
		tw_err_set(e, TW_ERR_SYSTEM, "no memory for keys");
		return NULL;
	}
	k->provider = tw_keys_provide();
	if (k->provider == NULL) {
		tw_err_set(e, TW_ERR_LIBRARY, "this OpenSSL takes no keys of another process");
		free(k);
		return NULL;
	}
	k->fd = fd;
	return k;
}

static void
lose(struct tw_keys *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

void
tw_keys_free(struct tw_keys *k)
{
	if (k == NULL)
		return;
	lose(k);
	OSSL_PROVIDER_unload(k->provider);
	free(k);
}

int
tw_keys_descriptor(const struct tw_keys *k)
{
	return k->fd;
}

size_t
tw_keys_waiting(const struct tw_keys *k)
{
	return k->waiting;
}

static void
join(struct tw_keys *k, struct key_pending *p)
{
	p->request.id = ++k->last_id;
	p->next = NULL;
	p->before = k->last;
	*(k->last == NULL ? &k->first : &k->last->next) = p;
	k->last = p;
	k->waiting++;
	k->unsent++;
}

static void
leave(struct tw_keys *k, struct key_pending *p)
{
	*(p->before == NULL ? &k->first : &p->before->next) = p->next;
	*(p->next == NULL ? &k->last : &p->next->before) = p->before;
	k->waiting--;
	k->unsent -= !p->sent;
}

static void
settle(struct tw_keys *k, struct key_pending *p, struct tw_bytes answer)
{
	leave(k, p);
	if (answer.n > p->answer_room)
		answer.n = 0;
	if (answer.n > 0)
		memcpy(p->answer, answer.p, answer.n);
	p->answer_n = answer.n;
	p->answered = true;
	if (p->ready != NULL)
		p->ready(p->arg);
}

/* One packet of what was not sent yet, which are the last of the list. */
static bool
send_some(struct tw_keys *k)
{
	uint8_t packet[KEY_PACKET];
	struct key_pending *from = k->last, *p;
	size_t n = 0, many = 0;

	while (from->before != NULL && !from->before->sent)
		from = from->before;
	for (p = from; p != NULL && many < GATHERED; p = p->next, many++) {
		if (sizeof(packet) - n < sizeof(p->request) + p->request.n)
			break;
		memcpy(packet + n, &p->request, sizeof(p->request));
		n += sizeof(p->request);
		if (p->request.n > 0)
			memcpy(packet + n, p->tbs, p->request.n);
		n += p->request.n;
	}
	if (n > 0 && send(k->fd, packet, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return false;
	for (; many > 0; many--, from = from->next)
		from->sent = true, k->unsent--;
	return true;
}

bool
tw_keys_flush(struct tw_keys *k)
{
	while (k->fd >= 0 && k->unsent > 0)
		if (!send_some(k)) {
			/* A dead process is found out by tw_keys_read(). */
			return errno != EAGAIN && errno != EINTR && errno != ENOBUFS;
		}
	return true;
}

/* false: the packet is not of its form. */
static bool
take(struct tw_keys *k, struct tw_bytes v)
{
	while (v.n > 0) {
		struct key_answer a;
		struct key_pending *p = k->first;

		if (v.n < sizeof(a))
			return false;
		memcpy(&a, v.p, sizeof(a));
		v = (struct tw_bytes){ v.p + sizeof(a), v.n - sizeof(a) };
		if (a.n > v.n)
			return false;
		while (p != NULL && p->request.id != a.id)	/* they come in order */
			p = p->next;
		if (p != NULL)
			settle(k, p, (struct tw_bytes){ v.p, a.n });
		v = (struct tw_bytes){ v.p + a.n, v.n - a.n };
	}
	return true;
}

bool
tw_keys_read(struct tw_keys *k)
{
	uint8_t packet[KEY_PACKET];
	ssize_t got;

	/* What is called within may lose or change the socket: look each time. */
	while (k->fd >= 0) {
		got = recv(k->fd, packet, sizeof(packet), MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (got <= 0 || !take(k, (struct tw_bytes){ packet, (size_t)got }))
			lose(k);
	}
	return false;
}

void
tw_keys_reattach(struct tw_keys *k, int fd)
{
	lose(k);
	k->fd = fd;
	for (struct key_pending *p = k->first; p != NULL; p = p->next)
		p->sent = false;
	k->unsent = k->waiting;
	(void)tw_keys_flush(k);
}

void
tw_keys_fail(struct tw_keys *k)
{
	size_t many = k->waiting;	/* those that come in meanwhile are not meant */

	while (many-- > 0 && k->first != NULL)
		settle(k, k->first, (struct tw_bytes){ 0 });
}

/* Waits for p alone; others' answers that come meanwhile are taken as ever. */
static void
wait_for(struct tw_keys *k, const struct key_pending *p)
{
	while (!p->answered && k->fd >= 0) {
		struct pollfd f = { .fd = k->fd,
			.events = (short)(POLLIN | (tw_keys_flush(k) ? 0 : POLLOUT)) };

		if (poll(&f, 1, WAIT_MS) == 0 || !tw_keys_read(k))
			return;
	}
}

/* The number of bytes; 0: refused, or nobody there. */
static size_t
ask(struct tw_keys *k, struct key_pending *p)
{
	ASYNC_JOB *job = ASYNC_get_current_job();
	ASYNC_WAIT_CTX *w = job == NULL ? NULL : ASYNC_get_wait_ctx(job);

	if (w != NULL)
		(void)ASYNC_WAIT_CTX_get_callback(w, &p->ready, &p->arg);
	join(k, p);
	/*
	 * Without somebody to tell, it waits here. Resumed without an answer means that the
	 * handshake is given up: no job can be cancelled, so it ends with a refusal.
	 */
	if (p->ready != NULL)
		(void)ASYNC_pause_job();
	else
		wait_for(k, p);
	if (p->answered)
		return p->answer_n;
	leave(k, p);
	return 0;
}

size_t
tw_keys_sign(struct key_remote *r, enum key_how how, enum key_md md, struct tw_bytes tbs,
    uint8_t *out, size_t room)
{
	struct key_pending p = { .tbs = tbs.p, .answer = out, .answer_room = room };

	if (tbs.n > KEY_TBS)
		return 0;
	memcpy(p.request.key, r->id, KEY_ID);
	p.request.op = KEY_SIGN;
	p.request.how = (uint8_t)how;
	p.request.md = (uint8_t)md;
	p.request.n = (uint32_t)tbs.n;
	return ask(r->keys, &p);
}

EVP_PKEY *
tw_keys_get(struct tw_keys *k, size_t n, struct tw_err *e)
{
	uint8_t spki[4096], id[KEY_ID];
	const unsigned char *at = spki;
	struct key_pending p = { .answer = spki, .answer_room = sizeof(spki) };
	EVP_PKEY *public, *key;
	size_t got;

	p.request.op = KEY_PUBLIC;
	p.request.key[0] = (uint8_t)(n >> 8);
	p.request.key[1] = (uint8_t)n;
	got = n > UINT16_MAX ? 0 : ask(k, &p);
	public = got == 0 ? NULL : d2i_PUBKEY(NULL, &at, (long)got);
	if (public == NULL) {
		tw_err_set(e, TW_ERR_SYSTEM, "the key process does not give key %zu", n + 1);
		return NULL;
	}
	tw_key_id((struct tw_bytes){ spki, got }, id);
	key = tw_keys_wrap(k, public, id);
	EVP_PKEY_free(public);
	if (key == NULL)
		tw_err_set(e, TW_ERR_LIBRARY, "this OpenSSL takes no keys of another process");
	return key;
}

void
tw_keys_drop(EVP_PKEY *key)
{
	EVP_PKEY_free(key);
}
