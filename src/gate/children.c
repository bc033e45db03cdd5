/*
 * The workers of the parent: started, walled in, told to finish, buried and replaced. See
 * parent.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gate/generation.h"
#include "gate/parent.h"
#include "gate/worker.h"
#include "net/process.h"
#include "net/sandbox.h"

/*
 * Before the first byte of a stranger: another user, no way back, no file, no program. What
 * had to be read is read; what had to be bound is bound.
 */
static int
wall_in(const struct tw_gate_parent *p, const struct tw_config *c, struct tw_err *e)
{
	struct tw_sandbox_walls walls;

	if (c->user != NULL && tw_privilege_drop(&p->identity, 0, e) != 0)
		return -1;
	if (tw_privilege_no_new(e) != 0 || tw_privilege_hide(false, e) != 0)
		return -1;
	return tw_sandbox_enter(TW_SANDBOX_WORKER, &walls, e);
}

/* A worker holds what is its own alone: a line of another's would not end with it. */
static void
close_others(const struct tw_gate_child *c, int keys_fd)
{
	const struct tw_gate_set *s = c->set;
	int *keep = calloc(s->addresses_n + 3, sizeof(*keep));
	size_t n = 0;

	if (keep == NULL)
		abort();
	for (size_t i = 0; i < s->addresses_n; i++)
		keep[n++] = s->fds[c->number * s->addresses_n + i];
	keep[n++] = c->socket;
	if (keys_fd >= 0)
		keep[n++] = keys_fd;
	if (c->parent->log_fd >= 0)
		keep[n++] = c->parent->log_fd;
	tw_privilege_close_others(keep, n);
	free(keep);
}

/* In the child: serves until it is told to end. */
static _Noreturn void
work(struct tw_gate_child *c, int keys_fd)
{
	struct tw_gate_parent *p = c->parent;
	struct tw_gate_set *s = c->set;
	struct tw_worker_start start = {
		.slot = (unsigned)(c - p->children),
		.room = s->config->connections,
		.guard = p->guard,
		.host = p->host,
		.order_fd = c->socket,
		.log_fd = p->log_fd,
	};
	struct tw_err e;
	struct tw_generation *g;
	struct tw_worker *w;

	close_others(c, keys_fd);
	if (s->config->keys_in_process && (start.keys = tw_keys_new(keys_fd, &e)) == NULL) {
		tw_gate_say(p, e.text);
		tw_process_exit(1);
	}
	g = tw_generation_new(s->config, s->fds + c->number * s->addresses_n, p->tickets,
	    start.keys, &e);
	if (g == NULL) {
		tw_gate_say(p, e.text);
		tw_process_exit(1);
	}
	w = tw_worker_new(&start);
	tw_worker_adopt(w, g);
	if (wall_in(p, s->config, &e) != 0) {
		tw_gate_say(p, e.text);
		tw_process_exit(1);
	}
	tw_worker_run(w);
	tw_worker_free(w);
	tw_process_exit(0);
}

static void
start_child(void *ctx)
{
	struct tw_gate_child *c = ctx;
	struct tw_gate_parent *p = c->parent;
	int keys_fd;

	if (p->ending || c->set->finishing)
		return;
	keys_fd = tw_key_process_connect(c->set);
	c->began_ms = tw_loop_clock_ns() / 1000000;
	c->pid = tw_process_fork(&c->socket);
	if (c->pid == 0)
		work(c, keys_fd);
	if (keys_fd >= 0)
		tw_socket_close(keys_fd);
	if (c->pid > 0)
		return;
	c->pid = 0;
	tw_gate_say(p, "a worker could not be started; again in a second");
	tw_timer_start(c->again, TW_GATE_AGAIN_MS);
}

void
tw_children_release(struct tw_gate_set *s)
{
	if (s == NULL || --s->alive > 0)
		return;
	if (s->key_pid > 0)
		tw_socket_close(s->key_control);	/* it ends by that */
	tw_config_free(s->config);
	free(s->fds);
	free(s);
}

unsigned
tw_children_free_slots(const struct tw_gate_parent *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
		n += p->children[i].set == NULL;
	return n;
}

void
tw_children_serve(struct tw_gate_parent *p, struct tw_gate_set *s)
{
	struct tw_gate_set *before = p->set;
	uint8_t word = TW_ORDER_FINISH;
	unsigned number = 0;

	p->set = s;
	tw_key_process_start(p, s);
	for (unsigned i = 0; i < TW_GATE_WORKERS && number < s->config->workers; i++) {
		struct tw_gate_child *c = &p->children[i];

		if (c->set != NULL)
			continue;
		c->set = s;
		c->number = number++;
		s->alive++;
		start_child(c);
	}
	if (before == NULL)
		return;
	before->finishing = true;
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++) {
		struct tw_gate_child *c = &p->children[i];

		if (c->set != before)
			continue;
		if (c->pid > 0) {
			(void)tw_socket_send(c->socket, (struct tw_bytes){ &word, 1 });
		} else {
			c->set = NULL;
			tw_children_release(before);
		}
	}
}

/* ---- their end ---- */

bool
tw_children_live(const struct tw_gate_parent *p)
{
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
		if (p->children[i].pid > 0)
			return true;
	return false;
}

void
tw_children_tell(struct tw_gate_parent *p, uint8_t word)
{
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
		if (p->children[i].pid > 0)
			(void)tw_socket_send(p->children[i].socket,
			    (struct tw_bytes){ &word, 1 });
}

static void
bury(struct tw_gate_parent *p, struct tw_gate_child *c, int how)
{
	struct tw_gate_set *s = c->set;
	unsigned slot = (unsigned)(c - p->children);
	char line[160];

	c->pid = 0;
	tw_socket_close(c->socket);
	tw_admission_forget_worker(p->guard, slot);
	if (p->ending || s->finishing) {
		c->set = NULL;
		tw_children_release(s);
		return;
	}
	snprintf(line, sizeof(line), "worker %u ended by %s %d; another takes its place", slot,
	    how < 0 ? "signal" : "status", how < 0 ? -how : how);
	tw_gate_say(p, line);
	if (tw_loop_clock_ns() / 1000000 - c->began_ms < TW_GATE_AGAIN_MS)
		tw_timer_start(c->again, TW_GATE_AGAIN_MS);
	else
		start_child(c);
}

void
tw_children_reap(struct tw_gate_parent *p)
{
	pid_t pid;
	int how;

	while ((pid = tw_process_reap(&how)) > 0)
		for (unsigned i = 0; i < TW_GATE_WORKERS; i++) {
			struct tw_gate_child *c = &p->children[i];

			if (c->pid == pid) {
				bury(p, c, how);
				break;
			}
			if (!p->ending && c->set != NULL && c->set->key_pid == pid) {
				tw_key_process_bury(p, c->set);
				break;
			}
		}
}

void
tw_children_init(struct tw_gate_parent *p)
{
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++) {
		p->children[i].parent = p;
		p->children[i].again = tw_timer_new(p->loop, start_child, &p->children[i]);
	}
}
