/* Files in memory alone; see memory_file.h. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/memory_file.h"

int
tw_memory_file(struct tw_bytes content, char ret_path[static TW_MEMORY_FILE_PATH],
    struct tw_err *e)
{
	int fd = memfd_create("tlswright", MFD_CLOEXEC);

	if (fd < 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot make a file in memory");
	if (fchmod(fd, 0600) != 0 || write(fd, content.p, content.n) != (ssize_t)content.n) {
		tw_err_set(e, TW_ERR_SYSTEM, "cannot write a file in memory");
		close(fd);
		return -1;
	}
	/* By the number of this program: its children have closed the descriptor. */
	snprintf(ret_path, TW_MEMORY_FILE_PATH, "/proc/%d/fd/%d", (int)getpid(), fd);
	return 0;
}
