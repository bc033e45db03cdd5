/*
 * diagnosis.h -- what was seen of one target from the name up: the lookups, every
 * address and port knocked at, and the facts of each endpoint that answered. exam/
 * writes it, judge/ makes causes of it, report/ shows it. It lives in one arena.
 */
#ifndef TW_PROBE_DIAGNOSIS_H
#define TW_PROBE_DIAGNOSIS_H

#include "probe/facts.h"
#include "probe/http.h"

#define TW_DIAGNOSIS_LOOKS 8		/* addresses of one port that are examined */

enum tw_lookup { TW_LOOKUP_NONE, TW_LOOKUP_FOUND, TW_LOOKUP_NO_NAME, TW_LOOKUP_NO_ADDRESS,
	TW_LOOKUP_SILENT, TW_LOOKUP_FAILED, TW_LOOKUP_NO_SERVER, TW_LOOKUP_BAD_NAME };
extern const char *const tw_lookup_names[];	/* NULL "found" "no-name" "no-address" … */

struct tw_looked_up {
	enum tw_lookup state;
	double ms;
};

struct tw_knock {			/* one TCP connection to one address and port */
	const char *address;
	bool v6;
	enum tw_tcp tcp;		/* NONE: not tried, or not waited for */
	bool here;			/* refused by this machine itself: no route, no address */
	double ms;
	const char *detail;		/* the system's words where it failed, or NULL */
};

enum tw_role { TW_ROLE_ASKED, TW_ROLE_SIBLING, TW_ROLE_WITNESS };
extern const char *const tw_role_names[];	/* "asked" "sibling" "witness" */

struct tw_spot {			/* one port of the host */
	uint16_t port;
	enum tw_role role;
	const struct tw_port *row;	/* as named, else the registry's; or NULL */
	TW_LIST(struct tw_knock) knocks;
	TW_LIST(struct tw_facts *) looks;	/* owned by the diagnosis; one an address */
};

struct tw_cause;			/* judge/cause.h */

struct tw_diagnosis {
	struct tw_arena *arena;
	const char *target, *host;
	uint16_t port;			/* 0: a bare host */
	bool is_address, through_proxy;
	const char *connect;		/* --connect, or NULL */
	struct tw_looked_up v4, v6;
	bool from_hosts;		/* it was /etc/hosts that had the name; no name server was asked */
	const char *parent;		/* of a name that does not exist, or NULL */
	struct tw_looked_up parent_found;
	TW_LIST(const char *) addresses;
	TW_LIST(struct tw_spot) spots;
	/* Plain HTTP on 80, asked where a clock or a portal is in question. */
	bool http_asked;
	double http_ms;
	struct tw_bytes http_head;	/* p NULL: it did not answer */
	const char *cloud;		/* whose machine this is, by its DMI; or NULL */
	unsigned dark25;		/* other targets of this run whose 25 is silent too */
	unsigned lit25;			/* and those whose 25 answers */
	int64_t at;			/* dates are judged as of then */
	bool at_given;			/* --at: it is not our clock that is in question */
	int64_t started;		/* seconds since 1970 */
	int64_t elapsed_ms;
	TW_LIST(struct tw_cause) causes;	/* by tw_cause_judge() */
	int verdict;			/* enum tw_diagnosis_verdict */
};

struct tw_diagnosis *tw_diagnosis_new(const char *target);	/* with an arena of its own */
void tw_diagnosis_free(struct tw_diagnosis *d);		/* takes NULL; its looks too */
/* The spot of port; NULL when it was not knocked at. */
struct tw_spot *tw_diagnosis_spot(const struct tw_diagnosis *d, uint16_t port);
/* Is port open at one address at least? */
bool tw_spot_is_open(const struct tw_spot *s);
/* The ports that stand for the same service: 465 and 25 of 587; count in *ret_n. */
const uint16_t *tw_siblings_of(uint16_t port, size_t *ret_n);

#endif
