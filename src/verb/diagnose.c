/*
 * tlswright diagnose: why does a connection fail? Targets in; of each what was seen from
 * the name up, the cause in one sentence, how sure, and what to do, in order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "exam/diagnose.h"
#include "net/trust_open.h"
#include "report/diagnosis.h"
#include "verb/diagnose_local.h"
#include "verb/options.h"
#include "verb/stored.h"
#include "verb/story.h"
#include "verb/target.h"

#define REPORT_MAX	(4u << 20)
#define AT_ONCE		16		/* targets */

static const struct tw_option options[] = {
	{ "local", '\0', NULL, "this machine: who listens, and who can reach it" },
	{ "via", '\0', "USER@HOST", "with --local: ask from there, through ssh, which answer" },
	{ "json", '\0', NULL, "one JSON object a target, one a line" },
	{ "sni", '\0', "NAME", "server name to ask for, other than the host's" },
	{ "no-sni", '\0', NULL, "ask for no server name" },
	{ "connect", '\0', "ADDRESS", "connect there, whatever the name resolves to" },
	{ NULL, '4', NULL, "IPv4 only" },
	{ NULL, '6', NULL, "IPv6 only" },
	{ "ca", '\0', "FILE|DIR", "trust these roots too" },
	{ "proxy", '\0', "HOST:PORT", "go through an HTTP CONNECT proxy" },
	{ "timeout", '\0', "DURATION", "one step (5s; a mail server's greeting 15s)" },
	{ "max-time", '\0', "DURATION", "one target in all (60s)" },
	{ "at", '\0', "TIME", "judge dates as of then: 2027-01-31, 2027-01-31T12:00:00Z" },
	{ "verbose", 'v', NULL, "every step and a whole handshake on stderr, every port in the report" },
	{ "quiet", 'q', NULL, "a line a target" },
	{ NULL, '\0', NULL, NULL },
};

struct diagnose {
	struct tw_exam_options exam;
	struct tw_report_style style;
	bool json;
	const char *ca;
	bool local;
	const char *via;	/* of --local, or NULL */
	char **words;
	int words_n, word;
	struct tw_target target;
	bool target_open;
	struct tw_diagnosis **done;	/* by number, until all are there */
	size_t done_n;
	unsigned usage_errors;
};

/* A sentence on stderr, escaped: a target may be anybody's word. */
#define say(...)	tw_stored_say("diagnose", __VA_ARGS__)

static bool
complain(const char *option, const char *value, const char *wanted)
{
	say("--%s wants %s, not \"%s\"", option, wanted, value);
	return false;
}

static bool
take_duration(const char *name, const char *value, int64_t *ret)
{
	return (tw_text_parse_duration(value, ret) && *ret > 0) ||
	    complain(name, value, "a duration as 5s, 200ms or 2m");
}

static bool
take_family(struct diagnose *g, int family)
{
	if (g->exam.family != AF_UNSPEC && g->exam.family != family) {
		say("-4 and -6 exclude each other");
		return false;
	}
	g->exam.family = family;
	return true;
}

static bool
on_option(void *ctx, const char *name, const char *value)
{
	struct diagnose *g = ctx;
	const struct { const char *name; bool *flag; const char **text; } rows[] = {
		{ "local", &g->local, NULL }, { "via", NULL, &g->via },
		{ "json", &g->json, NULL }, { "sni", NULL, &g->exam.sni },
		{ "no-sni", &g->exam.no_sni, NULL }, { "connect", NULL, &g->exam.connect },
		{ "ca", NULL, &g->ca }, { "proxy", NULL, &g->exam.proxy },
		{ "verbose", &g->style.verbose, NULL }, { "quiet", &g->style.quiet, NULL },
	};

	if (strcmp(name, "timeout") == 0)
		return take_duration(name, value, &g->exam.timeout_ms);
	if (strcmp(name, "max-time") == 0)
		return take_duration(name, value, &g->exam.max_time_ms);
	if (strcmp(name, "connect") == 0 && (*value == '\0' || strpbrk(value, " \t/") != NULL))
		return complain(name, value, "an address or a host's name");
	if (strcmp(name, "at") == 0) {
		g->exam.at_given = true;
		return tw_text_parse_time(value, &g->exam.at) ||
		    complain(name, value, "a time as 2027-01-31 or 2027-01-31T12:00:00Z");
	}
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		if (strcmp(name, rows[i].name) == 0) {
			if (rows[i].flag != NULL)
				*rows[i].flag = true;
			else
				*rows[i].text = value;
			return true;
		}
	return take_family(g, name[0] == '4' ? AF_INET : AF_INET6);
}

static bool
next(void *ctx, struct tw_spec *ret)
{
	struct diagnose *g = ctx;
	struct tw_err err = { 0 };

	while (!g->target_open || !tw_target_next(&g->target, ret)) {
		g->target_open = false;
		if (g->word == g->words_n)
			return false;
		if (tw_target_parse(g->words[g->word++], &g->target, &err) != 0) {
			say("%s", err.text);
			g->usage_errors++;
			continue;
		}
		if (g->target.network) {
			say("%s is a network: name the hosts one by one", g->target.text);
			g->usage_errors++;
			continue;
		}
		if (g->target.note[0] != '\0')
			say("\"%s\" is taken for %s", g->target.text, g->target.note);
		g->target_open = true;
	}
	return true;
}

static void
done(void *ctx, size_t number, struct tw_diagnosis *d)
{
	struct diagnose *g = ctx;

	if (number >= g->done_n) {
		g->done = reallocarray(g->done, number + 1, sizeof(struct tw_diagnosis *));
		if (g->done == NULL)
			abort();
		while (g->done_n <= number)
			g->done[g->done_n++] = NULL;
	}
	g->done[number] = d;
}

/* What the other targets of this run tell about outgoing port 25. */
static void
compare_25(struct diagnose *g)
{
	unsigned dark = 0, lit = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < g->done_n; i++) {
			struct tw_diagnosis *d = g->done[i];
			const struct tw_spot *s = d == NULL ? NULL : tw_diagnosis_spot(d, 25);
			bool open, silent;

			if (s == NULL || s->knocks.n == 0)
				continue;
			open = tw_spot_is_open(s);
			silent = !open && s->knocks.v[0].tcp == TW_TCP_FILTERED;
			if (pass == 0) {
				dark += silent;
				lit += open;
				continue;
			}
			d->dark25 = dark - silent;
			d->lit25 = lit - open;
			tw_cause_judge(d);
		}
}

static int
show(struct diagnose *g)
{
	unsigned found = 0, unknown = 0;

	compare_25(g);
	for (size_t i = 0; i < g->done_n; i++) {
		struct tw_diagnosis *d = g->done[i];
		struct tw_buf out;

		if (d == NULL)
			continue;
		tw_buf_init(&out, REPORT_MAX);
		if (g->json)
			tw_report_diagnosis_json(d, &out);
		else
			tw_report_diagnosis(d, &g->style, &out);
		if (i > 0 && !g->json && !g->style.quiet)
			fputs("\n", stdout);
		fwrite(out.p, 1, out.n, stdout);
		found += d->verdict == TW_DIAGNOSIS_CAUSE;
		unknown += d->verdict == TW_DIAGNOSIS_UNKNOWN;
		tw_buf_clear(&out);
		tw_diagnosis_free(d);
	}
	free(g->done);
	fflush(stdout);
	return g->usage_errors > 0 ? 2 : found > 0 ? 1 : unknown > 0 ? 3 : 0;
}

static void
set_style(struct tw_report_style *ret)
{
	struct winsize w = { 0 };
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	bool tty = isatty(STDOUT_FILENO);

	ret->color = tty && (no == NULL || *no == '\0') && term != NULL && strcmp(term, "dumb") != 0;
	if (tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40)
		ret->width = w.ws_col;
}

/* --local: a word behind it is how the world calls this machine. */
static int
look_here(const struct diagnose *g)
{
	const struct tw_diagnose_local local = { .json = g->json, .via = g->via,
		.name = g->words_n > 0 ? g->words[0] : NULL, .timeout_ms = g->exam.timeout_ms,
		.style = g->style };

	if (g->local && g->words_n <= 1 && (g->words_n == 0 || g->via != NULL))
		return tw_diagnose_local_run(&local);
	say(!g->local ? "--via is for --local: from where to look at this machine" :
	    g->words_n > 1 ? "--local is about this machine: one name of it, at most" :
	    "--local is about this machine; a name of it is for --via");
	return 2;
}

static int
run(int argc, char **argv)
{
	struct diagnose g = { .exam = { .family = AF_UNSPEC, .parallel = AT_ONCE,
	    .per_host = 8, .max_time_ms = 60000, .at = time(NULL) } };
	struct tw_diagnose_client client = { .ctx = &g, .next = next, .done = done };
	struct tw_exam_client told = { 0 };
	struct tw_err err = { 0 };
	int status;

	set_style(&g.style);
	status = tw_options_read(&tw_verb_diagnose, argc, argv, on_option, &g, &g.words_n);
	if (status >= 0)
		return status;
	g.words = argv + 1;
	if (g.local || g.via != NULL)
		return look_here(&g);
	if (g.words_n == 0) {
		fprintf(stderr, "tlswright diagnose: what does not work? For example: tlswright diagnose "
		    "mail.example.com:465, tlswright diagnose https://192.168.1.100/; --help says more\n");
		return 2;
	}
	if (tw_trust_open(g.ca, &g.exam.trust, &err) != 0) {
		say("%s", err.text);
		return 2;
	}
	if (g.style.verbose) {
		tw_story_show(&told);
		client.trace = told.trace;
		client.tell = told.tell;
		client.style = told.style;
	}
	if (tw_diagnose_run(&g.exam, &client, &err) != 0) {
		say("%s", err.text);
		g.usage_errors++;
	}
	status = show(&g);
	tw_trust_free(g.exam.trust);
	return status;
}

const struct tw_verb tw_verb_diagnose = { .name = "diagnose", .usage = "diagnose [OPTION…] TARGET…",
	.summary = "say why a connection works or fails, and what to do", .options = options, .run = run };
