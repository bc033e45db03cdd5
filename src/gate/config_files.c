/*
 * config_files.c -- the files and the machine a configuration counts on: certificates that
 * fit their keys and are good today, folders that are there, a user, ports. Nothing is kept
 * of what is read. See config_check.h.
 */
#include <errno.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto_certificate.h"
#include "base/text.h"
#include "cert/cert.h"
#include "gate/config_check.h"
#include "net/trust_open.h"

#define FILE_BYTES	(1u << 20)
#define CHAIN		16	/* certificates of a file that are looked at */
#define SOON_S		(7 * 86400)

struct look {
	const struct tw_config *c;
	int64_t now;
	struct tw_config_remarks *remarks;
	struct tw_arena *arena;
	struct tw_trust *trust;
	bool wrong;
};

static void say(struct look *k, struct tw_where where, bool warning, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void
say(struct look *k, struct tw_where where, bool warning, const char *fmt, ...)
{
	struct tw_config_remark *v = realloc(k->remarks->v, (k->remarks->n + 1) * sizeof(*v));
	va_list ap;

	if (v == NULL)
		abort();
	k->wrong = k->wrong || !warning;
	k->remarks->v = v;
	v += k->remarks->n++;
	*v = (struct tw_config_remark){ where, warning, "" };
	va_start(ap, fmt);
	vsnprintf(v->text, sizeof(v->text), fmt, ap);
	va_end(ap);
}

static const char *
shown(struct look *k, const char *s)
{
	return tw_text_escaped(k->arena, tw_bytes_of(s));
}

/* The whole file; false, and said: it cannot be read. */
static bool
slurp(struct look *k, struct tw_where where, const char *what, const char *path,
    struct tw_bytes *ret, struct stat *st)
{
	FILE *f = fopen(path, "re");
	char *p = f != NULL ? tw_arena_alloc(k->arena, FILE_BYTES) : NULL;
	size_t n = f != NULL ? fread(p, 1, FILE_BYTES, f) : 0;
	bool ok = f != NULL && ferror(f) == 0 && fstat(fileno(f), st) == 0;
	int why = errno;

	if (f != NULL)
		fclose(f);
	if (!ok)
		say(k, where, false, "%s %s cannot be read: %s", what, shown(k, path), strerror(why));
	*ret = (struct tw_bytes){ (const uint8_t *)p, n };
	return ok;
}

/* Every certificate of a PEM text, in its order. */
static size_t
read_chain(struct look *k, struct tw_bytes pem, struct tw_cert certs[CHAIN])
{
	static const char mark[] = "-----BEGIN CERTIFICATE-----";
	const uint8_t *end = pem.p + pem.n, *p = pem.p;
	size_t n = 0;

	while (n < CHAIN && p < end &&
	    (p = memmem(p, (size_t)(end - p), mark, sizeof(mark) - 1)) != NULL) {
		if (tw_cert_read_pem(k->arena, (struct tw_bytes){ p, (size_t)(end - p) }, &certs[n]))
			n++;
		p += sizeof(mark) - 1;
	}
	return n;
}

static void
judge_dates(struct look *k, const struct tw_config_certificate *c, const struct tw_cert *leaf)
{
	char text[32];

	if (leaf->not_after < k->now)
		say(k, c->where, false, "certificate %s: %s expired on %s; renew it", c->name,
		    shown(k, c->chain), tw_text_time(leaf->not_after, text));
	else if (leaf->not_before > k->now)
		say(k, c->where, false, "certificate %s: %s is good only from %s on; is the clock "
		    "right?", c->name, shown(k, c->chain), tw_text_time(leaf->not_before, text));
	else if (leaf->not_after < k->now + SOON_S)
		say(k, c->where, true, "certificate %s: %s expires on %s", c->name,
		    shown(k, c->chain), tw_text_time(leaf->not_after, text));
}

static void
judge_chain(struct look *k, const struct tw_config_certificate *c, const struct tw_cert *certs,
    size_t n)
{
	struct tw_bytes chain[CHAIN];
	struct tw_trust_result result;
	struct tw_err e;

	if (certs[0].self_signed)
		return;		/* there is nothing to be sent with it */
	if (k->trust == NULL && tw_trust_open(NULL, &k->trust, &e) != 0)
		return;
	for (size_t i = 0; i < n; i++)
		chain[i] = certs[i].der;
	tw_trust_judge(k->trust, k->arena, chain, n, k->now, &result);
	if (result.issues & TW_CHAIN_INCOMPLETE)
		say(k, c->where, true, "certificate %s: %s ends below \"%s\", which is no root here; "
		    "unless that is an authority of your own, clients fail: name the file with the whole "
		    "chain", c->name, shown(k, c->chain), tw_text_escaped(k->arena, certs[n - 1].issuer));
	else if (result.issues & TW_CHAIN_ORDER)
		say(k, c->where, true, "certificate %s: the certificates in %s stand in the wrong "
		    "order: first the server's, then each one's issuer", c->name, shown(k, c->chain));
}

static void
check_certificate(struct look *k, const struct tw_config_certificate *c)
{
	struct tw_cert certs[CHAIN];
	struct tw_bytes pem, key;
	struct stat st;
	uint8_t spki[32];
	size_t n = 0;

	if (slurp(k, c->where, "the certificate", c->chain, &pem, &st)) {
		n = read_chain(k, pem, certs);
		if (n == 0 || !certs[0].parsed)
			say(k, c->where, false, "certificate %s: %s has no certificate in it (PEM, "
			    "-----BEGIN CERTIFICATE-----)%s", c->name, shown(k, c->chain),
			    tw_crypto_key_spki(pem, spki) ? "; it has a key: are chain and key the wrong "
			    "way round?" : "");
	}
	if (n > 0 && certs[0].parsed) {
		judge_dates(k, c, &certs[0]);
		if (certs[0].names.n == 0)
			say(k, c->where, true, "certificate %s: %s has no subjectAltName: no client of "
			    "today takes it for any name", c->name, shown(k, c->chain));
		if (certs[0].is_ca)
			say(k, c->where, true, "certificate %s: the first in %s is an authority's, not a "
			    "server's", c->name, shown(k, c->chain));
		judge_chain(k, c, certs, n);
	}
	if (!slurp(k, c->where, "the key", c->key, &key, &st))
		return;
	if (!tw_crypto_key_spki(key, spki))
		say(k, c->where, false, "certificate %s: %s has no private key that can be read "
		    "without a passphrase", c->name, shown(k, c->key));
	else if (n > 0 && certs[0].parsed && memcmp(spki, certs[0].spki_sha256, 32) != 0)
		say(k, c->where, false, "certificate %s: the key in %s is not that of %s", c->name,
		    shown(k, c->key), shown(k, c->chain));
	if (st.st_mode & S_IRWXO)
		say(k, c->where, true, "certificate %s: everybody on this machine may read the key "
		    "%s: chmod o= %s", c->name, shown(k, c->key), shown(k, c->key));
}

/* A folder that must be there when it is served; of a file, the one it lies in. */
static void
check_folder(struct look *k, struct tw_where where, const char *what, const char *path, bool of_file)
{
	const char *slash = of_file ? strrchr(path, '/') : NULL;
	const char *folder = !of_file ? path : slash == NULL ? "." : slash == path ? "/"
	    : tw_arena_fmt(k->arena, "%.*s", (int)(slash - path), path);
	struct stat st;

	if (stat(folder, &st) != 0)
		say(k, where, errno == ENOENT, "%s: the folder %s: %s%s", what, shown(k, folder),
		    strerror(errno), errno == ENOENT && strncmp(what, "acme", 4) != 0
		    ? " (the service of systemd makes it at start; else mkdir)" : "");
	else if (!S_ISDIR(st.st_mode))
		say(k, where, false, "%s: %s is no folder", what, shown(k, folder));
}

static void
check_low_ports(struct look *k, struct tw_where where, const struct tw_endpoint *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)&v[i].address.storage;
		bool ip = in->sin_family == AF_INET || in->sin_family == AF_INET6;

		/* The port lies at the same place in both. */
		if (ip && ntohs(in->sin_port) < 1024 && geteuid() != 0)
			say(k, where, true, "address = %s: ports below 1024 need root, "
			    "CAP_NET_BIND_SERVICE or a socket of systemd", v[i].text);
	}
}

static void
check_readable(struct look *k, struct tw_where where, const char *what, const char *path)
{
	if (path != NULL && access(path, R_OK) != 0)
		say(k, where, false, "%s = %s: %s", what, shown(k, path), strerror(errno));
}

static void
check_machine(struct look *k)
{
	const struct tw_config *c = k->c;
	struct tw_where file = { c->path, 1 };
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (c->user != NULL && getpwnam(c->user) == NULL)
		say(k, file, false, "user = %s: there is no such user; useradd --system %s", shown(k,
		    c->user), shown(k, c->user));
	if (c->user == NULL && geteuid() == 0)
		say(k, file, true, "no user is named: the workers would be root; user = tlswright");
	if (cores > 0 && c->workers > 4 * (unsigned long)cores)
		say(k, file, true, "workers = %u is far more than this machine's %ld cores; 0 is one a "
		    "core", c->workers, cores);
	if (c->control != NULL)
		check_folder(k, file, "control", c->control, true);
	if (c->state != NULL)
		check_folder(k, file, "state", c->state, false);
}

int
tw_config_check_files(const struct tw_config *c, int64_t now, struct tw_config_remarks *r)
{
	struct look k = { c, now, r, tw_arena_new(), NULL, false };

	check_machine(&k);
	for (size_t i = 0; i < c->certificates_n; i++)
		check_certificate(&k, &c->certificates[i]);
	for (size_t i = 0; i < c->backends_n; i++)
		check_readable(&k, c->backends[i].where, "ca", c->backends[i].ca);
	for (size_t i = 0; i < c->listens_n; i++) {
		const struct tw_config_listen *l = &c->listens[i];

		check_readable(&k, l->where, "client_ca", l->client_ca);
		check_low_ports(&k, l->where, l->addresses, l->addresses_n);
	}
	for (size_t i = 0; i < c->redirects_n; i++) {
		check_low_ports(&k, c->redirects[i].where, c->redirects[i].listen.addresses,
		    c->redirects[i].listen.addresses_n);
		if (c->redirects[i].acme != NULL)
			check_folder(&k, c->redirects[i].where, "acme", c->redirects[i].acme, false);
	}
	for (size_t i = 0; i < c->logs_n; i++)
		if (strcmp(c->logs[i].path, "-") != 0)
			check_folder(&k, c->logs[i].where, "path", c->logs[i].path, true);
	tw_trust_free(k.trust);
	tw_arena_free(k.arena);
	return k.wrong ? -1 : 0;
}
