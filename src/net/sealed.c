/* Files without a name; see sealed.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/sealed.h"

int
tw_sealed_new(const char *label)
{
	int fd = memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	/* By its path in /proc nobody else may read it. */
	if (fd >= 0 && fchmod(fd, 0600) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void
tw_sealed_path(int fd, char ret[static TW_SEALED_PATH])
{
	/* By the number of this program: its children have closed the descriptor. */
	snprintf(ret, TW_SEALED_PATH, "/proc/%d/fd/%d", (int)getpid(), fd);
}

bool
tw_sealed_fill(int fd, struct tw_bytes v)
{
	while (v.n > 0) {
		ssize_t put = write(fd, v.p, v.n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		v = (struct tw_bytes){ v.p + put, v.n - (size_t)put };
	}
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW |
	    F_SEAL_WRITE) == 0;
}

bool
tw_sealed_map(int fd, struct tw_bytes *ret)
{
	off_t n = lseek(fd, 0, SEEK_END);	/* fstat() is another call to a sandbox */
	void *p;

	*ret = (struct tw_bytes){ NULL, 0 };
	if (n <= 0)
		return n == 0;
	p = mmap(NULL, (size_t)n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return false;
	*ret = (struct tw_bytes){ p, (size_t)n };
	return true;
}

void
tw_sealed_unmap(struct tw_bytes v)
{
	if (v.n > 0)
		munmap((void *)(uintptr_t)v.p, v.n);
}
