/*
 * tls_server.h -- TLS as a server by the library, without I/O: bytes of the client in,
 * bytes for the client out. The gateway does handshakes by it, and then hands the
 * connection over to records (wire/records.h).
 */
#ifndef TW_NET_TLS_SERVER_H
#define TW_NET_TLS_SERVER_H

#include <openssl/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "data/policy.h"
#include "wire/ja.h"
#include "wire/records.h"

#define TW_TLS_CERTIFICATES	64	/* of one listener, at most */
#define TW_TLS_FLIGHT		65536	/* bytes said in one turn of a handshake at most */

struct tw_tls_certificate {
	const char *chain;	/* file, PEM */
	const char *key;	/* file, PEM; or NULL where remote is given */
	EVP_PKEY *remote;	/* a key that signs elsewhere; borrowed until the context is made */
	struct tw_bytes chain_pem, key_pem;	/* what is in them, where it was read already */
};

enum tw_tls_ask { TW_TLS_ASK_NONE, TW_TLS_ASK_OPTIONAL, TW_TLS_ASK_REQUIRED };

/*
 * Keys of session tickets, in memory all workers share: a ring. The newest seals, all
 * open. Only the parent writes, into the oldest, and then says that it is the newest.
 */
struct tw_tls_ticket_key {
	uint8_t name[16], cipher[32], mac[32];
};
#define TW_TLS_TICKET_KEYS	4
struct tw_tls_tickets {
	struct tw_tls_ticket_key keys[TW_TLS_TICKET_KEYS];
	_Atomic unsigned newest;
};

/* Makes a new key the newest; the oldest is forgotten. The first call fills the ring. */
void tw_tls_tickets_turn(struct tw_tls_tickets *t);

struct tw_tls_settings {
	const char *name;	/* of the listener: tickets are good for it alone */
	const struct tw_policy *policy;
	struct tw_tls_certificate *certificates;	/* the first where no name is given */
	size_t certificates_n;
	const char *const *alpn;	/* ours, in order */
	size_t alpn_n;
	bool strict_sni;	/* a name of none of the certificates is refused */
	bool strict_alpn;	/* ALPN names that are none of ours are refused */
	bool needs_alpn;	/* and so is who names none */
	enum tw_tls_ask ask;	/* a client certificate */
	const char *client_ca;	/* file of authorities for it */
	struct tw_bytes client_ca_pem;	/* what is in it, where it was read already */
	bool legacy[TW_VERSIONS];	/* versions below the policy's, for those that may */
	const struct tw_tls_tickets *tickets;	/* in shared memory, or NULL: none */
	void (*ready)(void *ready_ctx);	/* a remote key has signed: shake again; or NULL */
	bool own_records;
	bool names_client;	/* tw_tls_facts has JA3 and JA4 of the first ClientHello */
};

struct tw_tls_context;

/* NULL: e says which file and what is wrong with it. */
struct tw_tls_context *tw_tls_context_new(const struct tw_tls_settings *s, struct tw_err *e);
void tw_tls_context_free(struct tw_tls_context *c);	/* takes NULL; sessions must be gone */

enum tw_tls_state {
	TW_TLS_MORE,		/* of the client's bytes */
	TW_TLS_DONE,
	TW_TLS_FAILED,		/* out has the alert, tw_tls_reason() the words */
	TW_TLS_WAIT,		/* a remote key signs: call again with what comes when it has */
};

struct tw_tls;

/*
 * A handshake. legacy: this client may use settings' legacy versions. ask: of its
 * network (the context's, or less). ready_ctx goes to the remote key's owner. NULL: no memory.
 */
struct tw_tls *tw_tls_new(struct tw_tls_context *c, bool legacy, enum tw_tls_ask ask,
    void *ready_ctx);
void tw_tls_free(struct tw_tls *t);	/* takes NULL */
/*
 * Takes what it needs of *in (moved past it) and puts what is to be sent to out. After
 * TW_TLS_DONE the rest of *in lies on a record's boundary and belongs to the records.
 */
enum tw_tls_state tw_tls_shake(struct tw_tls *t, struct tw_bytes *in, struct tw_buf *out);
const char *tw_tls_reason(const struct tw_tls *t);	/* static text; until t ends */

struct tw_tls_facts {
	struct tw_bytes sni;	/* as sent, checked to be a host name; p NULL: none */
	const char *alpn;	/* chosen: of the settings; NULL: none */
	uint16_t version, suite, group;		/* IANA codes; 0: not known */
	bool resumed;
	struct tw_bytes client_name;	/* common name of a verified certificate, p NULL: none */
	const struct tw_ja *ja;	/* where the settings want it; NULL: there was no whole hello */
};

/* What it knows so far, also of a failed one. Until t ends. */
const struct tw_tls_facts *tw_tls_facts(struct tw_tls *t);
/*
 * After TW_TLS_DONE: the records of the connection, of our own where the settings want it
 * and the suite is known, else of the library. t is freed.
 */
void tw_tls_detach(struct tw_tls *t, struct tw_records *ret);

#endif
