/*
 * resolve.h -- names to addresses by c-ares on a libuv loop: /etc/hosts and
 * DNS, IPv6 and IPv4, sorted as RFC 6724 wants. exam/ is the caller.
 */
#ifndef TW_NET_RESOLVE_H
#define TW_NET_RESOLVE_H

#include <sys/socket.h>

#include <stdbool.h>

#include "base/err.h"
#include "net/loop.h"

struct tw_resolver;

#define TW_RESOLVE_ADDRESSES 16		/* most addresses kept of one name */

enum tw_unresolved { TW_UNRESOLVED_NOT, TW_UNRESOLVED_NO_NAME, TW_UNRESOLVED_NO_ADDRESS,
	TW_UNRESOLVED_SILENT, TW_UNRESOLVED_FAILED, TW_UNRESOLVED_NO_SERVER,
	TW_UNRESOLVED_BAD_NAME };

struct tw_addresses {
	struct sockaddr_storage v[TW_RESOLVE_ADDRESSES];
	size_t n;
	const char *error;	/* n is 0: why, one sentence; static */
	enum tw_unresolved why;	/* the same, for those who tell them apart */
};

int tw_resolver_open(struct tw_loop *loop, struct tw_resolver **ret, struct tw_err *err);
/*
 * The same, but what one server says is the answer, an error too: for those who want to
 * know why. The other kind asks the next server, and in the end says that there is none.
 */
int tw_resolver_open_strict(struct tw_loop *loop, struct tw_resolver **ret, struct tw_err *err);
/* The same, but only this machine's own list (/etc/hosts) is asked; it answers before the return. */
int tw_resolver_open_hosts(struct tw_loop *loop, struct tw_resolver **ret, struct tw_err *err);
void tw_resolver_close(struct tw_resolver *r);	/* cancels what is under way; takes NULL */

/*
 * Resolves name (UTF-8 IDN allowed; an address in text resolves to itself, at
 * once) in family AF_UNSPEC, AF_INET or AF_INET6. done is called once, perhaps
 * before the return. Ports in the answers are 0.
 */
void tw_resolver_ask(struct tw_resolver *r, const char *name, int family,
    void (*done)(void *ctx, const struct tw_addresses *found), void *ctx);

#endif
