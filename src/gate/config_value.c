/* config_value.c -- a value of the file into its field, by its row of config_keys.c. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "base/text.h"
#include "gate/config_inside.h"

struct value {
	struct tw_config_reader *r;
	const struct tw_config_key *key;
	const char *text;	/* the first, or the one being read */
	unsigned line;
};

static void
complain(const struct value *v, const char *why)
{
	tw_config_say(v->r, v->line, false, "%s = %s: %s", v->key->name,
	    tw_config_shown(v->r, v->text), why);
}

static const char *
duration_text(struct tw_arena *a, uint64_t ms)
{
	static const struct { const char *unit; uint64_t ms; } units[] = {
		{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 },
	};

	for (size_t i = 0; i < TW_COUNT(units); i++)
		if (ms >= units[i].ms && ms % units[i].ms == 0)
			return tw_arena_fmt(a, "%llu%s", (unsigned long long)(ms / units[i].ms),
			    units[i].unit);
	return "0s";
}

static bool
read_duration(const struct value *v, uint64_t *ret)
{
	const struct tw_config_key *k = v->key;
	int64_t ms;

	if (!tw_text_parse_duration(v->text, &ms)) {
		complain(v, "this is no time; one looks like 500ms, 30s, 10m, 2h or 7d");
		return false;
	}
	if ((uint64_t)ms >= k->least && (uint64_t)ms <= k->most) {
		*ret = (uint64_t)ms;
		return true;
	}
	complain(v, tw_arena_fmt(v->r->arena, "%s; it may be %s to %s", ms == 0 && k->least > 0
	    ? "0 would end it at once" : (uint64_t)ms < k->least ? "that is too short"
	    : "that is too long", duration_text(v->r->arena, k->least),
	    duration_text(v->r->arena, k->most)));
	return false;
}

static bool
read_count(const struct value *v, unsigned *ret)
{
	size_t n = strlen(v->text);
	unsigned long long count = strtoull(v->text, NULL, 10);

	if (n > 0 && n < 12 && strspn(v->text, "0123456789") == n &&
	    count >= v->key->least && count <= v->key->most) {
		*ret = (unsigned)count;
		return true;
	}
	complain(v, tw_arena_fmt(v->r->arena, "a number from %llu to %llu is wanted",
	    (unsigned long long)v->key->least, (unsigned long long)v->key->most));
	return false;
}

static bool
read_bool(const struct value *v, bool *ret)
{
	static const struct { const char *word; bool is; } words[] = {
		{ "true", true }, { "yes", true }, { "on", true },
		{ "false", false }, { "no", false }, { "off", false },
	};

	for (size_t i = 0; i < TW_COUNT(words); i++)
		if (strcmp(v->text, words[i].word) == 0) {
			*ret = words[i].is;
			return true;
		}
	complain(v, "true or false is wanted");
	return false;
}

/* The place of the text in the row's words; -1, and said. */
static int
read_word(const struct value *v)
{
	const char *words[8];
	char *copy = tw_arena_str(v->r->arena, v->key->words);
	size_t n = 0;

	for (char *w; n < TW_COUNT(words) && (w = strsep(&copy, " ")) != NULL;)
		words[n++] = w;
	for (size_t i = 0; i < n; i++)
		if (strcmp(v->text, words[i]) == 0)
			return (int)i;
	copy = tw_arena_str(v->r->arena, words[0]);
	for (size_t i = 1; i < n; i++)
		copy = tw_arena_fmt(v->r->arena, "%s%s%s", copy, i + 1 < n ? ", " : " or ", words[i]);
	complain(v, tw_arena_fmt(v->r->arena, "%s is wanted%s", copy,
	    tw_config_meant(v->r, v->text, words, n)));
	return -1;
}

static bool
read_rate(const struct value *v, struct tw_rate *ret)
{
	struct tw_err e;

	if (strcmp(v->text, "none") == 0) {
		*ret = (struct tw_rate){ 0 };
		return true;
	}
	if (tw_rates_read(v->text, ret, &e) == 0)
		return true;
	tw_config_say(v->r, v->line, false, "%s: %s", v->key->name, e.text);
	return false;
}

static bool
read_port(const char *s, uint16_t *ret)
{
	unsigned long n = strtoul(s, NULL, 10);

	if (*s == '\0' || strlen(s) > 5 || strspn(s, "0123456789") != strlen(s) || n < 1 ||
	    n > 65535)
		return false;
	*ret = (uint16_t)n;
	return true;
}

static int
read_unix(const char *path, struct tw_endpoint *ret, struct tw_err *e)
{
	size_t n = strlen(path);

	if (*path != '/')
		return tw_err_set(e, TW_ERR_FORMAT, "the path of a socket begins with /");
	if (n >= sizeof(ret->address.un.sun_path))
		return tw_err_set(e, TW_ERR_FORMAT, "the path of a socket has %zu bytes at most, "
		    "this one %zu", sizeof(ret->address.un.sun_path) - 1, n);
	ret->address.un.sun_family = AF_UNIX;
	memcpy(ret->address.un.sun_path, path, n + 1);
	ret->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	return 0;
}

static bool
read_ip(const char *host, uint16_t port, struct tw_endpoint *ret)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&ret->address.storage;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ret->address.storage;
	char bare[64];
	const char *scope = strchr(host, '%');
	size_t n = scope != NULL ? (size_t)(scope - host) : strlen(host);

	if (n >= sizeof(bare))
		return false;
	memcpy(bare, host, n);
	bare[n] = '\0';
	if (scope == NULL && inet_pton(AF_INET, bare, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		ret->size = sizeof(*in);
		return true;
	}
	if (inet_pton(AF_INET6, bare, &in6->sin6_addr) != 1)
		return false;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	in6->sin6_scope_id = scope != NULL ? if_nametoindex(scope + 1) : 0;
	ret->size = sizeof(*in6);
	return scope == NULL || in6->sin6_scope_id != 0;
}

/* What was probably meant by an address that is none. */
static const char *
guess(struct tw_arena *a, const char *text)
{
	struct tw_endpoint tried = { 0 };
	const char *colon = strrchr(text, ':');
	uint16_t port;

	if (*text == '/')
		return strlen(text) > 100 ? "" : tw_arena_fmt(a, "; \"unix:%s\"?",
		    tw_text_escaped(a, tw_bytes_of(text)));
	if (read_port(text, &port) || (text[0] == '*' && text[1] == ':' && read_port(text + 2, &port)))
		return tw_arena_fmt(a, "; {\"0.0.0.0:%u\", \"[::]:%u\"}?", port, port);
	if (colon != NULL && strcmp(colon, ":") != 0 && read_port(colon + 1, &port) &&
	    read_ip(tw_arena_fmt(a, "%.*s", (int)(colon - text), text), port, &tried))
		return tw_arena_fmt(a, "; \"[%.*s]:%u\"?", (int)(colon - text), text, port);
	if (strncmp(text, "localhost:", 10) == 0 && read_port(text + 10, &port))
		return tw_arena_fmt(a, "; \"127.0.0.1:%u\"?", port);
	if (read_ip(text, 0, &tried))
		return "; its port is missing";
	return "";
}

int
tw_config_endpoint(struct tw_arena *a, const char *text, bool with_port,
    struct tw_endpoint *ret, struct tw_err *e)
{
	const char *like = with_port ? "192.0.2.1:993, [2001:db8::1]:993 or unix:/run/name"
	    : "127.0.0.2 or ::1";
	char host[64];
	const char *from = text, *colon = strrchr(text, ':');
	size_t n = strlen(text);
	uint16_t port = 0;

	*ret = (struct tw_endpoint){ .text = tw_arena_str(a, text) };
	if (with_port && strncmp(text, "unix:", 5) == 0)
		return read_unix(text + 5, ret, e);
	if (with_port) {
		if (colon == NULL || !read_port(colon + 1, &port))
			goto none;
		n = (size_t)(colon - text);
		if (*text == '[' && n > 1 && text[n - 1] == ']') {
			from++;
			n -= 2;
		} else if (memchr(text, ':', n) != NULL) {
			goto none;
		}
	}
	if (n < sizeof(host)) {
		memcpy(host, from, n);
		host[n] = '\0';
		if (read_ip(host, port, ret))
			return 0;
	}
none:
	return tw_err_set(e, TW_ERR_FORMAT, "this is no address; one looks like %s%s", like,
	    with_port ? guess(a, text) : "");
}

static void
read_addresses(struct value *v, const struct tw_config_entry *entry, struct tw_endpoint **to,
    size_t *ret_n, bool with_port)
{
	TW_LIST(struct tw_endpoint) list = { 0 };

	for (size_t i = 0; i < entry->n; i++) {
		struct tw_endpoint one;
		struct tw_err e;

		v->text = entry->values[i];
		v->line = entry->lines[i];
		if (*v->text == '\0')
			continue;
		if (tw_config_endpoint(v->r->arena, v->text, with_port, &one, &e) == 0)
			TW_PUSH(v->r->arena, &list, one);
		else
			complain(v, e.text);
	}
	*to = list.v;
	if (ret_n != NULL)
		*ret_n = list.n;
}

static void
read_networks(struct value *v, const struct tw_config_entry *entry, struct tw_networks **to)
{
	TW_LIST(struct tw_network) list = { 0 };

	for (size_t i = 0; i < entry->n; i++) {
		struct tw_network one;
		struct tw_err e;

		if (tw_networks_read(entry->values[i], &one, &e) == 0)
			TW_PUSH(v->r->arena, &list, one);
		else
			tw_config_say(v->r, entry->lines[i], false, "%s: %s", v->key->name, e.text);
	}
	if (list.n > 0)
		*to = tw_networks_new(v->r->arena, list.v, list.n);
}

static void
read_versions(struct value *v, const struct tw_config_entry *entry, bool *to)
{
	for (size_t i = 0; i < entry->n; i++) {
		int version = tw_version_by_name(entry->values[i]);

		v->text = entry->values[i];
		v->line = entry->lines[i];
		if (version == TW_TLS10 || version == TW_TLS11)
			to[version] = true;
		else if (version < 0)
			complain(v, "there is no such version; here it is TLSv1.0 or TLSv1.1");
		else
			complain(v, version < TW_TLS10 ? "this version is broken: no window opens it"
			    : "this version needs no window: every listener has it");
	}
}

/* The struct of the block that is named; NULL, and said. */
static void *
read_name(struct value *v)
{
	const struct tw_config_block_row *row = &tw_config_blocks[v->key->refers];
	const struct tw_config_found *f = tw_config_named(v->r, v->key->refers, v->text);
	const char *titles[256];
	size_t n = 0;

	if (f != NULL)
		return f->made;
	for (size_t i = 0; i < v->r->found.n && n < TW_COUNT(titles); i++)
		if (v->r->found.v[i].block == v->key->refers)
			titles[n++] = v->r->found.v[i].title;
	complain(v, tw_arena_fmt(v->r->arena, "no %s block has this name%s", row->name,
	    n == 0 ? ", for there is none" : tw_config_meant(v->r, v->text, titles, n)));
	return NULL;
}

static void
read_names(struct value *v, const struct tw_config_entry *entry, const void ***to, size_t *ret_n)
{
	TW_LIST(const void *) list = { 0 };

	for (size_t i = 0; i < entry->n; i++) {
		const void *one;

		v->text = entry->values[i];
		v->line = entry->lines[i];
		one = read_name(v);
		for (size_t j = 0; one != NULL && j < list.n; j++)
			if (list.v[j] == one) {
				complain(v, "this name stands here twice");
				one = NULL;
			}
		if (one != NULL)
			TW_PUSH(v->r->arena, &list, one);
	}
	*to = list.v;
	*ret_n = list.n;
}

static void
read_texts(struct value *v, const struct tw_config_entry *entry, const char ***to, size_t *ret_n)
{
	*to = tw_arena_alloc(v->r->arena, (entry->n + 1) * sizeof(**to));
	for (size_t i = 0; i < entry->n; i++) {
		v->text = entry->values[i];
		v->line = entry->lines[i];
		if (*v->text == '\0')
			complain(v, "a text is wanted");
		else
			(*to)[(*ret_n)++] = v->text;
	}
}

/* A list's kinds. False: the key has one value. */
static bool
read_list(struct value *v, const struct tw_config_entry *entry, char *base)
{
	const struct tw_config_key *k = v->key;
	void *to = base + k->at, *to_n = base + k->at_n;

	if (k->type == TW_IS_ADDRESSES)
		read_addresses(v, entry, to, to_n, true);
	else if (k->type == TW_IS_NETWORKS)
		read_networks(v, entry, to);
	else if (k->type == TW_IS_VERSIONS)
		read_versions(v, entry, to);
	else if (k->type == TW_IS_NAMES)
		read_names(v, entry, to, to_n);
	else if (k->type == TW_IS_TEXTS)
		read_texts(v, entry, to, to_n);
	else
		return false;
	return true;
}

static void
read_one(struct value *v, const struct tw_config_entry *entry, char *base)
{
	void *to = base + v->key->at;
	uint64_t ms;
	int place;

	switch (v->key->type) {
	case TW_IS_BOOL:
		read_bool(v, to);
		break;
	case TW_IS_COUNT:
		read_count(v, to);
		break;
	case TW_IS_MS:
	case TW_IS_SECONDS:
		if (read_duration(v, &ms))
			*(unsigned *)to = (unsigned)(v->key->type == TW_IS_MS ? ms : ms / 1000);
		break;
	case TW_IS_MS64:
		if (read_duration(v, &ms))
			*(uint64_t *)to = ms;
		break;
	case TW_IS_RATE:
		read_rate(v, to);
		break;
	case TW_IS_TEXT:
		*(const char **)to = *v->text != '\0' ? v->text : NULL;
		break;
	case TW_IS_WORD:
		if ((place = read_word(v)) >= 0)
			*(unsigned *)to = (unsigned)place;
		break;
	case TW_IS_SWITCH:
		if ((place = read_word(v)) >= 0)
			*(bool *)to = place > 0;
		break;
	case TW_IS_ADDRESS:
	case TW_IS_SOURCE:
		read_addresses(v, entry, to, NULL, v->key->type == TW_IS_ADDRESS);
		break;
	case TW_IS_NAME:
		*(void **)to = read_name(v);
		break;
	default:
		break;		/* its block reads it */
	}
}

void
tw_config_value(struct tw_config_reader *r, const struct tw_config_key *key,
    const struct tw_config_entry *entry, unsigned line, void *base)
{
	const char *standard[] = { key->standard };
	unsigned lines[] = { line };
	struct tw_config_entry usual = { key, line, lines, standard,
		key->standard != NULL && *key->standard != '\0' };
	const struct tw_config_entry *e = entry != NULL ? entry : &usual;
	struct value v = { r, key, e->n > 0 ? e->values[0] : "", e->n > 0 ? e->lines[0] : line };

	if (key->must && (entry == NULL || e->n == 0 || (e->n == 1 && *v.text == '\0'))) {
		tw_config_say(r, entry != NULL ? entry->line : line, false,
		    "\"%s\" is missing here: %s", key->name, key->help);
		return;
	}
	if (e->n == 0 && entry == NULL)
		return;
	if (read_list(&v, e, base))
		return;
	if (e->n != 1)
		tw_config_say(r, e->line, false, "\"%s\" has one value, not %zu", key->name, e->n);
	else
		read_one(&v, e, base);
}
