/*
 * behind.h -- the backend's side of a connection, in the clear or inside TLS: the phases
 * say and hear plaintext, and need not know which it is.
 */
#ifndef TW_GATE_BEHIND_H
#define TW_GATE_BEHIND_H

#include "gate/flow.h"
#include "net/tls_client.h"

/* Only where the backend is spoken to in TLS. */
struct tw_gate_behind {
	struct tw_tls_client *tls;	/* the handshake is under way; or NULL */
	struct tw_records records;
	bool recorded;			/* records stand: secrets to be cleansed */
	struct tw_pending kept;		/* came, and is not used yet */
	bool cut;			/* its stream ended without a close_notify */
	const char *reason;		/* of the address that failed last; static, or NULL */
};

/* Says plaintext, or what of it must wait is kept. False: the backend is gone. */
bool tw_behind_say(struct tw_gate_conn *c, struct tw_bytes plain);
/*
 * What it says now, in the worker's scratch until the next call, at most TW_GATE_BEHIND
 * bytes; ret may be empty, and counts whatever the answer is.
 */
#define TW_GATE_BEHIND TW_RECORDS_ROOM(TW_GATE_PLAIN)
enum tw_flow tw_behind_receive(struct tw_gate_conn *c, struct tw_bytes *ret);
/* Bytes of it are here, and it need not say more to be heard. */
bool tw_behind_has(const struct tw_gate_conn *c);
/* close_notify, where it is spoken to in TLS. */
void tw_behind_goodbye(struct tw_gate_conn *c);
/* This address is done with; the next begins anew. */
void tw_behind_clear(struct tw_gate_conn *c);

#endif
