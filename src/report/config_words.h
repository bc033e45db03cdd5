/* config_words.h -- what config.c, config_words.c and config_lists.c share: the names a template
 * of `config` may use. */
#ifndef TW_REPORT_CONFIG_WORDS_H
#define TW_REPORT_CONFIG_WORDS_H

#include "base/template.h"
#include "report/config.h"

#define TW_CONFIG_CODES		64	/* suites, groups, schemes of a policy, at most */
#define TW_CONFIG_HEADER	"\x01"	/* stands for the header until the body is known */

/* Everything chosen and worked out; its view of a template's world. */
struct tw_config_words {
	const struct tw_config *config;
	const char *version, *openssl;
	char cert[256], key[256], fullchain[256], bundle[256], pkcs12[256];
	const char *name;
	char port_text[8];
	unsigned port, legacy_port;
	bool legacy;			/* an exception, and the server can limit it */
	bool pq;
	bool versions[TW_VERSIONS], legacy_versions[TW_VERSIONS];
};

/* Works out what the choices come to; c must outlive w. */
void tw_config_words_init(struct tw_config_words *w, const struct tw_config *c);
/* The world to render with; w must outlive it. */
struct tw_template_world tw_config_words_world(struct tw_config_words *w);

/* In config_lists.c. Puts a list, a bound or a priority string by its name, with a style and a
 * joint behind colons; false: there is no such name. */
bool tw_config_lists_put(const struct tw_config_words *w, struct tw_bytes name,
    struct tw_buf *out);
/* As a template's world wants it. */
int tw_config_lists_member(const struct tw_config_words *w, struct tw_bytes name, size_t at,
    struct tw_buf *out);

#endif
