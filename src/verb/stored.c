/* stored.c -- see stored.h. */
#include "verb/stored.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/report.h"

void
tw_stored_say(const char *verb, const char *fmt, ...)
{
	char text[1024];
	struct tw_buf out;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tw_buf_init(&out, 8 * sizeof(text));
	tw_text_escape(&out, tw_bytes_of(text));
	fprintf(stderr, "tlswright %s: %s\n", verb, tw_buf_cstr(&out));
	tw_buf_clear(&out);
}

FILE *
tw_stored_open(const char *verb, const char *path, const char *what)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");

	if (f == NULL)
		tw_stored_say(verb, "cannot read %s %s: %s", what, path, strerror(errno));
	return f;
}

int
tw_stored_read(const char *verb, const char *path, const char *what,
    void (*each)(void *ctx, struct tw_facts *f), void *ctx)
{
	FILE *f = tw_stored_open(verb, path, what);
	struct tw_err err = { 0 };
	struct tw_facts *facts;
	char *line = NULL;
	size_t size = 0, number = 0, objects = 0;
	ssize_t n;
	int rv = f == NULL ? -1 : 0;

	while (rv == 0 && (n = getline(&line, &size, f)) > 0) {
		number++;
		if (strspn(line, " \t\r\n") == (size_t)n)
			continue;
		objects++;
		rv = tw_report_read_json(line, (size_t)n, &facts, &err);
		if (rv == 0)
			each(ctx, facts);
		else
			tw_stored_say(verb, "%s, line %zu: %s", path, number, err.text);
	}
	if (rv == 0 && objects == 0) {
		tw_stored_say(verb, "%s holds no facts", path);
		rv = -1;
	}
	free(line);
	if (f != NULL && f != stdin)
		fclose(f);
	return rv;
}
