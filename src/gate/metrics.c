/* Figures for Prometheus; see metrics.h. */
#include <stdlib.h>

#include "gate/counters.h"
#include "gate/desk.h"
#include "gate/metrics.h"
#include "net/listeners.h"
#include "wire/http_head.h"

#define TEXT_MAX	(4u << 20)	/* what 256 listeners make is a quarter of it */

/* ---- the text ---- */

/* A family's head: what it is, and its kind. */
static void
head(struct tw_buf *b, const char *name, const char *kind, const char *help)
{
	tw_buf_fmt(b, "# HELP tlswright_%s %s\n# TYPE tlswright_%s %s\n", name, help, name, kind);
}

/* A value of a label: what could end it is escaped. */
static void
label(struct tw_buf *b, const char *name, const char *value, char before)
{
	tw_buf_fmt(b, "%c%s=\"", before, name);
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			tw_buf_u8(b, '\\');
		if (*value == '\n')
			tw_buf_str(b, "\\n");
		else
			tw_buf_u8(b, (uint8_t)*value);
	}
	tw_buf_u8(b, '"');
}

static void
number(struct tw_buf *b, uint64_t v)
{
	tw_buf_fmt(b, "} %llu\n", (unsigned long long)v);
}

/* A listener's sums, gathered once for all families. */
struct row {
	const char *name;
	unsigned number;
	struct tw_counts counts;
};

struct page {
	const struct tw_gate_parent *p;
	struct tw_buf *out;
	struct row *rows;
	size_t n;
};

static void
begin_line(const struct page *g, const char *name, const struct row *r)
{
	tw_buf_fmt(g->out, "tlswright_%s", name);
	label(g->out, "listener", r->name, '{');
}

static void
write_connections(const struct page *g)
{
	head(g->out, "connections_total", "counter", "Connections that ended, by how they did.");
	for (size_t i = 0; i < g->n; i++)
		for (int end = TW_GATE_GOING + 1; end < TW_GATE_ENDS; end++) {
			begin_line(g, "connections_total", &g->rows[i]);
			label(g->out, "end", tw_gate_ends[end], ',');
			number(g->out, g->rows[i].counts.ends[end]);
		}
	head(g->out, "connections", "gauge", "Connections now.");
	for (size_t i = 0; i < g->n; i++) {
		begin_line(g, "connections", &g->rows[i]);
		number(g->out, tw_admission_connected(g->p->guard, g->rows[i].number));
	}
}

/* What is usual is there from the start, with 0; what is not, when it happens. */
static void
write_handshakes(const struct page *g)
{
	head(g->out, "handshakes_total", "counter", "TLS handshakes that were done or failed.");
	for (size_t i = 0; i < g->n; i++)
		for (unsigned k = 0; k < (TW_VERSIONS + 1) * 4; k++) {
			unsigned version = k / 4, resumed = k / 2 % 2, done = k % 2;
			uint64_t n = g->rows[i].counts.handshakes[version][resumed][done];

			if (n == 0 && !(version == TW_TLS12 && done) &&
			    !(version == TW_TLS13 && done) && !(version == TW_VERSIONS && !resumed &&
			    !done))
				continue;
			begin_line(g, "handshakes_total", &g->rows[i]);
			label(g->out, "version",
			    version == TW_VERSIONS ? "none" : tw_versions[version].id, ',');
			label(g->out, "resumed", resumed ? "true" : "false", ',');
			label(g->out, "result", done ? "done" : "failed", ',');
			number(g->out, n);
		}
}

static void
write_seconds(const struct page *g)
{
	uint64_t below = 0, us = 0;

	head(g->out, "handshake_seconds", "histogram", "How long handshakes took that were done.");
	for (unsigned k = 0; k <= TW_COUNT_BOUNDS; k++) {
		for (size_t i = 0; i < g->n; i++)
			below += g->rows[i].counts.seconds[k];
		if (k < TW_COUNT_BOUNDS)
			tw_buf_fmt(g->out, "tlswright_handshake_seconds_bucket{le=\"%g\"} %llu\n",
			    tw_counters_bounds_us[k] / 1e6, (unsigned long long)below);
		else
			tw_buf_fmt(g->out, "tlswright_handshake_seconds_bucket{le=\"+Inf\"} %llu\n",
			    (unsigned long long)below);
	}
	for (size_t i = 0; i < g->n; i++)
		us += g->rows[i].counts.seconds_us;
	tw_buf_fmt(g->out, "tlswright_handshake_seconds_sum %llu.%06u\n"
	    "tlswright_handshake_seconds_count %llu\n", (unsigned long long)(us / 1000000),
	    (unsigned)(us % 1000000), (unsigned long long)below);
}

static void
write_traffic(const struct page *g)
{
	head(g->out, "bytes_total", "counter", "Bytes inside TLS: in from clients, out to them.");
	for (size_t i = 0; i < g->n; i++) {
		begin_line(g, "bytes_total", &g->rows[i]);
		label(g->out, "direction", "in", ',');
		number(g->out, g->rows[i].counts.bytes_in);
		begin_line(g, "bytes_total", &g->rows[i]);
		label(g->out, "direction", "out", ',');
		number(g->out, g->rows[i].counts.bytes_out);
	}
	head(g->out, "logins_failed_total", "counter", "Logins that the backend refused.");
	for (size_t i = 0; i < g->n; i++) {
		begin_line(g, "logins_failed_total", &g->rows[i]);
		number(g->out, g->rows[i].counts.logins_failed);
	}
}

static void
write_spikes(const struct page *g)
{
	head(g->out, "spikes_total", "counter", "Times that far more came than usual.");
	for (size_t i = 0; i < g->n; i++)
		for (unsigned k = 0; k < TW_SURGES; k++) {
			begin_line(g, "spikes_total", &g->rows[i]);
			label(g->out, "kind", tw_surges_words[k], ',');
			number(g->out, g->p->surges->listeners[g->rows[i].number].count[k]);
		}
}

static void
write_gateway(const struct page *g)
{
	const struct tw_gate_set *s = g->p->set;
	struct tw_buf *b = g->out;

	head(b, "bans", "gauge", "Addresses and networks that are shut out now.");
	tw_buf_fmt(b, "tlswright_bans %zu\n", tw_bans_count(tw_admission_bans(g->p->guard),
	    tw_loop_now_ms(g->p->loop)));
	head(b, "certificate_not_after_seconds", "gauge", "When it expires, Unix time.");
	for (size_t i = 0; s->served != NULL && i < s->config->certificates_n; i++) {
		if (!s->served[i].read)
			continue;
		tw_buf_str(b, "tlswright_certificate_not_after_seconds");
		label(b, "certificate", s->config->certificates[i].name, '{');
		tw_buf_fmt(b, "} %lld\n", (long long)s->served[i].not_after);
	}
	head(b, "build_info", "gauge", "Always 1; its label says which version this is.");
	tw_buf_str(b, "tlswright_build_info{version=\"" TW_VERSION "\"} 1\n");
}

void
tw_metrics_write(const struct tw_gate_parent *p, struct tw_buf *out)
{
	struct page g = { .p = p, .out = out,
		.rows = calloc(TW_GATE_LISTENS, sizeof(*g.rows)) };

	if (g.rows == NULL)
		abort();
	for (unsigned i = 0; i < TW_GATE_LISTENS; i++) {
		if (p->names.v[i].users == 0)
			continue;
		g.rows[g.n].name = p->names.v[i].name;
		g.rows[g.n].number = i;
		tw_counters_sum(p->counters, i, &g.rows[g.n++].counts);
	}
	write_connections(&g);
	write_handshakes(&g);
	write_seconds(&g);
	write_traffic(&g);
	write_spikes(&g);
	write_gateway(&g);
	free(g.rows);
}

/* ---- over HTTP ---- */

static void
answer(struct tw_desk_client *c, const char *status, const char *type, struct tw_bytes body,
    bool with_body)
{
	tw_buf_fmt(&c->out, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\nConnection: close\r\n\r\n", status, type, body.n);
	if (with_body)
		tw_buf_bytes(&c->out, body);
	c->last = true;
}

static void
refuse(struct tw_desk_client *c, const char *status)
{
	answer(c, status, "text/plain; charset=utf-8", tw_bytes_of(status), true);
}

/* One request a connection: the figures at /metrics, and nothing else. */
static void
on_request(struct tw_desk_client *c)
{
	struct tw_http_head h;
	struct tw_buf body;
	ptrdiff_t n = tw_http_head_read((struct tw_bytes){ c->in, c->in_n }, &h);
	size_t path;
	bool get;

	if (n == 0) {
		if (c->in_n == sizeof(c->in))
			refuse(c, "431 Request Header Fields Too Large");
		return;
	}
	if (n < 0) {
		refuse(c, "400 Bad Request");
		return;
	}
	get = tw_bytes_equal(h.method, TW_BYTES("GET"));
	if (!get && !tw_bytes_equal(h.method, TW_BYTES("HEAD"))) {
		refuse(c, "405 Method Not Allowed");
		return;
	}
	for (path = 0; path < h.path.n && h.path.p[path] != '?'; path++)
		;
	if (!tw_bytes_equal((struct tw_bytes){ h.path.p, path }, TW_BYTES("/metrics"))) {
		refuse(c, "404 Not Found: the figures are at /metrics");
		return;
	}
	tw_buf_init(&body, TEXT_MAX);
	tw_metrics_write(c->ctx, &body);
	answer(c, "200 OK", "text/plain; version=0.0.4; charset=utf-8", tw_buf_view(&body), get);
	tw_buf_clear(&body);
}

static const struct tw_desk_kind kind = {
	.most = 16,
	.step_ms = 5000,
	.total_ms = 20000,
	.out = TEXT_MAX + 1024,
	.heard = on_request,
};

void
tw_metrics_close(struct tw_gate_parent *p)
{
	tw_desk_close(p->metrics);
	free(p->metrics_at);
	p->metrics = NULL;
	p->metrics_at = NULL;
}

int
tw_metrics_open(struct tw_gate_parent *p, const struct tw_config *c, struct tw_err *e)
{
	const struct tw_endpoint *at = c->metrics;
	struct tw_listen_at where = { 0 };
	struct tw_listeners none;
	int fd;

	if (at == NULL) {
		tw_metrics_close(p);
		return 0;
	}
	if (p->metrics_at != NULL && strcmp(p->metrics_at, at->text) == 0)
		return 0;
	where.addr = at->address.storage;
	where.size = at->size;
	where.backlog = 16;
	tw_listeners_init(&none);
	if (tw_listeners_bind(&none, &where, 1, &fd, e) != 0)
		return -1;
	tw_metrics_close(p);
	p->metrics = tw_desk_open(p->loop, fd, &kind, p);
	if ((p->metrics_at = strdup(at->text)) == NULL)
		abort();
	return 0;
}
