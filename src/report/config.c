/*
 * config.c -- tw_config_render(): the template of a target with its gaps filled, and a header
 * of comments that says what it was made for and what to mind. The verb config prints it.
 */
#include "report/config.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/template.h"
#include "base/text.h"
#include "report/config_words.h"

#define BODY_BYTES	((size_t)1 << 18)

static bool
is_past(const struct tw_config *c, const char *date)
{
	int64_t at;

	return tw_text_parse_time(date, &at) && at <= c->now;
}

static void
note_ends(const struct tw_config *c, const char *title, const char *ends, const char *version,
    struct tw_buf *out)
{
	struct tw_target_end end;

	if (*version == '\0' || !tw_target_end(ends, version, &end) || !is_past(c, end.date))
		return;
	if (end.branch[0] == '<')
		tw_buf_fmt(out, "%s before %s is past its end of life (%s): ", title,
		    end.branch + 1, end.date);
	else
		tw_buf_fmt(out, "%s %s is past its end of life (%s): ", title, end.branch, end.date);
	tw_buf_str(out, "only a distribution that still mends it keeps it safe.\n");
}

static void
note_version(const struct tw_config *c, const struct tw_config_words *w, struct tw_buf *out)
{
	const struct tw_target *t = c->target;

	note_ends(c, t->title, t->ends, w->version, out);
	if (t->kind == TW_OPENSSL)
		note_ends(c, "OpenSSL", tw_openssl_ends, w->openssl, out);
	if (*t->oldest != '\0' && tw_template_compare(w->version, t->oldest) < 0)
		tw_buf_fmt(out, "Version %s is older than %s, the oldest these lines are known "
		    "to fit.\n", w->version, t->oldest);
}

static void
note_features(const struct tw_config *c, const struct tw_config_words *w, struct tw_buf *out)
{
	if (c->policy->versions[TW_TLS13] && !w->versions[TW_TLS13])
		tw_buf_str(out, "No TLS 1.3 here: this version cannot. Newer ones can.\n");
	else if (!w->pq && c->target->pq != NULL &&
	    tw_template_compare(w->version, c->target->pq) < 0)
		tw_buf_fmt(out, "No post-quantum group here: this server has one since %s.\n",
		    c->target->pq);
	else if (!w->pq && c->target->kind == TW_OPENSSL)
		tw_buf_str(out, "No post-quantum group here: OpenSSL has ML-KEM since 3.5.\n");
}

static void
note_exception(const struct tw_config *c, const struct tw_config_words *w, struct tw_buf *out)
{
	const struct tw_config_exception *x = c->exception;
	const char *old = tw_versions[x->version].title;

	tw_buf_fmt(out, "Exception: %s for %s until %s: %s\n", old, x->network, x->until,
	    x->reason);
	if (is_past(c, x->until))
		tw_buf_fmt(out, "This exception ended on %s: what follows still has it. Take it "
		    "out.\n", x->until);
	if (c->target->limit == TW_LIMIT_NONE)
		tw_buf_fmt(out, "This server cannot keep %s to a network or a listener, so it "
		    "stays off here. Let a proxy that can (haproxy, nginx-stream, stunnel) "
		    "listen for %s and pass on to it.\n", old, x->network);
	else if (c->target->limit == TW_LIMIT_LISTENER)
		tw_buf_fmt(out, "%s is on port %u alone. This server cannot tell networks apart "
		    "there: let the firewall admit only %s.\n", old, w->legacy_port, x->network);
	else if (c->target->limit == TW_LIMIT_CLIENT)
		tw_buf_fmt(out, "%s is for %s alone: on the same ports everybody else meets the "
		    "policy.\n", old, x->network);
	else
		tw_buf_fmt(out, "%s is on port %u alone, and the server turns away all but %s: "
		    "let the firewall do so too.\n", old, w->legacy_port, x->network);
}

/* What has to be made of the files given, where the body speaks of it. */
static void
note_files(const struct tw_config *c, const struct tw_config_words *w, const char *body,
    struct tw_buf *out)
{
	const char *chain = c->chain != NULL ? c->chain : "";
	const char *blank = c->chain != NULL ? " " : "";

	if (c->chain != NULL && strstr(body, w->fullchain) != NULL)
		tw_buf_fmt(out, "Make %s: cat %s %s > %s\n", w->fullchain, w->cert, chain,
		    w->fullchain);
	if (strstr(body, w->bundle) != NULL)
		tw_buf_fmt(out, "Make %s, readable by the server alone: cat %s %s%s%s > %s\n",
		    w->bundle, w->key, w->cert, blank, chain, w->bundle);
	if (strstr(body, w->pkcs12) != NULL)
		tw_buf_fmt(out, "Make %s: openssl pkcs12 -export -inkey %s -in %s%s%s -out %s\n",
		    w->pkcs12, w->key, w->cert, c->chain != NULL ? " -certfile " : "", chain,
		    w->pkcs12);
}

void
tw_config_notes(const struct tw_config *c, struct tw_buf *out)
{
	struct tw_config_words w;

	tw_config_words_init(&w, c);
	note_version(c, &w, out);
	note_features(c, &w, out);
	if (c->exception != NULL)
		note_exception(c, &w, out);
}

static void
waive(const struct tw_config *c, const struct tw_config_words *w, const char *finding,
    struct tw_buf *out)
{
	const struct tw_config_exception *x = c->exception;
	char *target = NULL, *text;
	json_t *o;

	if (asprintf(&target, "%s:%u", w->name, w->legacy_port) < 0)
		return;
	o = json_pack("{s:s s:s s:s s:s s:s}", "finding", finding, "target", target, "reason",
	    x->reason, "until", x->until, "network", x->network);
	text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	if (text != NULL)
		tw_buf_fmt(out, "%s\n", text);
	free(text);
	free(target);
	json_decref(o);
}

void
tw_config_waivers(const struct tw_config *c, struct tw_buf *out)
{
	struct tw_config_words w;

	tw_config_words_init(&w, c);
	if (!w.legacy)
		return;
	if (c->exception->version == TW_TLS10)
		waive(c, &w, tw_findings[TW_FINDING_TLS10_OFFERED].id, out);
	waive(c, &w, tw_findings[TW_FINDING_TLS11_OFFERED].id, out);
	waive(c, &w, tw_findings[TW_FINDING_CBC_SHA1_SUITE].id, out);
}

/* Lines as comments of the target; in XML "--" may not stand in one. */
static void
comment(const struct tw_target *t, const char *lines, struct tw_buf *out)
{
	bool xml = strcmp(t->comment, "<!--") == 0;

	while (*lines != '\0') {
		size_t n = strcspn(lines, "\n");

		tw_buf_fmt(out, n > 0 || xml ? "%s " : "%s", t->comment);
		for (size_t i = 0; i < n; i++) {
			tw_buf_u8(out, (uint8_t)lines[i]);
			if (xml && lines[i] == '-' && i + 1 < n && lines[i + 1] == '-')
				tw_buf_u8(out, ' ');
		}
		tw_buf_str(out, xml ? " -->\n" : "\n");
		lines += n + (lines[n] == '\n');
	}
}

static void
put_header(const struct tw_config *c, const struct tw_config_words *w, const char *body,
    struct tw_buf *out)
{
	struct tw_buf b;

	tw_buf_init(&b, BODY_BYTES);
	tw_buf_str(&b, c->target->title);
	if (*w->version != '\0')
		tw_buf_fmt(&b, " %s", w->version);
	if (c->target->kind == TW_OPENSSL)
		tw_buf_fmt(&b, ", OpenSSL %s", w->openssl);
	tw_buf_fmt(&b, "; policy %s\n", c->policy->name);
	tw_config_notes(c, &b);
	note_files(c, w, body, &b);
	if (w->legacy) {
		tw_buf_str(&b, "The same for `tlswright audit --waivers FILE`:\n");
		tw_config_waivers(c, &b);
	}
	if (c->preface != NULL)
		tw_buf_fmt(&b, "\n%s", c->preface);
	comment(c->target, tw_buf_cstr(&b), out);
	tw_buf_clear(&b);
}

/* The body with the header where it asks for it, else before it. */
static void
join(const struct tw_config *c, const struct tw_config_words *w, const char *body,
    struct tw_buf *out)
{
	const char *mark = strstr(body, TW_CONFIG_HEADER "\n");

	if (mark == NULL) {
		put_header(c, w, body, out);
		tw_buf_fmt(out, "\n%s", body);
		return;
	}
	tw_buf_put(out, body, (size_t)(mark - body));
	put_header(c, w, body, out);
	tw_buf_str(out, mark + strlen(TW_CONFIG_HEADER "\n"));
}

static int
check_versions(const struct tw_config *c, const struct tw_config_words *w, struct tw_err *e)
{
	for (int v = 0; v < TW_VERSIONS; v++)
		if (w->versions[v])
			return 0;
	return tw_err_set(e, TW_ERR_USAGE, "%s %s has no TLS 1.3, and the policy %s wants "
	    "nothing older", c->target->title, w->version, c->policy->short_name);
}

int
tw_config_render(const struct tw_config *c, struct tw_buf *out, struct tw_err *e)
{
	const char *text = tw_template_text(c->target->name);
	struct tw_config_words w;
	struct tw_template_world world;
	struct tw_err inner;
	struct tw_buf body;
	int status;

	if (text == NULL)
		return tw_err_set(e, TW_ERR_FORMAT, "%s has no template", c->target->name);
	tw_config_words_init(&w, c);
	world = tw_config_words_world(&w);
	tw_buf_init(&body, BODY_BYTES);
	status = check_versions(c, &w, e);
	if (status == 0 && tw_template_render(text, &world, &body, &inner) != 0)
		status = tw_err_set(e, TW_ERR_FORMAT, "%s.tmpl: %s", c->target->name, inner.text);
	if (status == 0)
		join(c, &w, tw_buf_cstr(&body), out);
	tw_buf_clear(&body);
	return status;
}
