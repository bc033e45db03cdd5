/*
 * target.h -- the servers `config` writes for: one row each in targets.def, one text each in
 * data/template/NAME.tmpl. report/config.c renders them; `config --from` recognises by them.
 */
#ifndef TW_DATA_TARGET_H
#define TW_DATA_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whose TLS it is: what can be asked of it, and how its words are spelt. */
enum tw_kind { TW_OPENSSL, TW_GNUTLS, TW_JAVA, TW_SCHANNEL, TW_GO, TW_NSS, TW_OWN, TW_KINDS };
extern const char *const tw_kind_names[TW_KINDS];	/* "openssl", … */

/* Where a legacy version can be allowed without allowing it to everybody. */
enum tw_limit {
	TW_LIMIT_NONE,		/* nowhere: the output says so, and allows nothing */
	TW_LIMIT_LISTENER,	/* on a port or address of its own */
	TW_LIMIT_NETWORK,	/* the same, and the server itself turns other networks away */
	TW_LIMIT_CLIENT,	/* on the usual ports, to clients of a network alone */
};

struct tw_target {
	const char *name;	/* "nginx"; the template's name too */
	const char *title;	/* "nginx, web server" */
	const char *aliases;	/* more names, blanks between; "" when none */
	enum tw_kind kind;
	const char *oldest, *newest;	/* the versions its template knows; "" when it has none */
	/*
	 * Ends of life: "BRANCH DATE" or "<BRANCH DATE" (all before it), ", " between; "" none.
	 * "<2.4 2018-01-01, 2.9 2025-03-31": 2.2.34 is of "<2.4", 2.9.1 of "2.9".
	 */
	const char *ends;
	const char *ask;	/* what prints the version of an installed one: "nginx -v";
				 * "|" between several; "" when nothing can be asked */
	const char *software;	/* as `audit` names it in "software": "Postfix"; or "" */
	const char *services;	/* `audit`'s "service" of what it serves: "http smtp"; or "" */
	uint16_t port;		/* {{port}} when none is given; 0 when it has none */
	const char *comment;	/* what begins a comment line: "#", "//", ";", "<!--" */
	bool http;		/* HSTS, redirect and ACME paths make sense */
	/* Versions of the server since which it has TLS 1.3, and the hybrid group. NULL: as its
	 * OpenSSL has them; for another library: TLS 1.3 always, the hybrid never. */
	const char *tls13, *pq;
	enum tw_limit limit;
	const char *docs;	/* the pages its lines come from, blanks between */
};

/* The end of life of a version. */
struct tw_target_end {
	char branch[24];	/* "2.2", "<2.4" */
	char date[12];		/* "2018-01-01" */
};

/* `config` writes this too: the firewall of the machine, which is no server (report/nftables.h). */
#define TW_TARGET_FIREWALL "nftables"

extern const struct tw_target tw_targets[];	/* sorted by name */
extern const size_t tw_targets_n;

const struct tw_target *tw_target_by_name(const char *name);	/* or alias; any case; or NULL */
const struct tw_target *tw_target_like(const char *name);	/* the nearest, or NULL */
/* Whether the list ends (as in a row) knows an end for this version. */
bool tw_target_end(const char *ends, const char *version, struct tw_target_end *ret_end);

/* The texts of data/template/, compiled in; sorted by name. */
struct tw_template_text {
	const char *name, *text;
};
extern const struct tw_template_text tw_template_texts[];
extern const size_t tw_template_texts_n;
const char *tw_template_text(const char *name);		/* or NULL */

/* OpenSSL itself: its newest version known here, and the ends of its branches. */
extern const char tw_openssl_newest[], tw_openssl_ends[];

#endif
