/*
 * The run: targets become jobs, jobs become endpoints, so many at a time, on
 * one loop. Nothing is read ahead, so a list of any length costs the same.
 */
#include "exam/exam.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "exam/inside.h"

static void fill(struct exam *x);

/* ---- hosts: what endpoints at one address share ---- */

static bool
same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET6)
		return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
		    &((const struct sockaddr_in6 *)b)->sin6_addr, 16) == 0;
	return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
	    ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

struct host *
tw_host_join(struct exam *x, const struct sockaddr_storage *addr, struct endpoint *ep)
{
	struct host *h = x->hosts;

	while (h != NULL && !same_address(&h->addr, addr))
		h = h->next;
	if (h == NULL) {
		h = calloc(1, sizeof(*h));
		if (h == NULL)
			abort();
		h->addr = *addr;
		h->next = x->hosts;
		x->hosts = h;
	}
	h->users++;
	ep->next_here = h->endpoints;
	h->endpoints = ep;
	return h;
}

void
tw_host_leave(struct exam *x, struct host *h, struct endpoint *ep)
{
	struct endpoint **e = &h->endpoints;
	struct host **at = &x->hosts;

	while (*e != NULL && *e != ep)
		e = &(*e)->next_here;
	if (*e != NULL)
		*e = ep->next_here;
	if (--h->users > 0)
		return;
	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	free(h);
}

void
tw_host_wake(struct exam *x, struct host *h)
{
	struct endpoint *e = h->endpoints;

	while (e != NULL && h->connections < x->opt->per_host) {
		if (e->blocked) {
			e->blocked = false;
			tw_endpoint_pump(e);
			e = h->endpoints;	/* it may have ended */
		} else {
			e = e->next_here;
		}
	}
}

uint64_t
tw_exam_slot_ms(struct exam *x)
{
	uint64_t now_us = tw_loop_now_ms(x->loop) * 1000, slot_us;

	if (x->opt->rate <= 0)
		return 0;
	slot_us = x->next_slot_us > now_us ? x->next_slot_us : now_us;
	x->next_slot_us = slot_us + (uint64_t)(1e6 / x->opt->rate);
	return (slot_us - now_us + 999) / 1000;
}

const struct tw_share *
tw_exam_share(struct exam *x, enum tw_share_set set, size_t i)
{
	struct tw_share **s = &x->shares[set][i];

	if (*s == NULL)
		*s = tw_share_new(tw_share_groups[set][i]);
	assert(*s != NULL);	/* groups that tw_share_new() knows */
	return *s;
}

/* ---- jobs: a target on its way to endpoints ---- */

static void
free_job(struct job *j)
{
	tw_facts_free(j->dark);
	free(j->target);
	free(j->host_name);
	free(j);
}

/* All endpoints of j have ended: where none was seen, one object says so. */
static void
end_job(struct job *j)
{
	struct exam *x = j->exam;
	struct tw_facts *f = j->dark;

	j->dark = NULL;
	if (!j->answered && !j->dark_is_quiet && f != NULL) {
		if (j->many_ports && f->tcp != TW_TCP_UNRESOLVED) {
			f->port = 0;
			f->error = f->detail = "none of the ports that usually speak TLS "
			    "answered";
			f->service = NULL;
		}
		x->client->done(x->client->ctx, f);
	} else {
		tw_facts_free(f);
	}
	free_job(j);
}

void
tw_exam_ended(struct endpoint *ep, struct tw_facts *f)
{
	struct exam *x = ep->exam;
	struct job *j = ep->job;
	bool quiet = (j->many_ports || j->dark_is_quiet) && f->tcp != TW_TCP_OPEN;

	if (quiet) {
		/* The first stands for all, unless a later one says more than silence. */
		if (j->dark == NULL || (j->dark->tcp == TW_TCP_FILTERED && f->tcp != TW_TCP_FILTERED)) {
			tw_facts_free(j->dark);
			j->dark = f;
		} else {
			tw_facts_free(f);
		}
	} else {
		j->answered = true;
		x->client->done(x->client->ctx, f);
	}
	x->active--;
	j->users--;
	if (j->users == 0 && j->started)
		end_job(j);
	fill(x);
}

/* Starts the next endpoint of j; false: there are no more. */
static bool
start_endpoint(struct job *j)
{
	struct exam *x = j->exam;
	size_t ports = j->many_ports ? tw_host_ports_n : 1;
	size_t sets = x->opt->all_addresses ? j->found.n : 1;
	const struct sockaddr_storage *addrs = j->found.v;
	size_t n = j->found.n;
	uint16_t port;

	if (j->next_address >= sets)
		return false;
	port = j->many_ports ? tw_host_ports[j->next_port] : j->port;
	if (x->opt->all_addresses) {
		addrs += j->next_address;
		n = 1;
	}
	if (++j->next_port == ports) {
		j->next_port = 0;
		j->next_address++;
	}
	j->started = j->next_address >= sets;
	j->users++;
	x->active++;
	tw_endpoint_start(x, j, port, addrs, n);
	return true;
}

static void
on_resolved(void *ctx, const struct tw_addresses *found)
{
	struct job *j = ctx;
	struct exam *x = j->exam;
	struct job **at = &x->jobs;

	x->waiting--;
	j->found = *found;
	if (found->n == 0) {
		struct tw_facts *f = tw_facts_new(j->target);

		f->host = tw_arena_str(f->arena, j->host_name);
		f->port = j->port;
		f->tcp = TW_TCP_UNRESOLVED;
		f->detail = f->error = found->error;
		f->started = x->started;
		if (j->row != NULL) {
			f->service = j->row->service;
			f->mode = j->row->mode;
		}
		j->dark = f;
		j->dark_is_quiet = false;
		end_job(j);
	} else {
		while (*at != NULL)
			at = &(*at)->next;
		*at = j;
	}
	if (!x->filling)
		fill(x);
}

static void
start_job(struct exam *x, const struct tw_spec *spec)
{
	const struct tw_exam_options *o = x->opt;
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		abort();
	j->exam = x;
	j->target = strdup(spec->target);
	j->host_name = strdup(spec->host);
	if (j->target == NULL || j->host_name == NULL)
		abort();
	j->port = spec->port;
	j->row = spec->row;
	j->many_ports = spec->port == 0;
	j->dark_is_quiet = spec->dark_is_quiet;
	x->waiting++;
	tw_resolver_ask(x->resolver, o->proxy != NULL ? x->proxy_host
	    : o->connect != NULL ? o->connect : spec->host, o->family, on_resolved, j);
}

static void
free_exam(struct exam *x)
{
	for (int set = TW_SHARES_USUAL; set < TW_SHARE_SETS; set++)
		for (size_t i = 0; i < 2; i++)
			tw_share_free(x->shares[set][i]);
	free(x);
}

/* The loop has let go of the last endpoint's handles. */
static void
end_exam(void *arg)
{
	struct exam *x = arg;
	void (*ended)(void *ctx) = x->ended;
	void *ctx = x->client->ctx;

	free_exam(x);
	if (ended != NULL)
		ended(ctx);
}

/* Takes work while there are places. Called again from what it starts: that returns at once. */
static void
fill(struct exam *x)
{
	struct tw_spec spec;

	if (x->filling)
		return;
	x->filling = true;
	for (;;) {
		if (x->jobs != NULL && x->active < x->opt->parallel) {
			struct job *j = x->jobs;
			size_t sets = x->opt->all_addresses ? j->found.n : 1;

			/* The last one: j leaves the list first, for it may end at once. */
			if (j->next_address + 1 >= sets &&
			    (!j->many_ports || j->next_port + 1 == tw_host_ports_n))
				x->jobs = j->next;
			start_endpoint(j);
		} else if (!x->exhausted && x->jobs == NULL &&
		    x->active + x->waiting < x->opt->parallel) {
			memset(&spec, 0, sizeof(spec));
			if (x->client->next(x->client->ctx, &spec))
				start_job(x, &spec);
			else
				x->exhausted = true;
		} else {
			break;
		}
	}
	x->filling = false;
	if (x->exhausted && x->active == 0 && x->waiting == 0 && x->resolver != NULL) {
		tw_resolver_close(x->resolver);
		x->resolver = NULL;
		tw_timer_free(x->alive, end_exam);
	}
}

static int
split_proxy(struct exam *x, struct tw_err *err)
{
	const char *p = x->opt->proxy, *colon = strrchr(p, ':');
	unsigned long port = colon == NULL ? 0 : strtoul(colon + 1, NULL, 10);
	size_t n = colon == NULL ? 0 : (size_t)(colon - p);

	if (n > 1 && p[0] == '[' && p[n - 1] == ']') {
		p++;
		n -= 2;
	}
	if (n == 0 || n >= sizeof(x->proxy_host) || port == 0 || port > 65535)
		return tw_err_set(err, TW_ERR_USAGE, "--proxy wants HOST:PORT, not \"%s\"",
		    x->opt->proxy);
	memcpy(x->proxy_host, p, n);
	x->proxy_port = (uint16_t)port;
	return 0;
}

static void
nothing(void *ctx)
{
	(void)ctx;
}

int
tw_exam_begin(struct tw_loop *loop, const struct tw_exam_options *options,
    const struct tw_exam_client *client, void (*ended)(void *ctx), struct tw_err *err)
{
	struct exam *x = calloc(1, sizeof(*x));

	if (x == NULL)
		abort();
	x->opt = options;
	x->client = client;
	x->ended = ended;
	x->loop = loop;
	if (gethostname(x->me, sizeof(x->me) - 1) != 0 || x->me[0] == '\0')
		strcpy(x->me, "localhost");
	if ((options->proxy != NULL && split_proxy(x, err) != 0) ||
	    tw_resolver_open(loop, &x->resolver, err) != 0) {
		free_exam(x);
		return -1;
	}
	x->alive = tw_timer_new(loop, nothing, x);
	x->started = time(NULL);
	x->started_ms = tw_loop_now_ms(loop);
	fill(x);
	return 0;
}

int
tw_exam_run(const struct tw_exam_options *options, const struct tw_exam_client *client,
    struct tw_err *err)
{
	struct tw_loop *loop = tw_loop_new();
	int rv = tw_exam_begin(loop, options, client, NULL, err);

	if (rv == 0)
		tw_loop_run(loop);
	tw_loop_free(loop);
	return rv;
}
