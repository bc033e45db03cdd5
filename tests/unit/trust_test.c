/* Chains: every way to be trusted or not, and every fault of what was sent, one row each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/stat.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "base/text.h"
#include "cert/cert.h"
#include "certs_make.h"
#include "net/trust_open.h"

/* The certificates of the rows below: made once. */
enum id { NONE, R, R2, I, L, I2, L2, I_EXP, L_EXP, L_NEW, R_CROSS, R_CROSS_EXP, I_NC, L_NC,
	L_NC_BAD, I_NX, L_NX_BAD, L_NC_CN, S, S_EXP, L_CLIENT, I_NOCA, L_NOCA, I_SHA1, L_I_SHA1,
	L_SHA1, L_MD5, L_512, I_AIA, L_AIA, I_LEN, I_LEN2, L_LEN, L_CRIT, STRANGER, R_EXP,
	L_REXP, R_SHA1, L_RSHA1, FAKE, L_FAKE, I_CLIENT, L_ICLIENT, L_EXP_CLIENT, L_ROOT, I_ODD,
	L_ODD, I_PLAIN, L_PLAIN, I_R2, IDS };

static const struct {
	enum id id, issuer, key_of;
	struct certs_row row;
} pool[] = {
	{ R, NONE, NONE, { .cn = "Root One", .ca = true } },
	{ R2, NONE, NONE, { .cn = "Root Two", .ca = true } },
	{ I, R, NONE, { .cn = "Inter One", .ca = true } },
	{ L, I, NONE, { .cn = "leaf.example", .san = "DNS:leaf.example" } },
	{ I2, I, NONE, { .cn = "Inter Two", .ca = true } },
	{ L2, I2, NONE, { .cn = "leaf2.example", .san = "DNS:leaf2.example" } },
	{ I_EXP, R, I, { .cn = "Inter One", .ca = true, .from_day = -900, .to_day = -5 } },
	{ L_EXP, I, NONE, { .cn = "old.example", .from_day = -90, .to_day = -3 } },
	{ L_NEW, I, NONE, { .cn = "new.example", .from_day = 3, .to_day = 90 } },
	{ R_CROSS, R2, R, { .cn = "Root One", .ca = true } },
	{ R_CROSS_EXP, R2, R, { .cn = "Root One", .ca = true, .from_day = -900, .to_day = -7 } },
	{ I_NC, R, NONE, { .cn = "Only Example", .ca = true,
	    .constraints = "permitted;DNS:example.com" } },
	{ L_NC, I_NC, NONE, { .cn = "a.example.com", .san = "DNS:a.example.com" } },
	{ L_NC_BAD, I_NC, NONE, { .cn = "a.example.org", .san = "DNS:a.example.org" } },
	{ I_NX, R, NONE, { .cn = "Not Example", .ca = true,
	    .constraints = "excluded;DNS:example.com,permitted;IP:10.0.0.0/255.0.0.0" } },
	{ L_NX_BAD, I_NX, NONE, { .cn = "a.example.com", .san = "DNS:a.example.com" } },
	{ L_NC_CN, I_NX, NONE, { .cn = "x", .san = "IP:192.0.2.1" } },
	{ S, NONE, NONE, { .cn = "self.example", .san = "DNS:self.example" } },
	{ S_EXP, NONE, NONE, { .cn = "self.example", .from_day = -90, .to_day = -1 } },
	{ L_CLIENT, I, NONE, { .cn = "client.example", .eku = "clientAuth" } },
	{ I_NOCA, R, NONE, { .cn = "No Authority" } },
	{ L_NOCA, I_NOCA, NONE, { .cn = "leaf.example" } },
	{ I_SHA1, R, NONE, { .cn = "Inter SHA1", .ca = true, .hash = "SHA1",
	    .key = "rsa2048" } },
	{ L_I_SHA1, I_SHA1, NONE, { .cn = "leaf.example" } },
	{ L_SHA1, I, NONE, { .cn = "leaf.example", .hash = "SHA1" } },
	{ L_MD5, I_SHA1, NONE, { .cn = "leaf.example", .hash = "MD5" } },
	{ L_512, I, NONE, { .cn = "weak.example", .key = "rsa512" } },
	{ I_AIA, R, NONE, { .cn = "Inter AIA", .ca = true,
	    .aia = "caIssuers;URI:http://ca.example/root.der" } },
	{ L_AIA, I_AIA, NONE, { .cn = "leaf.example" } },
	{ I_LEN, R, NONE, { .cn = "Inter Short", .ca = true, .basic = "critical,CA:TRUE,pathlen:0" } },
	{ I_LEN2, I_LEN, NONE, { .cn = "Inter Deep", .ca = true } },
	{ L_LEN, I_LEN2, NONE, { .cn = "leaf.example" } },
	{ L_CRIT, I, NONE, { .cn = "leaf.example", .raw = { "1.3.6.1.4.1.11129.2.4.3",
	    { (const uint8_t *)"\x05", 2 }, true } } },
	{ STRANGER, R2, NONE, { .cn = "Stranger", .ca = true } },
	{ R_EXP, NONE, NONE, { .cn = "Root Old", .ca = true, .from_day = -900, .to_day = -10 } },
	{ L_REXP, R_EXP, NONE, { .cn = "leaf.example" } },
	{ R_SHA1, NONE, NONE, { .cn = "Root SHA1", .ca = true, .hash = "SHA1" } },
	{ L_RSHA1, R_SHA1, NONE, { .cn = "leaf.example" } },
	{ FAKE, NONE, NONE, { .cn = "Inter One", .ca = true, .no_key_ids = true } },
	{ L_FAKE, FAKE, NONE, { .cn = "leaf.example", .no_key_ids = true } },
	{ I_CLIENT, R, NONE, { .cn = "Inter Client", .ca = true, .eku = "clientAuth" } },
	{ L_ICLIENT, I_CLIENT, NONE, { .cn = "leaf.example" } },
	{ L_EXP_CLIENT, I, NONE, { .cn = "old.example", .eku = "clientAuth", .from_day = -90,
	    .to_day = -3 } },
	{ L_ROOT, R, NONE, { .cn = "leaf.example" } },
	{ I_PLAIN, R, NONE, { .cn = "Inter One", .ca = true, .no_key_ids = true } },
	{ L_PLAIN, I_PLAIN, NONE, { .cn = "leaf.example", .no_key_ids = true } },
	{ I_R2, R2, I, { .cn = "Inter One", .ca = true } },
	{ I_ODD, NONE, NONE, { .cn = "Odd \x1b[31m\xe2\x80\xae", .ca = true } },
	{ L_ODD, I_ODD, NONE, { .cn = "leaf.example" } },
};

static struct certs_one *made[IDS];

#define INCOMPLETE	TW_CHAIN_INCOMPLETE
#define ORDER		TW_CHAIN_ORDER
#define EXTRA		TW_CHAIN_EXTRA
#define ROOT_SENT	TW_CHAIN_ROOT_SENT
#define EXPIRED		TW_CHAIN_INTERMEDIATE_EXPIRED
#define OFF_PATH	TW_CHAIN_EXPIRED_OFF_PATH

static const struct {
	const char *name;
	enum id sent[6], roots[3];
	int day;		/* from CERTS_NOW */
	enum tw_trust_verdict verdict;
	unsigned issues;
	const char *weak;
	const char *reason;	/* the whole of it; NULL with TW_TRUSTED */
} rows[] = {
	{ "good", { L, I }, { R }, 0, TW_TRUSTED, 0, NULL, NULL },
	{ "good, two intermediates", { L2, I2, I }, { R }, 0, TW_TRUSTED, 0, NULL, NULL },
	{ "good, no intermediate", { L_ROOT }, { R }, 0, TW_TRUSTED, 0, NULL, NULL },
	{ "root sent", { L, I, R }, { R }, 0, TW_TRUSTED, ROOT_SENT, NULL, NULL },
	{ "wrong order", { L2, I, I2 }, { R }, 0, TW_TRUSTED, ORDER, NULL, NULL },
	{ "root before intermediate", { L, R, I }, { R }, 0, TW_TRUSTED, ORDER | ROOT_SENT, NULL,
	    NULL },
	{ "extra", { L, I, STRANGER }, { R }, 0, TW_TRUSTED, EXTRA, NULL, NULL },
	{ "extra in between", { L, STRANGER, I }, { R }, 0, TW_TRUSTED, EXTRA, NULL, NULL },
	{ "the leaf twice", { L, L, I }, { R }, 0, TW_TRUSTED, EXTRA, NULL, NULL },
	{ "the intermediate twice", { L, I, I }, { R }, 0, TW_TRUSTED, EXTRA, NULL, NULL },
	{ "a foreign root sent", { L, I, R2 }, { R }, 0, TW_TRUSTED, EXTRA, NULL, NULL },
	{ "cross-signed, both known", { L, I, R_CROSS }, { R, R2 }, 0, TW_TRUSTED, 0, NULL, NULL },
	{ "cross-signed, the old root", { L, I, R_CROSS }, { R2 }, 0, TW_TRUSTED, 0, NULL, NULL },
	{ "cross-signed, both sent", { L, I, R, R_CROSS }, { R2 }, 0, TW_TRUSTED, ROOT_SENT, NULL,
	    NULL },
	{ "cross-signed, the old one expired", { L, I, R_CROSS_EXP }, { R, R2 }, 0, TW_TRUSTED,
	    OFF_PATH, NULL, NULL },
	{ "cross-signed, expired, needed", { L, I, R_CROSS_EXP }, { R2 }, 0, TW_CHAIN_OUT_OF_DATE,
	    EXPIRED, NULL, "the certificate of \"Root One\" expired on 2026-09-14, 7 days before" },
	{ "both old and new intermediate", { L, I_EXP, I }, { R }, 0, TW_TRUSTED, OFF_PATH, NULL,
	    NULL },
	{ "missing intermediate", { L }, { R }, 0, TW_CHAIN_BROKEN, INCOMPLETE, NULL,
	    "the issuer \"Inter One\" was not sent and is in no trust store here" },
	{ "missing in between", { L2, I }, { R }, 0, TW_CHAIN_BROKEN, INCOMPLETE | EXTRA, NULL,
	    "the issuer \"Inter Two\" was not sent and is in no trust store here" },
	{ "missing at the top", { L2, I2 }, { R }, 0, TW_UNTRUSTED_ROOT, 0, NULL,
	    "the issuer \"Inter One\" was not sent and is in no trust store here" },
	{ "missing at the top, but fetchable", { L_AIA, I_AIA }, { R2 }, 0, TW_CHAIN_BROKEN,
	    INCOMPLETE, NULL, "the issuer \"Root One\" was not sent and is in no trust store here" },
	{ "missing, but in the store", { L }, { R, I }, 0, TW_TRUSTED, INCOMPLETE, NULL, NULL },
	{ "unknown root", { L, I }, { R2 }, 0, TW_UNTRUSTED_ROOT, 0, NULL,
	    "the issuer \"Root One\" was not sent and is in no trust store here" },
	{ "unknown root, sent", { L, I, R }, { R2 }, 0, TW_UNTRUSTED_ROOT, ROOT_SENT, NULL,
	    "the root \"Root One\" is in no trust store here" },
	{ "an intermediate alone is no root", { L, I }, { I }, 0, TW_UNTRUSTED_ROOT, 0, NULL,
	    "the issuer \"Root One\" was not sent and is in no trust store here" },
	{ "no roots at all", { L, I, R }, { NONE }, 0, TW_UNTRUSTED_ROOT, ROOT_SENT, NULL,
	    "the root \"Root One\" is unknown; no trust store was found here" },
	{ "self-signed", { S }, { R }, 0, TW_SELF_SIGNED, 0, NULL,
	    "the certificate is self-signed and in no trust store here" },
	{ "self-signed and expired", { S_EXP }, { R }, 0, TW_SELF_SIGNED, 0, NULL,
	    "the certificate is self-signed and in no trust store here" },
	{ "self-signed, known", { S }, { S }, 0, TW_TRUSTED, 0, NULL, NULL },
	{ "self-signed, with strangers", { S, I }, { R }, 0, TW_SELF_SIGNED, EXTRA, NULL,
	    "the certificate is self-signed and in no trust store here" },
	{ "expired", { L_EXP, I }, { R }, 0, TW_LEAF_OUT_OF_DATE, 0, NULL,
	    "the certificate expired on 2026-09-18, 3 days before" },
	{ "expired, asked when it was good", { L_EXP, I }, { R }, -4, TW_TRUSTED, 0, NULL, NULL },
	{ "not yet valid", { L_NEW, I }, { R }, 0, TW_LEAF_OUT_OF_DATE, 0, NULL,
	    "the certificate is not valid before 2026-09-24, 3 days later" },
	{ "not yet valid, asked later", { L_NEW, I }, { R }, 4, TW_TRUSTED, 0, NULL, NULL },
	{ "good, asked too late", { L, I }, { R }, 61, TW_LEAF_OUT_OF_DATE, 0, NULL,
	    "the certificate expired on 2026-11-20, 1 day before" },
	{ "good, asked too early", { L, I }, { R }, -40, TW_LEAF_OUT_OF_DATE, 0, NULL,
	    "the certificate is not valid before 2026-08-22, 10 days later" },
	{ "expired intermediate", { L, I_EXP }, { R }, 0, TW_CHAIN_OUT_OF_DATE, EXPIRED, NULL,
	    "the certificate of \"Inter One\" expired on 2026-09-16, 5 days before" },
	{ "expired leaf and intermediate", { L_EXP, I_EXP }, { R }, 0, TW_CHAIN_OUT_OF_DATE,
	    EXPIRED, NULL, "the certificate of \"Inter One\" expired on 2026-09-16, 5 days before" },
	{ "expired and for clients", { L_EXP_CLIENT, I }, { R }, 0, TW_WRONG_PURPOSE, 0, NULL,
	    "the certificate is not meant for TLS servers (key usage)" },
	{ "expired root", { L_REXP }, { R_EXP }, 0, TW_CHAIN_OUT_OF_DATE, 0, NULL,
	    "the certificate of \"Root Old\" expired on 2026-09-11, 10 days before" },
	{ "name constraint kept", { L_NC, I_NC }, { R }, 0, TW_TRUSTED, 0, NULL, NULL },
	{ "name constraint broken", { L_NC_BAD, I_NC }, { R }, 0, TW_NAME_CONSTRAINT, 0, NULL,
	    "the certificate's names are not among those its issuer \"Only Example\" may certify "
	    "(name constraints)" },
	{ "name excluded", { L_NX_BAD, I_NX }, { R }, 0, TW_NAME_CONSTRAINT, 0, NULL,
	    "the certificate's names are not among those its issuer \"Not Example\" may certify "
	    "(name constraints)" },
	{ "address not permitted", { L_NC_CN, I_NX }, { R }, 0, TW_NAME_CONSTRAINT, 0, NULL,
	    "the certificate's names are not among those its issuer \"Not Example\" may certify "
	    "(name constraints)" },
	{ "for clients", { L_CLIENT, I }, { R }, 0, TW_WRONG_PURPOSE, 0, NULL,
	    "the certificate is not meant for TLS servers (key usage)" },
	{ "issuer for clients", { L_ICLIENT, I_CLIENT }, { R }, 0, TW_WRONG_PURPOSE, 0, NULL,
	    "the issuer \"Inter Client\" is not meant for TLS servers (key usage)" },
	{ "issuer is no authority", { L_NOCA, I_NOCA }, { R }, 0, TW_WRONG_PURPOSE, 0, NULL,
	    "\"No Authority\" signed the next certificate but is no certificate authority" },
	{ "path too long", { L_LEN, I_LEN2, I_LEN }, { R }, 0, TW_TRUST_OTHER, 0, NULL,
	    "the path below \"Inter Short\" is longer than it allows" },
	{ "unknown critical extension", { L_CRIT, I }, { R }, 0, TW_TRUST_OTHER, 0, NULL,
	    "the certificate of \"leaf.example\" has a critical extension not known here" },
	{ "signed by a namesake", { L_FAKE, I }, { R }, 0, TW_BAD_SIGNATURE, 0, NULL,
	    "the signature on the certificate of \"leaf.example\" is not its issuer's" },
	{ "a namesake sent first", { L_PLAIN, FAKE, I_PLAIN }, { R }, 0, TW_TRUSTED, ROOT_SENT,
	    NULL, NULL },
	{ "a twin under an unknown root first", { L, I_R2, I }, { R }, 0, TW_TRUSTED, 0, NULL,
	    NULL },
	{ "SHA-1 leaf", { L_SHA1, I }, { R }, 0, TW_TRUSTED, 0, "SHA1", NULL },
	{ "SHA-1 intermediate", { L_I_SHA1, I_SHA1 }, { R }, 0, TW_TRUSTED, 0, "SHA1", NULL },
	{ "MD5 below SHA-1", { L_MD5, I_SHA1 }, { R }, 0, TW_TRUSTED, 0, "MD5", NULL },
	{ "SHA-1 root", { L_RSHA1 }, { R_SHA1 }, 0, TW_TRUSTED, 0, NULL, NULL },
	{ "SHA-1 root, sent", { L_RSHA1, R_SHA1 }, { R_SHA1 }, 0, TW_TRUSTED, ROOT_SENT, NULL, NULL },
	{ "weak key", { L_512, I }, { R }, 0, TW_TRUSTED, 0, NULL, NULL },
	{ "a root as leaf", { R }, { R }, 0, TW_WRONG_PURPOSE, 0, NULL,
	    "the certificate is not meant for TLS servers (key usage)" },
	{ "text to be escaped", { L_ODD }, { R }, 0, TW_CHAIN_BROKEN, INCOMPLETE, NULL,
	    "the issuer \"Odd \\u001B[31m\\u202E\" was not sent and is in no trust store here" },
};

static struct tw_trust *
trust_of(const enum id *roots, size_t n)
{
	struct tw_trust *t = tw_trust_new();

	for (size_t i = 0; i < n && roots[i] != NONE; i++)
		assert_int_equal(tw_trust_add(t, made[roots[i]]->der, NULL), 0);
	return t;
}

static size_t
chain_of(const enum id *sent, size_t n, struct tw_bytes *ret)
{
	size_t k = 0;

	for (size_t i = 0; i < n && sent[i] != NONE; i++)
		ret[k++] = made[sent[i]]->der;
	return k;
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
test_rows(void **state)
{
	struct tw_arena *a = tw_arena_new();
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct tw_trust *t = trust_of(rows[i].roots, TW_COUNT(rows[i].roots));
		struct tw_bytes chain[6];
		size_t n = chain_of(rows[i].sent, TW_COUNT(rows[i].sent), chain);

		for (int round = 0; round < 2; round++) {	/* the second from what was kept */
			struct tw_trust_result r;

			tw_trust_judge(t, a, chain, n, CERTS_NOW + rows[i].day * CERTS_DAY, &r);
			if (r.verdict == rows[i].verdict && r.issues == rows[i].issues &&
			    same_text(r.weak_hash, rows[i].weak) &&
			    r.weak_signature == (rows[i].weak != NULL) &&
			    same_text(r.reason, rows[i].reason))
				continue;
			print_error("%s: verdict %d issues %#x weak %s: %s\n", rows[i].name,
			    r.verdict, r.issues, r.weak_hash, r.reason);
			bad++;
		}
		tw_trust_free(t);
	}
	assert_int_equal(bad, 0);
	assert_int_equal(ERR_peek_error(), 0);
	tw_arena_free(a);
}

/* Around every date of a chain, to the second: what was kept never differs from a fresh judgement. */
static void
test_kept_is_fresh(void **state)
{
	static const int days[] = { -1000, -900, -60, -30, -5, -3, -1, 0, 1, 3, 60, 61, 62, 1000 };
	const enum id sent[] = { L, I_EXP, I };
	struct tw_arena *a = tw_arena_new();
	struct tw_trust *kept = trust_of((enum id[]){ R }, 1);
	struct tw_bytes chain[3];
	size_t n = chain_of(sent, 3, chain);

	(void)state;
	for (size_t i = 0; i < TW_COUNT(days); i++)
		for (int second = -2; second <= 2; second++) {
			int64_t at = CERTS_NOW + (int64_t)days[i] * CERTS_DAY + second;
			struct tw_trust *fresh = trust_of((enum id[]){ R }, 1);
			struct tw_trust_result x, y;

			tw_trust_judge(kept, a, chain, n, at, &x);
			tw_trust_judge(fresh, a, chain, n, at, &y);
			assert_int_equal(x.verdict, y.verdict);
			assert_int_equal(x.issues, y.issues);
			assert_true(same_text(x.reason, y.reason));
			tw_trust_free(fresh);
		}
	tw_trust_free(kept);
	tw_arena_free(a);
}

/* The last and the first second belong to a certificate. */
static void
test_last_second(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_trust *t = trust_of((enum id[]){ R }, 1);
	struct tw_bytes chain[] = { made[L]->der, made[I]->der };
	static const struct { int64_t at; enum tw_trust_verdict want; } moments[] = {
		{ CERTS_NOW + 60 * CERTS_DAY, TW_TRUSTED },
		{ CERTS_NOW + 60 * CERTS_DAY + 1, TW_LEAF_OUT_OF_DATE },
		{ CERTS_NOW - 30 * CERTS_DAY, TW_TRUSTED },
		{ CERTS_NOW - 30 * CERTS_DAY - 1, TW_LEAF_OUT_OF_DATE },
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(moments); i++) {
		struct tw_trust_result r;

		tw_trust_judge(t, a, chain, 2, moments[i].at, &r);
		assert_int_equal(r.verdict, moments[i].want);
	}
	tw_trust_free(t);
	tw_arena_free(a);
}

static void
test_unreadable(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_trust *t = trust_of((enum id[]){ R }, 1);
	struct tw_bytes chain[] = { made[L]->der, TW_BYTES("garbage"), made[I]->der }, many[100];
	struct tw_trust_result r;

	(void)state;
	tw_trust_judge(t, a, chain, 3, CERTS_NOW, &r);
	assert_int_equal(r.verdict, TW_TRUSTED);
	assert_int_equal(r.issues, TW_CHAIN_EXTRA);
	tw_trust_judge(t, a, chain + 1, 2, CERTS_NOW, &r);
	assert_int_equal(r.verdict, TW_TRUST_OTHER);
	assert_string_equal(r.reason, "the certificate cannot be read");
	tw_trust_judge(t, a, NULL, 0, CERTS_NOW, &r);
	assert_int_equal(r.verdict, TW_TRUST_OTHER);
	assert_string_equal(r.reason, "no certificate was sent");
	for (size_t i = 0; i < TW_COUNT(many); i++)
		many[i] = i == 0 ? made[L]->der : made[I]->der;
	tw_trust_judge(t, a, many, TW_COUNT(many), CERTS_NOW, &r);
	assert_int_equal(r.verdict, TW_TRUSTED);
	assert_int_equal(r.issues, TW_CHAIN_EXTRA | TW_CHAIN_LARGE);
	tw_trust_free(t);
	tw_arena_free(a);
}

/* Every byte of a leaf changed, one at a time: never trusted. */
static void
test_changed_byte(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_trust *t = trust_of((enum id[]){ R }, 1);
	uint8_t *copy = malloc(made[L]->der.n);
	struct tw_bytes chain[] = { { copy, made[L]->der.n }, made[I]->der };
	unsigned trusted = 0;

	(void)state;
	for (size_t i = 0; i < made[L]->der.n; i++) {
		struct tw_trust_result r;

		memcpy(copy, made[L]->der.p, made[L]->der.n);
		copy[i] ^= 0x01;
		tw_trust_judge(t, a, chain, 2, CERTS_NOW, &r);
		trusted += r.verdict == TW_TRUSTED;
		if (r.verdict != TW_TRUSTED)
			assert_non_null(r.reason);
	}
	assert_int_equal(trusted, 0);
	free(copy);
	tw_trust_free(t);
	tw_arena_free(a);
}

/* Twelve intermediates: past the bound of depth, and said so. */
static void
test_too_deep(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_trust *t = trust_of((enum id[]){ R }, 1);
	struct certs_one *link[14];
	struct tw_bytes chain[14];
	struct tw_trust_result r;

	(void)state;
	for (size_t i = 0; i < 14; i++) {
		char cn[32];

		snprintf(cn, sizeof(cn), "Link %zu", i);
		link[i] = certs_make(&(struct certs_row){ .cn = cn, .ca = i < 13 },
		    i == 0 ? made[R] : link[i - 1]);
		chain[13 - i] = link[i]->der;
	}
	tw_trust_judge(t, a, chain, 14, CERTS_NOW, &r);
	assert_int_not_equal(r.verdict, TW_TRUSTED);
	assert_non_null(r.reason);
	tw_trust_judge(t, a, chain + 5, 9, CERTS_NOW, &r);	/* eight are fine */
	assert_int_equal(r.verdict, TW_WRONG_PURPOSE);	/* but its leaf is a CA */
	for (size_t i = 0; i < 14; i++)
		certs_free(link[i]);
	tw_trust_free(t);
	tw_arena_free(a);
}

/* A key of 20,000 bits in an intermediate: not used, and said so; nothing takes long. */
static void
test_costly_key(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_trust *t = trust_of((enum id[]){ R }, 1);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *n = BN_new(), *e = BN_new();
	struct tw_trust_result r;
	EVP_PKEY *k = NULL;
	OSSL_PARAM *p;

	(void)state;
	BN_rand(n, 20000, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
	BN_set_word(e, 65537);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e);
	p = OSSL_PARAM_BLD_to_param(b);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_PUBLIC_KEY, p), 1);
	struct certs_one *large = certs_make(&(struct certs_row){ .cn = "Inter One", .ca = true,
	    .given_key = k, .no_key_ids = true }, made[R]);
	struct tw_bytes chain[] = { made[L_FAKE]->der, large->der };
	struct tw_cert c;

	tw_trust_judge(t, a, chain, 2, CERTS_NOW, &r);
	assert_int_equal(r.verdict, TW_CHAIN_BROKEN);
	assert_string_equal(r.reason,
	    "an issuer's key is too large for a signature to be checked with it");
	tw_cert_read(a, large->der, &c);
	assert_int_equal(c.key_bits, 20000);
	OSSL_PARAM_free(p);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(k);
	BN_free(n);
	BN_free(e);
	certs_free(large);
	tw_trust_free(t);
	tw_arena_free(a);
}

struct asked {
	unsigned times;
	bool ended;
	char *pem;
};

static void
find_root(void *arg, struct tw_trust *t, uint32_t hash)
{
	struct asked *q = arg;

	q->times++;
	if (hash == (uint32_t)X509_NAME_hash_ex(X509_get_subject_name(made[R]->x), NULL, NULL, NULL))
		assert_int_equal(tw_trust_add_pem(t, tw_bytes_of(q->pem), "a test", NULL), 0);
}

static void
end_asking(void *arg)
{
	((struct asked *)arg)->ended = true;
}

static void
test_source(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_trust *t = tw_trust_new();
	struct asked q = { .pem = certs_pem(made[R]) };
	struct tw_bytes chain[] = { made[L]->der, made[I]->der };
	struct tw_trust_result r;

	(void)state;
	tw_trust_adds_system_roots(t, true);
	tw_trust_add_source(t, find_root, end_asking, &q);
	tw_trust_adds_system_roots(t, false);
	assert_int_equal(q.times, 0);
	for (int i = 0; i < 1000; i++) {
		tw_trust_judge(t, a, chain, 2, CERTS_NOW + i, &r);
		assert_int_equal(r.verdict, TW_TRUSTED);
		assert_true(r.public_root);
	}
	assert_int_equal(q.times, 2);	/* once for each issuer's name */
	tw_trust_free(t);
	assert_true(q.ended);
	t = trust_of((enum id[]){ R }, 1);
	tw_trust_judge(t, a, chain, 2, CERTS_NOW, &r);
	assert_int_equal(r.verdict, TW_TRUSTED);
	assert_false(r.public_root);
	tw_trust_free(t);
	free(q.pem);
	tw_arena_free(a);
}

static void
write_file(const char *path, const char *text, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static char reason[400];

/* What L, I get with --ca path; -1: it could not be opened. */
static int
judge_with(const char *path, struct tw_trust_result *ret)
{
	struct tw_bytes chain[] = { made[L]->der, made[I]->der };
	struct tw_arena *a = tw_arena_new();
	struct tw_err err = { 0 };
	struct tw_trust *t;

	if (tw_trust_open(path, &t, &err) != 0) {
		assert_non_null(strstr(err.text, path));
		tw_arena_free(a);
		return -1;
	}
	tw_trust_judge(t, a, chain, 2, CERTS_NOW, ret);
	snprintf(reason, sizeof(reason), "%s", ret->reason == NULL ? "" : ret->reason);
	ret->reason = reason;		/* the arena ends here */
	tw_trust_free(t);
	tw_arena_free(a);
	return 0;
}

static void
test_open(void **state)
{
	char dir[] = "/tmp/tw-trust-XXXXXX", file[64], hashed[64], der[64];
	char *pem = certs_pem(made[R]);
	struct tw_trust_result r;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/root.pem", dir);
	snprintf(der, sizeof(der), "%s/root.der", dir);
	snprintf(hashed, sizeof(hashed), "%s/%08lx.0", dir,
	    X509_NAME_hash_ex(X509_get_subject_name(made[R]->x), NULL, NULL, NULL));
	assert_int_equal(judge_with(NULL, &r), 0);
	assert_int_equal(r.verdict, TW_UNTRUSTED_ROOT);
	assert_int_equal(judge_with(dir, &r), -1);		/* nothing in it */
	assert_int_equal(judge_with(file, &r), -1);
	write_file(file, "no PEM", 6);
	assert_int_equal(judge_with(file, &r), -1);
	write_file(file, pem, strlen(pem) / 2);			/* cut */
	assert_int_equal(judge_with(file, &r), -1);
	write_file(file, pem, strlen(pem));
	assert_int_equal(judge_with(file, &r), 0);
	assert_int_equal(r.verdict, TW_TRUSTED);
	assert_false(r.public_root);
	assert_int_equal(judge_with(dir, &r), 0);		/* plain files */
	assert_int_equal(r.verdict, TW_TRUSTED);
	assert_int_equal(rename(file, hashed), 0);
	assert_int_equal(judge_with(dir, &r), 0);		/* by hash */
	assert_int_equal(r.verdict, TW_TRUSTED);
	write_file(der, (const char *)made[R]->der.p, made[R]->der.n);
	assert_int_equal(judge_with(der, &r), 0);
	assert_int_equal(r.verdict, TW_TRUSTED);
	setenv("SSL_CERT_DIR", dir, 1);				/* as the system's store */
	unsetenv("SSL_CERT_FILE");
	assert_int_equal(judge_with(NULL, &r), 0);
	assert_int_equal(r.verdict, TW_TRUSTED);
	assert_true(r.public_root);
	unsetenv("SSL_CERT_DIR");
	setenv("SSL_CERT_FILE", hashed, 1);			/* as the system's bundle */
	assert_int_equal(judge_with(NULL, &r), 0);
	assert_int_equal(r.verdict, TW_TRUSTED);
	assert_true(r.public_root);
	write_file(hashed, pem, strlen(pem) / 2);		/* a broken one is none */
	assert_int_equal(judge_with(NULL, &r), 0);
	assert_int_equal(r.verdict, TW_UNTRUSTED_ROOT);
	assert_non_null(strstr(reason, "no trust store was found here"));
	unlink(der);
	unlink(hashed);
	assert_int_equal(rmdir(dir), 0);
	free(pem);
}

static int
make_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < TW_COUNT(pool); i++) {
		struct certs_row row = pool[i].row;

		if (pool[i].key_of != NONE)
			row.given_key = made[pool[i].key_of]->key;
		made[pool[i].id] = certs_make(&row, made[pool[i].issuer]);
	}
	return 0;
}

static int
free_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < IDS; i++)
		certs_free(made[i]);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_kept_is_fresh),
		cmocka_unit_test(test_last_second),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_changed_byte),
		cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_costly_key),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, make_all, free_all);
}
