/*
 * ServerKeyExchange up to TLS 1.2 by the suite's key exchange (RFC 5246 7.4.3,
 * RFC 8422 5.4, RFC 4279, RFC 5489, RFC 5054). Called through tls12.c's table.
 */
#include "wire/reader.h"

#include "data/suite.h"

#define CURVE_PRIME	1
#define CURVE_CHAR2	2
#define CURVE_NAMED	3
#define BASIS_TRINOMIAL	1
#define BASIS_PENTANOMIAL 2

typedef bool params_fn(struct tw_flight *f, struct tw_bytes *body);

static bool
skip_vec8s(struct tw_bytes *body, unsigned n)
{
	struct tw_bytes skipped;

	while (n-- > 0)
		if (!tw_bytes_vec8(body, &skipped))
			return false;
	return true;
}

/* A curve spelled out (RFC 4492 5.4): field, a, b, base, order, cofactor. */
static bool
skip_explicit_curve(struct tw_bytes *body, uint8_t type)
{
	uint16_t m;
	uint8_t basis;

	if (type == CURVE_PRIME)
		return skip_vec8s(body, 6);
	if (type != CURVE_CHAR2 || !tw_bytes_u16(body, &m) || !tw_bytes_u8(body, &basis))
		return false;
	if (basis == BASIS_TRINOMIAL)
		return skip_vec8s(body, 1 + 5);
	return basis == BASIS_PENTANOMIAL && skip_vec8s(body, 3 + 5);
}

static bool
read_ecdh(struct tw_flight *f, struct tw_bytes *body)
{
	struct tw_bytes point;
	uint8_t type;

	if (!tw_bytes_u8(body, &type))
		return false;
	if (type == CURVE_NAMED) {
		if (!tw_bytes_u16(body, &f->ske.group))
			return false;
		f->group = f->ske.group;
	} else if (skip_explicit_curve(body, type)) {
		f->ske.explicit_curve = true;
	} else {
		return false;
	}
	if (!tw_bytes_vec8(body, &point))
		return false;
	f->ske.public = tw_arena_bytes(f->arena, point);
	return true;
}

static bool
read_dh(struct tw_flight *f, struct tw_bytes *body)
{
	struct tw_bytes p, g, y;

	if (!tw_bytes_vec16(body, &p) || !tw_bytes_vec16(body, &g) ||
	    !tw_bytes_vec16(body, &y))
		return false;
	f->ske.dh_p = tw_arena_bytes(f->arena, p);
	f->ske.dh_g = tw_arena_bytes(f->arena, g);
	f->ske.dh_y = tw_arena_bytes(f->arena, y);
	f->ske.public = f->ske.dh_y;
	return true;
}

/* The short-lived key of an export suite (RFC 2246 7.4.3): modulus, exponent. */
static bool
read_rsa(struct tw_flight *f, struct tw_bytes *body)
{
	struct tw_bytes modulus, exponent;

	if (!tw_bytes_vec16(body, &modulus) || !tw_bytes_vec16(body, &exponent))
		return false;
	f->ske.dh_p = tw_arena_bytes(f->arena, modulus);
	return true;
}

static bool
read_srp(struct tw_flight *f, struct tw_bytes *body)
{
	struct tw_bytes n, g, salt, b;

	(void)f;
	return tw_bytes_vec16(body, &n) && tw_bytes_vec16(body, &g) &&
	    tw_bytes_vec8(body, &salt) && tw_bytes_vec16(body, &b);
}

static bool
read_none(struct tw_flight *f, struct tw_bytes *body)
{
	(void)f;
	(void)body;
	return true;
}

/* Others (GOST, KRB5, ECCPWD, …) are only seen to be there. */
static const struct exchange {
	const char *name;	/* tw_suite.key_exchange */
	bool hint;		/* a PSK identity hint stands first */
	params_fn *read;
} exchanges[] = {
	{ "ECDHE", false, read_ecdh },
	{ "DHE", false, read_dh },
	{ "RSA", false, read_rsa },
	{ "PSK", true, read_none },
	{ "RSA-PSK", true, read_none },
	{ "DHE-PSK", true, read_dh },
	{ "ECDHE-PSK", true, read_ecdh },
	{ "SRP", false, read_srp },
};

/* The signature at the end, where there is one: TLS 1.2 says its scheme before it. */
static bool
read_signature(struct tw_flight *f, struct tw_bytes *body)
{
	struct tw_bytes signature;

	if (body->n == 0)
		return true;
	if (f->version >= 0x0303 && !tw_bytes_u16(body, &f->ske.scheme))
		return false;
	f->ske.is_signed = true;
	return tw_bytes_vec16(body, &signature) && body->n == 0;
}

bool
tw_ske_read(struct tw_flight *f, struct tw_bytes body)
{
	const struct tw_suite *suite = tw_suite_by_code(f->suite);
	struct tw_bytes hint;

	f->ske.present = true;
	for (size_t i = 0; suite != NULL && i < TW_COUNT(exchanges); i++)
		if (strcmp(exchanges[i].name, suite->key_exchange) == 0)
			return (!exchanges[i].hint || tw_bytes_vec16(&body, &hint)) &&
			    exchanges[i].read(f, &body) && read_signature(f, &body);
	return true;
}
