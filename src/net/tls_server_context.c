/* The contexts of a listener: certificates, what is spoken, tickets; see tls_server.h. */
#include <ctype.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/crypto.h"
#include "data/spelling.h"
#include "net/tls_server_inside.h"

/* The library's own words behind ours. */
static int
refuse(struct tw_err *e, const char *what, const char *file)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	tw_err_set(e, TW_ERR_LIBRARY, "%s%s%s: %s", what, file == NULL ? "" : " ",
	    file == NULL ? "" : file, why == NULL ? "the library would not" : why);
	ERR_clear_error();
	return -1;
}

/* Names of OpenSSL with colons between; what this library does not know is left out. */
static void
spell(struct tw_buf *out, enum tw_spelt what, struct tw_u16s codes, bool tls13, SSL_CTX *probe,
    int (*knows)(SSL_CTX *ctx, const char *name))
{
	for (size_t i = 0; i < codes.n; i++) {
		struct tw_buf word;
		bool is13 = what == TW_SPELT_SUITE && codes.v[i] >> 8 == 0x13;

		tw_buf_init(&word, 128);
		if ((what != TW_SPELT_SUITE || is13 == tls13) &&
		    tw_spelling_put(what, codes.v[i], (struct tw_bytes){ 0 }, &word) &&
		    knows(probe, tw_buf_cstr(&word)) == 1) {
			if (out->n > 0)
				tw_buf_u8(out, ':');
			tw_buf_str(out, tw_buf_cstr(&word));
		}
		tw_buf_clear(&word);
	}
	ERR_clear_error();
}

static int
knows_group(SSL_CTX *ctx, const char *name)
{
	return (int)SSL_CTX_ctrl(ctx, SSL_CTRL_SET_GROUPS_LIST, 0, (void *)(uintptr_t)name);
}

static int
knows_scheme(SSL_CTX *ctx, const char *name)
{
	return (int)SSL_CTX_ctrl(ctx, SSL_CTRL_SET_SIGALGS_LIST, 0, (void *)(uintptr_t)name);
}

/* Suites, groups and signature schemes of the policy, as far as the library has them. */
static bool
speak(SSL_CTX *ctx, const struct tw_policy *p, bool legacy)
{
	SSL_CTX *probe = SSL_CTX_new(TLS_server_method());
	struct tw_buf list;
	bool ok = probe != NULL;

	tw_buf_init(&list, 4096);
	if (ok) {
		spell(&list, TW_SPELT_SUITE, p->suites, true, probe, SSL_CTX_set_ciphersuites);
		ok = list.n == 0 || SSL_CTX_set_ciphersuites(ctx, tw_buf_cstr(&list)) == 1;
		list.n = 0;
		spell(&list, TW_SPELT_SUITE, p->suites, false, probe, SSL_CTX_set_cipher_list);
		if (legacy)	/* forward secret where they can, and nothing broken outright */
			tw_buf_str(&list, ":ECDHE+AES:DHE+AES:AES:!aNULL:!eNULL:@SECLEVEL=0");
		ok = ok && SSL_CTX_set_cipher_list(ctx, tw_buf_cstr(&list)) == 1;
		list.n = 0;
		spell(&list, TW_SPELT_GROUP, p->groups, false, probe, knows_group);
		spell(&list, TW_SPELT_GROUP, p->tolerated_groups, false, probe, knows_group);
		ok = ok && knows_group(ctx, tw_buf_cstr(&list)) == 1;
		list.n = 0;
		spell(&list, TW_SPELT_SCHEME, p->schemes, false, probe, knows_scheme);
		ok = ok && (legacy || knows_scheme(ctx, tw_buf_cstr(&list)) == 1);
	}
	tw_buf_clear(&list);
	SSL_CTX_free(probe);
	return ok;
}

bool
tw_tls_context_speak(SSL_CTX *ctx, const struct tw_policy *p)
{
	return speak(ctx, p, false);
}

/* The lowest and highest version that may be. */
static void
bound(SSL_CTX *ctx, const struct tw_policy *p, const bool *legacy)
{
	static const struct { enum tw_version version; uint64_t option; } off[] = {
		{ TW_TLS10, SSL_OP_NO_TLSv1 }, { TW_TLS11, SSL_OP_NO_TLSv1_1 },
		{ TW_TLS12, SSL_OP_NO_TLSv1_2 },
	};
	int least = 0, most = 0;

	for (int v = TW_TLS10; v < TW_VERSIONS; v++)
		if (p->versions[v] || (legacy != NULL && legacy[v])) {
			most = tw_versions[v].wire;
			least = least == 0 ? most : least;
		}
	/* Between the two there may be one that nobody named. */
	for (size_t i = 0; i < TW_COUNT(off); i++)
		if (!p->versions[off[i].version] && (legacy == NULL || !legacy[off[i].version]))
			SSL_CTX_set_options(ctx, off[i].option);
	SSL_CTX_set_min_proto_version(ctx, least);
	SSL_CTX_set_max_proto_version(ctx, most);
}

static int
verify(int ok, X509_STORE_CTX *store)
{
	(void)store;
	return ok;
}

/* A PEM text that was read already, or the file. */
static BIO *
open_pem(const char *path, struct tw_bytes pem)
{
	if (pem.p != NULL)
		return BIO_new_mem_buf(pem.p, (int)pem.n);
	return path == NULL ? NULL : BIO_new_file(path, "r");
}

/* Whether the text ended where it may. */
static bool
is_at_end(void)
{
	unsigned long last = ERR_peek_last_error();
	bool end = ERR_GET_LIB(last) == ERR_LIB_PEM &&
	    ERR_GET_REASON(last) == PEM_R_NO_START_LINE;

	if (end)
		ERR_clear_error();
	return end;
}

/* Each authority is trusted, and named to clients once. */
static bool
trust(SSL_CTX *ctx, const struct tw_tls_settings *s)
{
	BIO *in = open_pem(s->client_ca, s->client_ca_pem);
	size_t n = 0;
	X509 *x;

	while (in != NULL && (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		n += X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), x) == 1 &&
		    SSL_CTX_add_client_CA(ctx, x) == 1;
		X509_free(x);
	}
	BIO_free(in);
	return n > 0 && is_at_end();
}

static int
ask(SSL_CTX *ctx, const struct tw_tls_settings *s, struct tw_err *e)
{
	if (s->ask == TW_TLS_ASK_NONE)
		return 0;
	if (!trust(ctx, s))
		return refuse(e, "cannot read the authorities for client certificates",
		    s->client_ca == NULL ? "(no client_ca)" : s->client_ca);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (s->ask == TW_TLS_ASK_REQUIRED ?
	    SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), verify);
	return 0;
}

/* Tickets are good for this listener, and for what it asks of clients, alone. */
static void
bind_tickets(SSL_CTX *ctx, struct tw_tls_context *c, const struct tw_tls_settings *s)
{
	struct tw_buf what;

	tw_buf_init(&what, 8192);
	tw_buf_fmt(&what, "%s\n%d\n%s", s->name, (int)s->ask,
	    s->client_ca == NULL ? "" : s->client_ca);
	tw_hash(TW_SHA256, tw_buf_view(&what), c->session_id);
	tw_buf_clear(&what);
	SSL_CTX_set_session_id_context(ctx, c->session_id, sizeof(c->session_id));
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, s->tickets == NULL ? 0 : 1);
	if (s->tickets == NULL)
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	else
		SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, tw_tls_on_ticket);
}

static void
hook(SSL_CTX *ctx, struct tw_tls_context *c)
{
	SSL_CTX_set_tlsext_servername_callback(ctx, tw_tls_on_server_name);
	SSL_CTX_set_tlsext_servername_arg(ctx, c);
	if (c->alpn_n > 0)
		SSL_CTX_set_alpn_select_cb(ctx, tw_tls_on_alpn, c);
	if (c->needs_alpn)
		SSL_CTX_set_client_hello_cb(ctx, tw_tls_on_hello, c);
	if (c->own_records)
		SSL_CTX_set_keylog_callback(ctx, tw_tls_on_secret);
	if (c->own_records || c->names_client)
		SSL_CTX_set_msg_callback(ctx, tw_tls_on_message);
}

/* A key under a passphrase is refused: nobody sits here to type one. */
static int
no_passphrase(char *out, int n, int writes, void *arg)
{
	(void)out;
	(void)n;
	(void)writes;
	(void)arg;
	return -1;
}

/* The server's certificate, then those that are sent with it. */
static bool
use_chain(SSL_CTX *ctx, const struct tw_tls_certificate *t)
{
	BIO *in = open_pem(t->chain, t->chain_pem);
	X509 *x = in == NULL ? NULL : PEM_read_bio_X509_AUX(in, NULL, no_passphrase, NULL);
	bool ok = x != NULL && SSL_CTX_use_certificate(ctx, x) == 1 &&
	    SSL_CTX_clear_chain_certs(ctx) == 1;

	X509_free(x);
	while (ok && (x = PEM_read_bio_X509(in, NULL, no_passphrase, NULL)) != NULL)
		if (SSL_CTX_add0_chain_cert(ctx, x) != 1) {
			X509_free(x);
			ok = false;
		}
	BIO_free(in);
	return ok && is_at_end();
}

static bool
use_key(SSL_CTX *ctx, const struct tw_tls_certificate *t)
{
	EVP_PKEY *key;
	BIO *in;
	bool ok;

	if (t->remote != NULL)
		return SSL_CTX_use_PrivateKey(ctx, t->remote) == 1;
	in = open_pem(t->key, t->key_pem);
	key = in == NULL ? NULL : PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL);
	ok = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1;
	EVP_PKEY_free(key);
	BIO_free(in);
	return ok;
}

static int
show(SSL_CTX *ctx, const struct tw_tls_certificate *t, struct tw_err *e)
{
	ERR_clear_error();
	if (!use_chain(ctx, t))
		return refuse(e, "cannot use the certificate chain", t->chain);
	if (!use_key(ctx, t))
		return refuse(e, "cannot use the key", t->key);
	if (SSL_CTX_check_private_key(ctx) != 1)
		return refuse(e, "the key does not belong to the certificate", t->key);
	return 0;
}

static SSL_CTX *
make(struct tw_tls_context *c, const struct tw_tls_settings *s, size_t site,
    const bool *legacy, struct tw_err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL || !speak(ctx, s->policy, legacy != NULL)) {
		refuse(e, "cannot speak the policy", s->policy->name);
		goto fail;
	}
	bound(ctx, s->policy, legacy);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | (c->asynchronous ? SSL_MODE_ASYNC : 0));
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	    SSL_OP_IGNORE_UNEXPECTED_EOF |
	    (s->policy->client_order ? 0 : SSL_OP_CIPHER_SERVER_PREFERENCE));
	bind_tickets(ctx, c, s);
	hook(ctx, c);
	if (show(ctx, &s->certificates[site], e) != 0 || ask(ctx, s, e) != 0)
		goto fail;
	return ctx;
fail:
	SSL_CTX_free(ctx);
	return NULL;
}

/* The names a certificate is for: dNSName entries alone (RFC 6125 6.4.4). */
static void
learn_names(struct tw_tls_site *site, X509 *x)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

	site->names = calloc((size_t)sk_GENERAL_NAME_num(all) + 2, sizeof(*site->names));
	for (int i = 0; site->names != NULL && i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);
		const ASN1_STRING *v = g->type == GEN_DNS ? g->d.dNSName : NULL;
		char *name;

		if (v == NULL || memchr(ASN1_STRING_get0_data(v), 0,
		    (size_t)ASN1_STRING_length(v)) != NULL)
			continue;
		name = strndup((const char *)ASN1_STRING_get0_data(v),
		    (size_t)ASN1_STRING_length(v));
		for (char *p = name; p != NULL && *p != '\0'; p++)
			*p = (char)tolower((unsigned char)*p);
		if (name != NULL)
			site->names[site->names_n++] = name;
	}
	GENERAL_NAMES_free(all);
}

static bool
has_name(const struct tw_tls_site *site, const char *name)
{
	for (size_t i = 0; i < site->names_n; i++)
		if (strcmp(site->names[i], name) == 0)
			return true;
	return false;
}

/* Another certificate for all of this one's names, with another kind of key: both are shown. */
static bool
goes_with(const struct tw_tls_site *site, const struct tw_tls_site *other)
{
	if (other->key_type == site->key_type)
		return false;
	for (size_t i = 0; i < site->names_n; i++)
		if (!has_name(other, site->names[i]))
			return false;
	return site->names_n > 0;
}

static int
pair_up(struct tw_tls_context *c, const struct tw_tls_settings *s, struct tw_err *e)
{
	for (size_t i = 0; i < c->sites_n; i++) {
		int types[TW_TLS_CERTIFICATES];
		size_t types_n = 0;

		for (size_t k = 0; k < c->sites_n; k++) {
			const struct tw_tls_site *other = &c->sites[k];
			bool known = !goes_with(&c->sites[i], other);

			for (size_t t = 0; t < types_n; t++)
				known |= types[t] == other->key_type;
			if (known)
				continue;
			types[types_n++] = other->key_type;
			if (show(c->sites[i].ctx, &s->certificates[k], e) != 0)
				return -1;
			if (c->sites[i].legacy != NULL &&
			    show(c->sites[i].legacy, &s->certificates[k], e) != 0)
				return -1;
		}
	}
	return 0;
}

static void
keep_alpn(struct tw_tls_context *c, const struct tw_tls_settings *s)
{
	struct tw_buf wire;

	if (s->alpn_n == 0)
		return;
	c->alpn = calloc(s->alpn_n, sizeof(*c->alpn));
	if (c->alpn == NULL)
		abort();
	tw_buf_init(&wire, 4096);
	for (size_t i = 0; i < s->alpn_n; i++) {
		size_t mark = tw_buf_open_len(&wire, 1);

		tw_buf_str(&wire, s->alpn[i]);
		tw_buf_close_len(&wire, mark, 1);
		c->alpn[c->alpn_n++] = strdup(s->alpn[i]);
	}
	c->alpn_wire = wire.p;
	c->alpn_wire_n = (unsigned)wire.n;
}

struct tw_tls_context *
tw_tls_context_new(const struct tw_tls_settings *s, struct tw_err *e)
{
	struct tw_tls_context *c = calloc(1, sizeof(*c));
	bool legacy = false;

	if (c == NULL || (c->sites = calloc(s->certificates_n + 1, sizeof(*c->sites))) == NULL)
		abort();
	c->strict_sni = s->strict_sni;
	c->strict_alpn = s->strict_alpn;
	c->needs_alpn = s->needs_alpn;
	c->own_records = s->own_records;
	c->names_client = s->names_client;
	c->tickets = s->tickets;
	c->ready = s->ready;
	c->ask = s->ask;
	keep_alpn(c, s);
	for (int v = 0; v < TW_VERSIONS; v++)
		legacy |= s->legacy[v];
	for (size_t i = 0; i < s->certificates_n; i++)
		c->asynchronous |= s->certificates[i].remote != NULL;
	for (size_t i = 0; i < s->certificates_n; i++) {
		struct tw_tls_site *site = &c->sites[c->sites_n++];

		site->ctx = make(c, s, i, NULL, e);
		if (site->ctx != NULL && legacy)
			site->legacy = make(c, s, i, s->legacy, e);
		if (site->ctx == NULL || (legacy && site->legacy == NULL))
			goto fail;
		learn_names(site, SSL_CTX_get0_certificate(site->ctx));
		site->key_type = EVP_PKEY_get_base_id(
		    X509_get0_pubkey(SSL_CTX_get0_certificate(site->ctx)));
	}
	if (c->sites_n == 0) {
		tw_err_set(e, TW_ERR_USAGE, "listen %s has no certificate", s->name);
		goto fail;
	}
	if (pair_up(c, s, e) != 0)
		goto fail;
	return c;
fail:
	tw_tls_context_free(c);
	return NULL;
}

void
tw_tls_context_free(struct tw_tls_context *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->sites_n; i++) {
		struct tw_tls_site *site = &c->sites[i];

		for (size_t k = 0; k < site->names_n; k++)
			free(site->names[k]);
		free(site->names);
		SSL_CTX_free(site->ctx);
		SSL_CTX_free(site->legacy);
	}
	for (size_t i = 0; i < c->alpn_n; i++)
		free(c->alpn[i]);
	free(c->alpn);
	free(c->alpn_wire);
	free(c->sites);
	free(c);
}
