/*
 * serve --try SERVICE BACKEND: fronts a backend at once, on a free port of this machine with
 * a throwaway certificate that lies in memory alone, and prints the client command to paste.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/crypto_certificate.h"
#include "gate/config_check.h"
#include "gate/gate.h"
#include "net/sealed.h"
#include "net/socket.h"
#include "service/paste.h"
#include "verb/serve_try.h"

#define HOST		"127.0.0.1"
#define PEM_BYTES	8192
#define TEXT_BYTES	16384

struct try {
	struct tw_buf text;		/* the configuration */
	const char *backend;
	uint16_t port;
	const struct tw_config *config;	/* until it was told of */
};

static void
say(void *ctx, const char *line)
{
	(void)ctx;
	fprintf(stderr, "tlswright: %s\n", line);
}

static struct tw_config *
read_text(void *ctx)
{
	struct try *t = ctx;
	struct tw_config_remarks remarks = { 0 };
	struct tw_config *c = tw_config_read("--try", tw_buf_cstr(&t->text), (int64_t)time(NULL),
	    &remarks);

	for (size_t i = 0; i < remarks.n; i++)
		fprintf(stderr, "tlswright: %s%s\n", remarks.v[i].warning ? "note: " : "",
		    remarks.v[i].text);
	tw_config_clear_remarks(&remarks);
	return c;
}

/* The command of paste.h with its host and port. */
static void
print_command(const char *s, uint16_t port)
{
	const char *mark;

	fputs("  ", stdout);
	for (; (mark = strchr(s, '%')) != NULL && mark[1] != '\0'; s = mark + 2) {
		fwrite(s, 1, (size_t)(mark - s), stdout);
		if (mark[1] == 'h')
			fputs(HOST, stdout);
		else
			printf("%u", port);
	}
	fputs(s, stdout);
	putchar('\n');
}

static void
on_ready(void *ctx)
{
	struct try *t = ctx;
	const struct tw_config_listen *l;
	const char *name;
	bool implicit;

	if (t->config == NULL)
		return;
	l = &t->config->listens[0];
	name = l->port->service;
	implicit = l->mode == TW_IMPLICIT;
	t->config = NULL;		/* after a reload it is gone */
	printf("%s, %s, at " HOST ":%u, in front of %s; its certificate is for localhost and good "
	    "for a day\nto try it:\n", l->port->scheme, implicit ? "TLS from the first byte" :
	    "TLS on request", t->port, t->backend);
	print_command(tw_paste_for(name, implicit), t->port);
	if (l->mode == TW_NEGOTIATED && strcmp(tw_paste_for(name, true), tw_paste_for(name, false)) != 0)
		print_command(tw_paste_for(name, true), t->port);
	puts("each connection leaves a line here; Ctrl-C ends it");
	fflush(stdout);
}

/* Pem under a path, in memory alone. */
static int
keep(struct tw_bytes pem, char path[static TW_SEALED_PATH], struct tw_err *e)
{
	int fd = tw_sealed_new("tlswright-try");

	if (fd < 0 || !tw_sealed_fill(fd, pem))
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot make a file in memory");
	tw_sealed_path(fd, path);
	return 0;
}

/* The text of the configuration; its certificate and key are made. */
static int
write_text(struct try *t, const char *service, struct tw_err *e)
{
	char chain[TW_SEALED_PATH], key[TW_SEALED_PATH], address[32];
	struct tw_buf certificate_pem, key_pem;
	int status = -1;

	tw_buf_init(&certificate_pem, PEM_BYTES);
	tw_buf_init(&key_pem, PEM_BYTES);
	tw_crypto_throwaway(&certificate_pem, &key_pem);
	t->port = tw_socket_free_port();
	snprintf(address, sizeof(address), HOST ":%u", t->port);
	if (t->port == 0)
		tw_err_set(e, TW_ERR_SYSTEM, "no port of " HOST " is free");
	else if (keep(tw_buf_view(&certificate_pem), chain, e) == 0 &&
	    keep(tw_buf_view(&key_pem), key, e) == 0)
		status = tw_config_try(service, t->backend, address, chain, key, &t->text, e);
	tw_buf_clear(&certificate_pem);
	tw_buf_clear(&key_pem);
	return status;
}

int
tw_serve_try(char *const *words, int words_n)
{
	struct try t = { .backend = words_n > 1 ? words[1] : NULL };
	struct tw_gate_voice voice = { .say = say, .ready = on_ready, .read = read_text, .ctx = &t };
	struct tw_config *c;
	struct tw_err e;
	int status = 2;

	if (words_n != 2) {
		fprintf(stderr, "tlswright serve: --try wants a service and a backend: tlswright serve "
		    "--try imap 127.0.0.1:143\n");
		return 2;
	}
	tw_buf_init(&t.text, TEXT_BYTES);
	if (write_text(&t, words[0], &e) != 0) {
		fprintf(stderr, "tlswright serve: %s\n", e.text);
	} else if ((c = read_text(&t)) != NULL) {
		t.config = c;
		status = tw_gate_run(c, &voice, &e) == 0 ? 0 : 1;
		if (status != 0)
			fprintf(stderr, "tlswright serve: %s\n", e.text);
	}
	tw_buf_clear(&t.text);
	return status;
}
