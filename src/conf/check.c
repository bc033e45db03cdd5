/*
 * check.c -- see check.h. Each place where TLS is spoken (a server block, a VirtualHost, a
 * bind line, a service) is judged by what holds there, inherited or the server's own; what
 * comes from one line is told once.
 */
#include "conf/check.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/template.h"
#include "conf/index.h"
#include "judge/judge.h"

struct check {
	struct tw_conf *conf;
	const struct tw_conf_question *q;
	struct tw_conf_index index;
	tw_contradictions *out;
	/* The place being judged. */
	size_t block;
	const char *where, *target;
	bool http, fragment;	/* fragment: only what is set is judged, not what is not */
	unsigned versions;	/* offered there */
};

/* What sets something: a line, or the row's own value. */
struct source {
	const struct tw_conf_row *row;
	const struct tw_conf_line *line;
};

static const char *
find(const struct check *k, const char *name)
{
	return tw_index_value(&k->index, k->block, tw_index_row(&k->index, name), k->q->version);
}

static bool
says(const struct check *k, const char *name, const char *value)
{
	const char *is = find(k, name);

	return is != NULL && strcasecmp(is, value) == 0;
}

/* ---- what is found ---- */

static const char *
join(struct tw_arena *a, const struct tw_conf_line *line, bool assigned)
{
	size_t length = 4;
	char *s, *to;

	for (size_t i = 0; i < line->n; i++)
		length += strlen(line->words[i]) + 1;
	s = to = tw_arena_alloc(a, length);
	for (size_t i = 0; i < line->n; i++) {
		to = stpcpy(to, line->words[i]);
		if (i + 1 < line->n)
			to = stpcpy(to, i == 0 && assigned ? " = " : " ");
	}
	return s;
}

static const char *
own_words(struct check *k, const struct tw_conf_row *row)
{
	const char *own = tw_index_own(row, k->q->version);

	if (own == NULL)
		return NULL;
	if (strcmp(own, "openssl") == 0)
		return tw_arena_fmt(k->conf->arena, "that of OpenSSL %s", k->q->openssl);
	return *own != '\0' ? own : "empty";
}

static struct tw_contradiction *
known(struct check *k, const struct tw_contradiction *c)
{
	for (size_t i = 0; i < k->out->n; i++) {
		struct tw_contradiction *o = &k->out->v[i];

		if (o->id == c->id && o->names == c->names && o->target == c->target &&
		    (c->directive != NULL ? o->directive != NULL && o->at == c->at
		    : o->directive == NULL))
			return o;
	}
	return NULL;
}

static void
add(struct check *k, struct source s, enum tw_finding_id id, const char *evidence)
{
	const struct tw_conf_block *b = &k->conf->blocks.v[k->block];
	bool assigned = k->conf->server == TW_POSTFIX || k->conf->server == TW_DOVECOT;
	struct tw_contradiction c, *before;

	assert(s.row != NULL);		/* a place is of a row: only its line may be missing */
	c = (struct tw_contradiction){ .names = s.row->names, .id = id, .evidence = evidence,
		.where = k->where, .mend = s.row->mend, .target = k->target,
		.severity = tw_judge_severity_between(k->q->policy, id, s.row->between) };
	if (s.line != NULL) {
		c.file = s.line->file;
		c.line = s.line->line;
		c.at = (size_t)(s.line - k->conf->lines.v) + 1;
		c.directive = "";
	} else {
		c.file = b->file;
		c.line = b->line;
		c.at = b->at;
	}
	before = known(k, &c);
	if (before != NULL) {
		/* One place of these two is within the other: it is not another one. */
		if (s.line != NULL || !assigned)
			before->more += before->where != k->where;
		return;
	}
	if (s.line == NULL && k->fragment)
		return;
	if (s.line != NULL)
		c.directive = join(k->conf->arena, s.line, assigned);
	else
		c.own = own_words(k, s.row);
	TW_PUSH(k->conf->arena, k->out, c);
}

/* ---- versions ---- */

/* Does the kind say what there is, or only take away from it? */
static bool
is_whole(enum tw_conf_kind kind)
{
	return kind != TW_CONF_WITHOUT && kind != TW_CONF_MOST;
}

static bool
is_of_versions(enum tw_conf_kind kind)
{
	return kind >= TW_CONF_VERSIONS && kind <= TW_CONF_ONLY;
}

/* Has the row no effect, for another is set that overrules it? */
static bool
is_overruled(const struct check *k, const struct tw_conf_row *row)
{
	const char *list = row->unless;
	char name[64];

	while (list != NULL && tw_value_next(&list, name, sizeof(name))) {
		const struct tw_conf_row *other = tw_index_row(&k->index, name);
		const struct tw_conf_line *line = tw_index_find(&k->index, k->block, other);

		if (line != NULL && strcasecmp(tw_index_value_of(&k->index, other, line), "no") != 0)
			return true;
	}
	return false;
}

/* What the server can have: what its library has, if it knows of it. */
static unsigned
capable(const struct check *k)
{
	const struct tw_target *t = tw_target_by_name(k->target);
	bool knows = t == NULL || t->tls13 == NULL ||
	    tw_template_compare(k->q->version, t->tls13) >= 0;

	return tw_value_library(k->q->openssl) & ~(knows ? 0 : 1u << TW_TLS13);
}

struct versions {
	unsigned set;
	struct source offers[TW_VERSIONS], lacks[TW_VERSIONS];
};

static void
apply(struct check *k, const struct tw_conf_row *row, struct versions *v)
{
	struct source s = { row, tw_index_find(&k->index, k->block, row) };
	const char *value = tw_index_value(&k->index, k->block, row, k->q->version);
	unsigned before = v->set;

	if (value == NULL || is_overruled(k, row))
		return;
	if (row->kind == TW_CONF_WITHOUT || row->kind == TW_CONF_ONLY)
		value = row->arg;
	if (strcmp(value, "openssl") != 0)
		v->set = tw_value_versions(row->kind, value, before, k->q->openssl);
	for (unsigned i = 0; i < TW_VERSIONS; i++) {
		bool is = (v->set & 1u << i) != 0, was = (before & 1u << i) != 0;

		if (is && (is_whole(row->kind) || v->offers[i].row == NULL))
			v->offers[i] = s;
		if (!is && (was || v->lacks[i].row == NULL))
			v->lacks[i] = s;
	}
}

static const char *
offered(struct check *k, unsigned version)
{
	const char *title = tw_versions[version].title, *string = NULL;

	for (size_t i = 0; i < k->index.rows_n && string == NULL; i++)
		if (k->index.rows[i].kind == TW_CONF_CIPHERS)
			string = find(k, k->index.rows[i].names);
	if (version <= TW_SSL3 && tw_template_compare(k->q->openssl, "1.1.0") >= 0)
		return tw_arena_fmt(k->conf->arena, "asks for %s; OpenSSL %s is built without it as a "
		    "rule", title, k->q->openssl);
	/* OpenSSL 3 speaks these at level 0 of security only, and starts at 1. */
	if (version >= TW_TLS10 && tw_template_compare(k->q->openssl, "3.0") >= 0 &&
	    (string == NULL || strstr(string, "@SECLEVEL=0") == NULL))
		return tw_arena_fmt(k->conf->arena, "asks for %s; OpenSSL %s alone holds it back, "
		    "as long as no cipher string says @SECLEVEL=0", title, k->q->openssl);
	return tw_arena_fmt(k->conf->arena, "offers %s", title);
}

static void
weigh_versions(struct check *k, const struct versions *v)
{
	static const struct { enum tw_version v; enum tw_finding_id offered, missing; } ids[] = {
		{ TW_SSL2, TW_FINDING_SSL2_OFFERED, TW_FINDINGS },
		{ TW_SSL3, TW_FINDING_SSL3_OFFERED, TW_FINDINGS },
		{ TW_TLS10, TW_FINDING_TLS10_OFFERED, TW_FINDINGS },
		{ TW_TLS11, TW_FINDING_TLS11_OFFERED, TW_FINDINGS },
		{ TW_TLS12, TW_FINDINGS, TW_FINDING_TLS12_MISSING },
		{ TW_TLS13, TW_FINDINGS, TW_FINDING_TLS13_MISSING },
	};
	unsigned library = capable(k);

	for (size_t i = 0; i < TW_COUNT(ids); i++) {
		unsigned bit = 1u << ids[i].v;
		bool is = (v->set & bit) != 0;

		if (is && !k->q->policy->versions[ids[i].v] && ids[i].offered != TW_FINDINGS)
			add(k, v->offers[ids[i].v], ids[i].offered, offered(k, ids[i].v));
		if (!is && v->set != 0 && k->q->policy->required[ids[i].v] &&
		    ids[i].missing != TW_FINDINGS && (library & bit) != 0 &&
		    v->lacks[ids[i].v].row != NULL)
			add(k, v->lacks[ids[i].v], ids[i].missing, tw_arena_fmt(k->conf->arena,
			    "leaves %s out", tw_versions[ids[i].v].title));
	}
}

/*
 * Every row of the kind that is for the same thing: one of Postfix's is for where TLS is
 * offered, the other for where it is enforced. Those are apart, all others add up.
 */
static void
check_versions(struct check *k)
{
	unsigned all = 0;
	struct versions v = { .set = capable(k) };

	for (size_t i = 0; i < k->index.rows_n; i++) {
		const struct tw_conf_row *row = &k->index.rows[i];

		if (!is_of_versions(row->kind))
			continue;
		if (k->conf->server == TW_POSTFIX)
			v = (struct versions){ .set = capable(k) };
		apply(k, row, &v);
		if (k->conf->server == TW_POSTFIX)
			weigh_versions(k, &v);
		all |= v.set;
	}
	if (k->conf->server != TW_POSTFIX) {
		weigh_versions(k, &v);
		all = v.set;
	}
	k->versions = all;
}

/* ---- suites and groups ---- */

static void
judge_string(struct check *k, struct source s, const char *string)
{
	bool old_only = (k->versions & 1u << TW_TLS13) == 0;
	tw_cipher_faults faults = { 0 };

	if (strcmp(string, "openssl") == 0)
		string = "DEFAULT";
	/* RHEL's crypto-policies: what they come to stands elsewhere. */
	if (strncmp(string, "PROFILE=", 8) == 0)
		return;
	if (k->conf->server == TW_APACHE)	/* mod_ssl adds it */
		string = tw_arena_fmt(k->conf->arena, "%s:!aNULL:!eNULL:!EXP", string);
	tw_ciphers_judge(k->conf->arena, string, old_only, k->q, &faults);
	for (size_t i = 0; i < faults.n; i++)
		add(k, s, faults.v[i].id, faults.v[i].evidence);
}

/* Postfix's grades: which list, and what is taken out of it. */
static void
judge_grade(struct check *k, const struct tw_conf_row *row)
{
	struct source s = { row, tw_index_find(&k->index, k->block, row) };
	const char *grade = find(k, row->names), *list = NULL, *string, *excludes = row->arg;
	const struct tw_conf_row *listed = NULL;
	char name[64];

	for (size_t i = 0; i < k->index.rows_n && listed == NULL; i++) {
		snprintf(name, sizeof(name), "tls_%.20s_cipherlist", grade);
		if (strcasecmp(k->index.rows[i].names, name) == 0)
			listed = &k->index.rows[i];
	}
	if (listed == NULL)
		return;
	list = tw_index_value(&k->index, k->block, listed, k->q->version);
	string = list != NULL ? list : "";
	while (tw_value_next(&excludes, name, sizeof(name))) {
		const char *words = find(k, name);
		char word[96];

		while (words != NULL && tw_value_next(&words, word, sizeof(word)))
			string = tw_arena_fmt(k->conf->arena, "%.8192s:!%s", string, word);
	}
	/* Who has chosen the list has chosen what is in it. */
	if (tw_index_find(&k->index, k->block, listed) != NULL)
		s = (struct source){ listed, tw_index_find(&k->index, k->block, listed) };
	judge_string(k, s, string);
}

static void
judge_groups(struct check *k, const struct tw_conf_row *row, const char *value)
{
	struct source s = { row, tw_index_find(&k->index, k->block, row) };
	const char *weak;
	bool hybrid = tw_value_has_hybrid(k->conf->arena, value, k->q->openssl, &weak);

	if (weak != NULL)
		add(k, s, TW_FINDING_WEAK_GROUP, tw_arena_fmt(k->conf->arena, "offers %s", weak));
	/* Where the library has none, no line helps. */
	if (!hybrid && tw_template_compare(k->q->openssl, "3.5") >= 0 &&
	    (k->versions & 1u << TW_TLS13) != 0)
		add(k, s, TW_FINDING_NO_POST_QUANTUM, "X25519MLKEM768 is not in it");
}

static void
check_lists(struct check *k)
{
	bool old = (k->versions & ~(1u << TW_TLS13)) != 0;

	for (size_t i = 0; i < k->index.rows_n; i++) {
		const struct tw_conf_row *row = &k->index.rows[i];
		const char *value = tw_index_value(&k->index, k->block, row, k->q->version);
		struct source s = { row, tw_index_find(&k->index, k->block, row) };

		if (value == NULL)
			continue;
		if (row->kind == TW_CONF_CIPHERS && old)
			judge_string(k, s, value);
		else if (row->kind == TW_CONF_GRADE && old)
			judge_grade(k, row);
		else if (row->kind == TW_CONF_GROUPS)
			judge_groups(k, row, value);
		else if (row->kind == TW_CONF_SUITES13 && strstr(value, "CCM_8") != NULL)
			add(k, s, TW_FINDING_CCM8_SUITE, "holds TLS_AES_128_CCM_8_SHA256");
	}
}

/* ---- switches ---- */

static bool
enforces(const struct check *k)
{
	const char *level = find(k, "smtpd_tls_security_level");

	return (level != NULL && *level != '\0' && strcasecmp(level, "may") != 0 &&
	    strcasecmp(level, "none") != 0) || says(k, "smtpd_enforce_tls", "yes") ||
	    says(k, "smtpd_tls_wrappermode", "yes");
}

static bool
is_needed(const struct check *k, enum tw_conf_need need, bool tls)
{
	switch (need) {
	case TW_CONF_ALWAYS:
		return true;
	case TW_CONF_PASSWORDS:
		return says(k, "smtpd_sasl_auth_enable", "yes") && !enforces(k);
	case TW_CONF_NOT_REQUIRED:
		return !says(k, "ssl", "required");
	case TW_CONF_MAIL_PLAIN:
		return strcmp(k->target, "nginx-mail") == 0 && !k->index.tls[k->block];
	case TW_CONF_HTTP:
		return tls && k->http;
	default:
		return tls;
	}
}

/* One of the words, blanks between, a pair of quotation marks for none. */
static bool
is_listed(const char *list, const char *value)
{
	char word[32], said[96];

	if (*value == '\0')
		return strstr(list, "\"\"") != NULL;
	while (tw_value_next(&value, said, sizeof(said)))
		for (const char *rest = list; tw_value_next(&rest, word, sizeof(word));)
			if (strcasecmp(word, said) == 0)
				return true;
	return false;
}

/* How long browsers stay with HTTPS by a header's value. */
static long
max_age(const char *value)
{
	const char *at = strcasestr(value, "max-age");

	at = at != NULL ? at + 7 : "";
	at += strspn(at, " =\"");
	return strtol(at, NULL, 10);
}

static void
check_hsts(struct check *k, const struct tw_conf_row *row)
{
	struct source s = { row, tw_index_find(&k->index, k->block, row) };
	const char *value = s.line != NULL ? tw_index_value_of(&k->index, row, s.line) : NULL;

	if (value == NULL)
		add(k, s, TW_FINDING_HSTS_MISSING, "browsers are not told to stay with HTTPS, unless "
		    "what stands behind does it");
	else if (max_age(value) < k->q->policy->hsts_seconds && strchr(value, '$') == NULL)
		add(k, s, TW_FINDING_HSTS_MISSING, tw_arena_fmt(k->conf->arena, "holds for %ld seconds; "
		    "%ld are wanted", max_age(value), k->q->policy->hsts_seconds));
}

static void
check_switches(struct check *k, bool tls)
{
	for (size_t i = 0; i < k->index.rows_n; i++) {
		const struct tw_conf_row *row = &k->index.rows[i];
		const char *value = tw_index_value(&k->index, k->block, row, k->q->version);
		struct source s = { row, tw_index_find(&k->index, k->block, row) };

		if (!is_needed(k, row->need, tls))
			continue;
		if (row->kind == TW_CONF_HSTS)
			check_hsts(k, row);
		if (row->kind != TW_CONF_SWITCH || value == NULL || !is_listed(row->arg, value) ||
		    is_overruled(k, row))
			continue;
		add(k, s, row->finding, tw_findings[row->finding].title);
	}
}

/* ---- the places ---- */

static const struct tw_conf_block *
around(const struct check *k, const char *kinds)
{
	for (size_t b = k->block;; b = k->conf->blocks.v[b].parent) {
		const char *rest = kinds;
		char kind[32];

		while (tw_value_next(&rest, kind, sizeof(kind)))
			if (strcasecmp(k->conf->blocks.v[b].kind, kind) == 0)
				return &k->conf->blocks.v[b];
		if (b == 0)
			return NULL;
	}
}

static bool
is_place(const struct check *k)
{
	static const char *const kinds[TW_CONF_SERVERS] = {
		[TW_NGINX] = "server", [TW_APACHE] = "VirtualHost", [TW_POSTFIX] = "service",
		[TW_DOVECOT] = "protocol local local_name remote", [TW_HAPROXY] = "bind" };
	const struct tw_conf_block *b = &k->conf->blocks.v[k->block];
	const char *rest = kinds[k->conf->server];
	char kind[32];

	if (k->block == 0)
		return k->conf->server != TW_NGINX && k->conf->server != TW_HAPROXY;
	while (tw_value_next(&rest, kind, sizeof(kind)))
		if (strcasecmp(b->kind, kind) == 0)
			/* Services of Postfix that take no mail by SMTP have TLS for nobody. */
			return k->conf->server != TW_POSTFIX || strchr(b->label, ' ') == NULL ||
			    strcmp(strrchr(b->label, ' '), " smtpd") == 0;
	return false;
}

static bool
speaks_tls(const struct check *k)
{
	const char *level;

	switch (k->conf->server) {
	case TW_NGINX:
		return k->index.tls[k->block] || says(k, "ssl", "on") ||
		    (strcmp(k->target, "nginx-mail") == 0 && (says(k, "starttls", "on") ||
		    says(k, "starttls", "only")));
	case TW_APACHE:
		/* The whole is a place where it is a virtual host of its own. */
		return says(k, "SSLEngine", "on") || says(k, "SSLEngine", "optional");
	case TW_POSTFIX:
		level = find(k, "smtpd_tls_security_level");
		return (level != NULL && *level != '\0' && strcasecmp(level, "none") != 0) ||
		    says(k, "smtpd_use_tls", "yes") || enforces(k);
	case TW_DOVECOT:
		return !says(k, "ssl", "no");
	default:
		return k->index.tls[k->block];
	}
}

static void
set_place(struct check *k, size_t block)
{
	const struct tw_conf_block *b = &k->conf->blocks.v[block];
	const char *name = NULL;

	k->block = block;
	k->target = tw_conf_name(k->conf->server);
	k->http = true;
	if (k->conf->server == TW_NGINX) {
		const struct tw_conf_block *root = around(k, "mail stream");

		if (root != NULL)
			k->target = strcmp(root->kind, "mail") == 0 ? "nginx-mail" : "nginx-stream";
		k->http = root == NULL;
		name = find(k, "server_name");
	} else if (k->conf->server == TW_APACHE) {
		name = block != 0 ? find(k, "ServerName") : NULL;
	} else if (k->conf->server == TW_HAPROXY) {
		k->http = says(k, "mode", "http");
	}
	k->where = tw_arena_fmt(k->conf->arena, "%.60s%s%.100s%s%.100s", b->kind,
	    *b->label != '\0' ? " " : "", b->label, name != NULL ? " " : "",
	    name != NULL ? name : "");
}

static void
check_place(struct check *k)
{
	bool tls = k->fragment || speaks_tls(k);

	k->versions = 0;
	if (tls) {
		check_versions(k);
		check_lists(k);
	}
	check_switches(k, tls);
}

static int
by_place(const void *va, const void *vb)
{
	const struct tw_contradiction *a = va, *b = vb;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if ((a->directive == NULL) != (b->directive == NULL))
		return a->directive == NULL ? 1 : -1;
	if (a->names != b->names)
		return strcmp(a->names, b->names);
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	return (int)a->id - (int)b->id;
}

static void
say_what_is_not_seen(struct check *k, bool any)
{
	struct tw_conf *c = k->conf;
	bool services = false;

	for (size_t i = 1; i < c->blocks.n; i++)
		services = services || strcmp(c->blocks.v[i].kind, "service") == 0;
	if (c->server == TW_POSTFIX && !services)
		TW_PUSH(c->arena, &c->notes, "What services override with -o in master.cf is not in "
		    "this text; `(postconf; postconf -P) | tlswright config --check -` has it too.");
	if (!any)
		TW_PUSH(c->arena, &c->notes, "No place in this text speaks TLS; what it sets is "
		    "looked at all the same.");
}

void
tw_check_conf(struct tw_conf *c, const struct tw_conf_question *q, tw_contradictions *ret)
{
	struct check k = { .conf = c, .q = q, .out = ret };
	bool any = false;

	*ret = (tw_contradictions){ 0 };
	tw_index_make(&k.index, c);
	for (size_t b = 0; b < c->blocks.n; b++) {
		set_place(&k, b);
		if (!is_place(&k))
			continue;
		any = any || speaks_tls(&k);
		check_place(&k);
	}
	k.fragment = !any && c->server != TW_POSTFIX && c->server != TW_DOVECOT;
	for (size_t b = 0; b < c->blocks.n && k.fragment; b++) {
		set_place(&k, b);
		check_place(&k);
	}
	say_what_is_not_seen(&k, any || !k.fragment);
	if (ret->n > 1)
		qsort(ret->v, ret->n, sizeof(ret->v[0]), by_place);
}
