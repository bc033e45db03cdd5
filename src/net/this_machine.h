/*
 * this_machine.h -- reads what `diagnose --local` needs to know of the machine it runs
 * on: addresses, listeners and their processes, routes, the firewall, certificates
 * in files. What may not be seen is said in machine->unseen.
 */
#ifndef TW_NET_THIS_MACHINE_H
#define TW_NET_THIS_MACHINE_H

#include "host/machine.h"

/* Fills a zeroed machine; -1: this system has no /proc/net/tcp. */
int tw_this_machine_read(struct tw_machine *m, struct tw_err *err);
void tw_this_machine_clear(struct tw_machine *m);	/* the facts of its listeners too */

/* kept_files.c: adds the certificates on disk that a server here may serve, to m->kept. */
void tw_kept_files_find(struct tw_machine *m);

/* The whole of a file, at most `most` bytes, in the arena; p NULL: it cannot be read. */
struct tw_bytes tw_this_machine_file(struct tw_arena *a, const char *path, size_t most);

#endif
