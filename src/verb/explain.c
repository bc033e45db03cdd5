/*
 * explain.c -- tlswright explain WORD…: a finding, a version, a suite, a group, a signature
 * scheme, an alert, a port or service, a concept, a question; two words: how they differ.
 * A word nobody knows gets the nearest that somebody does, and exit status 2.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "data/explain.h"
#include "verb/describe.h"
#include "verb/options.h"
#include "verb/page.h"

#define QUERY_BYTES	256

static const struct tw_option options[] = {
	{ "list", '\0', NULL, "the topics, one a line, for scripts" },
	{ NULL, '\0', NULL, NULL },
};

static bool
on_option(void *ctx, const char *name, const char *value)
{
	(void)value;
	if (strcmp(name, "list") == 0)
		*(bool *)ctx = true;
	return true;
}

/* Words that carry nothing in "the difference between 465 and 587". */
static bool
is_filler(const char *word)
{
	static const char *const fillers[] = { "a", "an", "the", "is", "are", "what", "what's",
		"does", "do", "i", "vs", "vs.", "versus", "against", "and", "or", "between",
		"difference", "of", "to", "port", "ports", "alert", "on", "for", "in", "than",
		"it", "my" };

	for (size_t i = 0; i < TW_COUNT(fillers); i++)
		if (strcasecmp(fillers[i], word) == 0)
			return true;
	return false;
}

/* A whole number in decimal up to max, or -1. */
static long
number_of(const char *word, long max)
{
	char *end;
	long n;

	if (!isdigit((unsigned char)word[0]))
		return -1;
	n = strtol(word, &end, 10);
	return *end == '\0' && n <= max ? n : -1;
}

static void
show_explanation(const struct tw_explanation *e)
{
	int finding = tw_finding_by_id(e->id);

	if (finding >= 0)
		tw_describe_finding(&tw_findings[finding]);
	else
		tw_page_title(stdout, e->title);
	putchar('\n');
	tw_page_text(stdout, e->text);
}

/* "0xC02F", "C02F" and "0xC0,0x2F" are codes of a suite. */
static const struct tw_suite *
suite_of(const char *word)
{
	const struct tw_suite *s = tw_suite_by_name(word);
	char hex[16];
	size_t n = 0;
	char *end;
	unsigned long code;

	if (s != NULL)
		return s;
	for (const char *c = word; *c != '\0' && n < sizeof(hex) - 1; c++) {
		if (c[0] == '0' && (c[1] == 'x' || c[1] == 'X'))
			c++;
		else if (*c != ',')
			hex[n++] = *c;
	}
	hex[n] = '\0';
	code = strtoul(hex, &end, 16);
	if (*end != '\0' || (n != 4 && n != 6) || number_of(word, 65535) >= 0)
		return NULL;
	return tw_suite_by_code((uint32_t)code);
}

static const char *
also(const struct tw_port *p, char *text, size_t n)
{
	snprintf(text, n, "%s%s, %s: %s", strcmp(p->transport, "udp") == 0 ? "UDP, " : "",
	    p->scheme, tw_mode_names[p->mode], p->title);
	return text;
}

/* Names the comparisons a number is part of: "465-587" for 465. */
static void
see_also(const char *number)
{
	size_t n = strlen(number);

	for (size_t i = 0; i < tw_explanations_n; i++) {
		const char *id = tw_explanations[i].id, *at = strstr(id, number);

		if (at != NULL && isdigit((unsigned char)id[0]) &&
		    (at == id || at[-1] == '-') && (at[n] == '-' || at[n] == '\0'))
			printf("See also: tlswright explain %s\n", id);
	}
}

/* Everything that uses this number: ports first, and the alert of that code. */
static bool
show_number(const char *word, bool alert_only)
{
	long n = number_of(word, 65535);
	const struct tw_alert_row *alert;
	bool shown = false;
	char text[200];

	if (n < 0)
		return false;
	alert = n < 256 ? tw_alert_by_code((uint8_t)n) : NULL;
	/* The usual service in full, the others named, so that it stays one screen. */
	for (size_t i = 0; i < tw_ports_n && !alert_only && n != 0; i++) {
		if (tw_ports[i].port != n)
			continue;
		if (shown)
			tw_page_field(stdout, "also there", also(&tw_ports[i], text, sizeof(text)));
		else
			tw_describe_port(&tw_ports[i]);
		shown = true;
	}
	if (shown)
		see_also(word);
	if (alert != NULL) {
		if (shown)
			putchar('\n');
		tw_describe_alert(alert);
		shown = true;
	}
	return shown;
}

/* Shows what one word names; false: nothing does. */
static bool
show_word(const char *word)
{
	const struct tw_explanation *e = tw_explanation_by_id(word);
	const struct tw_suite *suite = suite_of(word);
	const struct tw_group *group = tw_group_by_name(word);
	const struct tw_scheme *scheme = tw_scheme_by_name(word);
	const struct tw_alert_row *alert = tw_alert_by_name(word);
	const struct tw_port *port = tw_port_by_scheme(word);
	int version = tw_version_by_name(word), cause = tw_cause_by_id(word);

	if (version >= 0)
		tw_describe_version(&tw_versions[version]);
	else if (e != NULL)
		show_explanation(e);
	else if (cause >= 0)
		tw_describe_cause(&tw_causes[cause]);
	else if (suite != NULL)
		tw_describe_suite(suite);
	else if (group != NULL)
		tw_describe_group(group);
	else if (scheme != NULL)
		tw_describe_scheme(scheme);
	else if (alert != NULL)
		tw_describe_alert(alert);
	else if (port != NULL)
		tw_describe_port(port);
	else
		return show_number(word, false);
	return true;
}

struct suggestion {
	char word[64];
	unsigned distance;
};

static void
consider(struct suggestion best[static 3], const char *query, const char *word, size_t n)
{
	struct suggestion s;

	if (n == 0 || n >= sizeof(s.word))
		return;
	memcpy(s.word, word, n);
	s.word[n] = '\0';
	s.distance = tw_text_distance(query, s.word);
	/* A part of the name is near, however long the rest is. */
	if (strlen(query) > 2 && strcasestr(s.word, query) != NULL)
		s.distance = 1;
	for (int i = 0; i < 3; i++)
		if (strcmp(best[i].word, s.word) == 0)
			return;
	for (int i = 0; i < 3; i++)
		if (s.distance < best[i].distance) {
			memmove(&best[i + 1], &best[i], (size_t)(2 - i) * sizeof(best[0]));
			best[i] = s;
			return;
		}
}

static void
suggest(const char *query)
{
	struct suggestion best[3] = { { "", 0 } };
	char lower[64] = "";
	size_t n = strnlen(query, sizeof(lower) - 1);
	unsigned far = n < 5 ? 3 : 4;
	bool any = false;

	for (size_t i = 0; i < n; i++)
		lower[i] = (char)tolower((unsigned char)query[i]);
	lower[n] = '\0';
	for (int i = 0; i < 3; i++)
		best[i].distance = far;
	for (size_t i = 0; i < tw_explanations_n; i++) {
		const char *a = tw_explanations[i].aliases;

		consider(best, lower, tw_explanations[i].id, strlen(tw_explanations[i].id));
		for (size_t len; *a != '\0'; a += len, a += strspn(a, ", ")) {
			len = strcspn(a, ",");
			consider(best, lower, a, len);
		}
	}
	for (int i = 0; i < TW_CAUSES; i++)
		consider(best, lower, tw_causes[i].id, strlen(tw_causes[i].id));
	for (size_t i = 0; i < tw_ports_n; i++)
		consider(best, lower, tw_ports[i].scheme, strlen(tw_ports[i].scheme));
	for (size_t i = 0; i < tw_suites_n; i++) {
		consider(best, query, tw_suites[i].name, strlen(tw_suites[i].name));
		if (tw_suites[i].openssl != NULL)
			consider(best, query, tw_suites[i].openssl, strlen(tw_suites[i].openssl));
	}
	for (size_t i = 0; i < tw_groups_n; i++)
		consider(best, lower, tw_groups[i].name, strlen(tw_groups[i].name));
	for (size_t i = 0; i < tw_alerts_n; i++)
		consider(best, lower, tw_alerts[i].name, strlen(tw_alerts[i].name));
	fprintf(stderr, "tlswright: nothing is known about \"%s\"", query);
	for (int i = 0; i < 3 && best[i].word[0] != '\0'; i++) {
		fprintf(stderr, "%s%s", any ? ", " : "; did you mean ", best[i].word);
		any = true;
	}
	fprintf(stderr, any ? "?\n" : "; `tlswright explain` lists the topics\n");
}

/* No word: what can be asked, in columns, findings apart. */
static int
list(void)
{
	int width = tw_page_width(stderr), at = 0;

	tw_page_text(stderr, "`tlswright explain WORD…` explains a finding, a version (`tls1.2`), a "
			     "suite (`0xC02F`), a group (`x25519`), a signature scheme, an alert "
			     "(`alert 40`), a port or service (`993`, `imaps`), or one of these; two "
			     "words (`465 587`) say how they differ.\n");
	for (int pass = 0; pass < 2; pass++) {
		putc('\n', stderr);
		tw_page_title(stderr, pass == 0 ? "Concepts and questions" : "Findings");
		at = 0;
		for (size_t i = 0; i < tw_explanations_n; i++) {
			const char *id = tw_explanations[i].id;
			int n = tw_page_columns(id);

			if ((tw_finding_by_id(id) >= 0) != (pass == 1))
				continue;
			if (at > 0 && at + 1 + n > width) {
				putc('\n', stderr);
				at = 0;
			}
			fprintf(stderr, "%s%s", at > 0 ? " " : "", id);
			at += n + (at > 0);
		}
		putc('\n', stderr);
	}
	return 2;
}

/* The words that carry something, joined; *ret_last is the last of them. */
static int
join(int words, char **argv, bool fillers, bool backwards, char out[static QUERY_BYTES])
{
	int n = 0;
	size_t used = 0;

	out[0] = '\0';
	for (int i = 1; i <= words; i++) {
		const char *w = argv[backwards ? words + 1 - i : i];

		if (!fillers && is_filler(w))
			continue;
		used += (size_t)snprintf(out + used, QUERY_BYTES - used, "%s%s", n > 0 ? " " : "",
		    w);
		if (used >= QUERY_BYTES)
			used = QUERY_BYTES - 1;
		n++;
	}
	return n;
}

/* The words together are one topic, in any order, with or without the fillers. */
static bool
show_together(int words, char **argv)
{
	char query[QUERY_BYTES] = "";

	for (int way = 0; way < 3; way++) {
		const struct tw_explanation *e;

		join(words, argv, way == 0, way == 2, query);
		e = tw_explanation_by_id(query);
		if (e != NULL) {
			show_explanation(e);
			return true;
		}
	}
	/* "TLS 1.3", "SSL 2.0" */
	join(words, argv, true, false, query);
	if (tw_version_by_name(query) >= 0)
		return show_word(query);
	return words == 2 && strcasecmp(argv[1], "alert") == 0 && show_number(argv[2], true);
}

static int
run(int argc, char **argv)
{
	char query[QUERY_BYTES] = "";
	int words, status, shown = 0, missing = 0;
	bool lines = false;

	status = tw_options_read(&tw_verb_explain, argc, argv, on_option, &lines, &words);
	if (status >= 0)
		return status;
	for (size_t i = 0; lines && i < tw_explanations_n; i++)
		puts(tw_explanations[i].id);
	if (lines)
		return 0;
	if (words == 0)
		return list();
	if (show_together(words, argv))
		return 0;
	for (int i = 1; i <= words; i++) {
		if (words > 1 && is_filler(argv[i]))
			continue;
		if (shown > 0)
			putchar('\n');
		if (show_word(argv[i]))
			shown++;
		else {
			suggest(argv[i]);
			missing++;
		}
	}
	if (shown == 0 && missing == 0) {
		join(words, argv, true, false, query);
		suggest(query);
	}
	return shown > 0 && missing == 0 ? 0 : 2;
}

const struct tw_verb tw_verb_explain = {
	.name = "explain",
	.usage = "explain [OPTION…] [WORD…]",
	.summary = "explain a finding, version, suite, group, alert, port or concept",
	.options = options,
	.run = run,
};
