/* What a process gives up before it meets the network; see privilege.h. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/privilege.h"

#define OVERFLOW_ROOM	16384	/* of a user's entry */

int
tw_privilege_find(const char *user, const char *group, struct tw_identity *ret,
    struct tw_err *e)
{
	char room[OVERFLOW_ROOM];
	struct passwd u, *found = NULL;
	struct group g, *ours = NULL;

	if (getpwnam_r(user, &u, room, sizeof(room), &found) != 0 || found == NULL)
		return tw_err_set(e, TW_ERR_USAGE, "there is no user %s here", user);
	*ret = (struct tw_identity){ u.pw_uid, u.pw_gid };
	if (group == NULL)
		return 0;
	if (getgrnam_r(group, &g, room, sizeof(room), &ours) != 0 || ours == NULL)
		return tw_err_set(e, TW_ERR_USAGE, "there is no group %s here", group);
	ret->gid = g.gr_gid;
	return 0;
}

static bool
read_held(struct __user_cap_data_struct held[static 2])
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &h, held) == 0;
}

bool
tw_privilege_has(unsigned capability)
{
	struct __user_cap_data_struct held[2];

	return capability < 64 && read_held(held) &&
	    (held[capability / 32].effective >> capability % 32 & 1);
}

int
tw_privilege_limit(uint64_t keep, struct tw_err *e)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct held[2];

	/* Of what a program of ours might gain; refused to who holds nothing, and then needless. */
	for (int c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
		if (!(keep >> c & 1))
			(void)prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (!read_held(held))
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot read the capabilities");
	for (int i = 0; i < 2; i++) {
		held[i].permitted &= (uint32_t)(keep >> 32 * i);
		held[i].effective = held[i].permitted;
		held[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &h, held) != 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot give up capabilities");
	return 0;
}

static bool
is_all(const struct tw_identity *id)
{
	uid_t r, f, s;
	gid_t gr, gf, gs;

	return getresuid(&r, &f, &s) == 0 && getresgid(&gr, &gf, &gs) == 0 && r == id->uid &&
	    f == id->uid && s == id->uid && gr == id->gid && gf == id->gid && gs == id->gid;
}

static int
become(const struct tw_identity *id, struct tw_err *e)
{
	if (geteuid() != 0 && is_all(id))
		return 0;
	if (setgroups(0, NULL) != 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot leave the groups (as root only)");
	if (setresgid(id->gid, id->gid, id->gid) != 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot become group %u", (unsigned)id->gid);
	if (setresuid(id->uid, id->uid, id->uid) != 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot become user %u", (unsigned)id->uid);
	return 0;
}

int
tw_privilege_drop(const struct tw_identity *id, uint64_t keep, struct tw_err *e)
{
	if (id->uid == 0)
		return tw_err_set(e, TW_ERR_USAGE, "root is no user to drop privileges to");
	if (keep != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot keep capabilities");
	if (become(id, e) != 0 || tw_privilege_limit(keep, e) != 0)
		return -1;
	(void)prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	umask(0077);
	/* It must not come back: with CAP_SETUID kept, it would. */
	if (setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0 || !is_all(id))
		return tw_err_set(e, TW_ERR_SYSTEM, "privileges do not stay dropped");
	return 0;
}

int
tw_privilege_no_new(struct tw_err *e)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot refuse new privileges");
	return 0;
}

int
tw_privilege_hide(bool lock, struct tw_err *e)
{
	static const struct rlimit none;

	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot forbid core files");
	/* Where the limit on locked memory is small, swap is the administrator's to encrypt. */
	if (lock)
		(void)mlockall(MCL_CURRENT);
	return 0;
}

bool
tw_privilege_die_with(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent;
}

int
tw_privilege_descriptors(uint64_t n, struct tw_err *e)
{
	struct rlimit now, want;

	if (getrlimit(RLIMIT_NOFILE, &now) != 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot read the limit of descriptors");
	if (now.rlim_cur >= n)
		return 0;
	want = (struct rlimit){ n, now.rlim_max > n ? now.rlim_max : n };
	if (setrlimit(RLIMIT_NOFILE, &want) != 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "%llu descriptors are needed, the limit is %llu "
		    "(LimitNOFILE= of the service, or ulimit -n)", (unsigned long long)n,
		    (unsigned long long)now.rlim_max);
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static void
close_range_of(unsigned from, unsigned to)
{
	if (from > to || syscall(SYS_close_range, from, to, 0) == 0)
		return;
	/* A kernel before 5.9. */
	for (long fd = from, end = sysconf(_SC_OPEN_MAX); fd <= (long)to && fd < end; fd++)
		close((int)fd);
}

void
tw_privilege_close_others(int *keep, size_t n)
{
	unsigned from = 3;

	if (n > 0)
		qsort(keep, n, sizeof(*keep), by_number);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < (int)from)
			continue;
		if (keep[i] > (int)from)
			close_range_of(from, (unsigned)keep[i] - 1);
		from = (unsigned)keep[i] + 1;
	}
	close_range_of(from, ~0u);
}
