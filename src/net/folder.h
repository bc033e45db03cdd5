/*
 * folder.h -- one folder, opened before a process walls itself in, out of which files are
 * read by their name from then on (net/sandbox.h lets that through, and nothing else).
 */
#ifndef TW_NET_FOLDER_H
#define TW_NET_FOLDER_H

#include "base/bytes.h"
#include "base/err.h"

/* The folder's descriptor; -1: e says why. */
int tw_folder_open(const char *path, struct tw_err *e);
/*
 * All of a file into out: its bytes. -1: there is none of this name, it may not be read, is
 * a link, is none of bytes, or has none or more than room. name: one name, with no slash in it.
 */
ptrdiff_t tw_folder_read(int folder, const char *name, uint8_t *out, size_t room);

#endif
