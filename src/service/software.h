/*
 * software.h -- the names of server software in greetings, one table for all
 * services; their .software points here.
 */
#ifndef TW_SERVICE_SOFTWARE_H
#define TW_SERVICE_SOFTWARE_H

#include "base/bytes.h"

/* As tw_service's software(): any known name in a greeting, and the version behind it. */
bool tw_software_find(struct tw_bytes greeting, struct tw_bytes *ret_name,
    struct tw_bytes *ret_version);
/* A version number at the front of b (digits, dots, then letters); empty when there is none. */
struct tw_bytes tw_software_version(struct tw_bytes b);

#endif
