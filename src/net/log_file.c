/* Log files: opened so that only ours are written to, and never waited for; see log_file.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/log_file.h"

#define PATH_ROOM	4096

/* The folder, opened; *ret_name is the file's own name within path. -1: e. */
static int
open_folder(const char *path, const char **ret_name, struct tw_err *e)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_ROOM];
	struct stat st;
	int fd;

	*ret_name = slash == NULL ? path : slash + 1;
	if ((*ret_name)[0] == '\0' || strlen(path) >= sizeof(folder))
		return tw_err_set(e, TW_ERR_USAGE, "%s names no log file", path);
	memcpy(folder, path, strlen(path) + 1);
	folder[slash == NULL ? 0 : slash - path] = '\0';
	fd = open(slash == NULL ? "." : slash == path ? "/" : folder,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return tw_err_set(e, TW_ERR_SYSTEM, "cannot open the folder of the log %s", path);
	if (fstat(fd, &st) != 0 || ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))) {
		close(fd);
		return tw_err_set(e, TW_ERR_USAGE, "the folder of the log %s may be written to by "
		    "everybody: chmod o-w", path);
	}
	return fd;
}

static const char *
what_is_wrong(const struct stat *st, uid_t uid)
{
	if (S_ISFIFO(st->st_mode) || S_ISCHR(st->st_mode))
		return NULL;
	if (!S_ISREG(st->st_mode))
		return "is no file, pipe or device";
	if (st->st_nlink != 1)
		return "has other names too";
	if (st->st_uid != 0 && st->st_uid != geteuid() && st->st_uid != uid)
		return "belongs to another user";
	if (st->st_mode & S_IWOTH)
		return "may be written to by everybody";
	return NULL;
}

int
tw_log_file_open(const char *path, uid_t uid, gid_t gid, struct tw_err *e)
{
	static const int how = O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	const char *name, *why;
	struct stat st;
	int folder, fd;

	folder = open_folder(path, &name, e);
	if (folder < 0)
		return -1;
	/* Ours is made, or one that is there is opened: never a bit of both. */
	fd = openat(folder, name, how | O_CREAT | O_EXCL, 0640);
	if (fd >= 0) {
		if ((fchmod(fd, 0640) != 0 || fchown(fd, uid, gid) != 0) && geteuid() == 0) {
			tw_err_set(e, TW_ERR_SYSTEM, "cannot give the log %s its owner", path);
			goto refuse;
		}
	} else if (errno == EEXIST) {
		fd = openat(folder, name, how);
	}
	if (fd < 0) {
		tw_err_set(e, TW_ERR_SYSTEM, "cannot open the log %s%s", path, errno == ELOOP ?
		    " (it is a symbolic link)" : errno == ENXIO ? " (nobody reads the pipe)" : "");
		goto refuse;
	}
	if (fstat(fd, &st) != 0) {
		tw_err_set(e, TW_ERR_SYSTEM, "cannot look at the log %s", path);
		goto refuse;
	}
	why = what_is_wrong(&st, uid);
	if (why != NULL) {
		tw_err_set(e, TW_ERR_USAGE, "the log %s %s", path, why);
		goto refuse;
	}
	close(folder);
	return fd;
refuse:
	if (fd >= 0)
		close(fd);
	close(folder);
	return -1;
}

void
tw_log_file_init(struct tw_log_file *f, int fd)
{
	f->fd = fd;
	f->lost = 0;
	f->n = 0;
	f->torn = false;
}

static uint64_t
count_lines(const char *p, size_t n)
{
	uint64_t lines = 0;

	for (const char *end = p + n; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		lines++;
	return lines;
}

bool
tw_log_file_flush(struct tw_log_file *f)
{
	ssize_t put;

	if (f->n == 0)
		return true;
	/* What a full disk cut off is ended first, so that the next line is whole. */
	if (f->torn) {
		if (write(f->fd, "\n", 1) != 1)
			goto lose;
		f->torn = false;
	}
	do
		put = write(f->fd, f->text, f->n);
	while (put < 0 && errno == EINTR);
	if (put == (ssize_t)f->n) {
		f->n = 0;
		return true;
	}
	if (put > 0) {
		f->torn = f->text[put - 1] != '\n';
		memmove(f->text, f->text + put, f->n - (size_t)put);
		f->n -= (size_t)put;
	}
lose:
	f->lost += count_lines(f->text, f->n);
	f->n = 0;
	return false;
}

void
tw_log_file_put(struct tw_log_file *f, struct tw_bytes line)
{
	if (line.n + 1 > sizeof(f->text) - f->n)
		(void)tw_log_file_flush(f);
	if (line.n + 1 > sizeof(f->text)) {
		f->lost++;
		return;
	}
	if (line.n > 0)
		memcpy(f->text + f->n, line.p, line.n);
	f->text[f->n + line.n] = '\n';
	f->n += line.n + 1;
}
