/*
 * The parent: binds a socket a worker and address, which it keeps open so that a worker's
 * successor finds its queue, and then only supervises. A reload starts a set of workers for
 * the new configuration beside the old, which takes no new connections and ends with its
 * last one. See gate.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "gate/access_log.h"
#include "gate/generation.h"
#include "gate/lacks.h"
#include "gate/parent.h"
#include "gate/worker.h"
#include "net/fd_pass.h"
#include "net/log_file.h"
#include "net/process.h"
#include "net/sandbox.h"

#define TICKET_MS	(8 * 3600 * 1000)	/* a ticket's key seals so long, and opens 3 times that */
#define BANS		131072

void
tw_gate_say(const struct tw_gate_parent *p, const char *line)
{
	p->voice->say(p->voice->ctx, line);
}

/* ---- shared memory ---- */

static int
share(struct tw_gate_parent *p, const struct tw_config *c, struct tw_err *e)
{
	struct tw_admission_size size = {
		.workers = TW_GATE_WORKERS,
		.listeners = TW_GATE_LISTENS,
		.connections = (size_t)c->connections * c->workers,
		.bans = BANS,
	};
	uint8_t seed[16];
	void *memory = tw_process_share(tw_admission_bytes(size));

	p->tickets = tw_process_share(sizeof(*p->tickets));
	if (memory == NULL || p->tickets == NULL)
		return tw_err_set(e, TW_ERR_SYSTEM, "no shared memory");
	tw_random(seed, sizeof(seed));
	p->guard = tw_admission_init(memory, size, seed);
	tw_tls_tickets_turn(p->tickets);
	return 0;
}

/* ---- children ---- */

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

static void
release(struct tw_gate_set *s)
{
	if (s == NULL || --s->alive > 0)
		return;
	if (s->key_pid > 0)
		tw_socket_close(s->key_control);	/* it ends by that */
	tw_config_free(s->config);
	free(s->fds);
	free(s);
}

static unsigned
free_children(const struct tw_gate_parent *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
		n += p->children[i].set == NULL;
	return n;
}

/* s is served from now on; the set before it finishes. */
static void
take_over(struct tw_gate_parent *p, struct tw_gate_set *s)
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
			release(before);
		}
	}
}

static struct tw_gate_set *
make_set(struct tw_gate_parent *p, struct tw_config *c, struct tw_err *e)
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

/* ---- the end of children, and of all ---- */

static bool
has_children(const struct tw_gate_parent *p)
{
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
		if (p->children[i].pid > 0)
			return true;
	return false;
}

static void
end_loop(struct tw_gate_parent *p)
{
	if (p->tickets_timer == NULL)
		return;
	tw_poll_close(&p->signals, NULL);
	tw_timer_free(p->tickets_timer, NULL);
	tw_timer_free(p->keys_again, NULL);
	p->tickets_timer = NULL;
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
		tw_timer_free(p->children[i].again, NULL);
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
		release(s);
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

static void
reap(struct tw_gate_parent *p)
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
	if (p->ending && !has_children(p))
		end_loop(p);
}

static void
finish(struct tw_gate_parent *p, uint8_t word)
{
	p->ending = true;
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
		if (p->children[i].pid > 0)
			(void)tw_socket_send(p->children[i].socket,
			    (struct tw_bytes){ &word, 1 });
	if (!has_children(p))
		end_loop(p);
}

/* ---- reload ---- */

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

static void
reload(struct tw_gate_parent *p)
{
	struct tw_config *c = p->voice->read(p->voice->ctx);
	struct tw_gate_set *s;
	struct tw_err e;

	if (c == NULL) {
		tw_gate_say(p, "the configuration is not changed: the file is wrong");
		return;
	}
	if (c->workers > free_children(p)) {
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
	s = make_set(p, c, &e);
	if (s == NULL) {
		tw_gate_say(p, e.text);
		tw_gate_say(p, "the configuration is not changed");
		return;
	}
	take_over(p, s);
	tw_gate_sockets_drop_unused(p->sockets);
	tw_gate_say(p, "the configuration is loaded");
	if (p->voice->ready != NULL)
		p->voice->ready(p->voice->ctx);
}

/* ---- the log ---- */

static int
open_log(const struct tw_gate_parent *p, const struct tw_config *c, struct tw_err *e)
{
	const char *path = c->logs[0].path;

	if (strcmp(path, "-") == 0)
		return 1;
	return tw_log_file_open(path, c->user == NULL ? (uid_t)-1 : p->identity.uid,
	    c->user == NULL ? (gid_t)-1 : p->identity.gid, e);
}

/* After a rotation: the workers write to the new file from their next line on. */
static void
reopen_log(struct tw_gate_parent *p)
{
	struct tw_err e;
	uint8_t word = TW_ORDER_LOG;
	int fd;

	if (p->log_fd < 0)
		return;
	fd = open_log(p, p->set->config, &e);
	if (fd < 0) {
		tw_gate_say(p, e.text);
		return;
	}
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
		if (p->children[i].pid > 0)
			(void)tw_fd_send(p->children[i].socket, &fd, 1,
			    (struct tw_bytes){ &word, 1 });
	if (p->log_fd > 2)
		tw_socket_close(p->log_fd);
	p->log_fd = fd;
}

static void
on_signal(struct tw_poll *watch, unsigned events)
{
	struct tw_gate_parent *p = (void *)((char *)watch - offsetof(struct tw_gate_parent, signals));
	int signal;

	(void)events;
	while ((signal = tw_process_signal(p->signal_fd)) != 0)
		switch (signal) {
		case SIGCHLD:
			reap(p);
			break;
		case SIGTERM:
			finish(p, TW_ORDER_FINISH);
			break;
		case SIGINT:
			finish(p, TW_ORDER_END);
			break;
		case SIGHUP:
			reload(p);
			break;
		case SIGUSR1:
			reopen_log(p);
			break;
		}
}

static void
on_ticket_time(void *ctx)
{
	struct tw_gate_parent *p = ctx;

	tw_tls_tickets_turn(p->tickets);
	tw_timer_start(p->tickets_timer, TICKET_MS);
}

/* ---- the beginning ---- */

static int
begin(struct tw_gate_parent *p, struct tw_config *c, struct tw_err *e)
{
	static const int signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, 0 };
	struct tw_gate_set *s;

	if (tw_gate_lacks(c, p->voice->say, p->voice->ctx)) {
		tw_config_free(c);
		return tw_err_set(e, TW_ERR_USAGE, "this configuration cannot be served yet");
	}
	if (c->workers > TW_GATE_WORKERS) {
		tw_config_free(c);
		return tw_err_set(e, TW_ERR_USAGE, "more than %d workers", TW_GATE_WORKERS);
	}
	tw_process_host_name(p->host);
	if (share(p, c, e) != 0) {
		tw_config_free(c);
		return -1;
	}
	if (c->user != NULL && tw_privilege_find(c->user, NULL, &p->identity, e) != 0) {
		tw_config_free(c);
		return -1;
	}
	p->log_fd = c->logs_n == 0 ? -1 : open_log(p, c, e);
	if (c->logs_n > 0 && p->log_fd < 0) {
		tw_config_free(c);
		return -1;
	}
	if (c->user != NULL && p->identity.uid == 0) {
		tw_config_free(c);
		return tw_err_set(e, TW_ERR_USAGE,
		    "user = root: workers must be somebody else; leave user out to stay who starts it");
	}
	/* A socket for each side of a connection, and a few; else fewer are let in. */
	if (tw_privilege_descriptors((uint64_t)c->connections * 2 + 64, e) != 0)
		tw_gate_say(p, e->text);
	s = make_set(p, c, e);
	if (s == NULL)
		return -1;
	p->signal_fd = tw_process_signals(signals);
	p->loop = tw_loop_new();
	tw_poll_open(&p->signals, p->loop, p->signal_fd, on_signal);
	tw_poll_for(&p->signals, TW_READABLE);
	p->tickets_timer = tw_timer_new(p->loop, on_ticket_time, p);
	tw_timer_start(p->tickets_timer, TICKET_MS);
	p->keys_again = tw_timer_new(p->loop, tw_key_process_again, p);
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++) {
		p->children[i].parent = p;
		p->children[i].again = tw_timer_new(p->loop, start_child, &p->children[i]);
	}
	take_over(p, s);
	return 0;
}

int
tw_gate_run(struct tw_config *c, const struct tw_gate_voice *voice, struct tw_err *e)
{
	struct tw_gate_parent p = { .voice = voice, .log_fd = -1, .sockets = tw_gate_sockets_new() };
	int status = begin(&p, c, e);

	if (status == 0) {
		if (voice->ready != NULL)
			voice->ready(voice->ctx);
		tw_loop_run(p.loop);
		tw_loop_free(p.loop);
		for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
			release(p.children[i].set);
	}
	tw_gate_sockets_free(p.sockets);
	return status;
}
