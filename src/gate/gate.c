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
#include "gate/gate.h"
#include "gate/generation.h"
#include "gate/lacks.h"
#include "gate/sockets.h"
#include "gate/worker.h"
#include "net/fd_pass.h"
#include "net/log_file.h"
#include "net/privilege.h"
#include "net/process.h"
#include "net/sandbox.h"

#define WORKERS		64	/* what the guard tells apart: those that finish count too */
#define AGAIN_MS	1000	/* a worker that dies at once is not started in a rush */
#define TICKET_MS	(8 * 3600 * 1000)	/* a ticket's key seals so long, and opens 3 times that */
#define BANS		131072

/* A configuration and the workers that serve it. */
struct set {
	struct tw_config *config;
	int *fds;		/* by worker, then address; of the parent's sockets */
	size_t addresses_n;
	unsigned alive;
	pid_t key_pid;		/* of its key process; 0: keys are in the workers */
	int key_control;
	uint64_t key_began_ms;
	bool finishing;		/* another set has taken over */
};

struct child {
	pid_t pid;		/* 0: none */
	struct set *set;
	unsigned number;	/* among its set's */
	int socket;		/* orders go there */
	uint64_t began_ms;
	struct tw_timer *again;	/* starts it anew */
	struct parent *parent;
};

struct parent {
	struct set *set;	/* the newest */
	struct tw_gate_sockets *sockets;
	struct tw_loop *loop;
	struct tw_poll signals;
	struct tw_timer *tickets_timer, *keys_again;
	struct tw_guard *guard;
	struct tw_tls_tickets *tickets;
	int signal_fd, log_fd;
	struct child children[WORKERS];
	bool ending;
	struct tw_identity identity;	/* of the workers, where the configuration names one */
	char host[256];
	const struct tw_gate_voice *voice;
};

static void
say(struct parent *p, const char *line)
{
	p->voice->say(p->voice->ctx, line);
}

/* ---- shared memory ---- */

static int
share(struct parent *p, const struct tw_config *c, struct tw_err *e)
{
	struct tw_admission_size size = {
		.workers = WORKERS,
		.listeners = 256,
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
wall_in(const struct parent *p, const struct tw_config *c, struct tw_err *e)
{
	struct tw_sandbox_walls walls;

	if (c->user != NULL && tw_privilege_drop(&p->identity, 0, e) != 0)
		return -1;
	if (tw_privilege_no_new(e) != 0 || tw_privilege_hide(false, e) != 0)
		return -1;
	return tw_sandbox_enter(TW_SANDBOX_WORKER, &walls, e);
}

/* In the key process: signs until the parent has no more use for it. */
static _Noreturn void
sign(struct parent *p, const struct tw_config *c, int control)
{
	const char **paths = calloc(c->certificates_n + 1, sizeof(*paths));
	struct tw_sandbox_walls walls;
	struct tw_keyring *keys;
	struct tw_err e;

	if (paths == NULL)
		abort();
	tw_privilege_close_others(&control, 1);
	for (size_t i = 0; i < c->certificates_n; i++)
		paths[i] = c->certificates[i].key;
	keys = tw_keyring_load(paths, c->certificates_n, &e);
	if (keys != NULL &&
	    (c->user == NULL || tw_privilege_drop(&p->identity, 0, &e) == 0) &&
	    tw_privilege_hide(true, &e) == 0 &&
	    tw_sandbox_enter(TW_SANDBOX_KEYS, &walls, &e) == 0 &&
	    tw_keyring_serve(keys, control, &e) == 0)
		tw_process_exit(0);
	say(p, e.text);
	tw_process_exit(1);
}

static void
start_keys(struct parent *p, struct set *s)
{
	if (!s->config->keys_in_process)
		return;
	s->key_began_ms = tw_loop_clock_ns() / 1000000;
	s->key_pid = tw_process_fork(&s->key_control);
	if (s->key_pid == 0)
		sign(p, s->config, s->key_control);
	if (s->key_pid < 0)
		say(p, "the key process could not be started");
}

/* A line to the key process for one worker, its end; -1: there is none. */
static int
connect_keys(struct set *s)
{
	int pair[2];
	bool sent;

	if (s->key_pid <= 0 || !tw_process_pair(pair))
		return -1;
	sent = tw_fd_send(s->key_control, &pair[1], 1, TW_BYTES("worker"));
	tw_socket_close(pair[1]);
	if (sent)
		return pair[0];
	tw_socket_close(pair[0]);
	return -1;
}

/* Another took the place of one that died: what waits in the workers is asked again. */
static void
replace_keys(struct parent *p, struct set *s)
{
	uint8_t word = TW_ORDER_KEYS;

	start_keys(p, s);
	for (unsigned i = 0; i < WORKERS; i++) {
		struct child *c = &p->children[i];
		int fd;

		if (c->set != s || c->pid <= 0 || (fd = connect_keys(s)) < 0)
			continue;
		(void)tw_fd_send(c->socket, &fd, 1, (struct tw_bytes){ &word, 1 });
		tw_socket_close(fd);
	}
}

/* A worker holds what is its own alone: a line of another's would not end with it. */
static void
close_others(const struct child *c, int keys_fd)
{
	const struct set *s = c->set;
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
work(struct child *c, int keys_fd)
{
	struct parent *p = c->parent;
	struct set *s = c->set;
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
		say(p, e.text);
		tw_process_exit(1);
	}
	g = tw_generation_new(s->config, s->fds + c->number * s->addresses_n, p->tickets,
	    start.keys, &e);
	if (g == NULL) {
		say(p, e.text);
		tw_process_exit(1);
	}
	w = tw_worker_new(&start);
	tw_worker_adopt(w, g);
	if (wall_in(p, s->config, &e) != 0) {
		say(p, e.text);
		tw_process_exit(1);
	}
	tw_worker_run(w);
	tw_worker_free(w);
	tw_process_exit(0);
}

static void
start_child(void *ctx)
{
	struct child *c = ctx;
	struct parent *p = c->parent;
	int keys_fd;

	if (p->ending || c->set->finishing)
		return;
	keys_fd = connect_keys(c->set);
	c->began_ms = tw_loop_clock_ns() / 1000000;
	c->pid = tw_process_fork(&c->socket);
	if (c->pid == 0)
		work(c, keys_fd);
	if (keys_fd >= 0)
		tw_socket_close(keys_fd);
	if (c->pid > 0)
		return;
	c->pid = 0;
	say(p, "a worker could not be started; again in a second");
	tw_timer_start(c->again, AGAIN_MS);
}

static void
release(struct set *s)
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
free_children(const struct parent *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < WORKERS; i++)
		n += p->children[i].set == NULL;
	return n;
}

/* s is served from now on; the set before it finishes. */
static void
take_over(struct parent *p, struct set *s)
{
	struct set *before = p->set;
	uint8_t word = TW_ORDER_FINISH;
	unsigned number = 0;

	p->set = s;
	start_keys(p, s);
	for (unsigned i = 0; i < WORKERS && number < s->config->workers; i++) {
		struct child *c = &p->children[i];

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
	for (unsigned i = 0; i < WORKERS; i++) {
		struct child *c = &p->children[i];

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

static struct set *
make_set(struct parent *p, struct tw_config *c, struct tw_err *e)
{
	struct set *s = calloc(1, sizeof(*s));

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
has_children(const struct parent *p)
{
	for (unsigned i = 0; i < WORKERS; i++)
		if (p->children[i].pid > 0)
			return true;
	return false;
}

static void
end_loop(struct parent *p)
{
	if (p->tickets_timer == NULL)
		return;
	tw_poll_close(&p->signals, NULL);
	tw_timer_free(p->tickets_timer, NULL);
	tw_timer_free(p->keys_again, NULL);
	p->tickets_timer = NULL;
	for (unsigned i = 0; i < WORKERS; i++)
		tw_timer_free(p->children[i].again, NULL);
}

static void
bury(struct parent *p, struct child *c, int how)
{
	struct set *s = c->set;
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
	say(p, line);
	if (tw_loop_clock_ns() / 1000000 - c->began_ms < AGAIN_MS)
		tw_timer_start(c->again, AGAIN_MS);
	else
		start_child(c);
}

/* One that dies at once is not started in a rush. */
static void
bury_keys(struct parent *p, struct set *s)
{
	say(p, "the key process ended; another takes its place");
	tw_socket_close(s->key_control);
	s->key_pid = 0;
	if (tw_loop_clock_ns() / 1000000 - s->key_began_ms < AGAIN_MS)
		tw_timer_start(p->keys_again, AGAIN_MS);
	else
		replace_keys(p, s);
}

static void
on_keys_again(void *ctx)
{
	struct parent *p = ctx;

	for (unsigned i = 0; i < WORKERS; i++) {
		struct set *s = p->children[i].set;

		if (s != NULL && s->config->keys_in_process && s->key_pid == 0)
			replace_keys(p, s);
	}
}

static void
reap(struct parent *p)
{
	pid_t pid;
	int how;

	while ((pid = tw_process_reap(&how)) > 0)
		for (unsigned i = 0; i < WORKERS; i++) {
			struct child *c = &p->children[i];

			if (c->pid == pid) {
				bury(p, c, how);
				break;
			}
			if (!p->ending && c->set != NULL && c->set->key_pid == pid) {
				bury_keys(p, c->set);
				break;
			}
		}
	if (p->ending && !has_children(p))
		end_loop(p);
}

static void
finish(struct parent *p, uint8_t word)
{
	p->ending = true;
	for (unsigned i = 0; i < WORKERS; i++)
		if (p->children[i].pid > 0)
			(void)tw_socket_send(p->children[i].socket,
			    (struct tw_bytes){ &word, 1 });
	if (!has_children(p))
		end_loop(p);
}

/* ---- reload ---- */

/* Whether workers could serve c is tried in a child: no key comes into the parent. */
static bool
could_serve(struct parent *p, struct tw_config *c)
{
	int socket, how = 1;
	pid_t pid = tw_process_fork(&socket);

	if (pid == 0) {
		struct tw_err e;

		if (tw_generation_new(c, NULL, p->tickets, NULL, &e) != NULL)
			tw_process_exit(0);
		say(p, e.text);
		tw_process_exit(1);
	}
	if (pid < 0)
		return false;
	tw_process_await(pid, &how);
	tw_socket_close(socket);
	return how == 0;
}

static void
reload(struct parent *p)
{
	struct tw_config *c = p->voice->read(p->voice->ctx);
	struct set *s;
	struct tw_err e;

	if (c == NULL) {
		say(p, "the configuration is not changed: the file is wrong");
		return;
	}
	if (c->workers > free_children(p)) {
		say(p, "the configuration is not changed: too many workers of older ones still "
		    "have connections");
		tw_config_free(c);
		return;
	}
	if (tw_gate_lacks(c, p->voice->say, p->voice->ctx) || !could_serve(p, c)) {
		say(p, "the configuration is not changed");
		tw_config_free(c);
		return;
	}
	s = make_set(p, c, &e);
	if (s == NULL) {
		say(p, e.text);
		say(p, "the configuration is not changed");
		return;
	}
	take_over(p, s);
	tw_gate_sockets_drop_unused(p->sockets);
	say(p, "the configuration is loaded");
}

/* ---- the log ---- */

static int
open_log(const struct parent *p, const struct tw_config *c, struct tw_err *e)
{
	const char *path = c->logs[0].path;

	if (strcmp(path, "-") == 0)
		return 1;
	return tw_log_file_open(path, c->user == NULL ? (uid_t)-1 : p->identity.uid,
	    c->user == NULL ? (gid_t)-1 : p->identity.gid, e);
}

/* After a rotation: the workers write to the new file from their next line on. */
static void
reopen_log(struct parent *p)
{
	struct tw_err e;
	uint8_t word = TW_ORDER_LOG;
	int fd;

	if (p->log_fd < 0)
		return;
	fd = open_log(p, p->set->config, &e);
	if (fd < 0) {
		say(p, e.text);
		return;
	}
	for (unsigned i = 0; i < WORKERS; i++)
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
	struct parent *p = (void *)((char *)watch - offsetof(struct parent, signals));
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
	struct parent *p = ctx;

	tw_tls_tickets_turn(p->tickets);
	tw_timer_start(p->tickets_timer, TICKET_MS);
}

/* ---- the beginning ---- */

static int
begin(struct parent *p, struct tw_config *c, struct tw_err *e)
{
	static const int signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, 0 };
	struct set *s;

	if (tw_gate_lacks(c, p->voice->say, p->voice->ctx)) {
		tw_config_free(c);
		return tw_err_set(e, TW_ERR_USAGE, "this configuration cannot be served yet");
	}
	if (c->workers > WORKERS) {
		tw_config_free(c);
		return tw_err_set(e, TW_ERR_USAGE, "more than %d workers", WORKERS);
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
		say(p, e->text);
	s = make_set(p, c, e);
	if (s == NULL)
		return -1;
	p->signal_fd = tw_process_signals(signals);
	p->loop = tw_loop_new();
	tw_poll_open(&p->signals, p->loop, p->signal_fd, on_signal);
	tw_poll_for(&p->signals, TW_READABLE);
	p->tickets_timer = tw_timer_new(p->loop, on_ticket_time, p);
	tw_timer_start(p->tickets_timer, TICKET_MS);
	p->keys_again = tw_timer_new(p->loop, on_keys_again, p);
	for (unsigned i = 0; i < WORKERS; i++) {
		p->children[i].parent = p;
		p->children[i].again = tw_timer_new(p->loop, start_child, &p->children[i]);
	}
	take_over(p, s);
	return 0;
}

int
tw_gate_run(struct tw_config *c, const struct tw_gate_voice *voice, struct tw_err *e)
{
	struct parent p = { .voice = voice, .log_fd = -1, .sockets = tw_gate_sockets_new() };
	int status = begin(&p, c, e);

	if (status == 0) {
		if (voice->ready != NULL)
			voice->ready(voice->ctx);
		tw_loop_run(p.loop);
		tw_loop_free(p.loop);
		for (unsigned i = 0; i < WORKERS; i++)
			release(p.children[i].set);
	}
	tw_gate_sockets_free(p.sockets);
	return status;
}
