/*
 * tlswright audit: targets or stored facts in, a judgement of each out. This
 * file has the options and the exit status; audit_source.c says where facts
 * come from, audit_output.c what becomes of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "base/text.h"
#include "net/trust_open.h"
#include "verb/audit.h"
#include "verb/options.h"
#include "verb/story.h"

static const struct tw_option options[] = {
	{ "policy", '\0', "NAME", "what is right: tlswright (default), intermediate, modern" },
	{ "quick", '\0', NULL, "version, suite and certificate only: the fewest round trips" },
	{ "json", '\0', NULL, "one JSON object an endpoint, one a line" },
	{ "from", '\0', "FILE", "judge stored facts (--json of before) again, without a network" },
	{ "baseline", '\0', "FILE", "show what changed since FILE (--json of before)" },
	{ "waivers", '\0', "FILE", "findings known and accepted: target, reason, until when" },
	{ "fail-on", '\0', "SEVERITY", "info, low, medium, high (default) or critical" },
	{ "input", 'i', "FILE", "targets from a list, one a line, # comments; - is stdin" },
	{ "sni", '\0', "NAME", "server name to ask for, other than the host's" },
	{ "no-sni", '\0', NULL, "ask for no server name" },
	{ "connect", '\0', "ADDRESS", "connect there, whatever the name resolves to" },
	{ NULL, '4', NULL, "IPv4 only" },
	{ NULL, '6', NULL, "IPv6 only" },
	{ "all-addresses", '\0', NULL, "examine every address of a name" },
	{ "ca", '\0', "FILE|DIR", "trust these roots too" },
	{ "proxy", '\0', "HOST:PORT", "go through an HTTP CONNECT proxy" },
	{ "timeout", '\0', "DURATION", "one step (5s; a mail server's greeting 15s)" },
	{ "max-time", '\0', "DURATION", "one endpoint in all (60s)" },
	{ "parallel", '\0', "N", "endpoints at once (64)" },
	{ "per-host", '\0', "N", "connections to one address at once (8)" },
	{ "rate", '\0', "N/s", "new connections a second, over all" },
	{ "at", '\0', "TIME", "judge dates as of then: 2027-01-31, 2027-01-31T12:00:00Z" },
	{ "save-certs", '\0', "DIR", "write each chain met to DIR as PEM" },
	{ "verbose", 'v', NULL, "a handshake step by step, every hello and its answer on stderr" },
	{ "quiet", 'q', NULL, "a line an endpoint" },
	{ NULL, '\0', NULL, NULL },
};

static bool
complain(const char *option, const char *value, const char *wanted)
{
	audit_say("--%s wants %s, not \"%s\"", option, wanted, value);
	return false;
}

static bool
take_policy(struct audit *a, const char *value)
{
	a->policy = tw_policy_by_name(value);
	if (a->policy != NULL)
		return true;
	fprintf(stderr, "tlswright audit: there is no policy \"%s\"; there are", value);
	for (size_t i = 0; tw_policies[i] != NULL; i++)
		fprintf(stderr, "%s %s (%s)", i == 0 ? "" : ",", tw_policies[i]->short_name,
		    tw_policies[i]->name);
	fputs("\n", stderr);
	return false;
}

static bool
take_number(const char *name, const char *value, unsigned most, unsigned *ret)
{
	char *end;
	unsigned long v = strtoul(value, &end, 10);
	char wanted[64];

	if (*value >= '0' && *value <= '9' && *end == '\0' && v >= 1 && v <= most) {
		*ret = (unsigned)v;
		return true;
	}
	snprintf(wanted, sizeof(wanted), "a number from 1 to %u", most);
	return complain(name, value, wanted);
}

static bool
take_duration(const char *name, const char *value, int64_t *ret)
{
	return (tw_text_parse_duration(value, ret) && *ret > 0) ||
	    complain(name, value, "a duration as 5s, 200ms or 2m");
}

static bool
take_rate(struct audit *a, const char *value)
{
	char *end;

	a->exam.rate = strtod(value, &end);
	return (a->exam.rate > 0 && a->exam.rate <= 1e6 &&
	    (*end == '\0' || strcmp(end, "/s") == 0)) ||
	    complain("rate", value, "connections a second, as 50/s");
}

static bool
take_fail_on(struct audit *a, const char *value)
{
	int severity = tw_severity_by_name(value);

	if (severity < 0)
		return complain("fail-on", value, "info, low, medium, high or critical");
	a->fail_on = (enum tw_severity)severity;
	return true;
}

/* Options that only set a flag or a string. */
static bool
take_plain(struct audit *a, const char *name, const char *value)
{
	const struct { const char *name; bool *flag; const char **text; } rows[] = {
		{ "quick", &a->exam.quick, NULL }, { "json", &a->json, NULL },
		{ "from", NULL, &a->from }, { "baseline", NULL, &a->baseline },
		{ "waivers", NULL, &a->waivers_file },
		{ "input", NULL, &a->list }, { "sni", NULL, &a->exam.sni },
		{ "no-sni", &a->exam.no_sni, NULL }, { "connect", NULL, &a->exam.connect },
		{ "all-addresses", &a->exam.all_addresses, NULL }, { "ca", NULL, &a->ca },
		{ "proxy", NULL, &a->exam.proxy }, { "verbose", &a->style.verbose, NULL },
		{ "quiet", &a->style.quiet, NULL }, { "save-certs", NULL, &a->save_certs },
	};

	int family;

	for (size_t i = 0; i < TW_COUNT(rows); i++)
		if (strcmp(name, rows[i].name) == 0) {
			if (rows[i].flag != NULL)
				*rows[i].flag = true;
			if (rows[i].text != NULL)
				*rows[i].text = value;
			return true;
		}
	family = name[0] == '4' ? AF_INET : AF_INET6;
	if (a->exam.family != AF_UNSPEC && a->exam.family != family) {
		audit_say("-4 and -6 exclude each other");
		return false;
	}
	a->exam.family = family;
	return true;
}

static bool
on_option(void *ctx, const char *name, const char *value)
{
	struct audit *a = ctx;

	if (strcmp(name, "policy") == 0)
		return take_policy(a, value);
	if (strcmp(name, "fail-on") == 0)
		return take_fail_on(a, value);
	if (strcmp(name, "timeout") == 0)
		return take_duration(name, value, &a->exam.timeout_ms);
	if (strcmp(name, "max-time") == 0)
		return take_duration(name, value, &a->exam.max_time_ms);
	if (strcmp(name, "parallel") == 0)
		return take_number(name, value, 10000, &a->exam.parallel);
	if (strcmp(name, "per-host") == 0)
		return take_number(name, value, 1000, &a->exam.per_host);
	if (strcmp(name, "rate") == 0)
		return take_rate(a, value);
	if (strcmp(name, "connect") == 0 && (*value == '\0' || strpbrk(value, " \t/") != NULL))
		return complain(name, value, "an address or a host's name");
	if (strcmp(name, "at") == 0)
		return tw_text_parse_time(value, &a->exam.at) ||
		    complain(name, value, "a time as 2027-01-31 or 2027-01-31T12:00:00Z");
	return take_plain(a, name, value);
}

/* Thousands of sockets at once want more descriptors than the usual 1024. */
static void
raise_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max < 65536 ? r.rlim_max : 65536;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static int
status_of(const struct audit *a)
{
	if (a->usage_errors > 0)
		return 2;
	return a->failed > 0 ? 1 : a->unknown > 0 ? 3 : 0;
}

static int
examine(struct audit *a)
{
	struct tw_exam_client client = { .ctx = a, .next = audit_next, .done = audit_done };
	struct tw_err err = { 0 };

	if (a->style.verbose)
		tw_story_show(&client);
	if (tw_trust_open(a->ca, &a->exam.trust, &err) != 0 ||
	    tw_exam_run(&a->exam, &client, &err) != 0) {
		audit_say("%s", err.text);
		a->usage_errors++;
	}
	tw_trust_free(a->exam.trust);
	return status_of(a);
}

static int
run(int argc, char **argv)
{
	struct audit a = { .fail_on = TW_HIGH, .exam = { .family = AF_UNSPEC, .parallel = 64,
	    .per_host = 8, .max_time_ms = 60000, .at = time(NULL) } };
	int words = 0, status;

	a.policy = tw_policy_by_name("tlswright");
	audit_style(&a.style);
	status = tw_options_read(&tw_verb_audit, argc, argv, on_option, &a, &words);
	if (status >= 0)
		return status;
	a.words = argv + 1;
	a.words_n = words;
	if (words == 0 && a.list == NULL && a.from == NULL) {
		fprintf(stderr, "tlswright audit: what is to be examined? For example: "
		    "tlswright audit example.com, tlswright audit imap://mail.example.com; "
		    "--help says more\n");
		return 2;
	}
	if (audit_open(&a) != 0) {
		audit_close(&a);
		return 2;
	}
	raise_descriptors();
	status = a.from != NULL ? audit_from(&a) : examine(&a);
	audit_close(&a);
	return status < 0 ? status_of(&a) : status;
}

const struct tw_verb tw_verb_audit = { .name = "audit", .usage = "audit [OPTION…] TARGET…",
	.summary = "examine and grade TLS endpoints", .options = options, .run = run };
