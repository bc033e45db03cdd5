/*
 * tlswright diagnose --local: this machine from the inside. net/ reads its tables, the
 * exam core asks each listener once, host/ says what follows, report/local*.c tells it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/text.h"
#include "exam/exam.h"
#include "net/this_machine.h"
#include "report/local.h"
#include "verb/diagnose_local.h"

#define REPORT_MAX (16u << 20)

struct asking {
	struct tw_machine *m;
	size_t next;
};

/* The next listener to be asked, its number in the target's text. */
static bool
next(void *ctx, struct tw_spec *ret)
{
	struct asking *a = ctx;
	const char *why;

	while (a->next < a->m->listeners.n) {
		size_t number = a->next++;
		struct tw_listener *l = &a->m->listeners.v[number];
		const char *at = tw_machine_ask_at(a->m, l, &why);

		if (at == NULL) {
			l->asked = why;
			continue;
		}
		l->asked = tw_arena_fmt(a->m->arena, strchr(at, ':') != NULL ? "[%s]:%u" : "%s:%u", at,
		    l->sockets.v[0].port);
		*ret = (struct tw_spec){ .target = tw_arena_fmt(a->m->arena, "%zu", number),
			.host = at, .port = l->sockets.v[0].port };
		return true;
	}
	return false;
}

static void
done(void *ctx, struct tw_facts *f)
{
	struct asking *a = ctx;
	size_t number = strtoul(f->target, NULL, 10);
	struct tw_listener *l = &a->m->listeners.v[number];

	if (number >= a->m->listeners.n || l->facts != NULL)
		tw_facts_free(f);
	else
		l->facts = f;
}

static int
ask(struct tw_machine *m, const struct tw_diagnose_local *o, struct tw_err *err)
{
	struct tw_exam_options exam = { .quick = true, .family = AF_UNSPEC, .parallel = 32,
		.per_host = 32, .timeout_ms = o->timeout_ms, .max_time_ms = 20000, .at = m->now };
	struct asking a = { .m = m };
	struct tw_exam_client client = { &a, next, done, NULL };

	return tw_exam_run(&exam, &client, err);
}

static int
by_port(const void *x, const void *y)
{
	const struct tw_socket *a = &((const struct tw_listener *)x)->sockets.v[0];
	const struct tw_socket *b = &((const struct tw_listener *)y)->sockets.v[0];

	return a->port != b->port ? (int)a->port - (int)b->port :
	    a->transport != b->transport ? (int)a->transport - (int)b->transport :
	    a->address < b->address ? -1 : a->address > b->address;
}

/* Something a person must act upon: a certificate that ended, or was renewed in vain. */
static bool
is_wrong(const struct tw_machine *m)
{
	for (size_t i = 0; i < m->listeners.n; i++) {
		const struct tw_listener *l = &m->listeners.v[i];

		if (l->newer != NULL || (l->facts != NULL && l->facts->certificates.n > 0 &&
		    l->facts->certificates.v[0].cert.parsed &&
		    l->facts->certificates.v[0].cert.not_after < m->now))
			return true;
	}
	return false;
}

int
tw_diagnose_local_run(const struct tw_diagnose_local *o)
{
	struct tw_machine m = { 0 };
	struct tw_err err = { 0 };
	struct tw_buf out;
	int status = 2;

	tw_buf_init(&out, REPORT_MAX);
	if (tw_this_machine_read(&m, &err) != 0)
		goto out;
	if (m.listeners.n > 1)
		qsort(m.listeners.v, m.listeners.n, sizeof(*m.listeners.v), by_port);
	tw_kept_files_find(&m);
	if (ask(&m, o, &err) != 0)
		goto out;
	tw_machine_conclude(&m);
	if (o->via != NULL && tw_diagnose_via_ask(&m, o, &err) != 0)
		goto out;
	if (o->json)
		tw_local_json(&m, &out);
	else
		tw_local_text(&m, &o->style, &out);
	fwrite(out.p, 1, out.n, stdout);
	status = is_wrong(&m) ? 1 : 0;
out:
	if (status == 2) {
		struct tw_buf text;

		tw_buf_init(&text, 4096);
		tw_text_escape(&text, tw_bytes_of(err.text));
		fprintf(stderr, "tlswright diagnose: %s\n", tw_buf_cstr(&text));
		tw_buf_clear(&text);
	}
	tw_buf_clear(&out);
	tw_this_machine_clear(&m);
	return status;
}
