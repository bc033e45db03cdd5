/* Runs a fuzz target over the files of a folder, each whole: the seeds as a test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static int
replay(const char *dir, const char *name)
{
	char path[4096];
	FILE *f;
	uint8_t *p = malloc(1 << 20);
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (f == NULL || p == NULL) {
		perror(path);
		return 1;
	}
	n = fread(p, 1, 1 << 20, f);
	fclose(f);
	LLVMFuzzerTestOneInput(p, n);
	free(p);
	return 0;
}

int
main(int argc, char **argv)
{
	DIR *d = argc == 2 ? opendir(argv[1]) : NULL;
	int files = 0, bad = 0;

	if (d == NULL) {
		fputs("replay: give me a folder of seeds\n", stderr);
		return 2;
	}
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (e->d_name[0] != '.') {
			bad += replay(argv[1], e->d_name);
			files++;
		}
	closedir(d);
	printf("%d seeds\n", files);
	return bad != 0 || files == 0;
}
