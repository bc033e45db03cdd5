/*
 * log_file.h -- log files: opened by who may, so that nobody else's file is written to,
 * and written without waiting or ending where a disk is full.
 */
#ifndef TW_NET_LOG_FILE_H
#define TW_NET_LOG_FILE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/err.h"

/*
 * Opens path to append, made with mode 0640 and owner where it is not there (-1: as we
 * are). Refuses links, what is no file, pipe or device, a file with other names or of another
 * user, and a folder where others may put files (without the sticky bit). -1: e.
 */
int tw_log_file_open(const char *path, uid_t uid, gid_t gid, struct tw_err *e);

/* The writer: whole lines, gathered; lost ones are counted. Memory is within. */
struct tw_log_file {
	int fd;			/* borrowed; may be exchanged between calls */
	uint64_t lost;		/* lines, in all */
	size_t n;
	bool torn;		/* a line was written in part: end it first */
	char text[16384];
};

void tw_log_file_init(struct tw_log_file *f, int fd);
/* line without its end; what does not fit and cannot be written now is lost. */
void tw_log_file_put(struct tw_log_file *f, struct tw_bytes line);
/* Writes what is gathered. false: it could not, and was counted as lost. */
bool tw_log_file_flush(struct tw_log_file *f);

#endif
