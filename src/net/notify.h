/*
 * notify.h -- the service manager: told how we are, and what it hands in. Both by its
 * environment variables; without them nothing is done.
 */
#ifndef TW_NET_NOTIFY_H
#define TW_NET_NOTIFY_H

#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"

enum tw_notify_what { TW_NOTIFY_READY, TW_NOTIFY_RELOADING, TW_NOTIFY_STOPPING,
	TW_NOTIFY_ALIVE, TW_NOTIFY_STATUS };

/* status: a line for people, or NULL. false: nobody listens, or it could not be told. */
bool tw_notify(enum tw_notify_what what, const char *status);
bool tw_notify_main(pid_t pid);		/* after a binary upgrade: we are another process now */
uint64_t tw_notify_watchdog_us(void);	/* TW_NOTIFY_ALIVE is wanted this often; 0: not */
#define TW_NOTIFY_FIRST	3
/*
 * Sockets handed in by activation (LISTEN_FDS): descriptors 3, 4, … close-on-exec from
 * now on, and the variables are taken out of the environment. How many; 0: none.
 */
size_t tw_notify_sockets(void);

#endif
