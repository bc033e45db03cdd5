/* config_nftables.h -- `config nftables --from FILE`: a rule set for the services found. */
#ifndef TW_VERB_CONFIG_NFTABLES_H
#define TW_VERB_CONFIG_NFTABLES_H

struct tw_config_nftables {
	const char *from;	/* FILE, "-": standard input; NULL: it was not named */
	const char *host;	/* of several in the file, or NULL */
	const char *networks, *passive, *open;	/* as the options gave them, or NULL */
};

/* Prints it; returns the exit status. */
int tw_config_nftables_run(const struct tw_config_nftables *o);

#endif
