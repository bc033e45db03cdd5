/* target.c -- look-up in the table of config's servers and their templates; see target.h. */
#include "data/target.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/template.h"
#include "base/text.h"

const char *const tw_kind_names[TW_KINDS] = {
	[TW_OPENSSL] = "openssl", [TW_GNUTLS] = "gnutls", [TW_JAVA] = "java",
	[TW_SCHANNEL] = "schannel", [TW_GO] = "go", [TW_NSS] = "nss", [TW_OWN] = "own",
};

const struct tw_target tw_targets[] = {
#include "data/targets.def"
};
const size_t tw_targets_n = TW_COUNT(tw_targets);

/* Upstream's ends (its release strategy); what a distribution mends longer is its own. */
const char tw_openssl_newest[] = "4.0.1";
const char tw_openssl_ends[] = "<1.1.1 2019-12-31, 1.1.1 2023-09-11, 3.0 2026-09-07, "
    "3.1 2025-03-14, 3.2 2025-11-23, 3.3 2026-04-09, 3.4 2026-10-22, 3.5 2030-04-08, "
    "3.6 2026-11-01, 4.0 2027-05-14";

/* The next word of a list with blanks between; *list moves behind it. Its length, 0 at the end. */
static size_t
next_word(const char **list, const char **ret_word)
{
	size_t n;

	*list += strspn(*list, " ");
	*ret_word = *list;
	n = strcspn(*list, " ");
	*list += n;
	return n;
}

static bool
goes_by(const struct tw_target *t, const char *name)
{
	const char *list = t->aliases, *word;

	if (strcasecmp(t->name, name) == 0)
		return true;
	for (size_t n; (n = next_word(&list, &word)) > 0;)
		if (n == strlen(name) && strncasecmp(word, name, n) == 0)
			return true;
	return false;
}

const struct tw_target *
tw_target_by_name(const char *name)
{
	for (size_t i = 0; i < tw_targets_n; i++)
		if (goes_by(&tw_targets[i], name))
			return &tw_targets[i];
	return NULL;
}

/* How far a word is from a target: nothing when one begins with the other. */
static unsigned
distance(const struct tw_target *t, const char *name)
{
	const char *list = t->aliases, *word;
	size_t length = strlen(name);
	unsigned least = tw_text_distance(name, t->name);

	if (length >= 3 && strncasecmp(t->name, name, length) == 0)
		return 0;
	for (size_t n; (n = next_word(&list, &word)) > 0;) {
		char alias[64];
		unsigned d;

		snprintf(alias, sizeof(alias), "%.*s", (int)n, word);
		d = tw_text_distance(name, alias);
		least = d < least ? d : least;
	}
	return least;
}

const struct tw_target *
tw_target_like(const char *name)
{
	const struct tw_target *like = NULL;
	unsigned least = 4;

	for (size_t i = 0; i < tw_targets_n; i++) {
		unsigned d = distance(&tw_targets[i], name);

		if (d < least && d < strlen(name)) {
			least = d;
			like = &tw_targets[i];
		}
	}
	return like;
}

/* Whether the version is of the branch: "2.4.65" is of "2.4", not of "2.46". */
static bool
is_of_branch(const char *version, const char *branch)
{
	size_t n = strlen(branch);

	return strncmp(version, branch, n) == 0 && (version[n] < '0' || version[n] > '9');
}

bool
tw_target_end(const char *ends, const char *version, struct tw_target_end *ret_end)
{
	struct tw_target_end end;
	int used = 0;

	for (; sscanf(ends, "%23s %11[0-9-]%n", end.branch, end.date, &used) == 2;
	     ends += strspn(ends, ", ")) {
		ends += used;
		if (end.branch[0] == '<' ? tw_template_compare(version, end.branch + 1) < 0
		    : is_of_branch(version, end.branch)) {
			*ret_end = end;
			return true;
		}
	}
	return false;
}

const char *
tw_template_text(const char *name)
{
	for (size_t i = 0; i < tw_template_texts_n; i++)
		if (strcmp(tw_template_texts[i].name, name) == 0)
			return tw_template_texts[i].text;
	return NULL;
}
