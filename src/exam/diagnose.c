/*
 * A diagnosis from the name up: lookups of both families, knocks at every address and
 * every sibling port, a look at what opened; then what only matters when something is
 * wrong: witnesses, a page of port 80. It ends when nothing is left to look at.
 */
#include "exam/diagnose.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "exam/visit.h"
#include "judge/cause.h"
#include "net/cloud.h"

#define STEP_MS		5000
#define PATIENCE_MS	1500	/* a SYN is sent again after 1 s: two of them were unanswered */
#define WITNESS_MS	1000	/* so long may a port be silent before others are asked */

static void fill(struct visiting *run);
static void on_turn(void *ctx);

void
tw_visit_settle(struct visit *v)
{
	if (!v->over)
		tw_timer_start(v->turn, 0);
}

void
tw_visit_trace(struct visit *v, const char *fmt, ...)
{
	char text[512], line[800];
	va_list ap;

	if (v->run->client->trace == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "%.256s %s", v->d->host, text);
	v->run->client->trace(v->run->client->ctx, line);
}

static uint64_t
spent_ms(const struct visit *v, uint64_t since_ms)
{
	return tw_loop_now_ms(v->run->loop) - since_ms;
}

/* ---- which ports ---- */

static void
add_spot(struct visit *v, uint16_t port, enum tw_role role, const struct tw_port *row)
{
	struct tw_diagnosis *d = v->d;
	struct tw_spot s = { .port = port, .role = role };

	if (tw_diagnosis_spot(d, port) != NULL || d->spots.n == VISIT_SPOTS)
		return;
	s.row = row != NULL ? row : tw_port_by_number(port);
	TW_PUSH(d->arena, &d->spots, s);
}

static void
choose_ports(struct visit *v, const struct tw_port *row)
{
	struct tw_diagnosis *d = v->d;
	size_t n;
	const uint16_t *siblings = tw_siblings_of(d->port, &n);

	if (d->port == 0)
		for (size_t i = 0; i < tw_host_ports_n; i++)
			add_spot(v, tw_host_ports[i], TW_ROLE_ASKED, NULL);
	else
		add_spot(v, d->port, TW_ROLE_ASKED, row);
	if (d->through_proxy)
		return;
	for (size_t i = 0; i < n; i++)
		add_spot(v, siblings[i], TW_ROLE_SIBLING, NULL);
}

static void
knock_everywhere(struct visit *v, enum tw_role role, const struct sockaddr_storage *addr)
{
	for (size_t i = 0; i < v->d->spots.n; i++)
		if (v->d->spots.v[i].role == role)
			tw_knock(v, i, addr);
}

/* Is there anybody at all? Asked when the port in question says nothing. */
static void
call_witnesses(struct visit *v)
{
	static const uint16_t ports[] = { 443, 80, 22 };

	if (v->witnesses || v->d->port == 0 || v->d->through_proxy)
		return;
	v->witnesses = true;
	for (size_t i = 0; i < TW_COUNT(ports); i++)
		add_spot(v, ports[i], TW_ROLE_WITNESS, NULL);
	for (size_t i = 0; i < v->addrs_n; i++)
		knock_everywhere(v, TW_ROLE_WITNESS, &v->addrs[i]);
}

/* ---- names ---- */

static void
add_addresses(struct visit *v, const struct tw_addresses *found)
{
	char text[64];

	for (size_t i = 0; i < found->n && v->addrs_n < TW_RESOLVE_ADDRESSES; i++) {
		const struct sockaddr_storage *addr = &found->v[i];
		char *shown = tw_arena_str(v->d->arena,
		    tw_conn_address((const struct sockaddr *)addr, text));
		bool met = false;

		for (size_t k = 0; k < v->d->addresses.n; k++)
			met |= strcmp(v->d->addresses.v[k], shown) == 0;
		if (met)
			continue;
		TW_PUSH(v->d->arena, &v->d->addresses, shown);
		if (v->addrs_n == 0) {
			v->knocked_ms = tw_loop_now_ms(v->run->loop);
			tw_timer_start(v->patience, WITNESS_MS);
		}
		v->addrs[v->addrs_n++] = *addr;
		knock_everywhere(v, TW_ROLE_ASKED, addr);
		knock_everywhere(v, TW_ROLE_SIBLING, addr);
		if (v->witnesses)
			knock_everywhere(v, TW_ROLE_WITNESS, addr);
	}
}

static void
note_lookup(struct visit *v, struct tw_looked_up *row, const struct tw_addresses *found)
{
	static const enum tw_lookup states[] = {
		[TW_UNRESOLVED_NOT] = TW_LOOKUP_FOUND, [TW_UNRESOLVED_NO_NAME] = TW_LOOKUP_NO_NAME,
		[TW_UNRESOLVED_NO_ADDRESS] = TW_LOOKUP_NO_ADDRESS,
		[TW_UNRESOLVED_SILENT] = TW_LOOKUP_SILENT, [TW_UNRESOLVED_FAILED] = TW_LOOKUP_FAILED,
		[TW_UNRESOLVED_NO_SERVER] = TW_LOOKUP_NO_SERVER,
		[TW_UNRESOLVED_BAD_NAME] = TW_LOOKUP_BAD_NAME,
	};

	row->state = states[found->why];
	row->ms = (double)spent_ms(v, v->began_ms);
	v->lookups--;
	tw_visit_settle(v);
}

static void
on_v4(void *ctx, const struct tw_addresses *found)
{
	struct visit *v = ctx;

	v->expected_v4 = false;
	note_lookup(v, &v->d->v4, found);
	tw_visit_trace(v, "IPv4 addresses: %s after %.0f ms", tw_lookup_names[v->d->v4.state],
	    v->d->v4.ms);
	add_addresses(v, found);
}

static void
on_v6(void *ctx, const struct tw_addresses *found)
{
	struct visit *v = ctx;

	v->expected_v6 = false;
	note_lookup(v, &v->d->v6, found);
	tw_visit_trace(v, "IPv6 addresses: %s after %.0f ms", tw_lookup_names[v->d->v6.state],
	    v->d->v6.ms);
	add_addresses(v, found);
}

static void
on_parent(void *ctx, const struct tw_addresses *found)
{
	struct visit *v = ctx;

	note_lookup(v, &v->d->parent_found, found);
}

static void
on_literal(void *ctx, const struct tw_addresses *found)
{
	struct visit *v = ctx;

	v->lookups--;
	if (found->n == 0)	/* -4 of an IPv6 address */
		v->d->v4.state = TW_LOOKUP_NO_ADDRESS;
	add_addresses(v, found);
	tw_visit_settle(v);
}

static void
on_hosts(void *ctx, const struct tw_addresses *found)
{
	struct visit *v = ctx;
	struct tw_diagnosis *d = v->d;
	bool has[2] = { false, false };

	for (size_t i = 0; i < found->n; i++)
		has[found->v[i].ss_family == AF_INET6] = true;
	d->from_hosts = found->n > 0;
	if (!d->from_hosts)
		return;
	if (v->run->opt->family != AF_INET6)
		d->v4.state = has[0] ? TW_LOOKUP_FOUND : TW_LOOKUP_NO_ADDRESS;
	if (v->run->opt->family != AF_INET)
		d->v6.state = has[1] ? TW_LOOKUP_FOUND : TW_LOOKUP_NO_ADDRESS;
	tw_visit_trace(v, "is in /etc/hosts");
	add_addresses(v, found);
	tw_visit_settle(v);
}

/* As the system does it: what /etc/hosts has, no name server is asked for. */
static bool
is_in_hosts(struct visit *v, int family)
{
	struct tw_resolver *hosts = NULL;
	struct tw_err err = { 0 };

	if (tw_resolver_open_hosts(v->run->loop, &hosts, &err) != 0)
		return false;
	tw_resolver_ask(hosts, v->connect, family, on_hosts, v);
	tw_resolver_close(hosts);
	return v->d->from_hosts;
}

static void
look_up(struct visit *v)
{
	int family = v->run->opt->family;

	if (tw_cert_host_is_ip(v->connect)) {
		v->lookups++;
		tw_resolver_ask(v->resolver, v->connect, family, on_literal, v);
		return;
	}
	if (is_in_hosts(v, family))
		return;
	v->expected_v4 = family != AF_INET6;
	v->expected_v6 = family != AF_INET;
	v->lookups += v->expected_v4 + v->expected_v6;
	tw_timer_start(v->limit, (uint64_t)v->timeout_ms);
	if (v->expected_v6)
		tw_resolver_ask(v->resolver, v->connect, AF_INET6, on_v6, v);
	if (v->expected_v4)
		tw_resolver_ask(v->resolver, v->connect, AF_INET, on_v4, v);
}

/* The name servers had their time: what they did not say, they are silent about. */
static void
on_limit(void *ctx)
{
	struct visit *v = ctx;

	if (v->lookups == 0)
		return;
	tw_resolver_close(v->resolver);		/* no answer comes any more */
	v->resolver = NULL;
	v->lookups = 0;
	if (v->expected_v4)
		v->d->v4 = (struct tw_looked_up){ TW_LOOKUP_SILENT, (double)spent_ms(v, v->began_ms) };
	if (v->expected_v6)
		v->d->v6 = (struct tw_looked_up){ TW_LOOKUP_SILENT, (double)spent_ms(v, v->began_ms) };
	v->expected_v4 = v->expected_v6 = false;
	tw_visit_settle(v);
}

/* No server at all, or one that answers with an error? The usual resolver does not say. */
static bool
ask_strictly(struct visit *v)
{
	struct tw_diagnosis *d = v->d;
	struct tw_err err = { 0 };

	if (v->strict || (d->v4.state != TW_LOOKUP_NO_SERVER && d->v6.state != TW_LOOKUP_NO_SERVER))
		return false;
	v->strict = true;
	tw_resolver_close(v->resolver);
	v->resolver = NULL;
	if (tw_resolver_open_strict(v->run->loop, &v->resolver, &err) != 0)
		return false;
	look_up(v);
	return v->lookups > 0;
}

/* The name does not exist: does the domain it should be in? */
static bool
ask_parent(struct visit *v)
{
	struct tw_diagnosis *d = v->d;
	const char *dot = strchr(v->connect, '.');

	if (v->parent_asked || v->resolver == NULL || (d->v4.state != TW_LOOKUP_NO_NAME &&
	    d->v6.state != TW_LOOKUP_NO_NAME) || dot == NULL || strchr(dot + 1, '.') == NULL)
		return false;
	v->parent_asked = true;
	d->parent = tw_arena_str(d->arena, dot + 1);
	v->lookups++;
	tw_timer_start(v->limit, (uint64_t)v->timeout_ms);
	tw_resolver_ask(v->resolver, d->parent, AF_UNSPEC, on_parent, v);
	return true;
}

/* ---- the end, and what comes before it ---- */

static bool
works_so_far(struct visit *v)
{
	tw_cause_judge(v->d);
	return v->d->verdict == TW_DIAGNOSIS_WORKS;
}

static bool
asked_is_open(const struct visit *v)
{
	for (size_t i = 0; i < v->d->spots.n; i++)
		if (v->d->spots.v[i].role == TW_ROLE_ASKED && tw_spot_is_open(&v->d->spots.v[i]))
			return true;
	return false;
}

/*
 * Only knocks are open, and what was asked about has answered: a sibling that is silent
 * after two SYNs need not be waited for any longer, where nothing is wrong.
 */
static bool
waits_in_vain(struct visit *v)
{
	bool bare = v->d->port == 0;
	uint64_t spent = spent_ms(v, v->knocked_ms);

	if (v->looks > 0 || v->lookups > 0 || v->fetch != NULL || !asked_is_open(v) ||
	    (!bare && tw_knock_awaits(v, TW_ROLE_ASKED)) || (!bare && !works_so_far(v)))
		return false;
	if (spent >= PATIENCE_MS)
		return true;
	tw_timer_start(v->patience, PATIENCE_MS - spent);
	return false;
}

/* Another clock, or a portal: where something is wrong with what answered. */
static bool
fetch(struct visit *v)
{
	const struct tw_spot *http = tw_diagnosis_spot(v->d, 80);

	if (v->d->http_asked || v->addrs_n == 0 || !asked_is_open(v) ||
	    (http != NULL && http->knocks.n > 0 && !tw_spot_is_open(http)) || works_so_far(v))
		return false;
	tw_fetch_start(v, &v->addrs[0]);
	return true;
}

static void
gone(void *ctx)
{
	struct visit *v = ctx;

	if (--v->handles > 0)
		return;
	free(v->connect);
	free(v);
}

static void
finish(struct visit *v)
{
	struct visiting *run = v->run;
	struct tw_diagnosis *d = v->d;
	const struct tw_spot *mail = tw_diagnosis_spot(d, 25);

	v->over = true;
	tw_resolver_close(v->resolver);
	if (d->port == 0 && asked_is_open(v))
		for (size_t i = 0; i < d->spots.n; i++)
			if (!tw_spot_is_open(&d->spots.v[i]))
				d->spots.v[i].role = TW_ROLE_SIBLING;
	if (mail != NULL && !tw_spot_is_open(mail))
		d->cloud = tw_cloud_name();
	d->elapsed_ms = (int64_t)spent_ms(v, v->began_ms);
	tw_cause_judge(d);
	run->client->done(run->client->ctx, v->number, d);
	run->active--;
	tw_timer_free(v->turn, gone);
	tw_timer_free(v->limit, gone);
	tw_timer_free(v->patience, gone);
	fill(run);
}

static void
on_turn(void *ctx)
{
	struct visit *v = ctx;

	if (v->addrs_n > 0 && !asked_is_open(v) && !tw_knock_awaits(v, TW_ROLE_ASKED))
		call_witnesses(v);
	if (v->knocks > 0 && waits_in_vain(v))
		tw_knock_give_up(v, v->d->port == 0 ? TW_ROLE_ASKED : TW_ROLE_SIBLING);
	if (v->lookups + v->looks + v->knocks > 0 || v->fetch != NULL)
		return;
	if (v->addrs_n == 0 && !v->d->through_proxy && (ask_strictly(v) || ask_parent(v)))
		return;
	if (fetch(v))
		return;
	finish(v);
}

/* The port in question has been silent for a while, or siblings have been long enough. */
static void
on_patience(void *ctx)
{
	struct visit *v = ctx;

	if (!asked_is_open(v))
		call_witnesses(v);
	tw_visit_settle(v);
}

static void
start(struct visiting *run, const struct tw_spec *spec)
{
	const struct tw_exam_options *o = run->opt;
	struct visit *v = calloc(1, sizeof(*v));
	struct tw_diagnosis *d = tw_diagnosis_new(spec->target);
	struct tw_err err = { 0 };

	if (v == NULL)
		abort();
	v->run = run;
	v->d = d;
	v->number = run->begun++;
	d->host = tw_arena_str(d->arena, spec->host);
	d->port = o->proxy != NULL && spec->port == 0 ? 443 : spec->port;
	d->is_address = tw_cert_host_is_ip(spec->host);
	d->through_proxy = o->proxy != NULL;
	d->connect = tw_arena_str(d->arena, o->connect);
	d->at = o->at;
	d->at_given = o->at_given;
	d->started = time(NULL);
	v->connect = strdup(o->connect != NULL ? o->connect : spec->host);
	if (v->connect == NULL)
		abort();
	v->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : STEP_MS;
	if (v->timeout_ms > o->max_time_ms)
		v->timeout_ms = o->max_time_ms;
	v->began_ms = tw_loop_now_ms(run->loop);
	v->turn = tw_timer_new(run->loop, on_turn, v);
	v->limit = tw_timer_new(run->loop, on_limit, v);
	v->patience = tw_timer_new(run->loop, on_patience, v);
	v->handles = 3;
	run->active++;
	choose_ports(v, spec->row);
	if (d->through_proxy) {
		tw_look_through_proxy(v, 0);
	} else if (tw_resolver_open(run->loop, &v->resolver, &err) == 0) {
		look_up(v);
	} else {
		d->v4.state = TW_LOOKUP_NO_SERVER;
		tw_visit_settle(v);
	}
}

static void
fill(struct visiting *run)
{
	if (run->filling)
		return;
	run->filling = true;
	while (!run->exhausted && run->active < run->opt->parallel) {
		struct tw_spec spec = { 0 };

		if (run->client->next(run->client->ctx, &spec))
			start(run, &spec);
		else
			run->exhausted = true;
	}
	run->filling = false;
}

int
tw_diagnose_run(const struct tw_exam_options *options, const struct tw_diagnose_client *client,
    struct tw_err *err)
{
	struct visiting run = { .opt = options, .client = client, .loop = tw_loop_new() };

	(void)err;
	fill(&run);
	tw_loop_run(run.loop);
	tw_loop_free(run.loop);
	return 0;
}
