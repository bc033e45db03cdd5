/*
 * memory_file.h -- a file that lies nowhere but in memory, for who reads by a path: the
 * throwaway key of `serve --try`. Nothing is left of it when the program ends, however it does.
 */
#ifndef TW_NET_MEMORY_FILE_H
#define TW_NET_MEMORY_FILE_H

#include "base/bytes.h"
#include "base/err.h"

#define TW_MEMORY_FILE_PATH	48

/*
 * Content under a path that this program and its children may read, nobody of another user,
 * as long as this program runs. -1: e.
 */
int tw_memory_file(struct tw_bytes content, char ret_path[static TW_MEMORY_FILE_PATH],
    struct tw_err *e);

#endif
