/*
 * conf.c -- see conf.h. Which server a text is of, by what its lines begin with; then its
 * pieces put together: blocks with their lines, and where a dump holds several files, each
 * where it is included.
 */
#include "conf/conf.h"

#include <fnmatch.h>
#include <strings.h>

#include "conf/read.h"

/* The servers, by their names in `config`, and where their version may stand in a text. */
static const struct server {
	const char *name;
	void (*read)(struct tw_reader *r);
	const char *versions[5];	/* what stands right before it at a line's beginning */
	const char *include;		/* the directive that includes files; or NULL */
	const char *dump;		/* what prints them all */
} servers[TW_CONF_SERVERS] = {
	[TW_NGINX] = { "nginx", tw_read_block, { "nginx version: nginx/", "# nginx ",
	    "# nginx as a mail proxy ", "# nginx before any TCP service " },
	    "include", "nginx -T" },
	[TW_APACHE] = { "apache", tw_read_section, { "Server version: Apache/", "# Apache " },
	    "Include", "apachectl -t -D DUMP_CONFIG" },
	[TW_POSTFIX] = { "postfix", tw_read_assign, { "mail_version = ", "# Postfix " },
	    NULL, "postconf" },
	[TW_DOVECOT] = { "dovecot", tw_read_assign, { "# Dovecot ", "dovecot_config_version = " },
	    "!include", "doveconf -n" },
	[TW_HAPROXY] = { "haproxy", tw_read_section, { "HAProxy version ", "# HAProxy " },
	    NULL, NULL },
};

/* How much a line's beginning speaks for a server. */
static const struct {
	enum tw_conf_server server;
	const char *begins;
	unsigned weight;
} signs[] = {
	{ TW_NGINX, "# configuration file /", 100 }, { TW_NGINX, "http {", 10 },
	{ TW_NGINX, "stream {", 10 }, { TW_NGINX, "mail {", 10 }, { TW_NGINX, "server {", 10 },
	{ TW_NGINX, "ssl_protocols ", 10 }, { TW_NGINX, "ssl_certificate ", 10 },
	{ TW_NGINX, "ssl_ciphers ", 10 }, { TW_NGINX, "server_name ", 5 },
	{ TW_NGINX, "worker_processes ", 10 }, { TW_NGINX, "location ", 5 },
	{ TW_APACHE, "# In file: /", 100 }, { TW_APACHE, "<VirtualHost", 10 },
	{ TW_APACHE, "<IfModule", 10 }, { TW_APACHE, "<Directory", 10 },
	{ TW_APACHE, "LoadModule ", 10 }, { TW_APACHE, "SSLEngine ", 10 },
	{ TW_APACHE, "SSLProtocol ", 10 }, { TW_APACHE, "SSLCipherSuite ", 10 },
	{ TW_APACHE, "DocumentRoot ", 10 }, { TW_APACHE, "ServerName ", 5 },
	{ TW_POSTFIX, "smtpd_", 10 }, { TW_POSTFIX, "smtp_", 10 }, { TW_POSTFIX, "mydestination", 10 },
	{ TW_POSTFIX, "mail_version = ", 10 }, { TW_POSTFIX, "queue_directory", 10 },
	{ TW_POSTFIX, "mynetworks", 10 }, { TW_POSTFIX, "myhostname", 10 },
	{ TW_POSTFIX, "tls_high_cipherlist", 10 }, { TW_POSTFIX, "tls_medium_cipherlist", 10 },
	{ TW_DOVECOT, "dovecot_config_version", 100 }, { TW_DOVECOT, "passdb ", 10 },
	{ TW_DOVECOT, "userdb ", 10 }, { TW_DOVECOT, "protocol ", 10 },
	{ TW_DOVECOT, "ssl_min_protocol", 10 }, { TW_DOVECOT, "ssl_cipher_list", 10 },
	{ TW_DOVECOT, "disable_plaintext_auth", 10 }, { TW_DOVECOT, "auth_allow_cleartext", 10 },
	{ TW_DOVECOT, "ssl_cert =", 10 }, { TW_DOVECOT, "ssl = ", 10 },
	{ TW_DOVECOT, "mail_location", 10 }, { TW_DOVECOT, "ssl_server_cert_file", 10 },
	{ TW_DOVECOT, "service imap-login", 10 }, { TW_DOVECOT, "auth_mechanisms", 10 },
	{ TW_HAPROXY, "frontend ", 10 }, { TW_HAPROXY, "backend ", 10 },
	{ TW_HAPROXY, "defaults", 5 }, { TW_HAPROXY, "global", 5 }, { TW_HAPROXY, "bind ", 10 },
	{ TW_HAPROXY, "ssl-default-bind-", 20 }, { TW_HAPROXY, "default_backend ", 10 },
};

int
tw_conf_server_of(const struct tw_target *target)
{
	for (int i = 0; i < TW_CONF_SERVERS; i++)
		if (strcmp(servers[i].name, target->name) == 0 ||
		    (i == TW_NGINX && strncmp(target->name, "nginx-", 6) == 0))
			return i;
	return -1;
}

const char *
tw_conf_name(enum tw_conf_server server)
{
	return servers[server].name;
}

/* ---- whose it is, and of which version ---- */

static int
recognise(struct tw_bytes text)
{
	struct tw_reader r = { .rest = text };
	unsigned scores[TW_CONF_SERVERS] = { 0 }, best = 0;
	struct tw_bytes line;
	int ret = -1;

	while (r.line < TW_CONF_LINES && tw_read_line(&r, &line)) {
		line = tw_read_trim(line);
		for (size_t i = 0; i < TW_COUNT(signs); i++)
			if (tw_bytes_begin_with(line, signs[i].begins))
				scores[signs[i].server] += signs[i].weight;
	}
	for (int i = 0; i < TW_CONF_SERVERS; i++)
		if (scores[i] > best) {
			best = scores[i];
			ret = i;
		} else if (scores[i] == best) {
			ret = -1;
		}
	return best < 10 ? -1 : ret;
}

/* The dotted number a text begins with; NULL: it begins with none. */
static const char *
number_at(struct tw_arena *a, struct tw_bytes text)
{
	size_t n = 0;

	while (n < text.n && n < 24 && ((text.p[n] >= '0' && text.p[n] <= '9') ||
	    (n > 0 && text.p[n] == '.')))
		n++;
	while (n > 0 && text.p[n - 1] == '.')
		n--;
	return n == 0 ? NULL : tw_arena_fmt(a, "%.*s", (int)n, (const char *)text.p);
}

static const char *
number_behind(struct tw_arena *a, struct tw_bytes line, const char *before)
{
	size_t n = strlen(before);

	return before[0] != '\0' && tw_bytes_begin_with(line, before)
	    ? number_at(a, (struct tw_bytes){ line.p + n, line.n - n }) : NULL;
}

/* "# 2.4.1-4 (7d8c0e5759): /etc/dovecot/dovecot.conf": only doveconf begins so. */
static const char *
version_of_doveconf(struct tw_arena *a, struct tw_bytes line)
{
	return tw_bytes_contain(line, "dovecot") ? number_behind(a, line, "# ") : NULL;
}

static void
find_versions(struct tw_conf *c, struct tw_bytes text)
{
	static const char *const openssl[] = { "built with OpenSSL ",
		"Built with OpenSSL version : OpenSSL " };
	const struct server *s = &servers[c->server];
	struct tw_reader r = { .rest = text };
	struct tw_bytes line;

	while (tw_read_line(&r, &line)) {
		const uint8_t *comma = line.n > 0 ? memchr(line.p, ',', line.n) : NULL;

		if (c->server == TW_DOVECOT && c->version == NULL)
			c->version = version_of_doveconf(c->arena, line);
		for (size_t i = 0; i < TW_COUNT(s->versions) && s->versions[i] != NULL; i++) {
			const char *v = c->version == NULL
			    ? number_behind(c->arena, line, s->versions[i]) : NULL;

			if (v == NULL)
				continue;
			c->version = v;
			if (comma != NULL && c->openssl == NULL)	/* `config` prints both */
				c->openssl = number_behind(c->arena, (struct tw_bytes){ comma,
				    line.n - (size_t)(comma - line.p) }, ", OpenSSL ");
		}
		for (size_t i = 0; i < TW_COUNT(openssl) && c->openssl == NULL; i++)
			c->openssl = number_behind(c->arena, line, openssl[i]);
	}
}

/* ---- pieces to blocks ---- */

/* The pieces of one file. */
struct part {
	const char *file;
	size_t from, to;
	bool used;
};

/* A file being put in its place: the block it began in. */
struct place {
	size_t part, at;
	size_t base, block;
	unsigned depth;
};

struct builder {
	struct tw_conf *conf;
	struct tw_reader *reader;
	TW_LIST(struct part) parts;
	struct place stack[TW_CONF_DEPTH];
	size_t n, pieces;	/* of the stack; put in place so far */
	unsigned missing;	/* include lines whose files are not there */
	const char *flaw, *flaw_file;
	unsigned flaw_line;
};

static void
part_pieces(struct builder *b)
{
	for (size_t i = 0; i < b->reader->pieces.n; i++) {
		const char *file = b->reader->pieces.v[i].file;

		if (b->parts.n == 0 || b->parts.v[b->parts.n - 1].file != file)
			TW_PUSH(b->conf->arena, &b->parts, (struct part){ file, i, i, false });
		b->parts.v[b->parts.n - 1].to = i + 1;
	}
}

static void
spoil(struct builder *b, const struct tw_piece *p, const char *flaw)
{
	if (b->flaw != NULL)
		return;
	b->flaw = flaw;
	b->flaw_file = p->file;
	b->flaw_line = p->line;
}

static const char *
join(struct tw_arena *a, const char *const *words, size_t n)
{
	size_t length = 1;
	char *s, *to;

	for (size_t i = 0; i < n; i++)
		length += strlen(words[i]) + 1;
	s = to = tw_arena_alloc(a, length);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			*to++ = ' ';
		to = stpcpy(to, words[i]);
	}
	return s;
}

static void
open_block(struct builder *b, struct place *at, const struct tw_piece *p)
{
	struct tw_conf *c = b->conf;

	if (++at->depth > TW_CONF_DEPTH) {
		spoil(b, p, "its blocks lie too deep in each other");
		return;
	}
	TW_PUSH(c->arena, &c->blocks, (struct tw_conf_block){ at->block, p->words[0],
	    join(c->arena, p->words + 1, p->n - 1), p->file, p->line, c->lines.n });
	at->block = c->blocks.n - 1;
}

static void
close_block(struct builder *b, struct place *at, const struct tw_piece *p)
{
	if (at->block == at->base) {
		spoil(b, p, "a block ends here that never began");
		return;
	}
	at->depth--;
	at->block = b->conf->blocks.v[at->block].parent;
}

/* Files that a word names, in the folder of the first file where it names none. */
static bool
is_named(const struct builder *b, const char *pattern, const char *file)
{
	const char *first = b->parts.v[0].file, *slash = strrchr(first, '/');
	char whole[512];

	if (pattern[0] != '/' && slash != NULL) {
		if ((size_t)(slash - first) + strlen(pattern) + 2 > sizeof(whole))
			return false;
		memcpy(whole, first, (size_t)(slash - first) + 1);
		memcpy(whole + (slash - first) + 1, pattern, strlen(pattern) + 1);
		pattern = whole;
	}
	return strlen(pattern) < 256 && fnmatch(pattern, file, FNM_PATHNAME) == 0;
}

/* Puts the files an include line names on the stack, so that the first comes first. */
static void
include(struct builder *b, const struct tw_piece *p)
{
	struct place from = b->stack[b->n - 1];
	bool any = false;

	if (b->parts.n < 2) {
		b->missing++;
		return;
	}
	for (size_t i = b->parts.n; i-- > 1;) {
		if (!is_named(b, p->words[1], b->parts.v[i].file))
			continue;
		any = true;
		if (b->n == TW_CONF_DEPTH) {
			spoil(b, p, "its files include each other too deep");
			return;
		}
		b->parts.v[i].used = true;
		b->stack[b->n++] = (struct place){ i, b->parts.v[i].from, from.block, from.block,
			from.depth };
	}
	/* A pattern that names nothing is usual: a folder may be empty. */
	if (!any && strpbrk(p->words[1], "*?[") == NULL)
		b->missing++;
}

static void
put_piece(struct builder *b, const struct tw_piece *p)
{
	struct place *at = &b->stack[b->n - 1];
	struct tw_conf *c = b->conf;
	const char *word = servers[c->server].include;

	if (b->pieces++ > TW_CONF_LINES) {
		spoil(b, p, "it is longer than any configuration, its included files counted");
	} else if (p->kind == TW_PIECE_OPEN) {
		open_block(b, at, p);
	} else if (p->kind == TW_PIECE_CLOSE) {
		close_block(b, at, p);
	} else {
		TW_PUSH(c->arena, &c->lines, (struct tw_conf_line){ p->file, p->line, at->block,
		    p->words, p->n });
		if (word != NULL && p->n > 1 && strncasecmp(p->words[0], word, strlen(word)) == 0) {
			if (c->server == TW_NGINX)
				include(b, p);
			else
				b->missing++;
		}
	}
}

/* One file, and what it includes; no recursion, for a file may include itself. */
static void
put_part(struct builder *b, size_t part)
{
	b->parts.v[part].used = true;
	b->n = 1;
	b->stack[0] = (struct place){ part, b->parts.v[part].from, 0, 0, 0 };
	while (b->n > 0 && b->flaw == NULL) {
		struct place *at = &b->stack[b->n - 1];
		const struct tw_piece *p;

		if (at->at == b->parts.v[at->part].to) {
			p = &b->reader->pieces.v[at->at - 1];
			if (at->block != at->base)
				spoil(b, p, "a block never ends that begins before");
			b->n--;
			continue;
		}
		p = &b->reader->pieces.v[at->at++];
		put_piece(b, p);
	}
}

/* Apache's dump goes from file to file within a block: it is one part. */
static void
put_whole(struct builder *b)
{
	if (b->conf->server != TW_NGINX && b->parts.n > 0) {
		b->parts.v[0].to = b->reader->pieces.n;
		b->parts.n = 1;
	}
	for (size_t i = 0; i < b->parts.n && b->flaw == NULL; i++)
		if (!b->parts.v[i].used)
			put_part(b, i);
}

static int
build(struct tw_conf *c, struct tw_reader *r, const char *path, struct tw_err *e)
{
	struct builder b = { .conf = c, .reader = r };

	TW_PUSH(c->arena, &c->blocks, (struct tw_conf_block){ 0, "", "", path, 1, 0 });
	part_pieces(&b);
	if (r->flaw == NULL)
		put_whole(&b);
	else
		b = (struct builder){ .flaw = r->flaw, .flaw_file = r->file,
			.flaw_line = r->flaw_line };
	if (b.flaw != NULL)
		return tw_err_set(e, TW_ERR_FORMAT, "%.200s, line %u: this is no configuration of %s: %s",
		    b.flaw_file, b.flaw_line, servers[c->server].name, b.flaw);
	if (b.missing > 0)
		TW_PUSH(c->arena, &c->notes, tw_arena_fmt(c->arena, "%u line%s include%s files that are "
		    "not in this text; `%s` prints them all.", b.missing, b.missing == 1 ? "" : "s",
		    b.missing == 1 ? "s" : "", servers[c->server].dump));
	return 0;
}

int
tw_conf_read(struct tw_arena *a, struct tw_bytes text, const char *path,
    const struct tw_target *target, struct tw_conf *ret, struct tw_err *e)
{
	struct tw_conf c = { .arena = a };
	struct tw_reader r = { .arena = a, .rest = text, .file = path };
	int server = target != NULL ? tw_conf_server_of(target) : recognise(text);

	if (target != NULL && server < 0)
		return tw_err_set(e, TW_ERR_USAGE, "the configuration of %s is not read here, only that "
		    "of nginx, Apache, Postfix, Dovecot and HAProxy", target->title);
	if (server < 0)
		return tw_err_set(e, TW_ERR_FORMAT, "%.200s does not show which server it is of; say it: "
		    "`tlswright config --check %.100s SERVER`, SERVER one of nginx, apache, postfix, "
		    "dovecot, haproxy", path, path);
	c.server = (enum tw_conf_server)server;
	r.server = c.server;
	find_versions(&c, text);
	servers[server].read(&r);
	if (build(&c, &r, path, e) != 0)
		return -1;
	if (c.lines.n == 0)
		return tw_err_set(e, TW_ERR_FORMAT, "%.200s holds no directive of %s", path,
		    servers[server].name);
	*ret = c;
	return 0;
}
