/* Records of the library behind the seam of wire/records.h; tw_tls_detach() is the caller. */
#include <openssl/err.h>

#include "net/tls_server_inside.h"

static int
turn_read(BIO *b, char *out, size_t n, size_t *ret_n)
{
	struct tw_tls_turn *t = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	if (t == NULL || t->in.n == 0) {
		BIO_set_retry_read(b);
		return -1;
	}
	n = n < t->in.n ? n : t->in.n;
	memcpy(out, t->in.p, n);
	t->in.p += n;
	t->in.n -= n;
	*ret_n = n;
	return 1;
}

static int
turn_write(BIO *b, const char *p, size_t n, size_t *ret_n)
{
	struct tw_tls_turn *t = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	if (t == NULL || n > t->room - t->out_n)
		return -1;
	memcpy(t->out + t->out_n, p, n);
	t->out_n += n;
	*ret_n = n;
	return 1;
}

static long
turn_ctrl(BIO *b, int cmd, long num, void *p)
{
	(void)b;
	(void)num;
	(void)p;
	return cmd == BIO_CTRL_FLUSH || cmd == BIO_CTRL_PUSH || cmd == BIO_CTRL_POP;
}

static int
turn_create(BIO *b)
{
	BIO_set_init(b, 1);
	return 1;
}

BIO *
tw_tls_turn_bio(void)
{
	static BIO_METHOD *method;	/* of the program; made once */

	if (method == NULL) {
		method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "records");
		if (method == NULL)
			return NULL;
		BIO_meth_set_read_ex(method, turn_read);
		BIO_meth_set_write_ex(method, turn_write);
		BIO_meth_set_ctrl(method, turn_ctrl);
		BIO_meth_set_create(method, turn_create);
	}
	return BIO_new(method);
}

static void
begin(SSL *ssl, struct tw_tls_turn *t)
{
	BIO_set_data(SSL_get_rbio(ssl), t);
	ERR_clear_error();
}

static void
finish(SSL *ssl)
{
	BIO_set_data(SSL_get_rbio(ssl), NULL);
	ERR_clear_error();
}

static void
open_library(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes in,
    uint8_t *plain, struct tw_records_opened *ret)
{
	SSL *ssl = r->session;
	struct tw_tls_turn t = { .in = in, .out = ret->reply, .room = sizeof(ret->reply) };
	size_t got;

	(void)s;
	begin(ssl, &t);
	/* The plaintext is shorter than the records it came in, so it has room. */
	while (SSL_read_ex(ssl, plain + ret->plain_n, 
	    TW_RECORDS_ROOM(in.n) - ret->plain_n, &got) == 1)
		ret->plain_n += got;
	ret->used = in.n;	/* what is no whole record waits inside */
	ret->reply_n = t.out_n;
	switch (SSL_get_error(ssl, 0)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		break;
	case SSL_ERROR_ZERO_RETURN:
		ret->state = TW_RECORDS_ENDED;
		break;
	default:
		ret->state = TW_RECORDS_FAILED;
		ret->reason = ERR_reason_error_string(ERR_peek_last_error());
		if (ret->reason == NULL)
			ret->reason = "the records are broken";
		r->closed = true;
	}
	finish(ssl);
}

static size_t
seal_library(struct tw_records *r, struct tw_records_scratch *s, struct tw_bytes plain,
    uint8_t *out)
{
	struct tw_tls_turn t = { .out = out, .room = TW_RECORDS_SEALED(plain.n) };
	size_t put;

	(void)s;
	begin(r->session, &t);
	while (plain.n > 0 && SSL_write_ex(r->session, plain.p, plain.n, &put) == 1) {
		plain.p += put;
		plain.n -= put;
	}
	finish(r->session);
	return plain.n == 0 ? t.out_n : 0;
}

static size_t
close_library(struct tw_records *r, struct tw_records_scratch *s, uint8_t *out)
{
	struct tw_tls_turn t = { .out = out, .room = TW_RECORDS_LAST };

	(void)s;
	begin(r->session, &t);
	(void)SSL_shutdown(r->session);
	finish(r->session);
	return t.out_n;
}

static void
clear_library(struct tw_records *r)
{
	SSL_free(r->session);
}

static const struct tw_records_kind library = { open_library, seal_library, close_library,
	clear_library };

void
tw_tls_records_library(struct tw_records *r, SSL *ssl)
{
	BIO *bio = tw_tls_turn_bio();

	*r = (struct tw_records){ .kind = &library, .session = ssl };
	if (bio == NULL)
		abort();
	BIO_set_data(bio, NULL);
	SSL_set_bio(ssl, bio, bio);
}
