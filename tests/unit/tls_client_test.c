/*
 * TLS towards a backend in memory, against the gateway's own server side: who is believed,
 * who is not and why, cut at every size, and records both ways behind it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "certs_make.h"
#include "net/tls_client.h"
#include "net/tls_server.h"

enum { CA, OTHER_CA, GOOD, BY_ADDRESS, EXPIRED, SELF, FOR_CLIENTS, FILES };

static struct file {
	const char *cn, *san, *eku;
	int to_day;
	bool ca;
	int issuer;	/* of the same table; -1: itself */
	struct certs_one *one;
	char chain[60], key[60];
} files[FILES] = {
	[CA] = { "authority", NULL, NULL, 4000, true, -1 },
	[OTHER_CA] = { "another", NULL, NULL, 4000, true, -1 },
	[GOOD] = { "good", "DNS:back.example,DNS:*.wild.example", NULL, 4000, false, CA },
	[BY_ADDRESS] = { "address", "IP:192.0.2.1,IP:2001:db8::1", NULL, 4000, false, CA },
	[EXPIRED] = { "old", "DNS:back.example", NULL, -300, false, CA },
	[SELF] = { "self", "DNS:back.example", NULL, 4000, false, -1 },
	[FOR_CLIENTS] = { "client", "DNS:back.example", "clientAuth", 4000, false, CA },
};
static char folder[] = "/tmp/tls-client-XXXXXX";

static void
write_file(const char *path, char *text)
{
	FILE *f = fopen(path, "w");

	assert_true(f != NULL && text != NULL);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	free(text);
}

static int
set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	for (int i = 0; i < FILES; i++) {
		struct file *f = &files[i];

		f->one = certs_make(&(struct certs_row){ .cn = f->cn, .san = f->san,
			.eku = f->eku, .from_day = -400, .to_day = f->to_day, .ca = f->ca },
		    f->issuer < 0 ? NULL : files[f->issuer].one);
		snprintf(f->chain, sizeof(f->chain), "%s/%d.pem", folder, i);
		snprintf(f->key, sizeof(f->key), "%s/%d.key", folder, i);
		write_file(f->chain, certs_pem(f->one));
		write_file(f->key, certs_key_pem(f->one));
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < FILES; i++) {
		unlink(files[i].chain);
		unlink(files[i].key);
		certs_free(files[i].one);
	}
	rmdir(folder);
	return 0;
}

struct visit {
	int shown;		/* certificate of the server */
	int ca;			/* whom we trust; -1: the folder of all; FILES: no matter */
	const char *name;	/* expected; NULL: the address */
	const char *ip;		/* 4 bytes, or NULL */
	const char *reason;	/* a part of it; NULL: it comes about */
	const char *sni;	/* what the server hears; NULL: none */
	bool insecure;
};

static const struct visit visits[] = {
	{ GOOD, CA, "back.example", NULL, NULL, "back.example" },
	{ GOOD, CA, "one.wild.example", NULL, NULL, "one.wild.example" },
	{ GOOD, CA, "a.one.wild.example", NULL, "hostname mismatch", NULL },
	{ GOOD, CA, "other.example", NULL, "hostname mismatch", NULL },
	{ GOOD, -1, "back.example", NULL, NULL, "back.example" },
	{ GOOD, OTHER_CA, "back.example", NULL, "unable to get local issuer", NULL },
	{ GOOD, GOOD, "back.example", NULL, NULL, "back.example" },	/* itself is named */
	{ GOOD, CA, NULL, "\xc0\x00\x02\x01", "IP address mismatch", NULL },
	{ BY_ADDRESS, CA, NULL, "\xc0\x00\x02\x01", NULL, NULL },
	{ BY_ADDRESS, CA, NULL, "\xc0\x00\x02\x02", "IP address mismatch", NULL },
	{ BY_ADDRESS, CA, "192.0.2.1", "\xc0\x00\x02\x02", NULL, NULL },
	{ BY_ADDRESS, CA, "2001:db8::1", NULL, NULL, NULL },
	{ BY_ADDRESS, CA, "back.example", "\xc0\x00\x02\x01", "hostname mismatch", NULL },
	{ EXPIRED, CA, "back.example", NULL, "expired", NULL },
	{ SELF, CA, "back.example", NULL, "self-signed", NULL },
	{ SELF, SELF, "back.example", NULL, NULL, "back.example" },
	{ FOR_CLIENTS, CA, "back.example", NULL, "purpose", NULL },
	{ SELF, FILES, "other.example", NULL, NULL, "other.example", .insecure = true },
	{ EXPIRED, FILES, NULL, NULL, NULL, NULL, .insecure = true },
};

/* What one says, step bytes at a time, to the other; false: that one has failed. */
struct ends {
	struct tw_tls_client *client;
	struct tw_tls *server;
	struct tw_buf to_client, to_server;
	enum tw_tls_client_state client_state;
	enum tw_tls_state server_state;
};

static void
hear_client(struct ends *e, struct tw_bytes in)
{
	if (e->client_state == TW_TLS_CLIENT_MORE)
		e->client_state = tw_tls_client_shake(e->client, &in, &e->to_server);
	if (e->client_state == TW_TLS_CLIENT_DONE)
		assert_true(in.n == 0 || in.p[0] == 23);
}

static void
shake(struct ends *e, size_t step)
{
	hear_client(e, (struct tw_bytes){ 0 });
	for (int turn = 0; turn < 20000; turn++) {
		struct tw_bytes in = tw_buf_view(&e->to_server);
		size_t n = in.n < step ? in.n : step;

		in.n = n;
		if (n > 0 && e->server_state == TW_TLS_MORE)
			e->server_state = tw_tls_shake(e->server, &in, &e->to_client);
		/* What is left of a turn comes again: the handshake takes all it is given. */
		assert_true(in.n == 0 || e->server_state != TW_TLS_MORE);
		tw_buf_drop(&e->to_server, n);
		if (e->client_state == TW_TLS_CLIENT_DONE || e->client_state == TW_TLS_CLIENT_FAILED) {
			if (e->server_state != TW_TLS_MORE)
				return;
			continue;
		}
		in = tw_buf_view(&e->to_client);
		n = in.n < step ? in.n : step;
		in.n = n;
		if (n > 0)
			e->client_state = tw_tls_client_shake(e->client, &in, &e->to_server);
		tw_buf_drop(&e->to_client, n - in.n);
	}
	fail_msg("it does not end: client %d, server %d", (int)e->client_state,
	    (int)e->server_state);
}

static struct tw_tls_context *
serve(int shown)
{
	static const char *const alpn[] = { "imap" };
	struct tw_tls_certificate one = { files[shown].chain, files[shown].key, NULL };
	struct tw_tls_settings s = { .name = "behind", .policy = tw_policies[0],
		.certificates = &one, .certificates_n = 1, .alpn = alpn, .alpn_n = 1 };
	struct tw_err e;
	struct tw_tls_context *c = tw_tls_context_new(&s, &e);

	if (c == NULL)
		fail_msg("%s", e.text);
	return c;
}

static struct tw_tls_client_context *
trust(const struct visit *v)
{
	struct tw_tls_client_settings s = { .policy = tw_policies[0],
		.insecure_no_verify = v->insecure, .server_name = v->name,
		.ca = v->insecure ? NULL : v->ca < 0 ? folder : files[v->ca].chain };
	struct tw_err e;
	struct tw_tls_client_context *c = tw_tls_client_context_new(&s, &e);

	if (c == NULL)
		fail_msg("%s", e.text);
	return c;
}

static void
begin(struct ends *e, struct tw_tls_context *there, struct tw_tls_client_context *here,
    const struct visit *v)
{
	*e = (struct ends){ .server = tw_tls_new(there, false, TW_TLS_ASK_NONE, NULL) };
	e->client = tw_tls_client_new(here, v->ip == NULL ? (struct tw_bytes){ 0 } :
	    (struct tw_bytes){ (const uint8_t *)v->ip, 4 }, "imap");
	tw_buf_init(&e->to_client, 1 << 20);
	tw_buf_init(&e->to_server, 1 << 20);
}

static void
end(struct ends *e)
{
	tw_tls_client_free(e->client);
	tw_tls_free(e->server);
	tw_buf_clear(&e->to_client);
	tw_buf_clear(&e->to_server);
}

static void
who_is_believed(void **state)
{
	(void)state;
	for (size_t i = 0; i < TW_COUNT(visits); i++) {
		const struct visit *v = &visits[i];
		struct tw_tls_context *there = serve(v->shown);
		struct tw_tls_client_context *here = trust(v);
		const struct tw_tls_facts *f;
		struct ends e;

		begin(&e, there, here, v);
		shake(&e, 65536);
		if (v->reason != NULL) {
			if (e.client_state != TW_TLS_CLIENT_FAILED ||
			    strstr(tw_tls_client_reason(e.client), v->reason) == NULL)
				fail_msg("row %zu: state %d, %s", i, (int)e.client_state,
				    e.client_state == TW_TLS_CLIENT_FAILED ?
				    tw_tls_client_reason(e.client) : "");
			assert_int_equal(e.server_state, TW_TLS_FAILED);	/* by our alert */
		} else {
			if (e.client_state != TW_TLS_CLIENT_DONE)
				fail_msg("row %zu: %s", i, tw_tls_client_reason(e.client));
			f = tw_tls_facts(e.server);
			assert_string_equal(f->alpn, "imap");
			assert_true(tw_bytes_equal(f->sni, tw_bytes_of(v->sni)));
		}
		end(&e);
		tw_tls_client_context_free(here);
		tw_tls_context_free(there);
	}
}

/* Plaintext through both sides' records, in pieces. */
static void
pass(struct tw_records *from, struct tw_records *to, struct tw_records_scratch *s)
{
	static uint8_t text[40000], sealed[TW_RECORDS_SEALED(40000)],
	    plain[TW_RECORDS_ROOM(sizeof(sealed))];
	struct tw_records_opened o;
	size_t n, got = 0;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7);
	n = tw_records_seal(from, s, (struct tw_bytes){ text, sizeof(text) }, sealed);
	assert_true(n > sizeof(text));
	for (size_t at = 0; at < n; at += o.used) {
		size_t piece = n - at < 1000 ? n - at : 1000;

		tw_records_open(to, s, (struct tw_bytes){ sealed + at, piece }, plain, &o);
		assert_int_equal(o.state, TW_RECORDS_GOING);
		assert_int_equal(o.used, piece);
		assert_memory_equal(plain, text + got, o.plain_n);
		got += o.plain_n;
	}
	assert_int_equal(got, sizeof(text));
}

static void
records_go_both_ways(void **state)
{
	static const size_t steps[] = { 1, 7, 100, 65536 };
	struct tw_records_scratch *s = tw_records_scratch_new();
	struct tw_tls_context *there = serve(GOOD);
	struct tw_tls_client_context *here = trust(&visits[0]);

	(void)state;
	for (size_t i = 0; i < TW_COUNT(steps); i++) {
		struct tw_records out, in;
		struct tw_records_opened o;
		uint8_t last[TW_RECORDS_LAST], plain[TW_RECORDS_ROOM(TW_RECORDS_LAST)];
		struct ends e;
		size_t n;

		begin(&e, there, here, &visits[0]);
		shake(&e, steps[i]);
		assert_int_equal(e.client_state, TW_TLS_CLIENT_DONE);
		tw_tls_client_detach(e.client, &out);
		tw_tls_detach(e.server, &in);
		e.client = NULL;
		e.server = NULL;
		if (e.to_client.n > 0) {	/* tickets come first */
			tw_records_open(&out, s, tw_buf_view(&e.to_client), plain, &o);
			assert_int_equal(o.state, TW_RECORDS_GOING);
			assert_int_equal(o.plain_n, 0);
		}
		pass(&out, &in, s);
		pass(&in, &out, s);
		/* One way ends, and the other goes on. */
		n = tw_records_close(&out, s, last);
		tw_records_open(&in, s, (struct tw_bytes){ last, n }, plain, &o);
		assert_int_equal(o.state, TW_RECORDS_ENDED);
		pass(&in, &out, s);
		tw_records_clear(&out);
		tw_records_clear(&in);
		end(&e);
	}
	tw_tls_client_context_free(here);
	tw_tls_context_free(there);
	tw_records_scratch_free(s);
}

static void
nobody_to_trust(void **state)
{
	struct tw_tls_client_settings s = { .policy = tw_policies[0], .ca = files[GOOD].key };
	struct tw_err e;

	(void)state;
	assert_null(tw_tls_client_context_new(&s, &e));
	assert_non_null(strstr(e.text, files[GOOD].key));
	s.ca = "/nowhere/at/all";
	assert_null(tw_tls_client_context_new(&s, &e));
	assert_non_null(strstr(e.text, "/nowhere/at/all"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_believed),
		cmocka_unit_test(records_go_both_ways),
		cmocka_unit_test(nobody_to_trust),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
