/* serve: the gateway, from its configuration file. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gate/config_check.h"
#include "gate/gate.h"
#include "net/notify.h"
#include "verb/options.h"
#include "verb/verb.h"

#define STANDARD_FILE	"/etc/tlswright/tlswright.conf"

struct wish {
	const char *file;
	bool check;
};

static bool
on_option(void *ctx, const char *name, const char *value)
{
	struct wish *w = ctx;

	if (strcmp(name, "config") == 0)
		w->file = value;
	else
		w->check = true;
	return true;
}

static void
say(void *ctx, const char *line)
{
	(void)ctx;
	fprintf(stderr, "tlswright: %s\n", line);
}

/* systemd's Type=notify waits for it. */
static void
on_ready(void *ctx)
{
	(void)ctx;
	(void)tw_notify(TW_NOTIFY_READY, NULL);
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

/* For a reload: the running gateway finds out itself whether keys fit. */
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

/* For --check and the start: the files it names as well. NULL: it cannot be served. */
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
check(struct tw_config *c, size_t warnings)
{
	printf("%s: it can be served: %zu listener%s, %zu backend%s, %zu warning%s\n", c->path,
	    c->listens_n, c->listens_n == 1 ? "" : "s", c->backends_n,
	    c->backends_n == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
	tw_config_free(c);
	return 0;
}

static int
run(int argc, char **argv)
{
	struct wish wish = { .file = STANDARD_FILE };
	struct tw_gate_voice voice = { .say = say, .ready = on_ready, .read = read_file, .ctx = &wish };
	size_t warnings;
	struct tw_config *config;
	struct tw_err e;
	int words, status = tw_options_read(&tw_verb_serve, argc, argv, on_option, &wish, &words);

	if (status >= 0)
		return status;
	if (words > 0) {
		fprintf(stderr, "tlswright serve: \"%s\" is one word too many\n", argv[1]);
		return 2;
	}
	config = read_all(wish.file, &warnings);
	if (config == NULL)
		return 2;
	if (wish.check)
		return check(config, warnings);
	if (tw_gate_run(config, &voice, &e) != 0) {
		fprintf(stderr, "tlswright serve: %s\n", e.text);
		return 1;
	}
	return 0;
}

static const struct tw_option options[] = {
	{ "config", 'c', "FILE", "the configuration (" STANDARD_FILE ")" },
	{ "check", '\0', NULL, "read it, say what is wrong with it, and end" },
	{ NULL }
};

const struct tw_verb tw_verb_serve = {
	.name = "serve",
	.usage = "serve [--check] [-c FILE]",
	.summary = "front servers with TLS, implicit and STARTTLS",
	.options = options,
	.run = run,
};
