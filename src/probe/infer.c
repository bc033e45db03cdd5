/*
 * infer.c -- facts that follow from others without a question of their own:
 * attacks that versions, suites, groups and features lay a server open to.
 * exam/ calls it once, when the probes are done. See probe.h, infer.h.
 */
#include "probe/infer.h"

#include <stdio.h>
#include <string.h>

#include "probe/probe.h"

#define SSL2	(1u << TW_SSL2)
#define SSL3	(1u << TW_SSL3)
#define TLS10	(1u << TW_TLS10)
#define TLS11	(1u << TW_TLS11)
#define TLS12	(1u << TW_TLS12)

static bool
has_word(const char *s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

static bool
is_any(const struct tw_suite *s)
{
	return !s->signalling;
}

static bool
is_cbc(const struct tw_suite *s)
{
	return strcmp(s->mode, "CBC") == 0;
}

static bool
is_rc4(const struct tw_suite *s)
{
	return strcmp(s->cipher, "RC4") == 0;
}

static bool
is_export_rsa(const struct tw_suite *s)
{
	return s->export && strcmp(s->key_exchange, "RSA") == 0;
}

static bool
is_export_dhe(const struct tw_suite *s)
{
	return s->export && strcmp(s->key_exchange, "DHE") == 0;
}

/* Blocks of 64 bits collide after 2^32 of them: 32 GiB under one key (Sweet32). */
static bool
is_small_block(const struct tw_suite *s)
{
	static const char *const small[] = { "3DES", "DES", "IDEA", "RC2", "28147", "MAGMA",
		"SKIPJACK", NULL };

	return has_word(s->cipher, small);
}

/*
 * The attacks that suites tell of. `moot`: with TLS 1.3 alone there is no such
 * suite to ask for, so the question has no object; where the version itself is the
 * question (DROWN, POODLE), its "no" is the answer.
 */
static const struct row {
	enum tw_attack attack;
	unsigned versions;
	bool (*exposes)(const struct tw_suite *s);
	bool moot;
} rows[] = {
	/* Any SSL 2.0 with this key decrypts TLS sessions recorded elsewhere (CVE-2016-0800). */
	{ TW_ATTACK_DROWN, SSL2, is_any, false },
	/* SSL 3.0 does not check its padding (CVE-2014-3566, RFC 7568). */
	{ TW_ATTACK_POODLE_SSL, SSL3, is_cbc, false },
	/* 512-bit RSA keys for export (CVE-2015-0204). SSL 2.0's own export kinds are DROWN's. */
	{ TW_ATTACK_FREAK, SSL3 | TLS10 | TLS11 | TLS12, is_export_rsa, true },
	{ TW_ATTACK_LOGJAM, SSL3 | TLS10 | TLS11 | TLS12, is_export_dhe, true },
	{ TW_ATTACK_SWEET32, SSL3 | TLS10 | TLS11 | TLS12, is_small_block, true },
	/* The next record's IV is the last block of the one before: until TLS 1.1 (CVE-2011-3389). */
	{ TW_ATTACK_BEAST, SSL3 | TLS10, is_cbc, true },
	{ TW_ATTACK_RC4, SSL2 | SSL3 | TLS10 | TLS11 | TLS12, is_rc4, true },
	/* MAC, then encrypt: the time it takes tells of the padding (CVE-2013-0169). */
	{ TW_ATTACK_LUCKY13, TLS10 | TLS11 | TLS12, is_cbc, true },
};

bool
tw_infer_exposes(enum tw_attack attack, enum tw_version v, const struct tw_suite *s)
{
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		if (rows[i].attack == attack && (rows[i].versions & 1u << v) != 0)
			return rows[i].exposes(s);
	return false;
}

enum tw_check
tw_infer_tested(const struct tw_facts *f, const char *path, const char **ret_reason)
{
	for (size_t i = 0; i < f->untested.n; i++)
		if (strcmp(f->untested.v[i].path, path) == 0) {
			if (ret_reason != NULL)
				*ret_reason = f->untested.v[i].reason;
			return f->untested.v[i].state;
		}
	return TW_YES;
}

bool
tw_infer_only_tls13(const struct tw_facts *f)
{
	for (int v = TW_SSL2; v < TW_TLS13; v++)
		if (f->protocols[v] != TW_NO && f->protocols[v] != TW_NOT_APPLICABLE)
			return false;
	return f->protocols[TW_TLS13] == TW_YES;
}

/*
 * 768 bits were broken in public (2016); 1024 is within a state's reach, and where
 * many servers share the prime, its precomputation pays (weakdh.org, RFC 7919 6).
 */
bool
tw_infer_dh_is_breakable(const struct tw_dh *dh)
{
	bool shared = dh->prime != NULL && strcmp(dh->prime, "unknown") != 0;

	return dh->bits > 0 && (dh->bits <= 768 || (dh->bits <= 1024 && shared));
}

/* What a doubt makes of an answer that is not "yes": "could not test" is the strongest. */
struct doubt {
	enum tw_check state;	/* TW_NO: none */
	const char *reason;
};

static void
doubt(struct doubt *d, enum tw_check state, const char *reason)
{
	if (state == TW_COULD_NOT_TEST && d->state != TW_COULD_NOT_TEST)
		*d = (struct doubt){ state, reason };
	else if (state == TW_NOT_TESTED && d->state == TW_NO)
		d->state = state;
}

/* Looks through version v's suites: true when one exposes; notes what is not known. */
static bool
look(const struct tw_facts *f, const struct row *row, int v, struct doubt *d)
{
	char path[40];
	const char *reason = NULL;
	enum tw_check tested;

	for (size_t i = 0; i < f->suites[v].codes.n; i++) {
		const struct tw_suite *s = tw_suite_by_code(f->suites[v].codes.v[i]);

		if (s != NULL && row->exposes(s))
			return true;
	}
	snprintf(path, sizeof(path), "protocols.%s", tw_versions[v].id);
	tested = tw_infer_tested(f, path, &reason);
	if (f->protocols[v] != TW_YES) {
		doubt(d, f->protocols[v], tested == TW_YES ? NULL : reason);
		return false;
	}
	snprintf(path, sizeof(path), "suites.%s", tw_versions[v].id);
	tested = tw_infer_tested(f, path, &reason);
	if (tested != TW_YES)
		doubt(d, tested, reason);
	/* SSL 2.0 is the flaw itself: where it shakes hands, its kinds need not be known. */
	else if (row->versions == SSL2)
		return true;
	else if (f->quick || f->suites[v].codes.n == 0)
		doubt(d, TW_NOT_TESTED, NULL);
	return false;
}

static void
conclude(struct tw_facts *f, enum tw_attack attack, bool yes, const struct doubt *d)
{
	char path[60];

	f->attacks[attack] = yes ? TW_YES : d->state;
	if (yes || d->state != TW_COULD_NOT_TEST)
		return;
	snprintf(path, sizeof(path), "vulnerabilities.%s", tw_attack_names[attack]);
	tw_facts_untested(f, path, TW_COULD_NOT_TEST,
	    d->reason != NULL ? d->reason : "what it would follow from could not be tested");
}

/* Parameters as seen, whatever suite brought them. */
static bool
dh_is_breakable(const struct tw_facts *f, struct doubt *d)
{
	const char *reason = NULL;
	enum tw_check tested = tw_infer_tested(f, "dh", &reason);

	for (size_t i = 0; i < f->dh.n; i++)
		if (tw_infer_dh_is_breakable(&f->dh.v[i]))
			return true;
	if (tested != TW_YES)
		doubt(d, tested, reason);
	return false;
}

static void
infer_suites(struct tw_facts *f, const struct row *row)
{
	struct doubt d = { TW_NO, NULL };
	bool yes = false;

	if (f->attacks[row->attack] != TW_NOT_TESTED)
		return;			/* a probe has asked the server itself */
	for (int v = 0; v < TW_VERSIONS; v++)
		if ((row->versions & 1u << v) != 0 && look(f, row, v, &d))
			yes = true;
	if (row->attack == TW_ATTACK_LOGJAM && dh_is_breakable(f, &d))
		yes = true;
	/* RFC 7366 is the cure: MAC over the ciphertext. Servers use it with clients that ask. */
	if (row->attack == TW_ATTACK_LUCKY13 && yes &&
	    f->features[TW_FEAT_ENCRYPT_THEN_MAC] == TW_YES)
		yes = false;
	if (!yes && row->moot && tw_infer_only_tls13(f))
		d.state = TW_NOT_APPLICABLE;
	conclude(f, row->attack, yes, &d);
}

static void
infer_crime(struct tw_facts *f)
{
	const char *reason = NULL;
	enum tw_check compression = f->features[TW_FEAT_COMPRESSION];
	struct doubt d = { compression, NULL };

	if (f->attacks[TW_ATTACK_CRIME] != TW_NOT_TESTED)
		return;
	if (compression == TW_COULD_NOT_TEST &&
	    tw_infer_tested(f, "features.compression", &reason) != TW_YES)
		d.reason = reason;
	if (compression != TW_YES && tw_infer_only_tls13(f))
		d.state = TW_NOT_APPLICABLE;
	conclude(f, TW_ATTACK_CRIME, compression == TW_YES, &d);
}

/* Attacks on what TLS 1.3 no longer has: no such question to a server that has it alone. */
static const enum tw_attack older[] = { TW_ATTACK_CCS_INJECTION, TW_ATTACK_TICKETBLEED,
	TW_ATTACK_ROBOT, TW_ATTACK_POODLE_TLS };

void
tw_facts_infer(struct tw_facts *f)
{
	if (f->tls != TW_REACH_TLS)
		return;
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		infer_suites(f, &rows[i]);
	infer_crime(f);
	for (size_t i = 0; i < TW_COUNT(older); i++)
		if (f->attacks[older[i]] == TW_NOT_TESTED && tw_infer_only_tls13(f))
			f->attacks[older[i]] = TW_NOT_APPLICABLE;
	if (f->attacks[TW_ATTACK_STARTTLS_INJECTION] == TW_NOT_TESTED && f->mode == TW_IMPLICIT)
		f->attacks[TW_ATTACK_STARTTLS_INJECTION] = TW_NOT_APPLICABLE;
}
