/* config_check.h -- `config --check PATH`: an existing configuration against the policy. */
#ifndef TW_VERB_CONFIG_CHECK_H
#define TW_VERB_CONFIG_CHECK_H

#include "report/config.h"
#include "verb/installed.h"

/*
 * Prints what in the file contradicts c->policy; c->target: whose it is; NULL: what it looks
 * like. look() finds out what was not said. Returns the exit status: 0 nothing, 1 something,
 * 2 unreadable or not recognised.
 */
int tw_config_check(const char *path, const struct tw_config *c, bool json,
    void (*look)(struct tw_config *c, struct tw_installed *here));

#endif
