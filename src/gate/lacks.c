/* What the gateway cannot do yet; see lacks.h. A row goes when the feature comes. */
#include <stdio.h>
#include <string.h>

#include "gate/lacks.h"

static const struct tw_where *
firewall(const struct tw_config *c, size_t i)
{
	return i < c->bans_n && c->bans[i].nftables ? &c->bans[i].where : NULL;
}

static const struct tw_where *
ftp(const struct tw_config *c, size_t i)
{
	return i < c->listens_n && strcmp(c->listens[i].port->service, "ftp") == 0 ?
	    &c->listens[i].where : NULL;
}

static const struct tw_where *
shared_port(const struct tw_config *c, size_t i)
{
	return i < c->listens_n && c->listens[i].also_n > 0 ? &c->listens[i].where : NULL;
}

static const struct tw_where *
plaintext(const struct tw_config *c, size_t i)
{
	return i < c->listens_n && !c->listens[i].require_tls &&
	    c->listens[i].mode != TW_IMPLICIT ? &c->listens[i].where : NULL;
}

static const struct lack {
	const struct tw_where *(*wanted)(const struct tw_config *c, size_t i);
	const char *what;
} lacks[] = {
	{ firewall, "bans hold in the gateway, not in nftables yet: take nftables = true out" },
	{ ftp, "FTP is not served yet, for its data connections are not" },
	{ plaintext, "require_tls = false is not served yet: what comes in the clear is refused" },
	{ shared_port, "several services on one port are not told apart yet" },
};

bool
tw_gate_lacks(const struct tw_config *c, void (*say)(void *ctx, const char *line), void *ctx)
{
	size_t most = c->backends_n + c->bans_n + c->listens_n;
	bool lacking = false;
	char line[512];

	for (size_t k = 0; k < sizeof(lacks) / sizeof(lacks[0]); k++)
		for (size_t i = 0; i < most; i++) {
			const struct tw_where *at = lacks[k].wanted(c, i);

			if (at == NULL)
				continue;
			snprintf(line, sizeof(line), "%s:%u: %s", at->file, at->line, lacks[k].what);
			say(ctx, line);
			lacking = true;
		}
	if (c->listens_n + c->redirects_n > TW_GATE_LISTENS) {
		snprintf(line, sizeof(line), "%s: more than %d listen blocks", c->path,
		    TW_GATE_LISTENS);
		say(ctx, line);
		lacking = true;
	}
	return lacking;
}
