/* One option reader for all verbs, from their tables; see options.h. */
#include "verb/options.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct tw_option help_option = { "help", 'h', NULL, "this help" };

static void
print_option(const struct tw_option *o)
{
	char left[64], letter[8] = "   ";
	bool both = o->name != NULL && o->letter != '\0';

	if (o->letter != '\0')
		snprintf(letter, sizeof(letter), "-%c%s", o->letter, both ? "," : " ");
	snprintf(left, sizeof(left), "%s %s%s%s%s", letter, o->name != NULL ? "--" : "",
	    o->name != NULL ? o->name : "", o->value != NULL ? " " : "",
	    o->value != NULL ? o->value : "");
	if (strlen(left) > 27)
		printf("  %s\n  %-27s %s\n", left, "", o->help);
	else
		printf("  %-27s %s\n", left, o->help);
}

void
tw_options_help(const struct tw_verb *verb)
{
	printf("usage: tlswright %s\n\n%s\n\n", verb->usage, verb->summary);
	for (const struct tw_option *o = verb->options; o->name != NULL || o->letter != '\0'; o++)
		print_option(o);
	print_option(&help_option);
}

static const struct tw_option *
by_name(const struct tw_verb *verb, const char *name, size_t n)
{
	for (const struct tw_option *o = verb->options; o->name != NULL || o->letter != '\0'; o++)
		if (o->name != NULL && strlen(o->name) == n && strncmp(o->name, name, n) == 0)
			return o;
	return n == 4 && strncmp(name, "help", 4) == 0 ? &help_option : NULL;
}

static const struct tw_option *
by_letter(const struct tw_verb *verb, char letter)
{
	for (const struct tw_option *o = verb->options; o->name != NULL || o->letter != '\0'; o++)
		if (o->letter == letter)
			return o;
	return letter == 'h' ? &help_option : NULL;
}

/* "did you mean": the option most like a mistyped one, within two changes. */
static void
complain(const struct tw_verb *verb, const char *arg)
{
	const char *like = NULL;
	unsigned least = 3;

	for (const struct tw_option *o = verb->options; o->name != NULL || o->letter != '\0'; o++) {
		unsigned d = o->name == NULL || strncmp(arg, "--", 2) != 0 ? 64
		    : tw_text_distance(arg + 2, o->name);

		if (d < least) {
			least = d;
			like = o->name;
		}
	}
	fprintf(stderr, "tlswright %s: there is no option %s", verb->name, arg);
	if (like != NULL)
		fprintf(stderr, "; did you mean --%s?\n", like);
	else
		fprintf(stderr, "; tlswright %s --help lists them\n", verb->name);
}

struct reading {
	const struct tw_verb *verb;
	int argc, at;
	char **argv;
	tw_option_fn *on;
	void *ctx;
};

/* One option with the value it wants: in the same word, or the next. -1: go on. */
static int
take(struct reading *r, const struct tw_option *o, const char *value)
{
	const char *name = o->name != NULL ? o->name : (char[]){ o->letter, '\0' };

	if (o == &help_option) {
		tw_options_help(r->verb);
		return 0;
	}
	if (o->value != NULL && value == NULL && r->at + 1 < r->argc)
		value = r->argv[++r->at];
	if ((o->value != NULL) != (value != NULL)) {
		fprintf(stderr, o->value != NULL ? "tlswright %s: %s%s wants %s\n"
		    : "tlswright %s: %s%s takes no value\n", r->verb->name,
		    o->name != NULL ? "--" : "-", name, o->value);
		return 2;
	}
	return r->on(r->ctx, name, value) ? -1 : 2;
}

static int
take_long(struct reading *r, const char *arg)
{
	const char *eq = strchr(arg + 2, '=');
	size_t n = eq != NULL ? (size_t)(eq - arg - 2) : strlen(arg + 2);
	const struct tw_option *o = by_name(r->verb, arg + 2, n);

	if (o == NULL) {
		complain(r->verb, arg);
		return 2;
	}
	return take(r, o, eq != NULL ? eq + 1 : NULL);
}

/* "-4v", "-i FILE", "-iFILE" */
static int
take_letters(struct reading *r, const char *arg)
{
	for (const char *p = arg + 1; *p != '\0'; p++) {
		const struct tw_option *o = by_letter(r->verb, *p);
		int status;

		if (o == NULL) {
			complain(r->verb, arg);
			return 2;
		}
		if (o->value != NULL)
			return take(r, o, p[1] != '\0' ? p + 1 : NULL);
		status = take(r, o, NULL);
		if (status >= 0)
			return status;
	}
	return -1;
}

int
tw_options_read(const struct tw_verb *verb, int argc, char **argv, tw_option_fn *on, void *ctx,
    int *ret_words)
{
	struct reading r = { verb, argc, 1, argv, on, ctx };
	bool words_only = false;
	int words = 0, status = -1;

	for (; r.at < argc && status < 0; r.at++) {
		char *arg = argv[r.at];

		if (words_only || arg[0] != '-' || arg[1] == '\0')
			argv[1 + words++] = arg;
		else if (strcmp(arg, "--") == 0)
			words_only = true;
		else
			status = arg[1] == '-' ? take_long(&r, arg) : take_letters(&r, arg);
	}
	*ret_words = words;
	return status;
}
