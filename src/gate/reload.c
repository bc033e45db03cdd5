/*
 * A new configuration takes the place of the old, without loss: a set of workers starts for
 * it beside the old, which takes no new connections and ends with its last one.
 */
#include <stdlib.h>

#include "gate/generation.h"
#include "gate/lacks.h"
#include "gate/parent.h"
#include "net/process.h"

struct tw_gate_set *
tw_reload_set(struct tw_gate_parent *p, struct tw_config *c, struct tw_err *e)
{
	struct tw_gate_set *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->config = c;
	s->addresses_n = tw_generation_sockets(c);
	s->fds = tw_gate_sockets_for(p->sockets, c, e);
	if (s->fds != NULL)
		return s;
	tw_config_free(c);
	free(s);
	return NULL;
}

/* Whether workers could serve c is tried in a child: no key comes into the parent. */
static bool
could_serve(struct tw_gate_parent *p, struct tw_config *c)
{
	int socket, how = 1;
	pid_t pid = tw_process_fork(&socket);

	if (pid == 0) {
		struct tw_err e;

		if (tw_generation_new(c, NULL, p->tickets, NULL, &e) != NULL)
			tw_process_exit(0);
		tw_gate_say(p, e.text);
		tw_process_exit(1);
	}
	if (pid < 0)
		return false;
	tw_process_await(pid, &how);
	tw_socket_close(socket);
	return how == 0;
}

void
tw_reload(struct tw_gate_parent *p)
{
	struct tw_config *c = p->voice->read(p->voice->ctx);
	struct tw_gate_set *s;
	struct tw_err e;

	if (c == NULL) {
		tw_gate_say(p, "the configuration is not changed: the file is wrong");
		return;
	}
	if (c->workers > tw_children_free_slots(p)) {
		tw_gate_say(p, "the configuration is not changed: too many workers of older ones still "
		    "have connections");
		tw_config_free(c);
		return;
	}
	if (tw_gate_lacks(c, p->voice->say, p->voice->ctx) || !could_serve(p, c)) {
		tw_gate_say(p, "the configuration is not changed");
		tw_config_free(c);
		return;
	}
	s = tw_reload_set(p, c, &e);
	if (s == NULL) {
		tw_gate_say(p, e.text);
		tw_gate_say(p, "the configuration is not changed");
		return;
	}
	tw_children_serve(p, s);
	tw_gate_sockets_drop_unused(p->sockets);
	tw_gate_say(p, "the configuration is loaded");
	if (p->voice->ready != NULL)
		p->voice->ready(p->voice->ctx);
}
