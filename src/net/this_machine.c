/* Reads the machine's own tables; see this_machine.h. */
#include "net/this_machine.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "net/command.h"
#include "net/v6only.h"

#define TABLE_BYTES	(16u << 20)	/* of one table under /proc */
#define RULES_BYTES	(32u << 20)	/* of one ruleset */
#define RULES_MS	10000		/* for nft to print it */

struct tw_bytes
tw_this_machine_file(struct tw_arena *a, const char *path, size_t most)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);	/* a pipe must not hold us */
	struct tw_bytes text = { NULL, 0 };
	struct tw_buf b;
	uint8_t part[16384];
	ssize_t n;

	if (fd < 0)
		return text;
	tw_buf_init(&b, most);
	while (!b.failed && (n = read(fd, part, sizeof(part))) > 0)
		tw_buf_put(&b, part, (size_t)n);
	close(fd);
	if (!b.failed && b.n > 0)
		text = tw_arena_bytes(a, tw_buf_view(&b));
	tw_buf_clear(&b);
	return text;
}

static unsigned
length_of(const struct sockaddr *mask)
{
	const uint8_t *p;
	unsigned n = 0, bits = 0;

	if (mask == NULL)
		return 0;
	if (mask->sa_family == AF_INET6) {
		p = ((const struct sockaddr_in6 *)(const void *)mask)->sin6_addr.s6_addr;
		n = 16;
	} else {
		p = (const uint8_t *)&((const struct sockaddr_in *)(const void *)mask)->sin_addr;
		n = 4;
	}
	for (unsigned i = 0; i < 8 * n; i++)
		bits += p[i / 8] >> (7 - i % 8) & 1;
	return bits;
}

static void
read_addresses(struct tw_machine *m)
{
	struct ifaddrs *list, *i;

	if (getifaddrs(&list) != 0)
		return;
	for (i = list; i != NULL; i = i->ifa_next) {
		struct tw_address a = { 0 };
		const uint8_t *p;

		if (i->ifa_addr == NULL || (i->ifa_flags & IFF_UP) == 0 ||
		    (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
			continue;
		a.v6 = i->ifa_addr->sa_family == AF_INET6;
		p = a.v6 ? ((struct sockaddr_in6 *)(void *)i->ifa_addr)->sin6_addr.s6_addr :
		    (const uint8_t *)&((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr;
		for (int k = 0; k < (a.v6 ? 16 : 4); k++)
			a.value = a.value << 8 | p[k];
		a.interface = tw_text_escaped(m->arena, tw_bytes_of(i->ifa_name));
		a.length = length_of(i->ifa_netmask);
		a.scope = tw_scope_of(a.value, a.v6);
		TW_PUSH(m->arena, &m->addresses, a);
	}
	freeifaddrs(list);
}

/* Which process has which socket: the links of /proc/PID/fd, as far as we may read them. */
struct owner {
	uint64_t inode;
	struct tw_process process;
};

struct owners {
	struct tw_arena *arena;
	struct { struct owner *v; size_t n, cap; } list;
	bool refused;		/* of some process the links may not be read */
};

static void
read_links(struct owners *o, const char *directory, const struct tw_process *process)
{
	DIR *d = opendir(directory);
	char path[PATH_MAX], to[64];

	if (d == NULL) {
		o->refused = o->refused || errno == EACCES || errno == EPERM;
		return;
	}
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		ssize_t n;
		char *end;
		struct owner one = { .process = *process };

		snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);
		n = readlink(path, to, sizeof(to) - 1);
		if (n <= 8 || strncmp(to, "socket:[", 8) != 0)
			continue;
		to[n] = '\0';
		one.inode = strtoull(to + 8, &end, 10);
		if (*end == ']')
			TW_PUSH(o->arena, &o->list, one);
	}
	closedir(d);
}

static void
read_processes(struct owners *o)
{
	DIR *d = opendir("/proc");
	char path[64];

	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		struct tw_process p = { .pid = strtol(e->d_name, NULL, 10) };
		struct tw_bytes name;

		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/comm", p.pid);
		name = tw_this_machine_file(o->arena, path, 4096);
		while (name.n > 0 && name.p[name.n - 1] == '\n')
			name.n--;
		p.name = name.p == NULL ? "" : tw_text_escaped(o->arena, name);
		snprintf(path, sizeof(path), "/proc/%ld/fd", p.pid);
		read_links(o, path, &p);
	}
	closedir(d);
}

static const char *
user_of(struct tw_arena *a, uint32_t uid)
{
	struct passwd entry, *found = NULL;
	char room[16384];

	if (getpwuid_r(uid, &entry, room, sizeof(room), &found) == 0 && found != NULL)
		return tw_text_escaped(a, tw_bytes_of(entry.pw_name));
	return tw_arena_fmt(a, "user %u", uid);
}

static void
add_listener(struct tw_machine *m, const struct owners *o, const struct tw_socket *s)
{
	struct tw_process mine[64];
	size_t n = 0;

	for (size_t i = 0; i < o->list.n && n < TW_COUNT(mine); i++)
		if (s->inode != 0 && o->list.v[i].inode == s->inode)
			mine[n++] = o->list.v[i].process;
	/* Of UDP only what the registry knows: all else are clients waiting for an answer. */
	if (s->transport == TW_UDP) {
		bool known = false;

		for (size_t i = 0; i < tw_ports_n; i++)
			known = known || (tw_ports[i].port == s->port &&
			    strcmp(tw_ports[i].transport, "udp") == 0);
		if (!known)
			return;
	}
	tw_machine_add(m, s, mine, n, user_of(m->arena, s->uid));
}

/* Which IPv6 sockets on :: take IPv4 too; where the kernel does not say, they are taken to. */
static void
find_dual(struct tw_machine *m)
{
	struct tw_v6only only = { 0 };

	tw_v6only_read(m->arena, &only);
	for (size_t i = 0; i < m->listeners.n; i++) {
		struct tw_listener *l = &m->listeners.v[i];

		for (size_t k = 0; k < l->sockets.n; k++) {
			const struct tw_socket *s = &l->sockets.v[k];
			bool is_only = false;

			for (size_t n = 0; n < only.n; n++)
				is_only = is_only || only.v[n] == s->inode;
			l->takes_v4 = l->takes_v4 || (s->v6 && s->address == 0 && !is_only);
		}
	}
}

static int
read_listeners(struct tw_machine *m, struct tw_err *err)
{
	static const struct { const char *path; enum tw_transport transport; bool v6; } tables[] = {
		{ "/proc/net/tcp", TW_TCP, false }, { "/proc/net/tcp6", TW_TCP, true },
		{ "/proc/net/udp", TW_UDP, false }, { "/proc/net/udp6", TW_UDP, true } };
	struct owners o = { .arena = m->arena };
	struct tw_sockets sockets = { 0 };

	for (size_t i = 0; i < TW_COUNT(tables); i++) {
		struct tw_bytes text = tw_this_machine_file(m->arena, tables[i].path, TABLE_BYTES);

		if (text.p == NULL && i == 0)
			return tw_err_set(err, TW_ERR_SYSTEM, "cannot read %s", tables[i].path);
		tw_sockets_read(m->arena, text, tables[i].transport, tables[i].v6, &sockets);
	}
	read_processes(&o);
	for (size_t i = 0; i < sockets.n; i++)
		add_listener(m, &o, &sockets.v[i]);
	find_dual(m);
	if (o.refused)
		TW_PUSH(m->arena, &m->unseen, "the processes of other users: only root may see "
		    "which of them listens where");
	return 0;
}

/* Runs one command and gives what it printed; p NULL: it did not end well. */
static struct tw_bytes
output_of(struct tw_machine *m, const char *const *argv, struct tw_command *ret)
{
	struct tw_bytes text = { NULL, 0 };

	*ret = (struct tw_command){ .argv = argv };
	tw_buf_init(&ret->out, RULES_BYTES);
	tw_buf_init(&ret->err, 65536);
	tw_command_run(ret, 1, 1, RULES_MS, NULL);
	if (ret->status == 0 && !ret->out.failed)
		text = tw_arena_bytes(m->arena, tw_buf_view(&ret->out));
	tw_buf_clear(&ret->out);
	tw_buf_clear(&ret->err);
	return text;
}

static void
read_saved(struct tw_machine *m, const char *program, bool v6, const char *source)
{
	const char *const argv[] = { program, NULL };
	struct tw_command c;
	struct tw_bytes text = output_of(m, argv, &c);

	if (text.n > 0 && tw_ruleset_read_save(m->arena, text, v6, source, &m->rules, NULL) == 0) {
		TW_PUSH(m->arena, &m->sources, source);
		return;
	}
	/* Rules that are there and cannot be read: nothing may be called open. */
	if (strcmp(source, "iptables-legacy") == 0) {
		m->has_rules = false;
		TW_PUSH(m->arena, &m->unseen, tw_arena_fmt(m->arena, "the firewall: this kernel has "
		    "rules of %s, and %s could not list them", source, program));
	}
}

/* Has the kernel a legacy iptables at all? Asking by iptables-legacy would load it. */
static bool
has_legacy(struct tw_machine *m, bool v6)
{
	struct tw_bytes names = tw_this_machine_file(m->arena,
	    v6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", 4096);

	return names.n > 0;
}

static void
read_rules(struct tw_machine *m)
{
	static const char *const nft[] = { "nft", "-j", "list", "ruleset", NULL };
	struct tw_command c;
	struct tw_bytes text = output_of(m, nft, &c);

	if (text.p != NULL && tw_ruleset_read_nft(m->arena, text, &m->rules, NULL) == 0) {
		m->has_rules = true;
		TW_PUSH(m->arena, &m->sources, "nftables");
	} else if (c.missing) {
		/* No nft: whether there are rules only the kernel knows, and it tells by nft. */
		TW_PUSH(m->arena, &m->unseen, "the firewall: the program nft is not installed, "
		    "so its rules could not be read");
	} else {
		TW_PUSH(m->arena, &m->unseen, m->is_root ? "the firewall: nft could not list its "
		    "rules" : "the firewall: only root may read its rules");
	}
	for (int v6 = 0; v6 < 2; v6++) {
		if (tw_ruleset_is_foreign(&m->rules, v6))
			read_saved(m, v6 ? "ip6tables-nft-save" : "iptables-nft-save", v6,
			    "iptables-nft");
		if (has_legacy(m, v6))
			read_saved(m, v6 ? "ip6tables-legacy-save" : "iptables-legacy-save", v6,
			    "iptables-legacy");
	}
}

int
tw_this_machine_read(struct tw_machine *m, struct tw_err *err)
{
	char name[256] = "";

	m->arena = tw_arena_new();
	m->now = time(NULL);
	m->is_root = geteuid() == 0;
	if (gethostname(name, sizeof(name) - 1) == 0)
		m->name = tw_text_escaped(m->arena, tw_bytes_of(name));
	read_addresses(m);
	tw_routes_read(m->arena, tw_this_machine_file(m->arena, "/proc/net/route", TABLE_BYTES),
	    false, &m->route);
	tw_routes_read(m->arena, tw_this_machine_file(m->arena, "/proc/net/ipv6_route",
	    TABLE_BYTES), true, &m->route6);
	if (read_listeners(m, err) != 0)
		return -1;
	read_rules(m);
	return 0;
}

void
tw_this_machine_clear(struct tw_machine *m)
{
	for (size_t i = 0; i < m->listeners.n; i++)
		tw_facts_free(m->listeners.v[i].facts);
	tw_arena_free(m->arena);
	*m = (struct tw_machine){ 0 };
}
