/* The log of connections; see access_log.h. */
#include <stdlib.h>

#include "base/text.h"
#include "data/group.h"
#include "data/suite.h"
#include "data/version.h"
#include "gate/access_log.h"
#include "gate/story.h"
#include "net/log_file.h"

#define FLUSH_MS	200	/* how long a line waits at most */

struct tw_access_log {
	struct tw_timer *timer;
	struct tw_loop *loop;
	struct tw_buf line;		/* the one that is made now */
	struct tw_log_file file;
	bool timed;
};

static void
on_time(void *ctx)
{
	struct tw_access_log *l = ctx;

	l->timed = false;
	(void)tw_log_file_flush(&l->file);
}

struct tw_access_log *
tw_access_log_new(struct tw_loop *loop, int fd)
{
	struct tw_access_log *l = calloc(1, sizeof(*l));

	if (l == NULL)
		abort();
	l->loop = loop;
	tw_log_file_init(&l->file, fd);
	l->timer = tw_timer_new(loop, on_time, l);
	tw_buf_init(&l->line, 8192);
	return l;
}

void
tw_access_log_free(struct tw_access_log *l)
{
	if (l == NULL)
		return;
	(void)tw_log_file_flush(&l->file);
	tw_timer_free(l->timer, NULL);
	tw_buf_clear(&l->line);
	free(l);
}

void
tw_access_log_move(struct tw_access_log *l, int fd)
{
	(void)tw_log_file_flush(&l->file);
	if (l->file.fd >= 0)
		tw_socket_close(l->file.fd);
	l->file.fd = fd;
}

uint64_t
tw_access_log_lost(const struct tw_access_log *l)
{
	return l->file.lost;
}

/* As a JSON string: escaped as everything shown is, and then for JSON. */
static void
quote(struct tw_buf *b, struct tw_bytes v)
{
	uint8_t room[2048];
	struct tw_buf safe = { room, 0, sizeof(room), 0, false };

	tw_text_escape(&safe, v);
	tw_buf_u8(b, '"');
	for (size_t i = 0; i < safe.n; i++) {
		if (safe.p[i] == '"' || safe.p[i] == '\\')
			tw_buf_u8(b, '\\');
		tw_buf_u8(b, safe.p[i]);
	}
	tw_buf_u8(b, '"');
}

static void
text(struct tw_buf *b, const char *key, const char *value)
{
	tw_buf_fmt(b, ",\"%s\":", key);
	if (value == NULL)
		tw_buf_str(b, "null");
	else
		quote(b, tw_bytes_of(value));
}

/* What every line begins with. */
static void
open_line(struct tw_buf *b, const struct tw_gate_listener *l, const struct tw_address *a,
    uint16_t port)
{
	char when[32], who[TW_NETWORK_TEXT];
	uint64_t ms = tw_loop_wall_ms();

	tw_text_time((int64_t)(ms / 1000), when);
	when[19] = '\0';		/* its Z comes behind the milliseconds */
	tw_buf_fmt(b, "{\"time\":\"%s.%03uZ\"", when, (unsigned)(ms % 1000));
	text(b, "listener", l->listen->name);
	text(b, "service", l->listen->port->service);
	text(b, "mode", tw_mode_names[l->listen->mode]);
	tw_address_text(a, who);
	if (port == 0)
		text(b, "client", who);
	else if (tw_address_is4(a))
		tw_buf_fmt(b, ",\"client\":\"%s:%u\"", who, port);
	else
		tw_buf_fmt(b, ",\"client\":\"[%s]:%u\"", who, port);
}

static void
close_line(struct tw_access_log *l, enum tw_gate_end end, const char *detail)
{
	text(&l->line, "end", tw_gate_ends[end]);
	text(&l->line, "detail", detail);
	tw_buf_u8(&l->line, '}');
	if (l->line.failed)
		l->file.lost++;
	else
		tw_log_file_put(&l->file, tw_buf_view(&l->line));
	l->line.n = 0;
	l->line.failed = false;
	if (!l->timed) {
		l->timed = true;
		tw_timer_start(l->timer, FLUSH_MS);
	}
}

static void
tell_story(struct tw_buf *b, const struct tw_gate_story *s)
{
	static const struct tw_gate_story none;
	const struct tw_suite *suite;
	const struct tw_group *group;
	int version;

	if (s == NULL)
		s = &none;
	suite = s->suite == 0 ? NULL : tw_suite_by_code(s->suite);
	group = s->group == 0 ? NULL : tw_group_by_code(s->group);
	version = s->version == 0 ? -1 : tw_version_by_wire(s->version);
	text(b, "sni", s->sni);
	text(b, "alpn", s->alpn);
	text(b, "version", version < 0 ? NULL : tw_versions[version].id);
	text(b, "suite", suite == NULL ? NULL : suite->name);
	text(b, "group", group == NULL ? NULL : group->name);
	tw_buf_fmt(b, ",\"resumed\":%s", s->version == 0 ? "null" : s->resumed ? "true" : "false");
	text(b, "ja3", s->ja == NULL ? NULL : s->ja->ja3);
	text(b, "ja4", s->ja == NULL ? NULL : s->ja->ja4);
	text(b, "backend", s->backend);
	text(b, "request", s->request);
	text(b, "host", s->host);
	if (s->status != 0)
		tw_buf_fmt(b, ",\"status\":%u", s->status);
	else
		text(b, "status", NULL);
	if (s->version != 0)
		tw_buf_fmt(b, ",\"handshake_ms\":%u.%03u", s->handshake_us / 1000,
		    s->handshake_us % 1000);
	else
		text(b, "handshake_ms", NULL);
}

void
tw_access_log_end(const struct tw_gate_conn *c, const char *detail)
{
	struct tw_access_log *l = c->listener->worker->log;
	char via[TW_NETWORK_TEXT];
	uint64_t us;

	if (l == NULL || l->file.fd < 0)
		return;
	us = (tw_loop_clock_ns() - c->began_ns) / 1000;
	open_line(&l->line, c->listener, &c->peer, c->peer_port);
	text(&l->line, "via", c->has_via ? tw_address_text(&c->via, via) : NULL);
	tell_story(&l->line, c->story);
	tw_buf_fmt(&l->line, ",\"bytes_in\":%llu,\"bytes_out\":%llu,\"ms\":%llu.%03u",
	    (unsigned long long)c->bytes_in, (unsigned long long)c->bytes_out,
	    (unsigned long long)(us / 1000), (unsigned)(us % 1000));
	close_line(l, c->end, detail);
}

void
tw_access_log_denied(const struct tw_gate_listener *g, const struct tw_address *a,
    uint16_t port, enum tw_gate_end end)
{
	struct tw_access_log *l = g->worker->log;

	if (l == NULL || l->file.fd < 0)
		return;
	open_line(&l->line, g, a, port);
	close_line(l, end, NULL);
}
