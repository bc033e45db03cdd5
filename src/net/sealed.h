/*
 * sealed.h -- a file in memory that has a descriptor and no name (memfd): written
 * once, sealed, and handed to who shall read it and may open no file itself.
 */
#ifndef TW_NET_SEALED_H
#define TW_NET_SEALED_H

#include <stdbool.h>

#include "base/bytes.h"

int tw_sealed_new(const char *label);	/* -1: errno. The label is for /proc alone */
/*
 * A path by which this program and its children may read it, as long as this program has it:
 * for who reads by paths.
 */
#define TW_SEALED_PATH	48
void tw_sealed_path(int fd, char ret[static TW_SEALED_PATH]);
/* Writes all of v and seals it: nobody changes it any more. false: errno. */
bool tw_sealed_fill(int fd, struct tw_bytes v);
/* Its bytes, until tw_sealed_unmap(); an empty one is {NULL, 0}. false: errno. */
bool tw_sealed_map(int fd, struct tw_bytes *ret);
void tw_sealed_unmap(struct tw_bytes v);

#endif
