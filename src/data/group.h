/* group.h -- supported groups (RFC 8422, 7919, 8446; post-quantum hybrids), by code. */
#ifndef TW_DATA_GROUP_H
#define TW_DATA_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tw_group {
	uint16_t code;
	const char *name;	/* IANA: "x25519", "secp256r1", "X25519MLKEM768", "ffdhe2048" */
	const char *other;	/* the name people know: "P-256", or NULL */
	uint16_t bits;		/* size of the curve or prime; classical strength's base */
	bool post_quantum, ffdhe, tls13;	/* tls13: may be negotiated there */
};

extern const struct tw_group tw_groups[];
extern const size_t tw_groups_n;

const struct tw_group *tw_group_by_code(uint16_t code);
const struct tw_group *tw_group_by_name(const char *name);

/* Known DH primes (RFC 7919, RFC 3526, RFC 2409, RFC 5114, Apache, Java…): its name, or NULL. */
const char *tw_dh_prime_name(const uint8_t *p, size_t n);

#endif
