/*
 * told.h -- a handshake told to a person, message by message: what was offered,
 * what was chosen and why, the certificate, what was verified, the keys, and
 * whether a session is resumed. Pure: messages in, text out. exam/told.c feeds it.
 */
#ifndef TW_REPORT_TOLD_H
#define TW_REPORT_TOLD_H

#include "report/page.h"
#include "wire/client_hello.h"
#include "wire/flight.h"

struct tw_told {
	struct tw_arena *arena;
	struct tw_page page;
	const char *host;		/* what the certificate must fit; borrowed */
	int64_t at;			/* the moment dates are judged for */
	struct tw_trust *trust;		/* borrowed; NULL: trust is not judged */
	struct tw_client_hello hello;	/* views of a copy in arena */
	struct tw_flight flight;	/* what the server has said so far */
	bool retried, resumed, finished;	/* by a HelloRetryRequest; without a certificate */
	unsigned tickets;
};

/* Starts a story in out; the arena holds copies until it ends. */
void tw_told_init(struct tw_told *t, struct tw_arena *arena,
    const struct tw_report_style *style, struct tw_buf *out);
void tw_told_clear(struct tw_told *t);

/* One line of its own: "TCP: connected to …". */
void tw_told_note(struct tw_told *t, double ms, const char *what);
/* Words of the dialogue before TLS. */
void tw_told_words(struct tw_told *t, double ms, bool by_server, struct tw_bytes words);
/* A whole handshake message, its head of 4 bytes included, in the clear. */
void tw_told_message(struct tw_told *t, double ms, bool by_server, struct tw_bytes message);
/* An alert of two bytes. */
void tw_told_alert(struct tw_told *t, double ms, bool by_server, struct tw_bytes alert);

#endif
