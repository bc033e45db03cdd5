/*
 * explain.c -- look-up in the explanations that tools/embed.c compiled in: by the file's
 * name or one of its aliases, however the user spells it. The verb explain shows them.
 */
#include <ctype.h>
#include <string.h>

#include "data/explain.h"

#define WORD_BYTES	96

/* "TLS 1.2 / 1.3" and "tls-1.2-1.3" are one: lower case, what separates is one "-". */
static void
normalise(const char *s, size_t n, char out[static WORD_BYTES])
{
	size_t w = 0;

	for (size_t i = 0; i < n && w < WORD_BYTES - 1; i++) {
		unsigned char c = (unsigned char)s[i];

		if (isalnum(c) || c == '.' || c >= 0x80)
			out[w++] = (char)tolower(c);
		else if (w > 0 && out[w - 1] != '-')
			out[w++] = '-';
	}
	while (w > 0 && (out[w - 1] == '-' || out[w - 1] == '.'))
		w--;
	out[w] = '\0';
}

static int
goes_by(const struct tw_explanation *e, const char *want)
{
	char have[WORD_BYTES];

	normalise(e->id, strlen(e->id), have);
	if (strcmp(have, want) == 0)
		return 1;
	for (const char *a = e->aliases; *a != '\0'; a += strspn(a, ",")) {
		size_t n = strcspn(a, ",");

		normalise(a, n, have);
		if (strcmp(have, want) == 0)
			return 1;
		a += n;
	}
	return 0;
}

const struct tw_explanation *
tw_explanation_by_id(const char *id)
{
	char want[WORD_BYTES];

	normalise(id, strlen(id), want);
	for (size_t i = 0; want[0] != '\0' && i < tw_explanations_n; i++)
		if (goes_by(&tw_explanations[i], want))
			return &tw_explanations[i];
	return NULL;
}
