/*
 * demo.c -- `make run` without a target: a good, a weak and a broken server of
 * our own on loopback, for the time of one audit of them. Nothing is left
 * behind: keys live in memory, the CA's PEM in a folder that goes at the end.
 */
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "authority.h"
#include "server.h"

#define SERVERS 3
#define MOST_ARGUMENTS 64

extern char **environ;

static char folder[256], ca_path[288];
static volatile sig_atomic_t child;

static void
clean(void)
{
	if (*ca_path != '\0')
		unlink(ca_path);
	if (*folder != '\0')
		rmdir(folder);
}

/* Ctrl-C ends the audit; we then end as ever, by its status. */
static void
pass_on(int sig)
{
	if (child > 0)
		kill((pid_t)child, sig);
}

static int
fail(const char *what)
{
	fprintf(stderr, "tlswright-demo: %s: %s\n", what, strerror(errno));
	return 2;
}

static SSL_CTX *
context(const struct tw_identity *id)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_security_level(ctx, 0);	/* or a key of 1024 bits is not taken */
	if (SSL_CTX_use_certificate(ctx, id->cert) == 1 &&
	    SSL_CTX_use_PrivateKey(ctx, id->key) == 1)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

/* TLS 1.2 and 1.3, AEAD with forward secrecy alone, our order, post-quantum where it is known. */
static SSL_CTX *
good_context(const struct tw_identity *id)
{
	static char groups[] = "X25519MLKEM768:X25519:P-256:P-384";
	static char older[] = "X25519:P-256:P-384";	/* OpenSSL before 3.5 */
	SSL_CTX *ctx = context(id);

	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES128-GCM-SHA256:"
	    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305") != 1 ||
	    (SSL_CTX_set1_groups_list(ctx, groups) != 1 &&
	    SSL_CTX_set1_groups_list(ctx, older) != 1)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

/* All that libssl can still be talked into: TLS 1.0, CBC, no forward secrecy, old DH. */
static SSL_CTX *
weak_context(const struct tw_identity *id)
{
	SSL_CTX *ctx = context(id);

	if (ctx == NULL)
		return NULL;
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, "AES128-SHA:AES256-SHA:DES-CBC3-SHA:RC4-SHA:"
	    "DHE-RSA-AES128-SHA:ECDHE-RSA-AES128-SHA:AES128-GCM-SHA256:NULL-SHA:@SECLEVEL=0") != 1 ||
	    SSL_CTX_set_dh_auto(ctx, 1) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static int
write_ca(const struct tw_identity *ca)
{
	const char *tmp = getenv("TMPDIR");
	FILE *f;
	int done;

	if (tmp == NULL || *tmp == '\0' || strlen(tmp) > 200)
		tmp = "/tmp";
	snprintf(folder, sizeof(folder), "%s/tlswright-demo-XXXXXX", tmp);
	if (mkdtemp(folder) == NULL) {
		*folder = '\0';
		return -1;
	}
	snprintf(ca_path, sizeof(ca_path), "%s/ca.pem", folder);
	f = fopen(ca_path, "w");
	if (f == NULL)
		return -1;
	done = PEM_write_X509(f, ca->cert);
	return fclose(f) == 0 && done == 1 ? 0 : -1;
}

/* Runs the audit and returns its exit status; 2 when it could not run, or died. */
static int
audit(char *const *argv)
{
	pid_t pid;
	int status, failed;

	failed = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (failed != 0) {
		errno = failed;
		return fail(argv[0]);
	}
	child = pid;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail(argv[0]);
	child = 0;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "tlswright-demo: %s ended by signal %d\n", argv[0], WTERMSIG(status));
	return 2;
}

/* Runs `words[0] audit --ca … words[1…] TARGET…`. */
static int
audit_all(struct tw_server *servers, int words_n, char **words)
{
	char targets[SERVERS][64], *argv[MOST_ARGUMENTS + SERVERS + 4];
	char verb[] = "audit", ca[] = "--ca";
	size_t n = 0;

	argv[n++] = words[0];
	argv[n++] = verb;
	argv[n++] = ca;
	argv[n++] = ca_path;
	for (int i = 1; i < words_n; i++)
		argv[n++] = words[i];
	fputs("Three servers of our own on 127.0.0.1, for the time of this run:\n", stderr);
	for (size_t i = 0; i < SERVERS; i++) {
		snprintf(targets[i], sizeof(targets[i]), "%s://127.0.0.1:%u", servers[i].scheme,
		    (unsigned)servers[i].port);
		fprintf(stderr, "  %-28s %s\n", targets[i], servers[i].what);
		argv[n++] = targets[i];
	}
	argv[n] = NULL;
	fputc('$', stderr);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, " %s", argv[i]);
	fputs("\n\n", stderr);
	return audit(argv);
}

static void
mind_signals(void)
{
	static const int passed[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction act = { .sa_handler = pass_on };

	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < TW_COUNT(passed); i++)
		sigaction(passed[i], &act, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
main(int argc, char **argv)
{
	struct tw_identity ca, good, weak;
	int status = 2;

	if (argc < 2 || argc - 1 > MOST_ARGUMENTS || argv[1][0] == '-') {
		fputs("usage: tlswright-demo TLSWRIGHT [AUDIT-OPTION…]\n"
		    "Starts a good, a weak and a broken server on loopback, has TLSWRIGHT audit\n"
		    "them, and ends with its exit status.\n", stderr);
		return 2;
	}
	mind_signals();
	ca = tw_authority_new();
	good = tw_authority_good_leaf(&ca);
	weak = tw_authority_weak_leaf();
	struct tw_server servers[SERVERS] = {
		{ .scheme = "https", .ctx = good_context(&good),
		  .what = "good: TLS 1.2 and 1.3, a certificate from the demo's own CA" },
		{ .scheme = "submission", .ctx = weak_context(&weak),
		  .service = tw_service_by_name("smtp"),
		  .what = "weak: TLS 1.0, old suites, a short key, an expired certificate" },
		{ .scheme = "imap", .service = tw_service_by_name("imap"), .stripped = true,
		  .what = "broken: somebody on the way overwrites its offer of STARTTLS" },
	};
	if (servers[0].ctx == NULL || servers[1].ctx == NULL)
		fputs("tlswright-demo: libssl does not make such a server\n", stderr);
	else if (write_ca(&ca) != 0)
		fail("cannot write the CA's certificate");
	else if (tw_server_start(&servers[0]) != 0 || tw_server_start(&servers[1]) != 0 ||
	    tw_server_start(&servers[2]) != 0)
		fail("cannot listen on 127.0.0.1");
	else
		status = audit_all(servers, argc - 1, argv + 1);
	/* Threads may still be in a handshake: contexts and keys go with the process. */
	fflush(NULL);
	clean();
	_exit(status);
}
