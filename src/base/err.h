/*
 * err.h -- what the world refused: one sentence saying what was done to what,
 * and errno where there is one. Functions that can fail so return 0 or -1 and
 * take a struct tw_err * last. What a peer says is a value, never an error.
 */
#ifndef TW_BASE_ERR_H
#define TW_BASE_ERR_H

enum tw_err_code {
	TW_ERR_NONE,
	TW_ERR_USAGE,		/* the user asked for something that cannot be */
	TW_ERR_SYSTEM,		/* a system call failed: sys holds errno */
	TW_ERR_FORMAT,		/* a file or a text is not what it should be */
	TW_ERR_LIBRARY,		/* a library refused */
};

struct tw_err {
	enum tw_err_code code;
	int sys;
	char text[400];
};

/* Sets e (NULL is allowed) and returns -1. With TW_ERR_SYSTEM, errno's words are added. */
int tw_err_set(struct tw_err *e, enum tw_err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
