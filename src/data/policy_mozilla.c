/*
 * Mozilla Server Side TLS 6.0 (April 2026; "old" is gone since, DHE too, and
 * X25519MLKEM768 stands first): intermediate and modern. Immutable: Mozilla's next
 * version will be a file of its own. tests/golden/ holds the expansions.
 *
 * A profile is met or not. So what a profile leaves out, and a finding id exists
 * for, is high here, even where our own policy is milder. What the profile does not
 * speak of (chains, STARTTLS, attacks) keeps the severity of findings.def.
 *
 * What no id can say, and is therefore not found: intermediate: a DHE suite, a CBC
 * suite with SHA-256, CCM with its whole tag; modern: these, and TLS 1.2 offered with
 * nothing but good suites, and an RSA certificate. Read the facts for them.
 */
#include "data/policy.h"

/* The same three in every profile; the client chooses among them. */
#define TLS13_SUITES 0x1301, 0x1302, 0x1303

/* In Mozilla's order, which says what a generator writes: the server's order is off. */
static const uint16_t intermediate_suites[] = {
	TLS13_SUITES,
	0xC02B, 0xC02F,			/* ECDHE-ECDSA, ECDHE-RSA with AES128-GCM */
	0xC02C, 0xC030,			/* the same with AES256-GCM */
	0xCCA9, 0xCCA8,			/* the same with CHACHA20-POLY1305 */
};
static const uint16_t modern_suites[] = { TLS13_SUITES };

/* X25519MLKEM768, X25519, P-256, P-384: one list for both profiles. */
static const uint16_t groups[] = { 0x11EC, 29, 23, 24 };

/*
 * Certificates of modern are ECDSA's alone; those of intermediate may be RSA's,
 * signed with SHA-256, which in a handshake means PSS (1.3) and PKCS #1 (1.2).
 */
static const uint16_t intermediate_schemes[] = {
	0x0403, 0x0503, 0x0603,		/* ECDSA with SHA-256, SHA-384, SHA-512 */
	0x0804, 0x0805, 0x0806,		/* RSA-PSS */
	0x0401, 0x0501, 0x0601,		/* RSA PKCS #1 */
};
static const uint16_t modern_schemes[] = { 0x0403, 0x0503, 0x0603 };

static const struct tw_policy_severity intermediate_severities[] = {
	{ TW_FINDING_TLS12_MISSING, TW_MEDIUM },	/* its oldest clients have no 1.3 */
	{ TW_FINDING_TLS13_MISSING, TW_HIGH },
	{ TW_FINDING_STATIC_RSA_SUITE, TW_HIGH },
	{ TW_FINDING_TRIPLE_DES_SUITE, TW_HIGH },
	{ TW_FINDING_CBC_SHA1_SUITE, TW_HIGH },
	{ TW_FINDING_CCM8_SUITE, TW_HIGH },
	{ TW_FINDING_NO_POST_QUANTUM, TW_MEDIUM },	/* first in its list, not yet everywhere */
};

static const struct tw_policy_severity modern_severities[] = {
	{ TW_FINDING_TLS13_MISSING, TW_CRITICAL },	/* nothing of the profile is there */
	{ TW_FINDING_STATIC_RSA_SUITE, TW_HIGH },
	{ TW_FINDING_TRIPLE_DES_SUITE, TW_HIGH },
	{ TW_FINDING_CBC_SHA1_SUITE, TW_HIGH },
	{ TW_FINDING_CCM8_SUITE, TW_HIGH },
	{ TW_FINDING_NO_POST_QUANTUM, TW_MEDIUM },
};

/*
 * Mozilla's file caps lifetimes at 366 and 90 days; the CA/Browser Forum's limits,
 * which shrink by date, have overtaken it: max_validity_days stays 0 for "theirs".
 */
const struct tw_policy tw_policy_mozilla_6_0_intermediate = {
	.name = "mozilla-6.0-intermediate",
	.short_name = "intermediate",
	.title = "Mozilla Server Side TLS 6.0, intermediate",
	.versions = { [TW_TLS12] = true, [TW_TLS13] = true },
	.required = { [TW_TLS12] = true, [TW_TLS13] = true },
	.client_order = true,
	.suites = { intermediate_suites, TW_COUNT(intermediate_suites) },
	.groups = { groups, TW_COUNT(groups) },
	.schemes = { intermediate_schemes, TW_COUNT(intermediate_schemes) },
	.rsa_bits = 2048,
	.ec_bits = 256,
	.dh_bits = 2048,
	.hsts_seconds = 63072000,
	.severities = intermediate_severities,
	.severities_n = TW_COUNT(intermediate_severities),
};

const struct tw_policy tw_policy_mozilla_6_0_modern = {
	.name = "mozilla-6.0-modern",
	.short_name = "modern",
	.title = "Mozilla Server Side TLS 6.0, modern",
	.versions = { [TW_TLS13] = true },
	.required = { [TW_TLS13] = true },
	.client_order = true,
	.suites = { modern_suites, TW_COUNT(modern_suites) },
	.groups = { groups, TW_COUNT(groups) },
	.schemes = { modern_schemes, TW_COUNT(modern_schemes) },
	.rsa_bits = 2048,
	.ec_bits = 256,
	.dh_bits = 2048,
	.hsts_seconds = 63072000,
	.severities = modern_severities,
	.severities_n = TW_COUNT(modern_severities),
};
