/* A worker's connections, told to the parent; see sessions.h. */
#include <stdio.h>

#include "gate/sessions.h"
#include "gate/story.h"
#include "gate/worker.h"

size_t
tw_sessions_size(uint32_t n)
{
	return offsetof(struct tw_sessions_answer, v) + n * sizeof(struct tw_session_told);
}

static void
tell(const struct tw_gate_conn *c, struct tw_session_told *t)
{
	const struct tw_gate_story *s = c->story;

	*t = (struct tw_session_told){
		.began_ns = c->began_ns,
		.bytes_in = c->bytes_in,
		.bytes_out = c->bytes_out,
		.peer = c->peer,
		.via = c->via,
		.has_via = c->has_via,
		.listener = c->listener->listen->number,
		.peer_port = c->peer_port,
		.phase = c->phase,
	};
	if (s == NULL)
		return;
	t->version = s->version;
	t->suite = s->suite;
	t->resumed = s->resumed;
	if (s->sni != NULL)
		snprintf(t->sni, sizeof(t->sni), "%s", s->sni);
	if (s->backend != NULL)
		snprintf(t->backend, sizeof(t->backend), "%s", s->backend);
}

void
tw_sessions_tell(const struct tw_worker *w, const uint8_t *question, size_t n)
{
	static struct tw_sessions_answer a;	/* one loop, one at a time */
	struct tw_sessions_question q;
	uint32_t row, end;

	if (n != sizeof(q))
		return;
	memcpy(&q, question, sizeof(q));
	a.word = TW_WORD_SESSIONS;
	a.serial = q.serial;
	a.n = 0;
	row = q.from < w->used ? q.from : w->used;
	end = w->used - row > TW_SESSIONS_ROWS ? row + TW_SESSIONS_ROWS : w->used;
	for (; row < end && a.n < TW_SESSIONS_MOST; row++)
		if (w->pool[row].client_fd >= 0)
			tell(&w->pool[row], &a.v[a.n++]);
	a.next = row < w->used ? row : TW_SESSIONS_OVER;
	/* As few questions are open as there are clients: there is room, or the parent is gone. */
	(void)tw_socket_send(w->order_fd, (struct tw_bytes){ (const uint8_t *)&a,
	    tw_sessions_size(a.n) });
}
