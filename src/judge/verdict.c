/*
 * verdict.c -- pass, fail or unknown: unknown when what could not be tested
 * might have been bad enough to fail. Called by judge.c when all is found.
 */
#include <stdio.h>
#include <string.h>

#include "judge/judgement.h"

/*
 * What a path of `untested` could have told of, at worst. A path begins with
 * the row's (or ends with it, behind "*"); of several rows that fit, the longest counts.
 */
static const struct could {
	const char *path;
	enum tw_finding_id id;
} coulds[] = {
	{ "protocols.SSLv2", TW_FINDING_SSL2_OFFERED },
	{ "protocols.SSLv3", TW_FINDING_SSL3_OFFERED },
	{ "protocols.TLSv1.0", TW_FINDING_TLS10_OFFERED },
	{ "protocols.TLSv1.1", TW_FINDING_TLS11_OFFERED },
	{ "protocols.TLSv1.2", TW_FINDING_NULL_SUITE },	/* and with it its suites */
	{ "protocols.TLSv1.3", TW_FINDING_TLS13_MISSING },
	{ "suites", TW_FINDING_NULL_SUITE },
	{ "*.preference", TW_FINDING_NO_SERVER_PREFERENCE },
	{ "groups", TW_FINDING_WEAK_GROUP },
	{ "groups.TLSv1.3", TW_FINDING_NO_POST_QUANTUM },
	{ "signature_schemes", TW_FINDING_SHA1_HANDSHAKE_SIGNATURE },
	{ "signature_schemes.TLSv1.3", TW_FINDING_NO_POST_QUANTUM },	/* SHA-1 may not sign there */
	{ "dh", TW_FINDING_WEAK_DH },
	{ "certificates", TW_FINDING_CERTIFICATE_EXPIRED },
	/* Another certificate, for other names: at worst it differs. */
	{ "certificates.none", TW_FINDING_DEFAULT_CERTIFICATE_DIFFERS },
	{ "certificates.unknown-name", TW_FINDING_DEFAULT_CERTIFICATE_DIFFERS },
	{ "dialogue", TW_FINDING_PLAINTEXT_AUTH_ACCEPTED },
	{ "features", TW_FINDING_EARLY_DATA },
	{ "features.secure_renegotiation", TW_FINDING_INSECURE_RENEGOTIATION },
	{ "features.client_renegotiation", TW_FINDING_CLIENT_RENEGOTIATION },
	{ "features.compression", TW_FINDING_CRIME },
	{ "features.fallback_scsv", TW_FINDING_NO_FALLBACK_SCSV },
	{ "features.version_tolerant", TW_FINDING_VERSION_INTOLERANCE },
	{ "features.long_hello_tolerant", TW_FINDING_LONG_HELLO_INTOLERANCE },
	{ "features.grease_tolerant", TW_FINDING_VERSION_INTOLERANCE },
	{ "features.strict_alpn", TW_FINDING_ALPACA },
	{ "vulnerabilities.heartbleed", TW_FINDING_HEARTBLEED },
	{ "vulnerabilities.ccs-injection", TW_FINDING_CCS_INJECTION },
	{ "vulnerabilities.ticketbleed", TW_FINDING_TICKETBLEED },
	{ "vulnerabilities.robot", TW_FINDING_ROBOT },
	{ "vulnerabilities.drown", TW_FINDING_DROWN },
	{ "vulnerabilities.poodle-ssl", TW_FINDING_POODLE_SSL },
	{ "vulnerabilities.poodle-tls", TW_FINDING_POODLE_TLS },
	{ "vulnerabilities.freak", TW_FINDING_FREAK },
	{ "vulnerabilities.logjam", TW_FINDING_LOGJAM },
	{ "vulnerabilities.sweet32", TW_FINDING_SWEET32 },
	{ "vulnerabilities.beast", TW_FINDING_BEAST },
	{ "vulnerabilities.crime", TW_FINDING_CRIME },
	{ "vulnerabilities.rc4", TW_FINDING_RC4_SUITE },
	{ "vulnerabilities.lucky13", TW_FINDING_LUCKY13 },
	{ "vulnerabilities.starttls-injection", TW_FINDING_STARTTLS_INJECTION },
	{ "vulnerabilities.opossum", TW_FINDING_OPOSSUM },
	{ "vulnerabilities.alpaca", TW_FINDING_ALPACA },
};

static bool
fits(const char *row, const char *path)
{
	size_t n = strlen(row), all = strlen(path);

	if (row[0] == '*')
		return all >= n && strcmp(path + all - (n - 1), row + 1) == 0;
	return strncmp(path, row, n) == 0 &&
	    (path[n] == '\0' || path[n] == '.' || path[n] == '[');
}

/* A path no row knows could hide anything. */
static enum tw_severity
worst_of(const struct tw_policy *policy, const char *path)
{
	enum tw_severity worst = TW_CRITICAL;
	size_t longest = 0;

	for (size_t i = 0; i < TW_COUNT(coulds); i++) {
		size_t n = strlen(coulds[i].path);

		if (n > longest && fits(coulds[i].path, path)) {
			longest = n;
			worst = tw_judge_severity(policy, coulds[i].id);
		}
	}
	return worst;
}

/* Checks that say so of themselves, whether or not they stand in `untested`. */
static bool
check_hides(const struct tw_facts *f, const struct tw_policy *policy, enum tw_severity fail_on)
{
	char path[80];
	struct { enum tw_check state; const char *fold, *name; } checks[TW_VERSIONS +
	    TW_FEATURES + TW_ATTACKS + 1];
	size_t n = 0;

	for (int i = 0; i < TW_VERSIONS; i++, n++) {
		checks[n].state = f->protocols[i];
		checks[n].fold = "protocols";
		checks[n].name = tw_versions[i].id;
	}
	for (int i = 0; i < TW_FEATURES; i++, n++) {
		checks[n].state = f->features[i];
		checks[n].fold = "features";
		checks[n].name = tw_feature_names[i];
	}
	for (int i = 0; i < TW_ATTACKS; i++, n++) {
		checks[n].state = f->attacks[i];
		checks[n].fold = "vulnerabilities";
		checks[n].name = tw_attack_names[i];
	}
	checks[n].state = f->plaintext_auth_refused;
	checks[n].fold = "dialogue";
	checks[n++].name = "plaintext_auth_refused";
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s.%s", checks[i].fold, checks[i].name);
		if (checks[i].state == TW_COULD_NOT_TEST && worst_of(policy, path) >= fail_on)
			return true;
	}
	return false;
}

static bool
certificate_hides(const struct tw_facts *f, const struct tw_policy *policy,
    enum tw_severity fail_on)
{
	for (size_t i = 0; i < f->certificates.n; i++) {
		const struct tw_certificate *c = &f->certificates.v[i];
		const struct { enum tw_check state; enum tw_finding_id id; } checks[] = {
			{ c->trusted, TW_FINDING_CERTIFICATE_UNTRUSTED },
			{ c->matches_host, TW_FINDING_NAME_MISMATCH },
			{ c->revoked, TW_FINDING_CERTIFICATE_REVOKED },
			{ c->cert.must_staple ? c->staple_present : TW_NO,
			    TW_FINDING_STAPLE_MISSING },
		};

		if (!tw_certificate_is_hosts(f, c))
			continue;
		for (size_t k = 0; k < TW_COUNT(checks); k++)
			if (checks[k].state == TW_COULD_NOT_TEST &&
			    tw_judge_severity(policy, checks[k].id) >= fail_on)
				return true;
	}
	return false;
}

static bool
something_hides(const struct tw_facts *f, const struct tw_policy *policy,
    enum tw_severity fail_on)
{
	for (size_t i = 0; i < f->untested.n; i++)
		if (f->untested.v[i].state == TW_COULD_NOT_TEST &&
		    worst_of(policy, f->untested.v[i].path) >= fail_on)
			return true;
	return check_hides(f, policy, fail_on) || certificate_hides(f, policy, fail_on);
}

enum tw_verdict
tw_verdict_reach(const struct tw_facts *f, const struct tw_judgement *jm,
    enum tw_severity fail_on)
{
	for (size_t i = 0; i < jm->findings.n; i++)
		if (jm->findings.v[i].waiver == NULL && jm->findings.v[i].severity >= fail_on)
			return TW_FAIL;
	if (f->error != NULL || f->tls != TW_REACH_TLS)
		return TW_VERDICT_UNKNOWN;
	return something_hides(f, jm->policy, fail_on) ? TW_VERDICT_UNKNOWN : TW_PASS;
}
