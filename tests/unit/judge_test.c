/*
 * Facts × policy → findings: a good server has none; each row changes one thing and
 * says exactly what is found then, how bad it is, and what the verdict is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/text.h"
#include "judge/judge.h"
#include "probe/infer.h"
#include "probe/probe.h"

#define AT	INT64_C(1795478400)	/* 2026-11-24T00:00:00Z */
#define DAY	INT64_C(86400)

static void
add_codes(struct tw_facts *f, struct tw_chosen *list, const char *codes)
{
	char *end = (char *)(uintptr_t)codes;

	*list = (struct tw_chosen){ .preference = TW_PREF_SERVER };
	while (*end != '\0') {
		tw_facts_choose(f, list, (uint32_t)strtoul(end, &end, 0));
		if (*end == ',')
			end++;
	}
}

/* A server nothing can be said against: 1.2 and 1.3, a public 90-day certificate. */
static struct tw_facts *
good(void)
{
	struct tw_facts *f = tw_facts_new("https://www.example.com");
	struct tw_certificate c = { 0 };
	struct tw_served met = { TW_SNI_GIVEN, TW_TLS13, "RSA" };
	struct tw_name name = { TW_NAME_DNS, tw_bytes_of("www.example.com") };

	f->host = f->sni = "www.example.com";
	f->address = "192.0.2.1";
	f->port = 443;
	f->service = "https";
	f->mode = TW_IMPLICIT;
	f->tcp = TW_TCP_OPEN;
	f->tls = TW_REACH_TLS;
	for (int v = 0; v < TW_VERSIONS; v++)
		f->protocols[v] = v >= TW_TLS12 ? TW_YES : TW_NO;
	add_codes(f, &f->suites[TW_TLS13], "0x1301,0x1302,0x1303");
	add_codes(f, &f->suites[TW_TLS12], "0xC02B,0xC02F,0xC030,0xCCA8");
	add_codes(f, &f->groups[TW_TLS13], "0x11EC,29,23");
	add_codes(f, &f->groups[TW_TLS12], "29,23");
	TW_PUSH(f->arena, &f->schemes[TW_TLS12], 0x0804);
	for (int i = 0; i < TW_FEATURES; i++)
		f->features[i] = TW_NO;
	f->features[TW_FEAT_SECURE_RENEGOTIATION] = TW_YES;
	f->features[TW_FEAT_VERSION_TOLERANT] = TW_YES;
	f->features[TW_FEAT_LONG_HELLO_TOLERANT] = TW_YES;
	f->features[TW_FEAT_FALLBACK_SCSV] = TW_YES;
	TW_PUSH(f->arena, &c.served, met);
	c.cert.parsed = c.cert.server_usage = true;
	c.cert.subject = tw_bytes_of("CN=www.example.com");
	c.cert.issuer = tw_bytes_of("CN=Example CA");
	c.cert.key_type = "RSA";
	c.cert.key_bits = 2048;
	c.cert.signature = "sha256WithRSAEncryption";
	c.cert.signature_hash = "SHA256";
	c.cert.not_before = AT - 40 * DAY;
	c.cert.not_after = AT + 50 * DAY - 1;
	TW_PUSH(f->arena, &c.cert.names, name);
	c.matches_host = c.trusted = TW_YES;
	c.trust.public_root = true;
	TW_PUSH(f->arena, &f->certificates, c);
	return f;
}

/* One setting, "key=value", of the facts. */

static enum tw_check
check_of(const char *v)
{
	for (int i = 0; i <= TW_NOT_APPLICABLE; i++)
		if (strcmp(tw_check_names[i], v) == 0)
			return (enum tw_check)i;
	fail_msg("no check is called %s", v);
	return TW_NO;
}

static void
set_handshake(struct tw_facts *f, const char *key, const char *v)
{
	int version = strchr(key, '.') != NULL ? tw_version_by_name(strchr(key, '.') + 1) : -1;
	struct tw_dh dh = { .prime = "unknown" };
	uint16_t code = (uint16_t)strtoul(v, NULL, 0);

	if (strncmp(key, "version.", 8) == 0 && version >= 0) {
		f->protocols[version] = check_of(v);
		if (f->protocols[version] != TW_YES)
			f->suites[version] = (struct tw_chosen){ 0 };
		if (f->protocols[version] != TW_YES)
			f->groups[version] = (struct tw_chosen){ 0 };
	} else if (strncmp(key, "suites.", 7) == 0 && version >= 0) {
		add_codes(f, &f->suites[version], v);
	} else if (strncmp(key, "groups.", 7) == 0 && version >= 0) {
		add_codes(f, &f->groups[version], v);
	} else if (strncmp(key, "client.", 7) == 0 && version >= 0) {
		f->suites[version].preference = TW_PREF_CLIENT;
	} else if (strcmp(key, "scheme") == 0) {
		f->schemes[TW_TLS12].n = 0;
		TW_PUSH(f->arena, &f->schemes[TW_TLS12], code);
	} else if (strcmp(key, "scheme+") == 0) {
		TW_PUSH(f->arena, &f->schemes[TW_TLS12], code);
	} else if (strcmp(key, "dh") == 0) {
		dh.bits = (unsigned)strtoul(v, NULL, 10);
		if (strchr(v, ':') != NULL)
			dh.prime = tw_arena_str(f->arena, strchr(v, ':') + 1);
		TW_PUSH(f->arena, &f->dh, dh);
	} else {
		fail_msg("no setting is called %s", key);
	}
}

static void
set_names(struct tw_facts *f, struct tw_certificate *c, const char *v)
{
	int n = atoi(v);

	c->cert.names.n = 0;
	for (int i = 0; i < n; i++) {
		struct tw_name name = { TW_NAME_DNS,
			tw_bytes_of(tw_arena_fmt(f->arena, "h%d.example.com", i)) };

		TW_PUSH(f->arena, &c->cert.names, name);
	}
}

static unsigned
issue_of(const char *v)
{
	static const struct { const char *word; unsigned bit; } bits[] = {
		{ "incomplete", TW_CHAIN_INCOMPLETE }, { "order", TW_CHAIN_ORDER },
		{ "extra", TW_CHAIN_EXTRA }, { "root", TW_CHAIN_ROOT_SENT },
		{ "expired", TW_CHAIN_INTERMEDIATE_EXPIRED }, { "large", TW_CHAIN_LARGE },
		{ "expired-off", TW_CHAIN_EXPIRED_OFF_PATH },
	};

	for (size_t i = 0; i < TW_COUNT(bits); i++)
		if (strcmp(bits[i].word, v) == 0)
			return bits[i].bit;
	fail_msg("no chain issue is called %s", v);
	return 0;
}

static void
set_trust(struct tw_certificate *c, const char *v)
{
	static const struct { const char *word; enum tw_trust_verdict verdict; } words[] = {
		{ "root", TW_UNTRUSTED_ROOT }, { "self", TW_SELF_SIGNED },
		{ "broken", TW_CHAIN_BROKEN }, { "old", TW_CHAIN_OUT_OF_DATE },
		{ "leaf", TW_LEAF_OUT_OF_DATE }, { "constraint", TW_NAME_CONSTRAINT },
		{ "signature", TW_BAD_SIGNATURE }, { "purpose", TW_WRONG_PURPOSE },
	};

	c->trusted = TW_NO;
	c->trust.public_root = false;
	c->trust_error = "no root";
	for (size_t i = 0; i < TW_COUNT(words); i++)
		if (strcmp(words[i].word, v) == 0) {
			c->trust.verdict = words[i].verdict;
			return;
		}
	fail_msg("no trust is called %s", v);
}

static void
set_certificate(struct tw_facts *f, const char *key, const char *v)
{
	struct tw_certificate *c = &f->certificates.v[0];
	struct tw_cert *cert = &c->cert;
	bool yes = strcmp(v, "yes") == 0;

	if (strcmp(key, "left") == 0)		/* days, of a life that stays as long */
		cert->not_after = AT + atoi(v) * DAY;
	else if (strcmp(key, "age") == 0)
		cert->not_before = AT - atoi(v) * DAY;
	else if (strcmp(key, "trust") == 0)
		set_trust(c, v);
	else if (strcmp(key, "trusted") == 0)
		c->trusted = check_of(v);
	else if (strcmp(key, "public") == 0)
		c->trust.public_root = yes;
	else if (strcmp(key, "fits") == 0)
		c->matches_host = check_of(v);
	else if (strcmp(key, "names") == 0)
		set_names(f, c, v);
	else if (strcmp(key, "wildcard") == 0)
		cert->wildcard = yes;
	else if (strcmp(key, "key") == 0)
		cert->key_type = tw_arena_str(f->arena, v);
	else if (strcmp(key, "bits") == 0)
		cert->key_bits = (unsigned)atoi(v);
	else if (strcmp(key, "exponent1") == 0)
		cert->rsa_exponent_one = yes;
	else if (strcmp(key, "roca") == 0)
		cert->roca = yes;
	else if (strcmp(key, "hash") == 0)
		cert->signature_hash = tw_arena_str(f->arena, v);
	else if (strcmp(key, "weakhash") == 0) {
		c->trust.weak_signature = true;
		c->trust.weak_hash = tw_arena_str(f->arena, v);
	} else if (strcmp(key, "revoked") == 0)
		c->revoked = check_of(v);
	else if (strcmp(key, "status") == 0)
		c->staple_status = tw_arena_str(f->arena, v);
	else if (strcmp(key, "muststaple") == 0)
		cert->must_staple = yes;
	else if (strcmp(key, "staple") == 0)
		c->staple_present = check_of(v);
	else if (strcmp(key, "usage") == 0)
		cert->server_usage = yes;
	else if (strcmp(key, "ca") == 0)
		cert->is_ca = yes;
	else if (strcmp(key, "selfsigned") == 0)
		cert->self_signed = yes;
	else if (strcmp(key, "parsed") == 0)
		cert->parsed = yes;
	else if (strcmp(key, "issue") == 0)
		c->trust.issues |= issue_of(v);
	else if (strcmp(key, "subject") == 0)
		cert->subject = tw_bytes_of(tw_arena_str(f->arena, v));
	else if (strcmp(key, "sni") == 0)
		c->served.v[0].sni = atoi(v);
	else
		fail_msg("no certificate setting is called %s", key);
}

/* Adds the same certificate again, as the default or an unknown name's: expired, for others. */
static void
add_other(struct tw_facts *f, const char *v)
{
	struct tw_certificate c = f->certificates.v[0];
	struct tw_served met = { strcmp(v, "none") == 0 ? TW_SNI_NONE : TW_SNI_UNKNOWN, TW_TLS12,
		"RSA" };

	memset(&c.served, 0, sizeof(c.served));
	TW_PUSH(f->arena, &c.served, met);
	c.cert.subject = tw_bytes_of("CN=default.example.com");
	c.cert.not_after = AT - 1;
	c.matches_host = c.trusted = TW_NO;
	c.cert.sha256[0] = 1;
	TW_PUSH(f->arena, &f->certificates, c);
}

static void
set_endpoint(struct tw_facts *f, const char *key, const char *v)
{
	if (strcmp(key, "service") == 0)
		f->service = tw_arena_str(f->arena, v);
	else if (strcmp(key, "target") == 0)
		f->target = tw_arena_str(f->arena, v);
	else if (strcmp(key, "port") == 0)
		f->port = atoi(v);
	else if (strcmp(key, "starttls") == 0) {
		f->has_dialogue = true;
		f->mode = TW_EXPLICIT;
		f->starttls_offered = check_of(v);
	} else if (strcmp(key, "auth-refused") == 0)
		f->plaintext_auth_refused = check_of(v);
	else if (strcmp(key, "preauth") == 0)
		f->preauth = true;
	else if (strcmp(key, "injected") == 0)
		f->response_injected = true;
	else if (strcmp(key, "quick") == 0)
		f->quick = true;
	else if (strcmp(key, "sni") == 0)
		f->sni = NULL;
	else if (strcmp(key, "banner") == 0)
		f->banner = tw_bytes_of(tw_arena_str(f->arena, v));
	else if (strcmp(key, "other") == 0)
		add_other(f, v);
	else if (strcmp(key, "error") == 0)
		f->error = tw_arena_str(f->arena, v);
	else if (strcmp(key, "untested") == 0)
		tw_facts_untested(f, v, TW_COULD_NOT_TEST, "no answer");
	else
		set_handshake(f, key, v);
}

static void
set_one(struct tw_facts *f, char *setting)
{
	char *v = strchr(setting, '=');

	assert_non_null(v);
	*v++ = '\0';
	for (int i = 0; i < TW_FEATURES; i++)
		if (strcmp(tw_feature_names[i], setting) == 0) {
			f->features[i] = check_of(v);
			return;
		}
	for (int i = 0; i < TW_ATTACKS; i++)
		if (strcmp(tw_attack_names[i], setting) == 0) {
			f->attacks[i] = check_of(v);
			return;
		}
	if (strcmp(setting, "reach") == 0) {
		for (int i = TW_REACH_TLS; i <= TW_REACH_ALERT; i++)
			if (strcmp(tw_reach_tls_names[i], v) == 0)
				f->tls = (enum tw_reach_tls)i;
		if (f->tls != TW_REACH_TLS) {	/* nothing was seen then */
			memset(f->protocols, 0, sizeof(f->protocols));
			memset(f->suites, 0, sizeof(f->suites));
			memset(f->groups, 0, sizeof(f->groups));
			memset(f->features, 0, sizeof(f->features));
			f->certificates.n = 0;
		}
	} else if (strncmp(setting, "cert.", 5) == 0) {
		set_certificate(f, setting + 5, v);
	} else {
		set_endpoint(f, setting, v);
	}
}

struct row {
	const char *settings;	/* blanks between */
	const char *findings;	/* "id:severity", in the order reported */
	enum tw_verdict verdict;
	const char *policy;	/* NULL: tlswright */
};

static const struct row rows[] = {
#include "judge_rows.def"
};

static char *
found(const struct tw_facts *f, const struct tw_judgement *j)
{
	char *s = tw_arena_str(f->arena, "");

	for (size_t i = 0; i < j->findings.n; i++)
		s = tw_arena_fmt(f->arena, "%s%s%s:%s", s, i == 0 ? "" : " ",
		    tw_findings[j->findings.v[i].id].id,
		    tw_severity_names[j->findings.v[i].severity]);
	return s;
}

static struct tw_facts *
build(const char *settings)
{
	struct tw_facts *f = good();
	char *copy = tw_arena_str(f->arena, settings), *rest = NULL;

	for (char *s = strtok_r(copy, " ", &rest); s != NULL; s = strtok_r(NULL, " ", &rest))
		set_one(f, s);
	tw_facts_infer(f);
	return f;
}

static void
test_rows(void **state)
{
	int bad = 0;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct tw_facts *f = build(rows[i].settings);
		struct tw_judgement j;
		char *got;

		tw_judge(f, tw_policy_by_name(rows[i].policy != NULL ? rows[i].policy :
		    "tlswright"), AT, TW_HIGH, &j);
		got = found(f, &j);
		if (strcmp(got, rows[i].findings) != 0 || j.verdict != rows[i].verdict) {
			print_error("%s (%s)\n  want %s, %s\n  got  %s, %s\n", rows[i].settings,
			    rows[i].policy != NULL ? rows[i].policy : "tlswright",
			    rows[i].findings, tw_verdict_names[rows[i].verdict], got,
			    tw_verdict_names[j.verdict]);
			bad++;
		}
		tw_facts_free(f);
	}
	assert_int_equal(bad, 0);
	assert_true(TW_COUNT(rows) >= 80);
}

/* What no issue has asked to test yet needs no row; everything else must have one. */
static void
test_every_id_is_found_by_some_row(void **state)
{
	static const enum tw_finding_id later[] = { TW_FINDING_NO_IMPLICIT_PORT,
		TW_FINDING_PADDING_ORACLE, TW_FINDING_KNOWN_PRIVATE_KEY, TW_FINDING_HSTS_MISSING,
		TW_FINDING_NO_REDIRECT, TW_FINDING_DANE_MISMATCH, TW_FINDING_WAIVER_EXPIRED };
	int missing = 0;

	(void)state;
	for (int id = 0; id < TW_FINDINGS; id++) {
		bool met = false;
		char word[80];

		snprintf(word, sizeof(word), "%s:", tw_findings[id].id);
		for (size_t i = 0; i < TW_COUNT(later); i++)
			met = met || later[i] == (enum tw_finding_id)id;
		for (size_t i = 0; i < TW_COUNT(rows) && !met; i++) {
			const char *at = strstr(rows[i].findings, word);

			met = at != NULL && (at == rows[i].findings || at[-1] == ' ');
		}
		if (!met) {
			print_error("no row finds %s\n", tw_findings[id].id);
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

static void
test_fail_on(void **state)
{
	static const struct { const char *settings; enum tw_severity fail_on;
		enum tw_verdict verdict; } cases[] = {
		{ "version.TLSv1.3=no", TW_HIGH, TW_PASS },
		{ "version.TLSv1.3=no", TW_LOW, TW_FAIL },
		{ "version.TLSv1.3=could-not-test", TW_HIGH, TW_PASS },
		{ "version.TLSv1.3=could-not-test", TW_LOW, TW_VERDICT_UNKNOWN },
		{ "version.SSLv2=could-not-test", TW_CRITICAL, TW_VERDICT_UNKNOWN },
		{ "version.SSLv3=could-not-test", TW_CRITICAL, TW_PASS },
		{ "untested=suites.TLSv1.2", TW_HIGH, TW_VERDICT_UNKNOWN },
		{ "untested=groups.TLSv1.3", TW_LOW, TW_PASS },
		{ "untested=suites.TLSv1.2.preference", TW_LOW, TW_PASS },
		{ "untested=suites.TLSv1.2.preference", TW_INFO, TW_VERDICT_UNKNOWN },
		{ "untested=features.strict_sni", TW_HIGH, TW_PASS },
		{ "untested=groups.TLSv1.3", TW_INFO, TW_VERDICT_UNKNOWN },
		{ "untested=groups.TLSv1.2", TW_HIGH, TW_VERDICT_UNKNOWN },
		{ "untested=something.new", TW_CRITICAL, TW_VERDICT_UNKNOWN },
		{ "version.TLSv1.0=yes suites.TLSv1.0=0xC013 untested=suites.TLSv1.2", TW_HIGH,
		    TW_FAIL },
		{ "cert.trusted=could-not-test", TW_HIGH, TW_VERDICT_UNKNOWN },
		{ "cert.trusted=could-not-test", TW_CRITICAL, TW_PASS },
		{ "fallback_scsv=could-not-test", TW_HIGH, TW_PASS },
		{ "heartbleed=could-not-test", TW_CRITICAL, TW_VERDICT_UNKNOWN },
		{ "lucky13=could-not-test", TW_LOW, TW_PASS },
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(cases); i++) {
		struct tw_facts *f = build(cases[i].settings);
		struct tw_judgement j;

		tw_judge(f, tw_policies[0], AT, cases[i].fail_on, &j);
		if (j.verdict != cases[i].verdict)
			print_error("%s at %s: %s\n", cases[i].settings,
			    tw_severity_names[cases[i].fail_on], tw_verdict_names[j.verdict]);
		assert_int_equal(j.verdict, cases[i].verdict);
		tw_facts_free(f);
	}
}

/* Each attack's inference: settings, then the attack's check. */
static void
test_inference(void **state)
{
	static const struct { const char *settings; enum tw_attack attack;
		enum tw_check want; } cases[] = {
		{ "", TW_ATTACK_SWEET32, TW_NO },
		{ "suites.TLSv1.2=0x000A", TW_ATTACK_SWEET32, TW_YES },
		{ "untested=suites.TLSv1.2", TW_ATTACK_SWEET32, TW_COULD_NOT_TEST },
		{ "suites.TLSv1.2=0x000A untested=suites.TLSv1.2", TW_ATTACK_SWEET32, TW_YES },
		{ "version.TLSv1.2=no", TW_ATTACK_SWEET32, TW_NOT_APPLICABLE },
		{ "version.TLSv1.2=no", TW_ATTACK_DROWN, TW_NO },
		{ "version.TLSv1.2=no", TW_ATTACK_CCS_INJECTION, TW_NOT_APPLICABLE },
		{ "", TW_ATTACK_CCS_INJECTION, TW_NOT_TESTED },
		{ "quick=yes", TW_ATTACK_SWEET32, TW_NOT_TESTED },
		{ "version.SSLv2=not-tested", TW_ATTACK_DROWN, TW_NOT_TESTED },
		{ "version.SSLv2=could-not-test", TW_ATTACK_DROWN, TW_COULD_NOT_TEST },
		{ "version.SSLv2=yes", TW_ATTACK_DROWN, TW_YES },
		{ "version.SSLv3=yes suites.SSLv3=0x0005", TW_ATTACK_POODLE_SSL, TW_NO },
		{ "version.SSLv3=yes suites.SSLv3=0x002F", TW_ATTACK_POODLE_SSL, TW_YES },
		{ "suites.TLSv1.2=0x002F", TW_ATTACK_BEAST, TW_NO },
		{ "version.TLSv1.0=yes suites.TLSv1.0=0x002F", TW_ATTACK_BEAST, TW_YES },
		{ "suites.TLSv1.2=0x0008", TW_ATTACK_FREAK, TW_YES },
		{ "suites.TLSv1.2=0x0014", TW_ATTACK_FREAK, TW_NO },
		{ "suites.TLSv1.2=0x0014", TW_ATTACK_LOGJAM, TW_YES },
		{ "dh=1024", TW_ATTACK_LOGJAM, TW_NO },
		{ "dh=768", TW_ATTACK_LOGJAM, TW_YES },
		{ "dh=1024:Apache", TW_ATTACK_LOGJAM, TW_YES },
		{ "dh=2048:ffdhe2048", TW_ATTACK_LOGJAM, TW_NO },
		{ "untested=dh", TW_ATTACK_LOGJAM, TW_COULD_NOT_TEST },
		{ "suites.TLSv1.2=0x0005", TW_ATTACK_RC4, TW_YES },
		{ "compression=yes", TW_ATTACK_CRIME, TW_YES },
		{ "compression=could-not-test", TW_ATTACK_CRIME, TW_COULD_NOT_TEST },
		{ "suites.TLSv1.2=0xC027", TW_ATTACK_LUCKY13, TW_YES },
		{ "suites.TLSv1.2=0xC027 encrypt_then_mac=yes", TW_ATTACK_LUCKY13, TW_NO },
		{ "suites.TLSv1.2=0xC027 lucky13=no", TW_ATTACK_LUCKY13, TW_NO },
		{ "reach=silent", TW_ATTACK_SWEET32, TW_NOT_TESTED },
		{ "", TW_ATTACK_STARTTLS_INJECTION, TW_NOT_APPLICABLE },
		{ "starttls=yes", TW_ATTACK_STARTTLS_INJECTION, TW_NOT_TESTED },
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(cases); i++) {
		struct tw_facts *f = build(cases[i].settings);
		char path[80];

		if (f->attacks[cases[i].attack] != cases[i].want)
			print_error("%s: %s is %s, not %s\n", cases[i].settings,
			    tw_attack_names[cases[i].attack],
			    tw_check_names[f->attacks[cases[i].attack]],
			    tw_check_names[cases[i].want]);
		assert_int_equal(f->attacks[cases[i].attack], cases[i].want);
		/* What could not be tested stands in `untested`, with a reason. */
		snprintf(path, sizeof(path), "vulnerabilities.%s",
		    tw_attack_names[cases[i].attack]);
		assert_int_equal(tw_infer_tested(f, path, NULL),
		    cases[i].want == TW_COULD_NOT_TEST ? TW_COULD_NOT_TEST : TW_YES);
		tw_facts_free(f);
	}
}

/* The same finding has the same fingerprint; another host, port, id or subject another. */
static void
test_fingerprints(void **state)
{
	static const char settings[] = "version.TLSv1.0=yes suites.TLSv1.0=0x002F,0x0035";
	struct tw_facts *a = build(settings), *b = build(settings);
	struct tw_judgement ja, jb;
	uint8_t digest[TW_HASH_BYTES];
	char want[17];

	(void)state;
	b->port = 8443;
	tw_judge(a, tw_policies[0], AT, TW_HIGH, &ja);
	tw_judge(b, tw_policies[0], AT + DAY, TW_HIGH, &jb);
	assert_int_equal(ja.findings.n, jb.findings.n);
	assert_true(ja.findings.n >= 4);
	for (size_t i = 0; i < ja.findings.n; i++) {
		const struct tw_finding *f = &ja.findings.v[i];
		const char *text = tw_arena_fmt(a->arena, "www.example.com|443|%s|%s",
		    tw_findings[f->id].id, f->subject);

		tw_hash(TW_SHA256, tw_bytes_of(text), digest);
		for (int k = 0; k < 8; k++)
			snprintf(want + 2 * k, 3, "%02x", digest[k]);
		assert_string_equal(f->fingerprint, want);
		assert_string_not_equal(f->fingerprint, jb.findings.v[i].fingerprint);
		assert_string_equal(f->evidence, jb.findings.v[i].evidence);
	}
	tw_facts_free(a);
	tw_facts_free(b);
}

/* The order in which a server took the suites is not in the words. */
static void
test_evidence_is_steady(void **state)
{
	struct tw_facts *a = build("suites.TLSv1.2=0x002F,0x0035,0xC013,0xC014,0x0033,0x0039");
	struct tw_facts *b = build("suites.TLSv1.2=0x0039,0xC014,0x0033,0x0035,0xC013,0x002F");
	struct tw_judgement ja, jb;

	(void)state;
	tw_judge(a, tw_policies[0], AT, TW_HIGH, &ja);
	tw_judge(b, tw_policies[0], AT, TW_HIGH, &jb);
	assert_int_equal(ja.findings.n, jb.findings.n);
	for (size_t i = 0; i < ja.findings.n; i++)
		assert_string_equal(ja.findings.v[i].evidence, jb.findings.v[i].evidence);
	tw_facts_free(a);
	tw_facts_free(b);
}

/* Steps of a life of some days, as KNOWLEDGE has them, the moment before and at each. */
static void
test_expiry_steps(void **state)
{
	static const struct { int64_t life, step; enum tw_severity below, above; } cases[] = {
		{ 398 * DAY, 30 * DAY, TW_LOW, TW_INFO }, { 398 * DAY, 14 * DAY, TW_MEDIUM, TW_LOW },
		{ 398 * DAY, 7 * DAY, TW_HIGH, TW_MEDIUM }, { 90 * DAY, 27 * DAY, TW_LOW, TW_INFO },
		{ 90 * DAY, 14 * DAY, TW_MEDIUM, TW_LOW }, { 90 * DAY, 7 * DAY, TW_HIGH, TW_MEDIUM },
		{ 160 * 3600, 48 * 3600, TW_LOW, TW_INFO },
		{ 160 * 3600, 32 * 3600, TW_MEDIUM, TW_LOW },
		{ 160 * 3600, 16 * 3600, TW_HIGH, TW_MEDIUM },
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(cases); i++)
		for (int side = 0; side < 2; side++) {
			struct tw_facts *f = good();
			enum tw_severity want = side == 0 ? cases[i].below : cases[i].above;
			enum tw_severity got = TW_INFO;
			struct tw_judgement j;

			f->certificates.v[0].cert.not_before = AT - cases[i].life;
			f->certificates.v[0].cert.not_after = AT;
			tw_judge(f, tw_policies[0], AT - cases[i].step + (side == 0), TW_HIGH, &j);
			for (size_t k = 0; k < j.findings.n; k++)
				if (j.findings.v[k].id == TW_FINDING_CERTIFICATE_EXPIRES_SOON)
					got = j.findings.v[k].severity;
			assert_int_equal(got, want);
			tw_facts_free(f);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_id_is_found_by_some_row),
		cmocka_unit_test(test_fail_on),
		cmocka_unit_test(test_inference),
		cmocka_unit_test(test_fingerprints),
		cmocka_unit_test(test_evidence_is_steady),
		cmocka_unit_test(test_expiry_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
