/* The listening sockets; see sockets.h. */
#include <stdlib.h>
#include <string.h>

#include "gate/generation.h"
#include "gate/sockets.h"
#include "net/socket.h"

struct one {
	struct one *next;
	struct tw_endpoint at;
	unsigned worker;
	int fd;
	unsigned used;		/* by which configuration last */
};

struct tw_gate_sockets {
	struct one *first;
	unsigned round;
};

struct tw_gate_sockets *
tw_gate_sockets_new(void)
{
	struct tw_gate_sockets *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	return s;
}

/* Closes those of which keep() does not hold. */
static void
drop(struct tw_gate_sockets *s, bool (*keeps)(const struct tw_gate_sockets *s,
    const struct one *o))
{
	for (struct one **at = &s->first, *o; (o = *at) != NULL; ) {
		if (keeps(s, o)) {
			at = &o->next;
			continue;
		}
		*at = o->next;
		tw_socket_close(o->fd);
		free(o);
	}
}

static bool
none(const struct tw_gate_sockets *s, const struct one *o)
{
	(void)s;
	(void)o;
	return false;
}

static bool
is_used(const struct tw_gate_sockets *s, const struct one *o)
{
	return o->used == s->round;
}

void
tw_gate_sockets_free(struct tw_gate_sockets *s)
{
	drop(s, none);
	free(s);
}

void
tw_gate_sockets_drop_unused(struct tw_gate_sockets *s)
{
	drop(s, is_used);
}

static struct one *
find(struct tw_gate_sockets *s, const struct tw_endpoint *at, unsigned worker)
{
	for (struct one *o = s->first; o != NULL; o = o->next)
		if (o->worker == worker && o->at.size == at->size &&
		    memcmp(&o->at.address, &at->address, at->size) == 0)
			return o;
	return NULL;
}

/* The socket for worker at an address: one that is there, or a new one. -1: e says why. */
static int
take(struct tw_gate_sockets *s, const struct tw_endpoint *at, unsigned worker, struct tw_err *e)
{
	struct one *o = find(s, at, worker);
	int fd;

	if (o == NULL) {
		fd = tw_socket_listen(&at->address.sa, at->size, at->text, e);
		if (fd < 0)
			return -1;
		o = calloc(1, sizeof(*o));
		if (o == NULL)
			abort();
		*o = (struct one){ s->first, *at, worker, fd, 0 };
		s->first = o;
	}
	o->used = s->round;
	return o->fd;
}

int *
tw_gate_sockets_for(struct tw_gate_sockets *s, const struct tw_config *c, struct tw_err *e)
{
	int *fds = calloc(tw_generation_sockets(c) * c->workers + 1, sizeof(*fds)), *fd = fds;

	if (fds == NULL)
		abort();
	s->round++;
	for (unsigned w = 0; w < c->workers; w++)
		for (size_t i = 0; i < c->listens_n; i++)
			for (size_t k = 0; k < c->listens[i].addresses_n; k++) {
				*fd = take(s, &c->listens[i].addresses[k], w, e);
				if (*fd++ >= 0)
					continue;
				free(fds);
				return NULL;
			}
	return fds;
}
