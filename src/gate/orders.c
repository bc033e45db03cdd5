/*
 * The parent's words to a worker. Another configuration comes whole, what it takes from the
 * disk included, since a worker opens no file; see orders.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gate/access_log.h"
#include "gate/generation.h"
#include "gate/orders.h"
#include "gate/sessions.h"
#include "gate/signatures.h"
#include "gate/worker.h"
#include "net/fd_pass.h"

/* A configuration of which not all has come yet; -1: no such descriptor. */
struct tw_coming {
	int files, secrets, keys;
	size_t n, most;
	int fds[];
};

static void
close_one(int fd)
{
	if (fd >= 0)
		tw_socket_close(fd);
}

/* fds too, unless they are a generation's now. */
static void
give_up(struct tw_worker *w, bool fds)
{
	struct tw_coming *c = w->coming;

	if (c == NULL)
		return;
	w->coming = NULL;
	close_one(c->files);
	close_one(c->secrets);
	close_one(c->keys);
	for (size_t i = 0; fds && i < c->n; i++)
		close_one(c->fds[i]);
	free(c);
}

/* The text came from a parent that read it already: nothing is to be said of it. */
static struct tw_config *
read_config(const struct tw_bundle *files)
{
	struct tw_bytes text = tw_bundle_find(files, TW_GENERATION_TEXT);
	struct tw_bytes path = tw_bundle_find(files, TW_GENERATION_PATH);
	struct tw_bytes numbers = tw_bundle_find(files, TW_GENERATION_NUMBERS);
	struct tw_config_remarks remarks = { 0 };
	struct tw_config *c;

	if (text.p == NULL || path.p == NULL)
		return NULL;
	c = tw_config_read((const char *)path.p, (const char *)text.p,
	    (int64_t)(tw_loop_wall_ms() / 1000), &remarks);
	tw_config_clear_remarks(&remarks);
	if (c != NULL && numbers.n != (c->listens_n + c->redirects_n) * sizeof(uint32_t)) {
		tw_config_free(c);
		return NULL;
	}
	for (size_t i = 0; c != NULL && i < c->listens_n + c->redirects_n; i++) {
		uint32_t number;

		memcpy(&number, numbers.p + i * sizeof(number), sizeof(number));
		tw_generation_listen(c, i)->number = number;
	}
	return c;
}

static struct tw_generation *
make(struct tw_worker *w, struct tw_coming *c, struct tw_err *e)
{
	struct tw_bundle files = { 0 }, secrets = { 0 };
	struct tw_generation_parts parts = { .fds = c->fds, .tickets = w->tickets,
		.files = &files, .secrets = &secrets };
	struct tw_generation *g = NULL;

	if (!tw_bundle_open(&files, c->files) ||
	    (c->secrets >= 0 && !tw_bundle_open(&secrets, c->secrets))) {
		tw_err_set(e, TW_ERR_SYSTEM, "no memory for a configuration");
	} else if ((parts.config = read_config(&files)) == NULL) {
		tw_err_set(e, TW_ERR_FORMAT, "the configuration does not read here as it does in the "
		    "parent");
	} else if (c->keys >= 0 && (parts.keys = tw_keys_new(c->keys, e)) == NULL) {
		tw_config_free(parts.config);
	} else {
		if (c->keys >= 0)
			c->keys = -1;	/* the line is its own now */
		g = tw_generation_new(&parts, e);
	}
	tw_bundle_close(&files);
	tw_bundle_close(&secrets);
	return g;
}

/* All of it is here. What cannot be served changes nothing. */
static void
complete(struct tw_worker *w)
{
	struct tw_err e = { .text = "" };
	struct tw_generation *g = make(w, w->coming, &e);

	give_up(w, g == NULL);
	if (g != NULL)
		tw_worker_adopt(w, g);
	tw_orders_say(w, g == NULL ? TW_WORD_CANNOT : TW_WORD_SERVES, e.text);
}

static void
begin_serve(struct tw_worker *w, struct tw_bytes text, const int *fds, size_t n)
{
	struct tw_order_serve order;
	struct tw_coming *c;
	size_t at = 0;

	if (text.n < sizeof(order))
		return;
	memcpy(&order, text.p, sizeof(order));
	give_up(w, true);
	c = calloc(1, sizeof(*c) + order.sockets * sizeof(int));
	if (c == NULL)
		abort();
	c->most = order.sockets;
	c->files = at < n ? fds[at++] : -1;
	c->secrets = order.secrets && at < n ? fds[at++] : -1;
	c->keys = order.keys && at < n ? fds[at++] : -1;
	w->coming = c;
	if (c->most == 0)
		complete(w);
}

static void
take_sockets(struct tw_worker *w, const int *fds, size_t n)
{
	struct tw_coming *c = w->coming;

	for (size_t i = 0; i < n; i++)
		if (c != NULL && c->n < c->most)
			c->fds[c->n++] = fds[i];
		else
			close_one(fds[i]);
	if (c != NULL && c->n == c->most)
		complete(w);
}

/* What is not kept of fds is closed. */
static void
obey(struct tw_worker *w, struct tw_bytes text, const int *fds, size_t n)
{
	int fd = n > 0 ? fds[0] : -1;

	switch (text.p[0]) {
	case TW_ORDER_FINISH:
		tw_worker_finish(w, false);
		break;
	case TW_ORDER_END:
		tw_worker_finish(w, true);
		break;
	case TW_ORDER_SERVE:
		begin_serve(w, (struct tw_bytes){ text.p + 1, text.n - 1 }, fds, n);
		return;
	case TW_ORDER_LISTEN:
		take_sockets(w, fds, n);
		return;
	case TW_ORDER_SESSIONS:
		tw_sessions_tell(w, text.p, text.n);
		break;
	case TW_ORDER_LOG:
		if (w->log != NULL && fd >= 0) {
			tw_access_log_move(w->log, fd);
			return;
		}
		break;
	case TW_ORDER_KEYS:
		if (w->generation != NULL && w->generation->keys != NULL && fd >= 0) {
			tw_signatures_move(w->generation, fd);
			return;
		}
	}
	close_one(fd);
}

static void
on_order(struct tw_poll *watch, unsigned events)
{
	struct tw_worker *w = (void *)((char *)watch - offsetof(struct tw_worker, orders));
	uint8_t text[TW_FD_TEXT];
	int fds[TW_FD_PASS];
	size_t n;
	ptrdiff_t got = tw_fd_receive(w->order_fd, fds, &n, text);

	(void)events;
	if (got > 0) {
		obey(w, (struct tw_bytes){ text, (size_t)got }, fds, n);
	} else if (got == 0 && n == 0) {
		tw_poll_for(&w->orders, 0);	/* the parent is gone */
		tw_worker_finish(w, false);
	}
}

void
tw_orders_begin(struct tw_worker *w)
{
	tw_poll_open(&w->orders, w->loop, w->order_fd, on_order);
	tw_poll_for(&w->orders, TW_READABLE);
}

void
tw_orders_end(struct tw_worker *w)
{
	give_up(w, true);
}

void
tw_orders_say(const struct tw_worker *w, char letter, const char *words)
{
	char text[TW_FD_TEXT];
	int n = snprintf(text, sizeof(text), "%c%s", letter, words);

	(void)tw_socket_send(w->order_fd, (struct tw_bytes){ (const uint8_t *)text,
	    (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1 });
}
