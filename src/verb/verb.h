/* verb.h -- the verbs main.c knows: one file each; only these print. */
#ifndef TW_VERB_VERB_H
#define TW_VERB_VERB_H

struct tw_option {
	const char *name;	/* long, without "--"; NULL ends the table */
	char letter;		/* '\0': none */
	const char *value;	/* "NAME" when it takes one, else NULL */
	const char *help;	/* one line */
};

struct tw_verb {
	const char *name;
	const char *usage;	/* "audit [OPTION…] TARGET…" */
	const char *summary;	/* one line */
	const struct tw_option *options;
	/* argv[0] is the verb; returns the exit status of INTERFACE. */
	int (*run)(int argc, char **argv);
};

extern const struct tw_verb *const tw_verbs[];	/* NULL ends it */
extern const struct tw_verb tw_verb_audit, tw_verb_config, tw_verb_ctl, tw_verb_diagnose, tw_verb_explain,
    tw_verb_ports, tw_verb_serve;

#endif
