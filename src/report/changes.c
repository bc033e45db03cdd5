/*
 * changes.c -- what changed between two examinations of one endpoint (--baseline):
 * findings by their fingerprint, facts by comparing the two JSON objects, so that a
 * field added to the object is compared without a line here. See report.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/json.h"
#include "report/page.h"
#include "report/report.h"

#define SHOWN 200		/* differences shown at most */

struct diff {
	struct tw_page *page;
	struct tw_arena *arena;
	unsigned met;
};

/* Measured anew each time: a difference in them is none. */
static bool
is_fleeting(const char *key)
{
	static const char *const keys[] = { "target", "ms", "started", "elapsed_ms",
		"connections", "days_left", "der", "chain", "served", "spki_sha256", "reason",
		"next_update", "banner", "reply", "addresses", NULL };

	for (size_t i = 0; keys[i] != NULL; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* What tells two elements of a list apart, in the order tried; a plain string is its own. */
static const char *
name_of(const json_t *v)
{
	static const char *const keys[] = { "name", "sha256", "path", "value", "prime", "code" };

	if (json_is_string(v))
		return json_string_value(v);
	for (size_t i = 0; i < TW_COUNT(keys); i++) {
		const char *s = json_string_value(json_object_get(v, keys[i]));

		if (s != NULL)
			return s;
	}
	return NULL;
}

/* For a person: a certificate's digest says nothing, its subject does. */
static const char *
shown(struct tw_arena *a, const json_t *v)
{
	const char *subject = json_string_value(json_object_get(v, "subject"));
	const char *until = json_string_value(json_object_get(v, "not_after"));
	const char *name = name_of(v);

	if (subject != NULL && until != NULL && name != NULL)
		return tw_arena_fmt(a, "%s, until %.10s (SHA-256 %.16s…)", subject, until, name);
	return name != NULL ? name : "one without a name";
}

static const char *
value(struct tw_arena *a, const json_t *v)
{
	char *s;
	const char *kept;

	if (json_is_string(v))
		return json_string_value(v);
	s = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
	kept = tw_arena_str(a, s != NULL ? s : "?");
	free(s);
	return kept;
}

static void
tell(struct diff *d, const char *path, const char *text)
{
	if (d->met++ == 0) {
		tw_page_to(d->page, 2);
		tw_page_put(d->page, TW_INK_BOLD, "What was seen");
		tw_page_newline(d->page);
	}
	if (d->met > SHOWN)
		return;
	tw_page_to(d->page, 4);
	tw_page_wrap(d->page, 6, TW_INK_PLAIN, tw_arena_fmt(d->arena, "%s: %s", path, text));
}

static const json_t *
like(const json_t *list, const char *name)
{
	for (size_t i = 0; name != NULL && i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		const char *other = name_of(v);

		if (other != NULL && strcmp(other, name) == 0)
			return v;
	}
	return NULL;
}

static void compare(struct diff *d, const char *path, const json_t *before, const json_t *now);

static void
compare_lists(struct diff *d, const char *path, const json_t *before, const json_t *now)
{
	bool same = json_array_size(before) == json_array_size(now);
	bool sorted = same;

	for (size_t i = 0; i < json_array_size(before); i++) {
		const json_t *v = json_array_get(before, i);

		if (like(now, name_of(v)) == NULL) {
			tell(d, path, tw_arena_fmt(d->arena, "gone: %s", shown(d->arena, v)));
			same = false;
		}
	}
	for (size_t i = 0; i < json_array_size(now); i++) {
		const json_t *v = json_array_get(now, i), *old = like(before, name_of(v));
		const char *there = name_of(json_array_get(before, i)), *here = name_of(v);

		if (old == NULL) {
			tell(d, path, tw_arena_fmt(d->arena, "new: %s", shown(d->arena, v)));
			same = false;
			continue;
		}
		sorted = sorted && there != NULL && here != NULL && strcmp(there, here) == 0;
		if (json_is_object(v))
			compare(d, tw_arena_fmt(d->arena, "%s %s", path,
			    json_object_get(v, "subject") != NULL ?
			    value(d->arena, json_object_get(v, "subject")) : here), old, v);
	}
	if (same && !sorted)
		tell(d, path, "the same, in another order");
}

/* The depth is that of our own tables, not of what a file says. */
static void
compare(struct diff *d, const char *path, const json_t *before, const json_t *now)
{
	const char *key;
	json_t *v;

	if (json_is_array(before) && json_is_array(now)) {
		compare_lists(d, path, before, now);
		return;
	}
	if (!json_is_object(before) || !json_is_object(now)) {
		if (!json_equal(before, now))
			tell(d, path, tw_arena_fmt(d->arena, "%s, was %s", value(d->arena, now),
			    value(d->arena, before)));
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)now, key, v) {
		const char *inner = *path == '\0' ? key :
		    tw_arena_fmt(d->arena, "%s.%s", path, key);
		const json_t *old = json_object_get(before, key);

		if (is_fleeting(key))
			continue;
		if (strcmp(key, "list") == 0)
			inner = path;
		if (old == NULL)
			tell(d, inner, "new");
		else
			compare(d, inner, old, v);
	}
	json_object_foreach((json_t *)(uintptr_t)before, key, v)
		if (!is_fleeting(key) && json_object_get(now, key) == NULL)
			tell(d, *path == '\0' ? key :
			    tw_arena_fmt(d->arena, "%s.%s", path, key), "gone");
}

static const struct tw_finding *
same_in(const struct tw_judgement *j, const struct tw_finding *f)
{
	for (size_t i = 0; i < j->findings.n; i++)
		if (strcmp(j->findings.v[i].fingerprint, f->fingerprint) == 0)
			return &j->findings.v[i];
	return NULL;
}

/* Findings of a that b has (both) or has not; returns how many. */
static size_t
list(struct tw_page *p, struct tw_arena *arena, const char *title, enum tw_ink title_ink,
    const struct tw_judgement *a, const struct tw_judgement *b, bool both)
{
	size_t met = 0;

	for (size_t i = 0; i < a->findings.n; i++) {
		const struct tw_finding *f = &a->findings.v[i], *other = same_in(b, f);
		const char *was = "";

		if ((other != NULL) != both)
			continue;
		if (met++ == 0) {
			tw_page_to(p, 2);
			tw_page_put(p, title_ink, title);
			tw_page_newline(p);
		}
		if (both && other->severity != f->severity)
			was = tw_arena_fmt(arena, ", was %s", tw_severity_names[other->severity]);
		tw_page_to(p, 4);
		tw_page_put(p, tw_page_ink_of(f->severity), tw_findings[f->id].id);
		tw_page_wrap(p, 6, TW_INK_PLAIN, tw_arena_fmt(arena, " (%s%s)  %s",
		    tw_severity_names[f->severity], was, f->subject));
	}
	return met;
}

void
tw_report_changes(const struct tw_facts *before, const struct tw_judgement *bj,
    const struct tw_facts *now, const struct tw_judgement *nj,
    const struct tw_report_style *style, struct tw_buf *out)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_page page;
	struct diff d = { .page = &page, .arena = a };
	json_t *old = tw_json_facts(before, bj->at), *new = tw_json_facts(now, nj->at);
	char text[32];
	size_t found;

	tw_page_init(&page, style, out);
	tw_page_fmt(&page, TW_INK_BOLD, "%s: since %s", tw_page_endpoint(a, now),
	    tw_text_time(before->started, text));
	tw_page_newline(&page);
	found = list(&page, a, "New", TW_INK_BAD, nj, bj, false);
	found += list(&page, a, "Mended", TW_INK_GOOD, bj, nj, false);
	if (!style->quiet)
		list(&page, a, "Remaining", TW_INK_DIM, nj, bj, true);
	if (bj->verdict != nj->verdict)
		tell(&d, "verdict", tw_arena_fmt(a, "%s, was %s",
		    tw_verdict_names[nj->verdict], tw_verdict_names[bj->verdict]));
	compare(&d, "", old, new);
	if (d.met > SHOWN) {
		tw_page_to(&page, 4);
		tw_page_fmt(&page, TW_INK_DIM, "and %u more", d.met - SHOWN);
		tw_page_newline(&page);
	}
	if (found == 0 && d.met == 0) {
		tw_page_to(&page, 2);
		tw_page_put(&page, TW_INK_PLAIN, "Nothing changed.");
		tw_page_newline(&page);
	}
	json_decref(old);
	json_decref(new);
	tw_arena_free(a);
}
