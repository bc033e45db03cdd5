/*
 * The story of -v: beside the probes, one whole handshake as a careful client of today
 * makes it, with the library; then one more with its ticket. report/told.c has the words,
 * ask.c the connection and the dialogue. endpoint.c is the caller.
 */
#include <stdlib.h>

#include "exam/inside.h"
#include "net/tls_session.h"
#include "report/told.h"

#define STORY_MAX	(256u * 1024)
#define TICKETS_MS	300	/* TLS 1.3 sends its tickets some time after the handshake, */
#define MORE_MS		20	/* and often two of them */

enum chapter { FIRST, OLD, AGAIN };	/* today's offer; all there is; with the ticket */

struct told {
	enum chapter chapter;
	uint64_t began_ns;
	double up_ms, first_ms;		/* from hello to the end of the handshake; the first time */
	uint64_t hello_ns;
	bool up, resumed;
	struct tw_session *session, *before;
	struct tw_buf text;
	struct tw_told story;
	struct tw_arena *arena;
};

static double
since(const struct told *t)
{
	return (double)(tw_loop_clock_ns() - t->began_ns) / 1e6;
}

void
tw_told_free(struct told *t)
{
	if (t == NULL)
		return;
	tw_session_free(t->session);
	tw_session_free(t->before);
	tw_told_clear(&t->story);
	tw_buf_clear(&t->text);
	tw_arena_free(t->arena);
	free(t);
}

static void
note(struct told *t, const char *what)
{
	tw_told_note(&t->story, since(t), what);
}

/* The second time only whether it was resumed is of interest. */
static void
see(void *ctx, bool by_server, bool alert, struct tw_bytes message)
{
	struct told *t = ctx;

	if (t->chapter == AGAIN) {
		if (by_server && !alert && message.n > 0 && message.p[0] == 11)
			t->resumed = false;
		return;
	}
	if (alert)
		tw_told_alert(&t->story, since(t), by_server, message);
	else
		tw_told_message(&t->story, since(t), by_server, message);
}

void
tw_told_hear(struct ask *a, bool by_server, struct tw_bytes words)
{
	struct told *t = a->told;

	if (t->chapter != AGAIN && words.n > 0)
		tw_told_words(&t->story, since(t), by_server, words);
}

/* What the service inside calls itself, as a client of it would offer. */
static struct tw_session *
session_of(struct endpoint *ep, enum chapter chapter)
{
	static const char *const http[] = { "h2", "http/1.1" };
	const char *const *alpn = NULL;
	size_t n = 0;

	if (ep->row != NULL && strcmp(ep->row->service, "https") == 0) {
		alpn = http;
		n = TW_COUNT(http);
	} else if (ep->row != NULL && ep->row->alpn != NULL) {
		alpn = &ep->row->alpn;
		n = 1;
	}
	return tw_session_new(chapter == OLD ? TW_SESSION_ALL : TW_SESSION_TODAY, ep->sni, alpn, n);
}

void
tw_told_shake(struct ask *a)
{
	struct told *t = a->told;

	t->session = session_of(a->ep, t->chapter);
	if (t->session == NULL) {
		tw_ask_finish(a, TW_GOT_NOTHING);
		return;
	}
	if (t->chapter == AGAIN)
		tw_session_resume(t->session, t->before);
	tw_session_watch(t->session, see, t);
	t->hello_ns = tw_loop_clock_ns();
	tw_told_feed(a, (struct tw_bytes){ NULL, 0 });
}

static void
is_up(struct told *t)
{
	t->up = true;
	t->up_ms = (double)(tw_loop_clock_ns() - t->hello_ns) / 1e6;
	if (t->chapter != AGAIN)
		note(t, "the handshake is done: both sides have the keys of the session, and what "
		    "is said from now on is encrypted both ways");
}

void
tw_told_feed(struct ask *a, struct tw_bytes in)
{
	struct told *t = a->told;
	struct tw_buf out, plain;
	enum tw_session_state state;

	tw_buf_init(&out, 65536);
	tw_buf_init(&plain, 65536);
	state = tw_session_feed(t->session, in, &out, &plain);
	tw_ask_send(a, tw_buf_view(&out));
	tw_buf_clear(&out);
	tw_buf_clear(&plain);
	if (state == TW_SESSION_UP && !t->up) {
		is_up(t);
		tw_timer_start(a->timer, t->chapter == AGAIN ? 0 : TICKETS_MS);
	}
	if (t->up && t->chapter != AGAIN && tw_session_is_resumable(t->session))
		tw_timer_start(a->timer, MORE_MS);
	if (state == TW_SESSION_DOWN)
		tw_ask_finish(a, TW_GOT_NOTHING);
}

static void told_done(struct ask *a);

static void
ask(struct endpoint *ep, struct told *t, enum chapter chapter)
{
	struct ask *a = tw_ask_new(ep, -1, &ep->how, told_done);

	a->how.listen_ms = 0;
	a->told = t;
	t->chapter = chapter;
	t->up = false;
	tw_ask_start(a);
}

/* Hands the story over, whole, so that those of several endpoints do not mix. */
static void
tell(struct endpoint *ep, struct told *t)
{
	const struct tw_exam_client *client = ep->exam->client;

	client->tell(client->ctx, tw_buf_view(&t->text));
	tw_told_free(t);
}

static void
tell_end(struct told *t)
{
	note(t, t->up && t->resumed ? tw_arena_fmt(t->arena, "a second connection with the ticket: "
	    "resumed, no certificate needed (handshake %.1f ms, before %.1f ms)", t->up_ms, t->first_ms)
	    : t->up ? "a second connection with the ticket: the server wanted a whole handshake again"
	    : "a second connection with the ticket did not come to an end");
}

static void
told_done(struct ask *a)
{
	struct endpoint *ep = a->ep;
	struct told *t = a->told;

	a->told = NULL;
	if (t->chapter == AGAIN) {
		tell_end(t);
		tell(ep, t);
	} else if (t->up && tw_session_is_resumable(t->session)) {
		t->first_ms = t->up_ms;
		t->before = t->session;
		t->session = NULL;
		t->resumed = true;
		ask(ep, t, AGAIN);
	} else if (t->up) {
		note(t, "the server gave nothing to resume this session by");
		tell(ep, t);
	} else if (t->chapter == FIRST && t->session != NULL) {
		note(t, a->timed_out ? "a client of today waits here in vain; again, with all this "
		    "library still has" : "a client of today gets no further; again, with all this "
		    "library still has");
		tw_session_free(t->session);
		t->session = NULL;
		ask(ep, t, OLD);
	} else {
		note(t, t->session == NULL ? "TLS was not reached" :
		    "nor does that lead to a handshake: only the probes' own hellos go further back");
		tell(ep, t);
	}
	tw_endpoint_pump(ep);
}

void
tw_told_start(struct endpoint *ep)
{
	const struct tw_exam_options *o = ep->exam->opt;
	const struct tw_exam_client *client = ep->exam->client;
	struct tw_facts *f = ep->facts;
	struct told *t;

	if (client->tell == NULL)
		return;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		abort();
	t->arena = tw_arena_new();
	t->began_ns = tw_loop_clock_ns();
	tw_buf_init(&t->text, STORY_MAX);
	tw_told_init(&t->story, t->arena, &client->style, &t->text);
	t->story.host = o->sni != NULL ? o->sni : f->host;
	t->story.at = o->at;
	t->story.trust = o->trust;
	tw_told_note(&t->story, 0, tw_arena_fmt(t->arena, "%s, port %d: a handshake, step by step, "
	    "as a client of today makes it, with %s", f->host, f->port, f->address));
	ask(ep, t, FIRST);
}
