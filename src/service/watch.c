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

static const struct {
	const char *name;
	const struct tw_watch_kind *kind;
} others[] = {
	{ "redis", &tw_watch_redis },
	{ "mqtt", &tw_watch_mqtt },
};

const struct tw_watch_kind *
tw_watch_by_name(const char *name)
{
	const struct tw_service *s;

	for (size_t i = 0; i < TW_COUNT(aliases); i++)
		if (strcmp(aliases[i].name, name) == 0)
			name = aliases[i].same;
	for (size_t i = 0; i < TW_COUNT(others); i++)
		if (strcmp(others[i].name, name) == 0)
			return others[i].kind;
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

void
tw_watch_release(struct tw_watch *w)
{
	tw_watch_put(w, (struct tw_bytes){ w->held, w->held_n });
	w->held_n = w->mark = 0;
}

/* What is held is for the client, so it waits for the backend's next words. */
static void
end_if_due(struct tw_watch *w, enum tw_watch_from from)
{
	if (!w->ending || (w->held_n > 0 && from == TW_FROM_CLIENT))
		return;
	tw_watch_release(w);
	w->done = true;
}

size_t
tw_watch_pass(
    struct tw_watch *w, enum tw_watch_from from, struct tw_bytes in, uint8_t *out)
{
	assert(!w->done);
	w->out = out;
	w->out_n = 0;
	if (w->ending && from == TW_FROM_BACKEND)
		tw_watch_release(w);
	if (w->ending)
		tw_watch_put(w, in);
	else if (in.n > 0)
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
	w->ending = true;
}

/* FNV-1a, without its lowest bit. */
uint32_t
tw_watch_key(struct tw_bytes tag)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < tag.n; i++)
		h = (h ^ tag.p[i]) * 16777619u;
	return h & ~1u;
}

static void
forget(struct tw_watch *w, unsigned i)
{
	w->asked_n--;
	memmove(w->asked + i, w->asked + i + 1, (w->asked_n - i) * sizeof(w->asked[0]));
}

/* No honest client asks so much at once; a login that is pushed out counts as refused. */
void
tw_watch_asked(struct tw_watch *w, uint32_t key, bool login)
{
	if (w->asked_n == TW_COUNT(w->asked)) {
		if (w->asked[0] & 1)
			tw_watch_failed(w);
		forget(w, 0);
		w->crowded = true;
	}
	w->asked[w->asked_n++] = (key & ~1u) | login;
}

static bool
take(struct tw_watch *w, uint32_t key)
{
	for (unsigned i = 0; i < w->asked_n; i++)
		if (w->asked[i] == key) {
			forget(w, i);
			return true;
		}
	return false;
}

bool
tw_watch_answered(struct tw_watch *w, uint32_t key, bool yes)
{
	uint32_t login = key | 1u, other = key & ~1u;

	if (!yes) {
		if (!take(w, login))
			return take(w, other) && false;
		tw_watch_failed(w);
		return true;
	}
	if (take(w, other) || !take(w, login) || w->crowded)
		return false;
	tw_watch_accepted(w);
	return true;
}

void
tw_watch_dropped(struct tw_watch *w, uint32_t key)
{
	if (!take(w, key | 1u))
		take(w, key & ~1u);
}
