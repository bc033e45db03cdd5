/*
 * gnutls.c -- see gnutls.h. Words as in "Priority Strings" of the GnuTLS manual. Parts
 * multiply: +ECDHE-RSA with +AES-128-GCM is a suite, so a list of suites that is no product
 * would come out larger. Those of our policies are products.
 */
#include "data/gnutls.h"

#include "data/spelling.h"
#include "data/suite.h"

static const struct {
	uint16_t code;
	const char *name;
} schemes_known[] = {
	{ 0x0401, "SIGN-RSA-SHA256" },
	{ 0x0403, "SIGN-ECDSA-SHA256:+SIGN-ECDSA-SECP256R1-SHA256" },
	{ 0x0501, "SIGN-RSA-SHA384" },
	{ 0x0503, "SIGN-ECDSA-SHA384:+SIGN-ECDSA-SECP384R1-SHA384" },
	{ 0x0601, "SIGN-RSA-SHA512" },
	{ 0x0603, "SIGN-ECDSA-SHA512:+SIGN-ECDSA-SECP521R1-SHA512" },
	{ 0x0804, "SIGN-RSA-PSS-RSAE-SHA256" },
	{ 0x0805, "SIGN-RSA-PSS-RSAE-SHA384" },
	{ 0x0806, "SIGN-RSA-PSS-RSAE-SHA512" },
	{ 0x0807, "SIGN-EDDSA-ED25519" },
	{ 0x0808, "SIGN-EDDSA-ED448" },
	{ 0x0809, "SIGN-RSA-PSS-SHA256" },
	{ 0x080A, "SIGN-RSA-PSS-SHA384" },
	{ 0x080B, "SIGN-RSA-PSS-SHA512" },
};

/* Puts ":+PART" once. */
static void
put_part(struct tw_buf *b, const char *part)
{
	size_t n = strlen(part);
	const char *at = tw_buf_cstr(b);

	while ((at = strstr(at, part)) != NULL) {
		if (at[-1] == '+' && (at[n] == ':' || at[n] == '\0'))
			return;
		at += n;
	}
	tw_buf_fmt(b, ":+%s", part);
}

static void
put_exchange(struct tw_buf *b, const struct tw_suite *s)
{
	struct tw_buf part;

	if (s->tls13)
		return;		/* the groups say it */
	tw_buf_init(&part, 64);
	tw_buf_str(&part, s->key_exchange);
	if (strcmp(s->key_exchange, s->authentication) != 0)
		tw_buf_fmt(&part, "-%s", s->authentication);
	put_part(b, tw_buf_cstr(&part));
	tw_buf_clear(&part);
}

static void
put_cipher(struct tw_buf *b, const struct tw_suite *s)
{
	struct tw_buf part;

	tw_buf_init(&part, 64);
	if (strcmp(s->cipher, "CHACHA20") == 0)
		tw_buf_str(&part, "CHACHA20-POLY1305");
	else
		tw_buf_fmt(&part, "%s-%u-%s", s->cipher, s->bits,
		    strcmp(s->mode, "CCM_8") == 0 ? "CCM-8" : s->mode);
	put_part(b, tw_buf_cstr(&part));
	tw_buf_clear(&part);
	put_part(b, s->mac);
}

void
tw_gnutls_put_priority(const bool versions[TW_VERSIONS], struct tw_u16s suites,
    struct tw_u16s groups, struct tw_u16s schemes, struct tw_buf *out)
{
	static const struct tw_bytes style = { (const uint8_t *)"gnutls", 6 };
	struct tw_buf b;

	tw_buf_init(&b, 8192);
	tw_buf_str(&b, "NONE");
	for (unsigned v = TW_VERSIONS; v-- > 0;)
		if (versions[v]) {
			tw_buf_str(&b, ":+");
			tw_spelling_put(TW_SPELT_VERSION, v, style, &b);
		}
	for (size_t i = 0; i < suites.n; i++)
		put_exchange(&b, tw_suite_by_code(suites.v[i]));
	for (size_t i = 0; i < suites.n; i++)
		put_cipher(&b, tw_suite_by_code(suites.v[i]));
	for (size_t i = 0; i < groups.n; i++) {
		size_t before = b.n;

		tw_buf_str(&b, ":+");
		if (!tw_spelling_put(TW_SPELT_GROUP, groups.v[i], style, &b))
			b.n = before;
	}
	for (size_t i = 0; i < schemes.n; i++)
		for (size_t k = 0; k < TW_COUNT(schemes_known); k++)
			if (schemes_known[k].code == schemes.v[i])
				tw_buf_fmt(&b, ":+%s", schemes_known[k].name);
	tw_buf_str(&b, ":+COMP-NULL:+CTYPE-X509");
	tw_buf_bytes(out, tw_buf_view(&b));
	tw_buf_clear(&b);
}
