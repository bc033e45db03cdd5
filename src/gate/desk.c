/* The parent's clients, bounded; see desk.h. */
#include <stdlib.h>

#include "gate/desk.h"
#include "net/socket.h"

#define TICK_MS	500
#define ACCEPTS	8	/* a turn of the loop */

struct tw_desk {
	struct tw_poll poll;
	struct tw_loop *loop;
	struct tw_timer *timer;
	const struct tw_desk_kind *kind;
	void *ctx;
	struct tw_desk_client *clients;		/* the oldest last */
	unsigned n;
	unsigned held;		/* polls the loop has not let go of yet */
	int fd;
	bool ticking, closed;
	bool paused;		/* no descriptor was left: not accepting until the next tick */
};

static void
let_go(struct tw_desk *d)
{
	if (--d->held == 0)
		free(d);
}

static void
client_gone(struct tw_poll *watch)
{
	struct tw_desk_client *c = (void *)((char *)watch - offsetof(struct tw_desk_client, poll));

	let_go(c->desk);
	free(c);
}

static void
end(struct tw_desk_client *c)
{
	struct tw_desk *d = c->desk;
	struct tw_desk_client **at = &d->clients;

	if (c->fd < 0)
		return;		/* in a callback of its own, with the desk */
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	d->n--;
	if (d->kind->gone != NULL)
		d->kind->gone(c);
	tw_poll_close(&c->poll, client_gone);
	/* What it said beyond is read away: a socket closed with bytes unread loses our answer. */
	if (c->last)
		(void)tw_socket_receive(c->fd, c->in, sizeof(c->in));
	tw_socket_close(c->fd);
	tw_buf_clear(&c->out);
	c->fd = -1;
	c->dead = true;
}

void
tw_desk_drop(struct tw_desk_client *c)
{
	if (c->within)
		c->dead = true;
	else
		end(c);
}

struct tw_desk_client *
tw_desk_first(const struct tw_desk *d)
{
	return d->clients;
}

void
tw_desk_take(struct tw_desk_client *c, size_t n)
{
	c->in_n -= n;
	memmove(c->in, c->in + n, c->in_n);
}

/* Sends what waits. False: the client is gone. */
static bool
send_out(struct tw_desk_client *c)
{
	ptrdiff_t n;

	if (c->out.failed)
		return false;
	if (c->sent == c->out.n)
		return true;
	n = tw_socket_send(c->fd, (struct tw_bytes){ c->out.p + c->sent, c->out.n - c->sent });
	if (n < 0)
		return false;
	if (n > 0)
		c->step_ms = tw_loop_now_ms(c->desk->loop);
	c->sent += (size_t)n;
	if (c->sent == c->out.n)
		c->sent = c->out.n = 0;
	return true;
}

/* Whoever is answered is asked for more only when he has taken what he got. */
static void
go_on(struct tw_desk_client *c)
{
	const struct tw_desk_kind *k = c->desk->kind;
	bool more = true;

	c->within = true;
	while (more && !c->dead) {
		more = false;
		if (!send_out(c))
			c->dead = true;
		else if (c->out.n > 0)
			break;
		else if (c->last)
			c->dead = true;
		else if (c->busy && k->drained != NULL)
			k->drained(c), more = c->out.n > 0 || !c->busy;
		else if (!c->busy && (c->in_n > 0 || c->over)) {
			size_t before = c->in_n;

			k->heard(c);
			more = c->out.n > 0 || c->last || c->busy ||
			    (c->in_n < before && c->in_n > 0);
			/* A request that is longer than any, or the end of one that never was whole. */
			if (!more && !c->busy && (c->in_n == sizeof(c->in) || c->over))
				c->dead = true;
		}
	}
	c->within = false;
	if (c->dead) {
		end(c);
		return;
	}
	tw_poll_for(&c->poll, (!c->busy && c->out.n == 0 && !c->over &&
	    c->in_n < sizeof(c->in) ? TW_READABLE : 0) | (c->out.n > 0 ? TW_WRITABLE : 0));
}

void
tw_desk_settle(struct tw_desk_client *c)
{
	if (!c->within)
		go_on(c);
}

static void
on_client(struct tw_poll *watch, unsigned events)
{
	struct tw_desk_client *c = (void *)((char *)watch - offsetof(struct tw_desk_client, poll));
	ptrdiff_t n;

	if ((events & TW_READABLE) && !c->busy && c->out.n == 0 && !c->over) {
		n = tw_socket_receive(c->fd, c->in + c->in_n, sizeof(c->in) - c->in_n);
		if (n == TW_SOCKET_FAILED) {
			end(c);
			return;
		}
		if (n == TW_SOCKET_EOF)
			c->over = true;
		else
			c->in_n += (size_t)n;
	}
	go_on(c);
}

static void
let_in(struct tw_desk *d, int fd)
{
	struct tw_desk_client *c = calloc(1, sizeof(*c)), *oldest = d->clients;

	if (c == NULL)
		abort();
	while (d->n >= d->kind->most && oldest->next != NULL)
		oldest = oldest->next;
	if (d->n >= d->kind->most)
		end(oldest);
	c->desk = d;
	c->ctx = d->ctx;
	c->fd = fd;
	c->began_ms = c->step_ms = tw_loop_now_ms(d->loop);
	tw_buf_init(&c->out, d->kind->out);
	c->next = d->clients;
	d->clients = c;
	d->n++;
	d->held++;
	tw_poll_open(&c->poll, d->loop, fd, on_client);
	tw_poll_for(&c->poll, TW_READABLE);
}

static void
tick_on(struct tw_desk *d)
{
	if (d->ticking)
		return;
	d->ticking = true;
	tw_timer_start(d->timer, TICK_MS);
}

static void
on_accept(struct tw_poll *watch, unsigned events)
{
	struct tw_desk *d = (void *)((char *)watch - offsetof(struct tw_desk, poll));
	struct sockaddr_storage from;

	(void)events;
	for (unsigned i = 0; i < ACCEPTS; i++) {
		int fd = tw_socket_accept(d->fd, &from);

		if (fd == -2) {
			d->paused = true;
			tw_poll_for(&d->poll, 0);
			tick_on(d);
		}
		if (fd < 0)
			return;
		let_in(d, fd);
		tick_on(d);
	}
}

static void
on_tick(void *ctx)
{
	struct tw_desk *d = ctx;
	uint64_t now = tw_loop_now_ms(d->loop);

	d->ticking = false;
	for (struct tw_desk_client *c = d->clients, *next; c != NULL; c = next) {
		next = c->next;
		if (now - c->step_ms >= d->kind->step_ms || now - c->began_ms >= d->kind->total_ms)
			end(c);
	}
	if (d->paused)
		tw_poll_for(&d->poll, TW_READABLE);
	d->paused = false;
	if (d->n > 0)
		tick_on(d);
}

static void
listening_gone(struct tw_poll *watch)
{
	let_go((void *)((char *)watch - offsetof(struct tw_desk, poll)));
}

struct tw_desk *
tw_desk_open(struct tw_loop *l, int fd, const struct tw_desk_kind *kind, void *ctx)
{
	struct tw_desk *d = calloc(1, sizeof(*d));

	if (d == NULL)
		abort();
	*d = (struct tw_desk){ .loop = l, .fd = fd, .kind = kind, .ctx = ctx, .held = 1 };
	d->timer = tw_timer_new(l, on_tick, d);
	tw_poll_open(&d->poll, l, fd, on_accept);
	tw_poll_for(&d->poll, TW_READABLE);
	return d;
}

void
tw_desk_close(struct tw_desk *d)
{
	if (d == NULL)
		return;
	while (d->clients != NULL)
		end(d->clients);
	tw_timer_free(d->timer, NULL);
	tw_poll_close(&d->poll, listening_gone);
	tw_socket_close(d->fd);
}
