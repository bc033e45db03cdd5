/*
 * Does a certificate fit a host? By subjectAltName alone (RFC 9525): the common
 * name is for people. Own code, so that every refusal is ours and tested.
 */
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>

#include <idn2.h>

#include "cert/cert.h"

#define HOST_BYTES 1024		/* a longer host is none: DNS allows 255, its U-labels somewhat more */
#define DNS_BYTES 253

/* The text as inet_ntop() writes it, as names.c does for SANs; false: no address. */
static bool
address_of(const char *host, char ret[static INET6_ADDRSTRLEN])
{
	uint8_t raw[16];
	char plain[INET6_ADDRSTRLEN];
	const char *zone = strchr(host, '%');
	size_t n = zone != NULL ? (size_t)(zone - host) : strlen(host);

	if (n >= sizeof(plain))
		return false;
	memcpy(plain, host, n);
	plain[n] = '\0';
	if (zone == NULL && inet_pton(AF_INET, plain, raw) == 1)
		return inet_ntop(AF_INET, raw, ret, INET6_ADDRSTRLEN) != NULL;
	if (inet_pton(AF_INET6, plain, raw) == 1)	/* fe80::1%eth0: the zone is ours, not theirs */
		return inet_ntop(AF_INET6, raw, ret, INET6_ADDRSTRLEN) != NULL;
	return false;
}

bool
tw_cert_host_is_ip(const char *host)
{
	char text[INET6_ADDRSTRLEN];

	return host != NULL && address_of(host, text);
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool
is_name_byte(uint8_t c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Labels of 1 to 63 letters, digits, hyphens, underscores; *ret_last is the last one. */
static size_t
labels(struct tw_bytes name, struct tw_bytes *ret_last)
{
	size_t n = 0, start = 0;

	if (name.n == 0 || name.n > DNS_BYTES)
		return 0;
	for (size_t i = 0; i <= name.n; i++) {
		if (i < name.n && name.p[i] != '.') {
			if (!is_name_byte(name.p[i]))
				return 0;
			continue;
		}
		if (i == start || i - start > 63)
			return 0;
		*ret_last = (struct tw_bytes){ name.p + start, i - start };
		start = i + 1;
		n++;
	}
	return n;
}

/* A name that ends in a number ("127.1", "0x7f000001") is an address to most resolvers. */
static bool
is_number(struct tw_bytes label)
{
	size_t i = 0;

	if (label.n > 2 && label.p[0] == '0' && lower(label.p[1]) == 'x')
		return true;
	while (i < label.n && label.p[i] >= '0' && label.p[i] <= '9')
		i++;
	return i == label.n;
}

static bool
equal(struct tw_bytes a, struct tw_bytes b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

/* Both are A-labels; "*." at the front of san stands for one whole label (RFC 9525 6.3). */
static bool
name_fits(struct tw_bytes san, struct tw_bytes host)
{
	struct tw_bytes last, rest;
	const uint8_t *dot;

	if (san.n < 2 || san.p[0] != '*')
		return labels(san, &last) > 0 && equal(san, host);
	rest = (struct tw_bytes){ san.p + 2, san.n - 2 };
	if (san.p[1] != '.' || labels(rest, &last) < 2)
		return false;
	dot = memchr(host.p, '.', host.n);
	if (dot == NULL)
		return false;
	dot++;
	return equal(rest, (struct tw_bytes){ dot, host.n - (size_t)(dot - host.p) });
}

/* host as A-labels without the dot at its end, from malloc(); NULL: no DNS name. */
static char *
a_labels(const char *host)
{
	size_t n = strlen(host);
	bool ascii = true;
	char *copy, *out = NULL;

	if (n == 0 || n > HOST_BYTES)
		return NULL;
	copy = malloc(n + 1);
	if (copy == NULL)
		return NULL;
	memcpy(copy, host, n + 1);
	for (size_t i = 0; i < n; i++)
		ascii = ascii && (uint8_t)host[i] < 0x80;
	if (!ascii) {
		int rc = idn2_to_ascii_8z(copy, &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

		free(copy);
		if (rc != IDN2_OK)
			return NULL;
		copy = strdup(out);
		idn2_free(out);
		if (copy == NULL)
			return NULL;
		n = strlen(copy);
	}
	if (n > 0 && copy[n - 1] == '.')
		copy[n - 1] = '\0';
	return copy;
}

static bool
address_fits(const struct tw_cert *c, const char *text)
{
	for (size_t i = 0; i < c->names.n; i++)
		if (c->names.v[i].kind == TW_NAME_IP &&
		    tw_bytes_equal(c->names.v[i].value, tw_bytes_of(text)))
			return true;
	return false;
}

bool
tw_cert_fits(const struct tw_cert *c, const char *host)
{
	char text[INET6_ADDRSTRLEN];
	struct tw_bytes name, last;
	bool fits = false;
	char *ascii;

	if (!c->parsed || host == NULL)
		return false;
	if (address_of(host, text))
		return address_fits(c, text);
	ascii = a_labels(host);
	if (ascii == NULL)
		return false;
	name = tw_bytes_of(ascii);
	if (labels(name, &last) > 0 && !is_number(last))
		for (size_t i = 0; i < c->names.n && !fits; i++)
			fits = c->names.v[i].kind == TW_NAME_DNS &&
			    name_fits(c->names.v[i].value, name);
	free(ascii);
	return fits;
}
