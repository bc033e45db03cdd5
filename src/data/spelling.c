/*
 * spelling.c -- the styles of spelling.h. A style is a rule where there is one (IANA's name,
 * a prefix and a joint), and rows where names are as they are.
 */
#include "data/spelling.h"

#include <ctype.h>

#include "data/group.h"
#include "data/scheme.h"
#include "data/suite.h"

/* Which styles there are, for what. "" is OpenSSL's, which hitch, nginx and 30 more take. */
static const struct {
	enum tw_spelt what;
	const char *style;
} styles[] = {
	{ TW_SPELT_SUITE, "" }, { TW_SPELT_SUITE, "openssl" }, { TW_SPELT_SUITE, "iana" },
	{ TW_SPELT_SUITE, "schannel" },
	{ TW_SPELT_GROUP, "" }, { TW_SPELT_GROUP, "openssl" }, { TW_SPELT_GROUP, "iana" },
	{ TW_SPELT_GROUP, "lower" }, { TW_SPELT_GROUP, "gnutls" }, { TW_SPELT_GROUP, "go" },
	{ TW_SPELT_GROUP, "schannel" }, { TW_SPELT_GROUP, "postfix" }, { TW_SPELT_GROUP, "rhel" },
	{ TW_SPELT_SCHEME, "" }, { TW_SPELT_SCHEME, "iana" }, { TW_SPELT_SCHEME, "openssl" },
};

/* "TLSv1.2" and its kin: what stands before the 1, and between it and the minor number. */
static const struct {
	const char *style, *before, *joint;
} version_styles[] = {
	{ "", "TLSv", "." },		/* and TLSv1, without a minor number */
	{ "openssl", "TLSv", "." },
	{ "id", "TLSv", "." },
	{ "number", "", "." },
	{ "lower", "tls", "." },	/* Caddy */
	{ "cyrus", "tls", "_" },
	{ "go", "VersionTLS", "" },	/* Traefik */
	{ "envoy", "TLSv", "_" },
	{ "mongo", "TLS", "_" },
	{ "gnutls", "VERS-TLS", "." },
	{ "schannel", "TLS ", "." },
	{ "smtpd", "tlsv", "." },	/* libtls */
	{ "option", "NO_TLSv", "_" },	/* and NO_TLSv1: OpenSSL's SSL_OP_… */
};

static const struct {
	const char *style;
	uint16_t group;
	const char *name;
} group_names[] = {
	{ "gnutls", 0x0017, "GROUP-SECP256R1" },
	{ "gnutls", 0x0018, "GROUP-SECP384R1" },
	{ "gnutls", 0x0019, "GROUP-SECP521R1" },
	{ "gnutls", 0x001D, "GROUP-X25519" },
	{ "gnutls", 0x001E, "GROUP-X448" },
	{ "gnutls", 0x11EC, "GROUP-X25519-MLKEM768" },
	{ "go", 0x0017, "CurveP256" },
	{ "go", 0x0018, "CurveP384" },
	{ "go", 0x0019, "CurveP521" },
	{ "go", 0x001D, "X25519" },
	{ "go", 0x11EC, "X25519MLKEM768" },
	/* "*" (OpenSSL 3.5): the share a client sends unasked, here the small one. */
	{ "postfix", 0x0017, "prime256v1" },
	{ "postfix", 0x0018, "secp384r1" },
	{ "postfix", 0x0019, "secp521r1" },
	{ "postfix", 0x001D, "*X25519" },
	{ "postfix", 0x11EC, "X25519MLKEM768" },
	{ "rhel", 0x0017, "SECP256R1" },	/* crypto-policies */
	{ "rhel", 0x0018, "SECP384R1" },
	{ "rhel", 0x0019, "SECP521R1" },
	{ "rhel", 0x001D, "X25519" },
	{ "rhel", 0x11EC, "MLKEM768-X25519" },
	{ "schannel", 0x0017, "NistP256" },
	{ "schannel", 0x0018, "NistP384" },
	{ "schannel", 0x0019, "NistP521" },
	{ "schannel", 0x001D, "curve25519" },
};

static bool
is(struct tw_bytes style, const char *s)
{
	return style.n == strlen(s) && (style.n == 0 || memcmp(style.p, s, style.n) == 0);
}

bool
tw_spelling_is_style(enum tw_spelt what, struct tw_bytes style)
{
	for (size_t i = 0; i < TW_COUNT(styles); i++)
		if (styles[i].what == what && is(style, styles[i].style))
			return true;
	for (size_t i = 0; i < TW_COUNT(version_styles); i++)
		if (what == TW_SPELT_VERSION && is(style, version_styles[i].style))
			return true;
	return false;
}

static bool
put_suite(unsigned code, struct tw_bytes style, struct tw_buf *out)
{
	const struct tw_suite *s = tw_suite_by_code(code);

	if (s == NULL)
		return false;
	/* Windows has CCM nowhere, and ChaCha20 in TLS 1.3 alone. */
	if (is(style, "schannel") && !s->tls13 && strcmp(s->mode, "GCM") != 0 &&
	    strcmp(s->mode, "CBC") != 0)
		return false;
	tw_buf_str(out, is(style, "iana") || is(style, "schannel") || s->openssl == NULL
	    ? s->name : s->openssl);
	return true;
}

static bool
put_group(unsigned code, struct tw_bytes style, struct tw_buf *out)
{
	const struct tw_group *g = tw_group_by_code((uint16_t)code);

	if (g == NULL)
		return false;
	if (style.n == 0 || is(style, "openssl")) {
		tw_buf_str(out, g->other != NULL ? g->other : g->name);
		return true;
	}
	if (is(style, "iana")) {
		tw_buf_str(out, g->name);
		return true;
	}
	if (is(style, "lower")) {
		for (const char *c = g->name; *c != '\0'; c++)
			tw_buf_u8(out, (uint8_t)tolower((unsigned char)*c));
		return true;
	}
	for (size_t i = 0; i < TW_COUNT(group_names); i++)
		if (group_names[i].group == code && is(style, group_names[i].style)) {
			tw_buf_str(out, group_names[i].name);
			return true;
		}
	return false;
}

/* Where TLS 1.0 has no minor number. */
static bool
drops_zero(struct tw_bytes style)
{
	return style.n == 0 || is(style, "openssl") || is(style, "option");
}

static bool
put_version(unsigned version, struct tw_bytes style, struct tw_buf *out)
{
	unsigned minor = version - TW_TLS10;

	if (version < TW_TLS10 || version > TW_TLS13)
		return false;
	for (size_t i = 0; i < TW_COUNT(version_styles); i++) {
		if (!is(style, version_styles[i].style))
			continue;
		tw_buf_fmt(out, "%s1", version_styles[i].before);
		if (minor > 0 || !drops_zero(style))
			tw_buf_fmt(out, "%s%u", version_styles[i].joint, minor);
		return true;
	}
	return false;
}

bool
tw_spelling_put(enum tw_spelt what, unsigned code, struct tw_bytes style, struct tw_buf *out)
{
	const struct tw_scheme *scheme;

	switch (what) {
	case TW_SPELT_SUITE:
		return put_suite(code, style, out);
	case TW_SPELT_GROUP:
		return put_group(code, style, out);
	case TW_SPELT_VERSION:
		return put_version(code, style, out);
	case TW_SPELT_SCHEME:
		break;
	}
	scheme = tw_scheme_by_code((uint16_t)code);
	if (scheme != NULL)
		tw_buf_str(out, scheme->name);
	return scheme != NULL;
}
