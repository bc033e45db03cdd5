/* config_nftables.c -- see config_nftables.h. config.c is the caller. */
#include "verb/config_nftables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/nftables.h"
#include "verb/stored.h"

#define TEXT_MAX (4u << 20)

static int
read_file(struct tw_nftables *n, const struct tw_config_nftables *o)
{
	FILE *f = tw_stored_open("config", o->from, "what was found");
	struct tw_err err = { 0 };
	char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t got;
	int rc = 0;

	if (f == NULL)
		return -1;
	while (rc == 0 && (got = getline(&line, &size, f)) > 0) {
		number++;
		if (strspn(line, " \t\r\n") == (size_t)got)
			continue;
		rc = tw_nftables_read(n, line, (size_t)got, o->host, &err);
		if (rc != 0)
			tw_stored_say("config", "%s, line %zu: %s", o->from, number, err.text);
	}
	free(line);
	if (f != stdin)
		fclose(f);
	if (rc == 0 && n->host == NULL) {
		tw_stored_say("config", "%s holds nothing%s%s: `tlswright diagnose --local --json > FILE` "
		    "on the machine itself makes some", o->from, o->host != NULL ? " of " : "",
		    o->host != NULL ? o->host : " that was found");
		rc = -1;
	}
	return rc;
}

static int
take_options(struct tw_nftables *n, const struct tw_config_nftables *o)
{
	struct tw_err err = { 0 };

	if ((o->networks == NULL || tw_nftables_inside(n, o->networks, &err) == 0) &&
	    (o->passive == NULL || tw_nftables_passive(n, o->passive, &err) == 0) &&
	    (o->open == NULL || tw_nftables_public(n, o->open, &err) == 0))
		return 0;
	tw_stored_say("config", "%s", err.text);
	return -1;
}

int
tw_config_nftables_run(const struct tw_config_nftables *o)
{
	struct tw_nftables n = { .arena = tw_arena_new() };
	struct tw_buf out;
	int status = 2;

	tw_buf_init(&out, TEXT_MAX);
	if (o->from == NULL) {
		tw_stored_say("config", "nftables wants what was found: `tlswright diagnose --local "
		    "--json > FILE` on the machine itself, then `tlswright config nftables --from FILE`");
	} else if (read_file(&n, o) == 0 && take_options(&n, o) == 0) {
		tw_nftables_write(&n, &out);
		fputs(tw_buf_cstr(&out), stdout);
		status = 0;
	}
	tw_buf_clear(&out);
	tw_arena_free(n.arena);
	return status;
}
