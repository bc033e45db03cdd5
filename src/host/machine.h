/*
 * machine.h -- this machine as `diagnose --local` sees it: its addresses, who
 * listens, what the firewall lets in, which certificates lie on its disk. net/
 * reads it, the pure part here says what follows.
 */
#ifndef TW_HOST_MACHINE_H
#define TW_HOST_MACHINE_H

#include "host/firewall.h"
#include "host/routes.h"
#include "probe/facts.h"

struct tw_address {		/* one of this machine's */
	const char *interface;
	bool v6;
	tw_u128 value;
	unsigned length;	/* of its network's prefix, bits */
	enum tw_scope scope;
};

struct tw_process {
	long pid;
	const char *name;
};

struct tw_kept {		/* a certificate in a file */
	const char *path;
	struct tw_cert cert;
};

struct tw_way {			/* one way in: an interface and a family */
	const char *interface;
	bool v6;
	enum tw_scope scope;	/* the widest of the addresses there */
	struct { const struct tw_address **v; size_t n, cap; } addresses;
	struct tw_passage passage;
};

enum tw_exposure {		/* who may reach a listener, at most */
	TW_EXPOSED_LOOPBACK, TW_EXPOSED_NOBODY /* the firewall lets none in */,
	TW_EXPOSED_LINK, TW_EXPOSED_PRIVATE, TW_EXPOSED_PUBLIC,
};
extern const char *const tw_exposure_names[];	/* "loopback" "nobody" "link" "private" "public" */

struct tw_outside {		/* what the machine of --via saw at one address */
	const char *address;
	const char *state;	/* "open" "refused" "silent" "unreachable" "unknown" */
	const char *detail;	/* or NULL */
};

struct tw_listener {
	struct { struct tw_socket *v; size_t n, cap; } sockets;	/* one port, one process */
	bool takes_v4;		/* an IPv6 socket on every address that takes IPv4 too */
	const char *user;
	struct { struct tw_process *v; size_t n, cap; } processes;	/* none: not to be seen */
	const struct tw_port *row;	/* what the registry knows of the port, or NULL */
	struct tw_facts *facts;	/* what it said when asked; NULL: not asked */
	const char *asked;	/* "127.0.0.1:443", or why it was not asked */
	struct { struct tw_way *v; size_t n, cap; } ways;
	enum tw_exposure exposure;
	bool certain;		/* no way in is "perhaps" */
	struct { const struct tw_kept **v; size_t n, cap; } kept;	/* files of what it serves */
	const struct tw_kept *newer;	/* a later one for the same names, not served; or NULL */
	struct { struct tw_outside *v; size_t n, cap; } outside;
};

struct tw_machine {
	struct tw_arena *arena;	/* owns all but facts */
	const char *name;
	int64_t now;		/* seconds since 1970 */
	bool is_root;
	struct { struct tw_address *v; size_t n, cap; } addresses;
	struct tw_route route, route6;
	bool has_rules;		/* false: they could not be read */
	struct tw_ruleset rules;
	struct { const char **v; size_t n, cap; } sources;	/* what was read: "nftables", … */
	struct { struct tw_listener *v; size_t n, cap; } listeners;
	struct { struct tw_kept *v; size_t n, cap; } kept;
	struct { const char **v; size_t n, cap; } unseen;	/* sentences */
	const char *via;	/* of --via, or NULL */
};

/* Sorts sockets into listeners: one an address, but IPv4 and IPv6 of one process together. */
void tw_machine_add(struct tw_machine *m, const struct tw_socket *s,
    const struct tw_process *processes, size_t n, const char *user);
/* Works out the ways in, the exposure and the files of every listener. */
void tw_machine_conclude(struct tw_machine *m);
/*
 * Is the way out a private address, so that somebody translates for it? The address
 * then is *ret_address.
 */
bool tw_machine_is_behind_nat(const struct tw_machine *m, const struct tw_address **ret_address);
/* What to connect to from here for one listener; NULL: it cannot be, and *ret_why says so. */
const char *tw_machine_ask_at(const struct tw_machine *m, const struct tw_listener *l,
    const char **ret_why);

#endif
