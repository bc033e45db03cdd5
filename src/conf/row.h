/* row.h -- the directives that are judged: one row each in rows.c, and how values are read. */
#ifndef TW_CONF_ROW_H
#define TW_CONF_ROW_H

#include "conf/check.h"
#include "data/version.h"

/* What a directive's value is. Those of versions come in the order they are applied in. */
enum tw_conf_kind {
	TW_CONF_FACT,		/* judged by nobody, asked for by other rows */
	TW_CONF_VERSIONS,	/* "TLSv1.2 TLSv1.3": these alone */
	TW_CONF_SIGNED,		/* Apache's: "all -SSLv3", "-all +TLSv1.2" */
	TW_CONF_EXCEPT,		/* Postfix's: ">=TLSv1.2", "!SSLv2, !SSLv3", "TLSv1.2" */
	TW_CONF_LEAST,		/* "TLSv1.2": this one and newer */
	TW_CONF_MOST,		/* this one and older */
	TW_CONF_WITHOUT,	/* HAProxy's no-tlsv10: arg is the version */
	TW_CONF_ONLY,		/* HAProxy's force-tlsv12 */
	TW_CONF_CIPHERS,	/* OpenSSL's cipher string */
	TW_CONF_GRADE,		/* Postfix's: the string is in tls_GRADE_cipherlist */
	TW_CONF_SUITES13,
	TW_CONF_GROUPS,
	TW_CONF_SWITCH,		/* arg: the words that contradict, blanks between */
	TW_CONF_HSTS,
};

/* What has to be so for a switch to matter. */
enum tw_conf_need {
	TW_CONF_ANY,		/* TLS is spoken there */
	TW_CONF_ALWAYS,
	TW_CONF_PASSWORDS,	/* Postfix: passwords are taken, and TLS is not enforced */
	TW_CONF_NOT_REQUIRED,	/* Dovecot: ssl is not "required" */
	TW_CONF_MAIL_PLAIN,	/* nginx's mail: a server without TLS from the first byte */
	TW_CONF_HTTP,
};

struct tw_conf_row {
	enum tw_conf_server server;
	const char *names;	/* blanks between them; a "+" joins the words of one */
	enum tw_conf_kind kind;
	const char *arg;
	enum tw_finding_id finding;	/* of a switch */
	enum tw_conf_need need;
	/* The server's own value, by version, newest first; "openssl": its library's. */
	struct { const char *since, *value; } own[3];
	const char *mend;
	const char *unless;	/* has no effect where one of these is set */
	bool between;		/* between servers: opportunistic */
};

extern const struct tw_conf_row tw_rows[];
extern const size_t tw_rows_n;

/* The next word of a list (blanks, commas and colons between) into word; false: no more. */
bool tw_value_next(const char **list, char *word, size_t size);
/* What a value makes of a set of versions (a bit each); openssl: the library's version. */
unsigned tw_value_versions(enum tw_conf_kind kind, const char *value, unsigned before,
    const char *openssl);
unsigned tw_value_library(const char *openssl);	/* what it has itself */
/* Whether a list of groups holds a post-quantum one; a weak one's name to *ret_weak, or NULL. */
bool tw_value_has_hybrid(struct tw_arena *a, const char *value, const char *openssl,
    const char **ret_weak);

/* What is wrong with a cipher string: findings, with the suites that make each. */
struct tw_cipher_fault {
	enum tw_finding_id id;
	const char *evidence;
};
typedef TW_LIST(struct tw_cipher_fault) tw_cipher_faults;
/* old_only: no TLS 1.3 beside it, so what the string lacks is lacking. */
void tw_ciphers_judge(struct tw_arena *a, const char *string, bool old_only,
    const struct tw_conf_question *q, tw_cipher_faults *ret);

#endif
