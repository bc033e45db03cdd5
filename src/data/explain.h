/* explain.h -- the explanations in data/explain/, compiled in: one text file a topic. */
#ifndef TW_DATA_EXPLAIN_H
#define TW_DATA_EXPLAIN_H

#include <stddef.h>

struct tw_explanation {
	const char *id;		/* the file's name without .md: "starttls", "tls10-offered" */
	const char *aliases;	/* from its first line "aliases: …", "" when none */
	const char *title;	/* from its "# …" line */
	const char *text;	/* the rest, Markdown in a small dialect */
};

extern const struct tw_explanation tw_explanations[];	/* sorted by id */
extern const size_t tw_explanations_n;

const struct tw_explanation *tw_explanation_by_id(const char *id);	/* or alias, any case */

#endif
