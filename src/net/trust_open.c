/*
 * Opens trust stores; see trust_open.h. A hash directory is preferred: nothing
 * of it is read before a chain asks for a root.
 */
#include "net/trust_open.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES (16 << 20)	/* the largest file of roots that is read */
#define SAME_HASH 32		/* roots of one subject hash */

/* Where systems keep them, after what libcrypto was built for. */
static const char *const directories[] = { "/etc/ssl/certs", "/etc/pki/tls/certs" };
const char *const tw_trust_open_files[] = { "/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", NULL };

/* "5ad8a5d6.0": the hash of a subject, eight hex digits, and a counter. */
static bool
is_hashed_name(const char *s)
{
	size_t digits = strspn(s, "0123456789abcdef");

	return digits == 8 && s[8] == '.' && s[9] >= '0' && s[9] <= '9';
}

static bool
is_hash_directory(const char *path)
{
	DIR *d = opendir(path);
	bool found = false;

	if (d == NULL)
		return false;
	for (struct dirent *e; !found && (e = readdir(d)) != NULL;)
		found = is_hashed_name(e->d_name);
	closedir(d);
	return found;
}

/* The whole of a file from malloc(). */
static int
read_file(const char *path, struct tw_bytes *ret, uint8_t **ret_owned, struct tw_err *err)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	size_t n = 0, cap = 0;

	if (f == NULL)
		return tw_err_set(err, TW_ERR_SYSTEM, "cannot open %s", path);
	for (;;) {
		if (n == cap) {
			uint8_t *more;

			cap = cap == 0 ? 65536 : cap * 2;
			more = cap > FILE_BYTES ? NULL : realloc(p, cap);
			if (more == NULL) {
				tw_err_set(err, TW_ERR_FORMAT, "%s is too large", path);
				goto bad;
			}
			p = more;
		}
		errno = 0;
		size_t got = fread(p + n, 1, cap - n, f);

		n += got;
		if (got == 0)
			break;
	}
	if (ferror(f)) {
		tw_err_set(err, TW_ERR_SYSTEM, "cannot read %s", path);
		goto bad;
	}
	fclose(f);
	*ret = (struct tw_bytes){ p, n };
	*ret_owned = p;
	return 0;
bad:
	fclose(f);
	free(p);
	return -1;
}

static int
add_file(struct tw_trust *t, const char *path, struct tw_err *err)
{
	struct tw_bytes text = { NULL, 0 };
	uint8_t *owned = NULL;
	int rc;

	if (read_file(path, &text, &owned, err) != 0)
		return -1;
	/* DER begins with a SEQUENCE of a long length; PEM is text. */
	if (text.n > 2 && text.p[0] == 0x30 && (text.p[1] & 0x80) != 0) {
		rc = tw_trust_add(t, text, NULL);
		if (rc != 0)
			tw_err_set(err, TW_ERR_FORMAT, "%s holds no certificate", path);
	} else {
		rc = tw_trust_add_pem(t, text, path, err);
	}
	free(owned);
	return rc;
}

/* A file of the system's, read as far as subjects; -1: there is none, or nothing in it. */
static int
add_bundle(struct tw_trust *t, const char *path)
{
	struct tw_bytes text = { NULL, 0 };
	uint8_t *owned = NULL;
	int rc;

	if (read_file(path, &text, &owned, NULL) != 0)
		return -1;
	rc = tw_trust_add_bundle(t, text, path, NULL);
	free(owned);
	return rc;
}

/* Every file of a directory without hashes that holds certificates; -1 when none does. */
static int
add_all_files(struct tw_trust *t, const char *path, struct tw_err *err)
{
	DIR *d = opendir(path);
	char file[PATH_MAX];
	unsigned n = 0;
	struct stat st;

	if (d == NULL)
		return tw_err_set(err, TW_ERR_SYSTEM, "cannot open the directory %s", path);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		if (e->d_name[0] != '.' && stat(file, &st) == 0 && S_ISREG(st.st_mode) &&
		    add_file(t, file, NULL) == 0)
			n++;
	}
	closedir(d);
	return n > 0 ? 0 : tw_err_set(err, TW_ERR_FORMAT, "no certificate in %s", path);
}

/* One file of a hash directory after the other, HASH.0, HASH.1, … (c_rehash(1)). */
static void
find_root(void *directory, struct tw_trust *t, uint32_t hash)
{
	char file[PATH_MAX];

	for (unsigned n = 0; n < SAME_HASH; n++) {
		snprintf(file, sizeof(file), "%s/%08x.%u", (const char *)directory, hash, n);
		if (access(file, R_OK) != 0)
			break;
		add_file(t, file, NULL);
	}
}

static void
add_hash_directory(struct tw_trust *t, const char *path)
{
	char *copy = strdup(path);

	if (copy != NULL)
		tw_trust_add_source(t, find_root, free, copy);
}

static int
add_ca(struct tw_trust *t, const char *path, struct tw_err *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return tw_err_set(err, TW_ERR_SYSTEM, "cannot open %s", path);
	if (!S_ISDIR(st.st_mode))
		return add_file(t, path, err);
	if (!is_hash_directory(path))
		return add_all_files(t, path, err);
	add_hash_directory(t, path);
	return 0;
}

/* What SSL_CERT_DIR (a list, as in PATH) and SSL_CERT_FILE say; false: neither is set. */
static bool
add_from_environment(struct tw_trust *t)
{
	const char *list = getenv("SSL_CERT_DIR"), *file = getenv("SSL_CERT_FILE");
	char one[PATH_MAX];

	if (list == NULL && file == NULL)
		return false;
	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, ":");

		if (n > 0 && n < sizeof(one)) {
			memcpy(one, list, n);
			one[n] = '\0';
			if (is_hash_directory(one))
				add_hash_directory(t, one);
		}
		list += n + (list[n] == ':');
	}
	if (file != NULL && file[0] != '\0')
		add_bundle(t, file);
	return true;
}

/* The first store that is there; a broken one is passed over, as libcrypto does. */
static void
add_system(struct tw_trust *t)
{
	const char *path = tw_trust_default_directory();

	if (add_from_environment(t))	/* the user's word for it, and no other */
		return;
	for (size_t i = 0;; path = directories[i++]) {
		if (is_hash_directory(path)) {
			add_hash_directory(t, path);
			return;
		}
		if (i == TW_COUNT(directories))
			break;
	}
	path = tw_trust_default_file();
	for (size_t i = 0; path != NULL; path = tw_trust_open_files[i++])
		if (add_bundle(t, path) == 0)
			return;
}

int
tw_trust_open(const char *ca_or_null, struct tw_trust **ret, struct tw_err *err)
{
	struct tw_trust *t = tw_trust_new();

	tw_trust_adds_system_roots(t, true);
	add_system(t);
	tw_trust_adds_system_roots(t, false);
	if (ca_or_null != NULL && add_ca(t, ca_or_null, err) != 0) {
		tw_trust_free(t);
		return -1;
	}
	*ret = t;
	return 0;
}
