/*
 * nftables.h -- `config nftables`: a rule set for the services that were found, by `audit
 * --json` or `diagnose --local --json`. Pure: stored results in, the text of nft out.
 */
#ifndef TW_REPORT_NFTABLES_H
#define TW_REPORT_NFTABLES_H

#include "base/err.h"
#include "data/access.h"
#include "host/ranges.h"

struct tw_nftables_service {
	bool udp;
	uint16_t port;
	enum tw_access access;
	const char *name;	/* "imaps" of the registry, or as found; plain letters */
	const char *process;	/* "dovecot", or NULL; plain letters */
};

struct tw_nftables {
	struct tw_arena *arena;		/* the caller's */
	const char *host;		/* whose services; NULL: none found yet */
	const char *from;		/* "diagnose --local" or "audit", and when */
	bool local;			/* its own addresses are known */
	struct { struct tw_nftables_service *v; size_t n, cap; } services;	/* by port */
	struct { struct tw_nftables_service *v; size_t n, cap; } loopback;	/* need no rule */
	struct { const char **v; size_t n, cap; } inside4, inside6;	/* who may use internal ones */
	const char *whence;		/* of those networks, in words */
	uint16_t passive_first, passive_last;	/* FTP's data connections; 0: 50000-50100 */
};

/*
 * Adds what one stored object tells; host (or NULL) chooses where a file is of several.
 * -1: it is not such an object, or of another host.
 */
int tw_nftables_read(struct tw_nftables *n, const char *line, size_t size, const char *host,
    struct tw_err *err);
/* Takes "10.0.0.0/8,fd00::/8" for the internal networks; -1: one of them is none. */
int tw_nftables_inside(struct tw_nftables *n, const char *list, struct tw_err *err);
/* Takes "50000-50100"; -1: that is no range of ports. */
int tw_nftables_passive(struct tw_nftables *n, const char *range, struct tw_err *err);
/* Makes these ports ("8443,9090") public whatever they are; -1: one is no port that was found. */
int tw_nftables_public(struct tw_nftables *n, const char *list, struct tw_err *err);
/* Puts the rule set; the networks that were not named are filled in. */
void tw_nftables_write(struct tw_nftables *n, struct tw_buf *out);

#endif
