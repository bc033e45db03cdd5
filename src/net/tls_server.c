/* A handshake as a server, in memory; see tls_server.h. */
#include <ctype.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "base/crypto.h"
#include "net/tls_server_inside.h"

/* ---- the library reads and writes here: what one call was given, what it says ---- */

static int
bio_read(BIO *b, char *out, size_t n, size_t *ret_n)
{
	struct tw_tls *t = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	if (t->in.n == 0) {
		BIO_set_retry_read(b);
		return -1;
	}
	if (n > t->in.n)
		n = t->in.n;
	memcpy(out, t->in.p, n);
	t->in.p += n;
	t->in.n -= n;
	*ret_n = n;
	return 1;
}

static int
bio_write(BIO *b, const char *p, size_t n, size_t *ret_n)
{
	struct tw_tls *t = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	tw_buf_put(t->out, p, n);
	*ret_n = n;
	return t->out->failed ? -1 : 1;
}

static long
bio_ctrl(BIO *b, int cmd, long num, void *p)
{
	(void)b;
	(void)num;
	(void)p;
	return cmd == BIO_CTRL_FLUSH || cmd == BIO_CTRL_PUSH || cmd == BIO_CTRL_POP;
}

static int
bio_create(BIO *b)
{
	BIO_set_init(b, 1);
	return 1;
}

static BIO *
new_bio(struct tw_tls *t)
{
	static BIO_METHOD *method;	/* of the program; made once */
	BIO *b;

	if (method == NULL) {
		method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tlswright");
		if (method == NULL)
			return NULL;
		BIO_meth_set_read_ex(method, bio_read);
		BIO_meth_set_write_ex(method, bio_write);
		BIO_meth_set_ctrl(method, bio_ctrl);
		BIO_meth_set_create(method, bio_create);
	}
	b = BIO_new(method);
	if (b != NULL)
		BIO_set_data(b, t);
	return b;
}

/* ---- what the library asks on the way ---- */

struct tw_tls *
tw_tls_of(const SSL *ssl)
{
	return SSL_get_ex_data(ssl, 0);
}

/* A host name as a client may send it; an address is none (RFC 6066 3). */
static bool
is_name(const char *s)
{
	bool letter = false;

	for (const char *p = s; *p != '\0'; p++) {
		if (!isalnum((unsigned char)*p) && strchr("-._", *p) == NULL)
			return false;
		letter |= isalpha((unsigned char)*p) != 0;
	}
	return letter && strlen(s) < 254;
}

static const struct tw_tls_site *
find_exactly(const struct tw_tls_context *c, const char *name)
{
	for (size_t i = 0; i < c->sites_n; i++)
		for (size_t k = 0; k < c->sites[i].names_n; k++)
			if (strcmp(c->sites[i].names[k], name) == 0)
				return &c->sites[i];
	return NULL;
}

/* A certificate with the name itself comes before one for a whole domain. */
static const struct tw_tls_site *
find_site(const struct tw_tls_context *c, const char *name)
{
	const struct tw_tls_site *site = find_exactly(c, name);
	const char *dot = strchr(name, '.');
	char wild[256];

	if (site != NULL || dot == NULL)
		return site;
	snprintf(wild, sizeof(wild), "*%s", dot);
	return find_exactly(c, wild);
}

int
tw_tls_on_server_name(SSL *ssl, int *alert, void *context)
{
	struct tw_tls *t = tw_tls_of(ssl);
	struct tw_tls_context *c = context;
	const char *sent = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const struct tw_tls_site *site = &c->sites[0];

	if (sent != NULL && is_name(sent)) {
		size_t n = strlen(sent);

		for (size_t i = 0; i <= n; i++)
			t->sni[i] = (char)tolower((unsigned char)sent[i]);
		if (n > 0 && t->sni[n - 1] == '.')	/* it should not be there, and is */
			t->sni[--n] = '\0';
		t->facts.sni = (struct tw_bytes){ (const uint8_t *)t->sni, n };
		site = find_site(c, t->sni);
		if (site == NULL && !c->strict_sni)
			site = &c->sites[0];
	}
	if (site == NULL) {
		t->reason = "no certificate is for the server name";
		*alert = SSL_AD_UNRECOGNIZED_NAME;
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	}
	if (site != &c->sites[0])
		SSL_set_SSL_CTX(ssl, t->legacy && site->legacy != NULL ? site->legacy : site->ctx);
	return SSL_TLSEXT_ERR_OK;
}

int
tw_tls_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
    const unsigned char *in, unsigned in_n, void *context)
{
	const struct tw_tls_context *c = context;
	unsigned char *chosen;

	if (SSL_select_next_proto(&chosen, out_n, c->alpn_wire, c->alpn_wire_n, in, in_n) !=
	    OPENSSL_NPN_NEGOTIATED) {
		if (!c->strict_alpn)
			return SSL_TLSEXT_ERR_NOACK;
		tw_tls_of(ssl)->reason = "none of the client's ALPN protocols is spoken here";
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	}
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* Without ALPN nobody comes in (a PostgreSQL server's rule for direct TLS). */
int
tw_tls_on_hello(SSL *ssl, int *alert, void *context)
{
	const unsigned char *p;
	size_t n;

	(void)context;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &p,
	    &n) == 1)
		return SSL_CLIENT_HELLO_SUCCESS;
	tw_tls_of(ssl)->reason = "the client names no ALPN protocol";
	*alert = SSL_AD_NO_APPLICATION_PROTOCOL;
	return SSL_CLIENT_HELLO_ERROR;
}

void
tw_tls_tickets_turn(struct tw_tls_tickets *t)
{
	unsigned next = (t->newest + 1) % TW_TLS_TICKET_KEYS;

	if (t->keys[t->newest].name[0] == 0)	/* the first time: none may be guessed */
		for (unsigned i = 0; i < TW_TLS_TICKET_KEYS; i++)
			tw_random((uint8_t *)&t->keys[i], sizeof(t->keys[i]));
	tw_random((uint8_t *)&t->keys[next], sizeof(t->keys[next]));
	t->keys[next].name[0] |= 1;
	t->newest = next;
}

/* Tickets are encrypt-then-MAC (RFC 5077 4); an old key still opens, and asks for a new one. */
int
tw_tls_on_ticket(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher,
    EVP_MAC_CTX *mac, int seal)
{
	const struct tw_tls_tickets *tickets = tw_tls_of(ssl)->context->tickets;
	static EVP_CIPHER *aes;
	OSSL_PARAM params[3];
	unsigned newest = tickets->newest, i = 0;
	uint8_t key[32];

	if (aes == NULL)
		aes = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	if (seal) {
		i = newest;
		memcpy(name, tickets->keys[i].name, 16);
	}
	while (i < TW_TLS_TICKET_KEYS && memcmp(tickets->keys[i].name, name, 16) != 0)
		i++;
	if (i == TW_TLS_TICKET_KEYS)
		return 0;
	memcpy(key, tickets->keys[i].mac, sizeof(key));
	params[0] = OSSL_PARAM_construct_octet_string("key", key, sizeof(key));
	params[1] = OSSL_PARAM_construct_utf8_string("digest", (char[]){ "SHA256" }, 0);
	params[2] = OSSL_PARAM_construct_end();
	if (EVP_MAC_CTX_set_params(mac, params) != 1)
		return -1;
	if (seal)
		return RAND_bytes(iv, 16) == 1 &&
		    EVP_EncryptInit_ex2(cipher, aes, tickets->keys[i].cipher, iv, NULL) == 1 ? 1 : -1;
	if (EVP_DecryptInit_ex2(cipher, aes, tickets->keys[i].cipher, iv, NULL) != 1)
		return -1;
	return i == newest ? 1 : 2;
}

static bool
unhex(const char *s, uint8_t *out, size_t most, size_t *ret_n)
{
	size_t n = 0;

	for (; isxdigit((unsigned char)s[0]) && isxdigit((unsigned char)s[1]); s += 2) {
		unsigned v = 0;

		for (unsigned i = 0; i < 2; i++)
			v = v << 4 | (unsigned)(isdigit((unsigned char)s[i]) ? s[i] - '0' :
			    (s[i] | 32) - 'a' + 10);
		if (n == most)
			return false;
		out[n++] = (uint8_t)v;
	}
	*ret_n = n;
	return n > 0;
}

/* A line of the key log: "CLIENT_TRAFFIC_SECRET_0 random secret", in hex. */
void
tw_tls_on_secret(const SSL *ssl, const char *line)
{
	static const char *const names[] = { "CLIENT_TRAFFIC_SECRET_0 ",
		"SERVER_TRAFFIC_SECRET_0 " };
	struct tw_tls *t = tw_tls_of(ssl);

	for (unsigned i = 0; t != NULL && i < 2; i++) {
		const char *secret = strrchr(line, ' ');
		size_t n;

		if (strncmp(line, names[i], strlen(names[i])) == 0 && secret != NULL &&
		    unhex(secret + 1, t->secrets[i], sizeof(t->secrets[i]), &n))
			t->secrets_n[i] = (uint8_t)n;
	}
}

/* Counts the records we seal after our Finished: the next one's number follows. */
void
tw_tls_on_message(int sent, int version, int type, const void *p, size_t n, SSL *ssl, void *arg)
{
	struct tw_tls *t = tw_tls_of(ssl);
	const uint8_t *b = p;

	(void)version;
	(void)arg;
	if (t == NULL)
		return;
	if (sent && type == SSL3_RT_HANDSHAKE && n > 0 && b[0] == SSL3_MT_FINISHED) {
		t->finished = 1;
		t->sealed = 0;
	} else if (sent && type == SSL3_RT_HEADER && t->finished) {
		t->sealed++;
	} else if (!sent && type == SSL3_RT_HANDSHAKE && n > 0 && b[0] == SSL3_MT_CLIENT_HELLO &&
	    t->context->names_client && t->ja.ja3[0] == '\0') {
		/* Read where it lies: nothing of it is kept. */
		(void)tw_ja_read((struct tw_bytes){ p, n }, &t->ja);
	}
}

/* ---- the handshake ---- */

static int
on_ready(SSL *ssl, void *arg)
{
	struct tw_tls *t = arg;

	(void)ssl;
	t->waiting = false;
	t->context->ready(t->ready_ctx);
	return 1;
}

/*
 * A client of whom less is asked: its tickets are bound to that, or one without a certificate
 * would open the door for others (RFC 8446 4.6.1 leaves it to the server).
 */
static void
ask_less(SSL *ssl, const struct tw_tls_context *c, enum tw_tls_ask ask)
{
	uint8_t id[sizeof(c->session_id)];

	memcpy(id, c->session_id, sizeof(id));
	id[0] ^= (uint8_t)(1 + ask);
	SSL_set_session_id_context(ssl, id, sizeof(id));
	SSL_set_verify(ssl, ask == TW_TLS_ASK_NONE ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
}

struct tw_tls *
tw_tls_new(struct tw_tls_context *c, bool legacy, enum tw_tls_ask ask, void *ready_ctx)
{
	struct tw_tls *t = calloc(1, sizeof(*t));
	BIO *bio;

	if (t == NULL)
		return NULL;
	t->context = c;
	t->legacy = legacy && c->sites[0].legacy != NULL;
	t->ready_ctx = ready_ctx;
	t->ssl = SSL_new(t->legacy ? c->sites[0].legacy : c->sites[0].ctx);
	bio = new_bio(t);
	if (t->ssl == NULL || bio == NULL) {
		BIO_free(bio);
		SSL_free(t->ssl);
		free(t);
		return NULL;
	}
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_ex_data(t->ssl, 0, t);
	if (c->ready != NULL && c->asynchronous) {
		SSL_set_async_callback(t->ssl, on_ready);
		SSL_set_async_callback_arg(t->ssl, t);
	}
	if (ask < c->ask)
		ask_less(t->ssl, c, ask);
	SSL_set_accept_state(t->ssl);
	return t;
}

/* A job cannot be cancelled: resumed without an answer, the remote key refuses, and it ends. */
static void
give_up(struct tw_tls *t)
{
	struct tw_buf none;

	tw_buf_init(&none, TW_TLS_FLIGHT);
	t->in = (struct tw_bytes){ 0 };
	t->out = &none;
	(void)SSL_do_handshake(t->ssl);
	ERR_clear_error();
	tw_buf_clear(&none);
}

void
tw_tls_free(struct tw_tls *t)
{
	if (t == NULL)
		return;
	if (t->waiting)
		give_up(t);
	SSL_free(t->ssl);
	OPENSSL_cleanse(t->secrets, sizeof(t->secrets));
	free(t);
}

/*
 * TLS 1.2 with AES-GCM: the nonce of the last record we sealed stands in its first bytes.
 * v: what this turn said, for what was there before may be cut anywhere.
 */
static void
learn_nonce(struct tw_tls *t, struct tw_bytes v)
{
	struct tw_bytes body;
	uint8_t type;
	uint16_t version;

	while (tw_bytes_u8(&v, &type) && tw_bytes_u16(&v, &version) && tw_bytes_vec16(&v, &body)) {
		if (type != SSL3_RT_HANDSHAKE || body.n < 8)
			continue;
		t->nonce = 0;
		for (unsigned i = 0; i < 8; i++)
			t->nonce = t->nonce << 8 | body.p[i];
	}
}

/* Why the library would not go on, in words that do not come from the peer. */
static const char *
reason(struct tw_tls *t)
{
	unsigned long error = ERR_peek_last_error();
	const char *words = ERR_reason_error_string(error);

	if (t->reason != NULL)
		return t->reason;
	return words != NULL ? words : "the handshake failed";
}

enum tw_tls_state
tw_tls_shake(struct tw_tls *t, struct tw_bytes *in, struct tw_buf *out)
{
	size_t before = out->n;
	int got, why;

	if (t->waiting)		/* what came meanwhile is for later */
		return TW_TLS_WAIT;
	t->in = *in;
	t->out = out;
	ERR_clear_error();
	got = SSL_do_handshake(t->ssl);
	why = got == 1 ? SSL_ERROR_NONE : SSL_get_error(t->ssl, got);
	*in = t->in;
	if (out->n > before && t->context->own_records)
		learn_nonce(t, (struct tw_bytes){ out->p + before, out->n - before });
	t->out = NULL;
	switch (why) {
	case SSL_ERROR_NONE:
		return TW_TLS_DONE;
	case SSL_ERROR_WANT_READ:
		return TW_TLS_MORE;
	case SSL_ERROR_WANT_ASYNC:
		t->waiting = true;
		return TW_TLS_WAIT;
	default:
		t->reason = reason(t);
		ERR_clear_error();
		return TW_TLS_FAILED;
	}
}

const char *
tw_tls_reason(const struct tw_tls *t)
{
	return t->reason;
}

static uint16_t
group_of(SSL *ssl)
{
	long nid = SSL_ctrl(ssl, SSL_CTRL_GET_NEGOTIATED_GROUP, 0, NULL);

	/* Groups without a NID are told as their code with a mark. */
	if (nid & TLSEXT_nid_unknown)
		return (uint16_t)nid;
	switch (nid) {
	case NID_X9_62_prime256v1: return 23;
	case NID_secp384r1: return 24;
	case NID_secp521r1: return 25;
	case NID_X25519: return 29;
	case NID_X448: return 30;
	case NID_ffdhe2048: return 256;
	case NID_ffdhe3072: return 257;
	default: return 0;
	}
}

static void
learn_alpn(struct tw_tls *t)
{
	const struct tw_tls_context *c = t->context;
	const unsigned char *p;
	unsigned n;

	SSL_get0_alpn_selected(t->ssl, &p, &n);
	for (size_t i = 0; i < c->alpn_n; i++)
		if (strlen(c->alpn[i]) == n && memcmp(c->alpn[i], p, n) == 0)
			t->facts.alpn = c->alpn[i];
}

const struct tw_tls_facts *
tw_tls_facts(struct tw_tls *t)
{
	const SSL_CIPHER *suite = SSL_get_current_cipher(t->ssl);
	X509 *peer;
	int n;

	t->facts.ja = t->ja.ja3[0] != '\0' ? &t->ja : NULL;
	if (suite == NULL)
		return &t->facts;
	t->facts.version = (uint16_t)SSL_version(t->ssl);
	t->facts.suite = SSL_CIPHER_get_protocol_id(suite);
	t->facts.group = group_of(t->ssl);
	t->facts.resumed = SSL_session_reused(t->ssl) == 1;
	learn_alpn(t);
	peer = SSL_get0_peer_certificate(t->ssl);
	if (peer != NULL && SSL_get_verify_result(t->ssl) == X509_V_OK) {
		n = X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName,
		    t->client_name, sizeof(t->client_name));
		if (n > 0)
			t->facts.client_name = (struct tw_bytes){
				(const uint8_t *)t->client_name, (size_t)n };
	}
	return &t->facts;
}

/* The secrets of TLS 1.2: the master secret and both randoms (RFC 5246 6.3). */
static bool
own_12(struct tw_tls *t, struct tw_records *r, uint16_t suite)
{
	uint8_t master[48], randoms[64];
	bool ok;

	ok = SSL_SESSION_get_master_key(SSL_get_session(t->ssl), master, sizeof(master)) == 48 &&
	    SSL_get_server_random(t->ssl, randoms, 32) == 32 &&
	    SSL_get_client_random(t->ssl, randoms + 32, 32) == 32 &&
	    tw_records_own12(r, suite, master, randoms, 1, t->nonce + 1);
	OPENSSL_cleanse(master, sizeof(master));
	return ok;
}

static bool
own(struct tw_tls *t, struct tw_records *r)
{
	const SSL_CIPHER *c = SSL_get_current_cipher(t->ssl);
	uint16_t suite = c == NULL ? 0 : SSL_CIPHER_get_protocol_id(c);

	if (!t->context->own_records || SSL_pending(t->ssl) > 0)
		return false;
	switch (SSL_version(t->ssl)) {
	case TLS1_3_VERSION:
		return tw_records_own13(r, suite,
		    (struct tw_bytes){ t->secrets[0], t->secrets_n[0] },
		    (struct tw_bytes){ t->secrets[1], t->secrets_n[1] }, t->sealed);
	case TLS1_2_VERSION:
		return own_12(t, r, suite);
	default:
		return false;
	}
}

void
tw_tls_detach(struct tw_tls *t, struct tw_records *ret)
{
	if (!own(t, ret)) {
		SSL_set_ex_data(t->ssl, 0, NULL);
		tw_tls_records_library(ret, t->ssl);
		t->ssl = NULL;
	}
	tw_tls_free(t);
}
