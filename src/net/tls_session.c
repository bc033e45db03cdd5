/* A TLS session of the library without I/O; see tls_session.h. exam/identify.c is the caller. */
#include "net/tls_session.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

struct tw_session {
	SSL *ssl;
	BIO *in, *out;		/* owned by ssl */
	bool up, down;
	void (*see)(void *ctx, bool by_server, bool alert, struct tw_bytes message);
	void *see_ctx;
	int alert;		/* -1: none */
};

/* Of each offer. Security level 1 at most, for the auditor looks at weak keys too. */
static const struct offer {
	int least;
	const char *suites;
} offers[] = {
	[TW_SESSION_ALL] = { 0, "ALL:COMPLEMENTOFALL:@SECLEVEL=0" },
	[TW_SESSION_TODAY] = { TLS1_2_VERSION, "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:"
	    "ECDHE+AES:!aNULL:@SECLEVEL=1" },
};

/* One context an offer, for all. */
static SSL_CTX *
context(enum tw_session_offer offer)
{
	static SSL_CTX *contexts[TW_SESSION_TODAY + 1];
	SSL_CTX *ctx = contexts[offer];

	if (ctx != NULL)
		return ctx;
	ctx = contexts[offer] = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, offers[offer].least);
	SSL_CTX_set_cipher_list(ctx, offers[offer].suites);
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
tw_session_new(enum tw_session_offer offer, const char *sni, const char *const *alpn, size_t n)
{
	SSL_CTX *ctx = context(offer);
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
	s->alert = -1;
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
	unsigned long error = ERR_peek_error();

	/* The library adds 1000 to the code of an alert it received. */
	if (why == SSL_ERROR_SSL && ERR_GET_LIB(error) == ERR_LIB_SSL &&
	    ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET &&
	    ERR_GET_REASON(error) <= SSL_AD_REASON_OFFSET + 255)
		s->alert = ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET;
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

int
tw_session_alert(const struct tw_session *s)
{
	return s->alert;
}

struct tw_bytes
tw_session_alpn(const struct tw_session *s)
{
	const unsigned char *p = NULL;
	unsigned n = 0;

	SSL_get0_alpn_selected(s->ssl, &p, &n);
	return (struct tw_bytes){ p, n };
}

void
tw_session_resume(struct tw_session *s, const struct tw_session *before)
{
	SSL_SESSION *session = SSL_get1_session(before->ssl);

	if (session == NULL)
		return;
	SSL_set_session(s->ssl, session);
	SSL_SESSION_free(session);
}

static void
on_message(int written, int version, int type, const void *p, size_t n, SSL *ssl, void *arg)
{
	struct tw_session *s = arg;

	(void)version;
	(void)ssl;
	if (type == SSL3_RT_HANDSHAKE || type == SSL3_RT_ALERT)
		s->see(s->see_ctx, !written, type == SSL3_RT_ALERT,
		    (struct tw_bytes){ p, n });
}

void
tw_session_watch(struct tw_session *s,
    void (*see)(void *ctx, bool by_server, bool alert, struct tw_bytes message), void *ctx)
{
	s->see = see;
	s->see_ctx = ctx;
	SSL_set_msg_callback(s->ssl, on_message);
	SSL_set_msg_callback_arg(s->ssl, s);
}

bool
tw_session_is_resumable(const struct tw_session *s)
{
	const SSL_SESSION *session = SSL_get0_session(s->ssl);

	return s->up && session != NULL && SSL_SESSION_is_resumable(session) == 1;
}
