/* Kinds of suites, groups and schemes; see kinds.h. lists.c is the caller. */
#include "probe/kinds.h"

#include <string.h>

#include "data/group.h"
#include "data/scheme.h"

bool
tw_kinds_is_ecdhe(const struct tw_suite *s)
{
	return strncmp(s->key_exchange, "ECDHE", 5) == 0;
}

bool
tw_kinds_is_signed_ecdhe(const struct tw_suite *s)
{
	return strcmp(s->key_exchange, "ECDHE") == 0 && strcmp(s->authentication, "anon") != 0;
}

bool
tw_kinds_is_dhe(const struct tw_suite *s)
{
	return strncmp(s->key_exchange, "DHE", 3) == 0;
}

bool
tw_kinds_is_signed_fs(const struct tw_suite *s)
{
	return s->forward_secrecy && strcmp(s->authentication, "anon") != 0 &&
	    strcmp(s->authentication, "PSK") != 0;
}

bool
tw_kinds_is_rsa_ecdhe(const struct tw_suite *s)
{
	return tw_kinds_is_signed_ecdhe(s) && strcmp(s->authentication, "RSA") == 0;
}

bool
tw_kinds_is_signed_by_rsa(const struct tw_suite *s)
{
	return tw_kinds_is_signed_fs(s) && strcmp(s->authentication, "RSA") == 0;
}

bool
tw_kinds_is_signed_by_others(const struct tw_suite *s)
{
	return tw_kinds_is_signed_fs(s) && strcmp(s->authentication, "RSA") != 0;
}

/* What servers are known to have; of the rest we ask too, but expect a no. */
bool
tw_kinds_is_usual_suite13(uint32_t code)
{
	return code >= 0x1301 && code <= 0x1303;
}

bool
tw_kinds_is_usual_group(uint32_t code)
{
	return code == 0x11ec || code == 29 || code == 30 || (code >= 23 && code <= 25) ||
	    (code >= 256 && code <= 260);
}

bool
tw_kinds_is_usual_scheme(uint32_t code)
{
	const struct tw_scheme *s = tw_scheme_by_code((uint16_t)code);

	return s != NULL && (strcmp(s->key, "RSA") == 0 || strcmp(s->key, "ECDSA") == 0) &&
	    strncmp(s->hash, "SHA", 3) == 0;
}

bool
tw_kinds_are_same_key(uint32_t a, uint32_t b)
{
	const struct tw_scheme *x = tw_scheme_by_code((uint16_t)a), *y = tw_scheme_by_code((uint16_t)b);

	return x != NULL && y != NULL && strncmp(x->key, y->key, 3) == 0;
}

/* Post-quantum groups are few, and stand apart: the next is an old one. */
bool
tw_kinds_are_same_kind(uint32_t a, uint32_t b)
{
	const struct tw_group *x = tw_group_by_code((uint16_t)a), *y = tw_group_by_code((uint16_t)b);

	return x != NULL && y != NULL && !y->post_quantum && x->ffdhe == y->ffdhe;
}

bool
tw_kinds_are_same_authentication(uint32_t a, uint32_t b)
{
	const struct tw_suite *x = tw_suite_by_code(a), *y = tw_suite_by_code(b);

	return x != NULL && y != NULL && strcmp(x->authentication, y->authentication) == 0;
}

bool
tw_kinds_is_chacha(uint32_t code)
{
	const struct tw_suite *s = tw_suite_by_code(code);

	return s != NULL && strcmp(s->cipher, "CHACHA20") == 0;
}

struct tw_u16s
tw_kinds_without_ffdhe(struct tw_arena *a, struct tw_u16s groups)
{
	uint16_t *out = tw_arena_alloc(a, (groups.n + 1) * sizeof(*out));
	size_t n = 0;

	for (size_t i = 0; i < groups.n; i++)
		if (groups.v[i] < 0x0100 || groups.v[i] > 0x01ff)
			out[n++] = groups.v[i];
	return (struct tw_u16s){ out, n };
}

struct tw_u16s
tw_kinds_schemes_where(struct tw_arena *a, struct tw_u16s all, bool rsa)
{
	uint16_t *out = tw_arena_alloc(a, (all.n + 1) * sizeof(*out));
	size_t n = 0;

	for (size_t i = 0; i < all.n; i++) {
		const struct tw_scheme *s = tw_scheme_by_code(all.v[i]);

		if (s != NULL && (strncmp(s->key, "RSA", 3) == 0) == rsa)
			out[n++] = all.v[i];
	}
	return (struct tw_u16s){ out, n };
}

static size_t
place_of(uint16_t code, struct tw_u16s in)
{
	size_t i = 0;

	while (i < in.n && in.v[i] != code)
		i++;
	return i;
}

void
tw_kinds_sort(uint16_t *v, size_t n, struct tw_u16s offered)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && place_of(v[k], offered) < place_of(v[k - 1], offered); k--) {
			uint16_t swap = v[k];

			v[k] = v[k - 1];
			v[k - 1] = swap;
		}
}
