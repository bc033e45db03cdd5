/*
 * config_build.c -- what was found, into a struct tw_config: first room for every block, so
 * that names can be pointers, then each key, then what needs more than one of them.
 */
#include <stdlib.h>
#include <time.h>

#include "base/text.h"
#include "gate/config_inside.h"
#include "guard/days.h"

const struct tw_config_found *
tw_config_named(const struct tw_config_reader *r, enum tw_config_block block, const char *title)
{
	for (size_t i = 1; i < r->found.n; i++)
		if (r->found.v[i].block == block && strcmp(r->found.v[i].title, title) == 0)
			return &r->found.v[i];
	return NULL;
}

const struct tw_config_entry *
tw_config_entry(const struct tw_config_found *f, const char *name)
{
	for (size_t i = 0; i < f->entries.n; i++)
		if (strcmp(f->entries.v[i].key->name, name) == 0)
			return &f->entries.v[i];
	return NULL;
}

unsigned
tw_config_line(const struct tw_config_found *f, const char *name)
{
	const struct tw_config_entry *e = tw_config_entry(f, name);

	return e != NULL ? e->line : f->line;
}

/* The one text of a key that its block reads itself; NULL: not there, or not one. */
static const char *
text(const struct tw_config_found *f, const char *name)
{
	const struct tw_config_entry *e = tw_config_entry(f, name);

	return e != NULL && e->n == 1 ? e->values[0] : NULL;
}

/* Every kind begins with its name and where it stands, where it has them. */
struct head {
	const char *name;
	struct tw_where where;
};

static void
begin(struct tw_config_reader *r, struct tw_config_found *f)
{
	struct tw_where where = { r->file, f->line };

	if (f->block == TW_BLOCK_REDIRECT)
		*(struct tw_config_redirect *)f->made = (struct tw_config_redirect){ .where = where,
			.listen = { .name = "redirect", .where = where, .redirect = f->made } };
	else if (tw_config_blocks[f->block].titled)
		*(struct head *)f->made = (struct head){ f->title, where };
}

static size_t
count(const struct tw_config_reader *r, enum tw_config_block block, size_t within)
{
	size_t n = 0;

	for (size_t i = 1; i < r->found.n; i++)
		n += r->found.v[i].block == block && r->found.v[i].within == within;
	return n;
}

/* Room for all blocks of a kind in a block, each given its place. */
static void *
room(struct tw_config_reader *r, enum tw_config_block block, size_t within, size_t *ret_n)
{
	size_t size = tw_config_blocks[block].size, n = count(r, block, within);
	char *v = tw_arena_alloc(r->arena, (n + 1) * size), *next = v;

	for (size_t i = 1; i < r->found.n; i++) {
		struct tw_config_found *f = &r->found.v[i];

		if (f->block != block || f->within != within)
			continue;
		f->made = next;
		begin(r, f);
		next += size;
	}
	*ret_n = n;
	return v;
}

static void
make_room(struct tw_config_reader *r)
{
	struct tw_config *c = r->config;

	r->found.v[0].made = c;
	c->certificates = room(r, TW_BLOCK_CERTIFICATE, 0, &c->certificates_n);
	c->limits = room(r, TW_BLOCK_LIMIT, 0, &c->limits_n);
	c->bans = room(r, TW_BLOCK_BAN, 0, &c->bans_n);
	c->backends = room(r, TW_BLOCK_BACKEND, 0, &c->backends_n);
	c->listens = room(r, TW_BLOCK_LISTEN, 0, &c->listens_n);
	c->legacies = room(r, TW_BLOCK_LEGACY, 0, &c->legacies_n);
	c->redirects = room(r, TW_BLOCK_REDIRECT, 0, &c->redirects_n);
	c->logs = room(r, TW_BLOCK_LOG, 0, &c->logs_n);
	for (size_t i = 1; i < r->found.n; i++) {
		struct tw_config_found *f = &r->found.v[i];
		struct tw_config_listen *l = f->made;

		if (f->block == TW_BLOCK_LISTEN)
			l->routes = room(r, TW_BLOCK_ROUTE, i, &l->routes_n);
		if (f->block == TW_BLOCK_METRICS)
			f->made = c;
	}
}

static void
fill(struct tw_config_reader *r, struct tw_config_found *f)
{
	for (size_t i = 0; i < tw_config_keys_n; i++)
		if (tw_config_keys[i].block == f->block)
			tw_config_value(r, &tw_config_keys[i],
			    tw_config_entry(f, tw_config_keys[i].name), f->line, f->made);
}

/* The dialogue of a service that a gateway can speak to its clients; NULL: there is none. */
static const struct tw_service *
dialogue(const struct tw_port *p)
{
	const struct tw_service *s;

	for (size_t i = 0; p->dialogue == NULL && i < tw_ports_n; i++)
		if (tw_ports[i].dialogue != NULL && strcmp(tw_ports[i].service, p->service) == 0)
			p = &tw_ports[i];
	s = p->dialogue != NULL ? tw_service_by_name(p->dialogue) : NULL;
	return s != NULL && s->server.step != NULL ? s : NULL;
}

/* The row of a service in a mode, the nearest there is to the row named. */
static const struct tw_port *
row_in_mode(const struct tw_port *p, bool implicit)
{
	const struct tw_port *other;

	if ((p->mode == TW_IMPLICIT) == implicit)
		return p;
	other = tw_port_by_service(p->service, implicit ? TW_IMPLICIT : TW_EXPLICIT);
	if (other == NULL && !implicit)
		other = tw_port_by_service(p->service, TW_NEGOTIATED);
	return other != NULL ? other : p;
}

/* service and mode: which row of the registry, who talks before TLS. */
static void
finish_service(struct tw_config_reader *r, struct tw_config_found *f)
{
	struct tw_config_listen *l = f->made;
	const char *service = text(f, "service"), *mode = text(f, "mode");
	unsigned line = tw_config_line(f, "service"), mode_line = tw_config_line(f, "mode");
	const struct tw_port *p = service != NULL ? tw_port_by_scheme(service) : NULL;
	const struct tw_port *both;
	const struct tw_service *s;
	bool implicit;

	if (service == NULL)
		return;
	if (p == NULL)
		p = tw_port_by_service(service, TW_IMPLICIT);
	if (p == NULL) {
		const struct tw_port *like = tw_port_like(service);

		tw_config_say(r, line, false, "service = %s: there is no such service%s%s%s",
		    tw_config_shown(r, service), like != NULL ? "; did you mean \"" : "",
		    like != NULL ? like->scheme : "; `tlswright ports` names them, and \"tls\" is "
		    "for any other", like != NULL ? "\"?" : "");
		return;
	}
	s = dialogue(p);
	if (strcmp(p->transport, "udp") == 0) {
		tw_config_say(r, line, false, "service = %s: this is a service over UDP; the gateway "
		    "serves TCP", service);
		return;
	}
	if (mode != NULL && strcmp(mode, "implicit") != 0 && strcmp(mode, "explicit") != 0 &&
	    strcmp(mode, "negotiated") != 0) {
		const char *words[] = { "implicit", "explicit" };

		tw_config_say(r, mode_line, false, "mode = %s: implicit or explicit is wanted%s",
		    tw_config_shown(r, mode), tw_config_meant(r, mode, words, 2));
		return;
	}
	both = row_in_mode(p, p->mode != TW_IMPLICIT);
	if (mode == NULL && p->mode != TW_IMPLICIT && s != NULL && both != p) {
		tw_config_say(r, f->line, false, "\"mode\" is missing here: %s is served with TLS at "
		    "once (implicit, usually port %u) and on request (explicit, usually port %u)",
		    service, both->port, p->port);
		return;
	}
	if (mode != NULL && p->mode == TW_IMPLICIT && strcmp(mode, "implicit") != 0 &&
	    strcmp(p->scheme, p->service) != 0 && s != NULL) {
		tw_config_say(r, mode_line, false, "mode = %s: %s has TLS at once; did you mean "
		    "service = %s?", mode, service, row_in_mode(p, false)->scheme);
		return;
	}
	implicit = mode != NULL ? strcmp(mode, "implicit") == 0
	    : p->mode == TW_IMPLICIT || s == NULL;
	if (!implicit && s == NULL) {
		tw_config_say(r, mode_line, false, "mode = %s: the gateway knows no way to begin TLS "
		    "inside %s; mode = implicit is what it can", mode, service);
		return;
	}
	l->port = row_in_mode(p, implicit);
	l->service = s;
	l->mode = implicit ? TW_IMPLICIT : l->port->mode == TW_NEGOTIATED ? TW_NEGOTIATED
	    : TW_EXPLICIT;
}

/* "50000-50100" */
static void
finish_passive(struct tw_config_reader *r, struct tw_config_found *f)
{
	struct tw_config_listen *l = f->made;
	const char *s = text(f, "passive");
	unsigned line = tw_config_line(f, "passive");
	bool ftp = l->port != NULL && strcmp(l->port->service, "ftp") == 0;
	char *rest;
	unsigned long first, last;

	if (s == NULL) {
		if (ftp)
			tw_config_say(r, f->line, false, "\"passive\" is missing here: FTP needs ports "
			    "for data, like passive = \"50000-50100\"");
		return;
	}
	if (l->port != NULL && !ftp) {
		tw_config_say(r, line, false, "passive = %s: this is for service = ftp alone",
		    tw_config_shown(r, s));
		return;
	}
	first = strtoul(s, &rest, 10);
	last = *rest == '-' ? strtoul(rest + 1, &rest, 10) : 0;
	if (*s < '0' || *s > '9' || *rest != '\0' || first < 1 || last < 1 || first > 65535 ||
	    last > 65535)
		tw_config_say(r, line, false, "passive = %s: this is no range of ports; one looks "
		    "like \"50000-50100\"", tw_config_shown(r, s));
	else if (first > last)
		tw_config_say(r, line, false, "passive = %s: the range runs backwards; did you mean "
		    "\"%lu-%lu\"?", s, last, first);
	l->passive_first = (uint16_t)first;
	l->passive_last = (uint16_t)last;
}

static void
finish_limit(struct tw_config_reader *r, const struct tw_config_found *f,
    struct tw_config_listen *l)
{
	const struct tw_config_found *usual = tw_config_named(r, TW_BLOCK_LIMIT, "default");

	if (l->limit != NULL)
		return;
	if (usual != NULL) {
		l->limit = usual->made;
	} else {	/* every default of a limit block */
		struct tw_config_limit *limit = tw_arena_alloc(r->arena, sizeof(*limit));
		struct tw_config_found none = { .block = TW_BLOCK_LIMIT, .title = "default",
			.line = f->line, .made = limit };

		begin(r, &none);
		fill(r, &none);
		l->limit = limit;
	}
}

static void
finish_listen(struct tw_config_reader *r, struct tw_config_found *f)
{
	finish_service(r, f);
	finish_passive(r, f);
	finish_limit(r, f, f->made);
}

static int64_t
local_offset(void *context, int64_t utc_s)
{
	time_t at = (time_t)utc_s;
	struct tm tm;

	(void)context;
	return localtime_r(&at, &tm) != NULL ? tm.tm_gmtoff : 0;
}

static void
finish_legacy(struct tw_config_reader *r, struct tw_config_found *f)
{
	struct tw_config_legacy *w = f->made;
	const char *name = text(f, "listen"), *until = text(f, "until"), *titles[256];
	const struct tw_config_found *at = name != NULL
	    ? tw_config_named(r, TW_BLOCK_LISTEN, name) : NULL;
	struct tw_config_listen *l = at != NULL ? at->made : NULL;
	struct tw_day day;
	struct tw_err e;
	size_t n = 0;

	if (name != NULL && at == NULL) {
		for (size_t i = 0; i < r->config->listens_n && n < TW_COUNT(titles); i++)
			titles[n++] = r->config->listens[i].name;
		tw_config_say(r, tw_config_line(f, "listen"), false, "listen = %s: no listen block "
		    "has this name%s", tw_config_shown(r, name), tw_config_meant(r, name, titles, n));
	}
	if (until != NULL && tw_days_read(until, &day, &e) != 0) {
		tw_config_say(r, tw_config_line(f, "until"), false, "until: %s", e.text);
	} else if (until != NULL) {
		w->until_text = until;
		w->until = tw_days_end(day, local_offset, NULL);
		w->expired = w->until <= r->now;
	}
	if (w->expired)
		tw_config_say(r, tw_config_line(f, "until"), true, "the window of legacy %s ended "
		    "with %s: it is left out, and old TLS stays shut", f->title, until);
	else if (l != NULL && l->legacy != NULL)
		tw_config_say(r, f->line, false, "legacy %s: %s has a window already, legacy %s; "
		    "put both into one", f->title, name, l->legacy->name);
	else if (l != NULL)
		l->legacy = w;
}

static void
finish_redirect(struct tw_config_reader *r, struct tw_config_found *f)
{
	struct tw_config_redirect *d = f->made;
	const char *to = text(f, "to");
	unsigned long port = to != NULL && strlen(to) < 6 && strspn(to, "0123456789") == strlen(to)
	    ? strtoul(to, NULL, 10) : 0;

	d->listen.port = tw_port_by_scheme("http");
	finish_limit(r, f, &d->listen);
	d->to_port = 443;
	if (to == NULL || strcmp(to, "https") == 0)
		return;
	if (port < 1 || port > 65535)
		tw_config_say(r, tw_config_line(f, "to"), false, "to = %s: https is wanted, or the "
		    "port of it", tw_config_shown(r, to));
	d->to_port = (uint16_t)port;
}

static void
finish_log(struct tw_config_reader *r, struct tw_config_found *f)
{
	const char *format = text(f, "format");

	if (format != NULL && strcmp(format, "json") != 0)
		tw_config_say(r, tw_config_line(f, "format"), false, "format = %s: there is json alone",
		    tw_config_shown(r, format));
}

void
tw_config_build(struct tw_config_reader *r)
{
	static void (*const finish[TW_BLOCKS])(struct tw_config_reader *, struct tw_config_found *) = {
		[TW_BLOCK_LISTEN] = finish_listen,
		[TW_BLOCK_LEGACY] = finish_legacy,
		[TW_BLOCK_REDIRECT] = finish_redirect,
		[TW_BLOCK_LOG] = finish_log,
	};

	make_room(r);
	for (size_t i = 0; i < r->found.n; i++)
		fill(r, &r->found.v[i]);
	for (size_t i = 0; i < r->found.n; i++)
		if (finish[r->found.v[i].block] != NULL)
			finish[r->found.v[i].block](r, &r->found.v[i]);
}
