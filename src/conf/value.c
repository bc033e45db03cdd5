/* value.c -- reads the values of directives: sets of versions, lists of groups. check.c asks. */
#include <stdio.h>
#include <strings.h>

#include "base/template.h"
#include "conf/row.h"
#include "data/group.h"

#define ALL	((1u << TW_VERSIONS) - 1)

bool
tw_value_next(const char **list, char *word, size_t size)
{
	size_t n;

	*list += strspn(*list, " \t,:");
	n = strcspn(*list, " \t,:");
	snprintf(word, size, "%.*s", (int)(n < size ? n : size - 1), *list);
	*list += n;
	return n > 0;
}

unsigned
tw_value_library(const char *openssl)
{
	unsigned set = 1u << TW_TLS10 | 1u << TW_TLS11 | 1u << TW_TLS12;

	/* 1.1.0 is built without SSL 3.0 as a rule; nothing has 2.0 switched on by itself. */
	if (tw_template_compare(openssl, "1.1.0") < 0)
		set |= 1u << TW_SSL3;
	if (tw_template_compare(openssl, "1.1.1") >= 0)
		set |= 1u << TW_TLS13;
	return set;
}

/* A bit for each version a word means; 0: it is none. */
static unsigned
bits_of(const char *word, const char *openssl)
{
	int v = tw_version_by_name(word);

	if (strcasecmp(word, "all") == 0)
		return tw_value_library(openssl);
	return v < 0 ? 0 : 1u << v;
}

/* The bits from a version on, itself counted; older than all where it is none ("ANY"). */
static unsigned
from(const char *word)
{
	int v = tw_version_by_name(word);

	if (strcasecmp(word, "LATEST") == 0)
		return 1u << TW_TLS13;
	return v < 0 ? ALL : ALL & ~((1u << v) - 1);
}

static unsigned
up_to(const char *word)
{
	int v = tw_version_by_name(word);

	return v < 0 ? ALL : (2u << v) - 1;
}

/* mod_ssl: a word without a sign takes back what stands before it. */
static unsigned
read_signed(const char *value, const char *openssl)
{
	unsigned set = 0;
	char word[32];

	while (tw_value_next(&value, word, sizeof(word))) {
		unsigned bits = bits_of(word + (word[0] == '+' || word[0] == '-'), openssl);

		if (word[0] == '-')
			set &= strcasecmp(word + 1, "all") == 0 ? 0 : ~bits;
		else
			set = word[0] == '+' ? set | bits : bits;
	}
	return set;
}

/* Postfix: what is named is all there is, unless all that is named is what is not wanted. */
static unsigned
read_except(const char *value, unsigned before, const char *openssl)
{
	unsigned named = 0, without = 0, bounds = ALL;
	char word[32];

	while (tw_value_next(&value, word, sizeof(word))) {
		if (strncmp(word, ">=", 2) == 0)
			bounds &= from(word + 2);
		else if (strncmp(word, "<=", 2) == 0)
			bounds &= up_to(word + 2);
		else if (word[0] == '!')
			without |= bits_of(word + 1, openssl);
		else
			named |= bits_of(word, openssl);
	}
	/* What is not switched off there is on, as far as the library goes. */
	return (named != 0 ? named : before) & bounds & ~without;
}

unsigned
tw_value_versions(enum tw_conf_kind kind, const char *value, unsigned before, const char *openssl)
{
	unsigned set = 0;
	char word[32];

	switch (kind) {
	case TW_CONF_VERSIONS:
		while (tw_value_next(&value, word, sizeof(word)))
			set |= bits_of(word, openssl);
		return set;
	case TW_CONF_SIGNED:
		return read_signed(value, openssl);
	case TW_CONF_EXCEPT:
		return read_except(value, before, openssl);
	case TW_CONF_LEAST:
		/* Who says SSLv3 means it, whatever this library is built with. */
		if (before == tw_value_library(openssl))
			before |= bits_of(value, openssl);
		return before & from(value);
	case TW_CONF_MOST:
		return before & up_to(value);
	case TW_CONF_WITHOUT:
		return before & ~bits_of(value, openssl);
	case TW_CONF_ONLY:
		return bits_of(value, openssl);
	default:
		return before;
	}
}

/* OpenSSL has three names for what IANA has one for. */
static const struct tw_group *
group_of(const char *name)
{
	static const struct { const char *openssl, *name; } others[] = {
		{ "prime256v1", "secp256r1" }, { "prime192v1", "secp192r1" },
	};

	for (size_t i = 0; i < TW_COUNT(others); i++)
		if (strcasecmp(name, others[i].openssl) == 0)
			name = others[i].name;
	return tw_group_by_name(name);
}

bool
tw_value_has_hybrid(struct tw_arena *a, const char *value, const char *openssl,
    const char **ret_weak)
{
	/* Its own list: X25519MLKEM768 first since 3.5; nothing weak since 1.1.0. */
	bool library = tw_template_compare(openssl, "3.5") >= 0, hybrid = false, any = false;
	const char *rest = value;

	*ret_weak = NULL;
	while (*rest != '\0') {
		size_t n = strcspn(rest, " \t,:/");
		char word[64];
		const char *name = word;
		const struct tw_group *g;

		snprintf(word, sizeof(word), "%.*s", (int)(n < 63 ? n : 63), rest);
		rest += n + (rest[n] != '\0');
		name += strspn(name, "?*");	/* 3.5: unknown is no error; a share for it */
		if (*name == '\0' || *name == '-')
			continue;
		any = true;
		if (strcasecmp(name, "auto") == 0 || strcasecmp(name, "DEFAULT") == 0 ||
		    strcasecmp(name, "openssl") == 0)
			hybrid = hybrid || library;
		g = group_of(name);
		if (g != NULL && g->post_quantum)
			hybrid = true;
		if (g != NULL && g->bits < 224 && !g->post_quantum && *ret_weak == NULL)
			*ret_weak = tw_arena_fmt(a, "%s, %u bits", g->name, g->bits);
	}
	return any ? hybrid : library;
}
