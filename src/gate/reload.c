/*
 * Another configuration takes the place of the old without loss: read here, tried whole in a
 * child, which also takes all that it needs from the disk (so no key comes into the parent),
 * and served only then. What is wrong changes nothing. See parent.h.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gate/control.h"
#include "gate/counters.h"
#include "gate/generation.h"
#include "gate/lacks.h"
#include "gate/parent.h"
#include "net/sealed.h"
#include "net/notify.h"
#include "net/process.h"

#define TRIAL_MS	30000	/* a disk that does not answer is not waited for */
#define SETTLE_MS	20000

/* ---- in the child ---- */

static int
fill(const struct tw_gate_set *s, struct tw_bundle *files, struct tw_bundle *secrets,
    struct tw_err *e)
{
	struct tw_buf seen, hidden;

	tw_buf_init(&seen, TW_BUNDLE_BYTES);
	tw_buf_init(&hidden, TW_BUNDLE_BYTES);
	if (tw_generation_files(s->config, &seen, &hidden, e) != 0)
		return -1;
	if (seen.failed || hidden.failed ||
	    !tw_sealed_fill(s->files_fd, tw_buf_view(&seen)) ||
	    !tw_sealed_fill(s->secrets_fd, tw_buf_view(&hidden)) ||
	    !tw_bundle_open(files, s->files_fd) || !tw_bundle_open(secrets, s->secrets_fd))
		return tw_err_set(e, TW_ERR_SYSTEM, "no memory for the files of a configuration");
	return 0;
}

static _Noreturn void
try(const struct tw_gate_parent *p, const struct tw_gate_set *s)
{
	struct tw_bundle files, secrets;
	struct tw_generation_parts parts = { .config = s->config, .tickets = p->tickets,
		.files = &files, .secrets = &secrets };
	struct tw_err e;

	(void)tw_privilege_hide(false, &e);
	if (p->voice->check != NULL && !p->voice->check(p->voice->ctx, s->config))
		tw_process_exit(2);
	if (fill(s, &files, &secrets, &e) == 0) {
		tw_served_fill(s->served, s->config, &files);
		if (tw_generation_new(&parts, &e) != NULL)
			tw_process_exit(0);
	}
	tw_gate_say(p, e.text);
	tw_process_exit(1);
}

/* ---- in the parent ---- */

static void
drop(struct tw_gate_set *s)
{
	if (s == NULL)
		return;
	s->alive = 1;
	tw_children_release(s);
}

/* A number changes its owner: what is counted from now on is the new one's. */
static void
on_renamed(void *ctx, unsigned number)
{
	const struct tw_gate_parent *p = ctx;

	tw_counters_clear(p->counters, number);
	tw_surges_clear(p->surges, number);
}

static struct tw_gate_set *
make(struct tw_gate_parent *p, struct tw_config *c)
{
	struct tw_gate_set *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->parent = p;
	s->config = c;
	s->served = tw_served_new(c);
	s->files_fd = tw_sealed_new("tlswright-files");
	s->secrets_fd = tw_sealed_new("tlswright-keys");
	tw_renewal_look(c, s->disk);
	return s;
}

/* 0, or -1: no process, or too many names. */
static int
begin_trial(struct tw_gate_parent *p, struct tw_gate_set *s)
{
	struct tw_err e;

	if (tw_gate_names_give(&p->names, s->config, on_renamed, p, &e) != 0) {
		tw_gate_say(p, e.text);
		return -1;
	}
	s->named = true;
	p->loading.set = s;
	p->loading.pid = tw_process_fork(&p->loading.socket);
	if (p->loading.pid == 0)
		try(p, s);
	if (p->loading.pid > 0)
		return 0;
	p->loading.pid = 0;
	return -1;
}

static int
give_sockets(struct tw_gate_parent *p, struct tw_gate_set *s, struct tw_err *e)
{
	s->addresses_n = tw_generation_sockets(s->config);
	s->fds = tw_gate_sockets_for(p->sockets, s->config, e);
	return s->fds == NULL ? -1 : 0;
}

/* One is over; another may have been asked for meanwhile. */
static void
go_on(struct tw_gate_parent *p)
{
	struct tw_gate_loading *l = &p->loading;

	tw_timer_stop(l->limit);
	l->settling = l->renews = false;
	if (l->again) {
		l->again = false;
		tw_reload(p);
	}
}

static void
end(struct tw_gate_parent *p, bool changed, const char *line)
{
	if (p->loading.settling && p->voice->ready != NULL)
		p->voice->ready(p->voice->ctx);
	tw_gate_say(p, line);
	(void)tw_notify(TW_NOTIFY_READY, line);
	p->reloads += changed;
	tw_control_loaded(p, changed, line);
	go_on(p);
}

static void
on_limit(void *ctx)
{
	struct tw_gate_parent *p = ctx;

	if (p->loading.pid > 0)
		tw_process_kill(p->loading.pid);	/* its end says the rest */
	else if (p->said_ready)
		end(p, true, "the configuration is loaded, but not all workers have it yet");
	else
		go_on(p);	/* they said why they could not begin */
}

int
tw_reload_first(struct tw_gate_parent *p, struct tw_config *c, struct tw_err *e)
{
	struct tw_gate_set *s = make(p, c);
	int how = 1;

	if (begin_trial(p, s) == 0) {
		tw_process_await(p->loading.pid, &how);
		tw_socket_close(p->loading.socket);
	}
	p->loading.pid = 0;
	p->loading.set = NULL;
	if (how != 0) {
		drop(s);
		return tw_err_set(e, how == 2 ? TW_ERR_FORMAT : TW_ERR_LIBRARY,
		    "this configuration cannot be served");
	}
	if (give_sockets(p, s, e) != 0) {
		drop(s);
		return -1;
	}
	tw_children_serve(p, s);
	p->loading.limit = tw_timer_new(p->loop, on_limit, p);
	p->loading.settling = true;
	tw_timer_start(p->loading.limit, SETTLE_MS);
	return 0;
}

static void
refuse(struct tw_gate_parent *p, struct tw_gate_set *s)
{
	memcpy(p->refused, s->disk, sizeof(p->refused));
	drop(s);
	end(p, false, p->loading.renews ? "the certificates on the disk have changed and cannot be served: the "
	    "old ones still are" : "the configuration is not changed");
}

static void
begin(struct tw_gate_parent *p, struct tw_config *c, bool renews)
{
	struct tw_gate_set *s;

	p->loading.renews = renews;
	if (c == NULL) {
		end(p, false, "the configuration is not changed: the file is wrong");
		return;
	}
	s = make(p, c);
	if (tw_gate_lacks(c, p->voice->say, p->voice->ctx) || begin_trial(p, s) != 0) {
		p->loading.set = NULL;
		refuse(p, s);
		return;
	}
	tw_timer_start(p->loading.limit, TRIAL_MS);
}

bool
tw_reload_is_busy(const struct tw_gate_parent *p)
{
	return p->ending || p->loading.pid > 0 || p->loading.settling;
}

void
tw_reload(struct tw_gate_parent *p)
{
	if (tw_reload_is_busy(p)) {
		p->loading.again = true;
		return;
	}
	(void)tw_notify(TW_NOTIFY_RELOADING, NULL);
	begin(p, p->voice->read(p->voice->ctx), false);
}

void
tw_reload_renew(struct tw_gate_parent *p)
{
	struct tw_config_remarks remarks = { 0 };
	const struct tw_config *old = p->set->config;
	struct tw_config *c;

	if (tw_reload_is_busy(p))
		return;
	(void)tw_notify(TW_NOTIFY_RELOADING, NULL);
	c = tw_config_read(old->path, old->text, (int64_t)time(NULL), &remarks);
	tw_config_clear_remarks(&remarks);
	begin(p, c, true);
}

static void
serve(struct tw_gate_parent *p, struct tw_gate_set *s)
{
	struct tw_err e = { .text = "too many workers of older configurations still have connections" };

	if (tw_children_have_room(p, s->config) && tw_gate_prepare(p, s->config, &e) == 0 &&
	    give_sockets(p, s, &e) == 0) {
		tw_children_serve(p, s);
		tw_gate_sockets_drop_unused(p->sockets);
		tw_gate_serve_desks(p);
		p->loading.settling = true;
		tw_timer_start(p->loading.limit, SETTLE_MS);
		tw_reload_settle(p);
		return;
	}
	tw_gate_say(p, e.text);
	refuse(p, s);
}

bool
tw_reload_bury(struct tw_gate_parent *p, pid_t pid, int how)
{
	struct tw_gate_set *s = p->loading.set;

	if (p->loading.pid != pid || pid == 0)
		return false;
	tw_socket_close(p->loading.socket);
	p->loading.pid = 0;
	p->loading.set = NULL;
	tw_timer_stop(p->loading.limit);
	if (p->ending)
		drop(s);
	else if (how == 0)
		serve(p, s);
	else
		refuse(p, s);
	return true;
}

void
tw_reload_settle(struct tw_gate_parent *p)
{
	if (!tw_children_settled(p))
		return;
	if (!p->said_ready) {
		p->said_ready = true;
		tw_gate_ready(p);
		p->loading.settling = false;
		go_on(p);
	} else if (p->loading.settling) {
		end(p, true, p->loading.renews ? "renewed certificates are served" :
		    "the configuration is loaded");
	}
}

void
tw_reload_end(struct tw_gate_parent *p)
{
	if (p->loading.pid > 0)
		tw_process_kill(p->loading.pid);
	if (p->loading.limit != NULL)
		tw_timer_free(p->loading.limit, NULL);
	p->loading.limit = NULL;
}
