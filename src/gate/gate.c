/*
 * The parent: binds a socket a worker and address, which it keeps open so that a worker's
 * successor finds its queue, and then only supervises: its signals, its log, its end. Its
 * children are children.c's, a new configuration is reload.c's. See gate.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "gate/control.h"
#include "gate/counters.h"
#include "gate/lacks.h"
#include "gate/metrics.h"
#include "gate/parent.h"
#include "gate/worker.h"
#include "net/fd_pass.h"
#include "net/log_file.h"
#include "net/notify.h"
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
	p->counters = tw_process_share(tw_counters_bytes());
	if (memory == NULL || p->tickets == NULL || p->counters == NULL)
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
	tw_reload_end(p);
	tw_upgrade_end(p);
	tw_timer_free(p->renewal, NULL);
	if (p->watchdog != NULL)
		tw_timer_free(p->watchdog, NULL);
	tw_control_close(p);
	tw_metrics_close(p);
	tw_timer_free(p->surges_timer, NULL);
	tw_poll_close(&p->signals, NULL);
	tw_timer_free(p->tickets_timer, NULL);
	tw_timer_free(p->keys_again, NULL);
	p->tickets_timer = NULL;
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
		tw_timer_free(p->children[i].again, NULL);
}

void
tw_gate_finish(struct tw_gate_parent *p, uint8_t word)
{
	p->ending = true;
	if (!p->upgrade.done)
		(void)tw_notify(TW_NOTIFY_STOPPING, NULL);
	tw_children_tell(p, word);
	if (!tw_children_live(p))
		end_loop(p);
}

/* ---- the log ---- */

static int
open_log(const struct tw_gate_parent *p, struct tw_err *e)
{
	bool user = p->identity.uid != 0;

	if (strcmp(p->log_path, "-") == 0)
		return 1;
	return tw_log_file_open(p->log_path, user ? p->identity.uid : (uid_t)-1,
	    user ? p->identity.gid : (gid_t)-1, e);
}

/* The workers write to the new file from their next line on. */
static void
move_log(struct tw_gate_parent *p, int fd)
{
	uint8_t word = TW_ORDER_LOG;

	for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
		if (p->children[i].pid > 0)
			(void)tw_fd_send(p->children[i].socket, &fd, 1,
			    (struct tw_bytes){ &word, 1 });
	if (p->log_fd > 2)
		tw_socket_close(p->log_fd);
	p->log_fd = fd;
}

/* After a rotation. */
static void
reopen_log(struct tw_gate_parent *p)
{
	struct tw_err e;
	int fd;

	if (p->log_fd < 0)
		return;
	fd = open_log(p, &e);
	if (fd < 0)
		tw_gate_say(p, e.text);
	else
		move_log(p, fd);
}

int
tw_gate_prepare(struct tw_gate_parent *p, const struct tw_config *c, struct tw_err *e)
{
	const char *path = c->logs_n == 0 ? "" : c->logs[0].path;
	struct tw_identity who = { 0 };
	int fd;

	if (c->user != NULL && tw_privilege_find(c->user, NULL, &who, e) != 0)
		return -1;
	if (c->user != NULL && who.uid == 0)
		return tw_err_set(e, TW_ERR_USAGE,
		    "user = root: workers must be somebody else; leave user out to stay who starts it");
	if (strlen(path) >= sizeof(p->log_path))
		return tw_err_set(e, TW_ERR_USAGE, "the log's path is too long");
	p->identity = who;
	if (strcmp(path, p->log_path) == 0)
		return 0;
	strcpy(p->log_path, path);
	fd = path[0] == '\0' ? -1 : open_log(p, e);
	if (fd < 0 && path[0] != '\0')
		return -1;
	move_log(p, fd);
	return 0;
}

/* ---- signals and times ---- */

static void
reap(struct tw_gate_parent *p)
{
	pid_t pid;
	int how;

	while ((pid = tw_process_reap(&how)) > 0)
		(void)(tw_reload_bury(p, pid, how) || tw_upgrade_bury(p, pid, how) ||
		    tw_children_bury(p, pid, how));
	if (p->ending && !tw_children_live(p))
		end_loop(p);
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
			tw_gate_finish(p, TW_ORDER_FINISH);
			break;
		case SIGINT:
			tw_gate_finish(p, TW_ORDER_END);
			break;
		case SIGHUP:
			tw_reload(p);
			break;
		case SIGUSR1:
			reopen_log(p);
			break;
		case SIGUSR2:
			tw_upgrade(p);
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

static void
on_surges_time(void *ctx)
{
	struct tw_gate_parent *p = ctx;

	tw_surges_look(p->surges, &p->names, p->counters, p->guard, tw_loop_now_ms(p->loop),
	    p->voice->say, p->voice->ctx);
	tw_timer_start(p->surges_timer, TW_SPIKES_SLOT_MS);
}

static void
on_watchdog(void *ctx)
{
	struct tw_gate_parent *p = ctx;

	(void)tw_notify(TW_NOTIFY_ALIVE, NULL);
	tw_timer_start(p->watchdog, tw_notify_watchdog_us() / 1000);
}

/* ---- the beginning ---- */

void
tw_gate_serve_desks(struct tw_gate_parent *p)
{
	struct tw_err e;

	if (tw_control_open(p, p->set->config, &e) != 0)
		tw_gate_say(p, e.text);
	if (tw_metrics_open(p, p->set->config, &e) != 0)
		tw_gate_say(p, e.text);
}

void
tw_gate_ready(struct tw_gate_parent *p)
{
	tw_upgrade_take_over(p);
	tw_gate_serve_desks(p);		/* whom we took over from has left them */
	(void)tw_notify(TW_NOTIFY_READY, NULL);
	if (p->voice->ready != NULL)
		p->voice->ready(p->voice->ctx);
}

static void
inherit_sockets(struct tw_gate_parent *p)
{
	size_t n = tw_notify_sockets();

	for (size_t i = 0; i < n; i++) {
		int fd = TW_NOTIFY_FIRST + (int)i;

		tw_gate_sockets_inherit(p->sockets, &fd, 1);
	}
	tw_upgrade_inherit(p);
}

static int
check(struct tw_gate_parent *p, const struct tw_config *c, struct tw_err *e)
{
	if (tw_gate_lacks(c, p->voice->say, p->voice->ctx))
		return tw_err_set(e, TW_ERR_USAGE, "this configuration cannot be served yet");
	if (c->workers > TW_GATE_WORKERS)
		return tw_err_set(e, TW_ERR_USAGE, "more than %d workers", TW_GATE_WORKERS);
	if (share(p, c, e) != 0 || tw_gate_prepare(p, c, e) != 0)
		return -1;
	/* A socket for each side of a connection, and a few; else fewer are let in. */
	if (tw_privilege_descriptors((uint64_t)c->connections * 2 + 64, e) != 0)
		tw_gate_say(p, e->text);
	return 0;
}

static void
begin_loop(struct tw_gate_parent *p)
{
	static const int signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, 0 };

	p->began_ms = tw_loop_wall_ms();
	p->signal_fd = tw_process_signals(signals);
	p->loop = tw_loop_new();
	tw_poll_open(&p->signals, p->loop, p->signal_fd, on_signal);
	tw_poll_for(&p->signals, TW_READABLE);
	p->tickets_timer = tw_timer_new(p->loop, on_ticket_time, p);
	tw_timer_start(p->tickets_timer, TICKET_MS);
	p->keys_again = tw_timer_new(p->loop, tw_key_process_again, p);
	p->surges_timer = tw_timer_new(p->loop, on_surges_time, p);
	tw_timer_start(p->surges_timer, TW_SPIKES_SLOT_MS);
	if (tw_notify_watchdog_us() > 0) {
		p->watchdog = tw_timer_new(p->loop, on_watchdog, p);
		on_watchdog(p);
	}
	tw_renewal_begin(p);
	tw_children_init(p);
}

/* The first configuration, and where it is asked about; c is theirs. */
static int
begin(struct tw_gate_parent *p, struct tw_config *c, struct tw_err *e)
{
	if (p->upgrade.before < 0 &&
	    (tw_control_open(p, c, e) != 0 || tw_metrics_open(p, c, e) != 0)) {
		tw_config_free(c);
		return -1;
	}
	return tw_reload_first(p, c, e);
}

int
tw_gate_run(struct tw_config *c, const struct tw_gate_voice *voice, struct tw_err *e)
{
	struct tw_gate_parent p = { .voice = voice, .log_fd = -1, .sockets = tw_gate_sockets_new(),
		.upgrade = { .before = -1, .state = -1 } };
	int status;

	if ((p.surges = calloc(1, sizeof(*p.surges))) == NULL)
		abort();
	inherit_sockets(&p);
	status = check(&p, c, e);
	if (status != 0) {
		tw_config_free(c);
	} else {
		tw_process_host_name(p.host);
		tw_upgrade_take_state(&p);
		begin_loop(&p);
		status = begin(&p, c, e);
		if (status != 0)
			end_loop(&p);
		else
			tw_gate_sockets_drop_unused(p.sockets);
		tw_loop_run(p.loop);
		tw_loop_free(p.loop);
		for (unsigned i = 0; i < TW_GATE_WORKERS; i++)
			tw_children_release(p.children[i].set);
	}
	tw_gate_sockets_free(p.sockets);
	tw_gate_names_clear(&p.names);
	free(p.surges);
	return status;
}
