/*
 * The fingerprint of Infineon's weak RSA keys: Nemec et al., "The Return of
 * Coppersmith's Attack" (CCS 2017), 3.3. Called by key.c.
 *
 * Their primes are k*M + (65537^a mod M), M the product of the first 39 primes,
 * so the modulus is a power of 65537 modulo M. Modulo each prime that is a
 * discrete logarithm in a tiny group; one exponent fits all primes when the
 * logarithms agree modulo what the orders have in common (Chinese remainders).
 * A random modulus passes with a chance below 2^-150.
 */
#include "cert/facts.h"

static const uint8_t primes[] = { 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59,
	61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151,
	157, 163, 167 };

/* e with 65537^e = r modulo p, and the order of 65537 there; false: no power of it is r. */
static bool
logarithm(unsigned p, unsigned r, unsigned *ret_e, unsigned *ret_order)
{
	unsigned power = 1, e = 0;
	bool found = false;

	do {
		if (power == r && !found) {
			*ret_e = e;
			found = true;
		}
		power = power * (65537 % p) % p;
		e++;
	} while (power != 1);
	*ret_order = e;
	return found;
}

static unsigned
common(unsigned a, unsigned b)
{
	while (b != 0) {
		unsigned rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

bool
tw_roca_fits(unsigned (*residue)(const void *arg, unsigned p), const void *arg)
{
	unsigned e[TW_COUNT(primes)], order[TW_COUNT(primes)];

	for (size_t i = 0; i < TW_COUNT(primes); i++) {
		if (!logarithm(primes[i], residue(arg, primes[i]), &e[i], &order[i]))
			return false;
		for (size_t j = 0; j < i; j++) {
			unsigned both = common(order[i], order[j]);

			if (e[i] % both != e[j] % both)
				return false;
		}
	}
	return true;
}
