/* serve: the gateway, from its configuration file. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gate/config.h"
#include "gate/gate.h"
#include "net/notify.h"
#include "verb/options.h"
#include "verb/verb.h"

#define STANDARD_FILE	"/etc/tlswright/tlswright.conf"

struct wish {
	const char *file;
};

static bool
on_option(void *ctx, const char *name, const char *value)
{
	struct wish *w = ctx;

	if (strcmp(name, "config") == 0)
		w->file = value;
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

		fprintf(stderr, "%s:%u: %s%s\n", r->where.file, r->where.line,
		    r->warning ? "warning: " : "", r->text);
	}
}

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

static int
run(int argc, char **argv)
{
	struct wish wish = { STANDARD_FILE };
	struct tw_gate_voice voice = { .say = say, .ready = on_ready, .read = read_file, .ctx = &wish };
	struct tw_config *config;
	struct tw_err e;
	int words, status = tw_options_read(&tw_verb_serve, argc, argv, on_option, &wish, &words);

	if (status >= 0)
		return status;
	if (words > 0) {
		fprintf(stderr, "tlswright serve: \"%s\" is one word too many\n", argv[1]);
		return 2;
	}
	config = read_file(&wish);
	if (config == NULL)
		return 2;
	if (tw_gate_run(config, &voice, &e) != 0) {
		fprintf(stderr, "tlswright serve: %s\n", e.text);
		return 1;
	}
	return 0;
}

static const struct tw_option options[] = {
	{ "config", 'c', "FILE", "the configuration (" STANDARD_FILE ")" },
	{ NULL }
};

const struct tw_verb tw_verb_serve = {
	.name = "serve",
	.usage = "serve [-c FILE]",
	.summary = "front servers with TLS, implicit and STARTTLS",
	.options = options,
	.run = run,
};
