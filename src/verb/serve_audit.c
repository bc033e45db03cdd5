/*
 * serve --self-audit: what runs at the gateway's listeners is held against its file. Beside
 * a gateway it is a program of its own: no key and no connection is in reach of what examines.
 */
#include <stdio.h>
#include <time.h>

#include "gate/self_audit.h"
#include "net/process.h"
#include "verb/serve_audit.h"

static void
say(void *ctx, const char *line)
{
	(void)ctx;
	fprintf(stderr, "tlswright: self-audit: %s\n", line);
}

int
tw_serve_audit(const struct tw_config *c)
{
	struct tw_self_audit s = { .config = c, .at = (int64_t)time(NULL), .say = say };
	struct tw_err e;

	if (tw_self_audit_run(&s, &e) != 0) {
		say(NULL, e.text);
		return 1;
	}
	printf("%s: self-audit: %u look%s at %zu listener%s, %u differ%s, %u could not be known\n",
	    c->path, s.examined, s.examined == 1 ? "" : "s", c->listens_n,
	    c->listens_n == 1 ? "" : "s", s.differing, s.differing == 1 ? "s" : "", s.unknown);
	return s.differing > 0 ? 1 : s.unknown > 0 ? 3 : 0;
}

void
tw_serve_audit_start(const char *file)
{
	char self[] = "tlswright", verb[] = "serve", check[] = "--check", audit[] = "--self-audit",
	    config[] = "-c", path[4096];
	char *const argv[] = { self, verb, check, audit, config, path, NULL };

	if (snprintf(path, sizeof(path), "%s", file) >= (int)sizeof(path) ||
	    tw_process_run_self(argv) < 0)
		say(NULL, "it could not be started");
}
