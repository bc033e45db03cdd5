/*
 * server.h -- one loopback server of the demo: a listening socket, a thread
 * that accepts, and a thread for each of at most TW_SERVER_MOST connections.
 */
#ifndef TW_DEMO_SERVER_H
#define TW_DEMO_SERVER_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "service/service.h"

#define TW_SERVER_MOST	64	/* connections of one server at once; more wait */
#define TW_SERVER_STEP_S 10	/* seconds a peer may keep silent */

struct tw_server {
	const char *scheme;		/* what to put before "://" */
	const char *what;		/* one line for a person */
	SSL_CTX *ctx;			/* NULL: its dialogue never comes to TLS */
	const struct tw_service *service;	/* NULL: TLS from the first byte */
	bool stripped;			/* somebody between overwrites its offer of STARTTLS */
	unsigned short port;		/* set by tw_server_start() */
};

/* Listens on a free port of 127.0.0.1 and serves until the process ends; -1: errno. */
int tw_server_start(struct tw_server *s);

#endif
