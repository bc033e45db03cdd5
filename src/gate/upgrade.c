/*
 * Another program in our place, without loss: the program's file, as it is now, is started
 * with the listening sockets, the ticket keys and the bans. It reads its configuration and
 * starts workers; only when those serve does it say so, and the old one finishes. One that
 * does not come so far changes nothing. See parent.h.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gate/bundle.h"
#include "gate/control.h"
#include "gate/metrics.h"
#include "gate/parent.h"
#include "gate/worker.h"
#include "guard/bans_text.h"
#include "net/sealed.h"
#include "net/notify.h"
#include "net/process.h"

#define VARIABLE	"TLSWRIGHT_UPGRADE"
#define LIMIT_MS	60000		/* to begin: it reads and tries what a start does */
#define ANSWER_MS	5000
#define AT_ONCE		256		/* bans */

static struct tw_bans_clock
now(void)
{
	return (struct tw_bans_clock){ tw_loop_clock_ns() / 1000000,
	    (int64_t)(tw_loop_wall_ms() / 1000) };
}

/* ---- the old one ---- */

static void
put_bans(struct tw_gate_parent *p, struct tw_buf *out)
{
	struct tw_bans *bans = tw_admission_bans(p->guard);
	struct tw_bans_clock clock = now();
	struct tw_ban v[AT_ONCE];
	size_t cursor = 0, n;

	tw_bans_text_head(out);
	while ((n = tw_bans_list(bans, TW_BANS_PARENT, &cursor, true, v, AT_ONCE,
	    clock.now_ms)) > 0)
		for (size_t i = 0; i < n; i++)
			tw_bans_text_line(out, &v[i], clock);
}

/* What it is to know, in memory: keys of tickets stand in no file. */
static int
write_state(struct tw_gate_parent *p)
{
	int fd = tw_sealed_new("tlswright-state");
	struct tw_buf all, bans;
	bool ok;

	tw_buf_init(&all, TW_BUNDLE_BYTES);
	tw_buf_init(&bans, TW_BUNDLE_BYTES);
	put_bans(p, &bans);
	tw_bundle_put(&all, "tickets", (struct tw_bytes){ (const uint8_t *)p->tickets,
	    sizeof(*p->tickets) });
	tw_bundle_put(&all, "bans", tw_buf_view(&bans));
	ok = fd >= 0 && !bans.failed && !all.failed && tw_sealed_fill(fd, tw_buf_view(&all));
	tw_buf_clear(&bans);
	tw_buf_clear(&all);
	if (!ok && fd >= 0)
		tw_socket_close(fd);
	return ok ? fd : -1;
}

static void
gone(struct tw_poll *watch)
{
	struct tw_gate_parent *p = (void *)((char *)watch -
	    offsetof(struct tw_gate_parent, upgrade.words));

	p->upgrade.burying = false;
}

/* Its socket is not needed any more. */
static void
part(struct tw_gate_parent *p)
{
	tw_timer_free(p->upgrade.limit, NULL);
	p->upgrade.limit = NULL;
	p->upgrade.burying = true;
	tw_poll_close(&p->upgrade.words, gone);
	tw_socket_close(p->upgrade.socket);
}

static void
on_words(struct tw_poll *watch, unsigned events)
{
	struct tw_gate_parent *p = (void *)((char *)watch -
	    offsetof(struct tw_gate_parent, upgrade.words));
	uint8_t word;
	ptrdiff_t n = tw_socket_receive(p->upgrade.socket, &word, 1);

	(void)events;
	if (n < 0)
		tw_poll_for(watch, 0);	/* its end is told by a signal */
	if (n <= 0)
		return;
	p->upgrade.done = true;
	/* Its own are opened when it hears from us. */
	tw_control_close(p);
	tw_metrics_close(p);
	(void)tw_notify_main(p->upgrade.pid);
	(void)tw_socket_send(p->upgrade.socket, TW_BYTES("g"));
	part(p);
	tw_gate_say(p, "another program has taken over: this one ends with its last connection");
	tw_gate_finish(p, TW_ORDER_FINISH);
}

static void
on_limit(void *ctx)
{
	struct tw_gate_parent *p = ctx;

	tw_gate_say(p, "the new program does not begin to serve; it is ended");
	tw_process_kill(p->upgrade.pid);
}

static pid_t
start(struct tw_gate_parent *p, int state)
{
	size_t n;
	const int *sockets = tw_gate_sockets_all(p->sockets, &n);
	int *keep = calloc(n + 1, sizeof(*keep));
	char path[4096];
	struct tw_process_program program = { .path = path, .argv = p->voice->program,
		.keep = keep, .keep_n = n + 1, .variable = VARIABLE };
	pid_t pid = -1;

	if (keep == NULL)
		abort();
	keep[0] = state;
	for (size_t i = 0; i < n; i++)
		keep[i + 1] = sockets[i];
	if (p->voice->program != NULL && tw_process_path(path, sizeof(path))) {
		size_t length = strlen(path), gone_n = strlen(" (deleted)");

		/* The file has another in its place: that is what we are here for. */
		if (length > gone_n && strcmp(path + length - gone_n, " (deleted)") == 0)
			path[length - gone_n] = '\0';
		pid = tw_process_run(&program, &p->upgrade.socket);
	}
	free(keep);
	return pid;
}

void
tw_upgrade(struct tw_gate_parent *p)
{
	int state;

	if (p->ending || p->upgrade.pid > 0 || p->upgrade.burying) {
		tw_gate_say(p, "an upgrade is under way already");
		return;
	}
	state = write_state(p);
	p->upgrade.pid = state < 0 ? -1 : start(p, state);
	if (state >= 0)
		tw_socket_close(state);
	if (p->upgrade.pid <= 0) {
		p->upgrade.pid = 0;
		tw_gate_say(p, "the new program could not be started; this one serves on");
		return;
	}
	tw_poll_open(&p->upgrade.words, p->loop, p->upgrade.socket, on_words);
	tw_poll_for(&p->upgrade.words, TW_READABLE);
	p->upgrade.limit = tw_timer_new(p->loop, on_limit, p);
	tw_timer_start(p->upgrade.limit, LIMIT_MS);
}

bool
tw_upgrade_bury(struct tw_gate_parent *p, pid_t pid, int how)
{
	char line[160];

	if (p->upgrade.pid != pid || pid == 0)
		return false;
	p->upgrade.pid = 0;
	if (p->upgrade.done)
		return true;	/* it had its time */
	part(p);
	snprintf(line, sizeof(line), "the new program ended by %s %d before it served: this one serves "
	    "on", how < 0 ? "signal" : "status", how < 0 ? -how : how);
	tw_gate_say(p, line);
	return true;
}

void
tw_upgrade_end(struct tw_gate_parent *p)
{
	if (p->upgrade.pid > 0 && !p->upgrade.done) {
		tw_process_kill(p->upgrade.pid);
		part(p);
	}
}

/* ---- the new one ---- */

void
tw_upgrade_inherit(struct tw_gate_parent *p)
{
	char *text = getenv(VARIABLE), *end;

	for (unsigned i = 0; text != NULL && *text != '\0'; i++, text = end) {
		int fd = (int)strtol(text, &end, 10);

		if (end == text || fd < 3 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
			break;
		if (i == 0)
			p->upgrade.before = fd;
		else if (i == 1)
			p->upgrade.state = fd;
		else
			tw_gate_sockets_inherit(p->sockets, &fd, 1);
	}
	unsetenv(VARIABLE);
}

void
tw_upgrade_take_state(struct tw_gate_parent *p)
{
	struct tw_bundle state = { 0 };
	struct tw_bans_loaded loaded;
	struct tw_bytes v;
	struct tw_err e;

	if (p->upgrade.state < 0)
		return;
	if (tw_bundle_open(&state, p->upgrade.state)) {
		v = tw_bundle_find(&state, "tickets");
		if (v.n == sizeof(*p->tickets))		/* else another version's */
			memcpy(p->tickets, v.p, v.n);
		v = tw_bundle_find(&state, "bans");
		if (v.p != NULL && tw_bans_text_load(tw_admission_bans(p->guard), TW_BANS_PARENT, v,
		    now(), &loaded, &e) != 0)
			tw_gate_say(p, e.text);
	}
	tw_bundle_close(&state);
	tw_socket_close(p->upgrade.state);
	p->upgrade.state = -1;
}

void
tw_upgrade_take_over(struct tw_gate_parent *p)
{
	if (p->upgrade.before < 0)
		return;
	/* The service manager believes us only when the old one has named us. */
	if (tw_socket_send(p->upgrade.before, TW_BYTES("r")) == 1)
		(void)tw_process_hear(p->upgrade.before, ANSWER_MS);
	tw_socket_close(p->upgrade.before);
	p->upgrade.before = -1;
}
