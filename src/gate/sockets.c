/* The listening sockets; see sockets.h. They are bound by net/listeners.c. */
#include <stdlib.h>

#include "gate/generation.h"
#include "gate/sockets.h"
#include "net/listeners.h"
#include "net/socket.h"

struct tw_gate_sockets {
	int *now, *before;	/* of the newest configuration, and of the one it replaces */
	size_t now_n, before_n;
};

struct tw_gate_sockets *
tw_gate_sockets_new(void)
{
	struct tw_gate_sockets *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	return s;
}

void
tw_gate_sockets_inherit(struct tw_gate_sockets *s, const int *fds, size_t n)
{
	int *all = realloc(s->now, (s->now_n + n + 1) * sizeof(*all));

	if (all == NULL)
		abort();
	s->now = all;
	for (size_t i = 0; i < n; i++)
		s->now[s->now_n++] = fds[i];
}

const int *
tw_gate_sockets_all(const struct tw_gate_sockets *s, size_t *ret_n)
{
	*ret_n = s->now_n;
	return s->now;
}

static void
close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tw_socket_close(fds[i]);
	free(fds);
}

void
tw_gate_sockets_drop_unused(struct tw_gate_sockets *s)
{
	close_all(s->before, s->before_n);
	s->before = NULL;
	s->before_n = 0;
}

void
tw_gate_sockets_free(struct tw_gate_sockets *s)
{
	tw_gate_sockets_drop_unused(s);
	close_all(s->now, s->now_n);
	free(s);
}

/*
 * Each address for all workers, into fds by worker, then address. How many addresses were
 * bound: all of them, or those before the one of which e speaks.
 */
static size_t
bind_all(struct tw_listeners *l, const struct tw_config *c, int *fds, size_t addresses,
    struct tw_err *e)
{
	int *slots = calloc(c->workers, sizeof(*slots));
	const struct tw_config_listen *one;
	size_t done = 0;

	if (slots == NULL)
		abort();
	for (size_t i = 0; (one = tw_generation_listen(c, i)) != NULL; i++)
		for (size_t k = 0; k < one->addresses_n; k++) {
			const struct tw_endpoint *a = &one->addresses[k];
			struct tw_listen_at at = { .addr = a->address.storage, .size = a->size };

			if (tw_listeners_bind(l, &at, c->workers, slots, e) != 0)
				goto out;
			for (unsigned w = 0; w < c->workers; w++)
				fds[w * addresses + done] = slots[w];
			done++;
		}
out:
	free(slots);
	return done;
}

/*
 * The sockets that are there are handed in as second descriptors of the same, so that a
 * configuration that cannot be bound takes nothing from the one that serves.
 */
int *
tw_gate_sockets_for(struct tw_gate_sockets *s, const struct tw_config *c, struct tw_err *e)
{
	size_t addresses = tw_generation_sockets(c), n = addresses * c->workers, done;
	int *fds = calloc(n + 1, sizeof(*fds)), *copy = calloc(n + 1, sizeof(*copy));
	struct tw_listeners l;

	if (fds == NULL || copy == NULL)
		abort();
	tw_listeners_init(&l);
	for (size_t i = 0; i < s->now_n; i++)
		(void)tw_listeners_adopt(&l, tw_socket_again(s->now[i]), 1);
	done = bind_all(&l, c, fds, addresses, e);
	tw_listeners_clear(&l);
	if (done < addresses) {
		for (unsigned w = 0; w < c->workers; w++)
			for (size_t i = 0; i < done; i++)
				tw_socket_close(fds[w * addresses + i]);
		free(fds);
		free(copy);
		return NULL;
	}
	tw_gate_sockets_drop_unused(s);
	s->before = s->now;
	s->before_n = s->now_n;
	memcpy(copy, fds, n * sizeof(*copy));
	s->now = copy;
	s->now_n = n;
	return fds;
}
