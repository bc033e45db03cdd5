/*
 * port.c -- ports.def as a table, and the look-ups by number, scheme and service. Targets
 * are read with it, recognition falls back on it, the verb ports prints it.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "data/port.h"

const char *const tw_mode_names[] = { "none", "implicit", "explicit", "negotiated" };

const struct tw_port tw_ports[] = {
#define P(port, transport, scheme, aliases, service, dialogue, mode, alpn, title, \
    negotiation, use, history, ...) \
	{ port, transport, scheme, aliases, service, dialogue, mode, alpn, title, negotiation, \
	    use, history, __VA_ARGS__ },
#include "data/ports.def"
#undef P
};
const size_t tw_ports_n = TW_COUNT(tw_ports);

const uint16_t tw_host_ports[] = { 21, 25, 110, 143, 389, 443, 465, 587, 636, 853, 989, 990,
	993, 995, 1433, 3269, 3306, 3389, 4190, 5061, 5222, 5223, 5269, 5270, 5432, 5671, 6379,
	6697, 8443, 8883, 9443, 27017 };
const size_t tw_host_ports_n = TW_COUNT(tw_host_ports);

const struct tw_port *
tw_port_by_number(uint16_t port)
{
	/* Port 0 is the row of "any port", not a port. */
	for (size_t i = 0; port != 0 && i < tw_ports_n && tw_ports[i].port <= port; i++)
		if (tw_ports[i].port == port)
			return &tw_ports[i];
	return NULL;
}

/* Moves *list past its next word; the word is *ret_word, *ret_n bytes, or false at the end. */
static bool
next_word(const char **list, const char **ret_word, size_t *ret_n)
{
	*list += strspn(*list, " ");
	*ret_word = *list;
	*ret_n = strcspn(*list, " ");
	*list += *ret_n;
	return *ret_n > 0;
}

static bool
list_has(const char *list, const char *word)
{
	const char *have;
	size_t n;

	while (next_word(&list, &have, &n))
		if (n == strlen(word) && strncasecmp(have, word, n) == 0)
			return true;
	return false;
}

const struct tw_port *
tw_port_by_scheme(const char *scheme)
{
	for (size_t i = 0; i < tw_ports_n; i++)
		if (strcasecmp(tw_ports[i].scheme, scheme) == 0)
			return &tw_ports[i];
	for (size_t i = 0; i < tw_ports_n; i++)
		if (list_has(tw_ports[i].aliases, scheme))
			return &tw_ports[i];
	return NULL;
}

const struct tw_port *
tw_port_by_service(const char *service, enum tw_mode mode)
{
	const struct tw_port *first = NULL;

	/* The port a bare host is tried on is the usual one: 6697 and not 994. */
	for (size_t i = 0; i < tw_ports_n; i++) {
		const struct tw_port *p = &tw_ports[i];

		if (p->mode != mode || strcasecmp(p->service, service) != 0)
			continue;
		for (size_t j = 0; j < tw_host_ports_n; j++)
			if (tw_host_ports[j] == p->port)
				return p;
		if (first == NULL)
			first = p;
	}
	return first;
}

/* Twice the edit distance, but two letters changing places weigh less than one wrong. */
static unsigned
likeness(const char *a, const char *b)
{
	int count[256] = { 0 };
	size_t n = strlen(a);

	if (n != strlen(b))
		return 2 * tw_text_distance(a, b);
	for (size_t i = 0; i < n; i++) {
		count[(unsigned char)a[i]]++;
		count[(unsigned char)b[i]]--;
	}
	for (size_t i = 0; i < TW_COUNT(count); i++)
		if (count[i] != 0)
			return 2 * tw_text_distance(a, b);
	return strcmp(a, b) == 0 ? 0 : 1;
}

const struct tw_port *
tw_port_like(const char *scheme)
{
	const struct tw_port *best = NULL;
	unsigned least = strlen(scheme) < 4 ? 3 : 5;	/* so far away nothing is alike */
	char want[64] = "";
	size_t len = strnlen(scheme, sizeof(want) - 1);

	for (size_t i = 0; i < len; i++)
		want[i] = (char)tolower((unsigned char)scheme[i]);
	want[len] = '\0';

	for (size_t i = 0; i < tw_ports_n; i++) {
		const char *list = tw_ports[i].aliases, *word = tw_ports[i].scheme;
		size_t n = strlen(word);

		do {
			char name[64] = "";
			unsigned d;

			if (n >= sizeof(name))
				continue;
			memcpy(name, word, n);
			name[n] = '\0';
			d = likeness(name, want);
			if (d < least && d < 2 * n) {
				least = d;
				best = &tw_ports[i];
			}
		} while (next_word(&list, &word, &n));
	}
	return best;
}
