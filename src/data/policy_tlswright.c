/*
 * The project's own policy, tlswright-2026.11: what is right on any port, from
 * RFC 9325, RFC 8996, RFC 8314, the CA/Browser Forum's requirements, Mozilla 6.0
 * and what SSL Labs takes marks off for. Dated, and never changed once released:
 * a better one is a new file with a new date. tests/golden/ holds its expansion.
 */
#include "data/policy.h"

/*
 * TLS 1.3 has no suite to be sorry for but CCM_8. In 1.2 only an ephemeral
 * elliptic-curve exchange with an AEAD is wanted: it keeps what was recorded
 * unreadable when the key is lost, and has no padding to be an oracle of. AES-128
 * stands before AES-256: RFC 9325 4.2 asks servers to prefer it, nothing breaks it,
 * and it costs less. ChaCha20 last: clients without AES hardware put it first themselves.
 */
static const uint16_t suites[] = {
	0x1301, 0x1302, 0x1303,		/* TLS_AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305 */
	0xC02B, 0xC02F,			/* ECDHE-ECDSA, ECDHE-RSA with AES128-GCM */
	0xC02C, 0xC030,			/* the same with AES256-GCM */
	0xCCA9, 0xCCA8,			/* the same with CHACHA20-POLY1305 */
};

/*
 * Not wanted, not wrong: CCM with its whole tag (small devices), and finite-field
 * ephemeral exchanges with an AEAD, as long as the prime has 2048 bits; RFC 9325
 * would rather not see DHE in 1.2, but it still keeps the past secret.
 */
static const uint16_t tolerated_suites[] = {
	0x1304,				/* TLS_AES_128_CCM */
	0xC0AC, 0xC0AD,			/* ECDHE-ECDSA-AES128-CCM, AES256-CCM */
	0x009E, 0x009F, 0xCCAA,		/* DHE-RSA-AES128-GCM, AES256-GCM, CHACHA20 */
	0xC09E, 0xC09F,			/* DHE-RSA-AES128-CCM, AES256-CCM */
};

/* The hybrid first: what is recorded today must stay unread by tomorrow's machines. */
static const uint16_t groups[] = { 0x11EC, 29, 23, 24 };
/* P-521, X448, the other hybrids (P-256 and P-384 with ML-KEM), ffdhe2048 to ffdhe8192. */
static const uint16_t tolerated_groups[] = { 25, 30, 0x11EB, 0x11ED, 256, 257, 258, 259, 260 };

/* SHA-256 and up; PKCS #1 padding only where 1.2 still needs it, so it stands last. */
static const uint16_t schemes[] = {
	0x0403, 0x0503, 0x0603,		/* ECDSA with P-256, P-384, P-521 */
	0x0807, 0x0808,			/* Ed25519, Ed448 */
	0x0804, 0x0805, 0x0806,		/* RSA-PSS, rsaEncryption keys */
	0x0809, 0x080A, 0x080B,		/* RSA-PSS, RSASSA-PSS keys */
	0x0401, 0x0501, 0x0601,		/* RSA PKCS #1 */
};

/* How bad each finding is stands in findings.def: its column is this policy's. */
const struct tw_policy tw_policy_tlswright_2026_11 = {
	.name = "tlswright-2026.11",
	.short_name = "tlswright",
	.title = "What is right on any TLS port, November 2026",
	.versions = { [TW_TLS12] = true, [TW_TLS13] = true },
	.required = { [TW_TLS12] = true, [TW_TLS13] = true },
	.suites = { suites, TW_COUNT(suites) },
	.tolerated_suites = { tolerated_suites, TW_COUNT(tolerated_suites) },
	.groups = { groups, TW_COUNT(groups) },
	.tolerated_groups = { tolerated_groups, TW_COUNT(tolerated_groups) },
	.schemes = { schemes, TW_COUNT(schemes) },
	.rsa_bits = 2048,
	.ec_bits = 256,
	.dh_bits = 2048,
	.max_validity_days = 0,		/* the CA/Browser Forum's, by the date of issue */
	.hsts_seconds = 15552000,	/* 180 days: below it SSL Labs takes the A away */
};
