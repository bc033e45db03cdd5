/* index.h -- which line sets which directive in which block: looked up by check.c. */
#ifndef TW_CONF_INDEX_H
#define TW_CONF_INDEX_H

#include "conf/row.h"

struct tw_conf_index {
	const struct tw_conf *conf;
	const struct tw_conf_row *rows;	/* the server's */
	size_t rows_n;
	uint32_t *last;			/* [block][row]: number of the last line, from 1; 0 none */
	bool *tls;			/* [block]: a listener in it speaks TLS from the first byte */
	bool *listens;			/* [block]: it has a listener at all */
};

void tw_index_make(struct tw_conf_index *x, struct tw_conf *c);
/* The line that sets row in block, or in the ones around it; NULL: none. */
const struct tw_conf_line *tw_index_find(const struct tw_conf_index *x, size_t block,
    const struct tw_conf_row *row);
/* The row of that name; programmer error where there is none. */
const struct tw_conf_row *tw_index_row(const struct tw_conf_index *x, const char *name);
/* The value row has there, its own by version where it is not set; NULL: it has none. */
const char *tw_index_value(const struct tw_conf_index *x, size_t block,
    const struct tw_conf_row *row, const char *version);
/* What the line says behind row's name, words joined by a blank. */
const char *tw_index_value_of(const struct tw_conf_index *x, const struct tw_conf_row *row,
    const struct tw_conf_line *line);
const char *tw_index_own(const struct tw_conf_row *row, const char *version);

#endif
