/*
 * The parent: binds a socket a worker and address, which it keeps open so that a worker's
 * successor finds its queue, and then only supervises: its signals, its log, its end. Its
 * children are children.c's, a new configuration is reload.c's. See gate.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "gate/lacks.h"
#include "gate/parent.h"
#include "gate/worker.h"
#include "net/fd_pass.h"
#include "net/log_file.h"
#include "net/process.h"

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

/* ---- the end ---- */

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
finish(struct tw_gate_parent *p, uint8_t word)
{
	p->ending = true;
	tw_children_tell(p, word);
	if (!tw_children_live(p))
		end_loop(p);
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
			tw_children_reap(p);
			if (p->ending && !tw_children_live(p))
				end_loop(p);
			break;
		case SIGTERM:
			finish(p, TW_ORDER_FINISH);
			break;
		case SIGINT:
			finish(p, TW_ORDER_END);
			break;
		case SIGHUP:
			tw_reload(p);
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
	s = tw_reload_set(p, c, e);
	if (s == NULL)
		return -1;
	p->signal_fd = tw_process_signals(signals);
	p->loop = tw_loop_new();
	tw_poll_open(&p->signals, p->loop, p->signal_fd, on_signal);
	tw_poll_for(&p->signals, TW_READABLE);
	p->tickets_timer = tw_timer_new(p->loop, on_ticket_time, p);
	tw_timer_start(p->tickets_timer, TICKET_MS);
	p->keys_again = tw_timer_new(p->loop, tw_key_process_again, p);
	tw_children_init(p);
	tw_children_serve(p, s);
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
			tw_children_release(p.children[i].set);
	}
	tw_gate_sockets_free(p.sockets);
	return status;
}
