/* What was found, for a rule set: stored JSON of two kinds; see nftables.h. */
#include <stdlib.h>

#include <jansson.h>

#include "base/text.h"
#include "report/nftables.h"

#define WORD 40		/* letters of a name that are kept */

static const char *
string_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

/* Only letters that mean nothing to nft: these words stand in its comments. */
static const char *
plain(struct tw_arena *a, const char *s)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "._+-:/";
	char *copy;
	size_t n = 0;

	if (s == NULL)
		return NULL;
	copy = tw_arena_alloc(a, WORD + 1);
	for (; *s != '\0' && n < WORD; s++)
		if (strchr(good, *s) != NULL)
			copy[n++] = *s;
	return n > 0 ? copy : NULL;
}

static const struct tw_port *
row_of(uint16_t port, bool udp)
{
	for (size_t i = 0; i < tw_ports_n; i++)
		if (tw_ports[i].port == port &&
		    strcmp(tw_ports[i].transport, udp ? "udp" : "tcp") == 0)
			return &tw_ports[i];
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	const struct tw_nftables_service *x = a, *y = b;

	return x->port != y->port ? (int)x->port - (int)y->port : (int)x->udp - (int)y->udp;
}

static void
add(struct tw_nftables *n, bool loopback, bool udp, json_int_t port, const char *service,
    const char *process)
{
	struct tw_nftables_service s = { .udp = udp, .port = (uint16_t)port };
	const struct tw_port *row;
	struct tw_nftables_service *have = NULL;

	if (port < 1 || port > 65535)
		return;
	row = row_of(s.port, udp);
	service = plain(n->arena, service);
	s.access = tw_access_of(service, row);
	s.name = row != NULL && (service == NULL || strcmp(row->service, service) == 0) ?
	    row->scheme : service != NULL ? service : "unknown";
	s.process = plain(n->arena, process);
	if (loopback) {
		TW_PUSH(n->arena, &n->loopback, s);
		return;
	}
	for (size_t i = 0; i < n->services.n; i++)
		if (n->services.v[i].port == s.port && n->services.v[i].udp == s.udp)
			have = &n->services.v[i];
	if (have == NULL) {
		TW_PUSH(n->arena, &n->services, s);
		qsort(n->services.v, n->services.n, sizeof(*n->services.v), compare);
	}
}

/* "10.1.2.3" with 24 bits as the network "10.1.2.0/24", where it is a private one. */
static void
add_own_network(struct tw_nftables *n, const json_t *address)
{
	const char *text = string_of(address, "address"), *scope = string_of(address, "scope");
	struct tw_range r;
	bool v6;

	if (text == NULL || scope == NULL || strcmp(scope, "private") != 0)
		return;
	text = tw_arena_fmt(n->arena, "%s/%d", text,
	    (int)json_integer_value(json_object_get(address, "prefix")));
	if (!tw_ranges_read(text, &r, &v6))
		return;
	text = tw_arena_fmt(n->arena, "%s%s", tw_ranges_address(n->arena, r.first, v6),
	    strchr(text, '/'));
	if (v6)
		TW_PUSH(n->arena, &n->inside6, text);
	else
		TW_PUSH(n->arena, &n->inside4, text);
	n->whence = "this host's own private networks";
}

static int
read_local(struct tw_nftables *n, const json_t *o, struct tw_err *err)
{
	const json_t *row;
	size_t i;

	if (!json_is_array(json_object_get(o, "listeners")))
		return tw_err_set(err, TW_ERR_FORMAT, "it has no listeners");
	n->local = true;
	json_array_foreach(json_object_get(o, "addresses"), i, row)
		add_own_network(n, row);
	json_array_foreach(json_object_get(o, "listeners"), i, row) {
		const char *exposure = string_of(row, "exposure"), *transport =
		    string_of(row, "transport");

		add(n, exposure != NULL && strcmp(exposure, "loopback") == 0,
		    transport != NULL && strcmp(transport, "udp") == 0,
		    json_integer_value(json_object_get(row, "port")), string_of(row, "service"),
		    string_of(json_object_get(row, "process"), "name"));
	}
	return 0;
}

static int
read_audit(struct tw_nftables *n, const json_t *o)
{
	const char *tcp = string_of(json_object_get(o, "reach"), "tcp");

	if (tcp != NULL && strcmp(tcp, "open") == 0)
		add(n, false, false, json_integer_value(json_object_get(o, "port")),
		    string_of(o, "service"), string_of(json_object_get(o, "software"), "name"));
	return 0;
}

static int
read_object(struct tw_nftables *n, const json_t *o, const char *host, struct tw_err *err)
{
	const char *kind = string_of(o, "kind"), *name = string_of(o, "host");
	bool local = kind != NULL && strcmp(kind, "local") == 0;
	const char *started = string_of(o, "started");

	if (!json_is_object(o) || (kind != NULL && !local) || string_of(o, "tool") == NULL ||
	    (!local && json_object_get(o, "reach") == NULL))
		return tw_err_set(err, TW_ERR_FORMAT,
		    "not an object of `audit --json` or `diagnose --local --json`");
	name = plain(n->arena, name);
	if (name == NULL || (host != NULL && strcmp(host, name) != 0))
		return 0;
	if (n->host != NULL && strcmp(n->host, name) != 0)
		return tw_err_set(err, TW_ERR_USAGE, "results of several hosts, %s and %s: a rule set "
		    "is for one; choose it by --name", n->host, name);
	n->host = name;
	started = plain(n->arena, started);
	n->from = tw_arena_fmt(n->arena, "%s of %s", local ? "diagnose --local" : "audit",
	    started != NULL ? started : "an unknown day");
	return local ? read_local(n, o, err) : read_audit(n, o);
}

int
tw_nftables_read(struct tw_nftables *n, const char *line, size_t size, const char *host,
    struct tw_err *err)
{
	json_error_t where;
	json_t *o = json_loadb(line, size, JSON_REJECT_DUPLICATES, &where);
	int rc;

	if (o == NULL)
		return tw_err_set(err, TW_ERR_FORMAT, "not JSON: column %d", where.column);
	rc = read_object(n, o, host, err);
	json_decref(o);
	return rc;
}

int
tw_nftables_inside(struct tw_nftables *n, const char *list, struct tw_err *err)
{
	char *copy = tw_arena_str(n->arena, list), *one;
	struct tw_range r;
	bool v6;

	n->inside4.n = n->inside6.n = 0;
	n->whence = "named by --network";
	while ((one = strsep(&copy, ", ")) != NULL) {
		const char *slash = strchr(one, '/'), *text;

		if (*one == '\0')
			continue;
		if (!tw_ranges_read(one, &r, &v6))
			return tw_err_set(err, TW_ERR_USAGE, "\"%s\" is no network, as 10.1.0.0/16 or "
			    "fd00:1::/32 is one", one);
		text = tw_arena_fmt(n->arena, "%s%s", tw_ranges_address(n->arena, r.first, v6),
		    slash != NULL ? slash : "");
		if (v6)
			TW_PUSH(n->arena, &n->inside6, text);
		else
			TW_PUSH(n->arena, &n->inside4, text);
	}
	return n->inside4.n + n->inside6.n > 0 ? 0 :
	    tw_err_set(err, TW_ERR_USAGE, "--network names no network");
}

static bool
read_port(const char *s, char **end, unsigned long *ret)
{
	*ret = strtoul(s, end, 10);
	return *s >= '0' && *s <= '9' && *ret > 0 && *ret <= 65535;
}

int
tw_nftables_passive(struct tw_nftables *n, const char *range, struct tw_err *err)
{
	unsigned long first, last;
	char *end;

	if (!read_port(range, &end, &first) || *end != '-' ||
	    !read_port(end + 1, &end, &last) || *end != '\0' || first > last)
		return tw_err_set(err, TW_ERR_USAGE, "--passive wants a range of ports, 50000-50100; "
		    "not \"%s\"", range);
	n->passive_first = (uint16_t)first;
	n->passive_last = (uint16_t)last;
	return 0;
}

int
tw_nftables_public(struct tw_nftables *n, const char *list, struct tw_err *err)
{
	while (*list != '\0') {
		unsigned long port;
		bool found = false;
		char *end;

		if (!read_port(list, &end, &port) || (*end != '\0' && *end != ','))
			return tw_err_set(err, TW_ERR_USAGE, "--public wants ports, 8443,9090; not "
			    "\"%s\"", list);
		for (size_t i = 0; i < n->services.n; i++)
			if (n->services.v[i].port == port) {
				n->services.v[i].access = TW_ACCESS_PUBLIC;
				found = true;
			}
		if (!found)
			return tw_err_set(err, TW_ERR_USAGE, "--public %lu: nothing was found to listen "
			    "there", port);
		list = end + (*end == ',');
	}
	return 0;
}
