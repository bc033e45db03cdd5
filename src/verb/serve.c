/* serve: the gateway, from its configuration file. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gate/config_check.h"
#include "gate/gate.h"
#include "verb/options.h"
#include "verb/serve_audit.h"
#include "verb/serve_try.h"
#include "verb/verb.h"

#define STANDARD_FILE	"/etc/tlswright/tlswright.conf"

struct wish {
	const char *file;
	bool check, try, self_audit;
};

static bool
on_option(void *ctx, const char *name, const char *value)
{
	struct wish *w = ctx;

	if (strcmp(name, "config") == 0)
		w->file = value;
	w->check = w->check || strcmp(name, "check") == 0;
	w->self_audit = w->self_audit || strcmp(name, "self-audit") == 0;
	w->try = w->try || strcmp(name, "try") == 0;
	return true;
}

static void
say(void *ctx, const char *line)
{
	(void)ctx;
	fprintf(stderr, "tlswright: %s\n", line);
}

static void
on_ready(void *ctx)
{
	const struct wish *w = ctx;

	if (w->self_audit)
		tw_serve_audit_start(w->file);
}

static void
show(const struct tw_config_remarks *remarks)
{
	for (size_t i = 0; i < remarks->n; i++) {
		const struct tw_config_remark *r = &remarks->v[i];

		fprintf(stderr, "%s:", r->where.file);
		if (r->where.line > 0)	/* 0: of the file as a whole */
			fprintf(stderr, "%u:", r->where.line);
		fprintf(stderr, " %s%s\n", r->warning ? "warning: " : "", r->text);
	}
}

/* The text alone. */
static struct tw_config *
read_file(void *ctx)
{
	const struct wish *w = ctx;
	struct tw_config_remarks remarks = { 0 };
	struct tw_config *c = tw_config_read(w->file, NULL, (int64_t)time(NULL), &remarks);

	show(&remarks);
	tw_config_clear_remarks(&remarks);
	return c;
}

/* The files it names; the gateway asks for it in a child, so that no key comes to the parent. */
static bool
check_files(void *ctx, const struct tw_config *c)
{
	struct tw_config_remarks remarks = { 0 };
	bool good = tw_config_check_files(c, (int64_t)time(NULL), &remarks) == 0;

	(void)ctx;
	show(&remarks);
	tw_config_clear_remarks(&remarks);
	return good;
}

/* For --check: both. NULL: it cannot be served. */
static struct tw_config *
read_all(const char *file, size_t *ret_warnings)
{
	struct tw_config_remarks remarks = { 0 };
	int64_t now = (int64_t)time(NULL);
	struct tw_config *c = tw_config_read(file, NULL, now, &remarks);
	bool good = c != NULL && tw_config_check_files(c, now, &remarks) == 0;

	show(&remarks);			/* some of them have names that are c's */
	*ret_warnings = remarks.n;	/* nothing else is among them where it is good */
	tw_config_clear_remarks(&remarks);
	if (good)
		return c;
	tw_config_free(c);
	return NULL;
}

static int
check(struct tw_config *c, bool self_audit, size_t warnings)
{
	int status = 0;

	printf("%s: it can be served: %zu listener%s, %zu backend%s, %zu warning%s\n", c->path,
	    c->listens_n, c->listens_n == 1 ? "" : "s", c->backends_n,
	    c->backends_n == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
	if (self_audit) {
		fflush(stdout);
		status = tw_serve_audit(c);
	}
	tw_config_free(c);
	return status;
}

static int
run(int argc, char **argv)
{
	struct wish wish = { .file = STANDARD_FILE };
	/* As an upgrade starts it again. */
	char name[] = "tlswright", verb[] = "serve", config_option[] = "-c", audit[] = "--self-audit";
	char *again[] = { name, verb, config_option, NULL, NULL, NULL };
	struct tw_gate_voice voice = { .say = say, .ready = on_ready, .read = read_file,
		.check = check_files, .program = again, .ctx = &wish };
	size_t warnings;
	struct tw_config *config;
	struct tw_err e;
	int words, status = tw_options_read(&tw_verb_serve, argc, argv, on_option, &wish, &words);

	if (status >= 0)
		return status;
	if (wish.try)
		return tw_serve_try(argv + 1, words);
	if (words > 0) {
		fprintf(stderr, "tlswright serve: \"%s\" is one word too many\n", argv[1]);
		return 2;
	}
	config = wish.check ? read_all(wish.file, &warnings) : read_file(&wish);
	if (config == NULL)
		return 2;
	if (wish.check)
		return check(config, wish.self_audit, warnings);
	again[3] = (char *)(uintptr_t)wish.file;
	again[4] = wish.self_audit ? audit : NULL;
	if (tw_gate_run(config, &voice, &e) == 0)
		return 0;
	fprintf(stderr, "tlswright serve: %s\n", e.text);
	return e.code == TW_ERR_FORMAT ? 2 : 1;
}

static const struct tw_option options[] = {
	{ "config", 'c', "FILE", "the configuration (" STANDARD_FILE ")" },
	{ "check", '\0', NULL, "read it, say what is wrong with it, and end" },
	{ "self-audit", '\0', NULL, "examine its own listeners, at start and after each reload; with --check: now" },
	{ "try", '\0', NULL, "front BACKEND as SERVICE at once, for a look: imap 127.0.0.1:143" },
	{ NULL }
};

const struct tw_verb tw_verb_serve = {
	.name = "serve",
	.usage = "serve [--check] [--self-audit] [-c FILE] | --try SERVICE BACKEND",
	.summary = "front servers with TLS, implicit and STARTTLS",
	.options = options,
	.run = run,
};
