/*
 * config.c -- tlswright config SERVER: configuration for a server, from the policy. Options
 * in, report/config.h renders, standard output gets the text; warnings go to standard error.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/bytes.h"
#include "base/text.h"
#include "net/libraries.h"
#include "report/config.h"
#include "verb/config_check.h"
#include "verb/config_from.h"
#include "verb/config_nftables.h"
#include "verb/installed.h"
#include "verb/options.h"

static const struct tw_option options[] = {
	{ "list", '\0', NULL, "the servers there are, one a line" },
	{ "json", '\0', NULL, "with --list and --check: one JSON object a line" },
	{ "from", '\0', "FILE", "what mends the findings of an audit --json stored in FILE" },
	{ "check", '\0', "FILE", "what in an existing configuration contradicts the policy" },
	{ "version", '\0', "V", "the server's version (default: what is installed here)" },
	{ "openssl", '\0', "V", "the version of its OpenSSL (default: likewise)" },
	{ "policy", 'p', "NAME", "what is right (default: tlswright)" },
	{ "name", 'n', "HOST", "the server's name (default: example.com)" },
	{ "port", '\0', "N", "the port to listen on" },
	{ "cert", '\0', "FILE", "its certificate, with its intermediates behind it" },
	{ "key", '\0', "FILE", "its private key" },
	{ "chain", '\0', "FILE", "the intermediates, when --cert has the certificate alone" },
	{ "hsts", '\0', NULL, "HTTP: browsers must stay with HTTPS (default)" },
	{ "no-hsts", '\0', NULL, "HTTP: not so" },
	{ "redirect", '\0', NULL, "HTTP: port 80 sends on to HTTPS (default)" },
	{ "no-redirect", '\0', NULL, "HTTP: nothing on port 80" },
	{ "acme", '\0', "FOLDER", "HTTP: where challenges of ACME lie, served on port 80" },
	{ "allow", '\0', "VERSION", "an exception: tls1.0 or tls1.1, with the next three" },
	{ "network", '\0', "NET", "for whom: 10.1.2.0/24; nftables: several, commas between" },
	{ "until", '\0', "DATE", "for how long: 2027-06-30" },
	{ "reason", '\0', "TEXT", "what for" },
	{ "passive", '\0', "N-M", "nftables: FTP's data ports (default: 50000-50100)" },
	{ "public", '\0', "PORTS", "nftables: these are for everybody, whatever they are" },
	{ "allow-port", '\0', "N", "the port of a listener of its own (default: 10000 + port)" },
	{ NULL, '\0', NULL, NULL },
};

struct choices {
	struct tw_config config;
	struct tw_config_exception exception;
	bool list, json, allow;
	const char *from, *check;
	struct tw_config_nftables firewall;
};

static bool
refuse(const char *option, const char *wants, const char *value)
{
	fprintf(stderr, "tlswright config: --%s wants %s, not \"%s\"\n", option, wants, value);
	return false;
}

/* What stands in every server's syntax as it is: no blank, quote, bracket or control. */
static bool
is_plain(const char *s)
{
	for (const char *c = s; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("\"'`$;{}<>&|#*?!", *c) != NULL)
			return false;
	return *s != '\0' && *s != '-' && strlen(s) < 200;
}

static bool
is_dotted(const char *s)
{
	return isdigit((unsigned char)*s) && strlen(s) < 32 &&
	    strspn(s, "0123456789.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+~-") ==
	    strlen(s);
}

static bool
is_network(const char *s)
{
	const char *slash = strchr(s, '/');

	return strspn(s, "0123456789abcdefABCDEF.:/") == strlen(s) &&
	    strpbrk(s, ".:") != NULL && strlen(s) < 64 &&
	    (slash == NULL || (isdigit((unsigned char)slash[1]) && strchr(slash + 1, '/') == NULL));
}

/* The firewall takes several; an exception is for one, which check_exception() sees to. */
static bool
is_networks(const char *s)
{
	char one[64];
	size_t n;

	for (;; s += n + 1) {
		n = strcspn(s, ",");
		snprintf(one, sizeof(one), "%.*s", (int)n, s);
		if (n >= sizeof(one) || !is_network(one))
			return false;
		if (s[n] == '\0')
			return true;
	}
}

static bool
is_ports(const char *s)
{
	return isdigit((unsigned char)*s) && strspn(s, "0123456789,-") == strlen(s);
}

static bool
set_text(const char **to, const char *option, const char *value, bool (*good)(const char *),
    const char *wants)
{
	if (!good(value))
		return refuse(option, wants, value);
	*to = value;
	return true;
}

static bool
set_port(uint16_t *to, const char *option, const char *value)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (!isdigit((unsigned char)*value) || *end != '\0' || n == 0 || n > 65535)
		return refuse(option, "a port, 1 to 65535", value);
	*to = (uint16_t)n;
	return true;
}

static bool
set_policy(struct choices *c, const char *value)
{
	c->config.policy = tw_policy_by_name(value);
	if (c->config.policy != NULL)
		return true;
	fprintf(stderr, "tlswright config: there is no policy \"%s\"; there are", value);
	for (size_t i = 0; tw_policies[i] != NULL; i++)
		fprintf(stderr, "%s %s", i > 0 ? "," : "", tw_policies[i]->short_name);
	fputs("\n", stderr);
	return false;
}

static bool
set_version(struct choices *c, const char *value)
{
	int version = tw_version_by_name(value);

	if (version != TW_TLS10 && version != TW_TLS11)
		return refuse("allow", "tls1.0 or tls1.1 (what is older is broken, what is newer "
		    "needs no exception)", value);
	c->allow = true;
	c->exception.version = (enum tw_version)version;
	return true;
}

static bool
is_date(const char *s)
{
	int64_t at;

	return strlen(s) == 10 && tw_text_parse_time(s, &at);
}

/* A sentence; it stands in comments, so it stays on its line. */
static bool
is_reason(const char *s)
{
	struct tw_buf shown;
	bool same;

	tw_buf_init(&shown, 4096);
	tw_text_escape(&shown, tw_bytes_of(s));
	same = strcmp(tw_buf_cstr(&shown), s) == 0;
	tw_buf_clear(&shown);
	return same && *s != '\0' && strpbrk(s, "<>\\") == NULL && strlen(s) < 300;
}

static bool
on_switch(struct choices *c, const char *name)
{
	const struct { const char *name; bool *to, value; } switches[] = {
		{ "list", &c->list, true },
		{ "json", &c->json, true },
		{ "hsts", &c->config.no_hsts, false },
		{ "no-hsts", &c->config.no_hsts, true },
		{ "redirect", &c->config.no_redirect, false },
		{ "no-redirect", &c->config.no_redirect, true },
	};

	for (size_t i = 0; i < TW_COUNT(switches); i++)
		if (strcmp(name, switches[i].name) == 0)
			*switches[i].to = switches[i].value;
	return true;
}

static bool
on_option(void *ctx, const char *name, const char *value)
{
	struct choices *c = ctx;
	const struct {
		const char *name, **to;
		bool (*good)(const char *);
		const char *wants;
	} texts[] = {
		{ "version", &c->config.version, is_dotted, "a version like 1.28.0" },
		{ "openssl", &c->config.openssl, is_dotted, "a version like 3.5.4" },
		{ "name", &c->config.name, is_plain, "a name without blanks and quotes" },
		{ "cert", &c->config.cert, is_plain, "a path without blanks and quotes" },
		{ "key", &c->config.key, is_plain, "a path without blanks and quotes" },
		{ "chain", &c->config.chain, is_plain, "a path without blanks and quotes" },
		{ "acme", &c->config.acme, is_plain, "a path without blanks and quotes" },
		{ "network", &c->exception.network, is_networks, "a network like 10.1.2.0/24" },
		{ "passive", &c->firewall.passive, is_ports, "a range like 50000-50100" },
		{ "public", &c->firewall.open, is_ports, "ports like 8443,9090" },
		{ "until", &c->exception.until, is_date, "a date like 2027-06-30" },
		{ "reason", &c->exception.reason, is_reason, "a sentence on one line" },
	};

	if (value == NULL)
		return on_switch(c, name);
	for (size_t i = 0; i < TW_COUNT(texts); i++)
		if (strcmp(name, texts[i].name) == 0)
			return set_text(texts[i].to, name, value, texts[i].good, texts[i].wants);
	if (strcmp(name, "from") == 0) {
		c->from = value;
		return true;
	}
	if (strcmp(name, "check") == 0) {
		c->check = value;
		return true;
	}
	if (strcmp(name, "port") == 0)
		return set_port(&c->config.port, name, value);
	if (strcmp(name, "allow-port") == 0)
		return set_port(&c->exception.port, name, value);
	if (strcmp(name, "allow") == 0)
		return set_version(c, value);
	return strcmp(name, "policy") == 0 ? set_policy(c, value) : true;
}

static void
list_json(const struct tw_target *t)
{
	json_t *aliases = json_array(), *o;
	char *text, *copy = strdup(t->aliases), *rest = copy;

	for (char *word; copy != NULL && (word = strsep(&rest, " ")) != NULL;)
		if (word[0] != '\0')
			json_array_append_new(aliases, json_string(word));
	free(copy);
	o = json_pack("{s:s s:s s:o s:s s:s s:b s:s s:s}", "name", t->name, "title", t->title,
	    "aliases", aliases, "library", tw_kind_names[t->kind], "newest", t->newest,
	    "asked", *t->ask != '\0', "legacy",
	    t->limit == TW_LIMIT_NONE ? "no" : t->limit == TW_LIMIT_LISTENER ? "listener" : "network",
	    "documentation", t->docs);
	text = json_dumps(o, JSON_COMPACT);
	printf("%s\n", text);
	free(text);
	json_decref(o);
}

static int
list(bool json)
{
	for (size_t i = 0; i < tw_targets_n; i++) {
		if (json)
			list_json(&tw_targets[i]);
		else
			printf("%-18s %s%s%s\n", tw_targets[i].name, tw_targets[i].title,
			    *tw_targets[i].newest != '\0' ? ", up to " : "", tw_targets[i].newest);
	}
	if (!json)
		printf("%-18s %s\n", TW_TARGET_FIREWALL, "the firewall, for the services found (--from FILE)");
	return 0;
}

/* No server is called so: perhaps a slip. */
static int
complain(const char *word)
{
	const struct tw_target *like = tw_target_like(word);

	fprintf(stderr, "tlswright config: no server is called \"%s\" here", word);
	if (like != NULL)
		fprintf(stderr, "; did you mean %s (%s)?\n", like->name, like->title);
	else
		fputs("; `tlswright config --list` names them\n", stderr);
	return 2;
}

/* An exception has all its parts, or none. */
static bool
check_exception(struct choices *c)
{
	const struct tw_config_exception *x = &c->exception;

	if (!c->allow && x->network == NULL && x->until == NULL && x->reason == NULL)
		return true;
	if (c->allow && x->network != NULL && is_network(x->network) && x->until != NULL && x->reason != NULL) {
		c->config.exception = x;
		return true;
	}
	fputs("tlswright config: an exception says all four: --allow tls1.0 --network "
	    "10.1.2.0/24 --until 2027-06-30 --reason \"…\"\n", stderr);
	return false;
}

static const char *
running_openssl(void)
{
	for (const struct tw_library *l = tw_libraries; l->name != NULL; l++)
		if (strcmp(l->name, "OpenSSL") == 0)
			return l->running();
	return NULL;
}

/*
 * What was not said is asked of the server installed here; where none is, it is for another
 * machine, and the newest is meant. Its OpenSSL is the system's: the one loaded here.
 */
static void
look_around(struct tw_config *c, struct tw_installed *here)
{
	bool wants_openssl = c->openssl == NULL && c->target->kind == TW_OPENSSL;
	bool installed;

	if ((c->version != NULL && !wants_openssl) || *c->target->ask == '\0')
		return;
	installed = tw_installed_ask(c->target->ask, here);
	if (!installed)
		return;
	if (c->version == NULL)
		c->version = here->version;
	else if (strcmp(c->version, here->version) != 0)
		return;		/* another's, so it may have another library too */
	if (wants_openssl)
		c->openssl = running_openssl();
}

static int
print(struct tw_config *c)
{
	struct tw_installed here;
	struct tw_buf out, notes;
	struct tw_err e;
	int status = 0;

	look_around(c, &here);
	tw_buf_init(&out, 1 << 20);
	tw_buf_init(&notes, 1 << 16);
	if (tw_config_render(c, &out, &e) != 0) {
		fprintf(stderr, "tlswright config: %s\n", e.text);
		status = 2;
	} else {
		fputs(tw_buf_cstr(&out), stdout);
		tw_config_notes(c, &notes);
		fputs(tw_buf_cstr(&notes), stderr);
	}
	tw_buf_clear(&notes);
	tw_buf_clear(&out);
	return status;
}

static int
write_firewall(struct choices *c)
{
	c->firewall.from = c->from;
	c->firewall.host = c->config.name;
	c->firewall.networks = c->exception.network;
	return tw_config_nftables_run(&c->firewall);
}

static int
run(int argc, char **argv)
{
	struct choices c = { .config = { .policy = tw_policies[0] } };
	int words, status;

	status = tw_options_read(&tw_verb_config, argc, argv, on_option, &c, &words);
	if (status >= 0)
		return status;
	if (c.list)
		return list(c.json);
	c.config.now = (int64_t)time(NULL);
	if (words == 0 && c.check != NULL)
		return tw_config_check(c.check, &c.config, c.json, look_around);
	if (words == 0 && c.from != NULL)
		return check_exception(&c) ? tw_config_from(c.from, &c.config, look_around) : 2;
	if (words != 1) {
		fputs("tlswright config: name one server, like `tlswright config nginx`; "
		    "--list names them\n", stderr);
		return 2;
	}
	if (strcmp(argv[1], TW_TARGET_FIREWALL) == 0)
		return write_firewall(&c);
	c.config.target = tw_target_by_name(argv[1]);
	if (c.config.target == NULL)
		return complain(argv[1]);
	if (c.check != NULL)
		return tw_config_check(c.check, &c.config, c.json, look_around);
	if (!check_exception(&c))
		return 2;
	return c.from != NULL ? tw_config_from(c.from, &c.config, look_around)
	    : print(&c.config);
}

const struct tw_verb tw_verb_config = {
	.name = "config",
	.usage = "config [OPTION…] SERVER",
	.summary = "configuration for a server, from the policy",
	.options = options,
	.run = run,
};
