/*
 * golden.h -- compares a text with the one kept in tests/golden/NAME; with
 * TW_REGENERATE=1 in the environment it is written there instead, so that a change
 * is looked at as a diff.
 */
#ifndef TW_TESTS_GOLDEN_H
#define TW_TESTS_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void
check_golden(const char *name, const char *text)
{
	char path[4096], *kept = calloc(1, 1 << 20);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", TW_GOLDEN, name);
	if (getenv("TW_REGENERATE") != NULL) {
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(text, f);
		fclose(f);
	}
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("%s is not there: TW_REGENERATE=1 makes it", path);
	assert_true(fread(kept, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	if (strcmp(kept, text) != 0)
		print_error("%s is no longer what it was; now it is:\n%s", name, text);
	assert_string_equal(kept, text);
	free(kept);
}

#endif
