/*
 * diagnosis.c -- a diagnosis for a person: name, addresses, TCP, talk, TLS, certificate, the
 * protocol above, each with its time; then the cause, how sure, and what to do, in order.
 */
#include "report/diagnosis.h"

#include "base/text.h"
#include "data/alert.h"
#include "data/suite.h"
#include "judge/causing.h"
#include "report/page.h"

struct told {
	struct tw_page page;
	struct tw_diagnosis *d;
	const struct tw_report_style *style;
	struct tw_arena *arena;
};

const char *
tw_report_diagnosis_tls(struct tw_arena *a, const struct tw_facts *f)
{
	const struct tw_suite *suite;
	const struct tw_hello_fate *small = &f->today[TW_TODAY_SMALL];

	if (small->fate == TW_FATE_ANSWERED && small->version != 0) {
		suite = tw_suite_by_code(small->suite);
		return tw_arena_fmt(a, "%s, %s", tw_version_by_wire(small->version) >= 0
		    ? tw_versions[tw_version_by_wire(small->version)].title : "an unknown version",
		    suite != NULL ? suite->name : "an unknown suite");
	}
	for (int v = TW_VERSIONS - 1; v >= 0; v--) {
		if (f->protocols[v] != TW_YES)
			continue;
		suite = f->suites[v].codes.n > 0 ? tw_suite_by_code(f->suites[v].codes.v[0]) : NULL;
		return tw_arena_fmt(a, "%s%s%s", tw_versions[v].title, suite != NULL ? ", " : "",
		    suite != NULL ? suite->name : "");
	}
	return NULL;
}

static const char *
in_ms(struct told *t, double ms)
{
	return ms >= 10000 ? tw_arena_fmt(t->arena, "%.1f s", ms / 1000)
	    : tw_arena_fmt(t->arena, "%.0f ms", ms);
}

/* ---- steps ---- */

static const char *
lookup_words(struct told *t, const struct tw_looked_up *l)
{
	static const char *const words[] = {
		[TW_LOOKUP_NONE] = "not asked", [TW_LOOKUP_FOUND] = "found",
		[TW_LOOKUP_NO_NAME] = "no such name", [TW_LOOKUP_NO_ADDRESS] = "none",
		[TW_LOOKUP_SILENT] = "no answer", [TW_LOOKUP_FAILED] = "the name servers failed",
		[TW_LOOKUP_NO_SERVER] = "no name server", [TW_LOOKUP_BAD_NAME] = "no host name",
	};

	return l->state == TW_LOOKUP_NONE ? words[l->state]
	    : tw_arena_fmt(t->arena, "%s, %s", words[l->state], in_ms(t, l->ms));
}

static void
put_name(struct told *t)
{
	const struct tw_diagnosis *d = t->d;

	if (d->through_proxy) {
		tw_page_row(&t->page, 2, "Name", "left to the proxy");
		return;
	}
	if (d->connect != NULL)
		tw_page_row(&t->page, 2, "Connect to", d->connect);
	if (d->from_hosts)
		tw_page_row(&t->page, 2, "Name", "in /etc/hosts");
	else if (d->v4.state != TW_LOOKUP_NONE || d->v6.state != TW_LOOKUP_NONE)
		tw_page_row(&t->page, 2, "Name", tw_arena_fmt(t->arena, "IPv4 %s; IPv6 %s",
		    lookup_words(t, &d->v4), lookup_words(t, &d->v6)));
}

static const struct { enum tw_ink ink; const char *words; } tcp_words[] = {
	[TW_TCP_NONE] = { TW_INK_DIM, "not tried" },
	[TW_TCP_OPEN] = { TW_INK_GOOD, "open" },
	[TW_TCP_CLOSED] = { TW_INK_BAD, "closed (refused)" },
	[TW_TCP_FILTERED] = { TW_INK_BAD, "filtered (no answer)" },
	[TW_TCP_UNREACHABLE] = { TW_INK_BAD, "unreachable" },
	[TW_TCP_UNRESOLVED] = { TW_INK_BAD, "unresolved" },
	[TW_TCP_LOCAL_ERROR] = { TW_INK_BAD, "refused by this machine" },
};

static void
put_knocks(struct told *t, const struct tw_spot *s)
{
	const char *label = tw_arena_fmt(t->arena, "TCP %u", s->port);

	for (size_t i = 0; i < s->knocks.n; i++) {
		const struct tw_knock *k = &s->knocks.v[i];

		tw_page_label(&t->page, 2, i == 0 ? label : "");
		tw_page_put(&t->page, TW_INK_PLAIN, tw_arena_fmt(t->arena, "%s ", k->address));
		tw_page_to(&t->page, TW_PAGE_LABEL + 16);
		tw_page_put(&t->page, tcp_words[k->tcp].ink, tcp_words[k->tcp].words);
		tw_page_wrap(&t->page, TW_PAGE_LABEL + 2, TW_INK_PLAIN, k->detail != NULL &&
		    k->tcp != TW_TCP_CLOSED ? tw_arena_fmt(t->arena, ", %s: %s", in_ms(t, k->ms), k->detail)
		    : tw_arena_fmt(t->arena, ", %s", in_ms(t, k->ms)));
	}
}

static void
put_talk(struct told *t, const struct tw_facts *f)
{
	const char *offer = f->starttls_offered == TW_YES ? "TLS offered"
	    : f->starttls_offered == TW_NO ? "no TLS offered" : "";
	const char *s = f->service;

	if (f->course.dialogue_ms == 0 || f->mode == TW_IMPLICIT)
		return;
	if (f->course.greeting_ms > 0)
		s = tw_arena_fmt(t->arena, "%s%sgreeting after %s", s != NULL ? s : "", s != NULL ? ", "
		    : "", in_ms(t, f->course.greeting_ms));
	tw_page_row(&t->page, 4, "Talk", tw_arena_fmt(t->arena, "%s%s%s (%s)", s != NULL ? s : "",
	    *offer != '\0' ? ", " : "", offer, in_ms(t, f->course.dialogue_ms)));
	if (f->banner.p != NULL)
		tw_page_row(&t->page, 4, "", tw_text_escaped(t->arena, f->banner));
}

static const char *
fate_words(struct told *t, const struct tw_hello_fate *h)
{
	const struct tw_alert_row *alert = tw_alert_by_code(h->alert);

	return h->fate == TW_FATE_ANSWERED ? "answered" : h->fate == TW_FATE_CLOSED ? "cut off"
	    : h->fate == TW_FATE_SILENT ? "no answer" : h->fate == TW_FATE_GARBAGE ? "not TLS"
	    : h->fate == TW_FATE_ALERT ? tw_arena_fmt(t->arena, "alert %s", alert != NULL ? alert->name
	    : "unknown") : "not known";
}

static void
put_tls(struct told *t, const struct tw_facts *f)
{
	const char *tls = tw_report_diagnosis_tls(t->arena, f);
	const struct tw_hello_fate *large = &f->today[TW_TODAY_LARGE],
	    *small = &f->today[TW_TODAY_SMALL];

	if (tls != NULL)
		tw_page_row(&t->page, 4, "TLS", tw_arena_fmt(t->arena, "%s (%s)", tls,
		    in_ms(t, f->course.hello_ms > 0 ? f->course.hello_ms : small->ms)));
	else
		tw_page_row(&t->page, 4, "TLS", f->detail != NULL ? f->detail
		    : tw_reach_tls_names[f->tls]);
	if (small->fate != TW_FATE_NONE && (small->fate != TW_FATE_ANSWERED ||
	    large->fate != TW_FATE_ANSWERED || t->style->verbose))
		tw_page_row(&t->page, 4, "", tw_arena_fmt(t->arena, "today's hello, small: %s; large (1.8 "
		    "KB): %s", fate_words(t, small), fate_words(t, large)));
}

static void
put_certificate(struct told *t, const struct tw_facts *f)
{
	const struct tw_certificate *x = tw_causing_certificate(f);
	char to[32], from[32];
	bool late, early;

	if (x == NULL)
		return;
	late = t->d->at > x->cert.not_after;
	early = t->d->at < x->cert.not_before;
	tw_text_time(x->cert.not_before, from)[10] = '\0';
	tw_text_time(x->cert.not_after, to)[10] = '\0';
	tw_page_row(&t->page, 4, "Certificate", tw_arena_fmt(t->arena, "%s, %s to %s%s; %s; %s",
	    tw_text_escaped(t->arena, x->cert.subject), from, to, late ? " (expired)" : early
	    ? " (not yet)" : "", x->matches_host == TW_YES ? "fits the name" : x->matches_host == TW_NO
	    ? "does not fit the name" : "name not tested", x->trusted == TW_YES ? "trusted"
	    : x->trusted == TW_NO ? "not trusted" : "trust not tested"));
}

static struct tw_bytes
first_line(struct tw_bytes v)
{
	for (size_t n = 0; n < v.n && n < 120; n++)
		if (v.p[n] == '\r' || v.p[n] == '\n')
			return (struct tw_bytes){ v.p, n };
	return (struct tw_bytes){ v.p, v.n < 120 ? v.n : 120 };
}

static void
put_above(struct told *t, const struct tw_facts *f)
{
	const struct tw_course *c = &f->course;
	const struct tw_alert_row *alert = c->alert >= 0 ? tw_alert_by_code((uint8_t)c->alert) : NULL;

	if (c->words.n > 0)
		tw_page_row(&t->page, 4, "Above", tw_arena_fmt(t->arena, "%s (%s)",
		    tw_text_escaped(t->arena, first_line(c->words)), in_ms(t, c->words_ms)));
	else if (alert != NULL && f->tls == TW_REACH_TLS)
		tw_page_row(&t->page, 4, "Above", tw_arena_fmt(t->arena, "ended by the alert %s",
		    alert->name));
	else if (c->shaken)
		tw_page_row(&t->page, 4, "Above", tw_arena_fmt(t->arena, "the handshake is complete (%s); "
		    "nothing was said inside", in_ms(t, c->shake_ms)));
}

static void
put_looks(struct told *t, const struct tw_spot *s)
{
	for (size_t i = 0; i < s->looks.n; i++) {
		const struct tw_facts *f = s->looks.v[i];

		if (f->tcp != TW_TCP_OPEN) {
			if (s->knocks.n == 0)
				tw_page_row(&t->page, 4, "TCP", f->detail);
			continue;
		}
		if (s->looks.n > 1)
			tw_page_row(&t->page, 2, "At", f->address);
		put_talk(t, f);
		put_tls(t, f);
		put_certificate(t, f);
		put_above(t, f);
	}
}

/* "587 (submission) open, TLS": a sibling in a few words. */
static const char *
sibling_words(struct told *t, const struct tw_spot *s)
{
	const struct tw_causing c = { .d = t->d, .arena = t->arena };
	enum tw_tcp tcp = tw_causing_tcp(s);
	const struct tw_facts *f = s->looks.n > 0 ? s->looks.v[0] : NULL;
	double ms = 0;

	for (size_t i = 0; i < s->knocks.n; i++)
		if (s->knocks.v[i].tcp == tcp)
			ms = s->knocks.v[i].ms;
	return tw_arena_fmt(t->arena, "%s %s%s, %s", tw_causing_port_name(&c, s), tcp_words[tcp].words,
	    f == NULL ? "" : tw_causing_has_tls(f) ? ", TLS" : ", no TLS", in_ms(t, ms));
}

static void
put_others(struct told *t, enum tw_role role, const char *label)
{
	const struct tw_diagnosis *d = t->d;

	for (size_t i = 0; i < d->spots.n; i++) {
		const struct tw_spot *s = &d->spots.v[i];

		/* Of a bare host, those that are not open would fill the screen. */
		if (s->role != role || s->knocks.n == 0 || (d->port == 0 && !t->style->verbose))
			continue;
		tw_page_row(&t->page, 2, label, sibling_words(t, s));
		label = "";
	}
}

static void
put_steps(struct told *t)
{
	const struct tw_diagnosis *d = t->d;
	bool any = false;

	put_name(t);
	for (size_t i = 0; i < d->spots.n; i++)
		any |= tw_spot_is_open(&d->spots.v[i]);
	for (size_t i = 0; i < d->spots.n; i++) {
		if (d->spots.v[i].role != TW_ROLE_ASKED || (d->port == 0 && !any && i > 0 &&
		    !t->style->verbose))
			continue;
		put_knocks(t, &d->spots.v[i]);
		put_looks(t, &d->spots.v[i]);
	}
	put_others(t, TW_ROLE_SIBLING, "Siblings");
	put_others(t, TW_ROLE_WITNESS, "Others");
	if (d->http_head.p != NULL)
		tw_page_row(&t->page, 2, "HTTP on 80", tw_arena_fmt(t->arena, "%s (%s)",
		    tw_text_escaped(t->arena, first_line(d->http_head)), in_ms(t, d->http_ms)));
}

/* ---- the end ---- */

static void
put_next(struct told *t, const struct tw_cause *x)
{
	for (size_t i = 0; i < x->next.n; i++) {
		tw_page_to(&t->page, 2);
		tw_page_fmt(&t->page, TW_INK_PLAIN, "%zu. ", i + 1);
		tw_page_wrap(&t->page, 5, TW_INK_PLAIN, x->next.v[i]);
	}
}

/* What else was found: causes beside the first, and notes, a line each. */
static void
put_more(struct told *t, const struct tw_cause *first)
{
	const struct tw_diagnosis *d = t->d;

	for (size_t i = 0; i < d->causes.n; i++) {
		const struct tw_cause *x = &d->causes.v[i];

		if (x == first && x->fault)
			continue;
		tw_page_put(&t->page, x->fault ? TW_INK_WARN : TW_INK_NOTE, x->fault ? "Also: " : "Note: ");
		tw_page_wrap(&t->page, 6, TW_INK_PLAIN, tw_arena_fmt(t->arena, "%s (%s)", x->sentence,
		    tw_sure_names[x->sure]));
		if (x->fault && x->next.n > 0 && (first == NULL || first->id != x->id)) {
			tw_page_to(&t->page, 6);
			tw_page_wrap(&t->page, 6, TW_INK_PLAIN, x->next.v[0]);
		}
	}
}

static const char *
whom(struct told *t)
{
	return t->d->target;
}

static void
put_end(struct told *t)
{
	const struct tw_cause *x = tw_cause_first(t->d);
	const char *sentence = tw_cause_sentence(t->d);
	bool found = t->d->verdict == TW_DIAGNOSIS_CAUSE;

	if (t->style->quiet) {
		tw_page_fmt(&t->page, TW_INK_PLAIN, "%s: %s: %s", whom(t), found ? tw_causes[x->id].id
		    : tw_diagnosis_verdict_names[t->d->verdict], sentence);
		if (found)
			tw_page_fmt(&t->page, TW_INK_PLAIN, " (%s)", tw_sure_names[x->sure]);
		tw_page_newline(&t->page);
		return;
	}
	tw_page_newline(&t->page);
	tw_page_put(&t->page, found ? TW_INK_BAD : t->d->verdict == TW_DIAGNOSIS_WORKS ? TW_INK_GOOD
	    : TW_INK_WARN, found ? "Cause: " : "");
	tw_page_wrap(&t->page, found ? 7 : 0, TW_INK_BOLD, found ? tw_arena_fmt(t->arena, "%s (%s)", sentence,
	    tw_sure_names[x->sure]) : sentence);
	if (found)
		put_next(t, x);
	put_more(t, x);
	if (found && tw_causes[x->id].topic != NULL) {
		tw_page_fmt(&t->page, TW_INK_BOLD, "tlswright explain %s", tw_causes[x->id].topic);
		tw_page_newline(&t->page);
	} else if (!found && t->d->verdict == TW_DIAGNOSIS_WORKS) {
		tw_page_fmt(&t->page, TW_INK_BOLD, "tlswright audit %s", whom(t));
		tw_page_newline(&t->page);
	}
}

void
tw_report_diagnosis(struct tw_diagnosis *d, const struct tw_report_style *style, struct tw_buf *out)
{
	struct told t = { .d = d, .style = style, .arena = tw_arena_new() };

	tw_page_init(&t.page, style, out);
	if (!style->quiet) {
		tw_page_put(&t.page, TW_INK_BOLD, whom(&t));
		tw_page_newline(&t.page);
		put_steps(&t);
	}
	put_end(&t);
	tw_arena_free(t.arena);
}
