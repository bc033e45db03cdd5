/*
 * ctl: commands to a running gateway over its control socket, and its answers as a table
 * for people; with --json as they came.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/text.h"
#include "gate/config.h"
#include "net/control_socket.h"
#include "verb/options.h"
#include "verb/verb.h"

#define STANDARD_SOCKET	"/run/tlswright/control"
#define TIMEOUT_MS	30000
#define LINE_MAX_BYTES	(1u << 20)

struct wish {
	const char *socket, *config;
	bool json;
};

/* ---- how lines are shown ---- */

static const char *
str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "-" : s;
}

static long long
num(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* "3d 4h", "12m 5s": the two largest units. */
static const char *
span(double seconds, char out[static 32])
{
	unsigned long long s = seconds < 0 ? 0 : (unsigned long long)seconds;

	if (s >= 86400ull * 365 * 50)
		snprintf(out, 32, "for ever");
	else if (s >= 86400)
		snprintf(out, 32, "%llud %lluh", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		snprintf(out, 32, "%lluh %llum", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		snprintf(out, 32, "%llum %llus", s / 60, s % 60);
	else
		snprintf(out, 32, "%llus", s);
	return out;
}

static const char *
size_of(long long n, char out[static 32])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double v = (double)n;
	size_t k = 0;

	while (v >= 1024 && k + 1 < TW_COUNT(units)) {
		v /= 1024;
		k++;
	}
	snprintf(out, 32, k == 0 ? "%.0f %s" : "%.1f %s", v, units[k]);
	return out;
}

static void
show_status(const json_t *o)
{
	const json_t *l, *w;
	char a[32], b[32];
	size_t i;
	unsigned finishing = 0;

	json_array_foreach(json_object_get(o, "workers"), i, w)
		finishing += json_is_true(json_object_get(w, "finishing"));
	printf("tlswright %s, process %lld, %s since %s (%s)\n", str(o, "version"), num(o, "pid"),
	    str(o, "state"), str(o, "since"),
	    span(json_number_value(json_object_get(o, "seconds")), a));
	printf("configuration %s, loaded again %lld times\n", str(o, "configuration"),
	    num(o, "reloads"));
	printf("workers %zu (%u of them finishing), keys %s, records %s, bans %lld\n\n",
	    json_array_size(json_object_get(o, "workers")), finishing, str(o, "keys"),
	    str(o, "records"), num(o, "bans"));
	printf("%-16s %-12s %8s %10s %10s %8s %8s %11s %11s\n", "LISTENER", "SERVICE", "NOW", "ENDED",
	    "HANDSHAKES", "FAILED", "LOGINS-", "IN", "OUT");
	json_array_foreach(json_object_get(o, "listeners"), i, l)
		printf("%-16s %-12s %8lld %10lld %10lld %8lld %8lld %11s %11s\n",
		    str(l, "listener"), str(l, "service"), num(l, "connections"), num(l, "ended"),
		    num(l, "handshakes"), num(l, "handshakes_failed"), num(l, "logins_failed"),
		    size_of(num(l, "bytes_in"), a), size_of(num(l, "bytes_out"), b));
}

static void
show_session(const json_t *o)
{
	char client[64], a[32], b[32], c[32];

	snprintf(client, sizeof(client), strchr(str(o, "client"), ':') != NULL ? "[%s]:%lld" :
	    "%s:%lld", str(o, "client"), num(o, "port"));
	printf("%-16s %-10s %-24s %-10s %-9s %11s %11s %-8s %s\n", str(o, "listener"),
	    str(o, "service"), client, str(o, "phase"),
	    span(json_number_value(json_object_get(o, "seconds")), a),
	    size_of(num(o, "bytes_in"), b), size_of(num(o, "bytes_out"), c), str(o, "version"),
	    str(o, "sni"));
}

static void
show_certificate(const json_t *o)
{
	const json_t *name;
	size_t i;

	printf("%s: %s\n", str(o, "certificate"), str(o, "file"));
	if (json_is_null(json_object_get(o, "subject"))) {
		printf("  could not be read\n");
		return;
	}
	printf("  subject  %s\n  names   ", str(o, "subject"));
	json_array_foreach(json_object_get(o, "names"), i, name)
		printf(" %s", json_string_value(name));
	printf("%s\n  expires  %s (%.1f days left)\n  key      %s\n  serial   %s\n  sha256   %s\n",
	    json_is_true(json_object_get(o, "more_names")) ? " …" : "", str(o, "not_after"),
	    json_number_value(json_object_get(o, "days_left")), str(o, "key"), str(o, "serial"),
	    str(o, "sha256"));
}

static void
show_ban(const json_t *o)
{
	char a[32];

	printf("%-40s %-20s %-9s %5lld  %-9s %s\n", str(o, "address"), str(o, "until"),
	    span((double)num(o, "seconds_left"), a), num(o, "times"), str(o, "kind"),
	    str(o, "reason"));
}

static void
show_banned(const json_t *o)
{
	char a[32];

	printf("%s is banned until %s (%s)\n", str(o, "address"), str(o, "until"),
	    span((double)num(o, "seconds_left"), a));
}

static void
show_unbanned(const json_t *o)
{
	printf("%s is not banned any more\n", str(o, "address"));
}

static void
show_reload(const json_t *o)
{
	(void)o;
	printf("the configuration is loaded\n");
}

static const struct command {
	const char *name;
	int least, most;		/* words behind it */
	const char *head;		/* of a table; or NULL */
	void (*show)(const json_t *line);	/* one line of a list, or the only one */
	bool list;
	const char *none;		/* what is said of an empty list */
} commands[] = {
	{ "status", 0, 0, NULL, show_status, false, NULL },
	{ "sessions", 0, 0, "LISTENER         SERVICE    CLIENT                   PHASE      SINCE     "
	    "         IN         OUT VERSION  NAME", show_session, true, "nobody is connected" },
	{ "certificates", 0, 0, NULL, show_certificate, true, "no certificates" },
	{ "bans", 0, 0, "ADDRESS                                  UNTIL                LEFT      "
	    "TIMES  KIND      REASON", show_ban, true, "nobody is banned" },
	{ "ban", 1, 2, NULL, show_banned, false, NULL },
	{ "unban", 1, 1, NULL, show_unbanned, false, NULL },
	{ "reload", 0, 0, NULL, show_reload, false, NULL },
};

/* ---- the talk ---- */

/* False: it is the answer's last line, *ret_status what the program ends with. */
static bool
take_line(const struct command *k, const struct wish *w, struct tw_bytes line, size_t *told,
    int *ret_status)
{
	json_t *o = json_loadb((const char *)line.p, line.n, 0, NULL);
	const json_t *ok = json_object_get(o, "ok");
	bool more = o != NULL && ok == NULL;

	if (o == NULL)
		fprintf(stderr, "tlswright ctl: the gateway's answer is no JSON\n");
	else if (w->json)
		printf("%.*s\n", (int)line.n, (const char *)line.p);
	if (ok != NULL && !json_is_true(ok))
		fprintf(stderr, "tlswright ctl: %s\n", str(o, "error"));
	*ret_status = json_is_true(ok) ? 0 : 1;
	if (o != NULL && !w->json) {
		if (more && (*told)++ == 0 && k->head != NULL)
			printf("%s\n", k->head);
		if (more || (json_is_true(ok) && !k->list))
			k->show(o);
		else if (json_is_true(ok) && *told == 0)
			printf("%s\n", k->none);
		if (num(o, "workers_silent") > 0)
			printf("(%lld workers ended before they answered)\n", num(o, "workers_silent"));
	}
	json_decref(o);
	return more;
}

static int
talk(const struct command *k, const struct wish *w, char *const *words, int n)
{
	json_t *request = json_pack("{s:s}", "command", k->name);
	struct tw_bytes line = { NULL, 0 };
	struct tw_buf b, text;
	struct tw_err e;
	int fd, status = 1, got = 0;
	size_t told = 0;

	if (n > 0)
		json_object_set_new(request, "address", json_string(words[0]));
	if (n > 1)
		json_object_set_new(request, "for", json_string(words[1]));
	tw_buf_init(&b, LINE_MAX_BYTES);
	tw_buf_init(&text, 4096);
	{
		char *s = json_dumps(request, JSON_COMPACT);

		tw_buf_str(&text, s == NULL ? "" : s);
		tw_buf_u8(&text, '\n');
		free(s);
		json_decref(request);
	}
	fd = tw_control_socket_connect(w->socket, TIMEOUT_MS, &e);
	if (fd < 0) {
		fprintf(stderr, "tlswright ctl: %s\n", e.text);
	} else if (text.failed || !tw_control_socket_say(fd, tw_buf_view(&text))) {
		fprintf(stderr, "tlswright ctl: the gateway does not listen\n");
	} else {
		while ((got = tw_control_socket_line(fd, &b, &line, &e)) > 0 &&
		    take_line(k, w, line, &told, &status))
			;
		if (got <= 0) {
			fprintf(stderr, "tlswright ctl: %s\n",
			    got == 0 ? "the gateway ended the talk" : e.text);
			status = 1;
		}
	}
	if (fd >= 0)
		tw_control_socket_close(fd);
	tw_buf_clear(&b);
	tw_buf_clear(&text);
	return status;
}

/* ---- what is wanted ---- */

static bool
on_option(void *ctx, const char *name, const char *value)
{
	struct wish *w = ctx;

	switch (name[0]) {
	case 's':
		w->socket = value;
		break;
	case 'c':
		w->config = value;
		break;
	default:
		w->json = true;
	}
	return true;
}

static const struct command *
find(const char *word)
{
	const char *like = NULL;
	unsigned least = 3;

	for (size_t i = 0; i < TW_COUNT(commands); i++) {
		unsigned d = tw_text_distance(word, commands[i].name);

		if (d == 0)
			return &commands[i];
		if (d < least) {
			least = d;
			like = commands[i].name;
		}
	}
	fprintf(stderr, "tlswright ctl: there is no command \"%s\"", word);
	fprintf(stderr, like != NULL ? "; did you mean %s?\n" : "; `tlswright ctl --help` lists them%s\n",
	    like != NULL ? like : "");
	return NULL;
}

/* The socket that a configuration names; -1: it names none. */
static int
talk_as_configured(const struct command *k, struct wish *w, char *const *words, int n)
{
	struct tw_config_remarks remarks = { 0 };
	struct tw_config *c = tw_config_read(w->config, NULL, (int64_t)time(NULL), &remarks);
	int status = 2;

	if (c == NULL)
		fprintf(stderr, "tlswright ctl: %s: %s\n", w->config, remarks.n > 0 ?
		    remarks.v[0].text : "it cannot be read");
	else if (c->control == NULL)
		fprintf(stderr, "tlswright ctl: %s names no control socket\n", w->config);
	if (c != NULL && (w->socket = c->control) != NULL)
		status = talk(k, w, words, n);
	tw_config_clear_remarks(&remarks);
	tw_config_free(c);
	return status;
}

static int
run(int argc, char **argv)
{
	struct wish wish = { .socket = STANDARD_SOCKET };
	const struct command *k;
	int words, status = tw_options_read(&tw_verb_ctl, argc, argv, on_option, &wish, &words);

	if (status >= 0)
		return status;
	if (words == 0) {
		tw_options_help(&tw_verb_ctl);
		return 2;
	}
	k = find(argv[1]);
	if (k == NULL)
		return 2;
	if (words - 1 < k->least || words - 1 > k->most) {
		fprintf(stderr, "tlswright ctl: %s takes %s\n", k->name, k->most == 0 ? "no word more" :
		    k->most == 1 ? "one address" : "an address, and for how long");
		return 2;
	}
	return wish.config != NULL ? talk_as_configured(k, &wish, argv + 2, words - 1) :
	    talk(k, &wish, argv + 2, words - 1);
}

static const struct tw_option options[] = {
	{ "config", 'c', "FILE", "the gateway's configuration, which names its control socket" },
	{ "socket", 's', "FILE", "the control socket (" STANDARD_SOCKET ")" },
	{ "json", '\0', NULL, "the answer as it came: a JSON object a line" },
	{ NULL }
};

const struct tw_verb tw_verb_ctl = {
	.name = "ctl",
	.usage = "ctl [OPTION…] status | sessions | certificates | bans | ban ADDRESS [FOR] | "
	    "unban ADDRESS | reload",
	.summary = "ask a running gateway, ban and unban",
	.options = options,
	.run = run,
};
