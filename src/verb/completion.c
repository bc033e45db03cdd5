/*
 * tlswright --completion SHELL, run by the build: one script a shell, from the
 * table of verbs and their option tables, so that no option can be forgotten.
 */
#include "verb/completion.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "data/explain.h"
#include "data/finding.h"
#include "data/policy.h"
#include "data/port.h"
#include "data/target.h"
#include "verb/verb.h"

#define EACH_OPTION(o, verb) \
	(const struct tw_option *o = (verb)->options; o->name != NULL || o->letter != '\0'; o++)

typedef void print_fn(void);

/* An option's value as a shell sees it: none, files, one of some words, or anything. */
enum kind { KIND_NONE, KIND_FILE, KIND_WORDS, KIND_OTHER };

static void
print_severities(void)
{
	for (int i = TW_INFO; i <= TW_CRITICAL; i++)
		printf(" %s", tw_severity_names[i]);
}

static void
print_policies(void)
{
	for (size_t i = 0; tw_policies[i] != NULL; i++)
		printf(" %s", tw_policies[i]->short_name);
}

static void
print_topics(void)
{
	for (size_t i = 0; i < tw_explanations_n; i++)
		printf(" %s", tw_explanations[i].id);
}

static void
print_servers(void)
{
	for (size_t i = 0; i < tw_targets_n; i++)
		printf(" %s", tw_targets[i].name);
	printf(" %s", TW_TARGET_FIREWALL);
}

static void
print_commands(void)
{
	fputs(" status sessions certificates bans ban unban reload", stdout);
}

static void
print_schemes(void)
{
	for (size_t i = 0; i < tw_ports_n; i++)
		if (tw_port_by_scheme(tw_ports[i].scheme) == &tw_ports[i])
			printf(" %s", tw_ports[i].scheme);
}

/* Values that are words of our tables: by the option's name, or by what its value is called. */
static const struct {
	const char *option, *value;
	print_fn *print;
} vocabularies[] = {
	{ "policy", NULL, print_policies },
	{ NULL, "SEVERITY", print_severities },
};

/* What a verb's own words may be, where they are words of our tables. */
static const struct {
	const char *verb;
	print_fn *print;
} subjects[] = {
	{ "config", print_servers },
	{ "ctl", print_commands },
	{ "explain", print_topics },
	{ "ports", print_schemes },
};

static bool
is_same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static print_fn *
vocabulary_of(const struct tw_option *o)
{
	for (size_t i = 0; i < TW_COUNT(vocabularies); i++)
		if (is_same(o->name, vocabularies[i].option) ||
		    is_same(o->value, vocabularies[i].value))
			return vocabularies[i].print;
	return NULL;
}

static enum kind
kind_of(const struct tw_option *o)
{
	if (o->value == NULL)
		return KIND_NONE;
	if (vocabulary_of(o) != NULL)
		return KIND_WORDS;
	return strstr(o->value, "FILE") != NULL ? KIND_FILE : KIND_OTHER;
}

static void
print_subjects(const struct tw_verb *verb)
{
	for (size_t i = 0; i < TW_COUNT(subjects); i++)
		if (strcmp(verb->name, subjects[i].verb) == 0)
			subjects[i].print();
}

static bool
takes_targets(const struct tw_verb *verb)
{
	return strstr(verb->usage, "TARGET") != NULL;
}

/* Text between single quotes, for any of the three; zsh's specs want more characters hidden. */
static void
print_quoted(const char *s, const char *hide)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			fputs("’", stdout);
		else if (strchr(hide, *s) != NULL)
			printf("\\%c", *s);
		else
			putchar(*s);
	}
}

static void
print_bash_names(const struct tw_verb *verb, enum kind kind)
{
	const char *between = "";

	for EACH_OPTION(o, verb) {
		if (kind_of(o) != kind)
			continue;
		if (o->name != NULL)
			printf("%s--%s", between, o->name);
		if (o->name != NULL && o->letter != '\0')
			between = "|";
		if (o->letter != '\0')
			printf("%s-%c", between, o->letter);
		between = "|";
	}
	/* A pattern that nothing typed can be, where there is no such option. */
	printf("%s) ", *between == '\0' ? "''" : "");
}

static void
print_bash_verb(const struct tw_verb *verb)
{
	printf("\t%s)\n\t\tcase $prev in\n\t\t", verb->name);
	print_bash_names(verb, KIND_FILE);
	puts("COMPREPLY=($(compgen -f -- \"$cur\")); return ;;");
	for EACH_OPTION(o, verb)
		if (kind_of(o) == KIND_WORDS) {
			printf("\t\t--%s) words='", o->name);
			vocabulary_of(o)();
			puts("' ;;");
		}
	fputs("\t\t", stdout);
	print_bash_names(verb, KIND_OTHER);
	puts("return ;;");
	fputs("\t\t*) words='--help", stdout);
	for EACH_OPTION(o, verb)
		if (o->name != NULL)
			printf(" --%s", o->name);
	print_subjects(verb);
	puts("' ;;\n\t\tesac ;;");
}

static void
print_bash(void)
{
	puts("# bash completion for tlswright; made by tlswright --completion bash\n"
	    "_tlswright()\n{\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
	    "\tCOMPREPLY=()\n"
	    "\t# bash cuts --name=value at the sign.\n"
	    "\t[ \"$cur\" = = ] && cur= && prev=${COMP_WORDS[COMP_CWORD-1]} ||\n"
	    "\t    { [ \"$prev\" = = ] && prev=${COMP_WORDS[COMP_CWORD-2]}; }\n"
	    "\tif [ \"$COMP_CWORD\" -eq 1 ]; then");
	fputs("\t\twords='--help --version", stdout);
	for (size_t i = 0; tw_verbs[i] != NULL; i++)
		printf(" %s", tw_verbs[i]->name);
	puts("'\n\telse case ${COMP_WORDS[1]} in");
	for (size_t i = 0; tw_verbs[i] != NULL; i++)
		print_bash_verb(tw_verbs[i]);
	puts("\tesac; fi\n"
	    "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	    "}\n"
	    "complete -F _tlswright tlswright");
}

static void
print_zsh_value(const struct tw_option *o)
{
	enum kind kind = kind_of(o);

	if (kind == KIND_NONE)
		return;
	putchar(':');
	print_quoted(o->value, ":");
	putchar(':');
	if (kind == KIND_FILE) {
		fputs("_files", stdout);
	} else if (kind == KIND_WORDS) {
		putchar('(');
		vocabulary_of(o)();
		putchar(')');
	}
}

static void
print_zsh_option(const struct tw_option *o)
{
	const char *sign = o->value != NULL ? "=" : "";

	fputs(" \\\n\t\t    ", stdout);
	if (o->name == NULL)
		printf("'-%c[", o->letter);
	else if (o->letter == '\0')
		printf("'--%s%s[", o->name, sign);
	else
		printf("'(-%c --%s)'{-%c,--%s%s}'[", o->letter, o->name, o->letter, o->name, sign);
	print_quoted(o->help, "[]:");
	putchar(']');
	print_zsh_value(o);
	putchar('\'');
}

static void
print_zsh_verb(const struct tw_verb *verb)
{
	printf("\t%s)\n\t\t_arguments -s '--help[show the options]'", verb->name);
	for EACH_OPTION(o, verb)
		print_zsh_option(o);
	if (takes_targets(verb)) {
		puts(" \\\n\t\t    '*:target:_hosts' ;;");
		return;
	}
	fputs(" \\\n\t\t    '*:word:(", stdout);
	print_subjects(verb);
	puts(")' ;;");
}

static void
print_zsh(void)
{
	puts("#compdef tlswright\n"
	    "# zsh completion for tlswright; made by tlswright --completion zsh\n"
	    "if (( CURRENT == 2 )); then\n"
	    "\tlocal -a verbs\n\tverbs=(");
	for (size_t i = 0; tw_verbs[i] != NULL; i++) {
		printf("\t\t'%s:", tw_verbs[i]->name);
		print_quoted(tw_verbs[i]->summary, ":");
		puts("'");
	}
	puts("\t)\n\t_describe verb verbs\n\tcompadd -- --help --version\n\treturn\nfi\n"
	    "local verb=$words[2]\n"
	    "shift words\n(( CURRENT-- ))\n"
	    "case $verb in");
	for (size_t i = 0; tw_verbs[i] != NULL; i++)
		print_zsh_verb(tw_verbs[i]);
	puts("esac");
}

static void
print_fish_option(const struct tw_verb *verb, const struct tw_option *o)
{
	static const char *const takes[] = {
		[KIND_NONE] = "-f", [KIND_FILE] = "-r -F", [KIND_WORDS] = "-x", [KIND_OTHER] = "-x",
	};
	enum kind kind = kind_of(o);

	printf("complete -c tlswright -n '__fish_seen_subcommand_from %s'", verb->name);
	if (o->name != NULL)
		printf(" -l %s", o->name);
	if (o->letter != '\0')
		printf(" -s %c", o->letter);
	printf(" %s", takes[kind]);
	if (kind == KIND_WORDS) {
		fputs(" -a '", stdout);
		vocabulary_of(o)();
		putchar('\'');
	}
	fputs(" -d '", stdout);
	print_quoted(o->help, "\\");
	puts("'");
}

static void
print_fish_verb(const struct tw_verb *verb)
{
	printf("complete -c tlswright -n __fish_use_subcommand -f -a %s -d '", verb->name);
	print_quoted(verb->summary, "\\");
	puts("'");
	for EACH_OPTION(o, verb)
		print_fish_option(verb, o);
	printf("complete -c tlswright -n '__fish_seen_subcommand_from %s' -f -l help\n", verb->name);
	printf("complete -c tlswright -n '__fish_seen_subcommand_from %s' -f -a '", verb->name);
	if (takes_targets(verb))
		fputs("(__fish_print_hostnames)", stdout);
	else
		print_subjects(verb);
	puts("'");
}

static void
print_fish(void)
{
	puts("# fish completion for tlswright; made by tlswright --completion fish\n"
	    "complete -c tlswright -f\n"
	    "complete -c tlswright -n __fish_use_subcommand -f -l help\n"
	    "complete -c tlswright -n __fish_use_subcommand -f -l version");
	for (size_t i = 0; tw_verbs[i] != NULL; i++)
		print_fish_verb(tw_verbs[i]);
}

static const struct {
	const char *shell;
	print_fn *print;
} scripts[] = {
	{ "bash", print_bash },
	{ "fish", print_fish },
	{ "zsh", print_zsh },
};

int
tw_completion_print(const char *shell)
{
	for (size_t i = 0; i < TW_COUNT(scripts); i++)
		if (shell != NULL && strcmp(shell, scripts[i].shell) == 0) {
			scripts[i].print();
			return 0;
		}
	fputs("tlswright: --completion takes bash, fish or zsh\n", stderr);
	return 2;
}
