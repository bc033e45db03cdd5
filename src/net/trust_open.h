/*
 * trust_open.h -- opens the roots chains are judged by: the system's store,
 * and what --ca names.
 */
#ifndef TW_NET_TRUST_OPEN_H
#define TW_NET_TRUST_OPEN_H

#include "cert/cert.h"

/* Where systems keep all roots in one file, to be tried after the library's own place; NULL ends it. */
extern const char *const tw_trust_open_files[];

/*
 * The system's roots and, besides them, those of ca: a PEM or DER file, or a
 * directory of such (a hash directory is read on demand). Without a system
 * store the result is empty, not an error; a ca that cannot be read is one.
 */
int tw_trust_open(const char *ca_or_null, struct tw_trust **ret, struct tw_err *err);

#endif
