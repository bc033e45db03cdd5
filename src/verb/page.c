/*
 * page.c -- wraps and colours what ports and explain print. All text comes from our own
 * tables, never from a peer.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "verb/page.h"

#define LABEL	18	/* columns of a field's label */

static const char bold[] = "\033[1m", code[] = "\033[36m", off[] = "\033[0m";

int
tw_page_width(FILE *to)
{
	const char *columns = getenv("COLUMNS");
	long width = columns != NULL ? strtol(columns, NULL, 10) : 0;
	struct winsize size;

	if (width <= 0 && isatty(fileno(to)) && ioctl(fileno(to), TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (width <= 0)
		return 78;
	return width < 40 ? 40 : width > 88 ? 88 : (int)width;
}

bool
tw_page_colour(FILE *to)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(to)) && (no == NULL || no[0] == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

static int
columns_of(const char *s, size_t n)
{
	int columns = 0;

	for (size_t i = 0; i < n; i++)
		if (((unsigned char)s[i] & 0xC0) != 0x80)
			columns++;
	return columns;
}

int
tw_page_columns(const char *s)
{
	return columns_of(s, strlen(s));
}

void
tw_page_title(FILE *to, const char *title)
{
	bool colour = tw_page_colour(to);

	fprintf(to, "%s%s%s\n", colour ? bold : "", title, colour ? off : "");
}

/* One word; backquotes switch the colour of code, and stay where there is no colour. */
static void
put_word(FILE *to, const char *s, size_t n, bool colour, bool *in_code)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '`' && colour) {
			*in_code = !*in_code;
			fputs(*in_code ? code : off, to);
		} else
			putc(s[i], to);
	}
}

/* Wraps n bytes; `at` columns are used already, later lines are indented. */
static void
wrap(FILE *to, const char *s, size_t n, int at, int indent)
{
	bool colour = tw_page_colour(to), in_code = false, first = true;
	int width = tw_page_width(to);
	size_t i = 0;

	while (i < n) {
		size_t begin, len;
		int columns;

		while (i < n && (s[i] == ' ' || s[i] == '\n'))
			i++;
		begin = i;
		while (i < n && s[i] != ' ' && s[i] != '\n')
			i++;
		len = i - begin;
		if (len == 0)
			break;
		columns = columns_of(s + begin, len);
		if (!first && at + 1 + columns > width) {
			fprintf(to, "\n%*s", indent, "");
			at = indent;
		} else if (!first) {
			putc(' ', to);
			at++;
		}
		put_word(to, s + begin, len, colour, &in_code);
		at += columns;
		first = false;
	}
	if (in_code)
		fputs(off, to);
	putc('\n', to);
}

void
tw_page_field(FILE *to, const char *label, const char *value)
{
	bool colour = tw_page_colour(to);

	if (value == NULL || value[0] == '\0')
		return;
	fprintf(to, "%s%-*s%s", colour ? bold : "", LABEL, label, colour ? off : "");
	wrap(to, value, strlen(value), LABEL, LABEL);
}

/* The bytes of the block that begins here: up to an empty line, a list item, a heading. */
static size_t
block(const char *s)
{
	size_t n = strcspn(s, "\n");

	if (n == 0 || strncmp(s, "    ", 4) == 0 || strncmp(s, "## ", 3) == 0)
		return n;
	while (s[n] == '\n' && s[n + 1] != '\n' && s[n + 1] != '\0' &&
	    strncmp(s + n + 1, "- ", 2) != 0 && strncmp(s + n + 1, "    ", 4) != 0 &&
	    strncmp(s + n + 1, "## ", 3) != 0)
		n += 1 + strcspn(s + n + 1, "\n");
	return n;
}

void
tw_page_text(FILE *to, const char *text)
{
	while (*text != '\0') {
		size_t n = block(text);

		if (n == 0)
			putc('\n', to);
		else if (strncmp(text, "## ", 3) == 0) {
			fprintf(to, "%s%.*s%s\n", tw_page_colour(to) ? bold : "", (int)n - 3,
			    text + 3, tw_page_colour(to) ? off : "");
		} else if (strncmp(text, "    ", 4) == 0)
			fprintf(to, "%s%.*s%s\n", tw_page_colour(to) ? code : "", (int)n - 2,
			    text + 2, tw_page_colour(to) ? off : "");
		else if (strncmp(text, "- ", 2) == 0) {
			fputs("- ", to);
			wrap(to, text + 2, n - 2, 2, 2);
		} else
			wrap(to, text, n, 0, 0);
		text += n;
		if (*text == '\n')
			text++;
	}
}
