/*
 * --via user@host: another machine is asked which of our listeners answer it, since no
 * machine sees itself from outside. OpenSSH's `ssh -W` opens one TCP connection from there
 * a question; nothing is installed or started there. What came of it ssh says on stderr.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "net/command.h"
#include "verb/diagnose_local.h"

#define AT_ONCE		4	/* sshd lets in 10 that have not logged in yet (MaxStartups) */
#define LOGIN_MS	10000
#define ANSWER_MS	5000
#define WORDS		16	/* of one command */

struct question {
	struct tw_listener *listener;
	const char *address;
	bool whole;		/* the firewall here lets everybody in that way */
	const char *words[WORDS];
};

struct questions {
	struct tw_arena *arena;
	struct { struct question *v; size_t n, cap; } list;
};

static void
add(struct questions *q, const char *via, struct tw_listener *l, const char *address, bool v6,
    bool whole)
{
	unsigned port = l->sockets.v[0].port;
	struct question one = { .listener = l, .whole = whole, .words = { "ssh", "-T", "-o",
	    "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ControlPath=none", "-o",
	    "LogLevel=DEBUG2", "-W" } };

	one.address = tw_arena_fmt(q->arena, v6 ? "[%s]:%u" : "%s:%u", address, port);
	one.words[11] = one.address;
	one.words[12] = "--";
	one.words[13] = via;
	TW_PUSH(q->arena, &q->list, one);
}

static void
add_listener(struct questions *q, const struct tw_machine *m, const struct tw_diagnose_local *o,
    struct tw_listener *l)
{
	bool whole = l->ways.n > 0;

	for (size_t i = 0; i < l->ways.n; i++)
		whole = whole && tw_ranges_equal(l->ways.v[i].passage.open,
		    tw_ranges_all(m->arena, l->ways.v[i].v6));
	if (o->name != NULL) {
		add(q, o->via, l, o->name, strchr(o->name, ':') != NULL, whole);
		return;
	}
	for (size_t i = 0; i < l->ways.n; i++)
		for (size_t k = 0; k < l->ways.v[i].addresses.n; k++) {
			const struct tw_address *at = l->ways.v[i].addresses.v[k];

			if (at->scope != TW_SCOPE_LINK)	/* another link's means nothing there */
				add(q, o->via, l, tw_ranges_address(m->arena, at->value, at->v6),
				    at->v6, tw_ranges_equal(l->ways.v[i].passage.open,
				    tw_ranges_all(m->arena, at->v6)));
		}
}

static bool
said(const struct tw_command *c, const char *word)
{
	return c->err.n > 0 && memmem(c->err.p, c->err.n, word, strlen(word)) != NULL;
}

/* The channel is open, or it never will be; words of channels.c in OpenSSH since 3.x. */
static bool
is_enough(struct tw_command *c)
{
	return c->out.n > 0 || said(c, ": open confirm ") || said(c, ": open failed: ");
}

/* What ssh says of a channel that did not open: "open failed: connect failed: …". */
static struct tw_bytes
failure_of(const struct tw_command *c)
{
	static const char mark[] = ": open failed: ";
	struct tw_bytes line = { NULL, 0 };
	const uint8_t *p = c->err.n == 0 ? NULL : memmem(c->err.p, c->err.n, mark, sizeof(mark) - 1);
	const uint8_t *end;

	if (p == NULL)
		return line;
	end = memchr(p, '\n', c->err.n - (size_t)(p - c->err.p));
	line.p = p;
	line.n = end != NULL ? (size_t)(end - p) : c->err.n - (size_t)(p - c->err.p);
	return line;
}

static bool
has_logged_in(const struct tw_command *c)
{
	return said(c, "Authenticated to ") || said(c, "Authentication succeeded") || is_enough(
	    (struct tw_command *)(uintptr_t)c);
}

/* The line of stderr that says why ssh did not get in: the last that is no debug line. */
static const char *
complaint(struct tw_arena *a, const struct tw_command *c)
{
	struct tw_bytes rest = tw_buf_view(&c->err), best = { NULL, 0 };

	while (rest.n > 0) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		struct tw_bytes line = { rest.p, end != NULL ? (size_t)(end - rest.p) : rest.n };

		while (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n > 0 && !tw_bytes_begin_with(line, "debug") &&
		    !tw_bytes_begin_with(line, "OpenSSH_"))
			best = line;
		rest.n -= (size_t)((end != NULL ? end + 1 : rest.p + rest.n) - rest.p);
		rest.p = end != NULL ? end + 1 : rest.p;
	}
	return best.p != NULL ? tw_text_escaped(a, best) : c->timed_out ?
	    "no answer in time" : "it did not log in";
}

static struct tw_outside
answer(struct tw_arena *a, const struct question *q, const struct tw_command *c)
{
	static const struct { const char *word, *state, *detail; } failures[] = {
		{ "Connection refused", "refused", NULL },
		{ "timed out", "silent", NULL },
		{ "No route to host", "unreachable", "no route to it from there" },
		{ "Network is unreachable", "unreachable", "no route to it from there" },
		{ "Cannot assign requested address", "unreachable", "that machine has no such family" },
		{ "Permission denied", "unknown", "that machine may not connect there" },
		{ "administratively prohibited", "unknown",
		    "its sshd forwards no TCP (AllowTcpForwarding, PermitOpen)" },
		{ "resolution", "unknown", "the name is not known there" },
		{ "not known", "unknown", "the name is not known there" },
	};
	struct tw_outside o = { .address = q->address, .state = "unknown" };

	if (c->out.n > 0 || said(c, ": open confirm ")) {
		o.state = "open";
		return o;
	}
	for (size_t i = 0; i < TW_COUNT(failures); i++)
		if (tw_bytes_contain(failure_of(c), failures[i].word)) {
			o.state = failures[i].state;
			o.detail = failures[i].detail;
			break;
		}
	if (c->timed_out && has_logged_in(c))
		o.state = "silent";
	if (strcmp(o.state, "unknown") == 0 && o.detail == NULL)
		o.detail = complaint(a, c);
	if (q->whole && (strcmp(o.state, "silent") == 0 || strcmp(o.state, "refused") == 0))
		o.detail = "the firewall here lets everybody in: something between does not";
	return o;
}

static int
conclude(struct tw_machine *m, const struct questions *q, const struct tw_command *commands,
    struct tw_err *err)
{
	bool logged_in = false;

	for (size_t i = 0; i < q->list.n; i++) {
		if (commands[i].missing)
			return tw_err_set(err, TW_ERR_USAGE, "--via needs OpenSSH's client, and there "
			    "is no program ssh here");
		logged_in = logged_in || has_logged_in(&commands[i]);
	}
	if (!logged_in)
		return tw_err_set(err, TW_ERR_USAGE, "ssh to %s did not work: %s. It must log in by "
		    "itself (a key, an agent) and know the host's key: try `ssh %s true` once", m->via,
		    complaint(m->arena, &commands[0]), m->via);
	for (size_t i = 0; i < q->list.n; i++)
		TW_PUSH(m->arena, &q->list.v[i].listener->outside,
		    answer(m->arena, &q->list.v[i], &commands[i]));
	return 0;
}

/* What may stand behind `ssh --`: no option, nothing a shell would take apart. */
static bool
is_plain(const char *s)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "@._-:/[]%+";

	return *s != '\0' && *s != '-' && strspn(s, good) == strlen(s);
}

int
tw_diagnose_via_ask(struct tw_machine *m, const struct tw_diagnose_local *o, struct tw_err *err)
{
	struct questions q = { .arena = m->arena };
	struct tw_command *commands;
	int rc = 0;

	if (!is_plain(o->via) || (o->name != NULL && !is_plain(o->name)))
		return tw_err_set(err, TW_ERR_USAGE, "--via wants a host as ssh takes it, user@host; "
		    "not \"%s\"", is_plain(o->via) ? o->name : o->via);
	m->via = o->via;
	for (size_t i = 0; i < m->listeners.n; i++)
		if (m->listeners.v[i].sockets.v[0].transport == TW_TCP &&
		    m->listeners.v[i].exposure != TW_EXPOSED_LOOPBACK)
			add_listener(&q, m, o, &m->listeners.v[i]);
	commands = q.list.n == 0 ? NULL : calloc(q.list.n, sizeof(*commands));
	if (q.list.n > 0 && commands == NULL)
		abort();
	for (size_t i = 0; i < q.list.n; i++) {
		commands[i].argv = q.list.v[i].words;
		commands[i].holds_stdin = true;
		tw_buf_init(&commands[i].out, 4096);
		tw_buf_init(&commands[i].err, 1 << 20);
	}
	if (q.list.n > 0) {
		tw_command_run(commands, q.list.n, AT_ONCE, LOGIN_MS +
		    (o->timeout_ms > 0 ? o->timeout_ms : ANSWER_MS), is_enough);
		rc = conclude(m, &q, commands, err);
	}
	for (size_t i = 0; i < q.list.n; i++) {
		tw_buf_clear(&commands[i].out);
		tw_buf_clear(&commands[i].err);
	}
	free(commands);
	return rc;
}
