/*
 * watch_line.h -- watches of line protocols, written as tables; services are the
 * callers. Lines are looked at without their ends, their control bytes and the blanks
 * before them, runs of blanks as one, and no further than TW_WATCH_HEAD.
 */
#ifndef TW_SERVICE_WATCH_LINE_H
#define TW_SERVICE_WATCH_LINE_H

#include "service/watch.h"

/* Lists of words end with NULL. */
struct tw_watch_lines {
	/* Client. */
	bool tagged;			/* a tag stands before each command */
	/*
	 * Commands that ask for TLS. Their last letter is changed on the way, so the
	 * backend, which might know them, refuses them itself, in its turn.
	 */
	const char *const *refused;
	void (*command)(struct tw_watch *w, struct tw_bytes line);	/* or NULL */
	/* Backend. */
	const char *const *hidden;	/* how lines begin that the client must not see */
	const char *listing;		/* only from a line that begins so to ".", or NULL */
	bool coded;			/* they stand in a reply of "250-", whose last says "250 " */
	const char *const *words;	/* words the client must not see … */
	bool (*lists)(struct tw_bytes line);	/* … in lines of which this is the beginning */
	void (*reply)(struct tw_watch *w, struct tw_bytes line);	/* or NULL */
};

void tw_watch_line_client(struct tw_watch *w, struct tw_bytes in);
void tw_watch_line_backend(struct tw_watch *w, struct tw_bytes in);
/* The number at the front of b, saturated; 0 where there is none. */
uint32_t tw_watch_line_number(struct tw_bytes b);

#define TW_WATCH_LINES(table) \
	{ { tw_watch_line_client, tw_watch_line_backend }, table }

#endif
