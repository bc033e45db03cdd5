/* Files of one folder; see folder.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "net/folder.h"

int
tw_folder_open(const char *path, struct tw_err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		tw_err_set(e, TW_ERR_SYSTEM, "open the folder %s", path);
	return fd;
}

/* A pipe would wait for a writer, and a terminal become ours: neither is waited for. */
ptrdiff_t
tw_folder_read(int folder, const char *name, uint8_t *out, size_t room)
{
	ssize_t got = 0;
	size_t n = 0;
	uint8_t more;
	int fd;

	if (strchr(name, '/') != NULL || strcmp(name, "..") == 0 ||
	    (fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) < 0)
		return -1;
	while (n < room && (got = read(fd, out + n, room - n)) > 0)
		n += (size_t)got;
	if (n == room)
		got = read(fd, &more, 1) == 0 ? 0 : -1;
	close(fd);
	return got == 0 && n > 0 ? (ptrdiff_t)n : -1;
}
