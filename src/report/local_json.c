/* `diagnose --local --json`: one object for the machine; see local.h and schema/local.schema.json. */
#include <stdlib.h>

#include <jansson.h>

#include "base/text.h"
#include "data/access.h"
#include "report/local.h"

#define SCHEMA 1
#define PREFIXES 256	/* of one list */

static json_t *
text_or_null(struct tw_arena *a, struct tw_bytes v)
{
	return v.p == NULL ? json_null() : json_string(tw_text_escaped(a, v));
}

static json_t *
string_or_null(const char *s)
{
	return s == NULL ? json_null() : json_string(s);
}

static json_t *
time_of(int64_t seconds)
{
	char text[32];

	return json_string(tw_text_time(seconds, text));
}

static json_t *
address_of(struct tw_arena *a, const struct tw_address *at)
{
	return json_pack("{s:s s:s s:i s:s}", "interface", at->interface, "address",
	    tw_ranges_address(a, at->value, at->v6), "prefix", (int)at->length, "scope",
	    tw_scope_names[at->scope]);
}

static json_t *
prefixes_of(struct tw_arena *a, struct tw_ranges x, bool v6)
{
	json_t *list = json_array();
	struct tw_prefixes p;

	tw_ranges_prefixes(a, x, v6, PREFIXES, &p);
	for (size_t i = 0; i < p.n; i++)
		json_array_append_new(list, json_string(strchr(p.v[i], '/') != NULL ? p.v[i] :
		    tw_arena_fmt(a, v6 ? "%s/128" : "%s/32", p.v[i])));
	return list;
}

static json_t *
strings_of(const char *const *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(v[i]));
	return list;
}

static json_t *
way_of(struct tw_arena *a, const struct tw_way *w)
{
	const struct tw_passage *p = &w->passage;
	json_t *addresses = json_array();

	for (size_t i = 0; i < w->addresses.n; i++)
		json_array_append_new(addresses,
		    json_string(tw_ranges_address(a, w->addresses.v[i]->value, w->v6)));
	return json_pack("{s:s s:i s:o s:s s:o s:o s:o s:o s:o s:o s:b s:o s:o s:o s:s}",
	    "interface", w->interface, "family", w->v6 ? 6 : 4, "addresses", addresses,
	    "scope", tw_scope_names[w->scope], "open", prefixes_of(a, p->open, w->v6),
	    "perhaps", prefixes_of(a, p->perhaps, w->v6), "refused",
	    prefixes_of(a, p->rejected, w->v6), "silent", prefixes_of(a, p->dropped, w->v6),
	    "elsewhere", prefixes_of(a, p->elsewhere, w->v6), "place",
	    string_or_null(p->place), "limited", p->limited, "opened_by",
	    string_or_null(p->opened_by), "closed_by", string_or_null(p->closed_by), "doubts",
	    strings_of(p->doubts.v, p->doubts.n), "words", tw_local_passage(a, p, w->v6));
}

static json_t *
process_of(const struct tw_listener *l)
{
	json_t *pids = json_array();

	if (l->processes.n == 0) {
		json_decref(pids);
		return json_null();
	}
	for (size_t i = 0; i < l->processes.n; i++)
		json_array_append_new(pids, json_integer(l->processes.v[i].pid));
	return json_pack("{s:s s:o}", "name", l->processes.v[0].name, "pids", pids);
}

static json_t *
tls_of(const struct tw_listener *l)
{
	const struct tw_facts *f = l->facts;
	json_t *versions = json_array();

	for (int v = 0; f != NULL && v < TW_VERSIONS; v++)
		if (f->protocols[v] == TW_YES)
			json_array_append_new(versions, json_string(tw_versions[v].id));
	return json_pack("{s:o s:o s:o s:o s:o}", "asked_at",
	    f != NULL ? json_string(l->asked) : json_null(), "not_asked",
	    f == NULL ? json_string(l->asked) : json_null(), "state",
	    string_or_null(f != NULL ? tw_reach_tls_names[f->tls] : NULL), "detail",
	    string_or_null(f != NULL ? f->detail : NULL), "versions", versions);
}

static json_t *
certificate_of(struct tw_arena *a, const struct tw_machine *m, const struct tw_listener *l)
{
	const struct tw_cert *c;
	json_t *names = json_array(), *files = json_array(), *newer = json_null();
	struct tw_buf hex;
	json_t *o;

	if (l->facts == NULL || l->facts->certificates.n == 0) {
		json_decref(names);
		json_decref(files);
		return json_null();
	}
	c = &l->facts->certificates.v[0].cert;
	for (size_t i = 0; i < c->names.n; i++)
		json_array_append_new(names, text_or_null(a, c->names.v[i].value));
	for (size_t i = 0; i < l->kept.n; i++)
		json_array_append_new(files, json_string(l->kept.v[i]->path));
	if (l->newer != NULL)
		newer = json_pack("{s:s s:o s:o}", "path", l->newer->path, "not_before",
		    time_of(l->newer->cert.not_before), "not_after",
		    time_of(l->newer->cert.not_after));
	tw_buf_init(&hex, 65);
	tw_text_hex(&hex, (struct tw_bytes){ c->sha256, sizeof(c->sha256) });
	o = json_pack("{s:s s:o s:o s:o s:o s:I s:o s:o}", "sha256", tw_buf_cstr(&hex), "subject",
	    text_or_null(a, c->subject), "names", names, "not_before", time_of(c->not_before),
	    "not_after", time_of(c->not_after), "days_left",
	    (json_int_t)((c->not_after - m->now) / 86400), "files", files, "newer", newer);
	tw_buf_clear(&hex);
	return o;
}

static json_t *
outside_of(const struct tw_listener *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->outside.n; i++)
		json_array_append_new(list, json_pack("{s:s s:s s:o}", "address",
		    l->outside.v[i].address, "state", l->outside.v[i].state, "detail",
		    string_or_null(l->outside.v[i].detail)));
	return list;
}

static json_t *
listener_of(struct tw_arena *a, const struct tw_machine *m, const struct tw_listener *l)
{
	const struct tw_facts *f = l->facts;
	const char *service = tw_local_service_word(l);
	json_t *addresses = json_array(), *ways = json_array(), *software;

	for (size_t i = 0; i < l->sockets.n; i++)
		json_array_append_new(addresses, json_string(tw_ranges_address(a,
		    l->sockets.v[i].address, l->sockets.v[i].v6)));
	for (size_t i = 0; i < l->ways.n; i++)
		json_array_append_new(ways, way_of(a, &l->ways.v[i]));
	software = json_pack("{s:o s:o}", "name", f != NULL ? text_or_null(a, f->software) :
	    json_null(), "version", f != NULL ? text_or_null(a, f->software_version) : json_null());
	return json_pack("{s:s s:i s:o s:b s:s s:o s:o s:b s:s s:s s:o s:o s:s s:b s:o s:o s:o}",
	    "transport", l->sockets.v[0].transport == TW_UDP ? "udp" : "tcp",
	    "port", (int)l->sockets.v[0].port, "addresses", addresses,
	    "takes_ipv4", l->takes_v4, "user", l->user, "process", process_of(l),
	    "service", string_or_null(service),
	    "recognised", f != NULL && f->service != NULL,
	    "access", tw_access_names[tw_access_of(service, l->row)],
	    "mode", f != NULL ? tw_mode_names[f->mode] : l->row != NULL ?
	    tw_mode_names[l->row->mode] : tw_mode_names[TW_MODE_NONE],
	    "software", software, "tls", tls_of(l),
	    "exposure", tw_exposure_names[l->exposure], "certain", l->certain,
	    "ways", ways, "certificate", certificate_of(a, m, l), "outside", outside_of(l));
}

static json_t *
route_of(struct tw_arena *a, const struct tw_route *r, bool v6)
{
	if (r->interface == NULL)
		return json_null();
	return json_pack("{s:s s:o}", "interface", r->interface, "gateway", r->has_gateway ?
	    json_string(tw_ranges_address(a, r->gateway, v6)) : json_null());
}

static json_t *
firewall_of(struct tw_arena *a, const struct tw_machine *m)
{
	struct tw_forwards forwards;

	tw_firewall_forwards(a, &m->rules, &forwards);
	return json_pack("{s:b s:o s:b s:o}", "read", m->has_rules, "sources",
	    strings_of(m->sources.v, m->sources.n), "filters", tw_firewall_filters(&m->rules),
	    "forwards", strings_of(forwards.v, forwards.n));
}

void
tw_local_json(const struct tw_machine *m, struct tw_buf *out)
{
	struct tw_arena *a = tw_arena_new();
	json_t *addresses = json_array(), *listeners = json_array(), *o;
	const struct tw_address *nat;
	char *text;

	for (size_t i = 0; i < m->addresses.n; i++)
		json_array_append_new(addresses, address_of(a, &m->addresses.v[i]));
	for (size_t i = 0; i < m->listeners.n; i++)
		json_array_append_new(listeners, listener_of(a, m, &m->listeners.v[i]));
	o = json_pack("{s:i s:s s:s s:s s:o s:b s:o s:o s:o s:o s:o s:o s:o s:o}", "schema", SCHEMA,
	    "tool", "tlswright " TW_VERSION, "kind", "local", "host", m->name, "started",
	    time_of(m->now), "root", m->is_root, "addresses", addresses, "route",
	    route_of(a, &m->route, false), "route6", route_of(a, &m->route6, true), "nat",
	    tw_machine_is_behind_nat(m, &nat) ? json_string(tw_ranges_address(a, nat->value, false)) :
	    json_null(), "firewall", firewall_of(a, m), "listeners", listeners, "unseen",
	    strings_of(m->unseen.v, m->unseen.n), "via", string_or_null(m->via));
	text = o == NULL ? NULL : json_dumps(o, JSON_COMPACT);
	if (text != NULL) {
		tw_buf_str(out, text);
		tw_buf_u8(out, '\n');
	} else {
		out->failed = true;
	}
	free(text);
	json_decref(o);
	tw_arena_free(a);
}
