/*
 * exam.h -- the planner: targets in, facts out. It resolves, reaches,
 * recognises, runs the dialogue and asks the probes' questions side by side,
 * within what the server bears. audit, watch and serve's self-audit call it.
 */
#ifndef TW_EXAM_EXAM_H
#define TW_EXAM_EXAM_H

#include "base/err.h"
#include "probe/facts.h"
#include "report/report.h"

struct tw_probe;
struct tw_loop;

struct tw_exam_options {
	bool quick;			/* version, suite, certificate: one hello */
	/* Other probes than those two sets, NULL ends them; or NULL. What speaks there is
	 * then asked for what a diagnosis wants, and no more. */
	const struct tw_probe *const *probes;
	bool no_sni, all_addresses;
	const char *sni, *connect;	/* other than the host's name and address; or NULL */
	const char *proxy;		/* HTTP CONNECT proxy, "host:port"; or NULL */
	int family;			/* AF_UNSPEC, AF_INET, AF_INET6 */
	int64_t timeout_ms;		/* one step; 0: 5 s, a mail server's greeting 15 s */
	int64_t max_time_ms;		/* one endpoint in all */
	unsigned parallel;		/* endpoints at once */
	unsigned per_host;		/* connections to one address at once */
	double rate;			/* new connections a second over all; 0: no limit */
	int64_t at;			/* judge dates as of then, seconds since 1970 */
	bool at_given;			/* by the user: at is not the clock of this machine */
	struct tw_trust *trust;		/* borrowed; NULL: trust is not tested */
};

/* One target as understood. Strings are borrowed until the next call of next(). */
struct tw_spec {
	const char *target;		/* as the user wrote it */
	const char *host;
	uint16_t port;			/* 0: the TLS ports of the host that answer */
	const struct tw_port *row;	/* the service named, or NULL: to be recognised */
	bool dark_is_quiet;		/* of a network: no object when it does not answer */
};

struct tw_exam_client {
	void *ctx;
	/* The next target; false: there are no more. Called as places become free. */
	bool (*next)(void *ctx, struct tw_spec *ret);
	/* One endpoint is done; f is handed over (tw_facts_free() it). */
	void (*done)(void *ctx, struct tw_facts *f);
	/* A line for each question put: what was asked, what came. NULL: none is wanted. */
	void (*trace)(void *ctx, const char *line);
	/* A whole handshake told step by step, as text of that style. NULL: none is wanted. */
	void (*tell)(void *ctx, struct tw_bytes text);
	struct tw_report_style style;
};

/* Examines all targets on one event loop; returns when all are done. -1: it could not begin. */
int tw_exam_run(const struct tw_exam_options *options, const struct tw_exam_client *client,
    struct tw_err *err);
/*
 * The same on a loop that runs already; it frees itself when all are done, and
 * options and client are borrowed until ended(ctx) is called, or NULL.
 */
int tw_exam_begin(struct tw_loop *loop, const struct tw_exam_options *options,
    const struct tw_exam_client *client, void (*ended)(void *ctx), struct tw_err *err);

#endif
