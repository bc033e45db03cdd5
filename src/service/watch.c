/*
 * The frame of all watches inside TLS, see watch.h: what is put, what is held, when it
 * is done, and which service is watched how.
 */
#include "service/watch.h"

#include <assert.h>

#include "service/service.h"

/* Services of ports.def that are another one by another name. */
static const struct {
	const char *name, *same;
} aliases[] = {
	{ "submission", "smtp" },
};

const struct tw_watch_kind *
tw_watch_by_name(const char *name)
{
	const struct tw_service *s;

	for (size_t i = 0; i < TW_COUNT(aliases); i++)
		if (strcmp(aliases[i].name, name) == 0)
			name = aliases[i].same;
	s = tw_service_by_name(name);
	return s == NULL ? NULL : s->watch;
}

void
tw_watch_open(struct tw_watch *w, const struct tw_watch_kind *kind, bool greeting)
{
	memset(w, 0, sizeof(*w));
	w->kind = kind;
	w->greeted = !greeting;
}

/* Puts what is held, and ends, where that is due. */
static void
end_if_due(struct tw_watch *w, enum tw_watch_from from)
{
	if (!w->ending || (w->held_n > 0 && from == TW_FROM_CLIENT))
		return;
	tw_watch_put(w, (struct tw_bytes){ w->held, w->held_n });
	w->held_n = 0;
	w->done = true;
}

size_t
tw_watch_pass(
    struct tw_watch *w, enum tw_watch_from from, struct tw_bytes in, uint8_t *out)
{
	assert(!w->done);
	w->out = out;
	w->out_n = 0;
	if (in.n > 0)
		w->kind->pass[from](w, in);
	assert(w->out_n <= TW_WATCH_ROOM(in.n));
	end_if_due(w, from);
	w->out = NULL;
	return w->out_n;
}

size_t
tw_watch_end(struct tw_watch *w, uint8_t *out)
{
	size_t n = w->held_n;

	if (n > 0)
		memcpy(out, w->held, n);
	w->held_n = 0;
	w->done = true;
	return n;
}

void
tw_watch_put(struct tw_watch *w, struct tw_bytes v)
{
	if (v.n == 0)
		return;
	memcpy(w->out + w->out_n, v.p, v.n);
	w->out_n += v.n;
}

void
tw_watch_failed(struct tw_watch *w)
{
	w->logins_failed += w->logins_failed < UINT16_MAX;
}

void
tw_watch_accepted(struct tw_watch *w)
{
	w->logins_ok += w->logins_ok < UINT16_MAX;
}
