/* story.c -- see story.h. */
#include "verb/story.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define PATH_BYTES	4096
#define PEM_LINE	64

static void
trace(void *ctx, const char *line)
{
	struct tw_buf b;

	(void)ctx;
	tw_buf_init(&b, 8192);
	tw_text_escape(&b, tw_bytes_of(line));
	fprintf(stderr, "%s\n", tw_buf_cstr(&b));
	tw_buf_clear(&b);
}

static void
tell(void *ctx, struct tw_bytes text)
{
	(void)ctx;
	fputs("\n", stderr);
	fwrite(text.p, 1, text.n, stderr);
	fputs("\n", stderr);
}

void
tw_story_show(struct tw_exam_client *client)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	bool tty = isatty(STDERR_FILENO);
	struct winsize w = { 0 };

	client->trace = trace;
	client->tell = tell;
	client->style = (struct tw_report_style){ .color = tty && (no == NULL || *no == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0, .width = 100 };
	if (tty && ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 60)
		client->style.width = w.ws_col;
}

static void
put_pem(struct tw_buf *out, struct tw_bytes der)
{
	struct tw_buf text;

	tw_buf_init(&text, 2 * der.n + 8);
	tw_text_base64(&text, der);
	tw_buf_str(out, "-----BEGIN CERTIFICATE-----\n");
	for (size_t i = 0; i < text.n; i += PEM_LINE)
		tw_buf_fmt(out, "%.*s\n", PEM_LINE, tw_buf_cstr(&text) + i);
	tw_buf_str(out, "-----END CERTIFICATE-----\n");
	tw_buf_clear(&text);
}

static bool
save(const char *directory, const struct tw_certificate *c)
{
	char path[PATH_BYTES];
	struct tw_buf hex, pem;
	FILE *file = NULL;
	bool ok = false;

	tw_buf_init(&hex, 64);
	tw_buf_init(&pem, 8u << 20);
	tw_text_hex(&hex, (struct tw_bytes){ c->cert.sha256, 8 });
	put_pem(&pem, c->cert.der);
	for (size_t i = 0; i < c->chain.n; i++)
		put_pem(&pem, c->chain.v[i].der);
	if (snprintf(path, sizeof(path), "%s/%s.pem", directory, tw_buf_cstr(&hex)) >=
	    (int)sizeof(path))
		errno = ENAMETOOLONG;
	else
		file = fopen(path, "w");
	if (file != NULL) {
		ok = fwrite(pem.p, 1, pem.n, file) == pem.n;
		ok = fclose(file) == 0 && ok;
	}
	if (ok)
		fprintf(stderr, "tlswright: saved %s\n", path);
	else
		fprintf(stderr, "tlswright: a certificate could not be written to %s/: %s\n",
		    directory, strerror(errno));
	tw_buf_clear(&hex);
	tw_buf_clear(&pem);
	return ok;
}

bool
tw_story_save_certs(const char *directory, const struct tw_facts *f)
{
	bool ok = true;

	if (f->certificates.n > 0 && mkdir(directory, 0777) != 0 && errno != EEXIST) {
		fprintf(stderr, "tlswright: the folder %s cannot be made: %s\n", directory,
		    strerror(errno));
		return false;
	}
	for (size_t i = 0; i < f->certificates.n && ok; i++)
		ok = save(directory, &f->certificates.v[i]);
	return ok;
}
