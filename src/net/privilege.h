/*
 * privilege.h -- what a process gives up before it meets the network, and what it may
 * use up. Each call is for one process, once, before threads are started.
 */
#ifndef TW_NET_PRIVILEGE_H
#define TW_NET_PRIVILEGE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/err.h"

struct tw_identity {
	uid_t uid;
	gid_t gid;
};

/* Looks user (and group, or NULL: the user's own) up. -1: no such one. */
int tw_privilege_find(const char *user, const char *group, struct tw_identity *ret,
    struct tw_err *e);
/*
 * Becomes id for good, without other groups, and holds only the capabilities in keep
 * (bits 1 << CAP_x; 0: none). Tries to come back and fails if it could. Not root and already
 * id: only the rest is done.
 */
int tw_privilege_drop(const struct tw_identity *id, uint64_t keep, struct tw_err *e);
/* Holds only these capabilities from now on, as whom it is. */
int tw_privilege_limit(uint64_t keep, struct tw_err *e);
bool tw_privilege_has(unsigned capability);	/* it is effective now */
int tw_privilege_no_new(struct tw_err *e);	/* no program gives more rights from now on */
/* No core file, no debugger of the same user; pages are kept out of swap where allowed. */
int tw_privilege_hide(bool lock, struct tw_err *e);
/* This process ends with parent (getppid() before the fork); false: it is gone already. */
bool tw_privilege_die_with(pid_t parent);
/* At least n descriptors. -1: e says what the limit is and how to raise it. */
int tw_privilege_descriptors(uint64_t n, struct tw_err *e);
/* Closes every descriptor from 3 on but keep[], which is sorted by this. */
void tw_privilege_close_others(int *keep, size_t n);

#endif
