/*
 * firewall.h -- what a ruleset does to connections that begin: a pure judgement
 * over sets of source addresses. Nothing is called open that may not be: what is
 * not understood makes "perhaps".
 */
#ifndef TW_HOST_FIREWALL_H
#define TW_HOST_FIREWALL_H

#include "host/ruleset.h"
#include "host/sockets.h"

struct tw_packet {		/* the first packet of a connection to this machine */
	enum tw_transport transport;
	bool v6;
	uint16_t port;
	const char *interface;	/* it comes in by */
	struct tw_ranges local;	/* the addresses it may be sent to */
	struct tw_ranges from;	/* whose packets are asked about */
};

struct tw_passage {		/* all lie in packet.from; together they are it */
	struct tw_ranges open, perhaps;
	struct tw_ranges dropped, rejected;	/* in silence; with an answer */
	struct tw_ranges elsewhere;	/* sent to another place or port (dnat, redirect) */
	const char *place;		/* which, of the first such rule; or NULL */
	bool limited;			/* open while a rate is kept */
	const char *closed_by, *opened_by;	/* "inet filter input, rule 7 (comment)"; or NULL */
	struct { const char **v; size_t n, cap; } doubts;	/* what made "perhaps" */
};

/* What happens to packet on its way in, and to the answer on its way out. */
void tw_firewall_judge(struct tw_arena *a, const struct tw_ruleset *r,
    const struct tw_packet *packet, struct tw_passage *ret);
/* Does any chain stand in the way of what comes in? */
bool tw_firewall_filters(const struct tw_ruleset *r);

/* The rules that send what comes to another port or machine: each as words. */
struct tw_forwards {
	const char **v;
	size_t n, cap;
};
void tw_firewall_forwards(struct tw_arena *a, const struct tw_ruleset *r, struct tw_forwards *ret);

#endif
