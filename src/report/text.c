/*
 * text.c -- one endpoint for a person: who it is, what was seen, what was found,
 * and three last lines: the verdict, the worst finding, the next command to paste.
 */
#include "report/text.h"

#include <ctype.h>

#include "base/text.h"
#include "data/port.h"
#include "report/report.h"

static const char *
quoted(struct tw_arena *a, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789.:/_-@%+,=";
	const char *s = "'";

	if (*word != '\0' && strspn(word, plain) == strlen(word))
		return word;
	for (; *word != '\0'; word++)
		s = *word == '\'' ? tw_arena_fmt(a, "%s'\\''", s) : tw_arena_fmt(a, "%s%c", s, *word);
	return tw_arena_fmt(a, "%s'", s);
}

/* "imap, STARTTLS": the registry's word for how TLS begins there, where it knows. */
static const char *
service_of(struct tw_text *t)
{
	const struct tw_facts *f = t->f;
	const struct tw_port *row = f->service != NULL ?
	    tw_port_by_service(f->service, f->mode) : NULL;
	const char *s;

	if (f->service == NULL && f->mode == TW_MODE_NONE)
		return NULL;
	s = tw_arena_fmt(t->arena, "%s, %s", f->service != NULL ? f->service : "unknown service",
	    row != NULL && f->mode != TW_MODE_NONE ? row->negotiation : tw_mode_names[f->mode]);
	for (size_t i = 0; f->modes.n > 1 && i < f->modes.n; i++)
		s = tw_arena_fmt(t->arena, "%s%s%s", s, i == 0 ? "; speaks " : " and ",
		    tw_mode_names[f->modes.v[i]]);
	return s;
}

static const char *
address_of(struct tw_text *t)
{
	const struct tw_facts *f = t->f;
	const char *s = f->address;
	bool first = true;

	for (size_t i = 0; i < f->addresses.n; i++) {
		if (s == NULL)
			s = f->addresses.v[i];
		else if (f->address == NULL || strcmp(f->addresses.v[i], f->address) != 0) {
			s = tw_arena_fmt(t->arena, "%s%s%s", s, first ? ", also " : ", ",
			    f->addresses.v[i]);
			first = false;
		}
	}
	return s;
}

static const char *
software_of(struct tw_text *t)
{
	const struct tw_facts *f = t->f;

	if (f->software.p == NULL)
		return t->style->verbose ? tw_text_escaped(t->arena, f->banner) : NULL;
	return f->software_version.p == NULL ? tw_text_escaped(t->arena, f->software) :
	    tw_arena_fmt(t->arena, "%s %s", tw_text_escaped(t->arena, f->software),
	    tw_text_escaped(t->arena, f->software_version));
}

/* Where no handshake was possible: how far it went. */
static void
put_reach(struct tw_text *t)
{
	const struct tw_facts *f = t->f;
	const char *tcp = tw_tcp_names[f->tcp], *tls = tw_reach_tls_names[f->tls];
	const char *s = tcp != NULL ? tw_arena_fmt(t->arena, "TCP %s", tcp) : "";

	if (tls != NULL)
		s = tw_arena_fmt(t->arena, "%s%sTLS %s", s, *s != '\0' ? ", " : "", tls);
	tw_page_row(&t->page, 2, "Reach", s);
	tw_page_row(&t->page, 2, "", f->detail);
}

static void
put_header(struct tw_text *t)
{
	const struct tw_facts *f = t->f;

	tw_page_put(&t->page, TW_INK_BOLD, tw_page_endpoint(t->arena, f));
	if (f->quick)
		tw_page_put(&t->page, TW_INK_DIM, "  (quick: version, suite, certificate)");
	tw_page_newline(&t->page);
	tw_page_row(&t->page, 2, "Address", address_of(t));
	tw_page_row(&t->page, 2, "Service", service_of(t));
	tw_page_row(&t->page, 2, "Software", software_of(t));
	if (f->has_dialogue && f->tls == TW_REACH_TLS)
		tw_page_row(&t->page, 2, "Passwords", f->plaintext_auth_refused == TW_YES ?
		    "refused before TLS" : f->plaintext_auth_refused == TW_NO ?
		    f->plaintext_auth_tried ? "taken before TLS" : "offered before TLS" : NULL);
	if (f->tls != TW_REACH_TLS)
		put_reach(t);
}

/* The first sentence; all of it with -v. */
static const char *
fix_of(struct tw_text *t, const char *fix)
{
	const char *end = strstr(fix, ". ");

	return end == NULL || t->style->verbose ? fix :
	    tw_arena_fmt(t->arena, "%.*s", (int)(end - fix + 1), fix);
}

/* What "it" is, the subject says; other sentences say it themselves. */
static void
put_finding(struct tw_text *t, const struct tw_finding *f)
{
	const struct tw_finding_row *row = &tw_findings[f->id];

	tw_page_to(&t->page, 4);
	tw_page_put(&t->page, tw_page_ink_of(f->severity), row->id);
	tw_page_put(&t->page, TW_INK_PLAIN, "  ");
	tw_page_wrap(&t->page, 6, TW_INK_BOLD, tw_arena_fmt(t->arena, "%s%s", row->title,
	    f->proven ? "" : " (inferred)"));
	tw_page_to(&t->page, 6);
	tw_page_wrap(&t->page, 6, TW_INK_PLAIN, strncmp(f->evidence, "It", 2) == 0 ?
	    tw_arena_fmt(t->arena, "%s: %s", f->subject, f->evidence) : f->evidence);
	if (f->waiver != NULL) {
		tw_page_to(&t->page, 6);
		tw_page_wrap(&t->page, 6, TW_INK_NOTE, tw_arena_fmt(t->arena,
		    "Waived until %s%s%s: %s", f->waiver->until, f->waiver->network != NULL ?
		    ", for " : "", f->waiver->network != NULL ? f->waiver->network : "",
		    f->waiver->reason));
	}
	if (*row->fix != '\0' && (f->severity > TW_INFO || t->style->verbose)) {
		tw_page_to(&t->page, 6);
		tw_page_wrap(&t->page, 6, TW_INK_DIM,
		    tw_arena_fmt(t->arena, "Fix: %s", fix_of(t, row->fix)));
	}
}

static void
put_findings(struct tw_text *t)
{
	int before = -1;

	for (size_t i = 0; i < t->j->findings.n; i++) {
		const struct tw_finding *f = &t->j->findings.v[i];
		const char *name = tw_severity_names[f->severity];

		if ((int)f->severity != before) {
			tw_page_newline(&t->page);
			tw_page_to(&t->page, 2);
			tw_page_fmt(&t->page, tw_page_ink_of(f->severity), "%c%s",
			    toupper((unsigned char)name[0]), name + 1);
			tw_page_newline(&t->page);
			before = (int)f->severity;
		}
		put_finding(t, f);
	}
}

/* Rows of one reason stand together; what was not asked for is said with -v. */
static void
put_untested(struct tw_text *t)
{
	const struct tw_facts *f = t->f;
	bool begun = false;

	for (size_t i = 0; i < f->untested.n; i++) {
		const struct tw_untested *u = &f->untested.v[i];
		const char *paths = u->path;
		bool told = false;

		if (u->state != TW_COULD_NOT_TEST && !t->style->verbose)
			continue;
		for (size_t k = 0; k < f->untested.n; k++)
			if (f->untested.v[k].state == u->state &&
			    strcmp(f->untested.v[k].reason, u->reason) == 0) {
				told = told || k < i;
				if (k > i)
					paths = tw_arena_fmt(t->arena, "%s, %s", paths,
					    f->untested.v[k].path);
			}
		if (told)
			continue;
		if (!begun) {
			tw_page_newline(&t->page);
			tw_page_to(&t->page, 2);
			tw_page_put(&t->page, TW_INK_WARN, t->style->verbose ? "Could not be "
			    "tested, was not asked for, or does not apply" : "Could not be tested");
			tw_page_newline(&t->page);
			begun = true;
		}
		tw_page_to(&t->page, 4);
		tw_page_wrap(&t->page, 6, TW_INK_PLAIN, paths);
		tw_page_to(&t->page, 6);
		tw_page_wrap(&t->page, 6, TW_INK_DIM, u->reason);
	}
}

/* "1 critical, 2 high and 3 info findings". */
static const char *
count_of(struct tw_text *t)
{
	size_t counts[TW_CRITICAL + 1] = { 0 }, kinds = 0, all = t->j->findings.n, waived = 0;
	const char *s = "";

	for (size_t i = 0; i < all; i++)
		kinds += counts[t->j->findings.v[i].severity]++ == 0;
	for (int k = TW_CRITICAL, met = 0; k >= TW_INFO; k--)
		if (counts[k] > 0) {
			met++;
			s = tw_arena_fmt(t->arena, "%s%s%zu %s", s, met == 1 ? "" :
			    met == (int)kinds ? " and " : ", ", counts[k], tw_severity_names[k]);
		}
	for (size_t i = 0; i < all; i++)
		waived += t->j->findings.v[i].waiver != NULL;
	s = tw_arena_fmt(t->arena, all == 1 ? "%s finding" : "%s findings", s);
	return all == 0 ? "no findings" : waived == 0 ? s :
	    tw_arena_fmt(t->arena, "%s, %zu of them waived", s, waived);
}

static void
put_verdict(struct tw_text *t)
{
	static const struct { enum tw_ink ink; const char *words; } verdicts[] = {
		[TW_PASS] = { TW_INK_GOOD, "pass" },
		[TW_FAIL] = { TW_INK_BAD, "fail" },
		[TW_VERDICT_UNKNOWN] = { TW_INK_WARN, "unknown" },
	};
	const struct tw_facts *f = t->f;
	bool unknown = t->j->verdict == TW_VERDICT_UNKNOWN;
	const char *why = !unknown ? NULL : f->error != NULL ? f->error :
	    f->tls != TW_REACH_TLS ? f->detail : "what could not be tested might change it";

	tw_page_fmt(&t->page, TW_INK_BOLD, "%s: ", tw_page_endpoint(t->arena, f));
	tw_page_put(&t->page, verdicts[t->j->verdict].ink, verdicts[t->j->verdict].words);
	if (t->j->findings.n > 0 || why == NULL)
		tw_page_fmt(&t->page, TW_INK_PLAIN, ", %s by %s", count_of(t), t->j->policy->name);
	if (why != NULL)
		tw_page_fmt(&t->page, TW_INK_PLAIN, ": %s", why);
	tw_page_newline(&t->page);
}

/* The worst finding nobody has excused; if all are, the worst. NULL: there is none. */
static const struct tw_finding *
worst_of(const struct tw_judgement *j)
{
	for (size_t i = 0; i < j->findings.n; i++)
		if (j->findings.v[i].waiver == NULL)
			return &j->findings.v[i];
	return j->findings.n > 0 ? &j->findings.v[0] : NULL;
}

/* The next command is a line of its own, so that it can be marked and pasted. */
static void
put_end(struct tw_text *t)
{
	const struct tw_finding *worst = worst_of(t->j);
	const struct tw_facts *f = t->f;

	put_verdict(t);
	if (worst != NULL) {
		tw_page_fmt(&t->page, TW_INK_PLAIN, "Worst: %s (%s): %s",
		    tw_findings[worst->id].id, tw_severity_names[worst->severity],
		    tw_findings[worst->id].title);
		tw_page_newline(&t->page);
		tw_page_fmt(&t->page, TW_INK_BOLD, "tlswright explain %s",
		    tw_findings[worst->id].id);
	} else {
		tw_page_put(&t->page, TW_INK_PLAIN, f->error != NULL
		    ? "Worst: no TLS was seen, so nothing could be judged"
		    : "Worst: nothing was found");
		tw_page_newline(&t->page);
		if (t->j->verdict == TW_VERDICT_UNKNOWN && f->tls == TW_REACH_TLS)
			tw_page_fmt(&t->page, TW_INK_BOLD, "tlswright audit --timeout 15s %s",
			    quoted(t->arena, f->target));
		else if (f->port != 0 && tw_port_by_number((uint16_t)f->port) != NULL)
			tw_page_fmt(&t->page, TW_INK_BOLD, "tlswright explain %d", f->port);
		else
			tw_page_put(&t->page, TW_INK_BOLD, "tlswright ports");
	}
	tw_page_newline(&t->page);
}

void
tw_report_text(const struct tw_facts *f, const struct tw_judgement *j,
    const struct tw_report_style *style, struct tw_buf *out)
{
	struct tw_text t = { .f = f, .j = j, .style = style, .arena = tw_arena_new() };

	tw_page_init(&t.page, style, out);
	if (!style->quiet) {
		put_header(&t);
		if (f->tls == TW_REACH_TLS) {
			tw_text_facts(&t);
			tw_text_certificates(&t);
		}
		put_findings(&t);
		put_untested(&t);
		tw_page_newline(&t.page);
	}
	put_end(&t);
	tw_arena_free(t.arena);
}
