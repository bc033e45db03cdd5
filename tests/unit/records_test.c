/*
 * Records after the handshake: RFC 8448's, odd ones, and our own beside the library's,
 * in both directions and cut at every byte. The peer is the library's client in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/crypto_record.h"
#include "certs_make.h"
#include "net/tls_server.h"

enum { HANDSHAKE = 22, ALERT = 21, DATA = 23 };

static struct tw_records_scratch *scratch;
static struct tw_aeads *peer_aeads;
static char chain_path[] = "/tmp/records-chain-XXXXXX", key_path[] = "/tmp/records-key-XXXXXX";

/* ---- records made by hand ---- */

static size_t
unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned v;

	for (; sscanf(hex, "%2x", &v) == 1; hex += 2)
		out[n++] = (uint8_t)v;
	return n;
}

/* Both ends from the same secrets: what is in for one is out for the other. */
static void
both(struct tw_records *server, struct tw_records *client, uint16_t suite)
{
	uint8_t c[48], s[48];
	size_t n = suite == 0x1302 ? 48 : 32;

	memset(c, 0x5c, sizeof(c));
	memset(s, 0x36, sizeof(s));
	assert_true(tw_records_own13(server, suite, (struct tw_bytes){ c, n },
	    (struct tw_bytes){ s, n }, 0));
	assert_true(tw_records_own13(client, suite, (struct tw_bytes){ s, n },
	    (struct tw_bytes){ c, n }, 0));
}

static void
nonce13(const struct tw_records_way *w, uint8_t nonce[12])
{
	memcpy(nonce, w->iv, 12);
	for (unsigned i = 0; i < 8; i++)
		nonce[4 + i] ^= (uint8_t)(w->sequence >> (56 - 8 * i));
}

/* A record of TLS 1.3 with whatever inside; the type last, none where it is 0. */
static size_t
forge(struct tw_records *client, const void *inside, size_t n, uint8_t type, size_t padding,
    uint8_t *out)
{
	static uint8_t inner[20000];
	size_t inner_n = n;
	uint8_t nonce[12];

	if (n > 0)
		memcpy(inner, inside, n);
	if (type != 0)
		inner[inner_n++] = type;
	memset(inner + inner_n, 0, padding);
	inner_n += padding;
	out[0] = DATA;
	out[1] = out[2] = 3;
	out[3] = (uint8_t)((inner_n + TW_AEAD_TAG) >> 8);
	out[4] = (uint8_t)(inner_n + TW_AEAD_TAG);
	nonce13(&client->out, nonce);
	assert_true(tw_crypto_record_seal(peer_aeads, client->aead, client->out.key, nonce,
	    (struct tw_bytes){ out, 5 }, (struct tw_bytes){ inner, inner_n }, out + 5));
	client->out.sequence++;
	return 5 + inner_n + TW_AEAD_TAG;
}

/* The alert in one record of a reply; -1: it is none. */
static int
alert_in(struct tw_records *client, const uint8_t *reply, size_t n)
{
	uint8_t nonce[12], inner[64];

	if (n < 5 + 3 + TW_AEAD_TAG || n > sizeof(inner))
		return -1;
	nonce13(&client->in, nonce);
	assert_true(tw_crypto_record_open(peer_aeads, client->aead, client->in.key, nonce,
	    (struct tw_bytes){ reply, 5 }, (struct tw_bytes){ reply + 5, n - 5 }, inner));
	return inner[2] == ALERT && inner[0] == 2 ? inner[1] : -1;
}

static void
rfc8448(void **state)
{
	uint8_t client[32], server[32], in[128], want[128], out[128], plain[TW_RECORDS_ROOM(128)];
	struct tw_records_opened o;
	struct tw_records r;
	size_t n, made;

	(void)state;
	unhex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5", client);
	unhex("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643", server);
	/* One ticket was sealed before. */
	assert_true(tw_records_own13(&r, 0x1301, (struct tw_bytes){ client, 32 },
	    (struct tw_bytes){ server, 32 }, 1));
	n = unhex("1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b"
	    "395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4", in);
	tw_records_open(&r, scratch, (struct tw_bytes){ in, n }, plain, &o);
	assert_int_equal(o.state, TW_RECORDS_GOING);
	assert_int_equal(o.used, n);
	assert_int_equal(o.plain_n, 50);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(plain[i], i);
	n = unhex("17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6"
	    "dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf332540dd032e167c2955d", want);
	made = tw_records_seal(&r, scratch, (struct tw_bytes){ plain, 50 }, out);
	assert_int_equal(made, n);
	assert_memory_equal(out, want, n);
	n = unhex("1703030013c9872760655666b74d7ff1153efd6db6d0b0e3", in);
	tw_records_open(&r, scratch, (struct tw_bytes){ in, n }, plain, &o);
	assert_int_equal(o.state, TW_RECORDS_ENDED);
	assert_int_equal(o.reply_n, 0);
	n = unhex("1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9", want);
	made = tw_records_close(&r, scratch, out);
	assert_int_equal(made, n);
	assert_memory_equal(out, want, n);
	assert_int_equal(tw_records_close(&r, scratch, out), 0);
	assert_int_equal(tw_records_seal(&r, scratch, (struct tw_bytes){ plain, 1 }, out), 0);
	tw_records_clear(&r);
	for (size_t i = 0; i < sizeof(r); i++)
		assert_int_equal(((uint8_t *)&r)[i], 0);
}

/* What is inside, how it must end, and with which alert (0: goes on). */
static const struct odd {
	const char *what, *inside;
	size_t n;
	uint8_t type;
	size_t padding;
	int alert;
} odd[] = {
	{ "padding", "hi", 2, DATA, 300, 0 },
	{ "nothing with padding", "", 0, DATA, 9, 0 },
	{ "no type", "", 0, 0, 40, 10 },
	{ "a type that is none", "hi", 2, 99, 0, 10 },
	{ "change_cipher_spec inside", "\1", 1, 20, 0, 10 },
	{ "an empty alert", "", 0, ALERT, 0, -1 },
	{ "half an alert", "\2", 1, ALERT, 0, 50 },
	{ "two alerts", "\1\0\1\0", 4, ALERT, 0, 50 },
	{ "user_canceled", "\1\x5a", 2, ALERT, 0, 0 },
	{ "a ClientHello", "\1\0\0\2\3\3", 6, HANDSHAKE, 0, 10 },
	{ "a ticket", "\4\0\0\1\0", 5, HANDSHAKE, 0, 10 },
	{ "KeyUpdate of 2", "\x18\0\0\1\2", 5, HANDSHAKE, 0, 47 },
	{ "data behind KeyUpdate", "\x18\0\0\1\0\x18", 6, HANDSHAKE, 0, 10 },
	{ "KeyUpdate too long", "\x18\0\0\2\0\0", 6, HANDSHAKE, 0, 10 },
	{ "an empty handshake record", "", 0, HANDSHAKE, 0, 10 },
};

static void
odd_insides(void **state)
{
	static uint8_t in[20100], plain[TW_RECORDS_ROOM(20100)], big[16385];
	struct tw_records server, client;
	struct tw_records_opened o;
	size_t n;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(odd); i++) {
		both(&server, &client, 0x1303);
		n = forge(&client, odd[i].inside, odd[i].n, odd[i].type, odd[i].padding, in);
		tw_records_open(&server, scratch, (struct tw_bytes){ in, n }, plain, &o);
		if (o.state != (odd[i].alert == 0 ? TW_RECORDS_GOING : TW_RECORDS_FAILED))
			fail_msg("%s: state %d", odd[i].what, (int)o.state);
		if (odd[i].alert > 0 && alert_in(&client, o.reply, o.reply_n) != odd[i].alert)
			fail_msg("%s: another alert than %d", odd[i].what, odd[i].alert);
		if (odd[i].alert != 0)
			assert_non_null(o.reason);
		if (odd[i].alert != 0)	/* nothing is sealed any more */
			assert_int_equal(tw_records_close(&server, scratch, in), 0);
	}
	/* Too much inside, by one byte; by padding alone; and just enough. */
	both(&server, &client, 0x1301);
	n = forge(&client, big, 16385, DATA, 0, in);
	tw_records_open(&server, scratch, (struct tw_bytes){ in, n }, plain, &o);
	assert_int_equal(o.state, TW_RECORDS_FAILED);
	assert_int_equal(alert_in(&client, o.reply, o.reply_n), 22);
	both(&server, &client, 0x1301);
	n = forge(&client, big, 16000, DATA, 385, in);
	tw_records_open(&server, scratch, (struct tw_bytes){ in, n }, plain, &o);
	assert_int_equal(o.state, TW_RECORDS_FAILED);
	assert_int_equal(alert_in(&client, o.reply, o.reply_n), 22);
	both(&server, &client, 0x1301);
	n = forge(&client, big, 16384, DATA, 0, in);
	tw_records_open(&server, scratch, (struct tw_bytes){ in, n }, plain, &o);
	assert_int_equal(o.state, TW_RECORDS_GOING);
	assert_int_equal(o.plain_n, 16384);
}

/* Every bit of a record turned, every cut, and lengths that lie. */
static void
tampered(void **state)
{
	uint8_t in[64], copy[64], plain[TW_RECORDS_ROOM(64)];
	struct tw_records server, client, kept;
	struct tw_records_opened o;
	size_t n;

	(void)state;
	both(&server, &client, 0x1302);
	kept = server;
	n = forge(&client, "hello", 5, DATA, 3, in);
	for (size_t bit = 0; bit < n * 8; bit++) {
		memcpy(copy, in, n);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		server = kept;
		tw_records_open(&server, scratch, (struct tw_bytes){ copy, n }, plain, &o);
		assert_int_equal(o.plain_n, 0);
		/* A greater length only asks for more. */
		if (bit / 8 != 3 && bit / 8 != 4)
			assert_int_equal(o.state, TW_RECORDS_FAILED);
	}
	for (size_t cut = 0; cut < n; cut++) {
		server = kept;
		tw_records_open(&server, scratch, (struct tw_bytes){ in, cut }, plain, &o);
		assert_int_equal(o.state, TW_RECORDS_GOING);
		assert_int_equal(o.used, 0);
	}
	server = kept;
	tw_records_open(&server, scratch, (struct tw_bytes){ (const uint8_t *)"\x17\3\3\x41\1", 5 },
	    plain, &o);	/* one byte more than the longest may have: told by the header alone */
	assert_int_equal(o.state, TW_RECORDS_FAILED);
	assert_int_equal(alert_in(&client, o.reply, o.reply_n), 22);
	/* The same record again is not authentic. */
	server = kept;
	tw_records_open(&server, scratch, (struct tw_bytes){ in, n }, plain, &o);
	assert_int_equal(o.plain_n, 5);
	tw_records_open(&server, scratch, (struct tw_bytes){ in, n }, plain, &o);
	assert_int_equal(o.state, TW_RECORDS_FAILED);
	assert_int_equal(alert_in(&client, o.reply, o.reply_n), 20);
}

static void
floods(void **state)
{
	static const struct { const char *inside; size_t n; uint8_t type; } kinds[] = {
		{ "", 0, DATA }, { "\1\x5a", 2, ALERT },
	};
	uint8_t in[256], plain[TW_RECORDS_ROOM(256)];
	struct tw_records server, client;
	struct tw_records_opened o;
	unsigned i;

	(void)state;
	for (unsigned k = 0; k < TW_COUNT(kinds); k++) {
		both(&server, &client, 0x1301);
		for (i = 0; i < 1000; i++) {
			size_t n = forge(&client, kinds[k].inside, kinds[k].n, kinds[k].type, 0, in);

			tw_records_open(&server, scratch, (struct tw_bytes){ in, n }, plain, &o);
			if (o.state == TW_RECORDS_FAILED)
				break;
		}
		assert_in_range(i, 5, 100);
	}
	/* KeyUpdates of a peer that reads its answers, and then goes on without a word. */
	both(&server, &client, 0x1301);
	for (i = 0; i < 1000; i++) {
		static const uint8_t ask[] = { 24, 0, 0, 1, 1 };
		size_t n = forge(&client, ask, sizeof(ask), HANDSHAKE, 0, in);
		uint8_t next[48];

		tw_hkdf_expand_label(TW_SHA256, (struct tw_bytes){ client.out.secret, 32 },
		    "traffic upd", (struct tw_bytes){ 0 }, next, 32);
		memcpy(client.out.secret, next, 32);
		tw_hkdf_expand_label(TW_SHA256, (struct tw_bytes){ next, 32 }, "key",
		    (struct tw_bytes){ 0 }, client.out.key, 16);
		tw_hkdf_expand_label(TW_SHA256, (struct tw_bytes){ next, 32 }, "iv",
		    (struct tw_bytes){ 0 }, client.out.iv, 12);
		client.out.sequence = 0;
		tw_records_open(&server, scratch, (struct tw_bytes){ in, n }, plain, &o);
		if (o.state == TW_RECORDS_FAILED)
			break;
		/* Each one asked for is answered, for the peer may wait for it. */
		assert_true(o.reply_n > 0);
		memcpy(in, o.reply, o.reply_n);
		n = o.reply_n;
		tw_records_open(&client, scratch, (struct tw_bytes){ in, n }, plain, &o);
		assert_int_equal(o.state, TW_RECORDS_GOING);
	}
	assert_in_range(i, 5, 100);
}

/* Our own change of keys, before they have sealed too much; and where a count ends. */
static void
key_used_up(void **state)
{
	uint8_t out[256], plain[TW_RECORDS_ROOM(256)];
	struct tw_records server, client;
	struct tw_records_opened o;
	bool changed = false;

	(void)state;
	both(&server, &client, 0x1302);
	server.out.sequence = client.in.sequence = (1u << 23) - 3;
	for (unsigned i = 0; i < 8; i++) {
		size_t n = tw_records_seal(&server, scratch, TW_BYTES("word"), out);

		assert_true(n > 0 && n <= TW_RECORDS_SEALED(4));
		tw_records_open(&client, scratch, (struct tw_bytes){ out, n }, plain, &o);
		assert_int_equal(o.state, TW_RECORDS_GOING);
		assert_int_equal(o.plain_n, 4);
		assert_memory_equal(plain, "word", 4);
		assert_int_equal(o.reply_n, 0);		/* we do not ask the peer for its own */
		changed |= server.out.sequence < 100;
	}
	assert_true(changed);
	assert_true(tw_records_own12(&server, 0xC02F, (uint8_t[48]){ 1 }, (uint8_t[64]){ 2 }, 1, 7));
	server.out.sequence = UINT64_MAX;
	assert_int_equal(tw_records_seal(&server, scratch, TW_BYTES("word"), out), 0);
	assert_false(tw_records_own13(&server, 0x1304, (struct tw_bytes){ out, 32 },
	    (struct tw_bytes){ out, 32 }, 0));
	assert_false(tw_records_own12(&server, 0xC013, (uint8_t[48]){ 1 }, (uint8_t[64]){ 2 }, 1, 7));
}

/* ---- beside the library ---- */

struct pair {
	struct tw_tls_context *context;
	SSL_CTX *client_ctx;
	SSL *client;
	BIO *to_client, *from_client;
	struct tw_tls *tls;
	struct tw_records r;
	struct tw_buf out;
	const struct tw_tls_facts *facts;
};

static void
write_file(char *path, char *text)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0 && text != NULL);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	free(text);
}

static int
set_up(void **state)
{
	struct certs_one *one = certs_make(&(struct certs_row){ .cn = "a.example",
		.san = "DNS:a.example" }, NULL);

	(void)state;
	write_file(chain_path, certs_pem(one));
	write_file(key_path, certs_key_pem(one));
	certs_free(one);
	scratch = tw_records_scratch_new();
	peer_aeads = tw_crypto_record_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(chain_path);
	unlink(key_path);
	tw_records_scratch_free(scratch);
	tw_crypto_record_free(peer_aeads);
	return 0;
}

static const char *
take(BIO *b, size_t *ret_n)
{
	char *p = NULL;
	long n = BIO_get_mem_data(b, &p);

	*ret_n = n > 0 ? (size_t)n : 0;
	return p;
}

/* One key, that nobody may guess from here. */
static const struct tw_tls_tickets tickets = { { { { 1 }, { 2 }, { 3 } } }, 1 };

static void
open_pair(struct pair *p, bool own, int version, const char *suite)
{
	struct tw_tls_certificate certificate = { chain_path, key_path, NULL };
	struct tw_tls_settings s = { .name = "test", .policy = tw_policies[0],
		.certificates = &certificate, .certificates_n = 1, .tickets = &tickets,
		.own_records = own, .names_client = true };
	struct tw_err e;

	memset(p, 0, sizeof(*p));
	p->context = tw_tls_context_new(&s, &e);
	if (p->context == NULL)
		fail_msg("%s", e.text);
	p->client_ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(p->client_ctx, version);
	SSL_CTX_set_max_proto_version(p->client_ctx, version);
	assert_int_equal(version == TLS1_3_VERSION ?
	    SSL_CTX_set_ciphersuites(p->client_ctx, suite) :
	    SSL_CTX_set_cipher_list(p->client_ctx, suite), 1);
	tw_buf_init(&p->out, 1 << 20);
}

/* A handshake of the pair; n bytes at a time go to the server. */
static void
shake(struct pair *p, size_t at_once, SSL_SESSION *resume)
{
	enum tw_tls_state state = TW_TLS_MORE;
	int done = 0;

	p->client = SSL_new(p->client_ctx);
	p->to_client = BIO_new(BIO_s_mem());
	p->from_client = BIO_new(BIO_s_mem());
	SSL_set_bio(p->client, p->to_client, p->from_client);
	SSL_ctrl(p->client, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
	    (void *)(uintptr_t)"a.example");
	if (resume != NULL)
		SSL_set_session(p->client, resume);
	SSL_set_connect_state(p->client);
	p->tls = tw_tls_new(p->context, false, TW_TLS_ASK_NONE, NULL);
	assert_non_null(p->tls);
	for (int turn = 0; turn < 10 && (state != TW_TLS_DONE || done != 1); turn++) {
		struct tw_bytes all, in;

		done = SSL_do_handshake(p->client);
		all.p = (const uint8_t *)take(p->from_client, &all.n);
		while (all.n > 0) {
			size_t n = all.n < at_once ? all.n : at_once;

			in = (struct tw_bytes){ all.p, n };
			state = tw_tls_shake(p->tls, &in, &p->out);
			if (state == TW_TLS_FAILED)
				fail_msg("%s", tw_tls_reason(p->tls));
			assert_int_equal(in.n, 0);
			all.p += n;
			all.n -= n;
			/* What is pending stays before what comes: both are seen together. */
		}
		BIO_reset(p->from_client);
		BIO_write(p->to_client, p->out.p, (int)p->out.n);
		tw_buf_drop(&p->out, p->out.n);
	}
	assert_int_equal(state, TW_TLS_DONE);
	p->facts = tw_tls_facts(p->tls);
}

static void
close_pair(struct pair *p)
{
	tw_records_clear(&p->r);
	SSL_free(p->client);
	SSL_CTX_free(p->client_ctx);
	tw_tls_context_free(p->context);
	tw_buf_clear(&p->out);
	ERR_clear_error();
}

/* Seals at the server; the client must read the same. */
static void
down(struct pair *p, const uint8_t *v, size_t n)
{
	uint8_t *sealed = malloc(TW_RECORDS_SEALED(n)), *got = malloc(n + 1);
	size_t made = tw_records_seal(&p->r, scratch, (struct tw_bytes){ v, n }, sealed), have = 0;

	assert_true(made > 0 && made <= TW_RECORDS_SEALED(n));
	BIO_write(p->to_client, sealed, (int)made);
	while (have < n) {
		int k = SSL_read(p->client, got + have, (int)(n - have));

		if (k <= 0)
			fail_msg("the client cannot read: %s", ERR_reason_error_string(ERR_peek_error()));
		have += (size_t)k;
	}
	assert_memory_equal(got, v, n);
	free(sealed);
	free(got);
}

/* Writes at the client; the server must open the same, cut where it may. */
static void
up(struct pair *p, const uint8_t *v, size_t n, size_t at_once)
{
	uint8_t *plain = malloc(TW_RECORDS_ROOM(n + n / 8 + 200));
	uint8_t *got = malloc(TW_RECORDS_ROOM(n + n / 8 + 200));
	struct tw_records_opened o;
	size_t have = 0, all_n, from = 0, to = 0;
	const uint8_t *all;

	assert_int_equal(SSL_write(p->client, v, (int)n), (int)n);
	all = (const uint8_t *)take(p->from_client, &all_n);
	while (to < all_n) {
		to = all_n - to < at_once ? all_n : to + at_once;
		tw_records_open(&p->r, scratch, (struct tw_bytes){ all + from, to - from }, plain, &o);
		if (o.state != TW_RECORDS_GOING)
			fail_msg("%s", o.reason);
		from += o.used;
		memcpy(got + have, plain, o.plain_n);
		have += o.plain_n;
		if (o.reply_n > 0)
			BIO_write(p->to_client, o.reply, (int)o.reply_n);
	}
	assert_int_equal(from, all_n);
	assert_int_equal(have, n);
	assert_memory_equal(got, v, n);
	BIO_reset(p->from_client);
	free(plain);
	free(got);
}

static const struct spoken {
	int version;
	const char *suite;
} spoken[] = {
	{ TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256" },
	{ TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384" },
	{ TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256" },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256" },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384" },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305" },
};

static uint8_t text[70000];

static void
ours_and_the_librarys(void **state)
{
	static const size_t sizes[] = { 1, 100, 16384, 16385, 70000 };

	(void)state;
	tw_random(text, sizeof(text));
	for (unsigned i = 0; i < TW_COUNT(spoken); i++)
		for (int own = 0; own < 2; own++) {
			struct pair p;

			open_pair(&p, own, spoken[i].version, spoken[i].suite);
			shake(&p, own ? SIZE_MAX : 1, NULL);
			assert_int_equal(p.facts->version, spoken[i].version);
			assert_non_null(p.facts->ja);
			assert_int_equal(strlen(p.facts->ja->ja4), TW_JA4_TEXT - 1);
			assert_int_equal(p.facts->sni.n, 9);
			tw_tls_detach(p.tls, &p.r);
			/* It is ours where it was asked for: nothing falls back unseen. */
			assert_int_equal(p.r.session == NULL, own);
			for (unsigned k = 0; k < TW_COUNT(sizes); k++) {
				down(&p, text, sizes[k]);
				up(&p, text, sizes[k], SIZE_MAX);
				up(&p, text, sizes[k], sizes[k] > 200 ? 1000 : 1);
				down(&p, text + 1, sizes[k] - 1 > 0 ? sizes[k] - 1 : 1);
			}
			close_pair(&p);
		}
}

/* Several records cut in two at every byte: the same comes out. */
static void
at_every_cut(void **state)
{
	static uint8_t plain[TW_RECORDS_ROOM(2000)];

	(void)state;
	for (unsigned i = 0; i < TW_COUNT(spoken); i++) {
		struct tw_records_opened o;
		struct tw_records kept;
		const uint8_t *all;
		struct pair p;
		size_t n;

		open_pair(&p, true, spoken[i].version, spoken[i].suite);
		shake(&p, SIZE_MAX, NULL);
		tw_tls_detach(p.tls, &p.r);
		assert_int_equal(SSL_write(p.client, "one", 3), 3);
		assert_int_equal(SSL_write(p.client, text, 300), 300);
		if (spoken[i].version == TLS1_3_VERSION)
			assert_int_equal(SSL_key_update(p.client, SSL_KEY_UPDATE_REQUESTED), 1);
		assert_int_equal(SSL_write(p.client, "two", 3), 3);
		SSL_shutdown(p.client);
		all = (const uint8_t *)take(p.from_client, &n);
		kept = p.r;
		for (size_t cut = 0; cut <= n; cut++) {
			size_t used, have, replies;

			p.r = kept;
			tw_records_open(&p.r, scratch, (struct tw_bytes){ all, cut }, plain, &o);
			used = o.used;
			have = o.plain_n;
			replies = o.reply_n;
			if (cut < n) {
				assert_int_equal(o.state, TW_RECORDS_GOING);
				tw_records_open(&p.r, scratch, (struct tw_bytes){ all + used, n - used },
				    plain + have, &o);
				replies += o.reply_n;
				used += o.used;
				have += o.plain_n;
			}
			assert_int_equal(o.state, TW_RECORDS_ENDED);
			assert_int_equal(used, n);
			assert_int_equal(have, 306);
			assert_memory_equal(plain, "one", 3);
			assert_memory_equal(plain + 3, text, 300);
			assert_memory_equal(plain + 303, "two", 3);
			assert_int_equal(replies > 0, spoken[i].version == TLS1_3_VERSION);
		}
		close_pair(&p);
	}
}

static void
key_updates(void **state)
{
	(void)state;
	for (int own = 0; own < 2; own++) {
		struct pair p;

		open_pair(&p, own, TLS1_3_VERSION, spoken[own].suite);
		shake(&p, SIZE_MAX, NULL);
		tw_tls_detach(p.tls, &p.r);
		for (unsigned i = 0; i < 20; i++) {
			assert_int_equal(SSL_key_update(p.client, i % 3 == 0 ?
			    SSL_KEY_UPDATE_NOT_REQUESTED : SSL_KEY_UPDATE_REQUESTED), 1);
			up(&p, text, 100, i % 2 ? 7 : SIZE_MAX);
			if (i % 4 != 3)
				down(&p, text, 200);
		}
		close_pair(&p);
	}
}

/* A session resumed, in both versions: the counts of records begin elsewhere. */
static void
resumed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TW_COUNT(spoken); i++)
		for (int own = 0; own < 2; own++) {
			SSL_SESSION *session;
			struct pair p;

			open_pair(&p, own, spoken[i].version, spoken[i].suite);
			shake(&p, SIZE_MAX, NULL);
			assert_false(p.facts->resumed);
			tw_tls_detach(p.tls, &p.r);
			down(&p, text, 10);	/* the ticket of 1.3 is read with it */
			SSL_shutdown(p.client);
			session = SSL_get1_session(p.client);
			tw_records_clear(&p.r);
			SSL_free(p.client);
			shake(&p, 3, session);
			assert_true(p.facts->resumed);
			tw_tls_detach(p.tls, &p.r);
			assert_int_equal(p.r.session == NULL, own);
			down(&p, text, 40000);
			up(&p, text, 40000, SIZE_MAX);
			SSL_SESSION_free(session);
			close_pair(&p);
		}
}

/* Both ends close, and a client that breaks off with an alert. */
static void
ends(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TW_COUNT(spoken); i++)
		for (int own = 0; own < 2; own++) {
			uint8_t out[TW_RECORDS_LAST], plain[TW_RECORDS_ROOM(100)];
			struct tw_records_opened o;
			struct tw_bytes in;
			struct pair p;
			size_t n;

			open_pair(&p, own, spoken[i].version, spoken[i].suite);
			shake(&p, SIZE_MAX, NULL);
			tw_tls_detach(p.tls, &p.r);
			n = tw_records_close(&p.r, scratch, out);
			assert_true(n > 0 && n <= sizeof(out));
			BIO_write(p.to_client, out, (int)n);
			assert_int_equal(SSL_read(p.client, plain, 1), 0);
			assert_int_equal(SSL_get_shutdown(p.client) & SSL_RECEIVED_SHUTDOWN,
			    SSL_RECEIVED_SHUTDOWN);
			SSL_shutdown(p.client);
			in.p = (const uint8_t *)take(p.from_client, &in.n);
			tw_records_open(&p.r, scratch, in, plain, &o);
			assert_int_equal(o.state, TW_RECORDS_ENDED);
			assert_int_equal(tw_records_close(&p.r, scratch, out), 0);
			close_pair(&p);
		}
}

/* Bytes that are no record: the client is told, in records it can read. */
static void
garbage(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TW_COUNT(spoken); i++)
		for (int own = 0; own < 2; own++) {
			uint8_t plain[TW_RECORDS_ROOM(100)];
			struct tw_records_opened o;
			struct pair p;

			open_pair(&p, own, spoken[i].version, spoken[i].suite);
			shake(&p, SIZE_MAX, NULL);
			tw_tls_detach(p.tls, &p.r);
			tw_records_open(&p.r, scratch, TW_BYTES("\x17\3\3\0\x20"
			    "0123456789abcdef0123456789abcdef"), plain, &o);
			assert_int_equal(o.state, TW_RECORDS_FAILED);
			assert_non_null(o.reason);
			assert_true(o.reply_n > 0);
			BIO_write(p.to_client, o.reply, (int)o.reply_n);
			assert_true(SSL_read(p.client, plain, 1) <= 0);
			assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
			    SSL_AD_REASON_OFFSET + SSL_AD_BAD_RECORD_MAC);
			close_pair(&p);
		}
}

/* TLS 1.2: the client wants a new handshake, is refused, and the talk can go on. */
static void
renegotiation(void **state)
{
	uint8_t plain[TW_RECORDS_ROOM(2000)];
	struct tw_records_opened o;
	struct tw_bytes in;
	struct pair p;

	(void)state;
	open_pair(&p, true, TLS1_2_VERSION, spoken[3].suite);
	shake(&p, SIZE_MAX, NULL);
	tw_tls_detach(p.tls, &p.r);
	SSL_renegotiate(p.client);
	SSL_do_handshake(p.client);
	in.p = (const uint8_t *)take(p.from_client, &in.n);
	assert_true(in.n > 100);
	tw_records_open(&p.r, scratch, in, plain, &o);
	assert_int_equal(o.state, TW_RECORDS_GOING);
	assert_true(o.reply_n > 0);
	BIO_write(p.to_client, o.reply, (int)o.reply_n);
	assert_true(SSL_do_handshake(p.client) <= 0);	/* this client gives up */
	assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
	close_pair(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc8448),
		cmocka_unit_test(odd_insides),
		cmocka_unit_test(tampered),
		cmocka_unit_test(floods),
		cmocka_unit_test(key_used_up),
		cmocka_unit_test(ours_and_the_librarys),
		cmocka_unit_test(at_every_cut),
		cmocka_unit_test(key_updates),
		cmocka_unit_test(resumed),
		cmocka_unit_test(ends),
		cmocka_unit_test(garbage),
		cmocka_unit_test(renegotiation),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
