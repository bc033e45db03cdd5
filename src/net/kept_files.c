/*
 * Finds certificates on disk that a server here may serve: in the usual places, and in
 * the files that a listening process was started with or that those name. Bounded in
 * depth, in files and in bytes; nothing but certificates is kept of what is read.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "net/this_machine.h"

#define FILE_BYTES	(256u << 10)	/* of one file */
#define FILES		3000		/* read in all */
#define ENTRIES		20000		/* looked at in all */
#define DEEP		5		/* folders below each other */
#define NAMED		200		/* files that one process's files may name */

static const char *const places[] = { "/etc/letsencrypt/live", "/etc/ssl", "/etc/pki/tls",
	"/etc/nginx", "/etc/apache2", "/etc/httpd", "/etc/postfix", "/etc/dovecot", "/etc/haproxy",
	"/etc/exim4", "/etc/ldap", "/etc/openldap", "/etc/postgresql", "/etc/mysql",
	"/etc/mosquitto", "/etc/prosody", "/etc/ejabberd", "/etc/redis", "/etc/proftpd",
	"/etc/caddy", "/etc/traefik", "/etc/stunnel", "/etc/hitch", "/var/lib/dehydrated/certs",
	"/var/lib/caddy", "/usr/local/etc" };

struct search {
	struct tw_machine *m;
	unsigned files, entries;
	struct { struct stat *v; size_t n, cap; } seen;
};

static bool
is_seen(struct search *s, const struct stat *st)
{
	for (size_t i = 0; i < s->seen.n; i++)
		if (s->seen.v[i].st_ino == st->st_ino && s->seen.v[i].st_dev == st->st_dev)
			return true;
	TW_PUSH(s->m->arena, &s->seen, *st);
	return false;
}

static bool
holds(struct tw_bytes text, const char *word)
{
	return text.p != NULL && memmem(text.p, text.n, word, strlen(word)) != NULL;
}

/* Keeps the certificate of a file; *ret_text is what it holds where it is none. */
static void
look_at(struct search *s, const char *path, struct tw_bytes *ret_text)
{
	struct tw_kept kept = { 0 };
	struct tw_arena *a;
	struct tw_bytes text;
	char real[PATH_MAX];
	struct stat st;

	*ret_text = (struct tw_bytes){ NULL, 0 };
	if (s->files >= FILES || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > FILE_BYTES || is_seen(s, &st))
		return;
	s->files++;
	a = tw_arena_new();	/* a file without a certificate leaves nothing behind */
	text = tw_this_machine_file(a, path, FILE_BYTES);
	if (holds(text, "-----BEGIN CERTIFICATE-----")) {
		if (tw_cert_read_pem(s->m->arena, text, &kept.cert)) {
			kept.path = tw_text_escaped(s->m->arena,
			    tw_bytes_of(realpath(path, real) != NULL ? real : path));
			TW_PUSH(s->m->arena, &s->m->kept, kept);
		}
	} else if (!holds(text, "PRIVATE KEY") && text.p != NULL &&
	    memchr(text.p, 0, text.n) == NULL) {
		*ret_text = tw_arena_bytes(s->m->arena, text);
	}
	tw_arena_free(a);
}

/* The store of roots is links to public roots by the hundred: nobody serves those. */
static bool
is_store(const char *directory)
{
	return strcmp(directory, "/etc/ssl/certs") == 0;
}

static void
walk(struct search *s, const char *directory, unsigned deep)
{
	DIR *d = opendir(directory);
	char path[PATH_MAX];
	struct tw_bytes text;
	struct stat st;

	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL && s->entries < ENTRIES;) {
		s->entries++;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);
		if (lstat(path, &st) != 0 || (is_store(directory) && S_ISLNK(st.st_mode)))
			continue;
		if (S_ISDIR(st.st_mode)) {
			if (deep > 0)
				walk(s, path, deep - 1);
			continue;
		}
		look_at(s, path, &text);
	}
	closedir(d);
}

/* Every "/a/path" in the text of a configuration that is a file. */
static void
look_at_named(struct search *s, struct tw_bytes text)
{
	static const char ends[] = " \t\r\n\"';,=<>(){}[]";
	struct tw_bytes none;
	unsigned named = 0;
	char path[PATH_MAX];

	for (size_t i = 0; i < text.n && named < NAMED; i++) {
		size_t n = 0;

		if (text.p[i] != '/' || (i > 0 && strchr(ends, text.p[i - 1]) == NULL))
			continue;
		while (i + n < text.n && n < sizeof(path) - 1 && text.p[i + n] != '\0' &&
		    strchr(ends, text.p[i + n]) == NULL) {
			path[n] = (char)text.p[i + n];
			n++;
		}
		path[n] = '\0';
		if (n > 4) {
			look_at(s, path, &none);
			named++;
		}
		i += n;
	}
}

/* A word of a process's command line: "/path", "--config=/path", or beside its folder. */
static void
look_at_word(struct search *s, long pid, const char *word)
{
	const char *file = strchr(word, '=') != NULL && word[0] == '-' ? strchr(word, '=') + 1 : word;
	char path[PATH_MAX];
	struct tw_bytes text;

	if (file[0] == '-' || file[0] == '\0')
		return;
	if (file[0] == '/')
		snprintf(path, sizeof(path), "%s", file);
	else
		snprintf(path, sizeof(path), "/proc/%ld/cwd/%s", pid, file);
	look_at(s, path, &text);
	look_at_named(s, text);
}

static void
look_at_process(struct search *s, long pid)
{
	char path[64];
	struct tw_bytes line;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
	line = tw_this_machine_file(s->m->arena, path, 65536);
	for (size_t i = 0, n; i < line.n; i += n + 1) {	/* words end in a NUL, the arena adds one */
		n = strnlen((const char *)line.p + i, line.n - i);
		if (i > 0)	/* not the program itself */
			look_at_word(s, pid, (const char *)line.p + i);
	}
}

void
tw_kept_files_find(struct tw_machine *m)
{
	struct search s = { .m = m };

	for (size_t i = 0; i < m->listeners.n; i++)
		for (size_t k = 0; k < m->listeners.v[i].processes.n && k < 4; k++)
			look_at_process(&s, m->listeners.v[i].processes.v[k].pid);
	for (size_t i = 0; i < TW_COUNT(places); i++)
		walk(&s, places[i], DEEP);
	if (s.files >= FILES || s.entries >= ENTRIES)
		TW_PUSH(m->arena, &m->unseen, "some of the files under /etc: there are too many");
}
