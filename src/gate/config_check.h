/*
 * config_check.h -- what --check and a reload ask beside the text itself: the files it
 * names and this machine; and the text of a configuration for --try.
 */
#ifndef TW_GATE_CONFIG_CHECK_H
#define TW_GATE_CONFIG_CHECK_H

#include "base/buf.h"
#include "gate/config.h"

/*
 * Looks at certificates, keys, folders and the user that c names, at the moment now (Unix
 * time), and puts what is wrong with them behind the remarks there are. -1: with one of
 * them it cannot be served.
 */
int tw_config_check_files(const struct tw_config *c, int64_t now, struct tw_config_remarks *r);

/*
 * The text of a configuration that puts the service (a name of `tlswright ports`) with a
 * throwaway certificate at address ("127.0.0.1:40001") in front of one backend
 * ("127.0.0.1:143"). -1: one of them cannot be, and e says why.
 */
int tw_config_try(const char *service, const char *backend, const char *address,
    const char *chain, const char *key, struct tw_buf *ret_text, struct tw_err *e);

#endif
