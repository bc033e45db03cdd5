/*
 * embed.c -- run by the build: turns text files into one C file with a table, sorted by
 * name. Those of src/data/explain/ become tw_explanations: the first line may be
 * "aliases: a, b"; then comes "# Title"; all that follows is the text. Those of
 * src/data/template/ become tw_template_texts, whole.
 *
 *   embed explanations OUT.c FILE.md…
 *   embed templates OUT.c FILE.tmpl…
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
by_name(const void *a, const void *b)
{
	const char *x = strrchr(*(char *const *)a, '/'), *y = strrchr(*(char *const *)b, '/');
	/* The id: the name without ".md" or ".tmpl". */
	size_t n = (size_t)(strrchr(x, '.') - x), m = (size_t)(strrchr(y, '.') - y);
	int d = strncmp(x, y, n < m ? n : m);

	return d != 0 ? d : (n > m) - (n < m);
}

static void
put_string(FILE *out, const char *s)
{
	putc('"', out);
	for (; *s != '\0' && *s != '\n'; s++) {
		if (*s == '"' || *s == '\\' || *s == '?')
			putc('\\', out);
		putc(*s, out);
	}
}

/* The lines left of in, as one string literal. */
static void
put_lines(FILE *out, FILE *in, int blank)
{
	char line[512];

	while (fgets(line, sizeof(line), in) != NULL) {
		blank = blank && line[0] == '\n';
		if (blank)
			continue;
		fputs("\t    ", out);
		put_string(out, line);
		fputs(strchr(line, '\n') != NULL ? "\\n\"\n" : "\"\n", out);
	}
	fputs("\t    \"\" },\n", out);
}

static int
embed_template(FILE *out, const char *path)
{
	const char *id = strrchr(path, '/') + 1;
	FILE *in = fopen(path, "r");

	if (in == NULL) {
		fprintf(stderr, "embed: %s cannot be read\n", path);
		return -1;
	}
	fprintf(out, "\t{ \"%.*s\",\n", (int)(strrchr(id, '.') - id), id);
	put_lines(out, in, 0);
	fclose(in);
	return 0;
}

static int
embed_explanation(FILE *out, const char *path)
{
	const char *id = strrchr(path, '/') + 1;
	char line[512];
	FILE *in = fopen(path, "r");

	if (in == NULL || fgets(line, sizeof(line), in) == NULL) {
		fprintf(stderr, "embed: %s cannot be read\n", path);
		if (in != NULL)
			fclose(in);
		return -1;
	}
	fprintf(out, "\t{ \"%.*s\", ", (int)strlen(id) - 3, id);
	if (strncmp(line, "aliases: ", 9) == 0) {
		put_string(out, line + 9);
		fputs("\", ", out);
		if (fgets(line, sizeof(line), in) == NULL)
			line[0] = '\0';
	} else
		fputs("\"\", ", out);
	if (strncmp(line, "# ", 2) != 0) {
		fprintf(stderr, "embed: %s has no title line\n", path);
		fclose(in);
		return -1;
	}
	put_string(out, line + 2);
	fputs("\",\n", out);
	put_lines(out, in, 1);	/* empty lines before the text are not of it */
	fclose(in);
	return 0;
}

static const struct kind {
	const char *name, *head, *foot;
	int (*embed)(FILE *out, const char *path);
} kinds[] = {
	{ "explanations",
	    "/* Made by tools/embed.c from src/data/explain/. */\n"
	    "#include \"data/explain.h\"\n\n"
	    "const struct tw_explanation tw_explanations[] = {\n",
	    "};\nconst size_t tw_explanations_n =\n"
	    "    sizeof(tw_explanations) / sizeof(tw_explanations[0]);\n",
	    embed_explanation },
	/* ISO C promises 4095 bytes of a string; every compiler that builds this takes more. */
	{ "templates",
	    "/* Made by tools/embed.c from src/data/template/. */\n"
	    "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n"
	    "#include \"data/target.h\"\n\n"
	    "const struct tw_template_text tw_template_texts[] = {\n",
	    "};\nconst size_t tw_template_texts_n =\n"
	    "    sizeof(tw_template_texts) / sizeof(tw_template_texts[0]);\n",
	    embed_template },
};

int
main(int argc, char **argv)
{
	const struct kind *kind = NULL;
	FILE *out;

	for (size_t i = 0; argc > 3 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(argv[1], kinds[i].name) == 0)
			kind = &kinds[i];
	out = kind != NULL ? fopen(argv[2], "w") : NULL;
	if (out == NULL) {
		fputs("usage: embed explanations|templates OUT.c FILE...\n", stderr);
		return 2;
	}
	qsort(argv + 3, (size_t)argc - 3, sizeof(argv[0]), by_name);
	fputs(kind->head, out);
	for (int i = 3; i < argc; i++)
		if (kind->embed(out, argv[i]) != 0) {
			fclose(out);
			remove(argv[2]);
			return 1;
		}
	fputs(kind->foot, out);
	return fclose(out) == 0 ? 0 : 1;
}
