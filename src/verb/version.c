/* tlswright --version: ours in the first line, then the libraries that do the work. */
#include "verb/version.h"

#include <stdio.h>
#include <string.h>

#include "net/libraries.h"

int
tw_version_print(void)
{
	printf("tlswright %s\n", TW_VERSION);
	for (const struct tw_library *l = tw_libraries; l->name != NULL; l++) {
		const char *running = l->running();

		printf("  %s %s", l->name, running);
		if (strcmp(running, l->built) != 0)
			printf(" (built with %s)", l->built);
		putchar('\n');
	}
	return 0;
}
