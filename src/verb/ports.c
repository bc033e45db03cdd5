/*
 * ports.c -- tlswright ports [QUERY]: the registry of ports and services as a table, one
 * row in full, or JSON, one object a line.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/bytes.h"
#include "verb/describe.h"
#include "verb/options.h"
#include "verb/page.h"

static const struct tw_option options[] = {
	{ "json", '\0', NULL, "one JSON object a line" },
	{ NULL, '\0', NULL, NULL },
};

static bool
on_option(void *ctx, const char *name, const char *value)
{
	(void)value;
	if (strcmp(name, "json") == 0)
		*(bool *)ctx = true;
	return true;
}

static bool
word_in(const char *list, const char *word)
{
	size_t n = strlen(word);

	while (*list != '\0') {
		size_t have = strcspn(list, " ");

		if (have == n && strncasecmp(list, word, n) == 0)
			return true;
		list += have;
		list += strspn(list, " ");
	}
	return false;
}

/* How well a row answers: 3 its number or a name of it, 2 its mode, 1 a word in its text. */
static int
answers(const struct tw_port *p, const char *query)
{
	char *end;
	unsigned long number = strtoul(query, &end, 10);

	if (*end == '\0' && isdigit((unsigned char)query[0]))
		return p->port == number && number != 0 ? 3 : 0;
	if (strcasecmp(p->scheme, query) == 0 || word_in(p->aliases, query) ||
	    strcasecmp(p->service, query) == 0)
		return 3;
	if (strcasecmp(tw_mode_names[p->mode], query) == 0)
		return 2;
	if (strcasestr(p->title, query) != NULL || strcasestr(p->use, query) != NULL ||
	    strcasestr(p->negotiation, query) != NULL || strcasestr(p->scheme, query) != NULL)
		return 1;
	return 0;
}

static void
print_json(const struct tw_port *p)
{
	json_t *aliases = json_array(), *o;
	char *text, *copy = strdup(p->aliases), *rest = copy;

	for (char *word; copy != NULL && (word = strsep(&rest, " ")) != NULL;)
		if (word[0] != '\0')
			json_array_append_new(aliases, json_string(word));
	free(copy);
	o = json_pack("{s:i s:s s:s s:o s:s s:s s:s? s:s s:s s:s s:s? s:s?}", "port",
	    (int)p->port, "transport", p->transport, "scheme", p->scheme, "aliases", aliases,
	    "service", p->service, "mode", tw_mode_names[p->mode], "alpn", p->alpn, "title",
	    p->title, "negotiation", p->negotiation, "use", p->use, "history", p->history,
	    "instead", p->instead);
	text = json_dumps(o, JSON_COMPACT);
	printf("%s\n", text);
	free(text);
	json_decref(o);
}

static void
print_row(const struct tw_port *p)
{
	char port[16];
	int left = tw_page_width(stdout) - 47;

	if (p->port == 0)
		snprintf(port, sizeof(port), "any");
	else
		snprintf(port, sizeof(port), "%u/%s", p->port, p->transport);
	printf("%-10s %-23s %-11s", port, p->scheme, tw_mode_names[p->mode]);
	/* Titles are cut only where a person looks: a pipe gets them whole. */
	if (tw_page_colour(stdout) && tw_page_columns(p->title) > left)
		printf(" %.*s…\n", left - 1, p->title);
	else
		printf(" %s\n", p->title);
}

static void
print_details(const struct tw_port *p)
{
	tw_describe_port(p);
	if (p->mode != TW_MODE_NONE && strcmp(p->transport, "tcp") == 0)
		printf("\nNext: tlswright audit %s://HOST%s\n", p->scheme,
		    p->port == 0 ? ":PORT" : "");
}

/* Nothing matched: says so, names the nearest, and returns the exit status. */
static int
nothing(const char *query)
{
	const struct tw_port *like = tw_port_like(query);

	fprintf(stderr, "tlswright: no port or service matches \"%s\"", query);
	if (like != NULL)
		fprintf(stderr, "; did you mean %s (port %u)?\n", like->scheme, like->port);
	else
		fprintf(stderr, "; `tlswright ports` lists them all\n");
	return 2;
}

static int
run(int argc, char **argv)
{
	bool json = false;
	char query[128] = "";
	int words, best = 0, n = 0, status;
	const struct tw_port *only = NULL;

	status = tw_options_read(&tw_verb_ports, argc, argv, on_option, &json, &words);
	if (status >= 0)
		return status;
	for (int i = 1; i <= words; i++) {
		size_t used = strlen(query);

		snprintf(query + used, sizeof(query) - used, "%s%s", used > 0 ? " " : "",
		    argv[i]);
	}
	for (size_t i = 0; i < tw_ports_n; i++) {
		int a = query[0] == '\0' ? 1 : answers(&tw_ports[i], query);

		if (a > best)
			best = a;
	}
	/* A name matches itself and its service's other ports, not every text it stands in. */
	for (size_t i = 0; i < tw_ports_n && best > 0; i++)
		if (query[0] == '\0' || answers(&tw_ports[i], query) == best) {
			only = only == NULL ? &tw_ports[i] : only;
			n++;
		}
	if (n == 0)
		return nothing(query);
	if (n == 1 && !json) {
		print_details(only);
		return 0;
	}
	for (size_t i = 0; i < tw_ports_n; i++) {
		if (query[0] != '\0' && answers(&tw_ports[i], query) != best)
			continue;
		if (json)
			print_json(&tw_ports[i]);
		else
			print_row(&tw_ports[i]);
	}
	if (!json && query[0] != '\0')
		printf("\nNext: tlswright ports %s\n", only->scheme);
	return 0;
}

const struct tw_verb tw_verb_ports = {
	.name = "ports",
	.usage = "ports [OPTION…] [QUERY]",
	.summary = "the registry of ports: services, modes, what to use instead",
	.options = options,
	.run = run,
};
