/* A handshake as a client, in memory; see tls_client.h. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/tls_client.h"
#include "net/tls_server_inside.h"
#include "net/trust_open.h"

#define FLIGHT	16384	/* bytes said in one turn: a hello, or a Finished */

struct tw_tls_client_context {
	SSL_CTX *ctx;
	char *name;		/* NULL: none */
	bool is_address;	/* the name is one */
};

struct tw_tls_client {
	SSL *ssl;
	BIO *bio;		/* ssl's */
	const char *reason;
};

/* ---- whom to trust ---- */

#define FILE_BYTES	(4u << 20)	/* of one file */

/* A file, where certificates of authorities stand in it; its last line is ended. */
static bool
put_file(struct tw_buf *out, const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = f == NULL ? NULL : malloc(FILE_BYTES);
	size_t n = text == NULL ? 0 : fread(text, 1, FILE_BYTES, f);
	bool some = n > 0 && n < FILE_BYTES &&
	    (memmem(text, n, "-----BEGIN CERTIFICATE-----", 27) != NULL ||
	     memmem(text, n, "-----BEGIN TRUSTED CERTIFICATE-----", 35) != NULL);

	if (f != NULL)
		fclose(f);
	if (some) {
		tw_buf_put(out, text, n);
		tw_buf_u8(out, '\n');
	}
	free(text);
	return some;
}

static bool
put_system(struct tw_buf *out)
{
	const char *own = getenv(X509_get_default_cert_file_env());

	if (own != NULL)		/* the administrator's word for it, and no other */
		return put_file(out, own);
	if (put_file(out, X509_get_default_cert_file()))
		return true;
	for (size_t i = 0; tw_trust_open_files[i] != NULL; i++)
		if (put_file(out, tw_trust_open_files[i]))
			return true;
	return false;
}

static bool
put_folder(struct tw_buf *out, const char *path)
{
	DIR *d = opendir(path);
	char file[PATH_MAX];
	struct stat st;
	bool some = false;

	if (d == NULL)
		return false;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		if (e->d_name[0] != '.' && stat(file, &st) == 0 && S_ISREG(st.st_mode))
			some |= put_file(out, file);
	}
	closedir(d);
	return some;
}

int
tw_tls_client_authorities(const char *ca, struct tw_buf *out, struct tw_err *e)
{
	struct stat st;
	bool ok = ca == NULL ? put_system(out) :
	    stat(ca, &st) == 0 && S_ISDIR(st.st_mode) ? put_folder(out, ca) : put_file(out, ca);

	if (ok && !out->failed)
		return 0;
	return ca == NULL ? tw_err_set(e, TW_ERR_USAGE, "this system has no file of authorities to "
	    "verify a backend by: name them by ca = …") :
	    tw_err_set(e, TW_ERR_FORMAT, "ca = %s: no certificate of an authority can be read from it",
	    ca);
}

/* Every certificate of a PEM text into the store. */
static bool
add_all(X509_STORE *store, struct tw_bytes pem)
{
	BIO *in = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	char none[] = "";	/* a key among them has no passphrase that we would ask for */
	STACK_OF(X509_INFO) *all = in == NULL ? NULL :
	    PEM_X509_INFO_read_bio(in, NULL, NULL, none);
	bool some = false;

	for (int i = 0; i < sk_X509_INFO_num(all); i++) {
		X509 *x = sk_X509_INFO_value(all, i)->x509;

		some |= x != NULL && X509_STORE_add_cert(store, x) == 1;
	}
	sk_X509_INFO_pop_free(all, X509_INFO_free);
	BIO_free(in);
	ERR_clear_error();
	return some;
}

static int
trust(SSL_CTX *ctx, const struct tw_tls_client_settings *s, struct tw_err *e)
{
	struct tw_bytes pem = s->ca_pem;
	struct tw_buf read;
	int status = 0;

	tw_buf_init(&read, 64u << 20);
	if (pem.p == NULL) {
		status = tw_tls_client_authorities(s->ca, &read, e);
		pem = tw_buf_view(&read);
	}
	if (status == 0 && !add_all(SSL_CTX_get_cert_store(ctx), pem))
		status = tw_err_set(e, TW_ERR_FORMAT, "ca = %s: no certificate in it can be read",
		    s->ca == NULL ? "(the system's)" : s->ca);
	tw_buf_clear(&read);
	/* What the administrator names is trusted itself, and not only what signed it. */
	if (s->ca != NULL)
		X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
	return status;
}

/* ---- the context ---- */

static bool
is_address(const char *name)
{
	ASN1_OCTET_STRING *ip = a2i_IPADDRESS(name);
	bool is = ip != NULL;

	ASN1_OCTET_STRING_free(ip);
	ERR_clear_error();
	return is;
}

struct tw_tls_client_context *
tw_tls_client_context_new(const struct tw_tls_client_settings *s, struct tw_err *e)
{
	struct tw_tls_client_context *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	c->ctx = SSL_CTX_new(TLS_client_method());
	if (c->ctx == NULL || !tw_tls_context_speak(c->ctx, s->policy)) {
		tw_err_set(e, TW_ERR_LIBRARY, "the library cannot speak the policy %s",
		    s->policy->name);
		goto fail;
	}
	SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(c->ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(c->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(c->ctx, s->insecure_no_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
	    NULL);
	if (!s->insecure_no_verify && trust(c->ctx, s, e) != 0)
		goto fail;
	if (s->server_name != NULL) {
		c->name = strdup(s->server_name);
		c->is_address = is_address(s->server_name);
	}
	return c;
fail:
	tw_tls_client_context_free(c);
	return NULL;
}

void
tw_tls_client_context_free(struct tw_tls_client_context *c)
{
	if (c == NULL)
		return;
	SSL_CTX_free(c->ctx);
	free(c->name);
	free(c);
}

/* ---- the handshake ---- */

/* Who it must be; an address is never a server name in the hello (RFC 6066 3). */
static bool
expect(SSL *ssl, const struct tw_tls_client_context *c, struct tw_bytes ip)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (c->name == NULL)
		return ip.n == 0 || X509_VERIFY_PARAM_set1_ip(param, ip.p, ip.n) == 1;
	if (c->is_address)
		return X509_VERIFY_PARAM_set1_ip_asc(param, c->name) == 1;
	return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, c->name) == 1 &&
	    X509_VERIFY_PARAM_set1_host(param, c->name, 0) == 1;
}

static bool
offer(SSL *ssl, const char *alpn)
{
	uint8_t wire[256];
	size_t n = alpn == NULL ? 0 : strlen(alpn);

	if (n == 0 || n > 255)
		return true;
	wire[0] = (uint8_t)n;
	memcpy(wire + 1, alpn, n);
	return SSL_set_alpn_protos(ssl, wire, (unsigned)n + 1) == 0;
}

struct tw_tls_client *
tw_tls_client_new(struct tw_tls_client_context *c, struct tw_bytes ip, const char *alpn)
{
	struct tw_tls_client *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->ssl = SSL_new(c->ctx);
	t->bio = tw_tls_turn_bio();
	if (t->ssl == NULL || t->bio == NULL || !expect(t->ssl, c, ip) || !offer(t->ssl, alpn)) {
		BIO_free(t->bio);
		SSL_free(t->ssl);
		free(t);
		return NULL;
	}
	SSL_set_bio(t->ssl, t->bio, t->bio);
	SSL_set_connect_state(t->ssl);
	return t;
}

void
tw_tls_client_free(struct tw_tls_client *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	free(t);
}

/* Why, in words that do not come from the peer: of its certificate first. */
static const char *
reason(const SSL *ssl)
{
	long verdict = SSL_get_verify_result(ssl);
	const char *words;

	if (verdict != X509_V_OK && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE)
		return X509_verify_cert_error_string(verdict);
	words = ERR_reason_error_string(ERR_peek_last_error());
	return words != NULL ? words : "the handshake failed";
}

enum tw_tls_client_state
tw_tls_client_shake(struct tw_tls_client *t, struct tw_bytes *in, struct tw_buf *out)
{
	uint8_t flight[FLIGHT];
	struct tw_tls_turn turn = { .in = *in, .out = flight, .room = sizeof(flight) };
	int got, why;

	BIO_set_data(t->bio, &turn);
	ERR_clear_error();
	got = SSL_do_handshake(t->ssl);
	why = got == 1 ? SSL_ERROR_NONE : SSL_get_error(t->ssl, got);
	BIO_set_data(t->bio, NULL);
	*in = turn.in;
	tw_buf_put(out, flight, turn.out_n);
	if (why != SSL_ERROR_NONE && why != SSL_ERROR_WANT_READ)
		t->reason = reason(t->ssl);
	ERR_clear_error();
	return why == SSL_ERROR_NONE ? TW_TLS_CLIENT_DONE :
	    why == SSL_ERROR_WANT_READ ? TW_TLS_CLIENT_MORE : TW_TLS_CLIENT_FAILED;
}

const char *
tw_tls_client_reason(const struct tw_tls_client *t)
{
	return t->reason;
}

void
tw_tls_client_detach(struct tw_tls_client *t, struct tw_records *ret)
{
	tw_tls_records_library(ret, t->ssl);
	t->ssl = NULL;
	tw_tls_client_free(t);
}
