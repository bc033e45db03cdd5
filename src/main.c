/* The table of verbs, and nothing else: each verb is a file in verb/. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "verb/completion.h"
#include "verb/verb.h"
#include "verb/version.h"

const struct tw_verb *const tw_verbs[] = {
	&tw_verb_audit,
	&tw_verb_explain,
	&tw_verb_ports,
	NULL
};

static int
usage(FILE *to, int status)
{
	fputs("usage: tlswright VERB [OPTION…] [TARGET…]\n", to);
	for (size_t i = 0; tw_verbs[i] != NULL; i++)
		fprintf(to, "  %-10s %s\n", tw_verbs[i]->name, tw_verbs[i]->summary);
	return status;
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);	/* a peer or a pager that goes is no reason to die */
	if (argc < 2)
		return usage(stdout, 0);
	if (strcmp(argv[1], "--version") == 0)
		return tw_version_print();
	if (strcmp(argv[1], "--completion") == 0)
		return tw_completion_print(argv[2]);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return usage(stdout, 0);
	for (size_t i = 0; tw_verbs[i] != NULL; i++)
		if (strcmp(argv[1], tw_verbs[i]->name) == 0)
			return tw_verbs[i]->run(argc - 1, argv + 1);
	return usage(stderr, 2);
}
