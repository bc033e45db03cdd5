/* A TLS session of the library without I/O; see tls_session.h. exam/identify.c is the caller. */
#include "net/tls_session.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

struct tw_session {
	SSL *ssl;
	BIO *in, *out;		/* owned by ssl */
	bool up, down;
};

/* One context for all: every version and suite the library still has. */
static SSL_CTX *
context(void)
{
	static SSL_CTX *ctx;

	if (ctx != NULL)
		return ctx;
	ctx = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, 0);
	SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
	SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return ctx;
}

static void
offer_alpn(SSL *ssl, const char *const *alpn, size_t n)
{
	struct tw_buf list;

	tw_buf_init(&list, 1024);
	for (size_t i = 0; i < n; i++) {
		size_t mark = tw_buf_open_len(&list, 1);

		tw_buf_str(&list, alpn[i]);
		tw_buf_close_len(&list, mark, 1);
	}
	if (list.n > 0 && !list.failed)
		SSL_set_alpn_protos(ssl, list.p, (unsigned)list.n);
	tw_buf_clear(&list);
}

struct tw_session *
tw_session_new(const char *sni, const char *const *alpn, size_t n)
{
	SSL_CTX *ctx = context();
	struct tw_session *s = ctx == NULL ? NULL : calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->ssl = SSL_new(ctx);
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	if (s->ssl == NULL || s->in == NULL || s->out == NULL) {
		BIO_free(s->in);
		BIO_free(s->out);
		SSL_free(s->ssl);
		free(s);
		return NULL;
	}
	SSL_set_bio(s->ssl, s->in, s->out);
	if (sni != NULL)
		/* The macro of the header casts const away, which clang minds. */
		SSL_ctrl(s->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
		    (void *)(uintptr_t)sni);
	offer_alpn(s->ssl, alpn, n);
	SSL_set_connect_state(s->ssl);
	return s;
}

void
tw_session_free(struct tw_session *s)
{
	if (s == NULL)
		return;
	SSL_free(s->ssl);
	free(s);
}

/* Moves what the library wants to send. */
static void
flush(struct tw_session *s, struct tw_buf *out)
{
	uint8_t buf[4096];
	int n;

	while ((n = BIO_read(s->out, buf, sizeof(buf))) > 0)
		tw_buf_put(out, buf, (size_t)n);
}

/* False: the session has failed or ended. */
static bool
may_go_on(struct tw_session *s, int n)
{
	int why = SSL_get_error(s->ssl, n);

	ERR_clear_error();
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

enum tw_session_state
tw_session_feed(struct tw_session *s, struct tw_bytes in, struct tw_buf *out,
    struct tw_buf *plain)
{
	uint8_t buf[4096];
	int n;

	if (in.n > 0)
		BIO_write(s->in, in.p, (int)in.n);
	if (!s->up && !s->down) {
		n = SSL_do_handshake(s->ssl);
		s->up = n == 1;
		s->down = n != 1 && !may_go_on(s, n);
	}
	while (s->up && !s->down) {
		n = SSL_read(s->ssl, buf, sizeof(buf));
		if (n <= 0) {
			s->down = !may_go_on(s, n);
			break;
		}
		tw_buf_put(plain, buf, (size_t)n);
	}
	flush(s, out);
	return s->down ? TW_SESSION_DOWN : s->up ? TW_SESSION_UP : TW_SESSION_SHAKING;
}

void
tw_session_say(struct tw_session *s, struct tw_bytes plain, struct tw_buf *out)
{
	if (s->up && !s->down && plain.n > 0)
		SSL_write(s->ssl, plain.p, (int)plain.n);
	ERR_clear_error();
	flush(s, out);
}

struct tw_bytes
tw_session_alpn(const struct tw_session *s)
{
	const unsigned char *p = NULL;
	unsigned n = 0;

	SSL_get0_alpn_selected(s->ssl, &p, &n);
	return (struct tw_bytes){ p, n };
}
