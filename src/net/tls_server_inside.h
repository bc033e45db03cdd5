/* tls_server_inside.h -- what the files of tls_server.h share, and tls_client.c. */
#ifndef TW_NET_TLS_SERVER_INSIDE_H
#define TW_NET_TLS_SERVER_INSIDE_H

#include <openssl/ssl.h>

#include "net/tls_server.h"

/* A certificate with the names it is for, and the library's contexts that show it. */
struct tw_tls_site {
	char **names;		/* lower case; "*.example.com" for one label */
	size_t names_n;
	int key_type;		/* EVP_PKEY_RSA, … */
	SSL_CTX *ctx, *legacy;	/* legacy: NULL where nobody may use old versions */
};

struct tw_tls_context {
	struct tw_tls_site *sites;
	size_t sites_n;
	char **alpn;
	size_t alpn_n;
	uint8_t *alpn_wire;	/* as in the extension */
	unsigned alpn_wire_n;
	bool strict_sni, strict_alpn, needs_alpn, own_records, names_client, asynchronous;
	enum tw_tls_ask ask;
	uint8_t session_id[32];	/* what tickets are bound to */
	const struct tw_tls_tickets *tickets;
	void (*ready)(void *ready_ctx);
};

struct tw_tls {
	struct tw_tls_context *context;
	SSL *ssl;
	struct tw_bytes in;	/* what is left of the client's, within a call */
	struct tw_buf *out;	/* within a call */
	const char *reason;
	void *ready_ctx;
	bool legacy;
	bool waiting;		/* for a remote key's signature: a job is under way */
	bool ends;		/* the client's bytes are over for good */
	uint8_t finished;	/* we have said Finished: records are counted from there */
	uint64_t sealed;	/* records under the last keys so far */
	uint64_t nonce;		/* TLS 1.2: of the last of them */
	struct tw_ja ja;	/* of the first ClientHello, where wanted */
	uint8_t secrets[2][48];	/* TLS 1.3: client's, server's traffic */
	uint8_t secrets_n[2];
	struct tw_tls_facts facts;
	char sni[256], client_name[256];
};

/* Callbacks of a handshake, set in every SSL_CTX (tls_server.c). */
struct tw_tls *tw_tls_of(const SSL *ssl);
int tw_tls_on_server_name(SSL *ssl, int *alert, void *context);
int tw_tls_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
    const unsigned char *in, unsigned in_n, void *context);
int tw_tls_on_hello(SSL *ssl, int *alert, void *context);
int tw_tls_on_ticket(SSL *ssl, unsigned char name[16], unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal);
void tw_tls_on_secret(const SSL *ssl, const char *line);
void tw_tls_on_message(int sent, int version, int type, const void *p, size_t n, SSL *ssl,
    void *arg);

/* Suites, groups and schemes of a policy, for a server or a client (tls_server_context.c). */
bool tw_tls_context_speak(SSL_CTX *ctx, const struct tw_policy *p);

/* Where the library reads and writes within one call; it holds none between. */
struct tw_tls_turn {
	struct tw_bytes in;
	uint8_t *out;
	size_t out_n, room;
};

/* A BIO whose data is the turn, or NULL between two of them (tls_records.c). */
BIO *tw_tls_turn_bio(void);

/* Records of the library: takes over ssl (tls_records.c). */
void tw_tls_records_library(struct tw_records *r, SSL *ssl);

#endif
