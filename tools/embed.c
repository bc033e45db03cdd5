/*
 * embed.c -- run by the build: turns the text files of src/data/explain/ into one C file
 * with the table tw_explanations, sorted by id. The first line may be "aliases: a, b"; then
 * comes "# Title"; all that follows is the text.
 *
 *   embed OUT.c FILE.md…
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
by_name(const void *a, const void *b)
{
	const char *x = strrchr(*(char *const *)a, '/'), *y = strrchr(*(char *const *)b, '/');
	size_t n = strlen(x) - 3, m = strlen(y) - 3;	/* the id: the name without ".md" */
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

static int
embed(FILE *out, const char *path)
{
	const char *id = strrchr(path, '/') + 1;
	char line[512];
	int blank = 1;	/* empty lines before the text are not of it */
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
	while (fgets(line, sizeof(line), in) != NULL) {
		blank = blank && line[0] == '\n';
		if (blank)
			continue;
		fputs("\t    ", out);
		put_string(out, line);
		fputs("\\n\"\n", out);
	}
	fclose(in);
	fputs("\t    \"\" },\n", out);
	return 0;
}

int
main(int argc, char **argv)
{
	FILE *out = argc > 2 ? fopen(argv[1], "w") : NULL;

	if (out == NULL) {
		fputs("usage: embed OUT.c FILE.md...\n", stderr);
		return 2;
	}
	qsort(argv + 2, (size_t)argc - 2, sizeof(argv[0]), by_name);
	fputs("/* Made by tools/embed.c from src/data/explain/. */\n"
	      "#include \"data/explain.h\"\n\n"
	      "const struct tw_explanation tw_explanations[] = {\n",
	    out);
	for (int i = 2; i < argc; i++)
		if (embed(out, argv[i]) != 0) {
			fclose(out);
			remove(argv[1]);
			return 1;
		}
	fputs("};\nconst size_t tw_explanations_n =\n"
	      "    sizeof(tw_explanations) / sizeof(tw_explanations[0]);\n",
	    out);
	return fclose(out) == 0 ? 0 : 1;
}
