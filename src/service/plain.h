/*
 * plain.h -- protocols that are not TLS and never will be on this connection,
 * told by their first bytes, so that a plaintext service can be called by its
 * name. exam/'s recognition is the caller.
 */
#ifndef TW_SERVICE_PLAIN_H
#define TW_SERVICE_PLAIN_H

#include "base/bytes.h"

/*
 * Name of the protocol that greets, or answers a TLS hello, so: "SSH", "HTTP", or
 * the name of a tw_service ("smtp"); NULL: unknown.
 */
const char *tw_plain_name(struct tw_bytes first);

#endif
