/*
 * access.h -- for whom a service usually is: everybody, its own networks, or those who run
 * the machine. Firewalls are written by it; what is not known is for its own networks.
 */
#ifndef TW_DATA_ACCESS_H
#define TW_DATA_ACCESS_H

#include "data/port.h"

enum tw_access { TW_ACCESS_INTERNAL, TW_ACCESS_PUBLIC, TW_ACCESS_ADMIN, TW_ACCESS_SHELL };
extern const char *const tw_access_names[];	/* "internal" "public" "admin" "shell" */

/*
 * Of a service ("imap", as found; NULL: not known) at a port (row: what the registry knows
 * of it, or NULL). What was found counts, not the number; the number tells two of one
 * protocol apart, as Elasticsearch's HTTPS from a web site's.
 */
enum tw_access tw_access_of(const char *service, const struct tw_port *row);

#endif
