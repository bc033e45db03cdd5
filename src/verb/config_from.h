/* config_from.h -- `config --from FILE`: the servers an audit saw, and what mends its findings. */
#ifndef TW_VERB_CONFIG_FROM_H
#define TW_VERB_CONFIG_FROM_H

#include "report/config.h"
#include "verb/installed.h"

/*
 * Prints for each server of the file one configuration, made by c where it says something;
 * c->target: all are that server; NULL: each is recognised. look() finds out what was not
 * said. Returns the exit status.
 */
int tw_config_from(const char *path, const struct tw_config *c,
    void (*look)(struct tw_config *c, struct tw_installed *here));

#endif
