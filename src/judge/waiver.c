/* waiver.c -- which waiver fits which finding of an endpoint; see waiver.h. Called by judge.c. */
#include "judge/waiver.h"

#include <stdio.h>

#include "judge/judgement.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Without recursion: on a mismatch the last * takes one character more. */
bool
tw_waiver_glob(const char *pattern, const char *s)
{
	const char *star = NULL, *back = NULL;

	while (*s != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			back = s;
		} else if (*pattern == '?' || lower(*pattern) == lower(*s)) {
			pattern++;
			s++;
		} else if (star != NULL) {
			pattern = star + 1;
			s = ++back;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* A target is meant by what the user wrote, by its host, or by host:port. */
static bool
is_about(const struct tw_waiver *w, const struct tw_facts *f)
{
	char name[300];

	snprintf(name, sizeof(name), f->host != NULL && strchr(f->host, ':') != NULL ?
	    "[%s]:%d" : "%s:%d", f->host != NULL ? f->host : "", f->port);
	return tw_waiver_glob(w->target, name) ||
	    (f->host != NULL && tw_waiver_glob(w->target, f->host)) ||
	    (f->target != NULL && tw_waiver_glob(w->target, f->target));
}

static struct tw_finding *
find(struct tw_judge *j, const struct tw_waiver *w, size_t from)
{
	for (size_t i = from; i < j->out->findings.n; i++)
		if (j->out->findings.v[i].id == w->finding)
			return &j->out->findings.v[i];
	return NULL;
}

void
tw_waiver_apply(struct tw_judge *j, const struct tw_waivers *waivers)
{
	for (size_t i = 0; waivers != NULL && i < waivers->list.n; i++) {
		const struct tw_waiver *w = &waivers->list.v[i];
		const char *id = tw_findings[w->finding].id;
		struct tw_finding *f = find(j, w, 0);

		if (!is_about(w, j->facts))
			continue;
		if (j->at >= w->end) {
			tw_judge_find(j, TW_FINDING_WAIVER_EXPIRED, id, true, f != NULL ?
			    "the waiver of %s for %s ended with %s (%s), and the finding is still there" :
			    "the waiver of %s for %s ended with %s (%s); there is nothing left to excuse",
			    id, w->target, w->until, w->reason);
			continue;
		}
		for (; f != NULL; f = find(j, w, (size_t)(f - j->out->findings.v) + 1))
			if (f->waiver == NULL || f->waiver->end < w->end)
				f->waiver = w;
	}
}
