/* causing.h -- what the judging functions of causes share, and their names. */
#ifndef TW_JUDGE_CAUSING_H
#define TW_JUDGE_CAUSING_H

#include "judge/cause.h"

#define C(symbol, function, id, scope, title, next, topic) \
	void tw_cause_##function(struct tw_causing *c);
#include "data/causes.def"
#undef C

/* What came of all knocks at s together: open, closed, unreachable, filtered; NONE: not known. */
enum tw_tcp tw_causing_tcp(const struct tw_spot *s);
/* Of one family, or of both. */
bool tw_causing_all(const struct tw_spot *s, enum tw_tcp tcp);
/* An open sibling of s in this mode, TLS there or at least a server; NULL: none. */
const struct tw_spot *tw_causing_sibling(const struct tw_causing *c, enum tw_mode mode);
/* "587 (submission)": into arena memory. */
const char *tw_causing_port_name(const struct tw_causing *c, const struct tw_spot *s);
/* Does anything answer at all, the spot in view apart? */
const struct tw_spot *tw_causing_living(const struct tw_causing *c);
/* TLS was reached at the look, by whatever hello. */
bool tw_causing_has_tls(const struct tw_facts *f);
/* The certificate a client meets that gives the right name; NULL: none was seen. */
const struct tw_certificate *tw_causing_certificate(const struct tw_facts *f);
/* Servers of mail between domains are not verified by their clients. */
bool tw_causing_is_opportunistic(const struct tw_facts *f);
/* Escaped text of a peer, at most n bytes of it. */
const char *tw_causing_quote(const struct tw_causing *c, struct tw_bytes v, size_t n);
/* "30 days", "5 hours": a span of seconds. */
const char *tw_causing_span(const struct tw_causing *c, int64_t seconds);

#endif
