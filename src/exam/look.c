/*
 * A look: an examination of one port at one address with what a diagnosis asks; and the
 * fetch of a plain page from port 80, which shows portals and another clock. For diagnose.c.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "exam/visit.h"
#include "probe/probe.h"

#define PER_HOST	3	/* connections of one look at once */
#define FETCH_MS	3000
#define FETCH_BYTES	4096

struct look {
	struct visit *visit;
	size_t spot;
	struct tw_exam_options opt;
	struct tw_exam_client client;
	char address[64];
	bool given;
};

static bool
next(void *ctx, struct tw_spec *ret)
{
	struct look *l = ctx;
	const struct tw_diagnosis *d = l->visit->d;
	const struct tw_spot *s = &d->spots.v[l->spot];

	if (l->given)
		return false;
	l->given = true;
	/* The registry's own port is not named: who else might speak there is the question. */
	*ret = (struct tw_spec){ d->target, d->host, s->port,
		s->row != NULL && s->row->port != s->port ? s->row : NULL, false };
	return true;
}

static void
done(void *ctx, struct tw_facts *f)
{
	struct look *l = ctx;
	struct visit *v = l->visit;

	TW_PUSH(v->d->arena, &v->d->spots.v[l->spot].looks, f);
	v->looks--;
	tw_visit_settle(v);
}

static void
trace(void *ctx, const char *line)
{
	struct look *l = ctx;

	l->visit->run->client->trace(l->visit->run->client->ctx, line);
}

static void
tell(void *ctx, struct tw_bytes text)
{
	struct look *l = ctx;

	l->visit->run->client->tell(l->visit->run->client->ctx, text);
}

static void
begin(struct visit *v, size_t spot, const char *address)
{
	struct look *l = calloc(1, sizeof(*l));
	struct tw_err err = { 0 };
	int64_t spent = (int64_t)(tw_loop_now_ms(v->run->loop) - v->began_ms);

	if (l == NULL)
		abort();
	l->visit = v;
	l->spot = spot;
	l->opt = *v->run->opt;
	l->opt.quick = l->opt.all_addresses = false;
	l->opt.probes = tw_diagnose_probes;
	l->opt.parallel = 1;
	l->opt.per_host = PER_HOST;
	l->opt.max_time_ms = l->opt.max_time_ms > spent + 100 ? l->opt.max_time_ms - spent : 100;
	if (address != NULL) {
		snprintf(l->address, sizeof(l->address), "%s", address);
		l->opt.connect = l->address;
		l->opt.family = AF_UNSPEC;
	}
	l->client = (struct tw_exam_client){ .ctx = l, .next = next, .done = done,
		.trace = v->run->client->trace != NULL ? trace : NULL,
		.tell = v->run->client->tell != NULL && v->d->spots.v[spot].role == TW_ROLE_ASKED ? tell : NULL,
		.style = v->run->client->style };
	v->looks++;
	v->spot[spot].looks++;
	if (tw_exam_begin(v->run->loop, &l->opt, &l->client, free, &err) != 0) {
		struct tw_facts *f = tw_facts_new(v->d->target);

		f->host = v->d->host;
		f->port = v->d->spots.v[spot].port;
		f->tcp = TW_TCP_LOCAL_ERROR;
		f->detail = f->error = tw_arena_str(f->arena, err.text);
		done(l, f);
		free(l);
	}
}

void
tw_look_maybe(struct visit *v, size_t spot, const char *address, bool v6)
{
	const struct tw_spot *s = &v->d->spots.v[spot];
	bool *met = v6 ? &v->spot[spot].v6 : &v->spot[spot].v4;
	bool wanted;

	if (s->role == TW_ROLE_WITNESS)
		return;
	if (s->role == TW_ROLE_SIBLING)
		wanted = v->spot[spot].looks == 0 && s->row != NULL && s->row->mode != TW_MODE_NONE;
	else if (v->d->port == 0)
		wanted = !*met;
	else
		wanted = v->spot[spot].looks < TW_DIAGNOSIS_LOOKS;
	*met = true;
	if (wanted)
		begin(v, spot, address);
}

void
tw_look_through_proxy(struct visit *v, size_t spot)
{
	begin(v, spot, NULL);
}

/* ---- a page of port 80 ---- */

struct fetch {
	struct visit *visit;
	struct tw_conn *conn;
	struct tw_timer *timer;
	struct tw_buf in;
	uint64_t began_ns;
};

static void
fetched(struct fetch *f)
{
	struct visit *v = f->visit;
	struct tw_diagnosis *d = v->d;

	d->http_ms = (double)(tw_loop_clock_ns() - f->began_ns) / 1e6;
	if (f->in.n > 0)
		d->http_head = tw_arena_bytes(d->arena, tw_buf_view(&f->in));
	tw_visit_trace(v, "HTTP on port 80: %s after %.1f ms", f->in.n > 0 ? "an answer"
	    : "no answer", d->http_ms);
	tw_buf_clear(&f->in);
	tw_conn_close(f->conn);
	v->fetch = NULL;
	tw_timer_free(f->timer, free);
	tw_visit_settle(v);
}

static void
on_open(void *ctx)
{
	struct fetch *f = ctx;
	struct tw_buf words;

	tw_buf_init(&words, FETCH_BYTES);
	tw_buf_fmt(&words, "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: tlswright\r\nAccept: */*\r\n"
	    "Connection: close\r\n\r\n", f->visit->d->host);
	tw_conn_send(f->conn, tw_buf_view(&words));
	tw_buf_clear(&words);
}

static void
on_bytes(void *ctx, struct tw_bytes in)
{
	struct fetch *f = ctx;

	if (in.n > FETCH_BYTES - f->in.n)
		in.n = FETCH_BYTES - f->in.n;
	tw_buf_bytes(&f->in, in);
	if (f->in.n == FETCH_BYTES || memmem(f->in.p, f->in.n, "\r\n\r\n", 4) != NULL)
		fetched(f);
}

static void
on_end(void *ctx, enum tw_conn_end end, int error)
{
	(void)end;
	(void)error;
	fetched(ctx);
}

static void
on_timer(void *ctx)
{
	fetched(ctx);
}

static const struct tw_conn_events events = { on_open, on_bytes, on_end };

void
tw_fetch_start(struct visit *v, const struct sockaddr_storage *addr)
{
	struct fetch *f = calloc(1, sizeof(*f));
	struct sockaddr_storage to = *addr;
	enum tw_conn_end end;
	int error;

	if (f == NULL)
		abort();
	if (to.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&to)->sin6_port = htons(80);
	else
		((struct sockaddr_in *)&to)->sin_port = htons(80);
	v->d->http_asked = true;
	f->visit = v;
	v->fetch = f;
	tw_buf_init(&f->in, FETCH_BYTES);
	f->began_ns = tw_loop_clock_ns();
	f->timer = tw_timer_new(v->run->loop, on_timer, f);
	f->conn = tw_conn_open(v->run->loop, (const struct sockaddr *)&to, &events, f, &end, &error);
	tw_timer_start(f->timer, f->conn == NULL ? 0 : v->timeout_ms < FETCH_MS
	    ? (uint64_t)v->timeout_ms : FETCH_MS);
}
