/*
 * What is inside TLS? A session of the library is made beside the probes, and
 * what the server says in it names the service and its software.
 */
#include <stdlib.h>

#include "exam/inside.h"
#include "net/tls_session.h"
#include "service/plain.h"

#define GREETING_MS	400	/* inside TLS nobody punishes the one who speaks first */
#define SHAKE_MS	5000
#define WORDS_MAX	4096

/* Said inside TLS to a service whose client speaks first, and how its answer begins. */
struct tongue {
	const char *scheme;
	const char *words;
	size_t words_n;
	const char *dialogue;		/* its client's first words, instead */
	const char *begins[4];
	const char *holds;		/* and what stands in it; NULL: nothing more */
};

/* MQTT 3.1.1 CONNECT, clean session, client id "tlswright" (OASIS MQTT 3.1). */
#define MQTT_CONNECT	"\x10\x15\0\4MQTT\4\2\0\x3c\0\11tlswright"

/* A Binding request without attributes (RFC 8489 5); its cookie stands in every answer. */
#define STUN_COOKIE	"\x21\x12\xa4\x42"
#define STUN_BINDING	"\0\1\0\0" STUN_COOKIE "tlswright/01"

static const struct tongue tongues[] = {
	{ "rediss", "PING\r\n", 6, NULL, { "+PONG", "-NOAUTH", "-ERR", "-DENIED" } },
	{ "mqtts", MQTT_CONNECT, sizeof(MQTT_CONNECT) - 1, NULL, { "\x20\x02", "\x20\x03" } },
	{ "ldaps", NULL, 0, "ldap", { NULL } },
	{ "xmpps-client", NULL, 0, "xmpp-client", { NULL } },
	{ "ircs", "PING tlswright\r\n", 16, NULL, { ":", "PONG", "ERROR :", "NOTICE" } },
	{ "turns", STUN_BINDING, sizeof(STUN_BINDING) - 1, NULL, { "\x01\x01", "\x01\x11" }, STUN_COOKIE },
};

struct identify {
	struct identify *next;		/* of its endpoint */
	struct endpoint *ep;		/* NULL: told, or cancelled */
	const struct tongue *tongue;	/* NULL: listens, then HTTP */
	struct tw_conn *conn;
	struct tw_timer *timer;
	struct tw_session *session;
	struct tw_buf plain;
	uint64_t began_ns, up_ns;
	bool crowded;			/* others of ours were open when it began */
	bool ended, again;		/* not by our own clock; it is a second try */
	bool up, asked;
};

static void
stop(struct identify *i)
{
	struct identify **at = &i->ep->identify;

	while (*at != i)
		at = &(*at)->next;
	*at = i->next;
	i->ep->host->connections--;
	i->ep->host->ended_ms = tw_loop_now_ms(i->ep->exam->loop);
	i->ep = NULL;
	tw_session_free(i->session);
	i->session = NULL;
	tw_buf_clear(&i->plain);
	tw_conn_close(i->conn);
	tw_timer_free(i->timer, free);
}

void
tw_identify_cancel(struct endpoint *ep)
{
	struct identify *i;

	while (ep->identify != NULL)
		stop(ep->identify);
	while ((i = ep->identify_later) != NULL) {
		ep->identify_later = i->next;
		free(i);
	}
}

unsigned
tw_identify_count(const struct endpoint *ep)
{
	unsigned n = 0;

	for (const struct identify *i = ep->identify; i != NULL; i = i->next)
		n++;
	return n;
}

/* The implicit row of a protocol name, as "imap" or "http/1.1" of ALPN. */
static const struct tw_port *
row_of_alpn(struct tw_bytes alpn)
{
	if (alpn.p == NULL)
		return NULL;
	if (tw_bytes_equal(alpn, TW_BYTES("h2")) || tw_bytes_begin_with(alpn, "http/"))
		return tw_port_by_scheme("https");
	for (size_t i = 0; i < tw_ports_n; i++)
		if (tw_ports[i].alpn != NULL && tw_ports[i].mode == TW_IMPLICIT &&
		    tw_bytes_equal(alpn, tw_bytes_of(tw_ports[i].alpn)))
			return &tw_ports[i];
	return NULL;
}

/* What is inside says what it is: whatever the port's number made us presume. */
static void
set_row(struct endpoint *ep, const struct tw_port *row)
{
	if (row == NULL || ep->named)
		return;
	ep->told = true;
	/* The port's own row is more exact where it is the same protocol. */
	if (ep->row != NULL && strcmp(ep->row->service, row->service) == 0)
		return;
	ep->row = ep->probing.row = row;
	ep->facts->service = row->service;
}

static struct tw_bytes
first_line(struct tw_bytes v)
{
	for (size_t n = 0; n < v.n; n++)
		if (v.p[n] == '\r' || v.p[n] == '\n')
			return (struct tw_bytes){ v.p, n };
	return v;
}

/* The value of an HTTP header, or of none: empty. */
static struct tw_bytes
header(struct tw_bytes head, const char *name)
{
	while (head.n > 0) {
		struct tw_bytes line = first_line(head);
		size_t skip = line.n + (line.n < head.n);

		if (tw_bytes_begin_with(line, name)) {
			size_t n = strlen(name);

			while (n < line.n && line.p[n] == ' ')
				n++;
			return (struct tw_bytes){ line.p + n, line.n - n };
		}
		head.p += skip;
		head.n -= skip;
	}
	return (struct tw_bytes){ NULL, 0 };
}

/* "nginx/1.26.3 (Debian)": name and version. */
static void
note_http(struct endpoint *ep, struct tw_bytes words)
{
	struct tw_facts *f = ep->facts;
	struct tw_bytes server = header(words, "server:"), version = { NULL, 0 };
	size_t n = 0, end;

	set_row(ep, tw_port_by_scheme("https"));
	f->banner = tw_arena_bytes(f->arena, first_line(words));
	if (server.p == NULL)
		return;
	while (n < server.n && server.p[n] != '/' && server.p[n] != ' ')
		n++;
	if (n < server.n && server.p[n] == '/') {
		for (end = n + 1; end < server.n && server.p[end] != ' '; end++)
			;
		version = (struct tw_bytes){ server.p + n + 1, end - n - 1 };
	}
	f->software = tw_arena_bytes(f->arena, (struct tw_bytes){ server.p, n });
	f->software_version = tw_arena_bytes(f->arena, version);
}

static bool
is_spoken_by(const struct tw_service *s, const struct tw_port *row)
{
	return row->dialogue != NULL && strcmp(row->dialogue, s->name) == 0;
}

/* The service a dialogue belongs to, in its implicit form. */
static const struct tw_port *
implicit_row(const struct tw_service *s)
{
	const struct tw_port *row = NULL;

	for (size_t i = 0; i < tw_ports_n && row == NULL; i++)
		if (is_spoken_by(s, &tw_ports[i]))
			row = tw_port_by_service(tw_ports[i].service, TW_IMPLICIT);
	return row;
}

/* Is that what the row already says? Mail has several services of one dialogue. */
static bool
is_of_row(const struct tw_service *s, const struct tw_port *row)
{
	for (size_t i = 0; row != NULL && i < tw_ports_n; i++)
		if (is_spoken_by(s, &tw_ports[i]) &&
		    strcmp(tw_ports[i].service, row->service) == 0)
			return true;
	return false;
}

static void
note_words(struct endpoint *ep, struct tw_bytes words)
{
	struct tw_facts *f = ep->facts;
	const struct tw_service *s = tw_service_by_greeting(words);
	const char *plain = tw_plain_name(words);
	struct tw_bytes name = { NULL, 0 }, version = { NULL, 0 };

	if (tw_bytes_begin_with(words, "HTTP/")) {
		note_http(ep, words);
	} else if (s != NULL) {
		if (is_of_row(s, ep->row))
			ep->told = true;
		else
			set_row(ep, implicit_row(s));
		f->banner = tw_arena_bytes(f->arena, first_line(words));
		if (s->software != NULL && s->software(words, &name, &version)) {
			f->software = tw_arena_bytes(f->arena, name);
			f->software_version = tw_arena_bytes(f->arena, version);
		}
	} else if (plain != NULL) {
		set_row(ep, tw_port_by_scheme(plain));
	}
}

/* Neither the user nor the server has said what it is; a port's number alone says little. */
static bool
is_presumed(const struct endpoint *ep)
{
	return !ep->named && !ep->told && ep->row != NULL;
}

static void
note_tongue(struct endpoint *ep, const struct tongue *t, struct tw_bytes words)
{
	const struct tw_port *row = tw_port_by_scheme(t->scheme);
	const struct tw_service *s = t->dialogue != NULL ? tw_service_by_name(t->dialogue) : NULL;
	bool fits = s != NULL && words.n > 0 && s->answers != NULL && s->answers(words);

	for (size_t i = 0; i < TW_COUNT(t->begins) && t->begins[i] != NULL; i++)
		fits |= tw_bytes_begin_with(words, t->begins[i]);
	fits &= t->holds == NULL || tw_bytes_contain(words, t->holds);
	if (!fits || !is_presumed(ep))
		return;
	if (s != NULL && s->really != NULL && s->really(words) != NULL)
		row = tw_port_by_service(s->really(words), TW_IMPLICIT);
	set_row(ep, row);
}

static struct identify *talk_inside(struct endpoint *ep, const struct tongue *tongue);

/* Turned away with no alert while others of ours were open: that says nothing of what is inside. */
static void
keep_for_later(const struct identify *i)
{
	struct endpoint *ep = i->ep;
	struct identify *later;

	if (i->up || i->again || !i->crowded || tw_session_alert(i->session) >= 0 ||
	    !(i->ended || ep->crowded > 0))
		return;
	later = calloc(1, sizeof(*later));
	if (later == NULL)
		abort();
	later->tongue = i->tongue;
	later->next = ep->identify_later;
	ep->identify_later = later;
}

bool
tw_identify_again(struct endpoint *ep)
{
	struct identify *later = ep->identify_later, *i;
	const struct tongue *tongue;

	if (later == NULL)
		return false;
	tongue = later->tongue;
	ep->identify_later = later->next;
	free(later);
	i = talk_inside(ep, tongue);
	if (i == NULL)
		return tw_identify_again(ep);
	i->again = true;
	return true;
}

static bool
is_usual_here(const struct tongue *t, const struct tw_port *row)
{
	return strcmp(tw_port_by_scheme(t->scheme)->service, row->service) == 0;
}

/* The tongue that is usual on this port alone first; where it is not understood, the others. */
static void
try_tongues(struct endpoint *ep, const struct tongue *last)
{
	bool one = false;

	for (size_t t = 0; last == NULL && t < TW_COUNT(tongues); t++)
		if (is_usual_here(&tongues[t], ep->row)) {
			talk_inside(ep, &tongues[t]);
			one = true;
		}
	if (one || (last != NULL && !is_usual_here(last, ep->row)))
		return;
	for (size_t t = 0; t < TW_COUNT(tongues); t++)
		if (&tongues[t] != last)
			talk_inside(ep, &tongues[t]);
}

/* How far the library got, and how long it took: steps of a diagnosis. */
static void
note_course(struct identify *i)
{
	struct tw_facts *f = i->ep->facts;
	struct tw_course *c = &f->course;
	uint64_t now = tw_loop_clock_ns();

	if (i->tongue != NULL)
		return;
	c->shaken = i->up;
	c->alert = tw_session_alert(i->session);
	if (i->up)
		c->shake_ms = (double)(i->up_ns - i->began_ns) / 1e6;
	if (i->plain.n == 0)
		return;
	c->words_ms = (double)(now - i->up_ns) / 1e6;
	c->words = tw_arena_bytes(f->arena, (struct tw_bytes){ i->plain.p,
	    i->plain.n < TW_COURSE_WORDS ? i->plain.n : TW_COURSE_WORDS });
}

static void
told(struct identify *i)
{
	struct endpoint *ep = i->ep;
	struct exam *x = ep->exam;
	struct host *h = ep->host;
	const struct tongue *last = i->tongue;
	bool up = i->up;

	note_course(i);
	keep_for_later(i);
	if (i->tongue != NULL)
		note_tongue(ep, i->tongue, tw_buf_view(&i->plain));
	else if (i->plain.n > 0)
		note_words(ep, tw_buf_view(&i->plain));
	stop(i);
	if (up && is_presumed(ep) && ep->exam->opt->probes == NULL)
		try_tongues(ep, last);
	h->users++;
	tw_endpoint_pump(ep);
	tw_host_wake(x, h);
	tw_host_leave(x, h, NULL);
}

static void
ask_http(struct identify *i)
{
	struct tw_buf out, words;

	i->asked = true;
	tw_buf_init(&out, WORDS_MAX);
	tw_buf_init(&words, WORDS_MAX);
	tw_buf_fmt(&words, "HEAD / HTTP/1.1\r\nHost: %s\r\nUser-Agent: tlswright\r\n"
	    "Accept: */*\r\nConnection: close\r\n\r\n", i->ep->facts->host);
	tw_session_say(i->session, tw_buf_view(&words), &out);
	tw_conn_send(i->conn, tw_buf_view(&out));
	tw_buf_clear(&words);
	tw_buf_clear(&out);
}

/* The first words of a tongue; its dialogue's are those of the client side. */
static void
ask_tongue(struct identify *i)
{
	const struct tw_service *s = i->tongue->dialogue != NULL
	    ? tw_service_by_name(i->tongue->dialogue) : NULL;
	struct tw_dialog *d = s != NULL ? malloc(sizeof(*d)) : NULL;
	struct tw_bytes words = { (const uint8_t *)i->tongue->words, i->tongue->words_n };
	struct tw_buf out;

	i->asked = true;
	tw_buf_init(&out, WORDS_MAX);
	if (d != NULL) {
		tw_dialog_open(d, &s->client, i->ep->facts->host, i->ep->exam->me);
		words = (struct tw_bytes){ d->out, d->out_n };
	}
	tw_session_say(i->session, words, &out);
	tw_conn_send(i->conn, tw_buf_view(&out));
	tw_buf_clear(&out);
	free(d);
}

static bool
speaks_http(const struct identify *i)
{
	const struct tw_port *row = i->ep->row;

	return row != NULL && strcmp(row->service, "https") == 0;
}

/* A diagnosis waits for the greeting of a service whose server speaks first: it may be a refusal. */
static uint64_t
greeting_ms(const struct endpoint *ep)
{
	const struct tw_service *s = NULL;

	if (ep->exam->opt->probes == NULL || ep->row == NULL)
		return GREETING_MS;
	for (size_t i = 0; i < tw_ports_n && s == NULL; i++)
		if (tw_ports[i].dialogue != NULL && strcmp(tw_ports[i].service, ep->row->service) == 0)
			s = tw_service_by_name(tw_ports[i].dialogue);
	return s != NULL && s->server_first ? SHAKE_MS : GREETING_MS;
}

/* Nobody knows what is inside: not even the port's number suggests it. */
static bool
is_tls_alone(const struct endpoint *ep)
{
	return ep->row == NULL || strcmp(ep->row->scheme, "tls") == 0;
}

static void
on_timer(void *ctx)
{
	struct identify *i = ctx;

	/* A named service that greets nobody has nothing to say to HTTP. */
	if (i->up && !i->asked && (speaks_http(i) || (!i->ep->named &&
	    (i->ep->exam->opt->probes == NULL || is_tls_alone(i->ep))))) {
		ask_http(i);
		tw_timer_start(i->timer, 2 * GREETING_MS);
		return;
	}
	told(i);
}

/* A greeting's line, or an HTTP head, is all there. */
static bool
is_whole(const struct identify *i)
{
	return i->asked ? memmem(i->plain.p, i->plain.n, "\r\n\r\n", 4) != NULL
	    : memchr(i->plain.p, '\n', i->plain.n) != NULL;
}

static void
move(struct identify *i, struct tw_bytes in)
{
	struct tw_buf out;
	enum tw_session_state state;

	tw_buf_init(&out, 65536);
	state = tw_session_feed(i->session, in, &out, &i->plain);
	tw_conn_send(i->conn, tw_buf_view(&out));
	tw_buf_clear(&out);
	if (state == TW_SESSION_UP && !i->up) {
		i->up = true;
		i->up_ns = tw_loop_clock_ns();
		if (i->tongue != NULL) {
			ask_tongue(i);
			tw_timer_start(i->timer, 2 * GREETING_MS);
		} else if (speaks_http(i)) {
			ask_http(i);
			tw_timer_start(i->timer, 2 * GREETING_MS);
		} else {
			tw_timer_start(i->timer, greeting_ms(i->ep));
		}
	}
	i->ended |= state == TW_SESSION_DOWN;
	if (state == TW_SESSION_DOWN || i->plain.failed ||
	    (i->plain.n > 0 && (i->tongue != NULL || is_whole(i))))
		told(i);
}

static void
on_open(void *ctx)
{
	((struct identify *)ctx)->began_ns = tw_loop_clock_ns();
	move(ctx, (struct tw_bytes){ NULL, 0 });
}

static void
on_bytes(void *ctx, struct tw_bytes in)
{
	move(ctx, in);
}

static void
on_end(void *ctx, enum tw_conn_end end, int error)
{
	(void)end;
	(void)error;
	((struct identify *)ctx)->ended = true;
	told(ctx);
}

static const struct tw_conn_events events = { on_open, on_bytes, on_end };

static struct identify *
talk_inside(struct endpoint *ep, const struct tongue *tongue)
{
	struct identify *i = calloc(1, sizeof(*i));
	enum tw_conn_end end;
	int error;

	if (i == NULL)
		abort();
	i->session = tw_session_new(TW_SESSION_ALL, ep->sni, NULL, 0);
	if (i->session == NULL) {
		free(i);
		return NULL;
	}
	i->ep = ep;
	i->tongue = tongue;
	i->next = ep->identify;
	ep->identify = i;
	tw_buf_init(&i->plain, WORDS_MAX);
	i->timer = tw_timer_new(ep->exam->loop, on_timer, i);
	i->crowded = ep->host->connections > 0;
	ep->host->begun++;
	ep->host->connections++;
	ep->facts->connections++;
	i->conn = tw_conn_open(ep->exam->loop, (const struct sockaddr *)&ep->addr, &events, i,
	    &end, &error);
	tw_timer_start(i->timer, i->conn == NULL ? 0 : SHAKE_MS);
	return i;
}

void
tw_identify_start(struct endpoint *ep, const struct ask *first)
{
	if (ep->how.mode == TW_IMPLICIT)
		set_row(ep, row_of_alpn(first->flight.alpn));
	if (ep->exam->opt->quick)
		return;
	if (ep->exam->opt->probes == NULL)
		tw_way_try_other(ep);
	if (ep->how.mode == TW_IMPLICIT && ep->exam->opt->proxy == NULL &&
	    !(ep->row != NULL && ep->row->alpn != NULL &&
	    (strcmp(ep->row->alpn, "postgresql") == 0 || strcmp(ep->row->alpn, "tds/8.0") == 0)))
		talk_inside(ep, NULL);
}
