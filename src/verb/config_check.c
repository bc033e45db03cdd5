/* config_check.c -- see config_check.h. config.c is the caller. The file is only read. */
#include "verb/config_check.h"

#include <errno.h>
#include <stdlib.h>

#include "net/tls_ciphers.h"
#include "report/contradict.h"
#include "verb/stored.h"

#define FILE_MAX	((size_t)16 << 20)	/* bytes of a configuration */
#define TEXT_MAX	((size_t)64 << 20)

static int
read_text(const char *path, struct tw_buf *text)
{
	FILE *f = tw_stored_open("config", path, "the configuration");
	char piece[65536];
	size_t n;
	int rv = f == NULL ? -1 : 0;

	while (rv == 0 && (n = fread(piece, 1, sizeof(piece), f)) > 0) {
		tw_buf_put(text, piece, n);
		if (text->failed) {
			tw_stored_say("config", "%s is longer than any configuration (%zu MiB)", path,
			    FILE_MAX >> 20);
			rv = -1;
		}
	}
	if (rv == 0 && ferror(f)) {
		tw_stored_say("config", "cannot read the configuration %s: %s", path,
		    strerror(errno));
		rv = -1;
	}
	if (f != NULL && f != stdin)
		fclose(f);
	return rv;
}

/* What was said counts, then what the text says, then what is installed, then the newest. */
static void
settle_versions(struct tw_config *c, const struct tw_conf *conf, struct tw_installed *here,
    void (*look)(struct tw_config *c, struct tw_installed *here))
{
	if (c->version == NULL)
		c->version = conf->version;
	if (c->openssl == NULL)
		c->openssl = conf->openssl;
	look(c, here);
	if (c->version == NULL)
		c->version = c->target->newest;
	if (c->openssl == NULL)
		c->openssl = tw_openssl_newest;
}

static int
check(struct tw_bytes text, const char *path, struct tw_config *c, bool json,
    void (*look)(struct tw_config *c, struct tw_installed *here), struct tw_conf *conf,
    struct tw_buf *out, struct tw_err *e)
{
	struct tw_conf_question q = { .policy = c->policy, .expand = tw_tls_ciphers };
	struct tw_installed here;
	tw_contradictions found;

	if (tw_conf_read(conf->arena, text, strcmp(path, "-") == 0 ? "standard input" : path,
	    c->target, conf, e) != 0)
		return 2;
	if (c->target == NULL)
		c->target = tw_target_by_name(tw_conf_name(conf->server));
	settle_versions(c, conf, &here, look);
	q.version = c->version;
	q.openssl = c->openssl;
	tw_check_conf(conf, &q, &found);
	if ((json ? tw_contradict_json : tw_contradict_text)(conf, &found, c, out, e) != 0)
		return 2;
	return found.n > 0;
}

int
tw_config_check(const char *path, const struct tw_config *config, bool json,
    void (*look)(struct tw_config *c, struct tw_installed *here))
{
	struct tw_conf conf = { .arena = tw_arena_new() };
	struct tw_arena *arena = conf.arena;
	struct tw_config c = *config;
	struct tw_buf text, out;
	struct tw_err e = { 0 };
	int status = 2;

	tw_buf_init(&text, FILE_MAX);
	tw_buf_init(&out, TEXT_MAX);
	if (read_text(path, &text) == 0) {
		status = check(tw_buf_view(&text), path, &c, json, look, &conf, &out, &e);
		if (status == 2)
			tw_stored_say("config", "%s", e.text);
		else
			fputs(tw_buf_cstr(&out), stdout);
	}
	tw_buf_clear(&out);
	tw_buf_clear(&text);
	tw_arena_free(arena);
	return status;
}
