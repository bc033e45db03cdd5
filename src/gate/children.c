/*
 * The workers of the parent: started, walled in, told of another configuration or to finish,
 * buried and replaced. See parent.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/control.h"
#include "gate/generation.h"
#include "gate/lacks.h"
#include "gate/orders.h"
#include "gate/parent.h"
#include "gate/worker.h"
#include "net/fd_pass.h"
#include "net/process.h"
#include "net/sandbox.h"

#define HASTE	3	/* so many may end within a second of their start, one after the other */

/*
 * Before the first byte of a stranger: another user, no way back, no file, no program. What
 * had to be read is read; what had to be bound is bound.
 */
static int
wall_in(const struct tw_gate_parent *p, const struct tw_config *c,
    const struct tw_generation *g, struct tw_err *e)
{
	struct tw_sandbox_walls walls;
	int folders[TW_GATE_LISTENS];
	size_t n = 0;

	if (c->user != NULL && tw_privilege_drop(&p->identity, 0, e) != 0)
		return -1;
	if (tw_privilege_no_new(e) != 0 || tw_privilege_hide(false, e) != 0)
		return -1;
	for (size_t i = 0; i < g->listeners_n && n < TW_COUNT(folders); i++) {
		int folder = g->listeners[i].folder;

		if (folder >= 0 && (n == 0 || folders[n - 1] != folder))
			folders[n++] = folder;
	}
	return tw_sandbox_enter_beside(folders, n, &walls, e);
}

/* A worker holds what is its own alone: a line of another's would not end with it. */
static void
close_others(const struct tw_gate_child *c, int keys_fd)
{
	const struct tw_gate_set *s = c->set;
	int others[] = { c->socket, keys_fd, c->parent->log_fd, s->files_fd,
		s->config->keys_in_process ? -1 : s->secrets_fd };
	int *keep = calloc(s->addresses_n + TW_COUNT(others), sizeof(*keep));
	size_t n = 0;

	if (keep == NULL)
		abort();
	for (size_t i = 0; i < s->addresses_n; i++)
		keep[n++] = s->fds[c->number * s->addresses_n + i];
	for (size_t i = 0; i < TW_COUNT(others); i++)
		if (others[i] >= 0)
			keep[n++] = others[i];
	tw_privilege_close_others(keep, n);
	free(keep);
}

static struct tw_generation *
generation_of(const struct tw_gate_child *c, int keys_fd, struct tw_err *e)
{
	const struct tw_gate_set *s = c->set;
	struct tw_bundle files = { 0 }, secrets = { 0 };
	struct tw_generation_parts parts = {
		.config = s->config,
		.fds = s->fds + c->number * s->addresses_n,
		.tickets = c->parent->tickets,
		.files = &files,
		.secrets = &secrets,
	};
	struct tw_generation *g;

	if (!tw_bundle_open(&files, s->files_fd) ||
	    (!s->config->keys_in_process && !tw_bundle_open(&secrets, s->secrets_fd))) {
		tw_err_set(e, TW_ERR_SYSTEM, "no memory for a configuration");
		return NULL;
	}
	if (s->config->keys_in_process && (parts.keys = tw_keys_new(keys_fd, e)) == NULL)
		return NULL;
	g = tw_generation_new(&parts, e);
	tw_bundle_close(&files);
	tw_bundle_close(&secrets);
	tw_socket_close(s->files_fd);
	if (!s->config->keys_in_process)
		tw_socket_close(s->secrets_fd);
	return g;
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
		.counters = p->counters,
		.host = p->host,
		.order_fd = c->socket,
		.log_fd = p->log_fd,
		.tickets = p->tickets,
	};
	struct tw_err e;
	struct tw_generation *g;
	struct tw_worker *w;

	close_others(c, keys_fd);
	g = generation_of(c, keys_fd, &e);
	if (g == NULL) {
		tw_gate_say(p, e.text);
		tw_process_exit(1);
	}
	w = tw_worker_new(&start);
	tw_worker_adopt(w, g);
	if (wall_in(p, s->config, g, &e) != 0) {
		tw_gate_say(p, e.text);
		tw_process_exit(1);
	}
	tw_orders_say(w, TW_WORD_SERVES, "");
	tw_worker_run(w);
	tw_worker_free(w);
	tw_process_exit(0);
}

/* What a worker says. Its end is told by a signal, which comes after its last words. */
static void
on_words(struct tw_poll *watch, unsigned events)
{
	struct tw_gate_child *c = (void *)((char *)watch - offsetof(struct tw_gate_child, words));
	static char text[sizeof(struct tw_sessions_answer) + 1];	/* one loop, one at a time */
	char line[TW_FD_TEXT + 100];
	ptrdiff_t n = tw_socket_receive(c->socket, (uint8_t *)text, sizeof(text) - 1);

	(void)events;
	if (n < 0)
		tw_poll_for(watch, 0);
	if (n <= 0)
		return;
	text[n] = '\0';
	if (text[0] == TW_WORD_SESSIONS) {
		tw_ask_heard(c, (struct tw_bytes){ (const uint8_t *)text, (size_t)n });
		return;
	}
	if (text[0] == TW_WORD_CANNOT) {
		snprintf(line, sizeof(line), "worker %u goes on with the old configuration: %s",
		    (unsigned)(c - c->parent->children), text + 1);
		tw_gate_say(c->parent, line);
	}
	c->serves = true;
	tw_reload_settle(c->parent);
}

static void
start_child(void *ctx)
{
	struct tw_gate_child *c = ctx;
	struct tw_gate_parent *p = c->parent;
	int keys_fd;

	if (p->ending || c->set == NULL || c->set->finishing)
		return;
	keys_fd = tw_key_process_connect(c->set);
	c->began_ms = tw_loop_clock_ns() / 1000000;
	c->serves = false;
	c->pid = tw_process_fork(&c->socket);
	if (c->pid == 0)
		work(c, keys_fd);
	if (keys_fd >= 0)
		tw_socket_close(keys_fd);
	if (c->pid > 0) {
		tw_poll_open(&c->words, p->loop, c->socket, on_words);
		tw_poll_for(&c->words, TW_READABLE);
		return;
	}
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
		tw_socket_close(s->key_control);	/* it ends with the last worker that asks it */
	tw_socket_close(s->files_fd);
	tw_socket_close(s->secrets_fd);
	if (s->named)
		tw_gate_names_take(&s->parent->names, s->config);
	tw_served_free(s->served, s->config);
	tw_config_free(s->config);
	free(s->fds);
	free(s);
}

/* ---- another configuration ---- */

/* A folder of challenges is a door in the walls, and walls that stand get none. */
static bool
has_challenges(const struct tw_config *c)
{
	bool some = false;

	for (size_t i = 0; i < c->redirects_n; i++)
		some = some || c->redirects[i].acme != NULL;
	return some;
}

/* What a worker was given when it began, and cannot be given anew, is the same. */
static bool
is_for_the_same_workers(const struct tw_config *a, const struct tw_config *b)
{
	return !has_challenges(a) && !has_challenges(b) &&
	    a->workers == b->workers && a->connections == b->connections &&
	    (a->logs_n == 0) == (b->logs_n == 0) &&
	    (a->user == NULL ? b->user == NULL : b->user != NULL && strcmp(a->user, b->user) == 0);
}

static bool
tell_sockets(const struct tw_gate_child *c)
{
	const struct tw_gate_set *s = c->set;
	const int *fds = s->fds + c->number * s->addresses_n;
	uint8_t letter = TW_ORDER_LISTEN;

	for (size_t at = 0; at < s->addresses_n; at += TW_FD_PASS) {
		size_t n = s->addresses_n - at < TW_FD_PASS ? s->addresses_n - at : TW_FD_PASS;

		if (!tw_fd_send(c->socket, fds + at, n, (struct tw_bytes){ &letter, 1 }))
			return false;
	}
	return true;
}

/* Its set has changed: it gets all that it needs for the new one. */
static void
tell_set(struct tw_gate_child *c)
{
	const struct tw_gate_set *s = c->set;
	int fds[3] = { s->files_fd }, keys_fd = tw_key_process_connect(c->set);
	struct tw_order_serve order = { .sockets = (uint32_t)s->addresses_n,
		.secrets = !s->config->keys_in_process, .keys = keys_fd >= 0 };
	uint8_t text[1 + sizeof(order)] = { TW_ORDER_SERVE };
	size_t n = 1;

	if (order.secrets)
		fds[n++] = s->secrets_fd;
	if (order.keys)
		fds[n++] = keys_fd;
	memcpy(text + 1, &order, sizeof(order));
	c->serves = false;
	if (!tw_fd_send(c->socket, fds, n, (struct tw_bytes){ text, sizeof(text) }) ||
	    !tell_sockets(c)) {
		tw_gate_say(c->parent, "a worker does not listen to its parent, and goes on with the "
		    "old configuration");
		c->serves = true;
	}
	if (keys_fd >= 0)
		tw_socket_close(keys_fd);
}

static void
hand_over(struct tw_gate_parent *p, struct tw_gate_set *before, struct tw_gate_set *s)
{
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++) {
		struct tw_gate_child *c = &p->children[i];

		if (c->set != before)
			continue;
		c->set = s;
		s->alive++;
		if (c->pid > 0)
			tell_set(c);
		tw_children_release(before);
	}
}

/* The set before takes nobody in any more, and ends with its last connection. */
static void
let_finish(struct tw_gate_parent *p, struct tw_gate_set *before)
{
	uint8_t word = TW_ORDER_FINISH;

	before->finishing = true;
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++) {
		struct tw_gate_child *c = &p->children[i];

		if (c->set != before)
			continue;
		if (c->pid > 0) {
			(void)tw_socket_send(c->socket, (struct tw_bytes){ &word, 1 });
		} else if (!c->burying) {
			c->set = NULL;
			tw_children_release(before);
		}
	}
}

static unsigned
free_slots(const struct tw_gate_parent *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
		n += p->children[i].set == NULL;
	return n;
}

bool
tw_children_have_room(const struct tw_gate_parent *p, const struct tw_config *c)
{
	return (p->set != NULL && is_for_the_same_workers(p->set->config, c)) ||
	    c->workers <= free_slots(p);
}

void
tw_children_serve(struct tw_gate_parent *p, struct tw_gate_set *s)
{
	struct tw_gate_set *before = p->set;
	bool same = before != NULL && is_for_the_same_workers(before->config, s->config);
	unsigned number = 0;

	p->set = s;
	tw_key_process_start(p, s);
	if (same) {
		hand_over(p, before, s);
		return;
	}
	for (unsigned i = 0; i < TW_GATE_WORKERS && number < s->config->workers; i++) {
		struct tw_gate_child *c = &p->children[i];

		if (c->set != NULL)
			continue;
		c->set = s;
		c->number = number++;
		c->hasty = 0;
		s->alive++;
		start_child(c);
	}
	if (before != NULL)
		let_finish(p, before);
}

bool
tw_children_settled(const struct tw_gate_parent *p)
{
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
		if (p->children[i].set == p->set && !p->children[i].serves)
			return false;
	return true;
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

bool
tw_children_at_once(uint64_t began_ms, unsigned *hasty)
{
	if (tw_loop_clock_ns() / 1000000 - began_ms >= TW_GATE_AGAIN_MS)
		*hasty = 0;
	return ++*hasty <= HASTE;
}

/* The loop has let go of its socket: the slot is free for the next. */
static void
replace(struct tw_poll *watch)
{
	struct tw_gate_child *c = (void *)((char *)watch - offsetof(struct tw_gate_child, words));
	struct tw_gate_set *s = c->set;

	c->burying = false;
	if (c->parent->ending || s->finishing) {
		c->set = NULL;
		tw_children_release(s);
	} else if (tw_children_at_once(c->began_ms, &c->hasty)) {
		start_child(c);
	} else {
		tw_timer_start(c->again, TW_GATE_AGAIN_MS);
	}
}

static void
bury(struct tw_gate_parent *p, struct tw_gate_child *c, int how)
{
	unsigned slot = (unsigned)(c - p->children);
	char line[160];

	c->pid = 0;
	c->burying = true;
	c->serves = false;
	tw_poll_close(&c->words, replace);
	tw_control_answered(p, c, NULL);
	tw_socket_close(c->socket);
	tw_admission_forget_worker(p->guard, slot);
	if (p->ending || c->set->finishing)
		return;
	snprintf(line, sizeof(line), "worker %u ended by %s %d; another takes its place", slot,
	    how < 0 ? "signal" : "status", how < 0 ? -how : how);
	tw_gate_say(p, line);
}

bool
tw_children_bury(struct tw_gate_parent *p, pid_t pid, int how)
{
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++) {
		struct tw_gate_child *c = &p->children[i];

		if (c->pid == pid) {
			bury(p, c, how);
			return true;
		}
		if (c->set != NULL && c->set->key_pid == pid) {
			if (!p->ending)
				tw_key_process_bury(p, c->set);
			return true;
		}
	}
	return false;
}

void
tw_children_init(struct tw_gate_parent *p)
{
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++) {
		p->children[i].parent = p;
		p->children[i].again = tw_timer_new(p->loop, start_child, &p->children[i]);
	}
}
