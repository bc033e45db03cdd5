/*
 * probe.h -- one question about a server: which hello to send, how to read the
 * answer, which fact it makes; never what it is worth. A probe holds no
 * socket and no clock: exam/ asks its questions, side by side.
 */
#ifndef TW_PROBE_PROBE_H
#define TW_PROBE_PROBE_H

#include "probe/facts.h"
#include "wire/flight.h"
#include "wire/hello.h"

enum tw_outcome {
	TW_GOT_FLIGHT,		/* a ServerHello (or more) came: see flight */
	TW_GOT_ALERT,		/* a fatal alert before any ServerHello */
	TW_GOT_CLOSED,		/* closed or reset with no answer to the hello */
	TW_GOT_SILENCE,		/* no answer to the hello in time */
	TW_GOT_GARBAGE,		/* bytes that are not TLS */
	TW_GOT_NOTHING,		/* the hello could not be put: connect, dialogue or budget; see why */
};

struct tw_answer {
	enum tw_outcome outcome;
	const struct tw_flight *flight;	/* never NULL, empty when nothing came */
	const char *why;		/* TW_GOT_NOTHING, SILENCE: one sentence for `untested` */
	double ms;			/* from the hello to the end of the answer */
};

/* Keys exam/ has at hand: the two that nearly every server takes, and the two large curves. */
enum tw_share_set { TW_SHARES_NONE, TW_SHARES_USUAL, TW_SHARES_LARGE, TW_SHARE_SETS };
extern const uint16_t tw_share_groups[TW_SHARE_SETS][2];	/* x25519 P-256; P-384 P-521 */

struct tw_question {
	struct tw_hello hello;		/* its shares and random are filled in by exam/ */
	enum tw_want want;
	enum tw_sni_kind sni;		/* exam/ fills hello.sni from it */
	enum tw_share_set shares;	/* key shares to send, to open 1.3 flights */
	int tag;			/* the probe's own */
	void *note;			/* the probe's own; arena memory */
};

/*
 * A probe's life in one examination: exam/ calls ask() while it returns true
 * (each question goes on a connection of its own), and hear() with each
 * answer; after any hear(), every probe is asked again. A probe that has
 * nothing to ask now and nothing in flight is done.
 */
struct tw_dh_seen {		/* values by which reuse shows; rows as facts.dh's */
	struct tw_bytes prime, value;
};

struct tw_order_seen {		/* what a server took of all suites, its first offered last */
	struct tw_u16s suites, groups;	/* as offered; n 0: not known */
	uint32_t suite, group;
};

struct tw_probing {
	struct tw_facts *facts;
	struct tw_arena *arena;
	bool quick;
	struct tw_shelf *shelf;		/* certificates read before; NULL: none */
	const char *sni;		/* the name given in SNI; NULL: none */
	const struct tw_port *row;	/* registry row of the service, or NULL */
	const char *const *alpn;	/* what every hello offers: chosen before, or demanded */
	size_t alpn_n;
	double fastest_ms;		/* answer so far; 0: none */
	enum tw_share_set share_set;	/* whose groups this server takes */
	bool rides_out;			/* a question of lists.c, under way, tests endurance too */
	TW_LIST(struct tw_dh_seen) dh_seen;
	struct tw_order_seen order_seen[TW_VERSIONS];
	/* The lists of a version are complete (or could not be made): others may build on them. */
	bool versions_known, suites_known[TW_VERSIONS], groups_known[TW_VERSIONS];
};

struct tw_probe {
	const char *name;		/* the fact it makes, for traces and `untested` */
	size_t state_size;		/* zeroed memory it gets as state */
	bool (*ask)(struct tw_probing *p, void *state, struct tw_question *q);
	void (*hear)(struct tw_probing *p, void *state, const struct tw_question *q,
	    const struct tw_answer *a);
	/* Called once, when no probe has anything left: last facts, `untested` rows. */
	void (*close)(struct tw_probing *p, void *state);
};

extern const struct tw_probe *const tw_probes[];	/* NULL ends it */
extern const struct tw_probe *const tw_quick_probes[];	/* --quick */
extern const struct tw_probe *const tw_diagnose_probes[];	/* today.c */

/* Facts that follow from others with no question of their own: attacks by suites and versions. */
void tw_facts_infer(struct tw_facts *f);

#endif
