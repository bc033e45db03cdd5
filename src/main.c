/* The table of verbs, and nothing else: each verb is a file in verb/. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "verb/completion.h"
#include "verb/options.h"
#include "verb/verb.h"
#include "verb/version.h"

const struct tw_verb *const tw_verbs[] = {
	&tw_verb_audit,
	&tw_verb_config,
	&tw_verb_ctl,
	&tw_verb_diagnose,
	&tw_verb_explain,
	&tw_verb_ports,
	&tw_verb_serve,
	NULL
};

static int
help(void)
{
	fputs("tlswright examines TLS on any port of any server, says why it fails, and explains "
	    "it.\n\n"
	    "Try first\n"
	    "  tlswright diagnose mail.example.com:465   something does not work: why, and what to do\n"
	    "  tlswright diagnose https://192.168.1.100/ an address will do, or a URL as it was pasted\n"
	    "  tlswright diagnose --local                what listens on this machine, and who reaches it\n"
	    "  tlswright audit example.com               every port on which TLS is usual\n"
	    "  tlswright audit imap://mail.example.com   STARTTLS on 143\n"
	    "  tlswright audit example.com:8443          one port, whatever speaks there\n"
	    "  tlswright explain starttls                offline, a screen\n"
	    "  tlswright config nginx                    the lines for a server\n"
	    "  tlswright ports 465                       what lies there\n\n"
	    "Verbs\n", stdout);
	for (size_t i = 0; tw_verbs[i] != NULL; i++)
		printf("  %-10s %s\n", tw_verbs[i]->name, tw_verbs[i]->summary);
	fputs("\n`tlswright VERB --help` lists the options, `tlswright --version` the libraries.\n",
	    stdout);
	return 0;
}

/* No verb is called so: perhaps it is a target, perhaps a slip. */
static int
complain(const char *word)
{
	const char *like = NULL;
	unsigned least = 3;

	for (size_t i = 0; tw_verbs[i] != NULL; i++) {
		unsigned d = tw_text_distance(word, tw_verbs[i]->name);

		if (d < least) {
			least = d;
			like = tw_verbs[i]->name;
		}
	}
	fprintf(stderr, "tlswright: there is no verb \"%s\"", word);
	if (like != NULL)
		fprintf(stderr, "; did you mean `tlswright %s`?\n", like);
	else if (strpbrk(word, ".:/") != NULL)
		fprintf(stderr, "; did you mean `tlswright audit %s`?\n", word);
	else
		fputs("; `tlswright` alone shows them\n", stderr);
	return 2;
}

static const struct tw_verb *
find(const char *word)
{
	for (size_t i = 0; word != NULL && tw_verbs[i] != NULL; i++)
		if (strcmp(word, tw_verbs[i]->name) == 0)
			return tw_verbs[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct tw_verb *verb = find(argv[1]);

	signal(SIGPIPE, SIG_IGN);	/* a peer or a pager that goes is no reason to die */
	if (verb != NULL)
		return verb->run(argc - 1, argv + 1);
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help();
	if (strcmp(argv[1], "--version") == 0)
		return tw_version_print();
	if (strcmp(argv[1], "--completion") == 0)
		return tw_completion_print(argv[2]);
	if (strcmp(argv[1], "help") == 0) {
		if ((verb = find(argv[2])) == NULL)
			return help();
		tw_options_help(verb);
		return 0;
	}
	return complain(argv[1]);
}
