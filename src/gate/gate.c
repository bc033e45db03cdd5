/*
 * The parent: binds a socket a worker and address, which it keeps open so that a worker's
 * successor finds its queue, and then only supervises. See gate.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "gate/access_log.h"
#include "gate/gate.h"
#include "gate/generation.h"
#include "gate/worker.h"
#include "net/process.h"

#define WORKERS	64	/* what the guard tells apart */
#define AGAIN_MS	1000	/* a worker that dies at once is not started in a rush */

struct child {
	pid_t pid;		/* 0: none */
	int socket;		/* orders go there */
	uint64_t began_ms;
	struct tw_timer *again;	/* starts it anew */
	struct parent *parent;
};

struct parent {
	struct tw_config *config;
	struct tw_loop *loop;
	struct tw_poll signals;
	struct tw_guard *guard;
	int *fds;		/* by worker, then address */
	size_t addresses_n;
	int signal_fd, log_fd;
	struct child children[WORKERS];
	unsigned alive;
	bool ending;
	char host[256];
	void (*say)(void *ctx, const char *line);
	void *ctx;
};

static int
bind_all(struct parent *p, struct tw_err *e)
{
	const struct tw_config *c = p->config;
	int *fd;

	p->addresses_n = tw_generation_sockets(c);
	p->fds = fd = calloc(p->addresses_n * c->workers + 1, sizeof(*p->fds));
	if (fd == NULL)
		abort();
	for (unsigned w = 0; w < c->workers; w++)
		for (size_t i = 0; i < c->listens_n; i++)
			for (size_t k = 0; k < c->listens[i].addresses_n; k++) {
				const struct tw_endpoint *a = &c->listens[i].addresses[k];

				*fd = tw_socket_listen(&a->address.sa, a->size, a->text, e);
				if (*fd++ < 0)
					return -1;
			}
	return 0;
}

static int
make_guard(struct parent *p, struct tw_err *e)
{
	struct tw_admission_size size = {
		.workers = p->config->workers,
		.listeners = (unsigned)p->config->listens_n,
		.connections = (size_t)p->config->connections * p->config->workers,
		.bans = 131072,
	};
	uint8_t seed[16];
	void *memory = tw_process_share(tw_admission_bytes(size));

	if (memory == NULL)
		return tw_err_set(e, TW_ERR_SYSTEM, "no shared memory for the guard");
	tw_random(seed, sizeof(seed));
	p->guard = tw_admission_init(memory, size, seed);
	return 0;
}

/* In the child: serves until it is told to end. */
static _Noreturn void
work(struct parent *p, unsigned slot, int socket)
{
	struct tw_worker_start start = {
		.slot = slot,
		.room = p->config->connections,
		.guard = p->guard,
		.host = p->host,
		.order_fd = socket,
		.log_fd = p->log_fd,
	};
	struct tw_err e;
	struct tw_generation *g = tw_generation_new(p->config,
	    p->fds + slot * p->addresses_n, &e);
	struct tw_worker *w;

	if (g == NULL) {
		p->say(p->ctx, e.text);
		tw_process_exit(1);
	}
	w = tw_worker_new(&start);
	tw_worker_adopt(w, g);
	tw_worker_run(w);
	tw_worker_free(w);
	tw_process_exit(0);
}

static void
start_child(void *ctx)
{
	struct child *c = ctx;
	struct parent *p = c->parent;
	unsigned slot = (unsigned)(c - p->children);

	if (p->ending)
		return;
	c->began_ms = tw_loop_clock_ns() / 1000000;
	c->pid = tw_process_fork(&c->socket);
	if (c->pid == 0)
		work(p, slot, c->socket);
	if (c->pid < 0) {
		c->pid = 0;
		p->say(p->ctx, "a worker could not be started; again in a second");
		tw_timer_start(c->again, AGAIN_MS);
		return;
	}
	p->alive++;
}

static void
end_loop(struct parent *p)
{
	tw_poll_close(&p->signals, NULL);
	for (unsigned i = 0; i < p->config->workers; i++)
		tw_timer_free(p->children[i].again, NULL);
}

static void
bury(struct parent *p, struct child *c, int how)
{
	char line[160];
	bool at_once = tw_loop_clock_ns() / 1000000 - c->began_ms < AGAIN_MS;

	c->pid = 0;
	p->alive--;
	tw_socket_close(c->socket);
	tw_admission_forget_worker(p->guard, (unsigned)(c - p->children));
	if (p->ending)
		return;
	snprintf(line, sizeof(line), "worker %u ended by %s %d; another takes its place",
	    (unsigned)(c - p->children), how < 0 ? "signal" : "status", how < 0 ? -how : how);
	p->say(p->ctx, line);
	if (at_once)
		tw_timer_start(c->again, AGAIN_MS);
	else
		start_child(c);
}

static void
reap(struct parent *p)
{
	pid_t pid;
	int how;

	while ((pid = tw_process_reap(&how)) > 0)
		for (unsigned i = 0; i < p->config->workers; i++)
			if (p->children[i].pid == pid)
				bury(p, &p->children[i], how);
	if (p->ending && p->alive == 0)
		end_loop(p);
}

static void
order(struct parent *p, uint8_t word)
{
	for (unsigned i = 0; i < p->config->workers; i++)
		if (p->children[i].pid != 0)
			(void)tw_socket_send(p->children[i].socket,
			    (struct tw_bytes){ &word, 1 });
}

static void
finish(struct parent *p, uint8_t word)
{
	p->ending = true;
	order(p, word);
	if (p->alive == 0)
		end_loop(p);
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
		}
}

static int
begin(struct parent *p, struct tw_err *e)
{
	static const int signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, 0 };

	if (p->config->workers > WORKERS)
		return tw_err_set(e, TW_ERR_USAGE, "more than %d workers", WORKERS);
	tw_process_host_name(p->host);
	if (bind_all(p, e) != 0 || make_guard(p, e) != 0)
		return -1;
	p->signal_fd = tw_process_signals(signals);
	if (p->signal_fd < 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot hear signals");
	p->loop = tw_loop_new();
	tw_poll_open(&p->signals, p->loop, p->signal_fd, on_signal);
	tw_poll_for(&p->signals, TW_READABLE);
	for (unsigned i = 0; i < p->config->workers; i++) {
		p->children[i].parent = p;
		p->children[i].again = tw_timer_new(p->loop, start_child, &p->children[i]);
		start_child(&p->children[i]);
	}
	return 0;
}

static void
clear(struct parent *p)
{
	size_t n = p->fds == NULL ? 0 : p->addresses_n * p->config->workers;

	for (size_t i = 0; i < n; i++)
		if (p->fds[i] > 0)
			tw_socket_close(p->fds[i]);
	free(p->fds);
	tw_config_free(p->config);
}

int
tw_gate_run(struct tw_config *c, void (*say)(void *ctx, const char *line),
    void (*ready)(void *ctx), void *ctx, struct tw_err *e)
{
	struct parent p = { .config = c, .say = say, .ctx = ctx, .log_fd = -1 };

	if (begin(&p, e) != 0) {
		clear(&p);
		return -1;
	}
	if (ready != NULL)
		ready(ctx);
	tw_loop_run(p.loop);
	tw_loop_free(p.loop);
	clear(&p);
	return 0;
}
